"""Elementwise functions of scalars and arrays, computed in portions."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Floats",
    "excess",
    "in_chunks",
    "like",
    "nats",
    "probability",
    "pushed",
]

Floats = NDArray[np.float64]

_CHUNK = 8192  # a dozen temporaries of that many floats stay in a core's cache
_ODD = tuple(1 / j for j in range(19, 1, -2))  # 1/19, ..., 1/3


def excess(t: Floats) -> Floats:
    r"""Return t - ln(1 + t) for t > -1, to a few units in the last place.

    With r = t / (2 + t), ln(1 + t) = 2 artanh r and t - 2r = rt: near 0 what is left
    is rt - 2 (r^3/3 + r^5/5 + ...), where nothing cancels.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        near = np.abs(t) < 0.25
        r = np.where(near, t / (2 + t), 0.0)
        square = r * r
        series = np.full_like(square, _ODD[0])
        for factor in _ODD[1:]:
            series = series * square + factor
        return np.where(near, r * (t - 2 * square * series), t - np.log1p(t))


def in_chunks(function: Callable[..., Floats], *arguments: ArrayLike) -> Floats:
    """An elementwise function of flat arrays, applied a few thousand at a time."""
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in arguments))
    flat = [np.ravel(a) for a in arrays]
    out = np.empty(flat[0].size)
    with np.errstate(all="ignore"):
        for start in range(0, out.size, _CHUNK):
            part = slice(start, start + _CHUNK)
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
