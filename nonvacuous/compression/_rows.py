"""Rows of a sample as a compressor's setting: named by digest in its ``repr``."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous.data import Sample

__all__ = ["Rows"]


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
