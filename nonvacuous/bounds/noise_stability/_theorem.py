r"""Arora et al.'s bound for a net that is stable to noise: fully connected layers.

The source's Theorem 4.1 (transcribed by others, not read in the original) ends in an
:math:`\tilde O`; :func:`effective_parameters` is its argument and no bound.  What is
proved here, with every constant, is :data:`arora_network`; it is far above 1 on nets of
any size, because the lemma behind it needs more coefficients than the net has weights.

Proof.  Layers :math:`A^i`, i = 1 to d = L - 1, no biases, on the n rows of S; cushions
:math:`\mu_i, \mu_{i\to}`, contraction c and smoothness :math:`\rho \ge 3d` are worst
cases over S.  Fix :math:`\epsilon = 2^{-j}` and :math:`a_i = \epsilon \mu_i
\mu_{i\to} / (6 c d)`.

1. One layer of p entries.  Let :math:`\hat A = \frac1q \sum_l z_l M_l` with sign
   matrices :math:`M_l` drawn independently of S and A.  For fixed u, v,
   :math:`|u^\top (\hat A - A) v| \le \frac{31}{32} a \|A\|_F \|u\| \|v\|` except with
   probability :math:`\delta'` if q is :func:`sign_count` of these.  Each
   :math:`|z_l| \le \sqrt p \|A\|_F` and :math:`\|M_l\|_F = \sqrt p`, so
   :math:`2^b \ge 32 p / a + 3` levels for each :math:`z_l` move :math:`\hat A` by at
   most :math:`\frac{1}{32} a \|A\|_F`.  Or write the p entries themselves with
   :math:`2^b \ge \sqrt p / a + 3` levels, which moves A by at most :math:`a \|A\|_F`
   and needs no luck.  The shorter is taken.
2. Induction (the source's).  Let :math:`\hat x_i^j` be :math:`x^j` with the first i
   layers replaced; claim :math:`\|\hat x_i^j - x^j\| \le \frac{i}{d} \epsilon \|x^j\|`
   for all j >= i.  Replacing layer i adds :math:`J^{i,j} (\hat A^i - A^i) v` and two
   errors of linearisation, :math:`v = \phi(\hat x_{i-1}^{i-1})`, :math:`\|v\| \le 2 c
   \|\phi(x^{i-1})\|`.  The first is at most :math:`a_i \|J^{i,j}\|_F \|A^i\|_F \|v\|
   \le \frac{\epsilon}{3d} \|x^j\|` by step 1 for the rows u of J (for j = i, J is the
   identity: hence :math:`\mu_{i\to} \le 1/\sqrt{\eta^{i+1}}`); the others are at most
   :math:`\epsilon \|x^j\| / \rho \le \frac{\epsilon}{3d} \|x^j\|` each.  At most
   :math:`n d^2 \eta^*` events of step 1 are used.  J may be any matrix that the
   cushions and the smoothness were measured with.
3. So :math:`\|f - g\| \le \epsilon \|f\| \le \gamma / \sqrt 2` on S for
   :math:`\gamma = \sqrt 2 \epsilon \max_S \|f\|`: a margin of f above :math:`\gamma`
   stays positive, :math:`\hat L_0(g) \le \hat L_\gamma(f)`.
4. g's errors do not change when a layer is scaled, so integers name it: for each layer
   1 bit (projected or direct), b and, if projected, q, with weights
   :math:`6 / (\pi^2 b^2)` and :math:`6 / (\pi^2 q^2)`, and b bits for each
   coefficient.  The weights of all nets sum to at most 1 before S is seen: Occam.
5. :math:`\delta' = \delta_P \pi(j) / (T n d^2 \eta^*)` pays for all j and for T seeds.
"""

import math

from nonvacuous._numerics import remaining, up
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
from nonvacuous.bounds.noise_stability._codes import layer_codes
from nonvacuous.evidence import CushionFit

__all__ = ["arora_network"]


def _nats(fit: CushionFit) -> float:
    """What the compressed net's name costs, rounded up."""
    try:
        codes = layer_codes(fit)
    except ValueError:  # a cushion is 0
        return math.inf
    total = math.fsum(code.nats for code in codes)
    total += len(codes) * math.log(2.0) + math.log(fit.seeds)
    return total * (1 + 1e-12)


def _formula(fit: CushionFit, delta: float) -> float:
    left = _left(fit, delta)
    nats = _nats(fit)
    if math.isinf(nats):
        return math.inf
    log_budget = -up(nats - math.log(left), ulps=4)
    return binomial_tail_inverse(fit.margin_errors, fit.trials, log_budget)


def _left(fit: CushionFit, delta: float) -> float:
    return remaining(delta, fit.projection_delta, fit.smoothness_delta)


