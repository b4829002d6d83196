"""The net without biases that computes the same function, and the norms of its rows.

A bias is the weight of a constant input 1, which each hidden layer hands on: hidden
layers become [[W, b], [0, 1]], the last one [W, b].  All norms are rounded up.
"""

import hashlib
import math
from collections.abc import Iterator

import numpy as np

from nonvacuous._counting import forward
from nonvacuous.data import Sample
from nonvacuous.fits._certified_norms import column_squares, frobenius
from nonvacuous.nets import Floats, Network, contents

__all__ = [
    "UP",
    "activations_norm",
    "biased",
    "columns_norm",
    "digest",
    "embedded",
    "largest_row",
    "minus",
    "rows_norm",
    "same_sizes",
]

UP = 1 + 2.0**-45
"""Past the roundings of a product over layers."""

_CHUNK = 4096


def biased(network: Network) -> bool:
    """Whether any layer has a bias."""
    return any(layer.bias is not None for layer in network.layers)


def embedded(network: Network, constant: bool) -> list[Floats]:
    """The matrices of the net without biases.

    Args:
        network: any net.
        constant: whether inputs have a constant 1 appended; needed for a net with
            biases.
    """
    matrices = []
    for i, layer in enumerate(network.layers):
        weight, bias = layer.weight, layer.bias
        if constant:
            column = np.zeros(len(weight)) if bias is None else bias
            weight = np.column_stack([weight, column])
            if i + 1 < len(network.layers):
                unit = np.zeros((1, weight.shape[1]))
                unit[0, -1] = 1.0
                weight = np.concatenate([weight, unit])
        matrices.append(weight)
    return matrices


def _chunks(sample: Sample) -> Iterator[Floats]:
    x = sample.x.reshape(len(sample), -1)
    for start in range(0, len(x), _CHUNK):
        yield x[start : start + _CHUNK].astype(np.float64)


def rows_norm(sample: Sample, constant: bool) -> float:
    """Frobenius norm of the rows, with the constant 1 of each where there is one."""
    norms = [frobenius(chunk) for chunk in _chunks(sample)]
    return math.hypot(*norms, math.sqrt(constant * len(sample))) * UP


def columns_norm(sample: Sample, constant: bool) -> float:
    """Root of the largest sum of squares of one feature, the constant among them."""
    squares = sum(column_squares(chunk) for chunk in _chunks(sample))
    terms = len(sample) // _CHUNK + 1
    largest = max(float(np.max(squares)), float(constant * len(sample)))
    return math.sqrt(largest) * UP * (1 + terms * 2.0**-52)


def largest_row(sample: Sample) -> float:
    """Largest Euclidean norm of a row, without a constant."""
    return max(
        float(np.sqrt((chunk * chunk).sum(axis=1).max())) for chunk in _chunks(sample)
    )


def activations_norm(network: Network, sample: Sample, constant: bool) -> float:
    """Frobenius norm of the net's outputs after a ReLU.

    Args:
        network: hidden layers only.
        sample: the rows.
        constant: whether a constant 1 stands beside the outputs.
    """
    norms = [math.sqrt(constant * len(sample))]
    for chunk in _chunks(sample):
        outputs, error = forward(network, chunk)
        norms.append(frobenius(np.maximum(outputs, 0.0) + error[:, None]))
    return math.hypot(*norms) * UP


def digest(network: Network) -> str:
    """SHA-256, in hex, of the net's file."""
    return hashlib.sha256(contents(network)).hexdigest()


def same_sizes(network: Network, reference: Network) -> None:
    """Refuse a reference of other sizes.

    Raises:
        ValueError: if it is one.
    """
    if reference.sizes != network.sizes:
        raise ValueError(
            f"reference must have the net's sizes {network}, got {reference}"
        )


def minus(
    matrices: list[Floats], network: Network, reference: Network | None, constant: bool
) -> list[Floats]:
    """The matrices less those of the reference, embedded alike."""
    if reference is None:
        return matrices
    same_sizes(network, reference)
    # the rounding of a difference is 2^-53 of it: the norms' own slack holds that
    others = embedded(reference, constant)
    return [a - b for a, b in zip(matrices, others, strict=True)]
