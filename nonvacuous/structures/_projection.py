r"""A matrix as a few coefficients of seeded matrices of signs.

The bits are raw Philox output turned into signs by our own lines, so that a code
decodes for ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous.structures._base import Floats, single

__all__ = ["Projection", "sign_rows"]

_CHUNK_ENTRIES = 1 << 19  # signs held at once, so that they stay in cache: 4 MiB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    r"""A weight matrix named by coefficients of seeded sign matrices.

    :math:`W = \frac{s\,2^{1-b}}{k} \sum_l t_l M_l`, see
    :mod:`nonvacuous.compression.projection`.
    """

    seed: int
    bits: int
    scale: float
    coefficients: NDArray[np.int64]

    @property
    def numbers(self) -> int:
        """Coefficients."""
        return self.coefficients.size

    def rebuild(self, *, layer: int, shape: tuple[int, int]) -> Floats:
        """The matrix: integer sums, then one scale, so exact."""
        t = self.coefficients
        total = np.zeros(int(np.prod(shape)))
        start = 0
        for signs in sign_rows(self.seed, layer, total.size, t.size):
            total += t[start : start + len(signs)].astype(float) @ signs
            start += len(signs)
        factor = self.scale * 2.0 ** (1 - self.bits) / t.size
        return single(total * factor).reshape(shape)


def sign_rows(seed: int, layer: int, size: int, rows: int) -> Iterator[Floats]:
    """Rows of +-1 in chunks, the same for ever: raw Philox bits, lowest bit first.

    Args:
        seed: names the helper matrices, 0 to 2^32 - 1.
        layer: index of the layer, so that layers differ.
        size: entries of a row.
        rows: how many rows in all.

    Yields:
        Arrays (some rows, size) of -1.0 and 1.0.
    """
    words = -(-size // 64)
    generator = np.random.Philox(key=[seed, layer])
    step = max(1, _CHUNK_ENTRIES // size)
    for start in range(0, rows, step):
        count = min(step, rows - start)
        raw = generator.random_raw(count * words).astype("<u8").reshape(count, words)
        bits = np.unpackbits(raw.view(np.uint8), axis=1, bitorder="little")
        yield bits[:, :size].astype(np.float64) * 2.0 - 1.0
