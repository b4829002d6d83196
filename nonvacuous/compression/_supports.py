"""Which weights of a layer to keep, by their scores."""

import numpy as np
from numpy.typing import NDArray

from nonvacuous.nets import Floats

__all__ = ["Support", "budget", "largest", "largest_in_rows"]

Support = NDArray[np.bool_]
"""(outputs, inputs), true where a weight is kept."""


def budget(keep: float, size: int) -> int:
    """A share of `size` weights, to the nearest whole number, at least 1."""
    return max(1, round(keep * size))


def largest(scores: Floats, count: int) -> Support:
    """Where the `count` largest scores are; of equal ones the first are taken."""
    order = np.argsort(-scores, axis=None, kind="stable")[:count]
    support = np.zeros(scores.size, dtype=bool)
    support[order] = True
    return support.reshape(scores.shape)


def largest_in_rows(scores: Floats, count: int) -> Support:
    """The largest scores of each row, `count` in all, as many in each as can be.

    What is left over when `count` is shared equally goes to the rows whose next score
    is largest.

    Args:
        scores: (outputs, inputs).
        count: how many to take.

    Returns:
        (outputs, inputs).
    """
    outputs, _ = scores.shape
    order = np.argsort(-scores, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(scores.shape[1])[None, :], axis=1)
    share, left = divmod(count, outputs)
    next_one = np.where(rank == share, scores, -np.inf)
    support: Support = (rank < share) | (largest(next_one, left) & (rank == share))
    return support
