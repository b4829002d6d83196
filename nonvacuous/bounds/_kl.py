r"""Binary relative entropy and its inverses, each rounded to the safe side."""

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr, xlog1py, xlogy

__all__ = ["kl", "kl_inverse", "kl_inverse_lower"]

Floats = NDArray[np.float64]

# The float value of kl differs from the exact one by less than 2^-49 times the sum of
# the magnitudes below; paper_checks/langford2005tutorial.py finds at most a fifth.
_SLACK = 2.0**-49


def _terms(q: Floats, p: Floats) -> tuple[Floats, Floats]:
    """Both summands of kl(q, p), in nats."""
    with np.errstate(divide="ignore", invalid="ignore"):
        right = xlog1py(1 - q, -q) - xlog1py(1 - q, -p)
        near = np.abs(p - q) < 0.25 * (1 - q)
        # (1-q) ln((1-q)/(1-p)) without cancellation when p is close to q
        close = -(1 - q) * np.log1p(np.where(near, (q - p) / (1 - q), 0.0))
    right = np.where(near & (q < 1), close, right)
    return rel_entr(q, p), np.where(q < 1, right, 0.0)


def _kl_and_slack(q: Floats, p: Floats) -> tuple[Floats, Floats]:
    left, right = _terms(q, p)
    value = left + right
    size = np.abs(left) + np.abs(right) + np.minimum(q, p) + np.abs(p - q)
    return value, _SLACK * size


@overload
def kl(q: float, p: float) -> float: ...
@overload
def kl(q: ArrayLike, p: ArrayLike) -> Floats: ...
def kl(q: ArrayLike, p: ArrayLike) -> float | Floats:
    r"""Relative entropy of a coin of bias `q` from one of bias `p`, in nats.

    .. math:: \mathrm{kl}(q \| p) = q\ln\tfrac qp + (1-q)\ln\tfrac{1-q}{1-p}

    Args:
        q: probability in [0, 1], scalar or array.
        p: probability in [0, 1], broadcast against `q`.

    Returns:
        A number of nats, infinite where `p` excludes what `q` allows.

    Raises:
        ValueError: if a probability lies outside [0, 1].

    >>> kl(0.1, 0.2)
    0.0366900140...
    """
    q_, p_ = _probability("q", q), _probability("p", p)
    q_, p_ = np.broadcast_arrays(q_, p_)
    left, right = _terms(q_, p_)
    return _like(np.maximum(left + right, 0.0), q, p)


@overload
def kl_inverse(q: float, c: float) -> float: ...
@overload
def kl_inverse(q: ArrayLike, c: ArrayLike) -> Floats: ...
def kl_inverse(q: ArrayLike, c: ArrayLike) -> float | Floats:
    r"""Largest risk within `c` nats of the rate `q`.

    .. math:: \sup\{\, p \in [q, 1] : \mathrm{kl}(q \| p) \le c \,\}

    Rounded up: never below the exact supremum.  Newton's method from above stays
    above, because kl is convex in p; the last iterate is then checked, with the
    arithmetic's own error on the other side of the scale.

    Args:
        q: rate in [0, 1], scalar or array.
        c: nats, at least 0 (below 0 counts as 0); infinity gives 1.

    Returns:
        A probability in [q, 1].

    Raises:
        ValueError: if `q` lies outside [0, 1] or `c` is not a number.

    >>> kl_inverse(0.1, 0.05)
    0.2200786011...
    """
    q_, c_ = _probability("q", q), _nats("c", c)
    q_, c_ = (np.array(a, dtype=float) for a in np.broadcast_arrays(q_, c_))
    return _like(_invert(q_, c_), q, c)


