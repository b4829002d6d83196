"""Pruning by magnitude: of weights, and of whole hidden units."""

from dataclasses import dataclass, replace

import numpy as np

from nonvacuous.compression._base import Compressor
from nonvacuous.nets import Layer, Network

__all__ = ["MagnitudePruning", "UnitPruning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MagnitudePruning(Compressor):
    """Keep the largest weights of the whole net, as they are.

    Biases are kept.  Of equal weights at the threshold all are kept.

    Attributes:
        keep: share of the net's weights to keep, in (0, 1].
        count: how many weights to keep instead, at least 1.

    Source: Han et al. 2015.
    """

    keep: float | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        if (self.keep is None) == (self.count is None):
            raise ValueError("MagnitudePruning needs either keep or count")
        if self.keep is not None and not 0 < self.keep <= 1:
            raise ValueError(f"keep must lie in (0, 1], got {self.keep}")
        if self.count is not None and self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}")

    def apply(self, network: Network) -> Network:
        """The pruned net, as a step of a pipeline."""
        sizes = np.concatenate([np.abs(a.weight).ravel() for a in network.layers])
        wanted = self.count or round((self.keep or 1.0) * sizes.size)
        count = max(1, min(sizes.size, wanted))
        threshold = np.partition(sizes, sizes.size - count)[sizes.size - count]
        layers = tuple(
            Layer(
                weight=np.where(np.abs(a.weight) >= threshold, a.weight, 0.0),
                bias=a.bias,
            )
            for a in network.layers
        )
        return replace(network, layers=layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPruning(Compressor):
    """Keep the hidden units whose incoming and outgoing norms have large products.

    Attributes:
        keep: share of each hidden layer to keep, in (0, 1].
        least: units to keep at least, where a layer has so many.

    Source: structured pruning by norms, as in Li et al. 2017.
    """

    keep: float
    least: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.keep <= 1 or self.least < 1:
            raise ValueError(
                f"keep must lie in (0, 1] and least be at least 1, got {self.keep},"
                f" {self.least}"
            )

    def apply(self, network: Network) -> Network:
        """The narrower net, as a step of a pipeline."""
        layers = list(network.layers)
        for i in range(len(layers) - 1):
            here, after = layers[i], layers[i + 1]
            score = np.linalg.norm(here.weight, axis=1)
            score = score * np.linalg.norm(after.weight, axis=0)
            count = min(score.size, max(self.least, round(self.keep * score.size)))
            kept = np.sort(np.argsort(-score, kind="stable")[:count])
            bias = None if here.bias is None else here.bias[kept]
            layers[i] = Layer(weight=here.weight[kept], bias=bias)
            layers[i + 1] = Layer(weight=after.weight[:, kept], bias=after.bias)
        return replace(network, layers=tuple(layers))
