r"""Whole neurons and inputs removed, under an exact budget of weights.

Removing a hidden neuron removes a row of one layer and a column of the next.  All
layers keep the same share of their neurons: the largest for which the weights that are
left, :math:`\sum_l c_{l-1} c_l` with widths c, are at most the budget.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._base import Compressor
from nonvacuous.compression._layerwise import check_keep, numbers_for
from nonvacuous.compression.pruning import narrowed
from nonvacuous.nets import Layer, Network

__all__ = ["ColumnPruning", "RowPruning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPruning(Compressor):
    r"""Remove the hidden neurons whose incoming weights have the smallest norms.

    Norms are Euclidean, of the rows of the original net.  Every hidden layer keeps the
    same share of its neurons, at least one; of equal ones the first.  Biases of
    neurons that stay are kept.

    Attributes:
        keep: weights left over weights, in (0, 1]: at or just below it, unless one
            neuron a layer is more.

    Source: the groups of Wen et al. 2016 and the ranking by the norm of incoming
    weights of Li et al. 2017 (both recalled), without retraining.
    """

    keep: float

    def __post_init__(self) -> None:
        check_keep(self.keep)

    def apply(self, network: Network) -> Network:
        """The narrower net, as a step of a pipeline."""
        widths = _widths(network, self.keep, fixed=[0, len(network.sizes) - 1])
        scores = [np.linalg.norm(layer.weight, axis=1) for layer in network.layers]
        for i, count in enumerate(widths[1:-1]):
            network = narrowed(network, i, scores[i], int(count))
        return network


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPruning(Compressor):
    r"""Remove the inputs of layers whose outgoing weights have the smallest norms.

    Norms are Euclidean, of the columns of the original net.  Every layer keeps the
    same share of its inputs, at least one; of equal ones the first.  A hidden neuron
    that is no longer read is removed with its incoming weights and its bias; an input
    feature stays, with weights of zero.

    Attributes:
        keep: weights left over weights, in (0, 1]: at or just below it, unless one
            input a layer is more.

    Source: the groups of Wen et al. 2016 (recalled), without retraining.
    """

    keep: float

    def __post_init__(self) -> None:
        check_keep(self.keep)

    def apply(self, network: Network) -> Network:
        """The narrower net, as a step of a pipeline."""
        widths = _widths(network, self.keep, fixed=[len(network.sizes) - 1])
        scores = [np.linalg.norm(layer.weight, axis=0) for layer in network.layers]
        for i, count in enumerate(widths[1:-1]):
            network = narrowed(network, i, scores[i + 1], int(count))
        first = network.layers[0]
        unread = np.argsort(-scores[0], kind="stable")[widths[0] :]
        weight = first.weight.copy()
        weight[:, unread] = 0.0
        layers = (Layer(weight=weight, bias=first.bias), *network.layers[1:])
        return replace(network, layers=layers)


def _widths(network: Network, keep: float, fixed: list[int]) -> NDArray[np.int64]:
    """Widths of all layers, inputs first: the widest that are within the budget."""
    sizes = np.array(network.sizes)
    budget = numbers_for(keep, int((sizes[1:] * sizes[:-1]).sum()))
    shares = np.unique(np.concatenate([np.arange(1, n + 1) / n for n in sizes]))
    # a share i / n times n may fall below i in floats
    widths = np.maximum(1, np.floor(np.outer(shares, sizes) + 1e-6).astype(np.int64))
    widths[:, fixed] = sizes[fixed]
    weights = (widths[:, 1:] * widths[:, :-1]).sum(axis=1)
    within = np.flatnonzero(weights <= budget)
    found: NDArray[np.int64] = widths[within[-1] if within.size else 0]
    return found
