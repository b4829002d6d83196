r"""A matrix whose entries share their weights: few values, in fixed places.

:math:`W_{ij} = \sum_t s_t(i,j)\, v_{h_t(i,j)}`: the places :math:`h_t` and the signs
:math:`s_t` are a function of a few integers, which a :class:`Pattern` holds.  Sums run
over t in order, entry by entry, in float64, and are rounded once to float32, so all
machines rebuild the same matrix.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nonvacuous.structures._base import Floats, single

__all__ = ["Diagonals", "Hashed", "Pattern", "Tied", "gathered"]

_CHUNK = 1 << 17  # entries whose places are held at once, so that they stay in cache

Shape = tuple[int, int]
Places = tuple[slice, Floats, NDArray[np.int64]]
"""Some entries of the flat matrix, their signs, and the indices of their values."""


class Pattern(Protocol):
    """A few integers, and what they say about a matrix of any shape."""

    def size(self, shape: Shape) -> int:
        """How many values it takes; some may be in no place."""

    def places(self, *, layer: int, shape: Shape) -> Iterator[Places]:
        """For t = 0, 1, ...: every entry's sign and value, in chunks of entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashed:
    """Entries in buckets by hash functions, from raw Philox bits.

    Word ``t * entries + j`` of the layer's stream is what hash t says about entry j:
    its lowest bit is the sign (0 for +), the others, modulo ``buckets``, the bucket.
    Every hash has buckets of its own.

    Attributes:
        seed: 0 to 2^32 - 1; with the layer's index it is Philox' key.
        hashes: how many, from 1.
        buckets: of each hash, from 1.
    """

    seed: int
    hashes: int
    buckets: int

    def size(self, shape: Shape) -> int:
        """Buckets of all hashes together."""
        return self.hashes * self.buckets

    def places(self, *, layer: int, shape: Shape) -> Iterator[Places]:
        """Two random numbers for each entry and hash."""
        entries = shape[0] * shape[1]
        generator = np.random.Philox(key=[self.seed, layer])
        for t in range(self.hashes):
            for start in range(0, entries, _CHUNK):
                part = slice(start, min(start + _CHUNK, entries))
                words = generator.random_raw(part.stop - part.start)
                signs = 1.0 - 2.0 * (words & np.uint64(1)).astype(np.float64)
                buckets = (words >> np.uint64(1)) % np.uint64(self.buckets)
                yield part, signs, buckets.astype(np.int64) + t * self.buckets


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagonals:
    r"""Square blocks, each constant along its diagonals.

    Blocks at the right and lower edges are cut off.  Values are stored block by block,
    row of blocks by row of blocks.

    Attributes:
        block: p, rows and columns of a block, from 1.
        wrap: whether diagonals go on at the other side, which makes blocks circulant:
            entry (i, j) of a block is its value number :math:`(i - j) \bmod p`;
            else blocks are Toeplitz: it is value number :math:`i - j + p - 1`.
    """

    block: int
    wrap: bool

    def size(self, shape: Shape) -> int:
        """Diagonals of all blocks, those of the part that is cut off among them."""
        return -(-shape[0] // self.block) * -(-shape[1] // self.block) * self.each

    @property
    def each(self) -> int:
        """Diagonals of one block."""
        return self.block if self.wrap else 2 * self.block - 1

    def places(self, *, layer: int, shape: Shape) -> Iterator[Places]:
        """One value for each entry, all signs +."""
        p, (rows, columns) = self.block, shape
        across = -(-columns // p)
        j = np.arange(columns)
        step = max(1, _CHUNK // columns)
        for start in range(0, rows, step):
            i = np.arange(start, min(start + step, rows))[:, None]
            offset = i % p - j % p
            offset = offset % p if self.wrap else offset + p - 1
            index = ((i // p * across + j // p) * self.each + offset).ravel()
            part = slice(start * columns, start * columns + index.size)
            yield part, np.ones(index.size), index


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tied:
    """A weight matrix named by a pattern and its values.

    Attributes:
        pattern: where each value stands.
        values: v, one for each place that the pattern counts.

    Raises:
        ValueError: if a value is not finite.
    """

    pattern: Pattern
    values: Floats

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or not np.isfinite(self.values).all():
            raise ValueError("values must be a vector of finite numbers")

    @property
    def numbers(self) -> int:
        """Values that are not zero."""
        return int(np.count_nonzero(self.values))

    def rebuild(self, *, layer: int, shape: Shape) -> Floats:
        """The matrix: sums over t in order, then one rounding.

        Raises:
            ValueError: if there are more or fewer values than the pattern takes.
        """
        if self.values.size != self.pattern.size(shape):
            raise ValueError(
                f"values must be {self.pattern.size(shape)} for a layer of shape"
                f" {shape}, got {self.values.size}"
            )
        total = np.zeros(shape[0] * shape[1])
        for part, signs, index in self.pattern.places(layer=layer, shape=shape):
            total[part] += signs * self.values[index]
        return single(total).reshape(shape)


def gathered(
    pattern: Pattern, weight: Floats, *, layer: int
) -> tuple[Floats, NDArray[np.int64]]:
    """The transpose of rebuilding: signed sums over the places of each value.

    Args:
        pattern: of the matrix.
        weight: (outputs, inputs).
        layer: index of the layer.

    Returns:
        The sums, and the numbers of their terms, one for each value.
    """
    rows, columns = weight.shape
    shape, flat = (rows, columns), weight.ravel()
    size = pattern.size(shape)
    sums, terms = np.zeros(size), np.zeros(size, np.int64)
    for part, signs, index in pattern.places(layer=layer, shape=shape):
        sums += np.bincount(index, signs * flat[part], size)
        terms += np.bincount(index, minlength=size)
    return sums, terms
