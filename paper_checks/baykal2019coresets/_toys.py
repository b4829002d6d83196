"""Nets of a few neurons, with weights that are fractions."""

import math
from itertools import pairwise
from random import Random

import numpy as np

from nonvacuous.nets import Floats, Layer, Network

__all__ = ["bias", "toy"]


def toy(sizes: tuple[int, ...], rng: Random) -> Network:
    """A net whose weights and biases are eighths."""

    def some(*shape: int) -> Floats:
        flat = [rng.randint(-16, 16) / 8 for _ in range(math.prod(shape))]
        return np.array(flat).reshape(shape)

    return Network(
        layers=tuple(Layer(weight=some(o, i), bias=some(o)) for i, o in pairwise(sizes))
    )


def bias(layer: Layer) -> Floats:
    """The bias of a layer, zeros where there is none."""
    return np.zeros(len(layer.weight)) if layer.bias is None else layer.bias
