"""Compressors that train what is kept: fine-tuning, and surgery while training."""

from dataclasses import dataclass

from nonvacuous.compression._base import Compressor
from nonvacuous.compression._rows import Rows
from nonvacuous.nets import Network
from nonvacuous.training import Progress, Recipe, fine_tune

__all__ = ["FineTuning", "NetworkSurgery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuning(Compressor):
    """Train what is kept on a training sample; zeros stay zero.

    Whatever comes out is described in full by its code, so this is free to look at
    the rows as often as it likes.

    Attributes:
        rows: the training sample.
        recipe: steps, rate, batch, seed.
        levels: if given, weights stay on that many float16 levels a layer.
        bias_exponent: if given, biases are multiples of ``2^-bias_exponent``.
    """

    rows: Rows
    recipe: Recipe
    levels: int | None = None
    bias_exponent: int | None = None

    def apply(self, network: Network, progress: Progress | None = None) -> Network:
        """The fine-tuned net, as a step of a pipeline."""
        return fine_tune(
            network,
            self.rows.x,
            self.rows.y,
            self.recipe,
            levels=self.levels,
            bias_exponent=self.bias_exponent,
            progress=progress,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSurgery(Compressor):
    """Train a net while ever fewer of its weights are kept, chosen anew as it goes.

    Attributes:
        rows: the training sample.
        recipe: steps, rate, batch, seed.
        count: weights to keep in the end, at least 1.

    Source: dynamic network surgery, Guo et al. 2016.
    """

    rows: Rows
    recipe: Recipe
    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}")

    def apply(self, network: Network, progress: Progress | None = None) -> Network:
        """The sparse net, as a step of a pipeline."""
        return fine_tune(
            network,
            self.rows.x,
            self.rows.y,
            self.recipe,
            count=self.count,
            progress=progress,
        )
