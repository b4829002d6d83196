r"""Optimal brain damage: prune by the second derivatives of the training loss.

Removing weight k moves the loss by :math:`h_{kk} w_k^2 / 2` where the net is at a
minimum and the Hessian is diagonal.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nonvacuous._counting import check_fits
from nonvacuous.compression._activations import layer_inputs
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._rows import Rows
from nonvacuous.compression._supports import budget, largest
from nonvacuous.compression.second_order._layerwise import check_settings
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["OptimalBrainDamage", "curvatures"]

_CHUNK = 4096  # rows whose activations are held at once


def curvatures(network: Network, x: NDArray[np.floating]) -> list[Floats]:
    r"""The diagonal of the Hessian of the mean cross-entropy, by a backward recursion.

    With a what enters a layer, z what leaves it before the ReLU and p the softmax,

    .. math::
        \frac{\partial^2 E}{\partial w_{ij}^2} =
            \frac{\partial^2 E}{\partial z_i^2} a_j^2, \qquad
        \frac{\partial^2 E}{\partial z_i^2} = [z_i > 0]
            \sum_l w_{li}^2 \frac{\partial^2 E}{\partial z_l^2}, \qquad
        \frac{\partial^2 E}{\partial z_l^2} = p_l (1 - p_l)

    for a hidden and for an output neuron.  Off-diagonal second derivatives within a
    layer are left out, so it is exact for the last layer, and further back where each
    hidden neuron feeds a single other one.  It does not depend on the labels.

    Args:
        network: the net.
        x: rows (n, ...).

    Returns:
        One matrix (outputs, inputs) for each layer, at least 0.

    Source: LeCun, Denker & Solla 1990, recalled; there for the squared error.
    """
    total = [np.zeros_like(layer.weight) for layer in network.layers]
    for start in range(0, len(x), _CHUNK):
        entering = list(layer_inputs(network, x[start : start + _CHUNK]))
        last = network.layers[-1]
        z = entering[-1] @ last.weight.T
        if last.bias is not None:
            z += last.bias
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        second = p * (1 - p)
        for i in reversed(range(len(network.layers))):
            total[i] += second.T @ entering[i] ** 2
            if i:
                second = (second @ network.layers[i].weight ** 2) * (entering[i] > 0)
    return [t / len(x) for t in total]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimalBrainDamage(Compressor):
    r"""Keep the weights of largest saliency :math:`h_{kk} w_k^2 / 2`, as they are.

    Saliencies are ranked over the whole net, so layers keep different shares.  The
    original prunes a few weights, trains, and repeats; this is one such step.  Biases
    are kept.

    Attributes:
        rows: the training sample; labels are not used, see :func:`curvatures`.
        keep: share of the net's weights to keep, in (0, 1], rounded to the nearest
            whole number of weights, at least 1.

    Source: LeCun, Denker & Solla 1990, recalled.
    """

    rows: Rows
    keep: float

    def __post_init__(self) -> None:
        check_settings(self.rows, self.keep)

    def apply(self, network: Network) -> Network:
        """The pruned net, as a step of a pipeline."""
        check_fits(network, self.rows.x, classes=0)
        weights = [layer.weight for layer in network.layers]
        saliencies = [
            (0.5 * h * w**2).ravel()
            for h, w in zip(curvatures(network, self.rows.x), weights, strict=True)
        ]
        ranked = np.concatenate(saliencies)
        support = largest(ranked, budget(self.keep, ranked.size))
        ends = np.cumsum([w.size for w in weights])[:-1]
        layers = tuple(
            Layer(weight=np.where(s.reshape(w.shape), w, 0.0), bias=layer.bias)
            for layer, w, s in zip(
                network.layers, weights, np.split(support, ends), strict=True
            )
        )
        return replace(network, layers=layers)
