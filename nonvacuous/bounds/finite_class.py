r"""Bounds for a net out of finitely many, fixed before the sample.

A class of q parameters of r values each has at most :math:`r^q` nets, and each gets
that share of delta.  Arora et al. 2018 (Theorem 2.1, transcribed) state
:math:`L_0(g_A) \le \hat L_\gamma(f) + O(\sqrt{q \ln r / n})` for an f that g
approximates; here every constant is there, and the errors are those of g itself, which
are never more.

Margin errors of f may stand for errors of g where g approximates f: on a row,
:math:`\|f - g\|_2 \le \gamma / \sqrt 2` or an error of :math:`\gamma / 2` in each
output keeps a margin above :math:`\gamma` positive.  An error of :math:`\gamma` in each
output, as their definition of compressible reads, does so only for :math:`2 \gamma`.
"""

import math

from nonvacuous._numerics import check_delta, rate_up, up
from nonvacuous.bounds._assumptions import IID, ZERO_ONE, fixed_before
from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._bound import (
    About,
    Bound,
    Fidelity,
    Reference,
)
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.evidence import ParameterClassFit

__all__ = [
    "finite_class_binomial",
    "finite_class_hoeffding",
    "finite_class_kl",
    "log_share",
]

_EXAMPLE = ParameterClassFit(errors=3_000, trials=60_000, parameters=500, values=16)
_RISES = ("errors", "parameters", "values")


def log_share(parameters: int, values: int, delta: float) -> float:
    r""":math:`\ln(\delta r^{-q})`, rounded down: what one net of the class may spend.

    Args:
        parameters: q, at least 0.
        values: r, at least 1.
        delta: probability of being wrong, in (0, 1).

    Returns:
        Nats, below 0.

    Raises:
        ValueError: if `delta` is outside its range.

    >>> round(log_share(50, 16, 0.05), 6)
    -141.625168
    """
    check_delta(delta)
    return -up(parameters * math.log(values) - math.log(delta), ulps=4)


def _nats_per_row(fit: ParameterClassFit, delta: float) -> float:
    return up(-log_share(fit.parameters, fit.values, delta) / fit.trials, ulps=1)


def _terms(fit: ParameterClassFit, delta: float) -> dict[str, float]:
    return {
        "error rate": fit.errors / fit.trials,
        "class, nats per row": fit.parameters * math.log(fit.values) / fit.trials,
        "confidence, nats per row": -math.log(delta) / fit.trials,
    }


CLASS_FIXED = fixed_before(
    "class-fixed",
    "q, the r values of each parameter, and whatever else turns parameters"
    " into a net (helper matrices, seeds, architecture) were fixed before the rows"
    " were drawn",
    "prior",
    what="the class",
)

_SOURCE = Reference(
    key="arora2018stronger",
    where="Theorem 2.1, on the errors of g, with every constant",
    fidelity=Fidelity.DERIVED,
)

finite_class_binomial: Bound[ParameterClassFit] = Bound(
    name="finite-class-binomial",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall A \in \mathcal A:\; L_0(g_{A,s}) \le"
    r" \overline{\mathrm{Bin}}(n, n \hat L_0(g_{A,s}), \delta\, r^{-q}) \,\bigr]"
    r" \ge 1 - \delta",
    source=_SOURCE,
    assumptions=(IID, ZERO_ONE, CLASS_FIXED),
    about=About.COMPRESSED,
    formula=lambda fit, delta: binomial_tail_inverse(
        fit.errors, fit.trials, log_share(fit.parameters, fit.values, delta)
    ),
    example=_EXAMPLE,
    rises=_RISES,
    falls=("trials",),
    terms=_terms,
    uniform=True,
)

finite_class_kl: Bound[ParameterClassFit] = Bound(
    name="finite-class-kl",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall A \in \mathcal A:\; L_0(g_{A,s}) \le"
    r" \mathrm{kl}^{-1}\bigl(\hat L_0(g_{A,s}), \tfrac{q \ln r + \ln(1/\delta)}{n}"
    r" \bigr) \,\bigr] \ge 1 - \delta",
    source=_SOURCE,
    assumptions=(IID, ZERO_ONE, CLASS_FIXED),
    about=About.COMPRESSED,
    formula=lambda fit, delta: float(
        kl_inverse(rate_up(fit.errors, fit.trials), _nats_per_row(fit, delta))
    ),
    example=_EXAMPLE,
    rises=_RISES,
    falls=("trials",),
    terms=_terms,
    uniform=True,
)

finite_class_hoeffding: Bound[ParameterClassFit] = Bound(
    name="finite-class-hoeffding",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall A \in \mathcal A:\; L_0(g_{A,s}) \le"
    r" \hat L_0(g_{A,s}) + \sqrt{\tfrac{q \ln r + \ln(1/\delta)}{2n}} \,\Bigr]"
    r" \ge 1 - \delta",
    source=_SOURCE,
    assumptions=(IID, ZERO_ONE, CLASS_FIXED),
    about=About.COMPRESSED,
    formula=lambda fit, delta: up(
        fit.errors / fit.trials + math.sqrt(_nats_per_row(fit, delta) / 2), ulps=4
    ),
    example=_EXAMPLE,
    rises=_RISES,
    falls=("trials",),
    terms=_terms,
    uniform=True,
)