@overload
def kl_inverse_lower(q: float, c: float) -> float: ...
@overload
def kl_inverse_lower(q: ArrayLike, c: ArrayLike) -> Floats: ...
def kl_inverse_lower(q: ArrayLike, c: ArrayLike) -> float | Floats:
    r"""Smallest risk within `c` nats of the rate `q`, rounded down.

    .. math:: \inf\{\, p \in [0, q] : \mathrm{kl}(q \| p) \le c \,\}

    Args:
        q: rate in [0, 1], scalar or array.
        c: nats, at least 0 (below 0 counts as 0); infinity gives 0.

    Returns:
        A probability in [0, q].

    Raises:
        ValueError: if `q` lies outside [0, 1] or `c` is not a number.

    >>> kl_inverse_lower(0.1, 0.05)
    0.0312783962...
    """
    q_, c_ = _probability("q", q), _nats("c", c)
    q_, c_ = (np.array(a, dtype=float) for a in np.broadcast_arrays(q_, c_))
    return _like(_invert_down(q_, c_), q, c)


def _invert(q: Floats, c: Floats) -> Floats:
    """Newton from above on [q, 1]; every iterate satisfies kl(q, p) >= c."""
    with np.errstate(all="ignore"):
        entropy = -xlogy(q, q) - xlog1py(1 - q, -q)
        # kl(q, p) >= (1-q) ln 1/(1-p) - H(q), and Pinsker: both give a p above.
        far = -np.expm1(-(c + entropy) / np.maximum(1 - q, 5e-324))
        p = np.minimum(q + np.sqrt(c / 2), far)
        p = np.clip(p, np.nextafter(q, 2.0), 1 - 2.0**-53)
        for _ in range(200):
            value, _ = _kl_and_slack(q, p)
            slope = (p - q) / (p * (1 - p))
            step = np.maximum(np.where(slope > 0, (value - c) / slope, 0.0), 0.0)
            moved = np.maximum(p - step, np.nextafter(q, 2.0))
            done = ~(p - moved > 1e-15 * p)
            p = np.where(done, p, moved)
            if done.all():
                break
        p = _push(q, c, p, +1)
    p = np.where((q >= 1) | np.isinf(c), 1.0, np.minimum(p, 1.0))
    return np.where(c <= 0, q, p)


def _invert_down(q: Floats, c: Floats) -> Floats:
    """Bisection on the exponent of p in (0, q]: p may be as small as e^-c/q."""
    with np.errstate(all="ignore"):
        low, high = np.full_like(q, -745.0), np.log(np.maximum(q, 5e-324))
        for _ in range(80):
            middle = 0.5 * (low + high)
            value, _ = _kl_and_slack(q, np.exp(middle))
            too_far = value >= c
            low = np.where(too_far, middle, low)
            high = np.where(too_far, high, middle)
        p = _push(q, c, np.minimum(np.exp(low), q), -1)
    p = np.where((q <= 0) | np.isinf(c), 0.0, np.maximum(p, 0.0))
    return np.where(c <= 0, q, p)


def _push(q: Floats, c: Floats, p: Floats, sign: int) -> Floats:
    """Move p outward, by doubling steps, until kl(q, p) >= c beyond doubt."""
    step = np.spacing(p)
    if sign > 0:
        step = np.maximum(step, 2.0**-53 * np.abs(p - q))
    for _ in range(2000):
        inside = (p > 0.0) & (p < 1.0)
        value, slack = _kl_and_slack(q, np.clip(p, 0.0, 1.0))
        open_ = inside & (value - slack < c * (1 + 2.0**-51))
        if not open_.any():
            break
        p = np.where(open_, np.clip(p + sign * step, 0.0, 1.0), p)
        step = np.where(open_, 2 * step, step)
    return p


def _probability(name: str, value: ArrayLike) -> Floats:
    array = np.asarray(value, dtype=float)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{name} must lie in [0, 1], got {value!r}")
    return array


def _nats(name: str, value: ArrayLike) -> Floats:
    array = np.asarray(value, dtype=float)
    if np.isnan(array).any():
        raise ValueError(f"{name} must be a number of nats, got {value!r}")
    nats: Floats = np.maximum(array, 0.0)
    return nats


def _like(result: Floats, *arguments: ArrayLike) -> float | Floats:
    """A float when every argument was a scalar, else the array."""
    return float(result) if all(np.ndim(a) == 0 for a in arguments) else result
