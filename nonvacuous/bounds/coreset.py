r"""CoreNet (Baykal et al. 2019): sample sizes, network size, generalization bound.

Letters: ``neurons`` is eta, the neurons of layers 2 to L; ``widest`` is eta*, the
largest layer *including the input*, without which the paper's union bound does not
close; ``constant`` is K.  The paper's own choice is K = ln(eta eta*).  Numbers are
floats, rounded up, because on real nets they pass 2^63.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous.bounds._assumptions import IID, ZERO_ONE
from nonvacuous.bounds._binomial import binomial_tail_inverse_lower
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
    check_delta,
)
from nonvacuous.bounds._numerics import up
from nonvacuous.evidence import CoresetFit

__all__ = [
    "corenet_generalization",
    "kappa",
    "layer_epsilons",
    "network_size",
    "paper_constant",
    "sample_size",
    "support_size",
]

LOG_FLOAT64 = 64 * math.log(2.0)
"""Nats that name one float64: the fixed set of r values of the counting bound."""


def paper_constant(*, neurons: int, widest: int) -> float:
    """The paper's K, ln(eta eta*), at least 1."""
    return max(1.0, math.log(neurons * widest))


def _confidence(delta: float, neurons: int, widest: int) -> float:
    check_delta(delta)
    return math.log(8.0 * neurons * widest) - math.log(delta)


def support_size(
    delta: float, *, neurons: int, widest: int, constant: float | None = None
) -> int:
    r"""Rows of S, on which sensitivities are measured.

    .. math:: |S| = \lceil C \ln(8 \eta\eta^*/\delta) \rceil

    Args:
        delta: failure probability of the whole net, in (0, 1).
        neurons: eta.
        widest: eta*, input included.
        constant: C >= 1 of both assumptions; None is the paper's ln(eta eta*).

    Returns:
        Rows.

    >>> support_size(0.1, neurons=410, widest=784)
    217
    """
    c = _constant(constant, neurons, widest)
    return math.ceil(up(c * _confidence(delta, neurons, widest), ulps=4))


def sample_size(
    sensitivity_sum: ArrayLike,
    epsilon: ArrayLike,
    delta: float,
    *,
    neurons: int,
    constant: float,
) -> NDArray[np.float64]:
    r"""Draws that one neuron and one sign need, rounded up.

    .. math:: m = \lceil 8 S K \ln(8\eta/\delta) / \epsilon^2 \rceil

    Args:
        sensitivity_sum: S of a neuron and sign, any shape; 0 needs no draw.
        epsilon: relative error, in (0, 1], broadcast against `sensitivity_sum`.
        delta: failure probability of the whole net, in (0, 1).
        neurons: eta.
        constant: K.

    Returns:
        Whole numbers as float64: they can pass 2^63, or be infinite.

    Raises:
        ValueError: if an argument is outside its range.

    >>> float(sample_size(1.0, 0.5, 0.1, neurons=410, constant=3.0))
    999.0
    """
    check_delta(delta)
    s, e = np.asarray(sensitivity_sum, float), np.asarray(epsilon, float)
    if not (s >= 0).all():
        raise ValueError(f"sensitivity_sum must be at least 0, got {sensitivity_sum}")
    if not ((e > 0) & (e <= 1)).all():
        raise ValueError(f"epsilon must lie in (0, 1], got {epsilon}")
    if not constant > 0:
        raise ValueError(f"constant must be above 0, got {constant}")
    log_term = math.log(8.0 * neurons) - math.log(delta)
    with np.errstate(over="ignore", divide="ignore"):
        exact = 8.0 * s * constant * log_term / e / e
    return np.ceil(exact * (1 + 2.0**-50))


def kappa(
    delta: float, *, neurons: int, widest: int, constant: float | None = None
) -> float:
    r"""What Delta-hat adds to the mean sign complexity, rounded up.

    .. math:: \kappa = \sqrt C\,(1 + \sqrt C \ln(8\eta\eta^*/\delta))

    >>> round(kappa(0.1, neurons=410, widest=784), 1)
    219.9
    """
    c = _constant(constant, neurons, widest)
    q = _confidence(delta, neurons, widest)
    return up(math.sqrt(c) * (1 + math.sqrt(c) * q), ulps=8)


