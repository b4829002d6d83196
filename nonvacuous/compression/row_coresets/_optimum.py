"""What no k centres can undercut: lower bounds of the k-means cost, without chance."""

import numpy as np
from scipy.spatial.distance import cdist

from nonvacuous.nets import Floats

__all__ = ["neighbour_bound", "spectral_bound"]

_WIDEST = 4096
"""No square matrix wider than this is made; a bound that needs one is 0."""


def spectral_bound(x: Floats, k: int) -> float:
    """The variance that k - 1 directions leave: no k centres cost less.

    The centres of the rows, less their mean, are a matrix of rank at most k - 1, and
    none of that rank is nearer to the rows than their truncated singular values.

    Args:
        x: (n, d), entries of about 1.
        k: centres.

    Returns:
        A lower bound of the k-means cost, rounded down; 0 where it says nothing.

    Source: Eckart and Young; derived.
    """
    if min(x.shape) > _WIDEST or k > min(x.shape):
        return 0.0
    y = x - x.mean(axis=0)
    y -= y.mean(axis=0)  # what rounding left of the mean
    gram = y.T @ y if x.shape[1] <= x.shape[0] else y @ y.T
    trace = float(np.trace(gram))
    largest = np.linalg.eigvalsh(gram)[len(gram) - k + 1 :]
    slack = sum(x.shape) * 2.0**-50 * trace
    return max(0.0, trace - float(largest.sum()) - slack)


def neighbour_bound(x: Floats, k: int, draw: np.random.Generator) -> float:
    r"""What rows cost because their neighbours are not at hand.

    Split the rows into groups; k centres cost at least the sum of what they cost in
    each.  In a group of m, k centres make parts; a part of s rows costs
    :math:`\frac{1}{2s} \sum_{i,j} |x_i - x_j|^2 \ge \sum_i \frac12 (1 - \frac1s) N_i`
    or more, :math:`N_i` the squared distance to the nearest neighbour in the group.
    The factors :math:`1 - 1/s`, one a row, are below 1 and sum to at least m - k.
    So the group costs at least half the sum of its m - k least :math:`N_i`.

    Args:
        x: (n, d), entries of about 1.
        k: centres.
        draw: of the groups, about 4k rows each; whatever it draws, the bound is one.

    Returns:
        A lower bound of the k-means cost, rounded down; 0 where it says nothing.

    Source: derived.
    """
    if 4 * k > _WIDEST or k >= len(x):
        return 0.0
    total = 0.0
    for group in np.array_split(draw.permutation(len(x)), max(1, len(x) // (4 * k))):
        table = cdist(x[group], x[group], "sqeuclidean")
        np.fill_diagonal(table, np.inf)
        total += 0.5 * np.sort(table.min(axis=1))[: len(group) - k].sum()
    return float(total) * (1 - 2.0**-40)
