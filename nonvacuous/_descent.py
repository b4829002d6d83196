"""Adam over shuffled batches, on one thread: the loop that all training shares."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["Descent", "Progress", "Recipe", "one_thread", "stretch"]

Progress = Callable[[float], None]
"""Called with the fraction done."""

_TELL = 50  # steps between two calls of a progress callback


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to train: steps of Adam with a cosine schedule from `rate` down to 0."""

    steps: int = 1000
    rate: float = 1e-3
    batch: int = 128
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 0 or self.batch < 1 or not 0 < self.rate < math.inf:
            raise ValueError(
                "a recipe needs steps >= 0, batch >= 1 and rate > 0, got"
                f" {self.steps}, {self.batch}, {self.rate}"
            )


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread, so that the same seed gives the same bytes.

    Batches are small: a second thread waits, not works.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def stretch(progress: Progress | None, start: float, stop: float) -> Progress | None:
    """What tells `progress` of a part of the work, from one fraction to another."""
    if progress is None:
        return None
    return lambda done: progress(start + (stop - start) * done)


class Descent:
    """Phases of Adam on one sample, which go on in one stream of shuffled batches."""

    def __init__(
        self,
        rows: torch.Tensor,
        labels: NDArray[np.int64],
        recipe: Recipe,
        *,
        steps: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """A stream of batches.

        Args:
            rows: (n, features), float32.
            labels: (n,).
            recipe: rate, batch, seed.
            steps: of all phases together, if they are not the recipe's; for progress.
            progress: called now and then; an exception from it stops the training.
        """
        self.rows, self.labels = rows, torch.from_numpy(np.array(labels))
        self.recipe, self.progress = recipe, progress
        self.steps = recipe.steps if steps is None else steps
        self._order = torch.Generator().manual_seed(recipe.seed)
        self._permutation = torch.empty(0, dtype=torch.long)
        self._done = 0

    def run(
        self,
        groups: Sequence[tuple[list[torch.Tensor], float]],
        learn: Callable[[torch.Tensor, torch.Tensor], None],
        steps: int,
        *,
        before: Callable[[int], None] | None = None,
        after: Callable[[int], None] | None = None,
    ) -> None:
        """One phase, with a new optimizer and a cosine schedule of its own.

        Args:
            groups: parameters, and what the recipe's rate is multiplied by for them.
            learn: takes a batch of rows and their labels, and adds the gradients.
            steps: of this phase.
            before: called with the number of the step, from 0, before it.
            after: called with it after the step.
        """
        optimizer = torch.optim.Adam(
            [{"params": params, "factor": factor} for params, factor in groups],
            lr=self.recipe.rate,
            foreach=True,
        )
        for step in range(steps):
            if before is not None:
                before(step)
            cosine = math.cos(math.pi * step / steps)
            for group in optimizer.param_groups:
                rate = self.recipe.rate * 0.5 * (1 + cosine)
                group["lr"] = group["factor"] * rate
            optimizer.zero_grad()
            learn(*self._batch())
            optimizer.step()
            if after is not None:
                after(step)
            self._done += 1
            if self.progress is not None and self._done % _TELL == 0:
                self.progress(self._done / self.steps)

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The next rows and labels; every row once before any row twice."""
        size = self.recipe.batch
        batches = math.ceil(len(self.rows) / size)
        if self._done % batches == 0:
            self._permutation = torch.randperm(len(self.rows), generator=self._order)
        start = self._done % batches * size
        batch = self._permutation[start : start + size]
        return self.rows[batch], self.labels[batch]
