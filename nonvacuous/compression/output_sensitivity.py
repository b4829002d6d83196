r"""How much of a net's output hangs on each edge, to first order.

CoreNet's sensitivity is relative to the neuron that an edge feeds.  Relative to the
outputs of the whole net, with :math:`z_i` the sum of the neuron, it is

.. math:: s_{ij} = \max_{x \in S}
          \frac{|w_{ij}\, a_j(x)| \, \| \partial f(x) / \partial z_i \|_2}
               {\| f(x) \|_2},

the largest relative change of the outputs at any point of S when the edge is cut, up to
second order.  One scale serves all layers, so one threshold splits a budget over them.
Source: derived here, after the sensitivities of Baykal et al. 2019.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._activations import advance
from nonvacuous.compression._kernels import largest_ratios
from nonvacuous.compression._passes import padded
from nonvacuous.nets import Floats, Network

__all__ = ["output_sensitivities"]

_ENTRIES = 1 << 22  # of one Jacobian of a chunk: 32 MiB


def output_sensitivities(
    network: Network, x: NDArray[np.floating[Any]]
) -> tuple[Floats, ...]:
    """Output sensitivities of every edge of a net.

    Args:
        network: the net.
        x: the points S, (samples, ...); where the outputs are all 0 a point says
            nothing and is passed over.

    Returns:
        For each layer (outputs, inputs), at least 0: 0 for a weight that is 0 or has
        no way to the outputs at any point.
    """
    rows = x.reshape(len(x), -1)
    factors = [np.zeros(layer.weight.shape) for layer in network.layers]
    step = max(1, _ENTRIES // (network.sizes[-1] * max(network.sizes[1:])))
    for start in range(0, len(rows), step):
        chunk = rows[start : start + step].astype(np.float64)
        for layer, factor, (a, reach) in zip(
            network.layers, factors, _reaches(network, chunk), strict=True
        ):
            points = padded(1, np.abs(a), a.dtype)
            either = np.zeros((2, len(layer.weight), len(points)))  # sign of a weight
            either[:, :, : len(a)] = reach.T
            largest_ratios(points, layer.weight, either, factor)
    return tuple(
        np.abs(layer.weight) * factor
        for layer, factor in zip(network.layers, factors, strict=True)
    )


def _reaches(network: Network, a: Floats) -> list[tuple[Floats, Floats]]:
    """For each layer what enters it, and its neurons' reach |df/dz_i| / |f|."""
    inputs, live = [], []
    for layer in network.layers[:-1]:
        inputs.append(a)
        a = advance(layer, a)
        live.append(a > 0)
    last = network.layers[-1]
    inputs.append(a)
    outputs = a @ last.weight.T + (0.0 if last.bias is None else last.bias)
    norm = np.linalg.norm(outputs, axis=1)
    inverse = np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)
    reaches = [np.repeat(inverse[:, None], outputs.shape[1], axis=1)]
    jacobian = np.broadcast_to(last.weight, (len(a), *last.weight.shape))
    for layer, alive in zip(network.layers[-2::-1], live[::-1], strict=True):
        jacobian = jacobian * alive[:, None, :]
        reaches.append(np.linalg.norm(jacobian, axis=1) * inverse[:, None])
        jacobian = jacobian @ layer.weight
    return list(zip(inputs, reaches[::-1], strict=True))
