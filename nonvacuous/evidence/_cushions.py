"""What the noise-stability bound of Arora et al. asks of a net and a sample."""

import math
from dataclasses import dataclass
from operator import index

from nonvacuous.evidence._checks import set_counts
from nonvacuous.evidence._origin import Origin

__all__ = ["CushionFit"]

_MOST_GRID = 500  # 2^-500 is as good as 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CushionFit:
    """Cushions, contraction and smoothness of a net without biases on a sample.

    Attributes:
        margin_errors: rows on which the original net's margin is at most sqrt(2)
            epsilon max ||f(x)||.
        trials: rows of the sample.
        measured: rows that the cushions, the contraction and the smoothness are worst
            cases of.
        grid_index: j of epsilon = 2^-j, the relative error asked of the compression.
        widths: units of each layer, input first, constants counted.
        layer_cushions: mu_i of each layer, rounded down.
        onward_cushions: mu_i-> of each layer, rounded down, its 1 / sqrt(h_i) included.
        contraction: c of the activations, rounded up, at least 1.
        smoothness: the least rho seen, rounded down.
        smoothness_delta: probability that another compression is less smooth; 0 if rho
            was measured at the points of the very compression.
        projection_delta: probability spent on the random projections.
        seeds: helper strings that were tried, of a list fixed beforehand.
    """

    margin_errors: int
    trials: int
    measured: int
    grid_index: int
    widths: tuple[int, ...]
    layer_cushions: tuple[float, ...]
    onward_cushions: tuple[float, ...]
    contraction: float
    smoothness: float
    smoothness_delta: float
    projection_delta: float
    seeds: int = 1
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self, "margin_errors", "trials")
        for name, least, most in (
            ("measured", 1, self.trials),
            ("grid_index", 0, _MOST_GRID),
            ("seeds", 1, 2**64),
        ):
            value = index(getattr(self, name))
            object.__setattr__(self, name, value)
            if not least <= value <= most:
                raise ValueError(f"{name} must lie in [{least}, {most}], got {value}")
        widths = tuple(map(index, self.widths))
        object.__setattr__(self, "widths", widths)
        if len(widths) < 2 or min(widths) < 1:
            raise ValueError(
                f"widths must be two or more numbers of units, got {widths}"
            )
        for name in ("layer_cushions", "onward_cushions"):
            object.__setattr__(self, name, tuple(map(float, getattr(self, name))))
        self._check_cushions("layer_cushions", (1.0,) * len(widths[1:]))
        self._check_cushions("onward_cushions", tuple(h**-0.5 for h in widths[1:]))
        for name, low, high in (
            ("contraction", 1.0, math.inf),
            ("smoothness", 0.0, math.inf),
            ("smoothness_delta", 0.0, 1.0),
            ("projection_delta", 0.0, 1.0),
        ):
            number: float = getattr(self, name)
            if not low <= number <= high:
                raise ValueError(f"{name} must lie in [{low}, {high}], got {number}")
        if self.projection_delta == 0:
            raise ValueError("projection_delta must be above 0, got 0")

    def _check_cushions(self, name: str, most: tuple[float, ...]) -> None:
        values: tuple[float, ...] = getattr(self, name)
        if len(values) != len(most):
            raise ValueError(
                f"{name} must be one number for each of {len(most)} layers, got"
                f" {len(values)}"
            )
        for i, (value, top) in enumerate(zip(values, most, strict=True), 1):
            if not 0 <= value <= top * (1 + 1e-12):
                raise ValueError(
                    f"{name} must lie in [0, {top:.6g}] for layer {i}, got {value}"
                )
