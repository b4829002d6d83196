r"""Bartlett, Foster and Telgarsky 2017: spectral norms and distances to a reference.

Their covering theorem (recalled): nets with :math:`\|W_i\|_2 \le \sigma_i` and units
whose incoming weights differ from those of reference :math:`W_i^0` by :math:`\tau_i` in
all have, on the sample, :math:`\ln N(\epsilon) \le \|X\|^2 \ln(2(\eta^*)^2)\,
(R/\epsilon)^2` with :math:`R = \prod_i \sigma_i (\sum_i
(\tau_i/\sigma_i)^{2/3})^{3/2}`.  The margin over :math:`\gamma` is
:math:`2/\gamma`-Lipschitz, and Dudley's integral gives the complexity (derived).

Proof of the covering (derived).  One layer moves :math:`W^0 X` by a point of the convex
hull of :math:`2 (\eta^*)^2` matrices of norm :math:`c = \tau \|X\|`.  The mean of k
random ones, shrunk by :math:`\sqrt k / (\sqrt k + 1)`, is off by at most :math:`c /
(\sqrt k + 1)` in square mean, so :math:`k = \lceil (c/\epsilon - 1)^2 \rceil \le
(c/\epsilon)^2` will do, and none for :math:`\epsilon \ge c`: no rounding up is left.
Projected on the ball of radius :math:`\sigma \|X\|`, a centre comes no farther from
what it covers, and the next layer starts within :math:`\prod \sigma_i \|X\|`.  The best
split of :math:`\epsilon` over the layers gives R.

Their Lemma A.8 (recalled, with its constants) holds for all norms and margins at once.
It follows from the above (derived): cells :math:`1/\gamma < 2^j/n`, :math:`\|X\| < x`,
:math:`\tau_i < k_i / d`, :math:`\sigma_i < l_i / d` with weights :math:`2^{-j}`,
:math:`1/(k(k+1))`; :math:`\alpha = 1/n` in Dudley's integral; the deviation
:math:`3\sqrt{\ln(1/\delta)/2n}`, as :math:`\sup (R - \hat R) - 2 \hat{\mathfrak R}_S`
has a mean of at most 0 and moves by 3/n with a row; and :math:`\sqrt{\ln 2(\eta^*)^2}
\le \ln 2\eta^*` for :math:`\eta^* \ge 3`.  For narrower nets the former stands in for
the latter.

Beside it stand the covering theorem at budgets fixed before the sample, and on grids.
With reference zero a layer times a constant is as good as another layer times it, so
that :math:`\prod \sigma_i / \gamma` and the ratios :math:`\tau_i / \sigma_i` are all
that matters (derived); with another reference every :math:`\sigma_i`, :math:`\tau_i`
and the margin has a grid of its own.

A matrix per layer means a fully connected layer.  The (2, 1)-norm of the transpose is
the sum over units of the norm of *incoming* weights.
"""

import math
from collections.abc import Mapping, Sequence

from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
)
from nonvacuous.bounds.norms._margins import (
    REFERENCE_FIXED,
    SHARED,
    deviation,
    fine,
    ladder,
    margin_error,
    outward,
)
from nonvacuous.evidence import SpectralFit

__all__ = [
    "dudley",
    "spectral_complexity",
    "spectral_margin",
    "spectral_margin_budgets",
    "spectral_margin_fixed",
    "spectral_margin_ratios",
]

KEY = "bartlett2017spectrally"


def spectral_complexity(spectral: Sequence[float], distances: Sequence[float]) -> float:
    r""":math:`\prod_i \sigma_i\, (\sum_i (\tau_i / \sigma_i)^{2/3})^{3/2}`, rounded up.

    Args:
        spectral: spectral norms of the layers, above 0.
        distances: (2, 1)-norms of the transposed layers minus the reference.

    Returns:
        The paper's spectral complexity.
    """
    if math.inf in (*spectral, *distances, math.prod(spectral)):
        return math.inf
    pairs = zip(distances, spectral, strict=True)
    return outward(math.prod(spectral) * _joined([b / s for b, s in pairs]))


def _joined(ratios: Sequence[float]) -> float:
    total = sum(math.pow(r, 2 / 3) for r in ratios)
    return total * math.sqrt(total)  # overflows to infinity without a word


def dudley(scale: float, n: int) -> float:
    r"""Complexity of losses with :math:`\ln N(\epsilon) \le (t/\epsilon)^2`.

    .. math:: \frac{4 \alpha}{\sqrt n} + \frac{12 t}{n} \ln \frac{\sqrt n}{\alpha},
              \quad \alpha = 3t / \sqrt n \text{ if } 3t < n, \text{ else } 1/n

    The first choice is the best one.  Beyond it the integral says 4, whatever t; the
    second is the paper's, and still tells how far t is from saying something.

    Args:
        scale: t, at least 0, for distances in the Euclidean norm over the rows.
        n: rows.

    Returns:
        An upper bound on the empirical Rademacher complexity.

    >>> round(dudley(50.0, 60_000), 4)
    0.0699
    """
    if scale == 0 or math.isinf(scale):
        return scale
    best = 3 * scale / math.sqrt(n)
    alpha = best if 3 * scale < n else 1 / n
    rest = math.log(math.sqrt(n) / alpha)
    return outward(4 * alpha / math.sqrt(n) + 12 * scale / n * rest)


