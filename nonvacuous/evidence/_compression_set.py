"""A learner's result that a few kept rows determine, counted on the other rows."""

from dataclasses import dataclass
from operator import index
from typing import Any

from nonvacuous.evidence._checks import check_rates, set_counts, set_trials
from nonvacuous.evidence._origin import Origin

__all__ = ["CompressionSetFit", "CompressionSetLosses", "PickFit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionSetFit:
    """Errors, outside the kept rows, of the predictor that these rows give back.

    Attributes:
        kept: rows of the sample from which the predictor is reconstructed.
        trials: rows of the sample, the kept ones among them.
        errors: rows among the others that it gets wrong; ties count as errors.
        message_bits: bits of a prefix code that the reconstruction reads besides the
            rows, the order of the rows among them where it matters.
    """

    kept: int
    trials: int
    errors: int
    message_bits: int = 0
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        _set_kept(self)
        if self.errors > self.trials - self.kept:
            raise ValueError(
                f"errors must be counted on the {self.trials - self.kept} rows outside"
                f" the kept ones, got {self.errors}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionSetLosses:
    """Mean loss in [0, 1], outside the kept rows, of the predictor they give back.

    Attributes:
        kept: rows of the sample from which the predictor is reconstructed.
        trials: rows of the sample, the kept ones among them.
        mean: mean loss on the others, rounded up.
        message_bits: bits of a prefix code that the reconstruction reads besides the
            rows, the order of the rows among them where it matters.
    """

    kept: int
    trials: int
    mean: float
    message_bits: int = 0
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_trials(self)
        _set_kept(self)
        check_rates(self, "mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class PickFit:
    """How many rows a learner picked until it erred on no row of the sample.

    Attributes:
        picked: rows that the learner was trained on.
        trials: rows of the sample, the picked ones among them.
        errors: rows of the sample that it still gets wrong.
    """

    picked: int
    trials: int
    errors: int = 0
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        set_counts(self, "picked")


def _set_kept(fact: Any) -> None:
    """Make both counts plain integers and refuse impossible ones.

    Raises:
        ValueError: for those.
    """
    for name in ("kept", "message_bits"):
        object.__setattr__(fact, name, index(getattr(fact, name)))
    if not 0 <= fact.kept < fact.trials:
        raise ValueError(
            f"kept must lie between 0 and trials - 1 ({fact.trials - 1}), got"
            f" {fact.kept}"
        )
    if not 0 <= fact.message_bits < 2**53:
        raise ValueError(f"message_bits must lie in [0, 2^53), got {fact.message_bits}")
