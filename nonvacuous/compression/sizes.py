"""Bytes of a net as raw arrays: what the length of a code stands beside."""

import numpy as np

from nonvacuous.compression.codes._structures import faithful
from nonvacuous.nets import Floats, Network
from nonvacuous.structures import LowRank

__all__ = ["array_bytes", "dense_bytes"]


def dense_bytes(network: Network) -> int:
    """Bytes of all weights and biases as float32."""
    return 4 * network.parameters


def array_bytes(network: Network) -> int:
    """Bytes of a net as raw arrays: of every matrix the smaller of dense and CSR.

    Values and biases are float32, column numbers and row starts int32; a layer of low
    rank is its factors and its remainder.
    """
    total = 0
    for i, layer in enumerate(network.layers):
        thin = faithful(layer, i)
        matrices = [layer.weight]
        if isinstance(thin, LowRank):
            parts = (thin.left, thin.right, thin.rest)
            matrices = [a for a in parts if a is not None]
        total += sum(_matrix_bytes(a) for a in matrices)
        total += 0 if layer.bias is None else 4 * layer.bias.size
    return total


def _matrix_bytes(matrix: Floats) -> int:
    sparse = 8 * int(np.count_nonzero(matrix)) + 4 * (len(matrix) + 1)
    return min(4 * matrix.size, sparse)
