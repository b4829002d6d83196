"""Losses of nets that a code names, where counting errors on all rows is not enough."""

from dataclasses import dataclass
from operator import index

from nonvacuous.evidence._checks import check_least, check_rates, set_counts, set_trials
from nonvacuous.evidence._origin import Origin

__all__ = ["CodedLoss", "SubsampledFit", "SymmetricFit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedLoss:
    """Mean loss, on any rows, of the net that a code of ``bits`` bits decodes to.

    Attributes:
        empirical: mean loss of the decoded net on the rows, in [0, 1], rounded up.
        trials: rows looked at.
        bits: length of the code.
    """

    empirical: float
    trials: int
    bits: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_trials(self)
        check_rates(self, "empirical")
        object.__setattr__(self, "bits", index(self.bits))
        check_least(self, 0, "bits")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsampledFit:
    """Mean loss of a coded net on a few rows drawn from the many that trained it.

    Attributes:
        empirical: mean loss of the decoded net on the rows drawn, in [0, 1], rounded
            up.
        drawn: rows drawn from the sample, after the net and apart from it.
        trials: rows of the sample, all of which may have trained the net.
        bits: length of the code.
    """

    empirical: float
    drawn: int
    trials: int
    bits: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_trials(self)
        object.__setattr__(self, "drawn", index(self.drawn))
        check_least(self, 1, "drawn")
        check_rates(self, "empirical")
        object.__setattr__(self, "bits", index(self.bits))
        check_least(self, 0, "bits")


@dataclass(frozen=True, slots=True, kw_only=True)
class SymmetricFit:
    """Errors of a coded net whose hidden units may trade places at no cost.

    Attributes:
        errors: rows that the decoded net gets wrong; ties count as errors.
        trials: rows looked at.
        bits: length of the code, the same for every order of the hidden units.
        gain: nats by which the copies of the net outnumber one, rounded down.
    """

    errors: int
    trials: int
    bits: int
    gain: float
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        object.__setattr__(self, "bits", index(self.bits))
        check_least(self, 0, "bits", "gain")
