r"""Empirical sensitivities of edges, and sign complexities of neurons.

For a neuron and the set W of its edges of one sign, the relative importance of edge j
at a point x is :math:`g_j(x) = w_j a_j(x) / \sum_{k \in W} w_k a_k(x)`; the empirical
sensitivity is its maximum over the points (Baykal et al. 2019).
"""

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._kernels import row_sums
from nonvacuous.compression._passes import pass_points

if TYPE_CHECKING:
    from torch import Tensor

Floating = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]

__all__ = [
    "edge_sensitivities",
    "measure_layer",
    "sensitivity_sums",
    "sign_complexity",
]


@overload
def edge_sensitivities(weight: Floating, activations: Floating) -> Floating: ...
@overload
def edge_sensitivities(weight: "Tensor", activations: "Tensor") -> "Tensor": ...
def edge_sensitivities(weight: Any, activations: Any) -> Any:
    """Empirical sensitivities of all edges of a layer, both signs at once.

    Memory is the result and a few rows of it, and a block of points.  Neither blocks
    nor threads (``NUMBA_NUM_THREADS``) change a bit of the result.

    Args:
        weight: (outputs, inputs), an array, or a torch tensor on any device.
        activations: what enters the layer, (samples, inputs), of the same kind and on
            the same device.  Negative entries count as points of their own: the
            positive and the negative part are taken apart.

    Returns:
        (outputs, inputs) in [0, 1], in single precision if `activations` are and in
        double precision otherwise, where the arguments are; 0 for a zero weight and
        wherever the edge's part of the neuron is never active (or sums to less than
        the smallest normal number, whose inverse overflows).

    Raises:
        TypeError: if one argument is an array and the other is not.
        ValueError: if shapes do not agree, or an entry or a neuron's sum is not finite.
    """
    if isinstance(weight, np.ndarray) != isinstance(activations, np.ndarray):
        raise TypeError(
            "weight and activations must both be arrays or both be tensors, got"
            f" {type(weight).__name__} and {type(activations).__name__}"
        )
    _check_shapes(weight, activations)
    if not isinstance(weight, np.ndarray):
        from nonvacuous.compression._sensitivity_torch import tensor_sensitivities

        return tensor_sensitivities(weight, activations)
    single = activations.dtype == np.float32
    found: Floating = np.zeros(weight.shape, np.float32 if single else np.float64)
    pass_points(weight, activations, found=found)
    return found


def measure_layer(
    weight: Floats, bias: Floats | None, activations: Floats
) -> tuple[Floats, Floats, Floats]:
    """What CoreNet needs to know of a layer, in one pass over the points.

    Args:
        weight: (outputs, inputs).
        bias: (outputs,) or none.
        activations: (samples, inputs).

    Returns:
        The layer's :func:`edge_sensitivities` (outputs, inputs), and at every point its
        :func:`sign_complexity` and what it puts out, (samples, outputs).

    Raises:
        ValueError: as :func:`edge_sensitivities` does.
    """
    _check_shapes(weight, activations)
    found, terms = np.zeros(weight.shape), np.zeros((2, len(weight), len(activations)))
    pass_points(weight, activations, found=found, terms=terms)
    return found, *_complexity(terms, bias)


def _check_shapes(weight: Any, activations: Any) -> None:
    if weight.ndim != 2 or activations.ndim != 2:
        raise ValueError(
            "weight and activations must be matrices, got shapes"
            f" {tuple(weight.shape)} and {tuple(activations.shape)}"
        )
    if weight.shape[1] != activations.shape[1]:
        raise ValueError(
            f"weight has {weight.shape[1]} inputs, activations {activations.shape[1]}"
        )


def sensitivity_sums(weight: Floating, sensitivities: Floating) -> Floats:
    """S of every neuron and sign.

    Args:
        weight: (outputs, inputs).
        sensitivities: (outputs, inputs), from :func:`edge_sensitivities`.

    Returns:
        (outputs, 2): the positive, then the negative part.
    """
    sums = np.empty((len(weight), 2))
    row_sums(weight, sensitivities, sums)
    return sums


def sign_complexity(
    weight: Floating,
    bias: Floating | None,
    activations: Floating,
) -> Floats:
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
    terms = np.zeros((2, len(weight), len(activations)))
    pass_points(weight, activations, terms=terms)
    return _complexity(terms, bias)[0]


def _complexity(terms: Floats, bias: Floating | None) -> tuple[Floats, Floats]:
    """Sign complexity and value of every neuron at every point, (samples, outputs)."""
    total, value = (terms[0] + terms[1]).T, (terms[0] - terms[1]).T
    if bias is not None:
        value = value + bias
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = total / np.abs(value)
    return np.maximum(np.where(total > 0, ratio, 1.0), 1.0), value
