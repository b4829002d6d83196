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
        a = np.ascontiguousarray(np.maximum(part * activations, 0).T)
        _largest_shares(a, weight, order, _inverse(plus @ a), _inverse(minus @ a), out)
    return np.minimum(out * (1 + 2.0**-40), 1.0)


def _inverse(sums: Floats) -> Floats:
    """1 / sum; 0 where nothing is active, and so nothing is lost."""
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1 / sums
    return np.where(np.isfinite(inverse), inverse, 0.0)


@njit(cache=True, fastmath={"nnan", "nsz", "ninf"})
def _largest_shares(
    activations: Floats,
    weight: Floats,
    order: NDArray[np.intp],
    inverse_plus: Floats,
    inverse_minus: Floats,
    out: Floats,
) -> None:
    """One edge and all points at a time: activations are (inputs, points)."""
    inputs, points = activations.shape
    for i in range(len(weight)):
        plus, minus = np.zeros(points), np.zeros(points)
        for k in range(inputs):
            j = order[i, k]
            if weight[i, j] == 0:
                continue
            lost, inverse = plus, inverse_plus[i]
            if weight[i, j] < 0:
                lost, inverse = minus, inverse_minus[i]
            size, a, largest = abs(weight[i, j]), activations[j], out[i, j]
            for x in range(points):
                lost[x] += size * a[x] * inverse[x]
                largest = lost[x] if lost[x] > largest else largest
            out[i, j] = largest
