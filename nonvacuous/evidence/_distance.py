"""A compressed net that stays close to the original wherever data may lie."""

import math
import struct
from dataclasses import dataclass
from operator import index

from nonvacuous.evidence._checks import set_counts
from nonvacuous.evidence._origin import Origin

__all__ = ["DistanceFit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceFit:
    """Margin errors of a coded net, and how far the original can be from it.

    Attributes:
        margin_errors: rows on which the coded net's margin is at most ``margin``.
        trials: rows looked at.
        bits: length of the coded net's code, without the margin.
        margin: theta, a float32, which 32 further bits name.
        distance: beta, such that no difference of two outputs changes by more than
            sqrt(2) beta anywhere in the domain; a bound on ||f(x) - g(x)||_2 is one.
    """

    margin_errors: int
    trials: int
    bits: int
    margin: float
    distance: float
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self, "margin_errors", "trials")
        object.__setattr__(self, "bits", index(self.bits))
        if self.bits < 0:
            raise ValueError(f"bits must be at least 0, got {self.bits}")
        if not 0 <= self.distance <= math.inf:
            raise ValueError(f"distance must be at least 0, got {self.distance}")
        if not 0 <= self.margin < 2.0**127 or self.margin != _single(self.margin):
            raise ValueError(
                f"margin must be a float32 in [0, 2^127), got {self.margin}"
            )


def _single(value: float) -> float:
    (single,) = struct.unpack("<f", struct.pack("<f", value))
    return float(single)
