"""Errors counted on rows, of a net as it is or of one that a code names."""

from dataclasses import dataclass
from operator import index

from nonvacuous.evidence._checks import set_counts
from nonvacuous.evidence._origin import Origin

__all__ = ["CodedFit", "HoldoutErrors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutErrors:
    """Errors of one predictor on rows that did not choose it.

    Attributes:
        errors: rows that the predictor gets wrong; ties count as errors.
        trials: rows looked at.
    """

    errors: int
    trials: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedFit:
    """Errors, on any rows, of the net that a code of ``bits`` bits decodes to.

    Attributes:
        errors: rows that the decoded net gets wrong; ties count as errors.
        trials: rows looked at.
        bits: length of the code.
        code: those bits, padded to bytes; without it the length is the caller's word.
        format: the decoder's name; it was fixed before the rows were seen.
        decoded: whether it was run, so that the errors are those of the net it
            returned.
    """

    errors: int
    trials: int
    bits: int
    code: bytes | None = None
    format: str | None = None
    decoded: bool = False
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        object.__setattr__(self, "bits", index(self.bits))
        if self.bits < 0:
            raise ValueError(f"bits must be at least 0, got {self.bits}")
        if self.code is not None and len(self.code) != -(-self.bits // 8):
            raise ValueError(
                f"code must hold {self.bits} bits, got {len(self.code)} bytes"
            )
