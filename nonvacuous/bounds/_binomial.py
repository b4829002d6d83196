r"""The binomial tail in nats, and its inverse, rounded up."""

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlog1py, xlogy

from nonvacuous.bounds._kl import kl_inverse

__all__ = ["binomial_tail_inverse", "binomial_tail_inverse_lower", "log_binomial_tail"]

Floats = NDArray[np.float64]

# The logarithm of the tail is within 2^-48 times the sum of the magnitudes of its terms
# of the exact one: measured, not proved; paper_checks/langford2005tutorial.py finds
# at most an eighth of that at 50 digits.
_SLACK = 2.0**-48
_BLOCK, _MOST = 64, 2**14  # terms that are summed at once, for each and for all

MAX_TRIALS = 10**12
"""The tail costs O(sqrt(n)); beyond this many trials it is refused, not awaited."""


def _series(top: Floats, bottom: Floats, odds: Floats) -> Floats:
    """Sum over j of the products of (top-i+1)/((bottom+i) odds) for i = 1..j.

    All terms are positive, and ratios fall, so what is left out is below a geometric
    series; blocks are added until that is below 2^-60 of the sum.
    """
    total: Floats = np.ones_like(top)
    last, start, block = np.ones_like(top), 0, _BLOCK
    while True:
        i = np.arange(start + 1, start + block + 1)
        ratio = np.maximum(top[..., None] - i + 1, 0) / (
            (bottom[..., None] + i) * odds[..., None]
        )
        terms = last[..., None] * np.cumprod(ratio, axis=-1)
        total = total + terms.sum(axis=-1)
        last, r = terms[..., -1], ratio[..., -1]
        rest = np.where(r < 1, last * r / np.maximum(1 - r, 2.0**-53), np.inf)
        if (np.where(last > 0, rest, 0.0) <= 2.0**-60 * total).all():
            return total
        start += block
        block = max(_BLOCK, min(2 * block, _MOST // max(1, top.size)))


def _log1mexp(a: Floats) -> Floats:
    """ln(1 - e^a) for a < 0, to full precision at both ends."""
    value: Floats = np.where(a > -0.7, np.log(-np.expm1(a)), np.log1p(-np.exp(a)))
    return value


def _log_tail(k: Floats, n: Floats, p: Floats) -> tuple[Floats, Floats]:
    """Logarithm of P(Bin(n, p) <= k), 0 <= k < n, 0 < p < 1, and the slack on it."""
    right = (n - k) * p >= (k + 1) * (1 - p)  # k is left of the mode: sum downwards
    i = np.where(right, k, k + 1)
    parts = (
        gammaln(n + 1),
        -gammaln(i + 1),
        -gammaln(n - i + 1),
        xlogy(i, p),
        xlog1py(n - i, -p),
    )
    log_first = sum(parts, np.zeros_like(p))
    odds = p / (1 - p)
    sums = _series(
        np.where(right, k, n - k - 1),
        np.where(right, n - k, k + 1),
        np.where(right, odds, 1 / odds),
    )
    first = log_first + np.log(sums)
    tail = np.where(right, first, _log1mexp(np.minimum(first, -1e-300)))
    size = 1.0 + sum((np.abs(a) for a in parts), np.zeros_like(p))
    # beyond the mode an error e in ln P(X > k) is e P(X > k)/P(X <= k) in the tail
    amplify = np.where(right, 1.0, 1.0 + np.exp(np.minimum(first - tail, 50.0)))
    return np.minimum(tail, 0.0), _SLACK * size * amplify


@overload
def log_binomial_tail(k: int, n: int, p: float) -> float: ...
@overload
def log_binomial_tail(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> Floats: ...
def log_binomial_tail(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> float | Floats:
    r""":math:`\ln \Pr[\mathrm{Bin}(n, p) \le k]`, finite where the tail underflows.

    Args:
        k: errors, integers, ``0 <= k <= n``; scalar or array.
        n: trials, integers, at least 1.
        p: probability of an error, in [0, 1].

    Returns:
        Nats, at most 0, in O(sqrt(n)) operations.

    Raises:
        ValueError: if an argument is outside its range.

    >>> log_binomial_tail(18946, 50000, 0.56)
    -3308.277235...
    """
    k_, n_ = _counts(k, n)
    p_ = np.asarray(p, dtype=float)
    if not ((p_ >= 0) & (p_ <= 1)).all():
        raise ValueError(f"p must lie in [0, 1], got {p!r}")
    k_, n_, p_ = np.broadcast_arrays(k_, n_, p_)
    inner = (p_ > 0) & (p_ < 1) & (k_ < n_)
    safe_n = np.where(inner, n_, 2.0)
    with np.errstate(over="ignore", under="ignore"):
        value, _ = _log_tail(np.where(inner, k_, 1.0), safe_n, np.where(inner, p_, 0.5))
    edge = np.where((p_ >= 1) & (k_ < n_), -np.inf, 0.0)
    result = np.where(inner, value, edge)
    none = xlog1py(n_, -np.where(inner, p_, 0.5))  # no error at all: (1 - p)^n
    result = np.where(inner & (k_ == 0), none, result)
    return float(result) if all(np.ndim(a) == 0 for a in (k, n, p)) else result


@overload
def binomial_tail_inverse(k: int, n: int, log_delta: float) -> float: ...
@overload
def binomial_tail_inverse(
    k: ArrayLike, n: ArrayLike, log_delta: ArrayLike
) -> Floats: ...
def binomial_tail_inverse(
    k: ArrayLike, n: ArrayLike, log_delta: ArrayLike
) -> float | Floats:
    r"""Largest risk still plausible after `k` errors in `n` trials.

    .. math:: \overline{\mathrm{Bin}}(n, k, \delta)
              = \max\{\, p : \Pr[\mathrm{Bin}(n, p) \le k] \ge \delta \,\}

    Rounded up: never below the exact maximum.  The tail is log-concave in p, so
    Newton's method from above stays above; the result is checked with the
    arithmetic's own error against it.

    Args:
        k: errors seen, integers, ``0 <= k <= n``; scalar or array.
        n: trials made, integers, at least 1.
        log_delta: log of the probability of being wrong, in nats, below 0.

    Returns:
        A risk in (0, 1], increasing in `k`, decreasing in `n` and `log_delta`.

    Raises:
        ValueError: if an argument is outside its range.

    >>> import math
    >>> binomial_tail_inverse(0, 100, math.log(0.05))  # 1 - 0.05 ** (1 / 100)
    0.0295130496...
    """
    k_, n_ = _counts(k, n)
    log_d = np.asarray(log_delta, dtype=float)
    if not (log_d < 0).all():
        raise ValueError(f"log_delta must be below 0, got {log_delta!r}")
    k_, n_, log_d = (np.array(a) for a in np.broadcast_arrays(k_, n_, log_d))
    inner = (k_ < n_) & np.isfinite(log_d)
    k_in, n_in = np.where(inner, k_, 0.0), np.where(inner, n_, 1.0)
    p = _invert(k_in, n_in, np.where(inner & (k_ > 0), log_d, -1.0))
    result = np.where(inner, p, 1.0)
    with np.errstate(invalid="ignore"):
        # no error at all has a closed form: (1-p)^n = delta
        exponent = np.nextafter(log_d / n_, -np.inf)
        none = np.nextafter(np.nextafter(-np.expm1(exponent), 2.0), 2.0)
    result = np.where(inner & (k_ == 0), np.minimum(none, 1.0), result)
    scalar = all(np.ndim(a) == 0 for a in (k, n, log_delta))
    return float(result) if scalar else result


def binomial_tail_inverse_lower(k: int, n: int, log_delta: float) -> float:
    r"""Smallest risk still plausible after `k` errors in `n` trials, rounded down.

    .. math:: \min\{\, p : \Pr[\mathrm{Bin}(n, p) \ge k] \ge \delta \,\}

    Args:
        k: errors seen, ``0 <= k <= n``.
        n: trials made, at least 1.
        log_delta: log of the probability of being wrong, in nats, below 0.

    Returns:
        A risk in [0, 1).

    Raises:
        ValueError: if an argument is outside its range.
    """
    _counts(k, n)
    # 1 - p is the largest rate of successes; subtracting an upper end rounds down
    # once the rounding of the subtraction is given back.
    up = binomial_tail_inverse(n - k, n, log_delta)
    return 0.0 if up >= 1.0 else max(0.0, float(np.nextafter(1.0 - up, -1.0)))


def _invert(k: Floats, n: Floats, log_d: Floats) -> Floats:
    """Newton from above for 0 <= k < n; then outward until it passes beyond doubt."""
    with np.errstate(all="ignore"):
        p = np.asarray(kl_inverse(k / n, -log_d / n))  # Chernoff: the tail is below
        p = np.clip(p, np.nextafter(k / n, 2.0), 1 - 2.0**-53)
        for _ in range(100):
            tail, _ = _log_tail(k, n, p)
            # d/dp ln P(X <= k) = -(n-k) P(X = k) / ((1-p) P(X <= k))
            log_pmf = (
                gammaln(n + 1)
                - gammaln(k + 1)
                - gammaln(n - k + 1)
                + xlogy(k, p)
                + xlog1py(n - k, -p)
            )
            slope = (n - k) / (1 - p) * np.exp(log_pmf - tail)
            step = np.maximum(np.where(slope > 0, (log_d - tail) / slope, 0.0), 0.0)
            moved = np.clip(p - step, 5e-324, 1.0)
            done = ~(p - moved > 1e-13 * p)
            p = np.where(done, p, moved)
            if done.all():
                break
        step = 2.0**-50 * p
        for _ in range(2000):
            inside = p < 1.0
            tail, slack = _log_tail(k, n, np.where(inside, p, 0.5))
            open_ = inside & ~(tail + slack < log_d * (1 + 2.0**-51))
            if not open_.any():
                break
            p = np.where(open_, np.minimum(p + step, 1.0), p)
            step = np.where(open_, 2 * step, step)
    return p


def _counts(k: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Errors and trials as floats.

    Raises:
        ValueError: unless they are whole and in range.
    """
    k_, n_ = np.asarray(k), np.asarray(n)
    if k_.dtype.kind not in "iu" or n_.dtype.kind not in "iu":
        raise ValueError(f"k and n must be integers, got k={k!r}, n={n!r}")
    if not ((n_ >= 1) & (n_ <= MAX_TRIALS) & (k_ >= 0) & (k_ <= n_)).all():
        raise ValueError(
            f"need 0 <= k <= n and 1 <= n <= {MAX_TRIALS:g}, got k={k!r}, n={n!r}"
        )
    return k_.astype(float), n_.astype(float)
