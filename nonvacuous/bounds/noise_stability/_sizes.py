"""Sizes that Arora et al.'s argument asks for: plain functions of numbers."""

import math
from collections.abc import Sequence

from nonvacuous._projections import gaussian_count

__all__ = [
    "accuracies",
    "capacity",
    "convolutional_capacity",
    "effective_parameters",
    "paper_projections",
    "projections_needed",
]

projections_needed = gaussian_count
"""k(epsilon, eta): Gaussian projections that are enough, and so signs are too."""


def paper_projections(epsilon: float, eta: float) -> int:
    r""":math:`\lceil \ln(1/\eta) / \epsilon^2 \rceil` as printed: **too few**.

    For :math:`u v^\top` along A a summand's variance is 2, not 1: at (0.5, 0.05) these
    12 Gaussian projections fail with probability 0.1996.  Use `projections_needed`.

    Args:
        epsilon: error over norms, above 0.
        eta: the failure probability that was claimed, in (0, 1).

    Returns:
        The number of the paper (transcribed, Algorithm 3).

    >>> paper_projections(0.5, 0.05), projections_needed(0.5, 0.05)
    (12, 87)
    """
    return math.ceil(-math.log(eta) / epsilon**2)


def accuracies(
    layer: Sequence[float],
    onward: Sequence[float],
    *,
    contraction: float,
    epsilon: float,
) -> tuple[float, ...]:
    r""":math:`\epsilon \mu_i \mu_{i\to} / (6 c d)` for each layer, rounded down.

    Args:
        layer: mu_i.
        onward: mu_i->.
        contraction: c, at least 1.
        epsilon: relative error of the outputs, in (0, 1].

    Returns:
        The error over norms that each layer's projection may make.

    Source: Arora et al. 2018, Lemma 2 (transcribed).
    """
    scale = epsilon / (6 * contraction * len(layer)) * (1 - 1e-14)
    return tuple(scale * m * o for m, o in zip(layer, onward, strict=True))


def effective_parameters(
    layer: Sequence[float],
    onward: Sequence[float],
    *,
    contraction: float,
    largest: float,
    margin: float,
) -> float:
    r"""The argument of Theorem 4.1's :math:`\tilde O`: a measure, **not a bound**.

    .. math:: \frac{c^2 d^2 \max_x \|f(x)\|^2}{\gamma^2}
       \sum_i \frac{1}{\mu_i^2 \mu_{i\to}^2}

    Args:
        layer: mu_i.
        onward: mu_i->.
        contraction: c.
        largest: the largest ||f(x)||.
        margin: gamma, above 0.

    Returns:
        A number of "effective parameters" without the theorem's logarithms and
        constants.

    Source: Arora et al. 2018, Theorem 4.1 (transcribed).
    """
    return (contraction * len(layer) * largest / margin) ** 2 * _inverse_squares(
        layer, onward
    )


def capacity(
    layer: Sequence[float],
    onward: Sequence[float],
    *,
    contraction: float,
    epsilon: float,
    rows: int,
    widest: int,
    delta: float,
) -> float:
    r"""Parameters of the compressed net by the source's lemma, coefficients exact.

    .. math:: \frac{72 c^2 d^2 \ln(n d h / \delta)}{\epsilon^2}
       \sum_i \frac{1}{\mu_i^2 \mu_{i\to}^2}

    It rests on :func:`paper_projections` and counts real numbers: no bound.

    Args:
        layer: mu_i.
        onward: mu_i->.
        contraction: c.
        epsilon: relative error of the outputs.
        rows: n.
        widest: h.
        delta: failure probability.

    Returns:
        The count, not rounded.

    Source: Arora et al. 2018, Lemma 2 (transcribed).
    """
    depth = len(layer)
    logarithm = math.log(rows * depth * widest / delta)
    scale = 72 * (contraction * depth / epsilon) ** 2
    return scale * logarithm * _inverse_squares(layer, onward)


def convolutional_capacity(
    layer: Sequence[float],
    onward: Sequence[float],
    *,
    contraction: float,
    largest: float,
    margin: float,
    beta: float,
    filters: Sequence[int],
    strides: Sequence[int],
) -> float:
    r"""The argument of the convolutional theorem's :math:`\tilde O`: **not a bound**.

    .. math:: \frac{c^2 d^2 \max_x \|f(x)\|^2}{\gamma^2} \sum_i
       \frac{\beta^2 \lceil \kappa_i / s_i \rceil^2}{\mu_i^2 \mu_{i\to}^2}

    No constant of that theorem is known to us, so nothing in ``ALL`` rests on it.

    Args:
        layer: mu_i.
        onward: mu_i->, convolutional (``nonvacuous.measures.spread``).
        contraction: c.
        largest: the largest ||f(x)||.
        margin: gamma, above 0.
        beta: how well distributed the Jacobians are, at least 1.
        filters: kappa_i, the width of each layer's filters.
        strides: s_i.

    Returns:
        A number of "effective parameters".

    Source: Arora et al. 2018, Theorem 5.1 (recalled).
    """
    total = math.fsum(
        (-(-kappa // stride) / (m * o)) ** 2
        for m, o, kappa, stride in zip(layer, onward, filters, strides, strict=True)
    )
    return (beta * contraction * len(layer) * largest / margin) ** 2 * total


def _inverse_squares(layer: Sequence[float], onward: Sequence[float]) -> float:
    return math.fsum((m * o) ** -2.0 for m, o in zip(layer, onward, strict=True))
