r"""Empirical sensitivities of edges, and sign complexities of neurons.

For a neuron and the set W of its edges of one sign, the relative importance of edge j
at a point x is :math:`g_j(x) = w_j a_j(x) / \sum_{k \in W} w_k a_k(x)`; the empirical
sensitivity is its maximum over the points (Baykal et al. 2019).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, overload

import numba
import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._kernels import (
    GROUP,
    largest_ratios,
    row_sums,
    sign_sums,
)

if TYPE_CHECKING:
    from torch import Tensor

Floating = NDArray[np.floating[Any]]

__all__ = ["edge_sensitivities", "sensitivity_sums", "sign_complexity"]

_BLOCK = 256  # points copied at a time
_ROWS = 128  # neurons that one thread takes at a time


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
    if weight.ndim != 2 or activations.ndim != 2:
        raise ValueError(
            "weight and activations must be matrices, got shapes"
            f" {tuple(weight.shape)} and {tuple(activations.shape)}"
        )
    if weight.shape[1] != activations.shape[1]:
        raise ValueError(
            f"weight has {weight.shape[1]} inputs, activations {activations.shape[1]}"
        )
    if not isinstance(weight, np.ndarray):
        from nonvacuous.compression._sensitivity_torch import tensor_sensitivities

        return tensor_sensitivities(weight, activations)
    if not (_finite(weight) and _finite(activations)):
        raise ValueError("weight and activations must be finite")
    single = activations.dtype == np.float32
    found = np.zeros(weight.shape, np.float32 if single else np.float64)
    rows = range(0, len(found), _ROWS)
    available = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    threads = max(1, min(len(rows), available))
    with ThreadPoolExecutor(threads) as pool:
        each = pool.map if threads > 1 else map
        for points in _blocks(activations, found.dtype):
            list(each(partial(_update, found, weight, points), rows))
    return np.minimum(found, 1, out=found)


def _finite(matrix: Floating) -> bool:
    """Whether all entries are, without a copy."""
    return bool(np.isfinite([matrix.min(initial=0), matrix.max(initial=0)]).all())


def _blocks(activations: Floating, kind: np.dtype[Any]) -> Iterator[Floating]:
    """Points in blocks, no entry negative, zeros behind the last to fill its group."""
    parts = (1, -1) if activations.min(initial=0) < 0 else (1,)
    for start in range(0, len(activations), _BLOCK):
        block = activations[start : start + _BLOCK]
        for part in parts:
            points = np.zeros((-(-len(block) // GROUP) * GROUP, block.shape[1]), kind)
            np.maximum(part * block, 0, out=points[: len(block)])
            yield points


def _update(found: Any, weight: Floating, points: Floating, start: int) -> None:
    """Raise `_ROWS` rows of `found` to what is found at these points.

    Raises:
        ValueError: if a sum overflows.
    """
    w = np.ascontiguousarray(weight[start : start + _ROWS], found.dtype)
    sums = np.zeros((2, len(w), len(points)), found.dtype)
    sign_sums(points, w, sums)
    if not _finite(sums):
        raise ValueError("sums of weight times activations must be finite")
    active = sums >= np.finfo(found.dtype).tiny
    inverses = np.divide(1, sums, out=np.zeros_like(sums), where=active)
    largest_ratios(points, w, inverses, found[start : start + _ROWS])


def sensitivity_sums(weight: Floating, sensitivities: Floating) -> NDArray[np.float64]:
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
