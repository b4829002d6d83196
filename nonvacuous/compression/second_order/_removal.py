"""The kernel of exact greedy removal: rank-one downdates, applied many at a time."""

import numpy as np
from numba import njit

__all__ = ["removal_traces"]

_BLOCK = 32  # removals between two passes over the inverse


@njit(cache=True)
def removal_traces(weight, inverse, order, losses):
    """Remove the weights of each row one by one, the cheapest first.

    A removal of q takes the rank-one matrix u u^T, u = column q / sqrt(pivot), from the
    inverse.  It is needed at once only in the diagonal and in the column of the next
    removal, so a block of such u is kept and taken off together, with the removed rows
    and columns left out.

    Args:
        weight: (rows, inputs).
        inverse: inverse Hessian (inputs, inputs), symmetric.
        order: filled with the inputs of each row in the order of removal.
        losses: filled with w_q^2 / (2 [H^-1]_qq) at the time of each removal.
    """
    rows, inputs = weight.shape
    h = np.empty((inputs, inputs))  # its upper triangle is kept up to date
    u = np.empty((_BLOCK, inputs))
    w, diagonal, column = np.empty(inputs), np.empty(inputs), np.empty(inputs)
    names, stays = np.empty(inputs, np.int64), np.empty(inputs, np.int64)
    alive = np.empty(inputs, np.bool_)
    for r in range(rows):
        for i in range(inputs):
            for j in range(i, inputs):
                h[i, j] = inverse[i, j]
            w[i], diagonal[i], names[i], alive[i] = weight[r, i], h[i, i], i, True
        m = inputs
        while m > 0:
            steps = min(_BLOCK, m)
            for t in range(steps):
                q = _cheapest(w, diagonal, alive, m)
                for j in range(m):
                    column[j] = h[j, q] if j < q else h[q, j]
                for k in range(t):
                    _subtract(column[:m], u[k, q], u[k, :m])
                pivot = diagonal[q]
                order[r, inputs - m + t] = names[q]
                losses[r, inputs - m + t] = 0.5 * w[q] * w[q] / pivot
                _subtract(w[:m], w[q] / pivot, column[:m])
                root = np.sqrt(pivot)
                for j in range(m):
                    u[t, j] = column[j] / root
                    diagonal[j] -= u[t, j] * u[t, j]
                alive[q] = False
            n = 0
            for j in range(m):
                if alive[j]:
                    stays[n] = j
                    n += 1
            for k in range(steps):
                for i in range(n):
                    u[k, i] = u[k, stays[i]]
            for i in range(n):  # in place: nothing is read after it is written
                p = stays[i]
                for j in range(i, n):
                    h[i, j] = h[p, stays[j]]
                for k in range(steps):
                    _subtract(h[i, i:n], u[k, i], u[k, i:n])
                w[i], names[i], diagonal[i], alive[i] = w[p], names[p], h[i, i], True
            m = n


@njit(cache=True)
def _cheapest(w, diagonal, alive, stop):
    """The index of the smallest w^2 / diagonal of those alive, the first of equals."""
    found, least = -1, np.inf
    for j in range(stop):
        if alive[j]:
            cost = w[j] * w[j] / diagonal[j]
            if found < 0 or cost < least:
                found, least = j, cost
    return found


@njit(cache=True)
def _subtract(row, factor, other):
    """Row -= factor * other; on slices, where it runs on whole vectors."""
    for j in range(len(row)):
        row[j] -= factor * other[j]
