"""Losses in [0, 1] of one predictor: two moments of them, or all in their order."""

from dataclasses import dataclass

from nonvacuous.evidence._checks import check_rates, check_trials, set_trials
from nonvacuous.evidence._origin import Origin

__all__ = ["HoldoutLosses", "OrderedLosses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutLosses:
    """Losses in [0, 1] of one predictor on rows that did not choose it.

    Attributes:
        mean: mean loss, rounded up.
        variance: sample variance of the losses (divided by trials - 1), rounded up.
        trials: rows looked at.
    """

    mean: float
    variance: float
    trials: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_trials(self)
        check_rates(self, "mean")
        if not 0 <= self.variance <= 0.5:
            raise ValueError(
                f"variance must lie in [0, 1/2], as for losses in [0, 1], got"
                f" {self.variance}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedLosses:
    """Losses in [0, 1] of one predictor on unseen rows, in the order of the rows.

    Attributes:
        losses: one loss per row, in an order that no loss influenced.
    """

    losses: tuple[float, ...]
    origin: Origin | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "losses", tuple(map(float, self.losses)))
        wrong = [x for x in self.losses if not 0 <= x <= 1]
        if wrong:
            raise ValueError(f"losses must lie in [0, 1], got {wrong[0]}")
        check_trials(self)

    @property
    def trials(self) -> int:
        """Rows looked at."""
        return len(self.losses)
