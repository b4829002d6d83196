r"""Exact k-means of numbers on a line, and the Lagrangian assignment to levels.

Optimal clusters are intervals of the sorted numbers, and with
:math:`c(s, t) = \sum_{s \le i < t} h_i (v_i - \mu)^2` for their costs, the best of k
clusters follow from the best of k - 1:
:math:`D_k[t] = \min_{s \le t} D_{k-1}[s] + c(s, t)`.  The costs satisfy the quadrangle
inequality, so the smallest minimizer never falls as t grows, and one row of D takes
n log n steps (Gronlund et al. 2017; Wang and Song 2011).  A row carries along where the
first half of its clusters ends, and the halves are solved anew (Hirschberg 1975), so
memory is a few numbers a value whatever k.  Sources recalled.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nonvacuous.nets import Floats

__all__ = ["assign", "optimal_levels"]

Integers = NDArray[np.int64]


def optimal_levels(
    values: Floats, levels: int, importance: Floats | None = None
) -> Floats:
    """The centres of the least weighted sum of squares, up to float64's rounding.

    Args:
        values: (n,), not empty.
        levels: clusters at most, at least 1.
        importance: (n,), at least 0, with a positive sum; left out, all 1.

    Returns:
        Sorted centres, as many as `levels` or as there are different values.
    """
    points, where = np.unique(values, return_inverse=True)
    mass = np.bincount(where, importance, points.size).astype(np.float64)
    points, mass = points[mass > 0], mass[mass > 0]
    if points.size <= levels:
        return points
    _, exponents = np.frexp(np.abs(points).max())
    points = np.ldexp(points, -exponents)  # squares of what is below 1 are finite
    middle = np.average(points, weights=mass)
    points -= middle  # differences of small sums lose less
    moments = np.zeros((3, points.size + 1))
    for power in range(3):
        np.cumsum(mass * points**power, out=moments[power, 1:])
    starts = np.array([0, *_ends(moments, 0, points.size, levels)[:-1]])
    # sums over clusters, not differences of moments: those have lost digits
    total = np.add.reduceat(mass * points, starts) / np.add.reduceat(mass, starts)
    found: Floats = np.ldexp(np.sort(middle + total), exponents)
    return found


def _ends(moments: Floats, start: int, stop: int, levels: int) -> list[int]:
    """Where the best clusters of a stretch end, none of them empty."""
    if stop - start <= levels:
        return list(range(start + 1, stop + 1))
    if levels == 1:
        return [stop]
    half = start + int(_half(moments, start, stop, levels))
    left = _ends(moments, start, half, levels // 2)
    return left + _ends(moments, half, stop, levels - levels // 2)


@njit(cache=True)
def _cost(moments: Floats, s: int, t: int) -> np.float64:
    """Weighted squares about the mean of points s to t - 1."""
    mass = moments[0, t] - moments[0, s]
    if s == t or mass <= 0:
        return np.float64(0.0)
    first = moments[1, t] - moments[1, s]
    cost: np.float64 = moments[2, t] - moments[2, s] - first * first / mass
    return cost


@njit(cache=True)
def _half(moments: Floats, start: int, stop: int, levels: int) -> np.int64:
    """How many points the first half of the best `levels` clusters hold."""
    n = stop - start
    best, row = np.empty(n + 1), np.empty(n + 1)
    for t in range(n + 1):
        best[t] = _cost(moments, start, start + t)
    chosen = np.zeros(n + 1, np.int64)
    half, moved = np.arange(n + 1), np.arange(n + 1)
    first = 1
    while 2 * first <= n + 1:
        first *= 2
    for clusters in range(2, levels + 1):
        step = first
        while step:  # every t between two that are done, and so on down to all
            for t in range(step - 1, n + 1, 2 * step):
                low = chosen[t - step] if t >= step else 0
                high = min(t, chosen[t + step]) if t + step <= n else t
                row[t] = np.inf
                for s in range(low, high + 1):
                    total = best[s] + _cost(moments, start + s, start + t)
                    if total < row[t]:
                        row[t], chosen[t] = total, s
            step //= 2
        if clusters > levels // 2:
            for t in range(n + 1):
                moved[t] = half[chosen[t]]
            half, moved = moved, half
        best, row = row, best
    found: np.int64 = half[n]
    return found


@njit(cache=True)
def assign(values: Floats, importance: Floats, book: Floats, price: Floats) -> Integers:
    r"""The level of least :math:`h (v - c_j)^2 + p_j` for each value.

    Args:
        values: (n,).
        importance: h, (n,).
        book: levels c, (k,).
        price: p, (k,).

    Returns:
        Numbers of levels, (n,); of equal ones the first.
    """
    out = np.zeros(values.size, np.int64)
    for i in range(values.size):
        least = np.inf
        for j in range(book.size):
            away = values[i] - book[j]
            found = importance[i] * away * away + price[j]
            if found < least:
                least, out[i] = found, j
    return out
