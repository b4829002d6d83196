"""What was found out about one assumption, and about a share of rows or edges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nonvacuous import bounds
from nonvacuous.bounds.holdout import interval

__all__ = ["Finding", "Share", "Standing", "leaning"]


class Standing(StrEnum):
    """What is known of an assumption on a net and its rows."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "cannot be known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One assumption: whether it holds here, the numbers behind that, who needs it.

    Attributes:
        name: of the assumption, as the theorems spell it.
        statement: what is assumed.
        verdict: what is known of it.
        sentence: why.
        numbers: by name.
        theorems: what leans on it.
    """

    name: str
    statement: str
    verdict: Standing
    sentence: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    theorems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A count, and the exact two-sided interval for its probability.

    Attributes:
        count: how many.
        of: how many there are.
        low: lower end, Clopper-Pearson.
        high: upper end.
    """

    count: int
    of: int
    low: float
    high: float

    @classmethod
    def at(cls, count: int, of: int, delta: float) -> "Share":
        """With an interval that misses the probability with probability `delta`."""
        low, high = interval(count, of, delta)
        return cls(count=count, of=of, low=low, high=high)

    @property
    def value(self) -> float:
        """The share seen."""
        return self.count / self.of


def leaning(name: str, *more: str) -> tuple[str, ...]:
    """The theorems that name an assumption, and more that need it unnamed."""
    named = [b.name for b in bounds.ALL if any(a.name == name for a in b.assumptions)]
    return tuple(dict.fromkeys([*named, *more]))
