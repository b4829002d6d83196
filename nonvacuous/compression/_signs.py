"""Helper matrices of signs from a seed, and the layers that their sums make.

The bits are raw Philox output turned into signs by our own lines, so that a code
decodes for ever.
"""

from collections.abc import Iterator

import numpy as np

from nonvacuous.nets import Floats, Layer, Projection

__all__ = ["rebuild", "sign_rows"]

_CHUNK_ENTRIES = 1 << 23  # signs held at once: 64 MiB as float64


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


def rebuild(projection: Projection, *, layer: int, shape: tuple[int, ...]) -> Layer:
    """The layer that a projection names: integer sums, then one scale, so exact."""
    t = projection.coefficients
    total = np.zeros(int(np.prod(shape)))
    start = 0
    for signs in sign_rows(projection.seed, layer, total.size, t.size):
        total += t[start : start + len(signs)].astype(float) @ signs
        start += len(signs)
    factor = projection.scale * 2.0 ** (1 - projection.bits) / t.size
    weight = (total * factor).astype(np.float32).astype(np.float64)
    return Layer(weight=weight.reshape(shape), bias=None, projection=projection)
