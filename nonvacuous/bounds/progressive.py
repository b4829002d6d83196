r"""Progressive validation: every row is a test before it is a lesson.

A learner predicts row i with the hypothesis :math:`h_{i-1}` of the rows before it.  The
n rows test n hypotheses once each, so what is certified is their average risk, which is
the risk of one of them drawn at random (Blum, Kalai and Langford 1999); not that of the
last.  The constants are derived here:

* errors minus risks are differences of a martingale in an interval of length 1, so
  Azuma's inequality gives Hoeffding's deviation;
* for any fixed C > 0, :math:`e^{-C k} / \prod_i (1 - p_i + p_i e^{-C})` has mean 1, and
  by concavity of the logarithm the product is at most
  :math:`(1 - \bar p + \bar p e^{-C})^n`.  By Markov's inequality
  :math:`\bar p \le (1 - e^{-C k/n - \ln(1/\delta)/n}) / (1 - e^{-C})`;
* the best C for k errors may depend on k if each k has its share :math:`\pi(k)` of
  delta, and at the best C the right side is :math:`\mathrm{kl}^{-1}`.
"""

import math

from nonvacuous._numerics import rate_up, up
from nonvacuous.bounds._assumptions import IID, ZERO_ONE, fixed_before
from nonvacuous.bounds._bound import About, Bound, Fidelity, Reference
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.holdout import hoeffding_upper
from nonvacuous.bounds.selection import log_weight_integer
from nonvacuous.evidence import ProgressiveErrors

__all__ = ["exponential_upper", "progressive_azuma", "progressive_kl"]

_PREQUENTIAL = fixed_before(
    "one-pass",
    "every row was predicted before the learner saw it, and it was seen once",
    "prior",
)
_ASSUMPTIONS = (IID, _PREQUENTIAL, ZERO_ONE)
_EXAMPLE = ProgressiveErrors(errors=1_000, trials=50_000)


def exponential_upper(mean: float, n: int, C: float, log_delta: float) -> float:
    r"""The bound of the exponential supermartingale at a fixed C, rounded up.

    .. math:: \frac{1 - e^{-C \hat\mu - \ln(1/\delta)/n}}{1 - e^{-C}}

    Args:
        mean: mean loss in [0, 1].
        n: rows.
        C: a positive number, fixed before the rows.
        log_delta: log of the probability of being wrong, in nats, below 0.

    Returns:
        A bound on the average risk, possibly above 1.

    Raises:
        ValueError: if an argument is outside its range.

    >>> round(exponential_upper(0.02, 50000, math.log(2), math.log(0.05)), 11)
    0.02765276704
    """
    if not (0 <= mean <= 1 and n >= 1 and C > 0 and log_delta < 0):
        raise ValueError(
            f"need mean in [0, 1], n >= 1, C > 0 and log_delta < 0, got mean={mean},"
            f" n={n}, C={C}, log_delta={log_delta}"
        )
    exponent = up(C * mean - log_delta / n, ulps=4)
    return up(math.expm1(-exponent) / math.expm1(-C), ulps=8)


def _kl(seen: ProgressiveErrors, delta: float) -> float:
    nats = -log_weight_integer(seen.errors) - math.log(delta)
    rate = rate_up(seen.errors, seen.trials)
    return float(kl_inverse(rate, up(nats / seen.trials, ulps=4)))


def _terms(seen: ProgressiveErrors, delta: float) -> dict[str, float]:
    return {
        "error rate": seen.errors / seen.trials,
        "nats per row": -math.log(delta) / seen.trials,
    }


progressive_azuma: Bound[ProgressiveErrors] = Bound(
    name="progressive-azuma",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \tfrac1n \sum_{i=1}^n R(h_{i-1}) \le \tfrac kn"
    r" + \sqrt{\tfrac{\ln(1/\delta)}{2n}} \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="blum1999beating",
        where="progressive validation, with Azuma's inequality",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=_ASSUMPTIONS,
    about=About.STOCHASTIC,
    formula=lambda seen, delta: hoeffding_upper(
        seen.errors, seen.trials, math.log(delta)
    ),
    example=_EXAMPLE,
    rises=("errors",),
    falls=("trials",),
    terms=_terms,
)

progressive_kl: Bound[ProgressiveErrors] = Bound(
    name="progressive-kl",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \tfrac1n \sum_{i=1}^n R(h_{i-1}) \le"
    r" \mathrm{kl}^{-1}\bigl(\tfrac kn, \tfrac1n \ln\tfrac{1}{\delta\, \pi(k)}\bigr)"
    r" \,\Bigr] \ge 1 - \delta, \quad \pi(k) = \tfrac{6}{\pi^2 (k+1)^2}",
    source=Reference(
        key="blum1999beating",
        where="progressive validation, with an exponential supermartingale",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=_ASSUMPTIONS,
    about=About.STOCHASTIC,
    formula=_kl,
    example=_EXAMPLE,
    rises=("errors",),
    falls=("trials",),
    terms=_terms,
)
