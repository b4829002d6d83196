r"""Rademacher complexity: how well a class follows random signs on the sample.

.. math:: \hat{\mathfrak R}_S(F) = E_\sigma \sup_{f \in F} \tfrac1n
          \sum_i \sigma_i f(x_i)

The generalization bounds (Bartlett and Mendelson 2002, constants as in Mohri et al.
2018) are recalled.  They need the *supremum*: what a search fits to random signs lies
below it, so it can show that these bounds are vacuous and never that they are not.

A class is given here by the matrix of its values, one row per predictor.  The mean of T
draws of the supremum depends on nT signs, each by at most 2B/(nT), where B bounds
\|f\|, so by McDiarmid's inequality it is within :math:`B \sqrt{2\ln(1/\delta)/(nT)}` of
the complexity, on either side, with probability :math:`1 - \delta`.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous._numerics import check_delta, remaining, up
from nonvacuous.bounds._assumptions import BOUNDED, IID, ZERO_ONE, fixed_before
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Loss,
    Reference,
    Verdict,
)
from nonvacuous.evidence import RademacherFit, RademacherLosses

__all__ = [
    "complexity_lower",
    "complexity_upper",
    "exact_complexity",
    "massart",
    "rademacher_classifiers",
    "rademacher_losses",
    "sampled_suprema",
]

Floats = NDArray[np.float64]

_CHUNK = 2**22


def massart(predictions: ArrayLike) -> float:
    r"""Massart's bound :math:`\max_v \|v\| \sqrt{2 \ln |F|} / n`, rounded up.

    Args:
        predictions: values of the class, one row per predictor, one column per row of
            the sample.

    Returns:
        An upper bound on the empirical Rademacher complexity.

    Raises:
        ValueError: if the values are no matrix of finite numbers.

    >>> round(massart([[1, 1], [1, -1]]), 10)
    0.8325546112
    """
    v = _values(predictions)
    largest = float(np.abs(v).max())  # so that no square over- or underflows
    squares = ((v / (largest or 1.0)) ** 2).sum(axis=1)
    norm = largest * math.sqrt(float(squares.max()) * (1 + 2.0**-45))
    return up(norm * math.sqrt(2 * math.log(v.shape[0])) / v.shape[1], ulps=4)


def exact_complexity(predictions: ArrayLike) -> float:
    """The empirical Rademacher complexity, over all signs, rounded up.

    Args:
        predictions: values of the class, one row per predictor, one column per row of
            the sample, 20 columns at most.

    Returns:
        The mean of the supremum.

    Raises:
        ValueError: if there are more columns, or no matrix of finite numbers.

    >>> round(exact_complexity([[1, 1], [1, -1]]), 10)
    0.5
    """
    v = _values(predictions)
    n = v.shape[1]
    if n > 20:
        raise ValueError(f"predictions must have 20 columns at most, got {n}")
    size = max(1, _CHUNK // (v.shape[0] + n))
    sums = [
        _suprema(v, _all_signs(n, start, min(2**n, start + size))).sum()
        for start in range(0, 2**n, size)
    ]
    slack: float = 2.0**-46 * float(np.abs(v).max())
    return float(max(0.0, math.fsum(sums) * 2.0**-n + slack))


def sampled_suprema(predictions: ArrayLike, *, draws: int, seed: int) -> Floats:
    r"""Draws of :math:`\sup_f \tfrac1n \sum_i \sigma_i f(x_i)`.

    Args:
        predictions: values of the class, one row per predictor, one column per row of
            the sample.
        draws: how many, at least 1.
        seed: of the signs.

    Returns:
        One number per draw.

    Raises:
        ValueError: if `draws` is below 1, or the values are no finite matrix.
    """
    v = _values(predictions)
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got {draws}")
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    size = max(1, _CHUNK // sum(v.shape))
    parts = []
    for start in range(0, draws, size):
        shape = (min(size, draws - start), v.shape[1])
        parts.append(
            _suprema(v, np.asarray(2 * rng.integers(0, 2, shape) - 1, dtype=float))
        )
    return np.concatenate(parts)


def complexity_upper(
    suprema: ArrayLike, *, rows: int, mc_delta: float, largest: float = 1.0
) -> float:
    """A complexity that is too small with probability at most `mc_delta`.

    Args:
        suprema: draws of the supremum over the class.
        rows: rows of the sample.
        mc_delta: probability of being wrong, over the signs.
        largest: bound on the absolute values of the class.

    Returns:
        Their mean and McDiarmid's deviation, rounded up.

    Raises:
        ValueError: if an argument is outside its range.
    """
    mean, deviation = _mean_and_deviation(suprema, rows, mc_delta, largest)
    return max(0.0, up(mean + deviation, ulps=1))


def complexity_lower(
    found: ArrayLike, *, rows: int, mc_delta: float, largest: float = 1.0
) -> float:
    """What fits to random signs, found by any search, prove about the complexity.

    Args:
        found: mean of sign times value that the search reached, one per draw of signs.
        rows: rows of the sample.
        mc_delta: probability of being wrong, over the signs.
        largest: bound on the absolute values of the class.

    Returns:
        A number that exceeds the complexity with probability at most `mc_delta`: every
        bound of this module is at least that.

    Raises:
        ValueError: if an argument is outside its range.
    """
    mean, deviation = _mean_and_deviation(found, rows, mc_delta, largest)
    return -up(deviation - mean + 2.0**-46 * largest, ulps=1)


def _mean_and_deviation(
    draws: ArrayLike, rows: int, mc_delta: float, largest: float
) -> tuple[float, float]:
    """Both rounded up.

    Raises:
        ValueError: if an argument is outside its range.
    """
    check_delta(mc_delta)
    values = np.asarray(draws, dtype=float).ravel()
    if not (values.size and rows >= 1 and largest > 0):
        raise ValueError("need at least one draw, one row and a positive largest")
    if not (np.abs(values) <= largest * (1 + 2.0**-40)).all():
        raise ValueError(f"draws must lie within {largest} of 0")
    mean = math.fsum(values) / values.size + 2.0**-47 * largest
    root = math.sqrt(-2 * math.log(mc_delta) / (rows * values.size))
    return mean, up(largest * root, ulps=4)


def _values(predictions: ArrayLike) -> Floats:
    """The class as a matrix of floats.

    Raises:
        ValueError: unless it is one.
    """
    v = np.asarray(predictions, dtype=float)
    if v.ndim != 2 or not v.size or not np.isfinite(v).all():
        raise ValueError(
            "predictions must be a matrix of finite numbers, one row per predictor"
        )
    return v


def _all_signs(n: int, start: int, stop: int) -> Floats:
    """Rows of signs, those of the integers from `start` to `stop` in binary."""
    bits = (np.arange(start, stop)[:, None] >> np.arange(n)) & 1
    return np.asarray(2 * bits - 1, dtype=float)


def _suprema(v: Floats, signs: Floats) -> Floats:
    suprema: Floats = (signs @ v.T).max(axis=1) / v.shape[1]
    return suprema


def _deviation(trials: int, delta: float, mc_delta: float) -> float:
    nats = math.log(2) - math.log(remaining(delta, mc_delta))
    return up(3 * math.sqrt(nats / (2 * trials)), ulps=6)


def _classifiers(fit: RademacherFit, delta: float) -> float:
    deviation = _deviation(fit.trials, delta, fit.mc_delta)
    return up(fit.errors / fit.trials + fit.complexity + deviation, ulps=4)


def _losses(fit: RademacherLosses, delta: float) -> float:
    deviation = _deviation(fit.trials, delta, fit.mc_delta)
    return up(fit.mean + 2 * fit.complexity + deviation, ulps=4)


def _is_supremum(fit: RademacherFit | RademacherLosses) -> tuple[Verdict, str]:
    if not fit.supremum:
        return (
            Verdict.VIOLATED,
            f"a search that fits random signs to {fit.complexity:.3g} shows only that"
            " the complexity is no less; it can prove the bound vacuous, nothing else",
        )
    return Verdict.VOUCHED, ""


_SUPREMUM: Assumption[RademacherFit | RademacherLosses] = Assumption(
    name="supremum",
    statement="the complexity is of the supremum over the whole class",
    judge=_is_supremum,
)
_CLASS_FIXED = fixed_before(
    "class-fixed", "the class of predictors was fixed before the rows", "prior"
)

rademacher_classifiers: Bound[RademacherFit] = Bound(
    name="rademacher-classifiers",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h \in H:\; R(h) \le \hat R_S(h) +"
    r" \hat{\mathfrak R}_S(H) + 3 \sqrt{\tfrac{\ln(2/(\delta - \delta_{MC}))}{2n}}"
    r" \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="mohri2018foundations", where="Theorem 3.5", fidelity=Fidelity.EXACT
    ),
    assumptions=(IID, _CLASS_FIXED, _SUPREMUM, ZERO_ONE),
    about=About.ORIGINAL,
    formula=_classifiers,
    example=RademacherFit(errors=500, trials=10_000, complexity=0.05, mc_delta=0.01),
    rises=("errors", "complexity", "mc_delta"),
    falls=("trials",),
    terms=lambda fit, delta: {
        "error rate": fit.errors / fit.trials,
        "complexity": fit.complexity,
        "deviation": _deviation(fit.trials, delta, fit.mc_delta),
    },
    uniform=True,
)

rademacher_losses: Bound[RademacherLosses] = Bound(
    name="rademacher-losses",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h \in H:\; R(h) \le \hat R_S(h) +"
    r" 2 \hat{\mathfrak R}_S(\ell \circ H) +"
    r" 3 \sqrt{\tfrac{\ln(2/(\delta - \delta_{MC}))}{2n}} \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="mohri2018foundations", where="Theorem 3.3", fidelity=Fidelity.EXACT
    ),
    assumptions=(IID, _CLASS_FIXED, _SUPREMUM, BOUNDED),
    about=About.ORIGINAL,
    formula=_losses,
    example=RademacherLosses(mean=0.05, trials=10_000, complexity=0.02, mc_delta=0.01),
    rises=("mean", "complexity", "mc_delta"),
    falls=("trials",),
    terms=lambda fit, delta: {
        "mean loss": fit.mean,
        "twice the complexity": 2 * fit.complexity,
        "deviation": _deviation(fit.trials, delta, fit.mc_delta),
    },
    uniform=True,
    loss=Loss.UNIT,
)
