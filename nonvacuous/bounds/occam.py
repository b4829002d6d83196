r"""Occam's bound: a description length pays for the fit.

Fix a prefix code before the sample.  By Kraft's inequality the weights ``2^-|h|`` of
all nets sum to at most 1, so a union bound that gives each net its weight's share of
delta covers them all at once: a search for the best code is free, its length is not.
"""

import math

from nonvacuous._numerics import check_delta, up
from nonvacuous.bounds._assumptions import CODE_FIXED, IID, PREFIX_CODE, ZERO_ONE
from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._bound import About, Bound, Fidelity, Reference
from nonvacuous.evidence import CodedFit

__all__ = ["code_terms", "log_budget", "occam_binomial", "occam_hoeffding"]

_EXAMPLE = CodedFit(errors=2_400, trials=60_000, bits=5_000)


def log_budget(bits: int, delta: float) -> float:
    r""":math:`\ln(\delta 2^{-b})`, rounded down: what one net may spend.

    A bit costs what halving delta costs.

    Args:
        bits: length of the code, at least 0.
        delta: probability of being wrong, in (0, 1).

    Returns:
        Nats, below 0.

    Raises:
        ValueError: if an argument is outside its range.

    >>> round(log_budget(100, 0.05), 6)
    -72.31045
    """
    check_delta(delta)
    if not 0 <= bits < 2**53:
        raise ValueError(f"bits must lie in [0, 2^53), got {bits}")
    return -up(bits * math.log(2.0) - math.log(delta), ulps=4)


def _deviation(fit: CodedFit, delta: float) -> float:
    return math.sqrt(-log_budget(fit.bits, delta) / (2 * fit.trials))


def code_terms(fit: CodedFit, delta: float) -> dict[str, float]:
    """What a bound on a coded net is made of."""
    return {
        "error rate": fit.errors / fit.trials,
        "bits": float(fit.bits),
        "code, nats per row": fit.bits * math.log(2.0) / fit.trials,
        "confidence, nats per row": -math.log(delta) / fit.trials,
    }


occam_binomial: Bound[CodedFit] = Bound(
    name="occam-binomial",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall h:\; R(h) \le"
    r" \overline{\mathrm{Bin}}(n, n \hat R_S(h), \delta\, 2^{-|h|}) \,\bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="langford2005tutorial",
        where="Theorem 4.1, P(h) = 2^-|h|",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(IID, CODE_FIXED, PREFIX_CODE, ZERO_ONE),
    about=About.COMPRESSED,
    formula=lambda fit, delta: binomial_tail_inverse(
        fit.errors, fit.trials, log_budget(fit.bits, delta)
    ),
    example=_EXAMPLE,
    rises=("errors", "bits"),
    falls=("trials",),
    terms=code_terms,
    uniform=True,
)

occam_hoeffding: Bound[CodedFit] = Bound(
    name="occam-hoeffding",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h:\; R(h) \le \hat R_S(h) +"
    r" \sqrt{\tfrac{|h| \ln 2 + \ln(1/\delta)}{2n}} \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="langford2005tutorial",
        where="Theorem 4.1 with Hoeffding's tail",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(IID, CODE_FIXED, PREFIX_CODE, ZERO_ONE),
    about=About.COMPRESSED,
    formula=lambda fit, delta: up(
        fit.errors / fit.trials + _deviation(fit, delta), ulps=4
    ),
    example=_EXAMPLE,
    rises=("errors", "bits"),
    falls=("trials",),
    terms=code_terms,
    uniform=True,
)
