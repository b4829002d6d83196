"""What a PAC-Bayes inequality asks of a predictor that is drawn anew for each row."""

from dataclasses import dataclass

from nonvacuous.evidence._checks import check_least, check_rates, set_trials
from nonvacuous.evidence._origin import Origin

__all__ = ["GibbsFit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GibbsFit:
    """Empirical risk of a posterior, and how far that posterior is from its prior.

    Attributes:
        empirical: upper bound on the posterior's average loss on the rows, in [0, 1],
            rounded up; if estimated by draws, already with its confidence term.
        trials: rows of the sample, none of which shaped the prior.
        kl: relative entropy of the posterior from the prior, in nats, rounded up.
        mc_delta: probability that ``empirical`` is too small, 0 where it is exact.
        prior: the sample that shaped the prior; None where no sample did.
    """

    empirical: float
    trials: int
    kl: float
    mc_delta: float = 0.0
    prior: Origin | None = None
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_trials(self)
        check_rates(self, "empirical", "mc_delta")
        check_least(self, 0, "kl")
