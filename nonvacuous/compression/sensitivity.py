r"""Empirical sensitivities of edges, and sign complexities of neurons.

For a neuron and the set W of its edges of one sign, the relative importance of edge j
at a point x is :math:`g_j(x) = w_j a_j(x) / \sum_{k \in W} w_k a_k(x)`; the empirical
sensitivity is its maximum over the points (Baykal et al. 2019).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._kernels import largest_ratios

Floating = NDArray[np.floating[Any]]

__all__ = ["edge_sensitivities", "sensitivity_sums", "sign_complexity"]

_BLOCK = 256  # points held in cache while every neuron passes over them


def edge_sensitivities(weight: Floating, activations: Floating) -> Floating:
    """Empirical sensitivities of all edges of a layer, both signs at once.

    Points are passed over in blocks, so memory is the weights twice plus one block.
    The blocks are always the same ones, so the same points give the same bits.

    Args:
        weight: (outputs, inputs).
        activations: what enters the layer, (samples, inputs).  Negative entries count
            as points of their own: the positive and the negative part are taken apart.

    Returns:
        (outputs, inputs) in [0, 1], in the type of `activations`; 0 for a zero weight
        and wherever the edge's part of the neuron is never active (or sums to less
        than the smallest normal number, whose inverse overflows).

    Raises:
        ValueError: if shapes do not agree or an entry is not finite.
    """
    if weight.ndim != 2 or activations.ndim != 2:
        raise ValueError(
            "weight and activations must be matrices, got shapes"
            f" {weight.shape} and {activations.shape}"
        )
    if weight.shape[1] != activations.shape[1]:
        raise ValueError(
            f"weight has {weight.shape[1]} inputs, activations {activations.shape[1]}"
        )
    if not (np.isfinite(weight).all() and np.isfinite(activations).all()):
        raise ValueError("weight and activations must be finite")
    kind = np.float32 if activations.dtype == np.float32 else np.float64
    w: NDArray[np.float64] = np.ascontiguousarray(weight, kind)
    positive = w > 0
    plus, minus = np.maximum(w, 0), np.maximum(-w, 0)
    ratios = np.zeros_like(w)
    parts = (1, -1) if (activations < 0).any() else (1,)
    for start in range(0, len(activations), _BLOCK):
        block: NDArray[np.float64] = np.asarray(
            activations[start : start + _BLOCK], kind
        )
        for part in parts:
            a = np.ascontiguousarray(np.maximum(part * block, 0))
            inverses = _inverse(a @ plus.T), _inverse(a @ minus.T)
            largest_ratios(a, positive, *inverses, ratios)
    found: Floating = np.minimum(np.abs(w) * ratios, 1)
    return found


def _inverse(sums: NDArray[np.float64]) -> Floating:
    """1 / sum, and 0 where nothing is active: then the part is exactly 0 anyway."""
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1 / sums
    return np.where(np.isfinite(inverse), inverse, 0).astype(sums.dtype)


def sensitivity_sums(weight: Floating, sensitivities: Floating) -> NDArray[np.float64]:
    """S of every neuron and sign.

    Args:
        weight: (outputs, inputs).
        sensitivities: (outputs, inputs), from :func:`edge_sensitivities`.

    Returns:
        (outputs, 2): the positive, then the negative part.
    """
    s = sensitivities.astype(np.float64)
    return np.stack(
        [np.where(weight > 0, s, 0).sum(1), np.where(weight < 0, s, 0).sum(1)], axis=1
    )


def sign_complexity(
    weight: Floating,
    bias: Floating | None,
    activations: Floating,
) -> NDArray[np.float64]:
    r"""How much cancels in each neuron: :math:`\sum|w_k a_k| / |\sum w_k a_k + b|`.

    Biases are kept exact by the compressor, so they stand in the denominator only.

    Args:
        weight: (outputs, inputs).
        bias: (outputs,) or none.
        activations: (samples, inputs).

    Returns:
        (samples, outputs), at least 1; infinite where the sum is 0 and its terms
        are not.
    """
    a = activations.astype(np.float64)
    total = np.abs(a) @ np.abs(weight).T.astype(np.float64)
    value = a @ weight.T.astype(np.float64)
    if bias is not None:
        value = value + bias
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = total / np.abs(value)
    return np.maximum(np.where(total > 0, ratio, 1.0), 1.0)
