r"""The best weights on a support that something else has chosen.

Layers are refitted in order.  For each neuron the kept weights minimise

.. math:: \frac1n \sum_x \bigl( z_i(x) - \langle \hat w_i, \hat a(x) \rangle \bigr)^2
          + \lambda \| \hat w_i \|_2^2 ,

where z is the original net's sum without its bias and :math:`\hat a` is what enters the
layer in the *compressed* net: so each layer mends what the layers before did wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._activations import advance
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._least_squares import least_squares
from nonvacuous.compression._rows import Rows, check_rows
from nonvacuous.compression._supports import Support
from nonvacuous.nets import Floats, Layer, Network
from nonvacuous.structures._base import single

__all__ = ["Refitted", "Target", "refit"]

_CHUNK = 4096  # rows that pass through both nets at once
_RIDGE = 1e-4  # of the mean second moment; from 1e-5 to 1e-3 it hardly matters

Moments = tuple[Floats, Floats]
"""H with its ridge, (inputs, inputs), and c of each neuron, (outputs, inputs)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """What a refit aims at: a net, rows, and what no support changes about them."""

    network: Network
    rows: NDArray[np.floating[Any]]
    """(n, inputs)."""
    hidden: tuple[Floats, ...]
    """What enters each layer but the first, (n, inputs of the layer)."""
    first: Moments

    @classmethod
    def of(cls, network: Network, x: NDArray[np.floating[Any]]) -> "Target":
        """The target that a net sets on rows (n, ...)."""
        rows = x.reshape(len(x), -1)
        hidden: list[Floats] = []
        for layer in network.layers[:-1]:
            hidden.append(_advanced(layer, hidden[-1] if hidden else rows))
        first = _moments(rows, rows, network.layers[0])
        return cls(network=network, rows=rows, hidden=tuple(hidden), first=first)


def refit(target: Target, candidates: Sequence[Sequence[Support]]) -> Network:
    """The net whose weights minimise the objective above on the supports, in order.

    Up to rounding to float32; the ridge lambda is 1e-4 of the inputs' mean square.

    Args:
        target: the original net, and the rows to fit on.
        candidates: for each layer one support or more; every neuron takes the one on
            which it comes nearest, the first if several do.

    Returns:
        A net in float32 with the original biases.

    Raises:
        CompressionError: if float32 cannot hold the best weights.
    """
    layers: list[Layer] = []
    entering = target.rows
    for i, layer in enumerate(target.network.layers):
        moments = target.first
        if i > 0:
            entering = _advanced(layers[-1], entering)
            moments = _moments(target.hidden[i - 1], entering, layer)
        weight = single(_nearest(*moments, candidates[i]))
        if not np.isfinite(weight).all():
            raise CompressionError(f"layer {i + 1} needs weights beyond float32")
        layers.append(Layer(weight=weight, bias=layer.bias))
    return Network(layers=tuple(layers))


def _nearest(second: Floats, cross: Floats, supports: Sequence[Support]) -> Floats:
    """For each row the best weights on the best of its supports."""
    best = np.zeros(cross.shape)
    least = np.full(len(cross), np.inf)
    for support in supports:
        weight = least_squares(second, cross, support)
        # at a minimum w^T H w = c^T w, so the objective is -c^T w
        value = -(cross * weight).sum(axis=1)
        better = value < least
        best[better], least[better] = weight[better], value[better]
    return best


def _advanced(layer: Layer, a: NDArray[np.floating[Any]]) -> Floats:
    """What leaves a hidden layer, for rows in chunks."""
    found = np.empty((len(a), len(layer.weight)))
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        found[part] = advance(layer, a[part].astype(np.float64))
    return found


def _moments(
    a: NDArray[np.floating[Any]], entering: NDArray[np.floating[Any]], layer: Layer
) -> Moments:
    """H of what enters a layer, and c for the sums that it makes of `a`."""
    second = np.zeros((layer.weight.shape[1],) * 2)
    cross = np.zeros(layer.weight.shape)
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        small = entering[part].astype(np.float64)
        second += small.T @ small
        cross += (a[part].astype(np.float64) @ layer.weight.T).T @ small
    second /= len(a)
    ridge = _RIDGE * np.trace(second) / len(second)
    second[np.diag_indices_from(second)] += ridge or 1.0  # nothing ever enters
    return second, cross / len(a)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refitted(Compressor):
    """Another compressor's choice of edges, with the best weights on it.

    Attributes:
        selection: what chooses the edges; it must not remove neurons.
        rows: what the weights are fitted on.

    Source: layer-wise least squares as in Dong et al. 2017 (recalled), with the inputs
    of the compressed net in place of the original's.
    """

    selection: Compressor
    rows: Rows

    def apply(self, network: Network) -> Network:
        """The net with the chosen edges and the fitted weights.

        Raises:
            ValueError: if the selection changed the sizes of the net.
        """
        check_rows(network, self.rows)
        chosen = self.selection.apply(network)
        if chosen.sizes != network.sizes:
            raise ValueError(
                f"selection must keep all neurons, got sizes {chosen} of {network}"
            )
        supports = [[layer.weight != 0] for layer in chosen.layers]
        return refit(Target.of(network, self.rows.x), supports)
