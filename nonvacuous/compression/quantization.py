"""Few levels a layer, by k-means on the weights alone."""

from dataclasses import dataclass, replace

import numpy as np

from nonvacuous.compression._base import Compressor
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["Quantization"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization(Compressor):
    """Round each layer's non-zero weights to a few float16 levels, by k-means.

    Attributes:
        levels: how many values a layer's non-zero weights take at most.
        bias_exponent: biases become multiples of ``2^-bias_exponent``.

    Source: weight sharing of Han et al. 2016, Lloyd's iterations from quantiles.
    """

    levels: int
    bias_exponent: int = 3

    def __post_init__(self) -> None:
        if self.levels < 1:
            raise ValueError(f"levels must be at least 1, got {self.levels}")

    def apply(self, network: Network) -> Network:
        """The quantised net, as a step of a pipeline."""
        layers = []
        step = 2.0**-self.bias_exponent
        for layer in network.layers:
            weight = layer.weight.copy()
            live = weight != 0
            weight[live] = _nearest(weight[live], self.levels)
            bias = layer.bias
            if bias is not None:
                bias = np.rint(bias / step) * step + 0.0
            layers.append(Layer(weight=weight, bias=bias))
        return replace(network, layers=tuple(layers), double=False)


def _nearest(values: Floats, levels: int) -> Floats:
    """Each value's level after Lloyd's iterations; no level is zero."""
    if values.size == 0:
        return values
    ordered = np.sort(values)
    book = ordered[((np.arange(levels) + 0.5) / levels * values.size).astype(int)]
    for _ in range(30):
        index = np.searchsorted((book[1:] + book[:-1]) / 2, values)
        sums = np.bincount(index, values, levels)
        sizes = np.bincount(index, minlength=levels)
        moved = np.sort(np.where(sizes > 0, sums / np.maximum(sizes, 1), book))
        if (moved == book).all():
            break
        book = moved
    book = np.clip(book, -65504.0, 65504.0).astype(np.float16).astype(np.float64)
    book[book == 0] = 2.0**-24  # a kept edge stays an edge
    book = np.sort(book)
    return book[np.searchsorted((book[1:] + book[:-1]) / 2, values)]
