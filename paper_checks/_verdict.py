"""What a paper check answers."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Kind", "Truth", "Verdict", "Whose"]


class Truth(StrEnum):
    """True, false or unknown; unknown is not a pass."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, holds: bool) -> "Truth":
        """The verdict on a claim that was decided."""
        return cls.TRUE if holds else cls.FALSE


class Kind(StrEnum):
    """What a check does, in the order in which a theorem is taken apart."""

    DERIVATION = "derivation"
    """A constant or a step of the proof, by algebra."""
    FORMULA = "formula"
    """Our code is the derived expression, at fifty digits, rounded outward."""
    LIMIT = "limit"
    """Limits, monotonicity, order among bounds."""
    TRIAL = "trial"
    """The theorem itself, by enumeration or by seeded simulation."""
    ASSUMPTION = "assumption"
    """A case in which the theorem fails without one of its assumptions."""
    FINDING = "finding"
    """What a paper, public code or a note says, decided."""


class Whose(StrEnum):
    """Who makes the claim.  Ours must be true."""

    OURS = "ours"
    PAPER = "the paper's"
    CODE = "public code's"
    NOTES = "the notes'"
    """Notes that this project was given to start from."""
    TEMPTING = "tempting"
    """What a reader might wish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A claim, what was found about it, and what is recorded about it."""

    claim: str
    """A sentence."""
    truth: Truth
    expected: Truth = Truth.TRUE
    evidence: str
    """What was done, with digits, in one sentence."""
    kind: Kind
    of: tuple[str, ...] = ()
    """Names of the theorems in ``bounds.ALL`` that it is about."""
    whose: Whose = Whose.OURS
    digits: int | None = None
    """To how many digits the code was compared, where it was."""
    without: str = ""
    """The assumption that is dropped, by its name in the theorem, where one is."""
    mended: str = ""
    """What we use instead, where a paper, a program or a note is wrong."""

    def __post_init__(self) -> None:
        if self.whose is Whose.OURS and self.expected is not Truth.TRUE:
            raise ValueError(f"what we claim must be true: {self.claim}")
        if (self.kind is Kind.FORMULA) != (self.digits is not None):
            raise ValueError(f"a formula, and nothing else, has digits: {self.claim}")
        if (self.kind is Kind.ASSUMPTION) != bool(self.without):
            raise ValueError(f"an assumption check drops one by name: {self.claim}")
        wrong = self.kind is Kind.FINDING and self.expected is Truth.FALSE
        if wrong != bool(self.mended):
            raise ValueError(f"a false finding, no other, is mended: {self.claim}")

    @property
    def as_expected(self) -> bool:
        """Whether the finding is the recorded one, and is one at all."""
        return self.truth is self.expected and self.truth is not Truth.UNKNOWN
