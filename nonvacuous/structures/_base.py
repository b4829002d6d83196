"""What every structure is."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Structure", "single"]

Floats = NDArray[np.float64]


class Structure(Protocol):
    """A frozen dataclass that names a weight matrix, the same bits for ever.

    A net's weights are always the rounded, rebuilt ones, so that whoever decodes a
    structure evaluates the very net that was certified.
    """

    @property
    def numbers(self) -> int:
        """How many numbers it stores."""

    def rebuild(self, *, layer: int, shape: tuple[int, int]) -> Floats:
        """The matrix of `shape` (outputs, inputs), as the `layer`-th of its net."""


def single(array: Floats) -> Floats:
    """Rounded to float32, kept as float64; infinite where float32 ends."""
    with np.errstate(over="ignore"):
        return array.astype(np.float32).astype(np.float64)
