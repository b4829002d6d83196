"""Few levels a layer, by k-means on the weights alone."""

from dataclasses import dataclass

import numpy as np

from nonvacuous.compression.quantizers._base import Quantizer
from nonvacuous.compression.quantizers._kernels import optimal_levels
from nonvacuous.compression.quantizers._levels import (
    lloyd,
    nearest,
    on_levels,
    storable,
)
from nonvacuous.nets import Floats, Network

__all__ = ["OptimalQuantization", "Quantization", "WeightSharing"]


def _check(levels: int) -> None:
    if levels < 1:
        raise ValueError(f"levels must be at least 1, got {levels}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization(Quantizer):
    """Round each layer's non-zero weights to a few float16 levels, by k-means.

    Attributes:
        levels: how many values a layer's non-zero weights take at most.
        bias_exponent: biases become multiples of ``2^-bias_exponent``.

    Source: weight sharing of Han et al. 2016, Lloyd's iterations from quantiles.
    """

    levels: int
    bias_exponent: int = 3

    def __post_init__(self) -> None:
        _check(self.levels)

    def apply(self, network: Network) -> Network:
        """The quantised net, as a step of a pipeline."""
        return on_levels(network, self._rounded, self.bias_exponent)

    def _rounded(self, layer: int, values: Floats) -> Floats:
        middles = (np.arange(self.levels) + 0.5) / self.levels * values.size
        book = np.sort(values)[middles.astype(int)]
        return nearest(values, storable(lloyd(values, book)))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSharing(Quantizer):
    """Round to a few float16 levels, by Lloyd's iterations from equally spaced ones.

    Large weights are few, and levels that start equally spaced stay near them, where
    levels that start from quantiles leave; the sum of squares is often larger.

    Attributes:
        levels: how many values a layer's non-zero weights take at most.
        bias_exponent: biases become multiples of ``2^-bias_exponent``; None leaves
            them as they are.

    Source: linear initialisation of Han et al. 2016 (recalled).
    """

    levels: int
    bias_exponent: int | None = None

    def __post_init__(self) -> None:
        _check(self.levels)

    def apply(self, network: Network) -> Network:
        """The quantised net, as a step of a pipeline."""
        return on_levels(network, self._rounded, self.bias_exponent)

    def _rounded(self, layer: int, values: Floats) -> Floats:
        book = np.linspace(values.min(), values.max(), self.levels)
        return nearest(values, storable(lloyd(values, book, rounds=300)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimalQuantization(Quantizer):
    """Round to the float16 levels of the least sum of squares: exact k-means.

    Before levels are rounded to float16 no choice of so many levels is nearer to a
    layer's weights in the Euclidean norm, up to float64's rounding.

    Attributes:
        levels: how many values a layer's non-zero weights take at most.
        bias_exponent: biases become multiples of ``2^-bias_exponent``; None leaves
            them as they are.

    Source: Gronlund et al. 2017 (recalled), in n log n steps a level.
    """

    levels: int
    bias_exponent: int | None = None

    def __post_init__(self) -> None:
        _check(self.levels)

    def apply(self, network: Network) -> Network:
        """The quantised net, as a step of a pipeline."""
        return on_levels(network, self._rounded, self.bias_exponent)

    def _rounded(self, layer: int, values: Floats) -> Floats:
        return nearest(values, storable(optimal_levels(values, self.levels)))
