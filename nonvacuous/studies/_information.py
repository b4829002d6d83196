r"""Conditional mutual information of a measure's signs and a gap's, given settings.

For ordered pairs of models, :math:`V_\mu` and :math:`V_g` are the signs of the
differences, and :math:`U_S` the values, in both models, of the hyperparameters S.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous.nets import Floats
from nonvacuous.studies._pairs import Integers, groups, settings, values

__all__ = ["conditional_information", "information_scores", "pgdl_score"]


def conditional_information(
    mu: ArrayLike, g: ArrayLike, hyperparameters: ArrayLike, size: int = 2
) -> float:
    r"""The smallest share of the gap's signs that the measure's signs tell.

    .. math:: K(\mu) = \min_{|S| \le 2} \frac{I(V_\mu; V_g \mid U_S)}{H(V_g \mid U_S)}

    Args:
        mu: the measure, (n,).
        g: the gap, (n,).
        hyperparameters: (n, k).
        size: largest size of S, at least 0.

    Returns:
        A number from 0 to 1, free of unit.

    Raises:
        ValueError: if shapes do not fit, or every S decides the gap's signs.

    Source: Jiang et al. 2020, recalled.  Ties are a third sign, derived here.
    """
    scores = information_scores(mu, g, hyperparameters, size)
    known = [score for score in scores.values() if not math.isnan(score)]
    if not known:
        raise ValueError(
            "g must not be decided by the hyperparameters of every S, got none that"
            " leaves its signs open"
        )
    return min(known)


def information_scores(
    mu: ArrayLike, g: ArrayLike, hyperparameters: ArrayLike, size: int = 2
) -> dict[tuple[int, ...], float]:
    """The score for each set S of columns, of which the least is the result.

    Args:
        mu: the measure, (n,).
        g: the gap, (n,).
        hyperparameters: (n, k).
        size: largest size of S, at least 0.

    Returns:
        Scores by columns; nan where S decides the gap's signs.

    Raises:
        ValueError: if shapes do not fit.
    """
    first, second = values(mu, g)
    table = settings(hyperparameters, len(first))
    code = 3 * _signs(first) + _signs(second)
    np.fill_diagonal(code, 9)  # a model is no pair with itself
    subsets = itertools.chain.from_iterable(
        itertools.combinations(range(table.shape[1]), r)
        for r in range(min(size, table.shape[1]) + 1)
    )
    return {s: _score(code, groups(table[:, list(s)])) for s in subsets}


def _signs(value: Floats) -> NDArray[np.int8]:
    """0, 1, 2 where the first of a pair is smaller, equal or larger, (n, n)."""
    above = value[:, None] > value
    sign: NDArray[np.int8] = above.astype(np.int8) - above.T + np.int8(1)
    return sign


def _score(code: NDArray[np.int8], group: Integers) -> float:
    """Information over entropy, each a mean over pairs."""
    information = entropy = 0.0
    for counts in _tables(code, group, 10):
        joint = counts[:, :9].reshape(-1, 3, 3)
        information += _entropy(joint.sum(axis=2)) + _entropy(joint.sum(axis=1))
        information -= _entropy(joint.reshape(len(joint), 9))
        entropy += _entropy(joint.sum(axis=1))
    return max(0.0, information / entropy) if entropy > 0 else math.nan


def _tables(
    code: NDArray[np.int8], group: Integers, codes: int
) -> Iterator[NDArray[np.int64]]:
    """Counts of codes in each cell of U: one array for each value of the first model.

    Each has shape (values of the second model, codes).
    """
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(group.max() + 2))
    size = int(group.max()) + 1
    cell = group.astype(np.int64) * codes
    for start, stop in itertools.pairwise(bounds):
        found = (code[order[start:stop]] + cell).ravel()
        yield np.bincount(found, minlength=size * codes).reshape(size, codes)


def _entropy(counts: NDArray[np.int64] | Floats) -> float:
    """Entropy of each row in nats times its total, summed over rows."""
    c = counts.astype(np.float64)
    totals = c.sum(axis=1)
    logs = np.log(np.where(c > 0, c, 1.0))
    whole = np.log(np.where(totals > 0, totals, 1.0))
    return float((totals * whole).sum() - (c * logs).sum())


def pgdl_score(mu: ArrayLike, g: ArrayLike, hyperparameters: ArrayLike) -> float:
    r"""The score of the PGDL competition of 2020, as its program counts.

    100 times the least over pairs S of two hyperparameters of

    .. math:: \sum_u I(V_\mu; V_g \mid U_S = u) \Big/ \sum_u H(V_g \mid U_S = u)

    It differs from :func:`conditional_information` as the program does: only
    :math:`|S| = 2`, every value u of :math:`U_S` weighs the same, a model is a pair
    with itself, and a tie is no different from "smaller".  Settings that do not occur
    are left out, where the program divides by zero.

    Args:
        mu: the measure, (n,), larger for a larger gap.
        g: the gap, (n,).
        hyperparameters: (n, k), k at least 2.

    Returns:
        A number from 0 to 100.

    Raises:
        ValueError: if shapes do not fit, there are fewer than two hyperparameters, or
            each two decide the gap's signs.

    Source: Jiang et al. 2020b, the scoring program of the competition, read.
    """
    first, second = values(mu, g)
    table = settings(hyperparameters, len(first))
    if table.shape[1] < 2:
        raise ValueError(f"hyperparameters must be at least 2, got {table.shape[1]}")
    larger = [value[:, None] > value for value in (first, second)]
    code = (2 * larger[0].astype(np.int8) + larger[1]).astype(np.int8)
    scores = [
        _even_score(code, groups(table[:, list(s)]))
        for s in itertools.combinations(range(table.shape[1]), 2)
    ]
    known = [score for score in scores if not math.isnan(score)]
    if not known:
        raise ValueError("g must not be decided by each two hyperparameters")
    return 100 * min(known)


def _even_score(code: NDArray[np.int8], group: Integers) -> float:
    """Information over entropy, every cell the same weight."""
    information = entropy = 0.0
    for counts in _tables(code, group, 4):
        some = counts[counts.sum(axis=1) > 0]
        # each row over its total: _entropy then weighs every row with 1
        joint = (some / some.sum(axis=1, keepdims=True)).reshape(-1, 2, 2)
        gap = _entropy(joint.sum(axis=1))
        information += gap + _entropy(joint.sum(axis=2))
        information -= _entropy(joint.reshape(len(joint), 4))
        entropy += gap
    return max(0.0, information / entropy) if entropy > 0 else math.nan
