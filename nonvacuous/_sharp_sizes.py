r"""Smaller sample sizes by CoreNet's own proof (derived).

The main theorem of Baykal et al. (2019) stays as it is, with fewer draws.  Two steps of
its proof leave room:

* What enters layer l is within :math:`r_{l-1}` of the original, not merely within a
  half.  Then :math:`\hat g_j \le c_l K s_j` with :math:`c_l = (1 + r_{l-1}) / (1 -
  r_{l-1})`, and Bernstein's inequality asks for :math:`c_l (2 + 2 \epsilon_l / 3)`
  where the paper has 8.
* With :math:`\epsilon_l = e / \hat\Delta^{l\to}` and :math:`\rho_l = r_l
  \hat\Delta^{(l+1)\to}`, errors compose as :math:`\rho_l \le \rho_{l-1} (1 + e) + e`,
  so that :math:`e = (1 + \epsilon)^{1/(L-1)} - 1` suffices where the paper has
  :math:`\epsilon / (2 (L-1))`.

Letters as in :mod:`nonvacuous._sizes`.  The proof is checked in
``paper_checks/baykal2019coresets/_sharp.py``.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous._numerics import check_delta

__all__ = [
    "sharp_entering_errors",
    "sharp_layer_epsilons",
    "sharp_network_size",
    "sharp_sample_size",
]


def _later(epsilon: float, delta_hats: Sequence[float]) -> NDArray[np.float64]:
    """The product of Delta-hat over this layer and all later ones.

    Raises:
        ValueError: if an argument is outside its range.
    """
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must lie in (0, 1], got {epsilon!r}")
    if not delta_hats or not all(d >= 1 for d in delta_hats):
        raise ValueError(f"delta_hats must be at least 1, got {list(delta_hats)}")
    with np.errstate(over="ignore"):
        return np.cumprod(np.asarray(delta_hats, float)[::-1])[::-1]


def sharp_layer_epsilons(epsilon: float, delta_hats: Sequence[float]) -> list[float]:
    r"""What each layer may err, rounded down.

    .. math:: \epsilon_l = \frac{(1 + \epsilon)^{1/(L-1)} - 1}
        {\prod_{k \ge l} \hat\Delta^k}

    Args:
        epsilon: relative error of the outputs, in (0, 1].
        delta_hats: Delta-hat of the L - 1 weight layers, each at least 1.

    Returns:
        One epsilon for each layer, in order; 0 where floats end.

    Raises:
        ValueError: if an argument is outside its range.

    >>> [round(e, 6) for e in sharp_layer_epsilons(0.21, [2.0, 4.0])]
    [0.0125, 0.025]
    """
    later, layers = _later(epsilon, delta_hats), len(delta_hats)
    e = math.expm1(math.log1p(epsilon) / layers)
    shrink = 1 - (layers + 16) * 2.0**-52  # one rounding a factor
    return [float(each) for each in e / later * shrink]


def sharp_entering_errors(epsilon: float, delta_hats: Sequence[float]) -> list[float]:
    r"""The relative error of what enters each layer, rounded up.

    .. math:: r_{l-1} = \frac{(1 + \epsilon)^{(l-2)/(L-1)} - 1}
        {\prod_{k \ge l} \hat\Delta^k}

    It is below epsilon, and so below 1.

    Args:
        epsilon: relative error of the outputs, in (0, 1].
        delta_hats: Delta-hat of the L - 1 weight layers, each at least 1.

    Returns:
        One error for each weight layer, in order; 0 for the first.

    Raises:
        ValueError: if an argument is outside its range.

    >>> [round(r, 6) for r in sharp_entering_errors(0.21, [2.0, 4.0])]
    [0.0, 0.025]
    """
    later, layers = _later(epsilon, delta_hats), len(delta_hats)
    before = [math.expm1(i / layers * math.log1p(epsilon)) for i in range(layers)]
    grow = 1 + (layers + 16) * 2.0**-52
    return [float(r) for r in np.array(before) / later * grow]


def sharp_sample_size(
    sensitivity_sum: ArrayLike,
    epsilon: float,
    delta: float,
    *,
    entering: float,
    neurons: int,
    constant: float,
) -> float | NDArray[np.float64]:
    r"""Draws that one neuron and one sign need, rounded up.

    .. math:: m = \Bigl\lceil \frac{1 + r}{1 - r} \cdot \frac{S K
        (2 + 2 \epsilon / 3) \ln(8\eta/\delta)}{\epsilon^2} \Bigr\rceil

    Args:
        sensitivity_sum: S of a neuron and sign, any shape; 0 needs no draw.
        epsilon: relative error that the layer may add, in (0, 1].
        delta: failure probability of the whole net, in (0, 1).
        entering: r, the relative error of what enters, in [0, 1).
        neurons: eta.
        constant: K.

    Returns:
        Whole numbers as float64: they can pass 2^63, or be infinite.

    Raises:
        ValueError: if an argument is outside its range.

    >>> sharp_sample_size(1.0, 0.5, 0.1, entering=0.0, neurons=410, constant=3.0)
    292.0
    """
    check_delta(delta)
    s = np.asarray(sensitivity_sum, float)
    if not (s >= 0).all():
        raise ValueError(f"sensitivity_sum must be at least 0, got {sensitivity_sum!r}")
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must lie in (0, 1], got {epsilon!r}")
    if not 0 <= entering < 1:
        raise ValueError(f"entering must lie in [0, 1), got {entering!r}")
    if not 0 < constant < math.inf or neurons < 1:
        raise ValueError(
            "constant must be above 0 and finite, neurons at least 1, got"
            f" {constant} and {neurons}"
        )
    log_term = math.log(8.0 * neurons) - math.log(delta)
    share = (1 + entering) / (1 - entering) * (2 + 2 * epsilon / 3)
    with np.errstate(over="ignore", divide="ignore", under="ignore"):
        exact = s * constant * log_term * share / epsilon / epsilon
    rounded = np.ceil(exact * (1 + 2.0**-48))
    return rounded if rounded.ndim else float(rounded)


def sharp_network_size(
    epsilon: float,
    delta: float,
    *,
    delta_hats: Sequence[float],
    sensitivity_sums: Sequence[ArrayLike],
    neurons: int,
    constant: float,
) -> float:
    r"""Non-zeros of a net whose outputs err by at most epsilon, rounded up.

    .. math:: \sum_l \sum_i \Bigl( \Bigl\lceil \frac{c_l S_i^l K
        (2 + 2 \epsilon_l / 3) \ln(8\eta/\delta)}{\epsilon_l^2} \Bigr\rceil + 1 \Bigr),
        \quad c_l = \frac{1 + r_{l-1}}{1 - r_{l-1}}

    Where every Delta-hat is at least 2, as with kappa it is, this is never above
    :func:`nonvacuous._sizes.network_size`.

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

    Raises:
        ValueError: if an argument is outside its range.
    """
    total = 0.0
    for e, r, sums in zip(
        sharp_layer_epsilons(epsilon, delta_hats),
        sharp_entering_errors(epsilon, delta_hats),
        sensitivity_sums,
        strict=True,
    ):
        if e == 0:
            return math.inf
        m = np.atleast_1d(
            sharp_sample_size(
                sums, e, delta, entering=r, neurons=neurons, constant=constant
            )
        )
        if not np.isfinite(m).all():
            return math.inf
        total += math.fsum((m + 1).tolist()) * (1 + 2.0**-50)
    return total * (1 + len(sensitivity_sums) * 2.0**-50)
