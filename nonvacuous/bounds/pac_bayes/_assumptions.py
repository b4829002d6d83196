"""Assumptions that the PAC-Bayes theorems share, and what is left of delta."""

import math
from typing import Protocol

from nonvacuous._numerics import check_delta
from nonvacuous.bounds._assumptions import fixed_before, vouched
from nonvacuous.bounds._bound import Assumption, Verdict
from nonvacuous.evidence import Origin

__all__ = ["BOUNDED", "CODE_BEFORE_ROWS", "PRIOR_FIXED", "HasPrior", "remaining"]


class HasPrior(Protocol):
    """Evidence that knows its sample and the sample that shaped the prior."""

    @property
    def origin(self) -> Origin | None:
        """The sample, or None for bare numbers."""

    @property
    def prior(self) -> Origin | None:
        """The sample that shaped the prior, or None where no sample did."""


def _prior_fixed(evidence: HasPrior) -> tuple[Verdict, str]:
    here, before = evidence.origin, evidence.prior
    if here is not None and here.role == "prior":
        return Verdict.VIOLATED, f"the rows of {here.source} shaped the prior"
    if here is not None and before is not None and here.digest == before.digest:
        return (
            Verdict.VIOLATED,
            f"the prior was shaped by {before.source}, the rows that it is judged on",
        )
    return Verdict.VOUCHED, ""


PRIOR_FIXED: Assumption[HasPrior] = Assumption(
    name="prior-fixed",
    statement="the prior does not depend on the rows that the empirical risk and n"
    " count; rows that shaped the prior are counted in neither",
    judge=_prior_fixed,
)


CODE_BEFORE_ROWS = fixed_before(
    "code-before-rows",
    "the code is prefix-free and was fixed before the rows were drawn; the"
    " loss is that of the net that it decodes to",
    "prior",
    what="the code",
)
BOUNDED: Assumption[object] = vouched(
    name="bounded-loss",
    statement="the loss of every predictor on every row lies in [0, 1], and the"
    " empirical risk is the average of that very loss",
)


def remaining(delta: float, used: float) -> float:
    """What is left of `delta` once `used` is spent, rounded down.

    Args:
        delta: probability of being wrong, in (0, 1).
        used: probability that the evidence has spent already.

    Returns:
        The difference, above 0.

    Raises:
        ValueError: if nothing is left.
    """
    check_delta(delta)
    left = math.nextafter(delta - used, 0.0) if used > 0 else delta
    if not left > 0:
        raise ValueError(
            f"delta must exceed the {used} spent on the evidence, got {delta}"
        )
    return left
