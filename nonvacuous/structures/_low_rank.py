r"""A matrix as a product of two thin ones, with or without a sparse remainder.

Factors lie on grids so coarse that every partial sum of their product is an integer
multiple of one step below :math:`2^{53}` of them: the product is exact in float64, in
whatever order it is summed, so all machines rebuild the same matrix.
"""

import math
from dataclasses import dataclass

import numpy as np

from nonvacuous.structures._base import Floats, single

__all__ = ["LowRank", "factor_bits", "on_grid"]

_CHUNK = 1 << 17  # entries whose integers are held at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LowRank:
    r"""A weight matrix :math:`W = U V + R`, rounded once.

    Attributes:
        left: U, (outputs, rank).
        right: V, (rank, inputs).
        rest: R, (outputs, inputs), sparse; or none.

    Raises:
        ValueError: if the product of the factors is not exact in float64.
    """

    left: Floats
    right: Floats
    rest: Floats | None = None

    def __post_init__(self) -> None:
        if self.left.shape[1] != self.right.shape[0]:
            raise ValueError(
                f"left must have as many columns as right has rows, got"
                f" {self.left.shape} and {self.right.shape}"
            )
        (m, one), (n, other) = _integers(self.left), _integers(self.right)
        largest = m * n * self.left.shape[1]
        if not (largest < 2.0**53 and -1000 < one + other < 900):
            raise ValueError("left @ right must be exact in float64: see on_grid")

    @property
    def numbers(self) -> int:
        """Entries of both factors that are not zero, and of the remainder."""
        parts = (self.left, self.right, self.rest)
        return sum(int(np.count_nonzero(a)) for a in parts if a is not None)

    def rebuild(self, *, layer: int, shape: tuple[int, int]) -> Floats:
        """The matrix: an exact product, then one sum and one rounding."""
        product: Floats = self.left @ self.right
        if self.rest is not None:
            product = product + self.rest
        return single(product)


def factor_bits(rank: int) -> int:
    """Bits of a factor's integers at which products of that rank are exact.

    At most 24, so that float32 holds them too.

    >>> factor_bits(100)
    23
    """
    return min(24, (53 - math.ceil(math.log2(max(rank, 1)))) // 2)


def on_grid(factor: Floats, bits: int) -> Floats:
    """The factor as integers below ``2^bits`` in size, times a power of two.

    Args:
        factor: any shape.
        bits: from 1.

    Returns:
        The nearest such multiples of the finest step that holds the largest entry, and
        that float32 has: 2^-149.
    """
    largest = float(np.abs(factor).max(initial=0.0))
    if largest == 0:
        return factor
    step = 2.0 ** max(math.frexp(largest)[1] - bits, -149)
    limit = 2.0**bits - 1
    return np.clip(np.rint(factor / step), -limit, limit) * step + 0.0


def _integers(array: Floats) -> tuple[float, int]:
    """The largest size of the integers that an array holds, and the exponent of one.

    Exact, without a logarithm: machines must agree on what may be decoded.
    """
    flat, largest, step = array.ravel(), 0.0, None
    for start in range(0, flat.size, _CHUNK):
        live = np.abs(flat[start : start + _CHUNK])
        live = live[live > 0]
        if live.size:
            mantissas, exponents = np.frexp(live)
            integers = (mantissas * 2.0**53).astype(np.int64)
            lowest = (integers & -integers).astype(np.float64)  # powers of two
            trailing = np.frexp(lowest)[1] - 54
            found = int((exponents + trailing).min())
            step = found if step is None else min(step, found)
            largest = max(largest, float(live.max()))
    if step is None:
        return 0.0, 0
    with np.errstate(over="ignore"):
        return float(np.ldexp(largest, -step)), step
