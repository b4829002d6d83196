"""Pruning by magnitude: of single weights, and of whole hidden units."""

from dataclasses import dataclass, replace

import numpy as np

from nonvacuous.compression._base import Compressor
from nonvacuous.compression._layerwise import check_keep
from nonvacuous.nets import Floats, Layer, Network

__all__ = [
    "LayerMagnitudePruning",
    "MagnitudePruning",
    "RowMagnitudePruning",
    "UnitPruning",
    "narrowed",
]


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
class LayerMagnitudePruning(Compressor):
    """Keep the largest weights of every layer, as they are: each the same share.

    Biases are kept.  Of equal weights those that come first, row by row, are kept.

    Attributes:
        keep: share of each layer's weights to keep, in (0, 1], rounded to whole
            weights, at least one.

    Source: Han et al. 2015, who set a threshold for each layer (recalled).
    """

    keep: float

    def __post_init__(self) -> None:
        check_keep(self.keep)

    def apply(self, network: Network) -> Network:
        """The pruned net, as a step of a pipeline."""
        return _pruned(network, self.keep, by_row=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMagnitudePruning(Compressor):
    """Keep the largest weights of every neuron, as they are: each the same share.

    Biases are kept.  Of equal weights those that come first are kept.

    Attributes:
        keep: share of each neuron's incoming weights to keep, in (0, 1], rounded to
            whole weights, at least one.

    Source: derived from Han et al. 2015, a neuron at a time.
    """

    keep: float

    def __post_init__(self) -> None:
        check_keep(self.keep)

    def apply(self, network: Network) -> Network:
        """The pruned net, as a step of a pipeline."""
        return _pruned(network, self.keep, by_row=True)


def _pruned(network: Network, keep: float, *, by_row: bool) -> Network:
    """Each row's, or each layer's, largest weights: of equal ones the first."""
    layers = []
    for layer in network.layers:
        groups = layer.weight if by_row else layer.weight.reshape(1, -1)
        count = max(1, round(keep * groups.shape[1]))
        chosen = np.argsort(-np.abs(groups), axis=1, kind="stable")[:, :count]
        small = np.zeros_like(groups)
        values = np.take_along_axis(groups, chosen, axis=1)
        np.put_along_axis(small, chosen, values, axis=1)
        small = small.reshape(layer.weight.shape)
        layers.append(Layer(weight=small, bias=layer.bias))
    return replace(network, layers=tuple(layers))


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
        for i in range(len(network.layers) - 1):
            here, after = network.layers[i], network.layers[i + 1]
            score = np.linalg.norm(here.weight, axis=1)
            score = score * np.linalg.norm(after.weight, axis=0)
            count = min(score.size, max(self.least, round(self.keep * score.size)))
            network = narrowed(network, i, score, count)
        return network


def narrowed(network: Network, i: int, score: Floats, count: int) -> Network:
    """A net whose layer i has fewer neurons, which layer i + 1 no longer reads.

    Args:
        network: the net.
        i: index of a hidden layer.
        score: of its neurons.
        count: how many to keep: those of largest score, of equal ones the first.

    Returns:
        The narrower net; neurons keep their order.
    """
    kept = np.sort(np.argsort(-score, kind="stable")[:count])
    layers = list(network.layers)
    here, after = layers[i], layers[i + 1]
    bias = None if here.bias is None else here.bias[kept]
    layers[i] = Layer(weight=here.weight[kept], bias=bias)
    layers[i + 1] = Layer(weight=after.weight[:, kept], bias=after.bias)
    return replace(network, layers=tuple(layers))
