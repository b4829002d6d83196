"""The assumption of theorems on losses in [0, 1]."""

from nonvacuous.bounds._bound import Assumption, Verdict
from nonvacuous.evidence import OrderedLosses

__all__ = ["BOUNDED"]


def _in_range(evidence: object) -> tuple[Verdict, str]:
    """Losses that the evidence holds were looked at; a mean of them is a word."""
    seen = isinstance(evidence, OrderedLosses)
    return (Verdict.CHECKED if seen else Verdict.VOUCHED), ""


BOUNDED: Assumption[object] = Assumption(
    name="bounded-loss",
    statement="every loss lies in [0, 1]; what is bounded is the expected loss",
    judge=_in_range,
)
