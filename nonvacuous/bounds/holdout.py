r"""Bounds from a hold-out set: errors counted on data that chose nothing.

A predictor fixed before it meets ``n`` fresh examples errs on ``K ~ Bin(n, p)`` of
them, where ``p`` is its risk.  Everything in this module inverts that one fact.
"""

import math

import numpy as np

from nonvacuous._numerics import check_delta, rate_up, up
from nonvacuous.bounds._assumptions import IID, UNSEEN, ZERO_ONE
from nonvacuous.bounds._binomial import (
    binomial_tail_inverse,
    binomial_tail_inverse_lower,
    log_binomial_tail,
)
from nonvacuous.bounds._bound import About, Bound, Fidelity, Reference
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.evidence import HoldoutErrors

__all__ = [
    "binomial_tail_inverse",
    "binomial_tail_inverse_lower",
    "clopper_pearson",
    "hoeffding_upper",
    "holdout_hoeffding",
    "holdout_kl",
    "interval",
    "log_binomial_tail",
]

_EXAMPLE = HoldoutErrors(errors=250, trials=10_000)


def hoeffding_upper(k: int, n: int, log_delta: float) -> float:
    r"""Hoeffding's bound :math:`k/n + \sqrt{\ln(1/\delta)/2n}`, rounded up.

    Args:
        k: errors seen, ``0 <= k <= n``.
        n: trials made, at least 1.
        log_delta: log of the probability of being wrong, in nats, below 0.

    Returns:
        A number above k/n, possibly above 1.

    Raises:
        ValueError: if an argument is outside its range.

    >>> round(hoeffding_upper(25, 10000, math.log(0.05)), 11)
    0.01473873415
    """
    if not (n >= 1 and 0 <= k <= n and log_delta < 0):
        raise ValueError(
            f"need 0 <= k <= n, n >= 1 and log_delta < 0, got k={k}, n={n},"
            f" log_delta={log_delta}"
        )
    return up(k / n + math.sqrt(-log_delta / (2 * n)), ulps=4)


def interval(k: int, n: int, delta: float) -> tuple[float, float]:
    """Exact two-sided Clopper-Pearson interval for a rate, each end outward.

    Args:
        k: errors seen.
        n: trials made.
        delta: probability that the interval misses the risk, half on each side.

    Returns:
        Lower and upper end, in [0, 1].

    Raises:
        ValueError: if an argument is outside its range.
    """
    check_delta(delta)
    log_half = math.log(delta / 2)
    return (
        binomial_tail_inverse_lower(k, n, log_half),
        binomial_tail_inverse(k, n, log_half),
    )


clopper_pearson: Bound[HoldoutErrors] = Bound(
    name="holdout-binomial",
    statement=r"\Pr_{S \sim D^n}\bigl[\, R(h) \le"
    r" \overline{\mathrm{Bin}}(n, n \hat R_S(h), \delta) \,\bigr] \ge 1 - \delta",
    source=Reference(
        key="langford2005tutorial", where="Theorem 3.3", fidelity=Fidelity.EXACT
    ),
    assumptions=(IID, UNSEEN, ZERO_ONE),
    about=About.ORIGINAL,
    formula=lambda seen, delta: binomial_tail_inverse(
        seen.errors, seen.trials, math.log(delta)
    ),
    example=_EXAMPLE,
    rises=("errors",),
    falls=("trials",),
    terms=lambda seen, delta: {"error rate": seen.errors / seen.trials},
)

holdout_kl: Bound[HoldoutErrors] = Bound(
    name="holdout-kl",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \mathrm{kl}(\hat R_S(h) \,\|\, R(h)) \le"
    r" \tfrac{\ln(1/\delta)}{n} \text{ or } R(h) \le \hat R_S(h) \,\bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="langford2005tutorial", where="Corollary 3.7", fidelity=Fidelity.EXACT
    ),
    assumptions=(IID, UNSEEN, ZERO_ONE),
    about=About.ORIGINAL,
    formula=lambda seen, delta: float(
        kl_inverse(
            rate_up(seen.errors, seen.trials),
            float(np.nextafter(-math.log(delta) / seen.trials, np.inf)),
        )
    ),
    example=_EXAMPLE,
    rises=("errors",),
    falls=("trials",),
    terms=lambda seen, delta: {
        "error rate": seen.errors / seen.trials,
        "nats per row": -math.log(delta) / seen.trials,
    },
)

holdout_hoeffding: Bound[HoldoutErrors] = Bound(
    name="holdout-hoeffding",
    statement=r"\Pr_{S \sim D^n}\bigl[\, R(h) \le \hat R_S(h) +"
    r" \sqrt{\tfrac{\ln(1/\delta)}{2n}} \,\bigr] \ge 1 - \delta",
    source=Reference(
        key="hoeffding1963probability", where="Theorem 1", fidelity=Fidelity.SPECIALIZED
    ),
    assumptions=(IID, UNSEEN, ZERO_ONE),
    about=About.ORIGINAL,
    formula=lambda seen, delta: hoeffding_upper(
        seen.errors, seen.trials, math.log(delta)
    ),
    example=_EXAMPLE,
    rises=("errors",),
    falls=("trials",),
    terms=lambda seen, delta: {
        "error rate": seen.errors / seen.trials,
        "deviation": math.sqrt(-math.log(delta) / (2 * seen.trials)),
    },
)
