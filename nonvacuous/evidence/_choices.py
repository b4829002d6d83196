"""Errors on rows unseen when predicted, where the predictor is one of several."""

from dataclasses import dataclass
from operator import index

from nonvacuous.evidence._checks import set_counts
from nonvacuous.evidence._origin import Origin

__all__ = ["BestOf", "ProgressiveErrors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOf:
    """Errors of a predictor chosen, on the rows themselves, among several.

    Attributes:
        errors: rows that the chosen predictor gets wrong; ties count as errors.
        trials: rows looked at.
        candidates: predictors that could have been chosen, fixed before the rows.
    """

    errors: int
    trials: int
    candidates: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        object.__setattr__(self, "candidates", index(self.candidates))
        if self.candidates < 1:
            raise ValueError(f"candidates must be at least 1, got {self.candidates}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressiveErrors:
    """Errors of a learner that predicts each row once, before it learns from it.

    Attributes:
        errors: rows whose prediction was wrong when it was made.
        trials: rows predicted, each by the hypothesis of the rows before it.
    """

    errors: int
    trials: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
