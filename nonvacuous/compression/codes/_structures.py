"""How structured layers are written: one function for each kind, both directions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nonvacuous.compression.codes._arrays import code_array, halves
from nonvacuous.compression.codes._stream import Stream
from nonvacuous.nets import Layer, exact
from nonvacuous.structures import (
    Diagonals,
    Hashed,
    LowRank,
    Projection,
    Structure,
    Tied,
)
from nonvacuous.structures._base import names
from nonvacuous.structures._tied import Pattern

__all__ = ["KINDS", "Allowance", "faithful"]

MAX_SIGNS = 1 << 32
"""Entries of helper matrices that a net may ask for: some seconds; half a minute if
rows are longer than 2^20."""
MAX_NUMBERS = 1 << 25
"""Numbers that a net's structures may have places for: at most 256 MiB of them."""

Shape = tuple[int, int]


class Allowance:
    """What the structured layers of a net may still ask for, all together."""

    def __init__(self) -> None:
        self._numbers, self._signs = MAX_NUMBERS, MAX_SIGNS

    def covers(self, found: Structure, shape: Shape) -> bool:
        """Whether there is enough for one layer more, whose part is then taken."""
        signs = 0
        if isinstance(found, LowRank):
            numbers = found.left.size + found.right.size
        elif isinstance(found, Projection):
            numbers = found.coefficients.size
            signs = numbers * shape[0] * shape[1]
        else:
            numbers = found.values.size if isinstance(found, Tied) else 0
        enough = numbers <= self._numbers and signs <= self._signs
        if enough:
            self._numbers -= numbers
            self._signs -= signs
        return enough


def faithful(layer: Layer, i: int) -> Structure | None:
    """The layer's structure, if the format holds it and its weight is still that."""
    found = layer.structure
    if found is None or not _holds(found, layer.weight.shape):
        return None
    return found if names(found, layer.weight, layer=i) else None


def _holds(found: Structure, shape: tuple[int, ...]) -> bool:
    """Whether a code names it; a subclass could name other weights than its base."""
    if type(found) is Projection:
        return _holds_projection(found, shape[0] * shape[1])
    if type(found) is LowRank:
        return _holds_low_rank(found, shape)
    return type(found) is Tied and _holds_tied(found, shape)


# Projections -------------------------------------------------------------------------


def _holds_projection(p: Projection, entries: int) -> bool:
    offset = 2 ** (p.bits - 1)
    return (
        0 <= p.seed < 2**32
        and 2 <= p.bits <= 16
        and 0 < p.scale < np.inf
        and halves(np.array([p.scale]))
        and _projectable(p.coefficients.size, entries)
        and p.coefficients.min() >= -offset
        and p.coefficients.max() < offset
    )


def _projectable(count: int, entries: int) -> bool:
    """Whether a layer may have so many coefficients."""
    return 1 <= count <= min(2**15, entries) and count * entries <= MAX_SIGNS


def _projection(stream: Stream, given: Structure | None, shape: Shape) -> Projection:
    """A seed, b, a scale, and k coefficients of b bits.

    Raises:
        ValueError: if the stream names an impossible one.
    """
    p = given if isinstance(given, Projection) else None
    seed = stream.bits(p.seed if p else 0, 32)
    bits = stream.bits(p.bits - 1 if p else 0, 4) + 1
    half = np.float16(p.scale if p else 0).view(np.uint16)
    scale = float(np.uint16(stream.bits(int(half), 16)).view(np.float16))
    count = stream.positive(p.coefficients.size if p else 1)
    possible = bits >= 2 and 0 < scale < np.inf
    if not (possible and _projectable(count, shape[0] * shape[1])):
        raise ValueError("the code names an impossible projection")
    offset = 2 ** (bits - 1)
    words = np.zeros(count, np.uint64)
    if p:
        words = (p.coefficients + offset).astype(np.uint64)
    stream.words(words, bits)
    return Projection(
        seed=seed,
        bits=bits,
        scale=scale,
        coefficients=words.astype(np.int64) - offset,
    )


# Low rank, with or without a sparse remainder ----------------------------------------


