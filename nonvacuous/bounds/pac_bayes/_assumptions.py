"""Assumptions that the PAC-Bayes theorems share."""

from typing import Protocol

from nonvacuous.bounds._assumptions import fixed_before
from nonvacuous.bounds._bound import Assumption, Verdict
from nonvacuous.evidence import Origin

__all__ = ["CODE_BEFORE_ROWS", "PRIOR_FIXED", "HasPrior"]


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
