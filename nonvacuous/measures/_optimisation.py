"""How training went: steps to a loss, of a log that the caller keeps."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous.nets import Floats, Network

__all__ = ["TrainingLog", "steps_to"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingLog:
    """What was recorded of a training run.

    Attributes:
        steps: numbers of the steps at which the loss was recorded, increasing, (k,).
        cross_entropy: on the training rows after those steps, in nats, (k,).
        first_epoch: the net after the first epoch, if it was kept.

    Raises:
        ValueError: if the lengths differ, are 0, or the steps do not increase.
    """

    steps: NDArray[np.int64]
    cross_entropy: Floats
    first_epoch: Network | None = None

    def __post_init__(self) -> None:
        if len(self.steps) != len(self.cross_entropy) or len(self.steps) == 0:
            raise ValueError(
                "steps and cross_entropy must have the same length, above 0, got"
                f" {len(self.steps)} and {len(self.cross_entropy)}"
            )
        if not (np.diff(self.steps) > 0).all() or self.steps[0] < 0:
            raise ValueError("steps must increase from 0 or more")
        if np.isnan(self.cross_entropy).any():
            raise ValueError("cross_entropy must hold numbers, got nan")


def steps_to(log: TrainingLog, target: float) -> float:
    """The first recorded step at which the cross-entropy is at most `target`.

    Args:
        log: of the training.
        target: in nats.

    Returns:
        A number of steps, infinite if the target was not reached.

    Source: Jiang et al. 2020, equations (63) to (67), recalled.
    """
    reached = log.cross_entropy <= target
    return float(log.steps[reached.argmax()]) if reached.any() else math.inf