def _covered(fit: SpectralFit, complexity: float, nats: float, delta: float) -> float:
    return outward(
        margin_error(fit)
        + 2 * dudley(_scale(fit, complexity), fit.trials)
        + deviation(fit.trials, delta, nats)
    )


def _scale(fit: SpectralFit, complexity: float) -> float:
    """The t of a spectral complexity that was divided by the margin."""
    logs = math.sqrt(math.log(2.0 * fit.width**2))
    return outward(2 * complexity * fit.row_norm * logs)


def _fixed(fit: SpectralFit, delta: float) -> float:
    over = spectral_complexity(_positive(fit.spectral), fit.distances) / fit.margin
    return _covered(fit, over, 0.0, delta)


def _ratios(fit: SpectralFit, delta: float) -> float:
    spectral = _positive(fit.spectral)
    budgets = [fine(b / s) for b, s in zip(fit.distances, spectral, strict=True)]
    joined = _joined([budget for budget, _ in budgets])
    paid = math.fsum(nats for _, nats in budgets)
    ratio = outward(math.prod(spectral) / fit.margin)
    return min(
        _covered(fit, budget * joined, paid + nats, delta)
        for budget, nats in ladder(ratio)
    )


def _budgets(fit: SpectralFit, delta: float) -> float:
    spectral = [fine(s) for s in fit.spectral]
    distances = [fine(b) for b in fit.distances]
    inverse = fine(1 / fit.margin)
    over = inverse[0] * spectral_complexity(
        [budget for budget, _ in spectral], [budget for budget, _ in distances]
    )
    nats = math.fsum(nats for _, nats in (*spectral, *distances, inverse))
    return _covered(fit, over, nats, delta)


def _positive(spectral: Sequence[float]) -> list[float]:
    """A matrix of zeros has spectral norm at most any number above 0."""
    return [max(s, 2.0**-32) for s in spectral]


def _lemma(fit: SpectralFit, delta: float) -> Mapping[str, float]:
    n, count = fit.trials, len(fit.spectral)
    margin = min(fit.margin, float(n))  # a smaller one has no more errors
    shifted = spectral_complexity(
        [1 / count + s for s in fit.spectral], [1 / count + b for b in fit.distances]
    )
    wide = max(math.log(2 * fit.width), math.sqrt(math.log(2 * fit.width**2)))
    complexity = 144 * math.log(n) * wide / (margin * n)
    logs = math.log(1 / delta) + math.log(2 * n / margin)
    logs += 2 * math.log(2 + fit.row_norm)
    for norm in (*fit.distances, *fit.spectral):
        logs += 2 * math.log(2 + count * norm)
    return {
        "margin error": margin_error(fit),
        "rounding": 8 / n,
        "complexity": complexity * shifted * (1 + fit.row_norm),
        "deviation": math.sqrt(9 / (2 * n)) * math.sqrt(logs),
    }


def _terms(fit: SpectralFit, delta: float) -> dict[str, float]:
    complexity = spectral_complexity(_positive(fit.spectral), fit.distances)
    return {
        "margin error": margin_error(fit),
        "spectral complexity": complexity,
        "spectral complexity over margin": complexity / fit.margin,
        "t over rows, below 1/3 to say something": _scale(fit, complexity / fit.margin)
        / fit.trials,
    }


def _given(fit: SpectralFit) -> tuple[Verdict, str]:
    if not fit.fixed:
        return (
            Verdict.VIOLATED,
            "margin and norms were measured on the trained net; this theorem needs"
            " budgets that were fixed before the sample",
        )
    return Verdict.VOUCHED, ""


def _zero(fit: SpectralFit) -> tuple[Verdict, str]:
    if fit.reference != "zero":
        return (
            Verdict.VIOLATED,
            "a layer cannot be rescaled against a reference that is not zero",
        )
    return Verdict.CHECKED, ""


_EXAMPLE = SpectralFit(
    margin_errors=6_000,
    trials=60_000,
    margin=4.0,
    spectral=(3.0, 2.0),
    distances=(60.0, 6.0),
    row_norm=2_300.0,
    width=785,
)
_COVERED = r"\tfrac{24 t}{n} \bigl(1 + \ln \tfrac{n}{3t}\bigr) + 3 \sqrt{\tfrac{\ln("
_SCALE = (
    r"t = \tfrac{2 \|X\|_F}{\gamma} \sqrt{\ln 2(\eta^*)^2} \prod_i \sigma_i"
    r" \Bigl(\sum_i (\tau_i / \sigma_i)^{2/3}\Bigr)^{3/2} < n/3"
)

