"""What measures are computed from: each fact once, and only if something asks."""

from dataclasses import dataclass
from functools import cached_property

from nonvacuous.data import Sample
from nonvacuous.measures._adversarial import Ascent
from nonvacuous.measures._gaussian import Search, Sharpness, Spread
from nonvacuous.measures._layers import Weights
from nonvacuous.measures._optimisation import TrainingLog
from nonvacuous.measures._outputs import margin_percentile, margins
from nonvacuous.measures._passes import Passes
from nonvacuous.measures._sharpness import EPSILON
from nonvacuous.nets import Network

__all__ = ["Facts"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """A net, the rows it was trained on, and what follows from them.

    Attributes:
        network: the net.
        rows: the training rows.
        initial: the net that training started from, if it is known.
        log: of the training, if it was kept.
        search: how sigma is found.
        ascent: how alpha is found.
        share: of the rows whose margins the margin exceeds or equals.
        delta: in the measures that come from bounds.
        seed: of the noise.
    """

    network: Network
    rows: Sample
    initial: Network | None
    log: TrainingLog | None
    search: Search
    ascent: Ascent
    share: float
    delta: float
    seed: int

    @property
    def m(self) -> int:
        """Rows."""
        return len(self.rows)

    @property
    def layers(self) -> int:
        """Weight layers."""
        return len(self.network.layers)

    @cached_property
    def weights(self) -> Weights:
        """Of the net."""
        return Weights.of(self.network)

    @cached_property
    def moved(self) -> Weights:
        """How far the weights are from the initial ones.

        Raises:
            ValueError: if the initial net is not known or has other sizes.
        """
        if self.initial is None:
            raise ValueError("initial must be a net, got None")
        return Weights.moved(self.network, self.initial)

    @cached_property
    def margin(self) -> float:
        """The percentile of the margins."""
        return margin_percentile(margins(self.network, self.rows), self.share)

    @cached_property
    def _passes(self) -> Passes:
        return Passes(self.network, self.rows.x, self.rows.y)

    @cached_property
    def sigma(self) -> Sharpness:
        """The noise that the net endures."""
        return self.search.find(self._passes, _spread(False), self.seed)

    @cached_property
    def sigma_magnitude(self) -> Sharpness:
        """The noise by magnitude that the net endures."""
        return self.search.find(self._passes, _spread(True), self.seed)

    @cached_property
    def alpha(self) -> Sharpness:
        """The box that the net endures."""
        return self.ascent.find(self._passes, _spread(False))

    @cached_property
    def alpha_magnitude(self) -> Sharpness:
        """The box by magnitude that the net endures."""
        return self.ascent.find(self._passes, _spread(True))


def _spread(magnitude: bool) -> Spread:
    return Spread(magnitude=magnitude, floor=EPSILON)
