"""Errors of a net, and the architecture that it was chosen from."""

import itertools
from dataclasses import dataclass
from operator import index

from nonvacuous.evidence._checks import set_counts
from nonvacuous.evidence._origin import Origin

__all__ = ["ArchitectureFit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchitectureFit:
    """Errors of one net among all that its architecture holds.

    Attributes:
        errors: rows that the net gets wrong; ties count as errors.
        trials: rows looked at.
        sizes: neurons of each layer, input first and outputs last.
        biases: whether every unit has a bias.
        precision: bits of one parameter.
    """

    errors: int
    trials: int
    sizes: tuple[int, ...]
    biases: bool = True
    precision: int = 32
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        sizes = tuple(index(size) for size in self.sizes)
        object.__setattr__(self, "sizes", sizes)
        if len(sizes) < 2 or min(sizes) < 1 or sizes[-1] < 2:
            raise ValueError(
                "sizes must be at least two layers of at least 1 neuron, with at least"
                f" 2 outputs, got {sizes}"
            )
        if index(self.precision) < 1:
            raise ValueError(f"precision must be at least 1, got {self.precision}")

    @property
    def parameters(self) -> tuple[int, ...]:
        """Weights and biases of each layer, first to last."""
        pairs = itertools.pairwise(self.sizes)
        return tuple((inputs + self.biases) * outputs for inputs, outputs in pairs)
