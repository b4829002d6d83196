"""How a matrix is written: its support, then its non-zeros in the cheapest way."""

import numpy as np

from nonvacuous.compression.codes import _arithmetic as coder
from nonvacuous.compression.codes._stream import Stream
from nonvacuous.nets import Floats, exact

__all__ = ["MAX_LEVELS", "code_array", "halves"]

MAX_LEVELS = 1 << 16
"""Entries of a codebook; its contexts take 272 bytes each."""

_RAW, _CODEBOOK, _GRID = 0, 1, 2
_GRID_EXPONENT = 40  # a grid's step is 2^(e - 40) for e in 0..63


def code_array(
    stream: Stream, array: Floats | None, shape: tuple[int, int], double: bool
) -> Floats:
    """A matrix: its support, then its non-zeros in the cheapest of three ways.

    Raises:
        ValueError: if the stream names a weight that is not finite.
    """
    flags = np.zeros(shape, np.uint8)
    values = np.zeros(0)
    if array is not None:
        flags = np.ascontiguousarray(array != 0, dtype=np.uint8)
        values = array[array != 0]
    coder.code_support(stream.state, stream.buffer, flags)
    stream.check()
    out = np.zeros(shape)
    where = flags.astype(bool)
    count = int(where.sum())
    if count:
        how = stream.bits(0 if array is None else _cheapest(values, double), 2)
        out[where] = _VALUES[how](stream, values, count, double)
        stream.check()
        if not np.isfinite(out).all():
            raise ValueError("the code names a weight that is not finite")
    return out


def _cheapest(values: Floats, double: bool) -> int:
    """How to write the values: a rough count in bits decides, nothing depends on it."""
    levels = np.unique(values)
    width = 64 if double else 32
    book = 16 if halves(levels) else width
    index = max(1, int(levels.size - 1).bit_length())
    costs = {
        _RAW: width * values.size,
    }
    if levels.size <= MAX_LEVELS:
        costs[_CODEBOOK] = 16 + book * levels.size + index * values.size
    step = _grid_step(values)
    if step is not None:
        sizes = np.abs(values / 2.0 ** (step - _GRID_EXPONENT))
        costs[_GRID] = 6 + int((1 + 1.5 * np.log2(sizes + 1)).sum())
    return min(costs, key=lambda how: costs[how])


def halves(levels: Floats) -> bool:
    """Whether float16 holds every entry exactly."""
    with np.errstate(over="ignore"):
        return bool((levels.astype(np.float16).astype(np.float64) == levels).all())


def _grid_step(values: Floats) -> int | None:
    """The largest e with every value a multiple of 2^(e-40), integers below 2^31."""
    _, exponents = np.frexp(values)
    low = int(exponents.min()) + _GRID_EXPONENT
    for e in range(min(63, low), -1, -1):
        with np.errstate(over="ignore", under="ignore"):
            scaled = values * 2.0 ** (_GRID_EXPONENT - e)
        if np.abs(scaled).max() >= 2**31:
            return None
        if (scaled == np.rint(scaled)).all():
            return e
    return None


def _raw(stream: Stream, values: Floats, count: int, double: bool) -> Floats:
    width, kind = (64, np.float64) if double else (32, np.float32)
    word = np.uint64 if double else np.uint32
    words = np.zeros(count, np.uint64)
    if stream.writing:
        words = values.astype(kind).view(word).astype(np.uint64)
    coder.code_words(stream.state, stream.buffer, words, width)
    with np.errstate(invalid="ignore"):  # refused later if not finite
        return words.astype(word).view(kind).astype(np.float64)


def _codebook(stream: Stream, values: Floats, count: int, double: bool) -> Floats:
    levels, indices = np.zeros(1), np.zeros(count, np.int64)
    if stream.writing:
        levels, indices = np.unique(values, return_inverse=True)
    size = stream.positive(levels.size)
    if size > min(count, MAX_LEVELS):
        raise ValueError("the code names more levels than values, or too many")
    if stream.bits(int(halves(levels)), 1):
        words = np.zeros(size, np.uint64)
        if stream.writing:
            words = levels.astype(np.float16).view(np.uint16).astype(np.uint64)
        coder.code_words(stream.state, stream.buffer, words, 16)
        levels = words.astype(np.uint16).view(np.float16).astype(np.float64)
    else:
        levels = _raw(stream, levels, size, double)
    stream.check()
    coder.code_indices(stream.state, stream.buffer, indices, size)
    stream.check()
    return levels[indices]


def _grid(stream: Stream, values: Floats, count: int, double: bool) -> Floats:
    step, numbers = 0, np.ones(count, np.int64)
    if stream.writing:
        step = _grid_step(values) or 0
        numbers = (values * 2.0 ** (_GRID_EXPONENT - step)).astype(np.int64)
    step = stream.bits(step, 6)
    coder.code_grid(stream.state, stream.buffer, numbers)
    found: Floats = numbers.astype(np.float64) * 2.0 ** (step - _GRID_EXPONENT)
    if not stream.writing and not double and not exact(found):
        raise ValueError("the code names a weight that its precision cannot hold")
    return found


def _impossible(stream: Stream, values: Floats, count: int, double: bool) -> Floats:
    raise ValueError("the code names a way of writing values that there is not")


_VALUES = (_raw, _codebook, _grid, _impossible)
