r"""The best weights on a support that something else has chosen.

Layers are refitted in order.  For each neuron the kept weights minimise

.. math:: \frac1n \sum_x \bigl( z_i(x) - \langle \hat w_i, \hat a(x) \rangle \bigr)^2
          + \lambda \| \hat w_i \|_2^2 ,

where z is the original net's sum without its bias and :math:`\hat a` is what enters the
layer in the *compressed* net: so each layer mends what the layers before did wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._activations import advance
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._rows import Rows
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["Refitted", "least_squares", "refit"]

_CHUNK = 4096  # rows that pass through both nets at once
_ENTRIES = 1 << 24  # of the systems solved at once: 128 MiB
_RIDGE = 1e-4  # of the mean second moment; from 1e-5 to 1e-3 it hardly matters

Support = NDArray[np.bool_]
"""Where the weights of a layer may be non-zero, (outputs, inputs)."""


def refit(
    network: Network,
    candidates: Sequence[Sequence[Support]],
    x: NDArray[np.floating[Any]],
) -> Network:
    """The net whose weights minimise the objective above on the supports, in order.

    Up to rounding to float32; the ridge lambda is 1e-4 of the inputs' mean square.

    Args:
        network: the original net.
        candidates: for each layer one support or more; every neuron takes the one on
            which it comes nearest, the first if several do.
        x: rows (n, ...).

    Returns:
        A net in float32 with the original biases.
    """
    rows = x.reshape(len(x), -1)
    done: list[Layer] = []
    for layer, supports in zip(network.layers, candidates, strict=True):
        second, cross = _moments(network, done, rows)
        ridge = _RIDGE * np.trace(second) / len(second)
        second[np.diag_indices_from(second)] += ridge or 1.0  # nothing ever enters
        weight = _nearest(second, cross.T, supports)
        done.append(
            Layer(weight=weight.astype(np.float32).astype(float), bias=layer.bias)
        )
    return Network(layers=tuple(done))


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


def least_squares(second: Floats, cross: Floats, support: Support) -> Floats:
    r"""For each row the minimiser of :math:`w^T H w - 2 c^T w` on its support.

    Rows of about the same size are solved together, padded with rows of the identity.

    Args:
        second: H, (inputs, inputs), positive definite.
        cross: c of each row, (outputs, inputs).
        support: (outputs, inputs).

    Returns:
        (outputs, inputs), 0 off the support.
    """
    found = np.zeros(support.shape)
    sizes = support.sum(axis=1)
    order = np.argsort(sizes, kind="stable")
    where = np.argsort(~support, axis=1, kind="stable")  # the support first
    stop = len(order)
    while stop > 0 and (size := int(sizes[order[stop - 1]])) > 0:
        start = max(0, stop - max(1, _ENTRIES // size**2))
        rows = order[start:stop]
        kept = where[rows, :size]
        inside = np.arange(size) < sizes[rows, None]
        systems = second[kept[:, :, None], kept[:, None, :]]
        systems *= inside[:, :, None] & inside[:, None, :]
        diagonal = np.arange(size)
        systems[:, diagonal, diagonal] += ~inside
        right = np.where(inside, np.take_along_axis(cross[rows], kept, axis=1), 0.0)
        solved = np.linalg.solve(systems, right[:, :, None])[:, :, 0]
        found[rows[:, None], kept] = np.where(inside, solved, 0.0)
        stop = start
    return found


def _moments(
    network: Network, done: list[Layer], rows: NDArray[np.floating[Any]]
) -> tuple[Floats, Floats]:
    """E[a^ a^T] of the next layer's inputs in the new net, and E[a^ z^T]."""
    layer = network.layers[len(done)]
    second = np.zeros((layer.weight.shape[1],) * 2)
    cross = np.zeros(layer.weight.shape[::-1])
    for a, small in _pairs(network, done, rows):
        second += small.T @ small
        cross += small.T @ (a @ layer.weight.T)
    return second / len(rows), cross / len(rows)


def _pairs(
    network: Network, done: list[Layer], rows: NDArray[np.floating[Any]]
) -> Iterator[tuple[Floats, Floats]]:
    """What enters the next layer, in the original and in the new net."""
    for start in range(0, len(rows), _CHUNK):
        a = small = rows[start : start + _CHUNK].astype(np.float64)
        for before, after in zip(network.layers, done, strict=False):
            a, small = advance(before, a), advance(after, small)
        yield a, small


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
        chosen = self.selection.apply(network)
        if chosen.sizes != network.sizes:
            raise ValueError(
                f"selection must keep all neurons, got sizes {chosen} of {network}"
            )
        supports = [[layer.weight != 0] for layer in chosen.layers]
        return refit(network, supports, self.rows.x)
