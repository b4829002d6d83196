"""All points of a sample past all neurons of a layer: in cache, and on several threads.

A block of points is copied, and each thread takes its rows of the layer past it.  Rows
do not meet, and sums are added in one order, so no bit depends on blocks or threads.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._kernels import GROUP, largest_ratios, sign_sums

__all__ = ["padded", "pass_points"]

Floating = NDArray[np.floating[Any]]

_BLOCK = 256  # points copied at a time
_ROWS = 64  # neurons that a thread takes at a time
_LINE = 64  # bytes of a cache line, and of the widest registers


def pass_points(
    weight: Floating,
    activations: Floating,
    *,
    found: Floating | None = None,
    terms: Floating | None = None,
) -> None:
    """Work in double precision, or in single if that is what the results are.

    Args:
        weight: (outputs, inputs).
        activations: (samples, inputs); the positive and the negative part of a point
            pass one after the other.
        found: (outputs, inputs), zeros, which become the largest relative importances.
        terms: (2, outputs, samples), to which the sums of positive and of negative
            terms w a are added, the latter without their sign.

    Raises:
        ValueError: if an entry or a sum is not finite.
    """
    if not (_finite(weight) and _finite(activations)):
        raise ValueError("weight and activations must be finite")
    kind = next(a.dtype for a in (found, terms) if a is not None)
    rows = range(0, len(weight), _ROWS)
    available = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    threads = max(1, min(len(rows), available))
    parts = (1, -1) if activations.min(initial=0) < 0 else (1,)
    with ThreadPoolExecutor(threads) as pool:
        each = pool.map if threads > 1 else map
        for start in range(0, len(activations), _BLOCK):
            here = slice(start, start + _BLOCK)
            for part in parts:
                to = None if terms is None else terms[::part, :, here]
                take = partial(
                    _pass_rows,
                    weight,
                    padded(part, activations[here], kind),
                    found,
                    to,
                )
                list(each(take, rows))
                del take  # with its points, before the next are copied
        if found is not None:
            list(each(partial(_weigh_rows, weight, found), rows))


def _finite(matrix: Floating) -> bool:
    """Whether all entries are, without a copy."""
    return bool(np.isfinite([matrix.min(initial=0), matrix.max(initial=0)]).all())


def padded(part: int, block: Floating, kind: np.dtype[Any]) -> Floating:
    """The positive or negative part of points, with zeros up to whole groups and lines.

    Rows start at cache lines, and take an odd number of them: a power of two would put
    the same columns of all points in one place of the cache.
    """
    samples, inputs = -(-len(block) // GROUP) * GROUP, block.shape[1]
    line = _LINE // kind.itemsize
    width = (-(-inputs // line) | 1) * line
    memory = np.zeros(samples * width + line, kind)
    start = -memory.ctypes.data % _LINE // kind.itemsize
    points = memory[start : start + samples * width].reshape(samples, width)
    filled = points[: len(block), :inputs]
    np.multiply(block, part, out=filled)
    np.maximum(filled, 0, out=filled)
    return points


def _pass_rows(
    weight: Floating,
    points: Floating,
    found: Floating | None,
    terms: Floating | None,
    start: int,
) -> None:
    """A block of points past the rows from `start` on.

    Raises:
        ValueError: if a sum overflows.
    """
    rows = slice(start, start + _ROWS)
    w = np.ascontiguousarray(weight[rows], points.dtype)
    sums = np.zeros((2, len(w), len(points)), points.dtype)
    sign_sums(points, w, sums)
    if not _finite(sums):
        raise ValueError("sums of weight times activations must be finite")
    if terms is not None:
        terms[:, rows] += sums[:, :, : terms.shape[2]]
    if found is not None:
        active = sums >= np.finfo(sums.dtype).tiny
        inverses = np.divide(1, sums, out=np.zeros_like(sums), where=active)
        largest_ratios(points, w, inverses, found[rows])


def _weigh_rows(weight: Floating, found: Floating, start: int) -> None:
    """The largest a / sum of an edge, times its weight."""
    rows = slice(start, start + _ROWS)
    magnitude, part = np.abs(weight[rows]).astype(found.dtype), found[rows]
    with np.errstate(invalid="ignore"):
        part *= magnitude
    part[magnitude == 0] = 0  # no edge, even where the ratio overflows
    np.minimum(part, 1, out=part)
