r"""The formulas of Jiang et al. 2020, of numbers measured before.

Products are given as logarithms.  d is the number of weight layers, m the number of
rows, :math:`\omega` the number of weights; a margin that is not positive makes what is
divided by it infinite.

Equations with Gaussian noise, (29) to (44), (48), (49), (53), (56), (57), (61), follow
nitarshan/robust-generalization-measures at 8e90129, read; the others are recalled.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from nonvacuous.nets import Floats

__all__ = [
    "adjust",
    "inverse_square",
    "log_product",
    "log_sum",
    "log_vc",
    "over_margin",
    "pacbayes",
    "pacbayes_magnitude",
    "sharpness",
    "sharpness_magnitude",
    "sum_of_ratios",
]


def log_product(norms: ArrayLike) -> float:
    r"""Logarithm of the product of squared norms, :math:`\ln \prod_i s_i^2`.

    >>> round(log_product([2.0, 3.0]), 9)
    3.583518938
    """
    with np.errstate(divide="ignore"):
        return float(2 * np.log(np.asarray(norms, dtype=np.float64)).sum())


def over_margin(log_value: float, margin: float, power: float = 2.0) -> float:
    r"""A logarithm less that of a power of the margin, :math:`\mu - 2 \ln \gamma`."""
    return log_value - power * math.log(margin) if margin > 0 else math.inf


def log_sum(log_value: float, layers: int) -> float:
    r"""From the logarithm of a product over layers to that of a sum over layers.

    .. math:: \ln d + \mu / d, \qquad \mu = \ln \prod_i s_i^2

    >>> round(math.exp(log_sum(log_product([2.0, 3.0]), 2)), 9)
    12.0
    """
    return math.log(layers) + log_value / layers


def sum_of_ratios(above: Floats, below: Floats) -> float:
    r"""Sum over layers of ratios of squared norms, :math:`\sum_i a_i^2 / b_i^2`."""
    return float(((above / below) ** 2).sum())


def inverse_square(value: float) -> float:
    r"""``1 / value^2``, infinite where the value is not above 0."""
    return 1 / value**2 if value > 0 else math.inf


def log_vc(sizes: Sequence[int], delta: float) -> float:
    r"""Logarithm of the measure of the VC dimension.

    .. math:: \mu = \big(4000 \sqrt{d \log_2(6 d s)^3 \, \omega}
       + \sqrt{\ln(1/\delta)}\big)^2

    The source has images of side s and convolutions; here s is the square root of the
    number of inputs.

    Args:
        sizes: neurons of each layer, input first.
        delta: of the bound that the measure is taken from, in (0, 1).

    Returns:
        The logarithm.

    Source: Jiang et al. 2020, equation (19), recalled.
    """
    d, side = len(sizes) - 1, math.sqrt(sizes[0])
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    growth = math.sqrt(d * math.log2(6 * d * side) ** 3 * weights)
    return 2 * math.log(4000 * growth + math.sqrt(math.log(1 / delta)))


def pacbayes(squared: float, sigma: float, m: int) -> float:
    r"""PAC-Bayes with noise sigma: equations (48), (49).

    .. math:: \frac{\|v\|^2}{4 \sigma^2} + \ln \frac{m}{\sigma} + 10

    Args:
        squared: :math:`\|w - w_0\|^2` or :math:`\|w\|^2`.
        sigma: the noise that the net endures.
        m: rows.

    Returns:
        The measure.

    >>> round(pacbayes(100.0, 0.1, 50_000), 6)
    2523.122363
    """
    return squared / (4 * sigma**2) + math.log(m / sigma) + 10


def sharpness(
    squared: float, alpha: float, weights: int, m: int, delta: float
) -> float:
    r"""PAC-Bayes with the box alpha: equations (51), (52).

    .. math:: \frac{\|v\|^2 \ln(2 \omega)}{4 \alpha^2} + \ln \frac{m}{\delta} + 10

    Args:
        squared: :math:`\|w - w_0\|^2` or :math:`\|w\|^2`.
        alpha: the box that the net endures.
        weights: :math:`\omega`.
        m: rows.
        delta: in (0, 1).

    Returns:
        The measure.
    """
    return squared * math.log(2 * weights) / (4 * alpha**2) + math.log(m / delta) + 10


def pacbayes_magnitude(
    squared: float, moves: Floats, sigma: float, m: int, epsilon: float = 1e-3
) -> float:
    r"""PAC-Bayes with noise by magnitude: equations (56), (57).

    .. math:: \frac14 \sum_i \ln \frac{\epsilon^2 + (\sigma^2 + 1) \|v\|^2 / \omega}
       {\epsilon^2 + \sigma^2 |w_i - w_{0,i}|^2} + \ln \frac{m}{\sigma} + 10

    Args:
        squared: :math:`\|w - w_0\|^2` in (56), :math:`\|w\|^2` in (57).
        moves: :math:`w - w_0` in both, (omega,).
        sigma: the noise by magnitude that the net endures.
        m: rows.
        epsilon: keeps the ratio finite.

    Returns:
        The measure.

    >>> moves = np.array([0.1, 0.2])
    >>> round(pacbayes_magnitude(0.05, moves, 0.5, 50_000), 8)
    22.42910722
    """
    ratios = _log_ratios(squared, moves, sigma, sigma**2 + 1, epsilon)
    return ratios / 4 + math.log(m / sigma) + 10


def sharpness_magnitude(
    squared: float,
    moves: Floats,
    alpha: float,
    m: int,
    delta: float,
    epsilon: float = 1e-3,
) -> float:
    r"""PAC-Bayes with the box by magnitude: equations (59), (60).

    .. math:: \frac14 \sum_i \ln \frac{\epsilon^2 + (\alpha^2 + 4 \ln(2\omega/\delta))
       \|v\|^2 / \omega}{\epsilon^2 + \alpha^2 |w_i - w_{0,i}|^2}
       + \ln \frac{m}{\delta} + 10

    Args:
        squared: :math:`\|w - w_0\|^2` in (59), :math:`\|w\|^2` in (60).
        moves: :math:`w - w_0` in both, (omega,).
        alpha: the box by magnitude that the net endures.
        m: rows.
        delta: in (0, 1).
        epsilon: keeps the ratio finite.

    Returns:
        The measure.
    """
    factor = alpha**2 + 4 * math.log(2 * len(moves) / delta)
    ratios = _log_ratios(squared, moves, alpha, factor, epsilon)
    return ratios / 4 + math.log(m / delta) + 10


def _log_ratios(
    squared: float, moves: Floats, radius: float, factor: float, epsilon: float
) -> float:
    above = epsilon**2 + factor * squared / len(moves)
    below = epsilon**2 + radius**2 * moves**2
    return float(np.log(above / below).sum())


def adjust(value: float, m: int, *, log: bool) -> float:
    r"""A measure for the number of rows, :math:`\sqrt{\mu / m}`, or its logarithm.

    Args:
        value: :math:`\mu`, or its logarithm if `log`.
        m: rows.
        log: whether `value` is a logarithm.

    Returns:
        :math:`\sqrt{\mu / m}`, or :math:`(\ln \mu - \ln m) / 2` if `log`; nan for the
        root of a negative measure, such as the negative entropy.

    Source: ``adjust_measure`` in nitarshan/robust-generalization-measures, read.

    >>> round(adjust(2523.122363, 50_000, log=False), 8)
    0.22463848
    """
    if log:
        return 0.5 * (value - math.log(m))
    return math.sqrt(value / m) if value >= 0 else math.nan
