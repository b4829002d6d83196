"""Assumptions that several theorems share."""

from typing import Protocol

from nonvacuous.bounds._bound import Assumption, Verdict
from nonvacuous.evidence import CodedFit, Origin

__all__ = ["CODE_FIXED", "IID", "PREFIX_CODE", "UNSEEN", "ZERO_ONE", "HasOrigin"]


class HasOrigin(Protocol):
    """Evidence that knows its sample."""

    @property
    def origin(self) -> Origin | None:
        """The sample, or None for bare numbers."""


def _vouched(evidence: object) -> tuple[Verdict, str]:
    return Verdict.VOUCHED, ""


def _counted(evidence: HasOrigin) -> tuple[Verdict, str]:
    """Counts with an origin were made by our own counting; others are a word."""
    return (Verdict.VOUCHED if evidence.origin is None else Verdict.CHECKED), ""


def _unseen(evidence: HasOrigin) -> tuple[Verdict, str]:
    origin = evidence.origin
    if origin is not None and origin.role != "holdout":
        return (
            Verdict.VIOLATED,
            f"the rows of {origin.source} have the role {origin.role},"
            " so they shaped the predictor",
        )
    return Verdict.VOUCHED, ""


def _prefix_code(evidence: CodedFit) -> tuple[Verdict, str]:
    named = evidence.code is not None and evidence.format is not None
    known = named and evidence.decoded
    return (Verdict.CHECKED if known else Verdict.VOUCHED), ""


def _code_fixed(evidence: CodedFit) -> tuple[Verdict, str]:
    origin = evidence.origin
    if origin is not None and origin.role == "prior":
        return Verdict.VIOLATED, f"the rows of {origin.source} shaped the prior"
    return Verdict.VOUCHED, ""


IID: Assumption[HasOrigin] = Assumption(
    name="iid",
    statement="the rows are independent draws from the distribution of unseen data",
    judge=_vouched,
)
UNSEEN: Assumption[HasOrigin] = Assumption(
    name="unseen",
    statement="the rows influenced neither the predictor nor its choice",
    judge=_unseen,
)
ZERO_ONE: Assumption[HasOrigin] = Assumption(
    name="zero-one-loss",
    statement="an error counts 1 and everything else 0; ties count as errors",
    judge=_counted,
)
PREFIX_CODE: Assumption[CodedFit] = Assumption(
    name="prefix-code",
    statement="the decoder returns this very net from any stream that begins with"
    " the code, and stops by itself after its last bit",
    judge=_prefix_code,
)
CODE_FIXED: Assumption[CodedFit] = Assumption(
    name="code-fixed",
    statement="the decoder was fixed before the rows were drawn",
    judge=_code_fixed,
)
