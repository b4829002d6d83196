r"""Binary relative entropy and its inverses, each rounded to the safe side.

Both inverses are one problem.  Upwards put a = q, b = 1 - q, p = a + d, downwards
a = 1 - q, b = q, 1 - p = a + d: then, with y = ln(b / (b - d)),

.. math:: \mathrm{kl} = b y - a \ln(1 + d / a), \qquad d = b (1 - e^{-y}),
          \qquad \frac{d\,\mathrm{kl}}{dy} = \frac{d}{a + d}.

As a function of y it starts as a parabola and ends as a line, so that a start that
agrees with both and two steps of fourth order, whose derivatives are rational, leave
an error below rounding.  The end so found is moved outward by the slack of the
arithmetic, rounded, and then judged once more as the float it is.

Why the judgement is safe.  At a float p the two terms b ln(1 + d/(b - d)) and
a ln(1 + d/a) are positive, and x -> ln(1 + x) does not enlarge a relative error.  With
roundings of u = 2^-53 and a log1p within 4 units in the last place (8u) each term is
within 13u of itself, and their difference within 15u of their sum; the slack is 16u.
"""

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous.bounds._elementwise import (
    Floats,
    above_tangent,
    in_chunks,
    like,
    nats,
    probability,
    pushed,
)

__all__ = ["kl", "kl_inverse", "kl_inverse_lower", "near_kl_inverse"]

Mask = NDArray[np.bool_]

_SLACK = 2.0**-49
# less counts as that much, which is safe, and keeps clear of underflow
_LEAST_RATE, _LEAST_NATS = 1e-100, 1e-90
_MOST_NATS = 1000.0  # and the end is 0 or 1 in floats
_MOST = 709.0  # e^y is finite


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
    return like(in_chunks(_kl, probability("q", q), probability("p", p)), q, p)


@overload
def kl_inverse(q: float, c: float) -> float: ...
@overload
def kl_inverse(q: ArrayLike, c: ArrayLike) -> Floats: ...
def kl_inverse(q: ArrayLike, c: ArrayLike) -> float | Floats:
    r"""Largest risk within `c` nats of the rate `q`.

    .. math:: \sup\{\, p \in [q, 1] : \mathrm{kl}(q \| p) \le c \,\}

    Rounded up: never below the exact supremum, and above it by less than 1e-14 of
    itself.

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
    return like(in_chunks(_upper, probability("q", q), nats("c", c)), q, c)


@overload
def kl_inverse_lower(q: float, c: float) -> float: ...
@overload
def kl_inverse_lower(q: ArrayLike, c: ArrayLike) -> Floats: ...
def kl_inverse_lower(q: ArrayLike, c: ArrayLike) -> float | Floats:
    r"""Smallest risk within `c` nats of the rate `q`, rounded down.

    .. math:: \inf\{\, p \in [0, q] : \mathrm{kl}(q \| p) \le c \,\}

    Below the exact infimum p by less than 1e-14 (1 + ln(q/p)) of itself; what is
    below 1e-307, or q / 1e307, may become 0.

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
    return like(in_chunks(_lower, probability("q", q), nats("c", c)), q, c)


def _kl(q: Floats, p: Floats) -> Floats:
    """The sum of what each term exceeds its tangent by: neither is negative."""
    return above_tangent(q, p - q, p) + above_tangent(1 - q, q - p, 1 - p)


def _terms(a: Floats, b: Floats, d: Floats, rest: Floats) -> tuple[Floats, Floats]:
    """Both positive terms, whose difference is kl, where ``rest`` is b - d."""
    return b * np.log1p(d / rest), a * np.log1p(d / a)


def _beyond(a: Floats, b: Floats, d: Floats, rest: Floats, c: Floats) -> Mask:
    """Whether kl is at least c, whatever the roundings did."""
    right, left = _terms(a, b, d, rest)
    beyond: Mask = right - left - _SLACK * (right + left) >= c
    return beyond


def near_kl_inverse(a: Floats, b: Floats, c: Floats) -> Floats:
    """The y at which kl = c, and outward by the slack of evaluating kl there.

    For 0 < a, b < 1 and a + b = 1; at most 709.
    """
    c = np.clip(c, _LEAST_NATS, _MOST_NATS)
    lean = c * (1 + b) / 3
    y: Floats = np.minimum((lean + np.sqrt(lean * lean + 2 * a * b * c)) / b, _MOST)
    for _ in range(2):
        grown = np.expm1(y)
        rest = b / (1 + grown)
        d = rest * grown
        p = a + d
        right, left = b * y, a * np.log1p(d / a)
        # the derivatives are d/p, a rest / p^2 and -a rest (1 + rest) / p^3
        slope = d / p
        newton = (right - left - c) / slope
        bend = a * rest / (p * d) * newton
        third = bend * newton * (1 + rest) / (6 * p)
        step = newton * (1 - bend / 2) / (1 - bend - third)
        y = np.clip(y - step, y / 2, _MOST)
    outward: Floats = y + 1.1 * _SLACK * (right + left) / slope
    return np.minimum(outward, _MOST)


def _upper(q: Floats, c: Floats) -> Floats:
    a, b = np.maximum(q, _LEAST_RATE), 1 - q
    p = a - b * np.expm1(-near_kl_inverse(a, b, c))
    p = np.minimum(np.maximum(p + 2.0**-52 * p, np.nextafter(q, 2.0)), 1.0)
    p = pushed(_beyond_above, p, 1.0, a, b, np.maximum(c, _LEAST_NATS))
    return np.where(c <= 0, q, np.where((q >= 1) | (c >= _MOST_NATS), 1.0, p))


def _lower(q: Floats, c: Floats) -> Floats:
    a, b = np.maximum(1 - q, _LEAST_RATE), q
    y = near_kl_inverse(a, b, c)
    p = b / (1 + np.expm1(y)) * (1 - 2.0**-52)
    p = np.where(y < _MOST, np.maximum(np.minimum(p, np.nextafter(q, -1.0)), 0.0), 0.0)
    p = pushed(_beyond_below, p, 0.0, a, b, np.maximum(c, _LEAST_NATS))
    return np.where(c <= 0, q, np.where((q <= 0) | (c >= _MOST_NATS), 0.0, p))


def _beyond_above(p: Floats, a: Floats, b: Floats, c: Floats) -> Mask:
    return _beyond(a, b, p - a, 1 - p, c)


def _beyond_below(p: Floats, a: Floats, b: Floats, c: Floats) -> Mask:
    return _beyond(a, b, b - p, p, c)
