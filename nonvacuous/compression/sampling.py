r"""Edges drawn at random, with weights that make the sample unbiased.

Every row of a matrix has its own distribution q and its own number m of draws, i.i.d.
with replacement.  An edge drawn c times gets the weight :math:`w\, c / (m q)`, whose
mean is w.  A whole matrix under one distribution is one row.
"""

import numpy as np
from numpy.typing import NDArray

from nonvacuous.nets import Floats

__all__ = ["draws_for", "expected_distinct", "probabilities", "sample"]

_DRAWABLE = 2.0**53
"""A row that asks for more draws than this keeps its edges as they are."""


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

    Args:
        q: probabilities (rows, edges).
        distinct: t for each row, (rows,); more than there are is taken for almost all.

    Returns:
        (rows,), whole numbers as floats; 0 for a row of zeros.
    """
    target = np.minimum(distinct, (q > 0).sum(axis=1) * (1 - 1e-9))
    with np.errstate(divide="ignore"):
        log_miss = np.log1p(-q)
    low, high = np.zeros(len(q)), np.full(len(q), 40.0)
    for _ in range(40):
        middle = 0.5 * (low + high)
        with np.errstate(invalid="ignore", under="ignore"):
            miss = np.exp(np.exp(middle)[:, None] * log_miss)
        enough = (1 - miss).sum(axis=1) >= target
        high = np.where(enough, middle, high)
        low = np.where(enough, low, middle)
    m = np.ceil(np.exp(high))  # ends above: one too many at a whole number
    fewer = expected_distinct(q, m - 1) >= target * (1 - 2.0**-40)  # rounding
    m = np.where(fewer, m - 1, m)
    return np.where((q > 0).any(axis=1), m, 0.0)


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
    drawable = np.minimum(asked, _DRAWABLE)
    counts = draw.multinomial(drawable.astype(np.int64), _normalised(q))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(q > 0, counts / (asked[:, None] * q), 0.0)
    sampled = weight * np.nan_to_num(factor)
    smaller = np.count_nonzero(sampled, axis=1) < np.count_nonzero(q, axis=1)
    use = smaller & (asked <= _DRAWABLE)  # never where no edge has a chance
    kept = np.where(use[:, None], sampled, np.where(q > 0, weight, 0.0))
    return kept, np.where(use, asked, 0.0)


def _normalised(q: Floats) -> Floats:
    """Rows that sum to at most 1 in floats; what a row of zeros draws is dropped."""
    total = q.sum(axis=1, keepdims=True)
    p: Floats = np.divide(q, total * (1 + 1e-12), out=np.zeros_like(q), where=total > 0)
    # multinomial gives what is missing to the last column: leave it at most 1e-12
    order = np.argmax(q, axis=1)
    rows = np.arange(len(q))
    p[rows, order] += np.maximum(1 - 1e-12 - p.sum(axis=1), 0) * (total[:, 0] > 0)
    return p
