r"""Neyshabur et al. 2019: two layers, the first one near its initialisation.

``two_layer_capacity`` is the number of the authors' code, seen there.  It is no theorem
here: their Theorem 2 is recalled for a margin fixed before the sample, and its
constants were not proved again.  ``two_layer_units`` is derived here from the same
idea: one budget per hidden unit.  With :math:`\|v_j\| \le \alpha_j`,
:math:`\|u_j - u^0_j\| \le \beta_j` and :math:`c_j = \|(u^0_j X)_+\|`, vector
contraction leaves a sum over units; in each, the ReLU around :math:`u^0_j x_i` is a
contraction of :math:`(u_j - u^0_j) x_i` that vanishes at 0, which costs a factor 2 in
the second moment.  So the ramp's complexity is at most

.. math:: \frac{2 \sqrt{\eta^L}}{\gamma n} \sum_j
          \alpha_j (\sqrt2\, \beta_j \|X\| + c_j) .

The sample chooses :math:`\alpha_j^2 = a^2 m_j / qH` with whole :math:`m_j \ge 1`: their
sum is at most :math:`(q + 1) H`, so that at most :math:`(e (q + 1))^H` vectors occur
and :math:`\sum_j \alpha_j^2 \le a^2 (1 + 1/q)`; likewise :math:`\beta_j` with b.  Then
Cauchy and Schwarz sum over units.
"""

import math

from nonvacuous.bounds._bound import About, Bound, Fidelity, Reference
from nonvacuous.bounds.norms._margins import (
    REFERENCE_FIXED,
    SHARED,
    deviation,
    fine,
    margin_error,
    outward,
)
from nonvacuous.evidence import TwoLayerFit

__all__ = ["two_layer_capacity", "two_layer_units"]

_Q = 8
"""Units' budgets are multiples of 1/q of the mean square."""


def two_layer_capacity(fit: TwoLayerFit, delta: float) -> float:
    r"""The authors' :math:`(R + 3 \sqrt{5H + \ln(\max(1, \gamma \sqrt n)/\delta)})^2`.

    .. math:: R = 3 \sqrt2 (\sqrt{2K} + 1)(\|V\|_F + 1)(\|(U_0 X)_+\|_F
              + \|U - U_0\|_F \|X\|_F + \sqrt n) / (\gamma \sqrt n)

    Args:
        fit: norms and margin.
        delta: probability of being wrong, in (0, 1).

    Returns:
        The number whose root over n they compare with the gap; no certificate.
    """
    root = math.sqrt(fit.trials)
    reach = (fit.initial_norm + fit.distance * fit.row_norm) / root + 1
    constant = 3 * math.sqrt(2) * (math.sqrt(2 * fit.classes) + 1)
    r = constant * (fit.output_norm + 1) * reach / fit.margin
    logs = math.log(max(1.0, fit.margin * root) / delta)
    return outward((r + 3 * math.sqrt(5 * fit.hidden + logs)) ** 2)


def _units(fit: TwoLayerFit, delta: float) -> dict[str, float]:
    outputs, distance, inverse = (
        fine(value) for value in (fit.output_norm, fit.distance, 1 / fit.margin)
    )
    grown = 1 + 1 / _Q
    moved = math.sqrt(2) * grown * distance[0] * fit.row_norm
    initial = math.sqrt(grown) * fit.initial_norm
    ratio = outputs[0] * inverse[0] / fit.trials
    vectors = 2 * fit.hidden * (1 + math.log(_Q + 1))
    nats = vectors + outputs[1] + distance[1] + inverse[1]
    return {
        "margin error": margin_error(fit),
        "complexity": outward(4 * math.sqrt(fit.classes) * ratio * (moved + initial)),
        "deviation": deviation(fit.trials, delta, nats),
        "nats of the units' budgets": vectors,
    }


def _sum(terms: dict[str, float]) -> float:
    return outward(terms["margin error"] + terms["complexity"] + terms["deviation"])


_EXAMPLE = TwoLayerFit(
    margin_errors=6_000,
    trials=60_000,
    margin=4.0,
    output_norm=3.0,
    distance=8.0,
    initial_norm=3_000.0,
    row_norm=2_300.0,
    hidden=601,
    classes=10,
    reference="a digest",
)

two_layer_units: Bound[TwoLayerFit] = Bound(
    name="two-layer-margin-units",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h, \gamma:\; R(h) \le"
    r" \hat L_\gamma(h) + \tfrac{4 \sqrt{\eta^L}}{\gamma n} \sigma \bigl(\tfrac98"
    r" \sqrt2\, \tau \|X\|_F + \tfrac{3}{\sqrt 8} \|(W_1^0 X)_+\|_F\bigr) + 3"
    r" \sqrt{\tfrac{\ln(2/\delta) + 2\eta^2(1 + \ln 9) + \sum_{i \le 3}"
    r" \ln(1/\pi(j_i))}{2n}} \,\Bigr] \ge 1 - \delta, \quad \|W_2\|_F \le \sigma,"
    r" \|W_1 - W_1^0\|_F \le \tau, \quad \sigma, \tau, 1/\gamma \in \{2^{j/8}\}",
    source=Reference(
        key="neyshabur2019towards",
        where="Theorem 2's idea, a budget for each unit",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(*SHARED, REFERENCE_FIXED),
    about=About.ORIGINAL,
    formula=lambda fit, delta: _sum(_units(fit, delta)),
    example=_EXAMPLE,
    rises=("margin_errors", "initial_norm", "row_norm", "hidden", "classes"),
    falls=("trials",),
    terms=_units,
    uniform=True,
)
