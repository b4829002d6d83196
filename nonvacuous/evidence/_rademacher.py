"""How well a class of predictors can follow random signs on the rows of a sample."""

import math
from dataclasses import dataclass
from typing import Any

from nonvacuous.evidence._checks import check_rates, set_counts, set_trials
from nonvacuous.evidence._origin import Origin

__all__ = ["RademacherFit", "RademacherLosses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RademacherFit:
    """Errors of a classifier, and the Rademacher complexity of its class.

    Attributes:
        errors: rows that the classifier gets wrong; ties count as errors.
        trials: rows looked at.
        complexity: upper bound on the empirical Rademacher complexity, on these rows,
            of the class of classifiers with values -1 and 1.
        mc_delta: probability that random signs made it too small, 0 if exact.
        supremum: whether the complexity is of the supremum over the class, not of the
            fit that a search found.
    """

    errors: int
    trials: int
    complexity: float
    mc_delta: float = 0.0
    supremum: bool = True
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        _check_complexity(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RademacherLosses:
    """Mean loss in [0, 1], and the Rademacher complexity of the class of losses.

    Attributes:
        mean: mean loss on the rows, rounded up.
        trials: rows looked at.
        complexity: upper bound on the empirical Rademacher complexity, on these rows,
            of the losses of all predictors of the class.
        mc_delta: probability that random signs made it too small, 0 if exact.
        supremum: whether the complexity is of the supremum over the class, not of the
            fit that a search found.
    """

    mean: float
    trials: int
    complexity: float
    mc_delta: float = 0.0
    supremum: bool = True
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_trials(self)
        check_rates(self, "mean")
        _check_complexity(self)


def _check_complexity(fact: Any) -> None:
    """Refuse an impossible complexity.

    Raises:
        ValueError: for one.
    """
    if not 0 <= fact.complexity < math.inf:
        raise ValueError(
            f"complexity must be finite and at least 0, got {fact.complexity}"
        )
    check_rates(fact, "mc_delta")
