r"""Least squares on a support: the quadratic that layer-wise pruning minimises.

A neuron of weights w that gets weights u instead errs by
:math:`(u - w)^\top H (u - w)`, with H the second moments of its inputs, damped.
All neurons of a layer share H.
"""

import numpy as np
from scipy import linalg

from nonvacuous.compression._supports import Support
from nonvacuous.nets import Floats

__all__ = ["damped", "inverse", "least_squares", "refit"]

_ENTRIES = 1 << 20  # of the systems solved at once: 8 MiB, so that they stay in cache


def damped(moments: Floats, damping: float) -> Floats:
    """Second moments plus `damping` times their mean diagonal, on the diagonal.

    Inputs that are zero on every row leave the identity.
    """
    add = damping * float(np.diagonal(moments).mean())
    h: Floats = moments + (add if add > 0 else 1.0) * np.eye(len(moments))
    return h


def inverse(h: Floats) -> Floats:
    """The inverse of a positive definite matrix, symmetric to the last bit."""
    factor = linalg.cho_factor(h)
    found = linalg.cho_solve(factor, np.eye(len(h)))
    half: Floats = 0.5 * (found + found.T)
    return half


def refit(weight: Floats, support: Support, h: Floats) -> Floats:
    r"""The weights on a support that are nearest in the norm of H, neuron by neuron.

    With S the support of a neuron and P the rest,
    :math:`u_S = w_S + H_{SS}^{-1} H_{SP} w_P`.

    Args:
        weight: w, (outputs, inputs).
        support: (outputs, inputs).
        h: H, (inputs, inputs), positive definite.

    Returns:
        u, (outputs, inputs), zero outside the support; w where all of it is kept.
    """
    kept = np.where(support, weight, 0.0)
    return kept + least_squares(h, (weight - kept) @ h, support)


def least_squares(second: Floats, cross: Floats, support: Support) -> Floats:
    r"""For each row the minimiser of :math:`w^T H w - 2 c^T w` on its support.

    A row with support S solves :math:`H_{SS} w_S = c_S`; where fewer entries R are off
    the support than on it, it corrects the full solution :math:`w^* = H^{-1} c`:
    :math:`w = w^* - H^{-1}_{\cdot R} (H^{-1}_{RR})^{-1} w^*_R`.

    Args:
        second: H, (inputs, inputs), positive definite.
        cross: c of each row, (outputs, inputs).
        support: (outputs, inputs).

    Returns:
        (outputs, inputs), 0 off the support.
    """
    found = np.zeros(support.shape)
    dense = 2 * support.sum(axis=1) > support.shape[1]
    found[~dense] = _solved(second, cross[~dense], support[~dense])
    if dense.any():
        inverse: Floats = np.asarray(np.linalg.inv(second), np.float64)
        full = cross[dense] @ inverse
        moved = _solved(inverse, full, ~support[dense])
        found[dense] = np.where(support[dense], full - moved @ inverse, 0.0)
    return found


def _solved(matrix: Floats, right: Floats, support: Support) -> Floats:
    """For each row the solution of the matrix's part on its support.

    Rows of about the same size are solved together, padded with rows of the identity.
    """
    found = np.zeros(support.shape)
    sizes = support.sum(axis=1)
    order = np.argsort(sizes, kind="stable")
    where = np.argsort(~support, axis=1, kind="stable")  # the support first
    stop = len(order)
    while stop > 0 and (size := int(sizes[order[stop - 1]])) > 0:
        start = max(0, stop - max(1, _ENTRIES // size**2))
        rows = order[start:stop]
        kept = where[rows, :size]
        inside = np.arange(size) < sizes[rows, None]
        systems = matrix[kept[:, :, None], kept[:, None, :]]
        systems *= inside[:, :, None] & inside[:, None, :]
        diagonal = np.arange(size)
        systems[:, diagonal, diagonal] += ~inside
        b = np.where(inside, np.take_along_axis(right[rows], kept, axis=1), 0.0)
        solved = np.linalg.solve(systems, b[:, :, None])[:, :, 0]
        found[rows[:, None], kept] = np.where(inside, solved, 0.0)
        stop = start
    return found
