r"""Second derivatives of the cross-entropy in each weight.

A ReLU net's outputs z are piecewise linear in any single weight, so almost everywhere
the second derivative of the loss in it is the Gauss-Newton one,
:math:`(\partial z / \partial w)^\top (\mathrm{diag}(p) - p p^\top)\,
\partial z / \partial w`, with p the softmax of z.  Derived here.  The matrix is
:math:`B B^\top` for :math:`B_{kc} = \sqrt{p_c}\,([k = c] - p_k)`: one pass backwards
for each class, all of them at once.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from nonvacuous.compression._activations import layer_inputs
from nonvacuous.nets import Floats, Network

__all__ = ["curvatures"]

_CHUNK = 1 << 21  # entries of what goes backwards at once


def curvatures(network: Network, x: NDArray[np.floating[Any]]) -> list[Floats]:
    """The diagonal of the mean loss's Hessian, a matrix for each weight.

    Labels do not enter: in a single weight the gradient's part has no curvature.

    Args:
        network: the net.
        x: rows (n, ...).

    Returns:
        (outputs, inputs) for each layer, at least 0.
    """
    found = [np.zeros(layer.weight.shape) for layer in network.layers]
    size = max(1, _CHUNK // (network.sizes[-1] * max(network.sizes)))
    for start in range(0, len(x), size):
        inputs = list(layer_inputs(network, x[start : start + size]))
        last = network.layers[-1]
        z = inputs[-1] @ last.weight.T + (0.0 if last.bias is None else last.bias)
        p = softmax(z, axis=1)
        # (rows, classes c, units): how the factors' inner products move with each unit
        back = np.sqrt(p)[:, :, None] * (np.eye(p.shape[1]) - p[:, None, :])
        for i in range(len(found) - 1, -1, -1):
            found[i] += (back**2).sum(axis=1).T @ inputs[i] ** 2
            if i:
                back = back @ network.layers[i].weight * (inputs[i] > 0)[:, None, :]
    return [total / len(x) for total in found]
