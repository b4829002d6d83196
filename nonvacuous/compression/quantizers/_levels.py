"""Levels that numbers are rounded to: Lloyd's iterations, storing, and biases."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nonvacuous.nets import Floats, Layer, Network

__all__ = ["lloyd", "nearest", "on_levels", "storable"]


def nearest(values: Floats, book: Floats) -> Floats:
    """The nearest entry of a sorted book for each value; of two the lower."""
    return book[np.searchsorted((book[1:] + book[:-1]) / 2, values)]


def lloyd(values: Floats, book: Floats, rounds: int = 30) -> Floats:
    """Sorted levels after some iterations; a level that nobody is near stays."""
    levels = book.size
    for _ in range(rounds):
        index = np.searchsorted((book[1:] + book[:-1]) / 2, values)
        sums = np.bincount(index, values, levels)
        sizes = np.bincount(index, minlength=levels)
        moved = np.sort(np.where(sizes > 0, sums / np.maximum(sizes, 1), book))
        if (moved == book).all():
            break
        book = moved
    return book


def storable(book: Floats) -> Floats:
    """Levels as float16 numbers that are finite and not zero; sorted ones stay so."""
    book = np.clip(book, -65504.0, 65504.0).astype(np.float16).astype(np.float64)
    book[book == 0] = 2.0**-24  # a kept edge stays an edge
    return book


def on_levels(
    network: Network,
    rounded: Callable[[int, Floats], Floats],
    bias_exponent: int | None,
) -> Network:
    """The net with its non-zero weights replaced, layer by layer.

    Args:
        network: the net.
        rounded: takes a layer's number, from 0, and its non-zero weights (n,), which
            may be none; gives what replaces them (n,).
        bias_exponent: biases become multiples of ``2^-bias_exponent``; None leaves
            them as they are.

    Returns:
        A net of the same shape, in float32 if that holds it.
    """
    layers = []
    for i, layer in enumerate(network.layers):
        weight, bias = layer.weight.copy(), layer.bias
        live = weight != 0
        if live.any():
            weight[live] = rounded(i, weight[live])
        if bias is not None and bias_exponent is not None:
            step = 2.0**-bias_exponent
            bias = np.rint(bias / step) * step + 0.0
        layers.append(Layer(weight=weight, bias=bias))
    return replace(network, layers=tuple(layers), double=False)
