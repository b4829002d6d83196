r"""The constants of the kl inequalities: Maurer's, and the exact one below it.

For a loss in [0, 1], a fixed predictor of risk p and empirical risk q on n rows,

.. math:: E\, e^{n\, \mathrm{kl}(q \| p)} \le
          \xi(n) = \sum_{k=0}^n \binom nk (k/n)^k (1-k/n)^{n-k} \le 2\sqrt n

with equality on the left for 0-1 losses (Maurer 2004, recalled).
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nonvacuous._numerics import up

__all__ = ["log_two_root", "log_xi"]

Floats = NDArray[np.float64]
_EDGE = 50_000
_SMALL = np.array([0.0] + [math.lgamma(x + 1.0) for x in range(1, 20)])


def log_two_root(n: int) -> float:
    r""":math:`\ln 2\sqrt n`, rounded up.

    >>> round(log_two_root(60_000), 6)
    6.194197
    """
    return up(math.log(2.0) + 0.5 * math.log(n), ulps=3)


def _stirling(x: Floats) -> Floats:
    """What Stirling's formula for ln x! leaves out, x >= 1."""
    x = np.asarray(x, dtype=float)
    small = x < len(_SMALL)
    t = 1.0 / np.where(small, 1.0, x) ** 2
    series = (1 / 12 - t * (1 / 360 - t * (1 / 1260 - t / 1680))) / x
    table = _SMALL[np.where(small, x, 0).astype(int)]
    exact = table - (x + 0.5) * np.log(x) + x - 0.5 * math.log(2 * math.pi)
    return np.where(small, exact, series)


@lru_cache(maxsize=1024)
def log_xi(n: int) -> float:
    r""":math:`\ln \xi(n)`, rounded up.

    Terms near both ends are summed as they are.  Those beyond 50,000 from both ends
    are below :math:`\sqrt{n / (2 \pi k (n-k))}` by Stirling's formula, a convex
    function of k, so that its sum is below its integral.

    Args:
        n: rows, at least 1.

    Returns:
        Nats, at most those of :func:`log_two_root`.

    Raises:
        ValueError: if `n` is below 1.

    >>> round(math.exp(log_xi(8)), 9)
    4.245018005
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    last = min((n - 1) // 2, _EDGE)
    k = np.arange(1, last + 1, dtype=float)
    rest = n - k
    gap = _stirling(np.array([float(n)])) - _stirling(k) - _stirling(rest)
    twice = np.sqrt(2 * n / (math.pi * k * rest)) * np.exp(gap)
    total = 2.0 + float(twice.sum())
    if n % 2 == 0 and last == n // 2 - 1:  # the middle term has no twin
        half = np.array([n / 2])
        log = _stirling(np.array([float(n)])) - 2 * _stirling(half)
        total += float(np.sqrt(2 / (math.pi * n)) * np.exp(log[0]))
    elif last == _EDGE:  # n > 2 * _EDGE + 1
        angle = math.pi / 2 - 2 * math.asin(math.sqrt((last + 0.5) / n))
        total += math.sqrt(n / (2 * math.pi)) * 2 * angle
    return min(up(math.log(total) * (1 + 2.0**-45), ulps=1), log_two_root(n))
