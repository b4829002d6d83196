"""What every structure is."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Structure", "names", "single"]

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


def names(structure: Structure, weight: Floats, *, layer: int) -> bool:
    """Whether a structure names this very weight, as the `layer`-th of its net."""
    outputs, inputs = weight.shape
    try:
        again = structure.rebuild(layer=layer, shape=(outputs, inputs))
    except ValueError:  # it names no weight of that shape
        return False
    return np.array_equal(again, weight)