spectral_margin: Bound[SpectralFit] = Bound(
    name="spectral-margin",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h, \gamma:\; R(h) \le"
    r" \hat L_\gamma(h) + \tfrac8n + \tfrac{144 \ln n \ln 2\eta^*}{\gamma n}"
    r" \prod_i \bigl(\tfrac1d + \sigma_i\bigr) \Bigl(\sum_i \bigl(\tfrac{1/d +"
    r" \tau_i}{1/d + \sigma_i}\bigr)^{2/3}\Bigr)^{3/2} (1 + \|X\|_F)"
    r" + \sqrt{\tfrac{9}{2n}} \sqrt{\ln \tfrac1\delta + \ln \tfrac{2n}{\gamma}"
    r" + 2 \ln(2 + \|X\|_F)"
    r" + 2 \sum_i \ln(2 + d \tau_i) + 2 \sum_i \ln(2 + d \sigma_i)} \,\Bigr] \ge 1 -"
    r" \delta, \quad \sigma_i = \|W_i\|_2, \tau_i = \|(W_i - W_i^0)^\top\|_{2,1},"
    r" \eta^* \ge 3",
    source=Reference(key=KEY, where="Lemma A.8", fidelity=Fidelity.EXACT),
    assumptions=(*SHARED, REFERENCE_FIXED),
    about=About.ORIGINAL,
    formula=lambda fit, delta: outward(math.fsum(_lemma(fit, delta).values())),
    example=_EXAMPLE,
    rises=("margin_errors", "row_norm", "width"),
    falls=("margin",),
    terms=lambda fit, delta: {**_lemma(fit, delta), **_terms(fit, delta)},
    uniform=True,
)

spectral_margin_fixed: Bound[SpectralFit] = Bound(
    name="spectral-margin-fixed",
    statement=r"\|W_i\|_2 \le \sigma_i, \|(W_i - W_i^0)^\top\|_{2,1} \le \tau_i, \gamma"
    r" \text{ fixed}: \quad \Pr_{S \sim D^n}\Bigl[\, \forall h:\; R(h) \le"
    r" \hat L_\gamma(h) + " + _COVERED + r"2/\delta)}{2n}} \,\Bigr] \ge 1 - \delta,"
    r" \quad " + _SCALE,
    source=Reference(
        key=KEY,
        where="Theorem 3.3 with the best Dudley integral",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(
        *SHARED,
        REFERENCE_FIXED,
        Assumption(
            name="budgets-fixed",
            statement="margin and norms are budgets that were fixed before the rows"
            " were drawn, and the net keeps within them",
            judge=_given,
        ),
    ),
    about=About.ORIGINAL,
    formula=_fixed,
    example=SpectralFit(
        margin_errors=6_000,
        trials=60_000,
        margin=4.0,
        spectral=(3.0, 2.0),
        distances=(60.0, 6.0),
        row_norm=2_300.0,
        width=785,
        fixed=True,
    ),
    rises=("margin_errors", "row_norm", "width"),
    falls=("margin",),
    terms=_terms,
    uniform=True,
)

spectral_margin_ratios: Bound[SpectralFit] = Bound(
    name="spectral-margin-ratios",
    statement=r"W^0 = 0: \quad \Pr_{S \sim D^n}\Bigl[\, \forall h, \gamma:\; R(h) \le"
    r" \hat L_\gamma(h) + "
    + _COVERED
    + r"2/\delta) + \sum_{i=0}^d \ln(1/\pi(j_i))}{2n}} \,\Bigr] \ge 1 - \delta, \quad "
    + _SCALE
    + r", \quad \prod_i \sigma_i / \gamma = 2^{j_0}, \tau_i / \sigma_i = 2^{j_i / 8}",
    source=Reference(
        key=KEY,
        where="Theorem 3.3, a grid of ratios",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(
        *SHARED,
        Assumption(
            name="reference-zero",
            statement="distances are measured from matrices of zeros",
            judge=_zero,
        ),
    ),
    about=About.ORIGINAL,
    formula=_ratios,
    example=_EXAMPLE,
    rises=("margin_errors", "row_norm", "width"),
    falls=("margin",),
    terms=_terms,
    uniform=True,
)

spectral_margin_budgets: Bound[SpectralFit] = Bound(
    name="spectral-margin-budgets",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h, \gamma:\; R(h) \le"
    r" \hat L_\gamma(h) + "
    + _COVERED
    + r"2/\delta) + \sum_{i=0}^{2d} \ln(1/\pi(j_i))}{2n}} \,\Bigr] \ge 1 - \delta,"
    r" \quad " + _SCALE + r", \quad 1/\gamma, \sigma_i, \tau_i \in \{2^{j/8}\}",
    source=Reference(
        key=KEY,
        where="Theorem 3.3, a grid of budgets",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(*SHARED, REFERENCE_FIXED),
    about=About.ORIGINAL,
    formula=_budgets,
    example=_EXAMPLE,
    rises=("margin_errors", "row_norm", "width"),
    terms=_terms,
    uniform=True,
)