def _holds_low_rank(p: LowRank, shape: tuple[int, ...]) -> bool:
    fits = (p.left.shape[0], p.right.shape[1]) == shape
    rest = p.rest is None or (p.rest.shape == shape and exact(p.rest))
    possible = 1 <= p.left.shape[1] <= _most_rank(shape)
    return fits and possible and rest and exact(p.left) and exact(p.right)


def _most_rank(shape: tuple[int, ...]) -> int:
    """More than a matrix can have is allowed: factors may be sparse."""
    return min(2 * max(shape), MAX_NUMBERS // sum(shape))


def _low_rank(stream: Stream, given: Structure | None, shape: Shape) -> LowRank:
    """The rank, both factors, and the remainder if there is one.

    Raises:
        ValueError: if the stream names an impossible one.
    """
    p = given if isinstance(given, LowRank) else None
    rank = stream.positive(p.left.shape[1] if p else 1)
    if rank > _most_rank(shape):
        raise ValueError(f"the code names rank {rank} for a layer of shape {shape}")
    left = code_array(stream, p.left if p else None, (shape[0], rank), False)
    right = code_array(stream, p.right if p else None, (rank, shape[1]), False)
    rest = None if p is None else p.rest
    if stream.bits(int(rest is not None), 1):
        rest = code_array(stream, rest, shape, False)
    return LowRank(left=left, right=right, rest=rest)


# Tied weights ------------------------------------------------------------------------

MAX_HASHES = 16
"""Hash functions of one layer: 2^29 hashes of the largest net, some 10 seconds."""

_HASHED, _CIRCULANT, _TOEPLITZ = 0, 1, 2


def _holds_tied(p: Tied, shape: tuple[int, ...]) -> bool:
    size = p.values.size
    fits = size == p.pattern.size((shape[0], shape[1])) and exact(p.values)
    return fits and _possible(p.pattern, (shape[0], shape[1]))


def _possible(pattern: Pattern, shape: Shape) -> bool:
    """Whether the format writes such a pattern for a layer of that shape."""
    if type(pattern) is Hashed:
        known = 0 <= pattern.seed < 2**32 and 1 <= pattern.hashes <= MAX_HASHES
    else:
        known = type(pattern) is Diagonals and 1 <= pattern.block <= max(shape)
    return known and 1 <= pattern.size(shape) <= shape[0] * shape[1]


def _tied(stream: Stream, given: Structure | None, shape: Shape) -> Tied:
    """Which pattern, its integers, and as many values as it takes.

    Raises:
        ValueError: if the stream names an impossible one.
    """
    p = given if isinstance(given, Tied) else None
    pattern = _pattern(stream, p.pattern if p else None)
    if not _possible(pattern, shape):
        raise ValueError(f"the code names {pattern} for a layer of shape {shape}")
    row = None if p is None else p.values[None]
    values = code_array(stream, row, (1, pattern.size(shape)), False)
    return Tied(pattern=pattern, values=values[0])


def _pattern(stream: Stream, given: Pattern | None) -> Pattern:
    """Two bits for the kind, then its integers.

    Raises:
        ValueError: if the stream names none.
    """
    kind = _HASHED
    if isinstance(given, Diagonals):
        kind = _CIRCULANT if given.wrap else _TOEPLITZ
    kind = stream.bits(kind, 2)
    if kind == _HASHED:
        hashed = given if isinstance(given, Hashed) else None
        return Hashed(
            seed=stream.bits(hashed.seed if hashed else 0, 32),
            hashes=stream.bits(hashed.hashes - 1 if hashed else 0, 4) + 1,
            buckets=stream.positive(hashed.buckets if hashed else 1),
        )
    if kind in (_CIRCULANT, _TOEPLITZ):
        block = stream.positive(given.block if isinstance(given, Diagonals) else 1)
        return Diagonals(block=block, wrap=kind == _CIRCULANT)
    raise ValueError("the code names a pattern of tied weights that there is not")


KINDS: tuple[
    tuple[type[Any], Callable[[Stream, Structure | None, Shape], Structure]], ...
] = ((Projection, _projection), (LowRank, _low_rank), (Tied, _tied))
"""In the order of their numbers in the stream, which never change."""
