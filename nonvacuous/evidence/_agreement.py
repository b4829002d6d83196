"""How often a compressed net answers as the original does: counted, or foretold."""

from dataclasses import dataclass

from nonvacuous.evidence._checks import check_rates, set_counts, set_trials
from nonvacuous.evidence._origin import Origin

__all__ = ["Agreement", "ForetoldAgreement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Rows on which a compressed net and the original answer differently.

    Attributes:
        differing: rows whose answers differ; a tie of outputs counts as that.
        trials: rows looked at; they shaped neither net.
    """

    differing: int
    trials: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self, "differing")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForetoldAgreement:
    """What rows say, before the draw, of a net whose edges are yet to be drawn.

    Attributes:
        mean: mean over the rows of a bound on the probability, over the draw, that the
            sampled net's answer is not the original's; rounded up.
        trials: rows looked at; they shaped neither the net nor the probabilities.
    """

    mean: float
    trials: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_trials(self)
        check_rates(self, "mean")