def layer_epsilons(epsilon: float, delta_hats: Sequence[float]) -> list[float]:
    r"""What each layer may err, rounded down.

    .. math:: \epsilon_l = \frac{\epsilon}{2 (L-1) \prod_{k \ge l} \hat\Delta^k}

    Args:
        epsilon: relative error of the outputs, in (0, 1).
        delta_hats: Delta-hat of the L - 1 weight layers, each at least 1.

    Returns:
        One epsilon for each layer, in order.

    Raises:
        ValueError: if an argument is outside its range.

    >>> layer_epsilons(0.5, [2.0, 4.0])
    [0.015625..., 0.03125...]
    """
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must lie in (0, 1], got {epsilon}")
    if not all(d >= 1 for d in delta_hats):
        raise ValueError(f"delta_hats must be at least 1, got {list(delta_hats)}")
    later = np.cumprod(np.asarray(delta_hats, float)[::-1])[::-1]
    shrink = 1 - 2.0**-48
    return [float(e) for e in epsilon / (2 * len(delta_hats)) / later * shrink]


def network_size(
    epsilon: float,
    delta: float,
    *,
    delta_hats: Sequence[float],
    sensitivity_sums: Sequence[ArrayLike],
    neurons: int,
    constant: float,
) -> float:
    r"""Non-zeros that the main theorem allows, rounded up.

    .. math:: \sum_l \sum_i \Bigl( \Bigl\lceil \tfrac{32 (L-1)^2
        (\hat\Delta^{l\to})^2 S_i^l K \ln(8\eta/\delta)}{\epsilon^2} \Bigr\rceil
        + 1 \Bigr)

    Args:
        epsilon: relative error of the outputs, in (0, 1).
        delta: failure probability for one fresh input.
        delta_hats: Delta-hat of each weight layer.
        sensitivity_sums: for each weight layer, S_i of its neurons (both signs
            together), shape (outputs,).
        neurons: eta.
        constant: K.

    Returns:
        A count as a float, infinite when it overflows.
    """
    total = 0.0
    for e, sums in zip(
        layer_epsilons(epsilon, delta_hats), sensitivity_sums, strict=True
    ):
        m = sample_size(sums, e, delta, neurons=neurons, constant=constant)
        total += float((m + 1).sum())
    return up(total, ulps=4) if math.isfinite(total) else math.inf


def _constant(constant: float | None, neurons: int, widest: int) -> float:
    if constant is None:
        return paper_constant(neurons=neurons, widest=widest)
    if not constant >= 1:
        raise ValueError(f"constant must be at least 1, got {constant}")
    return constant


def _generalization(fit: CoresetFit, delta: float) -> float:
    if not delta > fit.theorem_delta:
        raise ValueError(
            f"delta must exceed the {fit.theorem_delta} spent on the compression"
            f" theorem, got {delta}"
        )
    t = _terms(fit, delta)
    return up(t["margin error"] + t["deviation"], ulps=8)


def _terms(fit: CoresetFit, delta: float) -> dict[str, float]:
    q = min(fit.kept_by_theorem, float(fit.slots))
    nats = q * (math.log(fit.slots) + LOG_FLOAT64)
    nats += math.log(fit.slots + 1) - math.log(delta - fit.theorem_delta)
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
    r" \sqrt{\tfrac{q \ln(N r) + \ln(2(N+1)/\delta)}{2n}} \,\Bigr] \ge 1 - \delta,"
    r" \quad q \le \sum_l \sum_i \Bigl(\Bigl\lceil \tfrac{32 (L-1)^2"
    r" (\hat\Delta^{l\to})^2 S_i^l K \ln(8\eta/\delta')}{\epsilon^2} \Bigr\rceil"
    r" + 1\Bigr) + \eta, \quad \gamma = \sqrt2\, \epsilon \max_x \|f_\theta(x)\|",
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
        Assumption(
            name="sensitivity-cdf",
            statement="F_j(M_j / K) <= exp(-1/K) for the CDF F_j of every edge's"
            " relative importance, K = ln(eta eta*)",
            judge=lambda fit: (Verdict.VOUCHED, ""),
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
    terms=_terms,
)
