"""What a PAC-Bayes inequality asks of a predictor that is drawn anew for each row."""

from dataclasses import dataclass
from operator import index

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
        object.__setattr__(self, "trials", index(self.trials))
        if self.trials < 1:
            raise ValueError(f"trials must be at least 1, got {self.trials}")
        if self.origin is not None and self.trials > self.origin.rows:
            raise ValueError(
                f"trials must be at most the {self.origin.rows} rows of"
                f" {self.origin.source}, got {self.trials}"
            )
        if not 0 <= self.empirical <= 1:
            raise ValueError(f"empirical must lie in [0, 1], got {self.empirical}")
        if not self.kl >= 0:
            raise ValueError(f"kl must be at least 0, got {self.kl}")
        if not 0 <= self.mc_delta < 1:
            raise ValueError(f"mc_delta must lie in [0, 1), got {self.mc_delta}")
