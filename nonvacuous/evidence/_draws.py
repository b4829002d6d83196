"""Errors of one net that was drawn from a posterior."""

import math
from dataclasses import dataclass
from operator import index

from nonvacuous.evidence._checks import check_least, set_counts
from nonvacuous.evidence._origin import Origin

__all__ = ["DrawnFit", "RenyiFit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFit:
    """Errors of one net drawn from a posterior, and its density there and before.

    Attributes:
        errors: rows that the drawn net gets wrong; ties count as errors.
        trials: rows of the sample, none of which shaped the prior.
        log_ratio: log of the posterior's density over the prior's at the drawn net,
            in nats, rounded up; it may be negative.
        draws: nets that were to be drawn, fixed before the first; the drawn net is
            one of them.
        prior: the sample that shaped the prior; None where no sample did.
    """

    errors: int
    trials: int
    log_ratio: float
    draws: int = 1
    prior: Origin | None = None
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        object.__setattr__(self, "draws", index(self.draws))
        check_least(self, 1, "draws")
        if not self.log_ratio > -math.inf:
            raise ValueError(
                "log_ratio must be a number above -inf, as for a net that the posterior"
                f" can draw, got {self.log_ratio}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenyiFit:
    """Errors of one net drawn from a posterior that is close to its prior.

    Attributes:
        errors: rows that the drawn net gets wrong; ties count as errors.
        trials: rows of the sample, none of which shaped the prior.
        renyi: divergence of order 2 of the posterior from the prior, in nats, rounded
            up.
        draws: nets that were to be drawn, fixed before the first; the drawn net is
            one of them.
        prior: the sample that shaped the prior; None where no sample did.
    """

    errors: int
    trials: int
    renyi: float
    draws: int = 1
    prior: Origin | None = None
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        object.__setattr__(self, "draws", index(self.draws))
        check_least(self, 1, "draws")
        check_least(self, 0, "renyi")
