r"""The binomial tail in nats, and its inverses, rounded to the safe side.

An inverse starts from the normal quantile z of delta: the tail of k errors at p lies
between those of a normal at :math:`\pm\sqrt{2n\,\mathrm{kl}(k/n \| p)}` for k and for
k + 1 (Zubkov and Serov 2012, recalled), so that kl of (k + 1/2)/n is inverted at
:math:`z^2/2n`.  Halley's steps follow, whose derivatives come with the tail; then the
end is moved outward by the slack, rounded, and judged once more as the float it is.
Soundness rests on the judgement alone, not on the start.
"""

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri_exp

from nonvacuous.bounds._elementwise import (
    Floats,
    in_chunks,
    like,
    probability,
    pushed,
)
from nonvacuous.bounds._kl import near_kl_inverse
from nonvacuous.bounds._tail import Side, log_one_minus_exp, near_side

__all__ = ["binomial_tail_inverse", "binomial_tail_inverse_lower", "log_binomial_tail"]

Mask = NDArray[np.bool_]

MAX_TRIALS = 10**12
"""Up to here the slack was measured; beyond, a tail is refused."""

_CHUNK = 480  # of 32 nodes each
_STEPS = 8  # three are usual
_LEAST, _MOST = 1e-290, 1 - 2.0**-53


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
        Nats, at most 0, in the same time for every `n`.

    Raises:
        ValueError: if an argument is outside its range.

    >>> log_binomial_tail(18946, 50000, 0.56)
    -3308.277235...
    """
    tail = in_chunks(_log_tail, *_counts(k, n), probability("p", p), size=_CHUNK)
    return like(tail, k, n, p)


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

    Rounded up: never below the exact maximum.

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
    logs = _log_delta(log_delta)
    return like(in_chunks(_upper, *_counts(k, n), logs, size=_CHUNK), k, n, log_delta)


@overload
def binomial_tail_inverse_lower(k: int, n: int, log_delta: float) -> float: ...
@overload
def binomial_tail_inverse_lower(
    k: ArrayLike, n: ArrayLike, log_delta: ArrayLike
) -> Floats: ...
def binomial_tail_inverse_lower(
    k: ArrayLike, n: ArrayLike, log_delta: ArrayLike
) -> float | Floats:
    r"""Smallest risk still plausible after `k` errors in `n` trials, rounded down.

    .. math:: \min\{\, p : \Pr[\mathrm{Bin}(n, p) \ge k] \ge \delta \,\}

    Args:
        k: errors seen, integers, ``0 <= k <= n``; scalar or array.
        n: trials made, integers, at least 1.
        log_delta: log of the probability of being wrong, in nats, below 0.

    Returns:
        A risk in [0, 1).

    Raises:
        ValueError: if an argument is outside its range.

    >>> import math
    >>> binomial_tail_inverse_lower(1, 10**7, math.log(0.05))
    5.12932942...e-09
    """
    logs = _log_delta(log_delta)
    return like(in_chunks(_lower, *_counts(k, n), logs, size=_CHUNK), k, n, log_delta)


def _log_tail(k: Floats, n: Floats, p: Floats) -> Floats:
    inner = (p > 0) & (p < 1) & (k < n)
    side = near_side(*_inside(inner, k, n, p, 0.5))
    tail = np.where(side.lower, side.log, log_one_minus_exp(side.log))
    return np.where(inner, tail, np.where((p >= 1) & (k < n), -np.inf, 0.0))


def _upper(k: Floats, n: Floats, log_d: Floats) -> Floats:
    inner = (k < n) & np.isfinite(log_d)
    few, many, logs = _inside(inner, k, n, log_d, -1.0)
    p = np.clip(_solve(few, many, logs, upper=True), _LEAST, 1.0)
    p = pushed(_safe_above, p, 1.0, few, many, logs)
    return np.where(inner, p, 1.0)


def _lower(k: Floats, n: Floats, log_d: Floats) -> Floats:
    inner = (k > 0) & np.isfinite(log_d)
    few, many, logs = _inside(inner, k - 1, n, log_d, -1.0)
    p = np.minimum(_solve(few, many, logs, upper=False), _MOST)
    p = pushed(_safe_below, np.where(p > _LEAST, p, 0.0), 0.0, few, many, logs)
    return np.where(inner, p, 0.0)


def _inside(
    inner: Mask, k: Floats, n: Floats, third: Floats, other: float
) -> tuple[Floats, Floats, Floats]:
    """The arguments where a formula holds, harmless ones elsewhere."""
    return (
        np.where(inner, k, 0.0),
        np.where(inner, n, 1.0),
        np.where(inner, third, other),
    )


def _limit(
    side: Side, log_d: Floats, upper: bool, slacks: float
) -> tuple[Mask, Floats]:
    """Whether the near side must stay below a limit, or above it, and which.

    The tail that delta limits is the lower one for the upper end of the risk.  If the
    other one is near, that must be at least 1 - delta.
    """
    below = side.lower == upper
    rest = log_one_minus_exp(log_d) * (1 - 2.0**-48)
    return below, np.where(
        below, log_d - slacks * side.slack, rest + slacks * side.slack
    )


def _judge(p: Floats, k: Floats, n: Floats, log_d: Floats, upper: bool) -> Mask:
    side = near_side(k, n, p)
    below, limit = _limit(side, log_d, upper, 1.0)
    return np.where(below, side.log <= limit, side.log >= limit)


def _safe_above(p: Floats, k: Floats, n: Floats, log_d: Floats) -> Mask:
    """Whether P(X <= k) is at most delta at p, whatever the roundings did."""
    return _judge(p, k, n, log_d, True)


def _safe_below(p: Floats, k: Floats, n: Floats, log_d: Floats) -> Mask:
    """Whether P(X > k) is at most delta at p, whatever the roundings did."""
    return _judge(p, k, n, log_d, False)


def _solve(k: Floats, n: Floats, log_d: Floats, upper: bool) -> Floats:
    """The end of the risk, outward by the slack; for the lower one P(X > k) counts."""
    z = -ndtri_exp(log_d)
    q = (k + 0.5) / n
    above = (z > 0) == upper
    y = near_kl_inverse(
        np.where(above, q, 1 - q), np.where(above, 1 - q, q), z * z / (2 * n)
    )
    p = np.clip(
        np.where(above, q - (1 - q) * np.expm1(-y), q * np.exp(-y)), _LEAST, _MOST
    )
    left = np.arange(p.size)
    for _ in range(_STEPS):
        k_, n_, p_, log_ = k[left], n[left], p[left], log_d[left]
        side = near_side(k_, n_, p_)
        _, limit = _limit(side, log_, upper, 1.5)
        newton = (limit - side.log) / side.rise
        bent = side.bend * newton
        step = np.expm1(newton / np.maximum(1 + bent / 2, 0.5))
        moved = np.where(side.lower, p_ - (1 - p_) * step, p_ + p_ * step)
        p[left] = np.clip(moved, _LEAST, _MOST)
        # what such a step leaves, while the third derivative is like the second
        leaves = np.abs(bent * (side.bend + 1) * newton * newton) * side.rise
        left = left[~(leaves < 0.1 * side.slack)]
        if not left.size:
            break
    return p * (1 + 2.0**-52 if upper else 1 - 2.0**-52)


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


def _log_delta(log_delta: ArrayLike) -> Floats:
    """Nats below 0.

    Raises:
        ValueError: if one is not.
    """
    logs = np.asarray(log_delta, dtype=float)
    if not (logs < 0).all():
        raise ValueError(f"log_delta must be below 0, got {log_delta!r}")
    return logs
