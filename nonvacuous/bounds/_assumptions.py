"""Assumptions that several theorems share."""

from typing import Protocol

from nonvacuous.bounds._bound import Assumption, Verdict
from nonvacuous.evidence import CodedFit, OrderedLosses, Origin

__all__ = [
    "BOUNDED",
    "CODE_FIXED",
    "IID",
    "PREFIX_CODE",
    "UNSEEN",
    "ZERO_ONE",
    "HasOrigin",
    "counted",
    "fixed_before",
    "vouched",
]


class HasOrigin(Protocol):
    """Evidence that knows its sample."""

    @property
    def origin(self) -> Origin | None:
        """The sample, or None for bare numbers."""


def vouched(name: str, statement: str) -> Assumption[object]:
    """A condition that nothing in the evidence can tell: the caller's word."""
    return Assumption(
        name=name,
        statement=statement,
        judge=lambda evidence: (Verdict.VOUCHED, ""),
    )


def fixed_before(
    name: str, statement: str, *forbidden: str, what: str = "what had to be fixed"
) -> Assumption[HasOrigin]:
    """A condition that rows of some roles violate, because they came before."""

    def judge(evidence: HasOrigin) -> tuple[Verdict, str]:
        origin = evidence.origin
        if origin is not None and origin.role in forbidden:
            return (
                Verdict.VIOLATED,
                f"the rows of {origin.source} have the role {origin.role}, so they"
                f" shaped {what}",
            )
        return Verdict.VOUCHED, ""

    return Assumption(name=name, statement=statement, judge=judge)


def counted(evidence: HasOrigin) -> tuple[Verdict, str]:
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


def _in_range(evidence: object) -> tuple[Verdict, str]:
    """Losses that the evidence holds were looked at; a mean of them is a word."""
    seen = isinstance(evidence, OrderedLosses)
    return (Verdict.CHECKED if seen else Verdict.VOUCHED), ""


IID = vouched(
    name="iid",
    statement="the rows are independent draws from the distribution of unseen data",
)
UNSEEN: Assumption[HasOrigin] = Assumption(
    name="unseen",
    statement="the rows influenced neither the predictor nor its choice",
    judge=_unseen,
)
ZERO_ONE: Assumption[HasOrigin] = Assumption(
    name="zero-one-loss",
    statement="an error counts 1 and everything else 0; ties count as errors",
    judge=counted,
)
PREFIX_CODE: Assumption[CodedFit] = Assumption(
    name="prefix-code",
    statement="the decoder returns this very net from any stream that begins with"
    " the code, and stops by itself after its last bit",
    judge=_prefix_code,
)
CODE_FIXED = fixed_before(
    "code-fixed",
    "the decoder was fixed before the rows were drawn",
    "prior",
    what="the code",
)
BOUNDED: Assumption[object] = Assumption(
    name="bounded-loss",
    statement="every loss lies in [0, 1]; what is bounded is the expectation of the"
    " very loss that was averaged on the rows",
    judge=_in_range,
)
