r"""Edges drawn at random, with weights that make the sample unbiased.

Every row of a matrix has its own distribution q and its own number m of draws, i.i.d.
with replacement.  An edge drawn c times gets the weight :math:`w\, c / (m q)`, whose
mean is w.  A whole matrix under one distribution is one row.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nonvacuous.nets import Floats

__all__ = ["chunks", "draws_for", "expected_distinct", "probabilities", "sample"]

_DRAWABLE = 2.0**53
"""A row that asks for more draws than this keeps its edges as they are."""

_ENTRIES = 1 << 15  # 256 KiB: what is made of a chunk stays in cache


def chunks(matrix: Floats) -> Iterator[slice]:
    """Some rows at a time, in order."""
    step = max(1, _ENTRIES // max(1, matrix.shape[1]))
    for start in range(0, len(matrix), step):
        yield slice(start, start + step)


def probabilities(scores: NDArray[np.floating]) -> Floats:
    """Each row of scores divided by its sum; a row of zeros stays.

    Args:
        scores: (rows, edges), at least 0.

    Returns:
        (rows, edges), float64.
    """
    s: Floats = scores.astype(np.float64)
    total = s.sum(axis=1, keepdims=True)
    np.divide(s, total, out=s, where=total > 0)
    return s


def draws_for(q: Floats, distinct: Floats) -> Floats:
    r"""The least m at which the expected number of distinct edges is large enough.

    .. math:: \sum_j \bigl( 1 - (1 - q_j)^m \bigr) \ge t

    The edges that m draws are expected to miss are :math:`R(m) = \sum_j (1 - q_j)^m`.
    ln R is convex and falls, so Newton's steps from the left never pass the root, nor,
    rounded up, the least whole number that is enough: the first found is the least.

    Args:
        q: probabilities (rows, edges).
        distinct: t for each row, (rows,); more than there are is taken for almost all.

    Returns:
        (rows,), whole numbers as floats; 0 for a row of zeros; above 2^53 where that is
        not enough.
    """
    chance = (q > 0).astype(np.float64)
    edges = chance.sum(axis=1)
    target = np.minimum(distinct, edges * (1 - 1e-9))
    allowed = edges - target
    log_miss = np.log1p(-np.minimum(q, 1 - 2.0**-53))
    m = np.where(target > 0, 1.0, 0.0)
    while True:
        miss = np.exp(m[:, None] * log_miss)
        missed = np.einsum("ij,ij->i", miss, chance)
        short = (missed > allowed * (1 + 1e-12)) & (m <= _DRAWABLE)
        if not short.any():
            return m
        slope = np.einsum("ij,ij->i", miss, log_miss)
        with np.errstate(divide="ignore", invalid="ignore"):
            root = m - missed * np.log(missed / allowed) / slope
        least = np.maximum(m + 1, np.ceil(root * (1 - 2.0**-51)))
        m = np.where(short, np.minimum(least, 2 * _DRAWABLE), m)


def expected_distinct(q: Floats, draws: Floats) -> Floats:
    r"""How many distinct edges m draws find on average.

    .. math:: \sum_j \bigl( 1 - (1 - q_j)^m \bigr)

    Args:
        q: probabilities (rows, edges).
        draws: m for each row, (rows,), at least 0 and finite.

    Returns:
        (rows,).
    """
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        found = -np.expm1(draws[:, None] * np.log1p(-q)).sum(axis=1)
    return np.where(draws > 0, found, 0.0)


def sample(
    weight: Floats, q: Floats, asked: Floats, draw: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw every row at once.

    Counts are multinomial, so drawing costs O(edges) a row however many draws.

    Args:
        weight: (rows, edges).
        q: probabilities (rows, edges); an edge without a chance vanishes.
        asked: draws for each row, (rows,).
        draw: the source of randomness.

    Returns:
        The sampled weights (rows, edges), and the draws made (rows,), 0 for rows that
        stayed as they were.  The sample is unbiased wherever q is positive; where it
        has no fewer edges than have a chance, those stay as they are: that biases the
        mean, but makes the error of no draw larger.
    """
    active = np.count_nonzero(q, axis=1)
    m = np.where((active > 0) & (asked <= _DRAWABLE), asked, 0.0)
    counts = draw.multinomial(m.astype(np.int64), _normalised(q))
    counts *= q > 0  # rounding leaves a chance to the last column
    fewer = np.count_nonzero(counts, axis=1) < active
    use = fewer & (asked <= _DRAWABLE)  # never where no edge has a chance
    factor = counts / np.maximum(m[:, None] * q, np.finfo(float).tiny)
    factor[~use] = q[~use] > 0
    return weight * factor, np.where(use, asked, 0.0)


def _normalised(q: Floats) -> Floats:
    """Rows that sum to at most 1 in floats, and zeros."""
    total = q.sum(axis=1, keepdims=True)
    p: Floats = q / np.where(total > 0, total * (1 + 1e-12), 1)
    # multinomial gives what is missing to the last column: leave it at most 1e-12
    likely, rows = np.argmax(q, axis=1), np.arange(len(q))
    p[rows, likely] += np.maximum(1 - 1e-12 - p.sum(axis=1), 0) * (total[:, 0] > 0)
    return p
