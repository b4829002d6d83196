r"""CoreNet's sample sizes (Baykal et al. 2019), for theorems and compressors alike.

Letters: ``neurons`` is eta, the neurons of layers 2 to L; ``widest`` is eta*, the
largest layer *including the input*, without which the paper's union bound does not
close; ``constant`` is K.  The paper's own choice is K = ln(eta eta*).  Numbers are
floats, rounded up, because on real nets they pass 2^63.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous._numerics import check_delta, up

__all__ = [
    "amplification_rows",
    "amplification_trials",
    "guaranteed_epsilon",
    "kappa",
    "layer_epsilons",
    "network_size",
    "paper_constant",
    "sample_size",
    "support_size",
]


def paper_constant(*, neurons: int, widest: int) -> float:
    """The paper's K, ln(eta eta*), at least 1."""
    return max(1.0, math.log(neurons * widest))


def _confidence(delta: float, neurons: int, widest: int) -> float:
    check_delta(delta)
    if neurons < 1 or widest < 1:
        raise ValueError(
            f"neurons and widest must be at least 1, got {neurons} and {widest}"
        )
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
) -> float | NDArray[np.float64]:
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

    >>> sample_size(1.0, 0.5, 0.1, neurons=410, constant=3.0)
    999.0
    """
    check_delta(delta)
    s, e = np.asarray(sensitivity_sum, float), np.asarray(epsilon, float)
    if not (s >= 0).all():
        raise ValueError(f"sensitivity_sum must be at least 0, got {sensitivity_sum!r}")
    if not ((e > 0) & (e <= 1)).all():
        raise ValueError(f"epsilon must lie in (0, 1], got {epsilon!r}")
    if not 0 < constant < math.inf or neurons < 1:
        raise ValueError(
            "constant must be above 0 and finite, neurons at least 1, got"
            f" {constant} and {neurons}"
        )
    log_term = math.log(8.0 * neurons) - math.log(delta)
    with np.errstate(over="ignore", divide="ignore", under="ignore"):
        exact = 8.0 * s * constant * log_term / e / e
    rounded = np.ceil(exact * (1 + 2.0**-50))
    return rounded if rounded.ndim else float(rounded)


def guaranteed_epsilon(
    sensitivity_sum: ArrayLike,
    draws: ArrayLike,
    delta: float,
    *,
    neurons: int,
    constant: float,
) -> NDArray[np.float64]:
    r"""The relative error that so many draws guarantee, rounded up.

    The inverse of the exact exponent behind :func:`sample_size`, for every m:

    .. math:: \epsilon = b + \sqrt{b^2 + 6 b}, \qquad b = S K \ln(8\eta/\delta) / m

    Args:
        sensitivity_sum: S of a neuron and sign, any shape.
        draws: m, the same shape; 0 stands for a part that was kept whole.
        delta: failure probability of the whole net, in (0, 1).
        neurons: eta.
        constant: K.

    Returns:
        Errors relative to the part's sum, given that what enters is within a half of
        itself; 0 for parts kept whole.  Above 1 nothing is guaranteed.

    >>> float(guaranteed_epsilon(1.0, 3.0 * math.log(8 / 0.1), 0.1, neurons=1,
    ...                          constant=3.0).round(6))
    3.645751
    """
    check_delta(delta)
    s, m = np.asarray(sensitivity_sum, float), np.asarray(draws, float)
    log_term = math.log(8.0 * neurons) - math.log(delta)
    with np.errstate(over="ignore"):
        b = np.divide(s * constant * log_term, m, out=np.zeros(s.shape), where=m > 0)
        epsilon: NDArray[np.float64] = (b + np.sqrt(b * b + 6 * b)) * (1 + 2.0**-48)
    return epsilon


def amplification_trials(delta: float, *, neurons: int) -> int:
    r"""Coresets that CoreNet++ draws for one neuron and sign.

    .. math:: \tau = \lceil \ln(4\eta/\delta) / \ln(10/9) \rceil

    By Markov one draw is above 10/9 of the mean error with probability below 9/10; all
    are with probability below :math:`\delta/(4\eta)`.  Source: recalled, re-derived.

    >>> amplification_trials(0.1, neurons=410)
    93
    """
    check_delta(delta)
    log_term = math.log(4.0 * neurons) - math.log(delta)
    return math.ceil(up(log_term / math.log(10 / 9), ulps=8))


def amplification_rows(delta: float, *, neurons: int, trials: int) -> int:
    r"""Rows of T, on which CoreNet++ compares its coresets.

    .. math:: |T| = \lceil 8 \ln(8 \tau \eta / \delta) \rceil

    By Hoeffding the means of errors in [0, 1] are then all within 1/4 of their
    expectations, except with probability :math:`\delta/2` for all neurons and both
    signs.  Source: recalled, re-derived.

    >>> amplification_rows(0.1, neurons=410, trials=93)
    120
    """
    check_delta(delta)
    log_term = math.log(8.0 * trials * neurons) - math.log(delta)
    return math.ceil(up(8 * log_term, ulps=8))


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
        epsilon: relative error of the outputs, in (0, 1].
        delta_hats: Delta-hat of the L - 1 weight layers, each at least 1.

    Returns:
        One epsilon for each layer, in order; 0 where floats end.

    Raises:
        ValueError: if an argument is outside its range.

    >>> [round(e, 9) for e in layer_epsilons(0.5, [2.0, 4.0])]
    [0.015625, 0.03125]
    """
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must lie in (0, 1], got {epsilon!r}")
    if not delta_hats or not all(d >= 1 for d in delta_hats):
        raise ValueError(f"delta_hats must be at least 1, got {list(delta_hats)}")
    with np.errstate(over="ignore"):
        later = np.cumprod(np.asarray(delta_hats, float)[::-1])[::-1]
    shrink = 1 - (len(delta_hats) + 8) * 2.0**-52  # one rounding a factor
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
        epsilon: relative error of the outputs, in (0, 1].
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
        if e == 0:
            return math.inf
        m = np.atleast_1d(
            sample_size(sums, e, delta, neurons=neurons, constant=constant)
        )
        if not np.isfinite(m).all():
            return math.inf
        total += math.fsum((m + 1).tolist()) * (1 + 2.0**-50)
    return total * (1 + len(sensitivity_sums) * 2.0**-50)


def _constant(constant: float | None, neurons: int, widest: int) -> float:
    if constant is None:
        return paper_constant(neurons=neurons, widest=widest)
    if not constant >= 1:
        raise ValueError(f"constant must be at least 1, got {constant}")
    return constant
