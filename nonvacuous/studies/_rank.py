r"""Kendall's coefficient of a measure and a gap, and its granulated form."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nonvacuous.nets import Floats
from nonvacuous.studies._pairs import Integers, groups, pairs, settings, values

__all__ = ["Granulated", "granulated", "kendall"]


def kendall(mu: ArrayLike, g: ArrayLike) -> float:
    r"""Kendall's tau-a: mean over pairs of the product of signs.

    .. math:: \tau = \binom{n}{2}^{-1} \sum_{a < b} \mathrm{sign}(\mu_a - \mu_b)\,
       \mathrm{sign}(g_a - g_b)

    A pair that is tied in either has sign 0 and counts in the denominator, so ties
    bring tau towards 0 (scipy's tau-b leaves them out).

    Args:
        mu: the measure, (n,); infinite values tie with each other.
        g: the gap, (n,).

    Returns:
        A number from -1 to 1.

    Raises:
        ValueError: if they are not two vectors of one length of at least 2, or hold a
            nan.

    Source: Kendall 1938, recalled.

    >>> round(kendall([1, 2, 3, 4], [1, 3, 2, 4]), 10)
    0.6666666667
    """
    first, second = values(mu, g)
    agreement = sum(
        int(_signs(first, second, a, b).sum())
        for a, b in pairs(np.zeros(len(first), dtype=np.intp))
    )
    return agreement / (len(first) * (len(first) - 1) // 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Granulated:
    """Kendall's coefficient with one hyperparameter varying at a time.

    Attributes:
        by_hyperparameter: psi of each, (k,); nan for one that never varies alone.
        mean: of those that are not nan.
    """

    by_hyperparameter: Floats
    mean: float


def granulated(mu: ArrayLike, g: ArrayLike, hyperparameters: ArrayLike) -> Granulated:
    r"""The granulated coefficient of Jiang et al. 2020.

    :math:`\psi_i` is the mean, over settings of all the other hyperparameters, of tau
    among the models of that setting, which differ in hyperparameter i alone;
    :math:`\Psi` is the mean of :math:`\psi_i` over i.  A setting with one model has no
    pair and is left out.

    Args:
        mu: the measure, (n,).
        g: the gap, (n,).
        hyperparameters: (n, k); no two models share all of them.

    Returns:
        psi of each hyperparameter and their mean.

    Raises:
        ValueError: if shapes do not fit, two models share all hyperparameters, or no
            two models differ in one alone.

    Source: Jiang et al. 2020, recalled.
    """
    first, second = values(mu, g)
    table = settings(hyperparameters, len(first))
    if (distinct := int(groups(table).max()) + 1) < len(first):
        raise ValueError(
            "hyperparameters must differ between models (average repeats, or make the"
            f" seed a column), got {distinct} settings of {len(first)} models"
        )
    found = np.full(table.shape[1], np.nan)
    for i in range(table.shape[1]):
        group = groups(np.delete(table, i, axis=1))
        size = np.bincount(group)
        if size.max() < 2:
            continue
        agreement = np.zeros(len(size))
        for a, b in pairs(group):
            np.add.at(agreement, group[a], _signs(first, second, a, b))
        some = size > 1
        count = size[some] * (size[some] - 1) / 2
        found[i] = float((agreement[some] / count).mean())
    if np.isnan(found).all():
        raise ValueError("two models must differ in one hyperparameter alone, got none")
    return Granulated(by_hyperparameter=found, mean=float(np.nanmean(found)))


def _signs(mu: Floats, g: Floats, a: Integers, b: Integers) -> Floats:
    """Products of signs over pairs; comparisons, so that inf ties with inf."""
    signs = [(v[a] > v[b]).astype(np.int8) - (v[a] < v[b]) for v in (mu, g)]
    product: Floats = (signs[0] * signs[1]).astype(np.float64)
    return product
