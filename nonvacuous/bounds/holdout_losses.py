r"""Bounds from a hold-out set for losses in [0, 1], from their mean and variance.

The relative entropy bound for 0-1 errors holds for every loss in [0, 1]: by convexity
:math:`e^{-Cx} \le 1 - x + x e^{-C}`, so a bounded loss is no harder than a coin of the
same mean (Hoeffding 1963).  The binomial tail does not: it needs whole errors.  Maurer
and Pontil's bound (recalled) looks at the sample variance and wins where that is small.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from nonvacuous._numerics import up
from nonvacuous.bounds._assumptions import BOUNDED, IID, UNSEEN
from nonvacuous.bounds._bound import About, Bound, Fidelity, Loss, Reference
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.evidence import HoldoutLosses, Origin

__all__ = [
    "empirical_bernstein_upper",
    "holdout_empirical_bernstein",
    "holdout_loss_hoeffding",
    "holdout_loss_kl",
    "loss_summary",
]

_EXAMPLE = HoldoutLosses(mean=0.05, variance=0.01, trials=10_000)


def loss_summary(losses: ArrayLike, *, origin: Origin | None = None) -> HoldoutLosses:
    """Mean and sample variance of losses in [0, 1], both rounded up.

    Args:
        losses: one loss per row, at least one, any order.
        origin: the sample, for the record.

    Returns:
        Evidence for the bounds of this module.

    Raises:
        ValueError: if a loss lies outside [0, 1] or there is none.
    """
    x = np.asarray(losses, dtype=float).ravel()
    if not x.size or not ((x >= 0) & (x <= 1)).all():
        raise ValueError("losses must be numbers in [0, 1], at least one of them")
    mean = math.fsum(x) / x.size
    # around any centre the squares sum to no less than around the mean
    squares = up(math.fsum((x - mean) ** 2) * (1 + 2.0**-50), ulps=2)
    variance = up(squares / (x.size - 1), ulps=1) if x.size > 1 else 0.0
    exact = x.min() == x.max()
    return HoldoutLosses(
        mean=float(x[0]) if exact else min(1.0, up(mean, ulps=2)),
        variance=0.0 if exact else min(0.5, variance),
        trials=x.size,
        origin=origin,
    )


def empirical_bernstein_upper(
    mean: float, variance: float, n: int, log_delta: float
) -> float:
    r"""Maurer and Pontil's empirical Bernstein bound, rounded up.

    .. math:: \hat\mu + \sqrt{\tfrac{2 \hat V \ln(2/\delta)}{n}}
              + \tfrac{7 \ln(2/\delta)}{3(n-1)}

    Args:
        mean: mean loss in [0, 1].
        variance: sample variance of the losses, divided by n - 1.
        n: rows; with one row the bound is infinite.
        log_delta: log of the probability of being wrong, in nats, below 0.

    Returns:
        A number above the mean, possibly above 1.

    Raises:
        ValueError: if `log_delta` is not below 0, or n below 1.

    >>> round(empirical_bernstein_upper(0.3, 0.05, 100, math.log(0.05)), 9)
    0.447679433
    """
    if not (log_delta < 0 and n >= 1):
        raise ValueError(
            f"need log_delta < 0 and n >= 1, got log_delta={log_delta}, n={n}"
        )
    if n == 1:
        return math.inf
    nats = math.log(2.0) - log_delta
    deviation = math.sqrt(2 * variance * nats / n) + 7 * nats / (3 * (n - 1))
    return up(mean + up(deviation, ulps=6), ulps=2)


def _hoeffding(seen: HoldoutLosses, delta: float) -> float:
    return up(seen.mean + math.sqrt(-math.log(delta) / (2 * seen.trials)), ulps=4)


def _kl(seen: HoldoutLosses, delta: float) -> float:
    nats = up(-math.log(delta) / seen.trials, ulps=2)
    return float(kl_inverse(seen.mean, nats))


holdout_loss_hoeffding: Bound[HoldoutLosses] = Bound(
    name="holdout-loss-hoeffding",
    statement=r"\Pr_{S \sim D^n}\bigl[\, R(h) \le \hat R_S(h) +"
    r" \sqrt{\tfrac{\ln(1/\delta)}{2n}} \,\bigr] \ge 1 - \delta",
    source=Reference(
        key="hoeffding1963probability", where="Theorem 1", fidelity=Fidelity.SPECIALIZED
    ),
    assumptions=(IID, UNSEEN, BOUNDED),
    about=About.ORIGINAL,
    formula=_hoeffding,
    example=_EXAMPLE,
    rises=("mean",),
    falls=("trials",),
    terms=lambda seen, delta: {
        "mean loss": seen.mean,
        "deviation": math.sqrt(-math.log(delta) / (2 * seen.trials)),
    },
    loss=Loss.UNIT,
)

holdout_loss_kl: Bound[HoldoutLosses] = Bound(
    name="holdout-loss-kl",
    statement=r"\Pr_{S \sim D^n}\bigl[\, R(h) \le"
    r" \mathrm{kl}^{-1}(\hat R_S(h), \tfrac{\ln(1/\delta)}{n}) \,\bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="hoeffding1963probability",
        where="Theorem 1, the form with relative entropy",
        fidelity=Fidelity.EXACT,
    ),
    assumptions=(IID, UNSEEN, BOUNDED),
    about=About.ORIGINAL,
    formula=_kl,
    example=_EXAMPLE,
    rises=("mean",),
    falls=("trials",),
    terms=lambda seen, delta: {
        "mean loss": seen.mean,
        "nats per row": -math.log(delta) / seen.trials,
    },
    loss=Loss.UNIT,
)

holdout_empirical_bernstein: Bound[HoldoutLosses] = Bound(
    name="holdout-empirical-bernstein",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, R(h) \le \hat R_S(h) +"
    r" \sqrt{\tfrac{2 \hat V_S(h) \ln(2/\delta)}{n}} +"
    r" \tfrac{7 \ln(2/\delta)}{3(n-1)} \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="maurer2009empirical", where="Theorem 4", fidelity=Fidelity.EXACT
    ),
    assumptions=(IID, UNSEEN, BOUNDED),
    about=About.ORIGINAL,
    formula=lambda seen, delta: empirical_bernstein_upper(
        seen.mean, seen.variance, seen.trials, math.log(delta)
    ),
    example=_EXAMPLE,
    rises=("mean", "variance"),
    falls=("trials",),
    terms=lambda seen, delta: {
        "mean loss": seen.mean,
        "sample variance": seen.variance,
    },
    loss=Loss.UNIT,
)
