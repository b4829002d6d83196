"""One structure for each layer, under one budget for all."""

from collections.abc import Callable

import numpy as np

from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.nets import Floats, Layer, Network
from nonvacuous.structures import Structure
from nonvacuous.structures._base import single

__all__ = ["check_keep", "layerwise", "numbers_for"]

LARGEST = 2.0**96
"""Weights beyond this could overflow float32 when 2^25 of them are added."""


def check_keep(keep: float) -> None:
    """Refuse a share outside (0, 1].

    Raises:
        ValueError: if it is.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep must lie in (0, 1], got {keep}")


def numbers_for(keep: float, weights: int) -> int:
    """The most numbers that are at most that share of the weights; at least 1."""
    return max(1, int(keep * weights + 1e-9))  # .29 of 100 is 29


def layerwise(
    network: Network,
    keep: float,
    fit: Callable[[int, Floats, int], Structure],
) -> tuple[Network, Report]:
    """Every layer named by a structure of at most its share of numbers.

    A layer that holds no more numbers than that stays as it is, and so does one whose
    structure would store as many as it holds.

    Args:
        network: the net; biases are kept as they are.
        keep: numbers stored by a layer over its weights, zero or not, in (0, 1].
        fit: index of a layer, its weight rounded to float32, the numbers allowed: the
            structure.

    Returns:
        The net, and a report with each layer's ``relative error``, the Frobenius norm
        of what changed over that of the weight.

    Raises:
        CompressionError: if a weight is larger than 2^96.
    """
    layers, reports = [], []
    for i, layer in enumerate(network.layers):
        rows, columns = layer.weight.shape
        numbers = numbers_for(keep, layer.weight.size)
        named = layer
        if layer.kept > numbers:
            if np.abs(layer.weight).max() > LARGEST:
                raise CompressionError(f"layer {i + 1} has a weight larger than 2^96")
            found = fit(i, single(layer.weight), numbers)
            if found.numbers < layer.kept:
                named = Layer.of(found, layer=i, shape=(rows, columns), bias=layer.bias)
        layers.append(named)
        reports.append(
            LayerReport(
                layer=i + 1,
                edges=int(np.count_nonzero(layer.weight)),
                kept=named.kept,
                facts={"relative error": _relative(named.weight, layer.weight)},
            )
        )
    small = Network(layers=tuple(layers), note=network.note)
    return small, Report(layers=tuple(reports))


def _relative(found: Floats, weight: Floats) -> float:
    size = float(np.linalg.norm(weight))
    return float(np.linalg.norm(found - weight)) / size if size else 0.0
