r"""CoreNet (Baykal et al. 2019): sample sizes, network size, generalization bound.

The sizes are plain functions of numbers, shared with the compressor; the theorem is
the generalization corollary with every constant explicit.
"""

import math

from nonvacuous._numerics import remaining, up
from nonvacuous._sharp_sizes import (
    sharp_entering_errors,
    sharp_layer_epsilons,
    sharp_network_size,
    sharp_sample_size,
)
from nonvacuous._sizes import (
    kappa,
    layer_epsilons,
    network_size,
    paper_constant,
    sample_size,
    support_size,
)
from nonvacuous.bounds._assumptions import IID, ZERO_ONE, vouched
from nonvacuous.bounds._binomial import binomial_tail_inverse_lower
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
)
from nonvacuous.evidence import CoresetFit

__all__ = [
    "corenet_generalization",
    "kappa",
    "layer_epsilons",
    "network_size",
    "paper_constant",
    "sample_size",
    "sharp_entering_errors",
    "sharp_layer_epsilons",
    "sharp_network_size",
    "sharp_sample_size",
    "support_size",
]

LOG_FLOAT64 = 64 * math.log(2.0)
"""Nats that name one float64: the fixed set of r values of the counting bound."""


def _generalization(fit: CoresetFit, delta: float) -> float:
    t = _terms(fit, delta)
    return up(t["margin error"] + t["deviation"], ulps=8)


def _terms(fit: CoresetFit, delta: float) -> dict[str, float]:
    q = min(fit.kept_by_theorem, float(fit.slots))
    nats = q * (math.log(fit.slots) + LOG_FLOAT64)
    nats += math.log(fit.slots + 1) - math.log(remaining(delta, fit.theorem_delta))
    return {
        "margin error": fit.margin_errors / fit.trials,
        "deviation": math.sqrt(nats / (2 * fit.trials)),
        "epsilon": 2.0**-fit.grid_index,
        "non-zeros by the theorem": fit.kept_by_theorem,
        "weights and biases of the net": float(fit.slots),
        "non-zeros counted": q,
        "tail index of Delta": fit.tail_index,
    }


def _independent(fit: CoresetFit) -> tuple[Verdict, str]:
    if not fit.independent:
        return (
            Verdict.VIOLATED,
            "the net was trained on these rows, so S is no i.i.d. sample given the"
            " net; the theorem needs rows kept from training",
        )
    return Verdict.VOUCHED, ""


def _tail(fit: CoresetFit) -> tuple[Verdict, str]:
    least = binomial_tail_inverse_lower(fit.exceed, fit.trials, math.log(1e-3))
    if least > fit.promised_exceed:
        return (
            Verdict.VIOLATED,
            f"sign complexity Delta exceeds Delta-hat on {fit.exceed} of {fit.trials}"
            " rows, where the theorem's lemma allows a fraction of"
            f" {fit.promised_exceed:.1e}; to blame: layer {fit.worst_layer}, whose"
            f" Delta has tail index {fit.tail_index:.2f} (at 1 or below it has no"
            " mean, let alone sub-exponential tails); besides, the theorem would keep"
            f" {fit.kept_by_theorem:.1e} non-zeros of {fit.slots:,} there are",
        )
    return Verdict.VOUCHED, ""


def _rounding(fit: CoresetFit) -> tuple[Verdict, str]:
    if not fit.least_layer_epsilon > 2.0**-52:
        return (
            Verdict.VIOLATED,
            f"the theorem works with a relative error of"
            f" {fit.least_layer_epsilon:.1e}, finer than float64 resolves (2.2e-16)",
        )
    return Verdict.CHECKED, ""


corenet_generalization: Bound[CoresetFit] = Bound(
    name="corenet-generalization",
    statement=r"\Pr\Bigl[\, L_0(f_{\hat\theta}) \le \hat L_\gamma(f_\theta) +"
    r" \sqrt{\tfrac{q \ln(N r) + \ln((N+1)/(\delta - \delta_T))}{2n}} \,\Bigr]"
    r" \ge 1 - \delta, \quad q \le \sum_l \sum_i \Bigl(\Bigl\lceil \tfrac{32 (L-1)^2"
    r" (\hat\Delta^{l\to})^2 S_i^l K \ln(8\eta/\delta')}{\epsilon^2} \Bigr\rceil"
    r" + 1\Bigr) + \eta, \quad \gamma = \sqrt2\, \epsilon \max_x \|f_\theta(x)\|,"
    r" \quad \epsilon = 2^{-j}, \quad \delta' = \delta_T\, \pi(j) / n",
    source=Reference(
        key="baykal2019coresets",
        where="generalization corollary, with explicit constants",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(
        IID,
        ZERO_ONE,
        Assumption(
            name="rows-kept-from-training",
            statement="the net does not depend on the rows of P",
            judge=_independent,
        ),
        vouched(
            name="sensitivity-cdf",
            statement="F_j(M_j / K) <= exp(-1/K) for the CDF F_j of every edge's"
            " relative importance, K = ln(eta eta*)",
        ),
        Assumption(
            name="sub-exponential-delta",
            statement="the sign complexity of every neuron is sub-exponential, so"
            " that it rarely exceeds Delta-hat",
            judge=_tail,
        ),
        Assumption(
            name="float64-resolves-epsilon",
            statement="every layer's epsilon exceeds twice the unit roundoff",
            judge=_rounding,
        ),
    ),
    about=About.COMPRESSED,
    formula=_generalization,
    example=CoresetFit(
        margin_errors=800,
        trials=9_000,
        grid_index=4,
        theorem_delta=0.005,
        slots=266_610,
        kept_by_theorem=1e12,
        least_layer_epsilon=1e-3,
        exceed=0,
        promised_exceed=1e-6,
        tail_index=2.5,
        worst_layer=1,
        independent=True,
    ),
    rises=("margin_errors", "kept_by_theorem", "slots", "theorem_delta"),
    falls=("trials",),
    terms=_terms,
)
