"""Rows of a sample as a compressor's setting: named by digest in its ``repr``."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._errors import CompressionError
from nonvacuous.data import Sample
from nonvacuous.nets import Network

__all__ = ["Rows", "check_rows"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rows:
    """Inputs `x` (n, ...), labels `y` (n,), and the digest that stands for both."""

    x: NDArray[np.floating]
    y: NDArray[np.int64]
    digest: str

    @classmethod
    def of(cls, sample: Sample) -> "Rows":
        """The rows of a sample."""
        return cls(sample.x, sample.y, sample.digest)

    def __repr__(self) -> str:
        return f"Rows({len(self.x)}, {self.digest[:12]!r})"


def check_rows(network: Network, rows: Rows) -> None:
    """Refuse rows that the net cannot take.

    Raises:
        CompressionError: if there are none, or they have other features.
    """
    features = math.prod(rows.x.shape[1:])
    if features != network.sizes[0]:
        raise CompressionError(
            f"the net takes {network.sizes[0]} inputs, the rows have {features}"
        )
    if len(rows.x) == 0:
        raise CompressionError("rows must hold at least one row, got 0")
