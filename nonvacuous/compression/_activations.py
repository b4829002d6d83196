"""What enters each layer, and its second moments: the data of a layer-wise method."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.nets import Floats, Layer, Network

__all__ = ["advance", "gram", "layer_inputs"]

_CHUNK = 4096  # rows of a product at once


def advance(layer: Layer, a: Floats) -> Floats:
    """What leaves a hidden layer, (rows, outputs): ReLU of the affine map."""
    z: Floats = a @ layer.weight.T
    if layer.bias is not None:
        z += layer.bias
    return np.maximum(z, 0.0, out=z)


def layer_inputs(network: Network, x: NDArray[np.floating[Any]]) -> Iterator[Floats]:
    """What enters each layer of a net, in order, one layer held at a time.

    Args:
        network: the net.
        x: rows (n, ...).

    Yields:
        (n, inputs of the layer), float64.
    """
    a = x.reshape(len(x), network.sizes[0]).astype(np.float64)  # there may be no rows
    for i, layer in enumerate(network.layers):
        yield a
        if i + 1 < len(network.layers):
            a = advance(layer, a)


def gram(a: Floats, b: Floats | None = None) -> Floats:
    """Second moments a^T b / n, summed in chunks of rows.

    Args:
        a: (n, p).
        b: (n, r); left out, a itself.

    Returns:
        (p, r).
    """
    b = a if b is None else b
    total = np.zeros((a.shape[1], b.shape[1]))
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        total += a[part].T @ b[part]
    return total / len(a)
