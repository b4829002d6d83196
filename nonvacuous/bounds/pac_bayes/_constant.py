r"""The constants of the kl inequalities: Maurer's, and the exact one below it.

For a loss in [0, 1] and a fixed predictor of risk p and empirical risk q on n rows,
:math:`E\, e^{n\, \mathrm{kl}(q \| p)} \le \xi(n) \le 2\sqrt n`, with equality on the
left for 0-1 losses (Maurer 2004, recalled).

.. math:: \xi(n) = \sum_{k=0}^n \binom nk \Bigl(\frac kn\Bigr)^k
          \Bigl(1 - \frac kn\Bigr)^{n-k} = \sum_{j=0}^n \frac{n!}{(n-j)!\, n^j}
          = \frac{n!\, e^n}{2 n^n} + 1 - \theta(n).

The second form is Abel's identity (checked by the tests in exact fractions); the third
is Ramanujan's question, with :math:`\theta(n) = \frac13 + \frac4{135 (n + \kappa)}`,
:math:`\frac2{21} \le \kappa \le \frac8{45}` (Flajolet, Grabner, Kirschenhofer and
Prodinger 1995; recalled, and checked by the tests at fifty digits).  With
:math:`n! \le \sqrt{2 \pi n} (n/e)^n e^{1/12n}` the largest kappa gives an upper bound
that is above by less than 1e-12 of itself once n > 8192; below, the second form is
summed.

Maurer (2004) proves :math:`\sqrt n \le \xi(n) \le 2 \sqrt n` for n >= 8 (recalled).
Both hold for every n >= 1: :math:`\sqrt{\pi n/2}\, e^{1/12n} + 2/3 \le 2 \sqrt n` for
n >= 2, and :math:`\xi(1) = 2`.
"""

import math
from functools import cache
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from nonvacuous._numerics import up
from nonvacuous.bounds._elementwise import Floats, in_chunks, like

__all__ = ["log_two_root", "log_xi"]

_FEW = 8192
_TERMS = 900  # the j-th is below exp(-j (j - 1) / 2n): e^-49 where it is cut


def log_two_root(n: int) -> float:
    r""":math:`\ln 2\sqrt n`, rounded up.

    >>> round(log_two_root(60_000), 6)
    6.194197
    """
    return up(math.log(2.0) + 0.5 * math.log(n), ulps=3)


@overload
def log_xi(n: int) -> float: ...
@overload
def log_xi(n: ArrayLike) -> Floats: ...
def log_xi(n: ArrayLike) -> float | Floats:
    r"""Logarithm of the sum over k of C(n, k) (k/n)^k (1 - k/n)^(n-k), rounded up.

    Args:
        n: examples, integers, at least 1; scalar or array.

    Returns:
        Nats, above the exact logarithm by less than 1e-12.

    Raises:
        ValueError: if `n` is not whole or below 1.

    >>> import math
    >>> math.exp(log_xi(60000)), 2 * math.sqrt(60000)
    (307.6651..., 489.8979...)
    """
    counts = np.asarray(n)
    if counts.dtype.kind not in "iu" or not (counts >= 1).all():
        raise ValueError(f"n must be an integer of at least 1, got {n!r}")
    return like(in_chunks(_log_xi, counts), n)


def _log_xi(n: Floats) -> Floats:
    few = n <= _FEW
    table = _table()[np.where(few, n, 1).astype(int)]
    limit = np.sqrt(np.pi / 2 * n) * np.exp(1 / (12 * n)) + 2 / 3
    limit -= 4 / (135 * (n + 8 / 45))
    above = np.where(few, table, limit * (1 + 2.0**-48))
    return np.log(above) * (1 + 2.0**-49)


@cache
def _table() -> Floats:
    """The sums for n up to 8192.

    The j-th term is within 2j roundings of itself, and j is 72 on average; the sum adds
    at most one for each term: 1050 in all, of which 2048 are given back.
    """
    n = np.arange(_FEW + 1.0)
    n[0] = 1.0
    term, total = np.ones_like(n), np.ones_like(n)
    for j in range(_TERMS):
        term *= np.maximum(n - j, 0) / n
        total += term
    return total * (1 + 2.0**-42)
