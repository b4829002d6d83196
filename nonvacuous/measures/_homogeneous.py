r"""A net with biases as matrices alone, on rows that carry a constant 1.

A hidden layer becomes :math:`\begin{pmatrix} W & b \\ 0 & 1 \end{pmatrix}` and the last
:math:`(W \; b)`, so that the constant passes through every ReLU.  It is a unit like the
others: it counts in every norm.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.nets import Floats, Layer, Network

__all__ = ["homogeneous", "homogeneous_rows"]


def homogeneous(network: Network, *, constant: bool | None = None) -> Network:
    """The same function without biases, one input and one unit a layer more.

    Args:
        network: the net.
        constant: whether the constant is there; by default it is where some layer has
            a bias, zero or not: shapes must not hang on what was learnt.

    Returns:
        A net of matrices for the rows of :func:`homogeneous_rows`; without the
        constant, the net only loses its biases.

    Raises:
        ValueError: if a net that needs the constant is to do without.
    """
    if not _wanted(network, constant):
        bare = (Layer(weight=layer.weight, bias=None) for layer in network.layers)
        return Network(layers=tuple(bare), double=network.double)
    last = len(network.layers) - 1
    return Network(
        layers=tuple(
            Layer(weight=_embedded(layer, hidden=i < last), bias=None)
            for i, layer in enumerate(network.layers)
        ),
        double=network.double,
    )


def homogeneous_rows(
    network: Network, x: NDArray[np.floating[Any]], *, constant: bool | None = None
) -> Floats:
    """Rows as :func:`homogeneous` of this net takes them.

    Args:
        network: the net as it was, not its matrices.
        x: rows (n, ...).
        constant: as there.

    Returns:
        (n, inputs), float64, with a 1 at the end where the constant is there.

    Raises:
        ValueError: as there.
    """
    rows = x.reshape(len(x), network.sizes[0]).astype(np.float64)
    return (
        np.pad(rows, ((0, 0), (0, 1)), constant_values=1.0)
        if _wanted(network, constant)
        else rows
    )


def _wanted(network: Network, constant: bool | None) -> bool:
    biases = [layer.bias for layer in network.layers if layer.bias is not None]
    if constant is None:
        return bool(biases)
    if not constant and any(bias.any() for bias in biases):
        raise ValueError("constant must be true for a net whose biases are not zero")
    return constant


def _embedded(layer: Layer, *, hidden: bool) -> Floats:
    outputs, inputs = layer.weight.shape
    matrix = np.zeros((outputs + hidden, inputs + 1))
    matrix[:outputs, :inputs] = layer.weight
    if layer.bias is not None:
        matrix[:outputs, inputs] = layer.bias
    if hidden:
        matrix[outputs, inputs] = 1.0
    return matrix
