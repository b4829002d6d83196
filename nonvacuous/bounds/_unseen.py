"""Assumptions of the theorems on losses in [0, 1] and on rows used only once."""

from typing import Any

from nonvacuous.bounds._assumptions import HasOrigin
from nonvacuous.bounds._bound import Assumption, Verdict
from nonvacuous.evidence import OrderedLosses

__all__ = ["BOUNDED", "fixed_before"]


def _in_range(evidence: object) -> tuple[Verdict, str]:
    """Losses that the evidence holds were looked at; a mean of them is a word."""
    seen = isinstance(evidence, OrderedLosses)
    return (Verdict.CHECKED if seen else Verdict.VOUCHED), ""


BOUNDED: Assumption[object] = Assumption(
    name="bounded-loss",
    statement="every loss lies in [0, 1]; what is bounded is the expected loss",
    judge=_in_range,
)


def fixed_before(name: str, statement: str, *forbidden: str) -> Assumption[Any]:
    """An assumption that rows of some roles violate, because they came before."""

    def judge(evidence: HasOrigin) -> tuple[Verdict, str]:
        origin = evidence.origin
        if origin is not None and origin.role in forbidden:
            return (
                Verdict.VIOLATED,
                f"the rows of {origin.source} have the role {origin.role}, so they"
                " shaped what had to be fixed before them",
            )
        return Verdict.VOUCHED, ""

    return Assumption(name=name, statement=statement, judge=judge)
