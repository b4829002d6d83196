r"""Relative entropy of Gaussians with independent coordinates, and a grid of priors.

The prior is :math:`N(\mu_0, \tau^2 I)` around a centre fixed before the sample; its
variance is chosen after it, from a grid fixed before it, and the choice is paid for.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous._numerics import up
from nonvacuous.bounds.selection import log_weight_integer

__all__ = ["PriorGrid", "gaussian_kl", "gaussian_log_ratio"]

Floats = NDArray[np.float64]

_LEAST = 1e-300  # variances of a grid stay normal numbers

# In units of roundoff u = 2^-53 times the magnitudes beside a term, its error is at
# most 8 from a logarithm good to 4 units in the last place, 2 from the argument of
# that logarithm, 3 from the sum; a square is off by at most 5 and 3 from the sum.
_SLACK = 2.0**-49


def gaussian_kl(
    mean: ArrayLike, sigma: ArrayLike, prior_mean: ArrayLike, prior_sigma: ArrayLike
) -> float:
    r"""Relative entropy of one Gaussian from another, in nats, rounded up.

    .. math:: \mathrm{KL}\bigl(N(\mu, \mathrm{diag}\,\sigma^2) \,\|\,
              N(\mu_0, \mathrm{diag}\,\tau^2)\bigr) = \sum_i \ln\frac{\tau_i}{\sigma_i}
              + \frac{\sigma_i^2 + (\mu_i - \mu_{0,i})^2}{2\tau_i^2} - \frac12

    Every term is computed with a bound on its own rounding error, near
    :math:`\sigma = \tau` without cancellation; terms and error bounds are each summed
    exactly and rounded once, and the errors are added.

    Args:
        mean: means of the posterior, any shape.
        sigma: its standard deviations, above 0; broadcast against `mean`.
        prior_mean: means of the prior, broadcast likewise.
        prior_sigma: its standard deviations, above 0, broadcast likewise.

    Returns:
        Nats, at least 0; infinity where they exceed every float.

    Raises:
        ValueError: if a mean is not finite, or a deviation not above 0 and finite.

    >>> gaussian_kl([1.0, 0.0], [0.1, 0.2], 0.0, 0.5)
    3.625728644...
    """
    m, s, m0, t = _checked(mean, sigma, prior_mean, prior_sigma)
    with np.errstate(over="ignore", invalid="ignore"):
        terms, sizes = _terms(m, s, m0, t)
    return max(0.0, _sum_up(terms, sizes))


def gaussian_log_ratio(
    point: ArrayLike,
    mean: ArrayLike,
    sigma: ArrayLike,
    prior_mean: ArrayLike,
    prior_sigma: ArrayLike,
) -> float:
    r"""Log of one Gaussian's density over another's at a point, in nats, rounded up.

    .. math:: \ln\frac{dQ}{dP}(w) = \sum_i \ln\frac{\tau_i}{\sigma_i}
              + \frac{(w_i - \mu_{0,i})^2}{2\tau_i^2}
              - \frac{(w_i - \mu_i)^2}{2\sigma_i^2}

    Its average over draws of Q is :func:`gaussian_kl`.

    Args:
        point: where, any shape.
        mean: means of the posterior, broadcast against `point`.
        sigma: its standard deviations, above 0, broadcast likewise.
        prior_mean: means of the prior, broadcast likewise.
        prior_sigma: its standard deviations, above 0, broadcast likewise.

    Returns:
        Nats, of either sign; infinity where no float holds them.

    Raises:
        ValueError: if a mean or the point is not finite, or a deviation not above 0
            and finite.

    >>> gaussian_log_ratio(0.21, 0.2, 0.1, 0.0, 0.1)
    2.200000...
    """
    w = np.asarray(point, dtype=float)
    m, s, m0, t = _checked(mean, sigma, prior_mean, prior_sigma)
    if not np.isfinite(w).all():
        raise ValueError(f"point must be finite, got {point!r}")
    with np.errstate(over="ignore", invalid="ignore"):
        before, noise = 0.5 * ((w - m0) / t) ** 2, 0.5 * ((w - m) / s) ** 2
        wide, narrow = np.log(t), np.log(s)
        terms = (wide - narrow) + (before - noise)
        sizes = np.abs(wide) + np.abs(narrow) + before + noise
    return _sum_up(terms, sizes)


def _checked(
    mean: ArrayLike, sigma: ArrayLike, prior_mean: ArrayLike, prior_sigma: ArrayLike
) -> tuple[Floats, ...]:
    """All four as arrays of one shape.

    Raises:
        ValueError: if a mean is not finite, or a deviation not above 0 and finite.
    """
    arrays = tuple(
        np.asarray(a, dtype=float) for a in (mean, sigma, prior_mean, prior_sigma)
    )
    for name, value in (("mean", arrays[0]), ("prior_mean", arrays[2])):
        if not np.isfinite(value).all():
            raise ValueError(f"{name} must be finite, got {value!r}")
    for name, value in (("sigma", arrays[1]), ("prior_sigma", arrays[3])):
        if not ((value > 0) & (value < math.inf)).all():
            raise ValueError(f"{name} must be above 0 and finite, got {value!r}")
    return tuple(np.broadcast_arrays(*arrays))


def _sum_up(terms: Floats, sizes: Floats) -> float:
    """The sum of terms that are each within their slack of the exact ones."""
    if not (np.isfinite(terms).all() and np.isfinite(sizes).all()):
        return math.inf
    return up(_sum(terms) + _SLACK * up(_sum(sizes), ulps=2), ulps=2)


def _terms(m: Floats, s: Floats, m0: Floats, t: Floats) -> tuple[Floats, Floats]:
    """One term a coordinate, and the sum of the magnitudes that made it."""
    ratio = s / t
    near = (ratio > 0.5) & (ratio < 2.0)
    # s - t is exact there, by Sterbenz' lemma
    e = np.where(near, (s - t) / t, 0.0)
    # of the ratio's logarithm when it underflows, or nearly
    log = np.where(near, np.log1p(e), np.log(s) - np.log(t))
    linear = np.where(near, e, -0.5)
    square = 0.5 * np.where(near, e, ratio) ** 2
    shift = 0.5 * ((m - m0) / t) ** 2
    size = np.abs(np.log(s)) + np.abs(np.log(t))
    size = np.where(near, np.abs(log), size) + np.abs(linear) + square + shift
    return linear + square + shift - log, size


def _sum(values: NDArray[Any]) -> float:
    """The exact sum, rounded once."""
    flat: Iterable[float] = values.ravel().tolist()
    return math.fsum(flat)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorGrid:
    r"""Variances that a prior may have, and the weight of each.

    .. math:: \tau_j^2 = c\, e^{-j/b}, \quad \pi(j) = \frac{6}{\pi^2 j^2}, \quad
              \sum_{j \ge 1} \pi(j) = 1

    The mixture of the priors of the grid is one prior, at least :math:`\pi(j)` times
    the `j`-th, so that the index may be chosen after everything else at the price of
    :math:`\ln 1/\pi(j)` nats.  The grid itself is fixed before the rows are seen.

    Attributes:
        top: c, above every variance of the grid.
        per_e: b, points of the grid while the variance falls by a factor e.
    """

    top: float = 0.1
    per_e: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.top < math.inf:
            raise ValueError(f"top must be above 0 and finite, got {self.top}")
        if index(self.per_e) < 1:
            raise ValueError(f"per_e must be at least 1, got {self.per_e}")

    def sigma(self, j: int) -> float:
        """The standard deviation of the `j`-th prior, a number fixed by `j` alone.

        Args:
            j: from 1.

        Returns:
            A standard deviation above 0.

        Raises:
            ValueError: if `j` is below 1, or the variance is no normal number.

        >>> round(PriorGrid().sigma(370), 6)
        0.049723
        """
        if j < 1:
            raise ValueError(f"j must be at least 1, got {j}")
        variance = self.top * math.exp(-j / self.per_e)
        if variance < _LEAST:
            raise ValueError(f"j must leave a variance above {_LEAST}, got {j}")
        return math.sqrt(variance)

    def price(self, j: int) -> float:
        r"""The price :math:`\ln(\pi^2 j^2 / 6)` of choosing the `j`-th, rounded up.

        Args:
            j: from 1.

        Returns:
            Nats, to be added to the relative entropy.

        Raises:
            ValueError: if `j` is below 1.

        >>> PriorGrid().price(370)
        12.32470631...
        """
        if j < 1:
            raise ValueError(f"j must be at least 1, got {j}")
        return -log_weight_integer(j - 1)

    def nearest(self, sigma: float) -> tuple[int, int]:
        """The points on both sides of a standard deviation, or an end twice.

        Args:
            sigma: a standard deviation, above 0.

        Returns:
            The index of the wider prior, and that of the narrower.

        Raises:
            ValueError: if `sigma` is not above 0.

        >>> PriorGrid().nearest(0.05)
        (368, 369)
        """
        if not sigma > 0:
            raise ValueError(f"sigma must be above 0, got {sigma}")
        place = self.per_e * (math.log(self.top) - 2 * math.log(sigma))
        last = math.floor(self.per_e * math.log(self.top / _LEAST)) - 1
        low = math.floor(min(max(place, 1.0), float(last)))
        return low, min(low + 1, last) if place > 1 else low
