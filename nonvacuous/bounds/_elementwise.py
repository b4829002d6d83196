"""Elementwise functions of scalars and arrays, computed in portions."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Floats",
    "above_tangent",
    "excess",
    "in_chunks",
    "like",
    "nats",
    "probability",
    "pushed",
]

Floats = NDArray[np.float64]


def excess(t: Floats, terms: int = 17) -> Floats:
    r"""Return t - ln(1 + t) for -1/2 <= t <= 1, to a few units in the last place.

    With r = t / (2 + t), ln(1 + t) = 2 artanh r and t - 2r = rt: what is left is
    rt - 2 (r^3/3 + r^5/5 + ...), where nothing cancels.
    """
    r = t / (2 + t)
    square = r * r
    series = square * (1 / (2 * terms + 1))
    for j in range(terms - 1, 0, -1):
        series += 1 / (2 * j + 1)
        series *= square
    near: Floats = r * (t - 2 * series)
    return near


def above_tangent(weight: Floats, d: Floats, moved: Floats) -> Floats:
    """Return d - weight ln(moved / weight), where ``moved`` is weight + d.

    It is weight (t - ln(1 + t)) with t = d / weight, and is not negative.
    """
    t = d / weight
    near = (t > -0.5) & (t < 1)
    far = np.log(np.minimum(moved / weight, 1e308))
    far = d - np.where(weight > 0, weight * far, 0.0)
    return np.where(near, weight * excess(np.where(near, t, 0.0)), far)


def in_chunks(
    function: Callable[..., Floats], *arguments: ArrayLike, size: int = 8192
) -> Floats:
    """An elementwise function of flat arrays, applied to so many at a time.

    What it computes on the way to a result should stay in a core's cache.
    """
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in arguments))
    flat = [np.ravel(a) for a in arrays]
    out = np.empty(flat[0].size)
    with np.errstate(all="ignore"):
        for start in range(0, out.size, size):
            part = slice(start, start + size)
            out[part] = function(*(a[part] for a in flat))
    return out.reshape(arrays[0].shape)


def pushed(
    safe: Callable[..., NDArray[np.bool_]], p: Floats, end: float, *others: Floats
) -> Floats:
    """Every p moved towards ``end``, by doubling steps, until ``safe(p, *others)``.

    ``end`` is safe, and taken where p is not a number.
    """
    p = np.where(np.isnan(p), end, p)
    left = np.flatnonzero((p != end) & ~safe(p, *others))
    step = np.spacing(p[left])
    while left.size:
        rest = tuple(a[left] for a in others)
        moved = np.clip(p[left] + (step if end > 0 else -step), 0.0, 1.0)
        p[left] = moved
        again = (moved != end) & ~safe(moved, *rest)
        left, step = left[again], 2 * step[again]
    return p


def probability(name: str, value: ArrayLike) -> Floats:
    """Floats in [0, 1].

    Raises:
        ValueError: if one is not.
    """
    array = np.asarray(value, dtype=float)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{name} must lie in [0, 1], got {value!r}")
    return array


def nats(name: str, value: ArrayLike) -> Floats:
    """Floats, those below 0 raised to 0.

    Raises:
        ValueError: if one is not a number.
    """
    array = np.asarray(value, dtype=float)
    if np.isnan(array).any():
        raise ValueError(f"{name} must be a number of nats, got {value!r}")
    raised: Floats = np.maximum(array, 0.0)
    return raised


def like(result: Floats, *arguments: ArrayLike) -> float | Floats:
    """A float when every argument was a scalar, else the array."""
    return float(result) if all(np.ndim(a) == 0 for a in arguments) else result
