"""What a paper check answers."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Truth", "Verdict"]


class Truth(StrEnum):
    """True, false or unknown; unknown is not a pass."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, holds: bool) -> "Truth":
        """The verdict on a claim that was decided."""
        return cls.TRUE if holds else cls.FALSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A claim, what was found about it, and what is recorded about it."""

    claim: str
    """A sentence."""
    truth: Truth
    expected: Truth
    evidence: str
    """What was done, with digits, in one sentence."""

    @property
    def as_expected(self) -> bool:
        """Whether the finding is the recorded one, and is one at all."""
        return self.truth is self.expected and self.truth is not Truth.UNKNOWN
