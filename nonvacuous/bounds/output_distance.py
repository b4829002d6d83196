r"""A bound on the *original* net, from a coded one that is close to it everywhere.

If no difference of two outputs of f and of g differs by more than
:math:`\sqrt 2 \beta` at any point that data can take, then where f errs (ties are
errors) the margin of g is at most :math:`\sqrt 2 \beta \le \theta`, so
:math:`L_0(f) \le L_\theta(g)`; and g with :math:`\theta` has a code of 32 bits more
than g.  Derived; a distance :math:`\|f(x) - g(x)\|_2 \le \beta` is such a bound.

It must hold on the whole domain, not on the sample.  Products of spectral norms, or
intervals pushed through both nets, give one; for nets of usual size it exceeds every
margin, and the certificate is then 1.
"""

import math
from fractions import Fraction

from nonvacuous.bounds._assumptions import (
    IID,
    ZERO_ONE,
    fixed_before,
    vouched,
)
from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
)
from nonvacuous.bounds.occam import log_budget
from nonvacuous.evidence import DistanceFit

__all__ = ["MARGIN_BITS", "original_by_distance"]

MARGIN_BITS = 32
"""Bits that name theta, a float32."""


def _wide(fit: DistanceFit) -> tuple[Verdict, str]:
    # squares, exactly: a float root could be below sqrt(2) beta
    if (
        math.isinf(fit.distance)
        or Fraction(fit.margin) ** 2 < 2 * Fraction(fit.distance) ** 2
    ):
        return (
            Verdict.VIOLATED,
            f"margin is {fit.margin}, below sqrt(2) times the distance {fit.distance}:"
            " where the original net errs, the coded one could have a larger margin",
        )
    return Verdict.CHECKED, ""


original_by_distance: Bound[DistanceFit] = Bound(
    name="original-by-distance",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall f, g, \theta \ge \sqrt2\, \sup_x"
    r" \|f(x) - g(x)\|:\; L_0(f) \le \overline{\mathrm{Bin}}(n, n \hat L_\theta(g),"
    r" \delta\, 2^{-|g| - 32}) \,\bigr] \ge 1 - \delta",
    source=Reference(
        key="arora2018stronger",
        where="Theorem 2.1, for the original net by its distance from a coded one",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(
        IID,
        ZERO_ONE,
        fixed_before(
            "code-fixed",
            "the decoder, of a prefix code, was fixed before the rows were drawn",
            "prior",
            what="the code",
        ),
        Assumption(
            name="margin-covers-distance",
            statement="the float32 theta is at least sqrt(2) times the distance",
            judge=_wide,
        ),
        vouched(
            name="distance-on-the-domain",
            statement="the distance holds at every point that unseen data can take,"
            " not only on the sample",
        ),
    ),
    about=About.ORIGINAL,
    formula=lambda fit, delta: binomial_tail_inverse(
        fit.margin_errors, fit.trials, log_budget(fit.bits + MARGIN_BITS, delta)
    ),
    example=DistanceFit(
        margin_errors=9_000, trials=60_000, bits=5_000, margin=2.0, distance=1.25
    ),
    rises=("margin_errors", "bits"),
    falls=("trials",),
    terms=lambda fit, delta: {
        "margin error": fit.margin_errors / fit.trials,
        "margin": fit.margin,
        "distance": fit.distance,
        "bits": float(fit.bits + MARGIN_BITS),
        "code, nats per row": (fit.bits + MARGIN_BITS) * math.log(2.0) / fit.trials,
        "confidence, nats per row": -math.log(delta) / fit.trials,
    },
    uniform=True,
)
