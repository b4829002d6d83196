"""Norms of a sample's rows and of what hidden layers make of them, rounded up.

The constant 1 that stands for biases is a feature like the others.  It is there if the
architecture has biases, whatever their values: these depend on the sample, and the
class of nets that a theorem is about must not.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous._counting import forward
from nonvacuous.data import Sample
from nonvacuous.fits._certified_norms import column_squares, frobenius
from nonvacuous.measures import homogeneous, homogeneous_rows
from nonvacuous.nets import Floats, Network

__all__ = [
    "UP",
    "activations_norm",
    "biased",
    "columns_norm",
    "largest_row",
    "matrices",
    "rows_norm",
]

UP = 1 + 2.0**-45
"""Past the roundings of a product over layers, or of a sum over chunks."""

_CHUNK = 4096


def biased(network: Network) -> bool:
    """Whether any layer has a bias, zero or not."""
    return any(layer.bias is not None for layer in network.layers)


def matrices(network: Network, constant: bool) -> list[Floats]:
    """The net without biases that computes the same function, as matrices."""
    return [layer.weight for layer in homogeneous(network, constant=constant).layers]


def rows_norm(network: Network, sample: Sample, constant: bool) -> float:
    """Frobenius norm of the rows."""
    norms = [frobenius(chunk) for chunk in _chunks(network, sample, constant)]
    return math.hypot(*norms) * UP


def columns_norm(network: Network, sample: Sample, constant: bool) -> float:
    """Root of the largest sum of squares of one feature."""
    parts = [column_squares(chunk) for chunk in _chunks(network, sample, constant)]
    largest = float(np.max(np.sum(parts, axis=0)))
    return math.sqrt(largest) * UP * (1 + len(parts) * 2.0**-52)


def largest_row(sample: Sample) -> float:
    """Largest Euclidean norm of a row without a constant, to nearest."""
    return max(
        float(
            np.linalg.norm(rows.reshape(len(rows), -1).astype(np.float64), axis=1).max()
        )
        for rows in _parts(sample)
    )


def activations_norm(below: Network, sample: Sample, constant: bool) -> float:
    """Frobenius norm of what the last hidden layer hands on.

    Args:
        below: hidden layers only.
        sample: the rows.
        constant: whether a constant 1 stands beside the outputs.
    """
    norms = [math.sqrt(constant * len(sample))]
    for rows in _parts(sample):
        outputs, error = forward(below, rows.reshape(len(rows), -1))
        norms.append(frobenius(np.maximum(outputs, 0.0) + error[:, None]))
    return math.hypot(*norms) * UP


def _chunks(network: Network, sample: Sample, constant: bool) -> Iterator[Floats]:
    for rows in _parts(sample):
        yield homogeneous_rows(network, rows, constant=constant)


def _parts(sample: Sample) -> Iterator[NDArray[np.floating[Any]]]:
    for start in range(0, len(sample), _CHUNK):
        yield sample.x[start : start + _CHUNK]
