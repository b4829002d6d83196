"""Selection by weight times activation: weights are kept or not, never changed."""

from dataclasses import dataclass

import numpy as np

from nonvacuous.compression._supports import largest_in_rows
from nonvacuous.compression.second_order._layerwise import Layerwise
from nonvacuous.nets import Floats

__all__ = ["Wanda"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanda(Layerwise):
    r"""Keep the weights of the largest :math:`|w_{ij}| \, \|a_j\|_2` in each neuron.

    Every neuron keeps the same number; what is left over goes to the largest of the
    next scores.

    Attributes:
        rows: the sample whose inputs are used; labels are not.
        keep: share of each layer's weights to keep, in (0, 1].

    Source: Sun, Liu, Bair & Kolter 2024, recalled; the score as in the authors' code
    (locuslab/wanda).
    """

    def prune(self, weight: Floats, moments: Floats, count: int) -> Floats:
        """The pruned matrix, of at most `count` non-zeros."""
        scores = np.abs(weight) * np.sqrt(np.diagonal(moments))
        return np.where(largest_in_rows(scores, count), weight, 0.0)
