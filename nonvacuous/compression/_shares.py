"""The largest share of a neuron's sum that dropping its first edges can take."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nonvacuous.nets import Floats

__all__ = ["largest_shares"]


def largest_shares(
    weight: Floats, order: NDArray[np.intp], activations: Floats
) -> Floats:
    r"""For each edge, what is lost at most when it and all edges before it go.

    .. math:: \max_{x \in S} \sum_{k \preceq j} g_k(x)

    over the edges k of j's neuron and sign up to j in the given order.

    Args:
        weight: (outputs, inputs).
        order: each neuron's edges in the order in which they go, (outputs, inputs).
        activations: what enters the layer, (points, inputs); the positive and the
            negative part of a point count as points of their own.

    Returns:
        (outputs, inputs) in [0, 1], rounded up; 0 where nothing is ever lost.
    """
    out = np.zeros_like(weight)
    parts = (1, -1) if (activations < 0).any() else (1,)
    plus, minus = np.maximum(weight, 0), np.maximum(-weight, 0)
    for part in parts:
        a = np.ascontiguousarray(np.maximum(part * activations, 0))
        _largest_shares(a, weight, order, a @ plus.T, a @ minus.T, out)
    return np.minimum(out * (1 + 2.0**-40), 1.0)


@njit(cache=True)
def _largest_shares(
    activations: Floats,
    weight: Floats,
    order: NDArray[np.intp],
    sum_plus: Floats,
    sum_minus: Floats,
    out: Floats,
) -> None:
    points, inputs = activations.shape
    for i in range(len(weight)):
        for x in range(points):
            plus = minus = 0.0
            all_plus, all_minus = sum_plus[x, i], sum_minus[x, i]
            for k in range(inputs):
                j = order[i, k]
                term = weight[i, j] * activations[x, j]
                if weight[i, j] > 0:
                    plus += term
                    lost, whole = plus, all_plus
                else:
                    minus -= term
                    lost, whole = minus, all_minus
                if lost > out[i, j] * whole:
                    out[i, j] = lost / whole if whole > 0 else 1.0
