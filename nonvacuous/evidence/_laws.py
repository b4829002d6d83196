"""Laws of losses under a posterior: more than their mean is known."""

from dataclasses import dataclass
from itertools import pairwise

from nonvacuous.evidence._checks import check_least, check_rates, set_trials
from nonvacuous.evidence._origin import Origin

__all__ = ["ExcessFit", "LossLaw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossLaw:
    """How often the loss of a posterior reaches each of a few values.

    Losses between two values count as the larger; the least value is 0.

    Attributes:
        values: the values above 0, in rising order, up to 1; whether the rows may have
            chosen them depends on the theorem.
        reached: for each value an upper bound on the share of rows, averaged over the
            posterior, whose loss is at least that; with its confidence term if drawn.
        trials: rows of the sample, none of which shaped the prior.
        kl: relative entropy of the posterior from the prior, in nats, rounded up.
        mc_delta: probability that some share is too small, 0 where they are exact.
        prior: the sample that shaped the prior; None where no sample did.
    """

    values: tuple[float, ...]
    reached: tuple[float, ...]
    trials: int
    kl: float
    mc_delta: float = 0.0
    prior: Origin | None = None
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_trials(self)
        check_rates(self, "mc_delta")
        check_least(self, 0, "kl")
        if not self.values or len(self.values) != len(self.reached):
            raise ValueError(
                f"values and reached must pair up, got {len(self.values)} and"
                f" {len(self.reached)}"
            )
        steps = [b > a for a, b in pairwise((0.0, *self.values))]
        if not all(steps) or self.values[-1] > 1:
            raise ValueError(f"values must rise within (0, 1], got {self.values}")
        if not all(0 <= share <= 1 for share in self.reached):
            raise ValueError(f"reached must lie in [0, 1], got {self.reached}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcessFit:
    """By how much a posterior errs more than a part of its prior's errors.

    The excess of a row is the error of a net drawn from the posterior, minus ``gamma``
    times the error of a net drawn from the prior: -gamma, 0, 1 - gamma or 1.

    Attributes:
        previous: upper bound on the prior's average risk, from an earlier certificate.
        previous_delta: probability that this earlier certificate is wrong.
        gamma: share of the prior's errors that is subtracted, fixed before the rows.
        reach_zero: upper bound on the share of rows, averaged over both draws, whose
            excess is at least 0; with its confidence term if drawn.
        reach_rest: the same for an excess of at least 1 - gamma.
        reach_one: the same for an excess of 1.
        trials: rows of the sample, none of which shaped the prior.
        kl: relative entropy of the posterior from the prior, in nats, rounded up.
        mc_delta: probability that one of the shares is too small.
        prior: the sample that shaped the prior; None where no sample did.
    """

    previous: float
    previous_delta: float
    gamma: float
    reach_zero: float
    reach_rest: float
    reach_one: float
    trials: int
    kl: float
    mc_delta: float = 0.0
    prior: Origin | None = None
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_trials(self)
        check_rates(self, "previous", "previous_delta", "gamma", "mc_delta")
        check_rates(self, "reach_zero", "reach_rest", "reach_one")
        check_least(self, 0, "kl")