def _terms(fit: CushionFit, delta: float) -> dict[str, float]:
    nats = _nats(fit)
    codes = layer_codes(fit) if math.isfinite(nats) else ()
    return {
        "margin error": fit.margin_errors / fit.trials,
        "epsilon": 2.0**-fit.grid_index,
        "coefficients": float(sum(code.count for code in codes)) or math.inf,
        "layers projected": float(sum(code.projected for code in codes)),
        "code, nats per row": nats / fit.trials,
        "confidence, nats per row": -math.log(_left(fit, delta)) / fit.trials,
    }


def _smooth(fit: CushionFit) -> tuple[Verdict, str]:
    depth = len(fit.layer_cushions)
    if not fit.smoothness >= 3 * depth:
        return (
            Verdict.VIOLATED,
            f"the interlayer smoothness is {fit.smoothness:.3g}, the lemma needs"
            f" {3 * depth}: between the original and the compressed net the activations"
            " change too much for the layers' linearisation to hold",
        )
    seen = fit.origin is not None and fit.smoothness_delta == 0
    return (Verdict.CHECKED if seen else Verdict.VOUCHED), ""


def _everywhere(fit: CushionFit) -> tuple[Verdict, str]:
    if fit.measured < fit.trials:
        return (
            Verdict.VIOLATED,
            f"the cushions are worst cases over {fit.measured} rows of {fit.trials};"
            " the lemma needs all",
        )
    return (Verdict.VOUCHED if fit.origin is None else Verdict.CHECKED), ""


def _positive(fit: CushionFit) -> tuple[Verdict, str]:
    least = min((*fit.layer_cushions, *fit.onward_cushions))
    if not least > 0 or math.isinf(fit.contraction):
        return (
            Verdict.VIOLATED,
            "some layer maps a row to 0, so that no relative error is small enough",
        )
    return Verdict.CHECKED, ""


arora_network: Bound[CushionFit] = Bound(
    name="arora-network",
    statement=r"\Pr_{S \sim D^n,\, M}\Bigl[\, L_0(f_{\hat\theta}) \le"
    r" \overline{\mathrm{Bin}}\bigl(n,\, n \hat L_\gamma(f_\theta),\,"
    r" (\delta - \delta_P - \delta_\rho)\, e^{-|\hat\theta|}\bigr) \,\Bigr]"
    r" \ge 1 - \delta, \quad \gamma = \sqrt2\, \epsilon \max_{x \in S}"
    r" \|f_\theta(x)\|, \quad \epsilon = 2^{-j}, \quad |\hat\theta| \le \sum_i"
    r" \bigl(q_i b_i \ln 2 + \ln\tfrac{\pi^2 b_i^2}{6} + \ln\tfrac{\pi^2 q_i^2}{6} +"
    r" \ln 2\bigr) + \ln T, \quad q_i = q\bigl(\tfrac{31}{32} a_i,"
    r" \tfrac{\delta_P \pi(j)}{T n (L - 1)^2 \eta^*}\bigr), \quad a_i ="
    r" \tfrac{\epsilon \mu_i \mu_{i\to}}{6 c (L - 1)}",
    source=Reference(
        key="arora2018stronger",
        where="Theorem 4.1, with explicit constants and a code for the coefficients",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(
        IID,
        ZERO_ONE,
        vouched(
            name="helper-matrices-independent",
            statement="the sign matrices of each layer were drawn independently of the"
            " sample, of the training and of each other, from a list of seeds fixed"
            " beforehand that `seeds` counts",
        ),
        fixed_before(
            "architecture-fixed",
            "the widths, constants counted, were fixed before the sample",
            "prior",
        ),
        Assumption(
            name="cushions-over-all-rows",
            statement="cushions, contraction and smoothness are the worst over every"
            " row that margin errors were counted on, biases embedded",
            judge=_everywhere,
        ),
        Assumption(
            name="cushions-positive",
            statement="every cushion is above 0 and the contraction is finite",
            judge=_positive,
        ),
        Assumption(
            name="interlayer-smoothness",
            statement="rho >= 3d at both perturbed inputs of every layer, for all later"
            " layers and all rows, with probability at least 1 - `smoothness_delta`",
            judge=_smooth,
        ),
    ),
    about=About.COMPRESSED,
    formula=_formula,
    example=CushionFit(
        margin_errors=3_000,
        trials=60_000,
        measured=60_000,
        grid_index=2,
        widths=(21, 11, 2),
        layer_cushions=(0.3, 0.4),
        onward_cushions=(0.25, 0.5),
        contraction=1.5,
        smoothness=8.0,
        smoothness_delta=0.0,
        projection_delta=0.005,
    ),
    rises=("margin_errors", "contraction", "grid_index", "seeds", "smoothness_delta"),
    terms=_terms,
)
