r"""Sign errors of a measure in environments, and the worst of them.

An environment is two settings of hyperparameters that differ in one alone; its models
are the repeats of both, such as seeds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nonvacuous.nets import Floats
from nonvacuous.studies._pairs import Integers, groups, pairs, settings, values

__all__ = ["SignErrors", "hoeffding_weight", "sign_errors"]


def hoeffding_weight(
    difference: ArrayLike, test_rows: int, least: float = 0.0
) -> Floats:
    r"""How sure it is that two gaps measured on test rows differ in truth.

    .. math:: \big(\max(0, 1 - 2 e^{-2 n (|\Delta g| / 2)^2})^2 - \text{least}\big)_+

    Args:
        difference: of two gaps, any shape.
        test_rows: n that each gap was measured on, at least 1.
        least: subtracted; what falls below 0 counts nothing.

    Returns:
        Weights in [0, 1] of the same shape.

    Source: ``hoeffding_weight`` in nitarshan/robust-generalization-measures at
    8e90129, read; ``create_environments.py`` there has least = 0.5.
    """
    half = np.abs(np.asarray(difference, dtype=np.float64)) / 2
    sure = np.maximum(0.0, 1 - 2 * np.exp(-2 * test_rows * half**2)) ** 2
    return np.asarray(np.maximum(0.0, sure - least), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignErrors:
    """Mean sign error in each environment: 0 agrees, 1 disagrees, 1/2 is a coin.

    Attributes:
        errors: of each environment, (e,).
        hyperparameter: column that varies in each, (e,).
        sizes: effective number of pairs, (sum w)^2 / sum w^2, (e,).
        worst: the largest error.
        mean: of the errors.
    """

    errors: Floats
    hyperparameter: Integers
    sizes: Floats
    worst: float
    mean: float


def sign_errors(
    mu: ArrayLike,
    g: ArrayLike,
    hyperparameters: ArrayLike,
    *,
    test_rows: int = 10_000,
    least: float = 0.0,
    size: float = 0.0,
) -> SignErrors:
    r"""The robust sign error of Dziugaite et al. 2020.

    .. math:: \max_e \frac{\sum_{(a, b) \in e} w_{ab} \,
       \tfrac12 (1 - \mathrm{sign}(\mu_a - \mu_b)\,\mathrm{sign}(g_a - g_b))}
       {\sum_{(a, b) \in e} w_{ab}}

    with pairs of one model of each setting and :func:`hoeffding_weight` of their gaps.

    Args:
        mu: the measure, (n,).
        g: the gap, (n,).
        hyperparameters: (n, k), without the seed.
        test_rows: that each gap was measured on, at least 1.
        least: see :func:`hoeffding_weight`.
        size: environments with a smaller effective number of pairs are left out; the
            paper's figures have 12.

    Returns:
        Errors of the environments, by column that varies.

    Raises:
        ValueError: if shapes do not fit, `test_rows` is below 1, or no environment has
            a weight.

    Source: Dziugaite et al. 2020, recalled; ``create_environments.py`` and
    ``figure_cdf_all_measures.py`` in nitarshan/robust-generalization-measures, read.
    """
    first, second = values(mu, g)
    table = settings(hyperparameters, len(first))
    if test_rows < 1:
        raise ValueError(f"test_rows must be at least 1, got {test_rows}")
    setting = groups(table)
    parts = [
        _of_column(first, second, table, setting, i, test_rows, least)
        for i in range(table.shape[1])
    ]
    weights, squares, losses = (np.concatenate([p[j] for p in parts]) for j in range(3))
    column = np.repeat(np.arange(len(parts)), [len(p[0]) for p in parts])
    sizes = np.divide(
        weights**2, squares, out=np.zeros_like(weights), where=squares > 0
    )
    kept = (sizes > 0) & (sizes >= size * (1 - 1e-9))
    if not kept.any():
        raise ValueError(
            "an environment must have pairs whose gaps differ enough, got none of"
            f" {len(kept)}"
        )
    errors = losses[kept] / weights[kept]
    return SignErrors(
        errors=errors,
        hyperparameter=column[kept],
        sizes=sizes[kept],
        worst=float(errors.max()),
        mean=float(errors.mean()),
    )


def _of_column(
    mu: Floats,
    g: Floats,
    table: Integers,
    setting: Integers,
    column: int,
    test_rows: int,
    least: float,
) -> tuple[Floats, Floats, Floats]:
    """Weights, squared weights and weighted errors of a column's environments."""
    found: list[tuple[Integers, Floats, Floats]] = []
    for a, b in pairs(groups(np.delete(table, column, axis=1))):
        coupled = setting[a] != setting[b]
        a, b = a[coupled], b[coupled]
        low, high = (
            np.minimum(setting[a], setting[b]),
            np.maximum(setting[a], setting[b]),
        )
        agree = [(v[a] > v[b]).astype(np.int8) - (v[a] < v[b]) for v in (mu, g)]
        error = (1 - agree[0] * agree[1]) / 2
        weight = hoeffding_weight(g[a] - g[b], test_rows, least)
        found.append((low * (setting.max() + 1) + high, weight, error))
    if not found:
        return np.empty(0), np.empty(0), np.empty(0)
    key, weight, error = (np.concatenate(part) for part in zip(*found, strict=True))
    names, place = np.unique(key, return_inverse=True)

    def total(values: Floats) -> Floats:
        return np.bincount(place, values, minlength=len(names)).astype(np.float64)

    return total(weight), total(weight**2), total(weight * error)
