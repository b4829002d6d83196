r"""What a theorem is here: a value that turns evidence into a certificate.

A :class:`Bound` is one theorem, with its statement, source and assumptions.  Applied
to evidence it yields a :class:`Certificate`, or a :class:`Refusal` that names the
assumption that fails.  Nothing here is inherited.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from nonvacuous._numerics import check_delta, plain

__all__ = [
    "About",
    "Assumption",
    "Bound",
    "Certificate",
    "Fidelity",
    "Loss",
    "Reference",
    "Refusal",
    "Verdict",
    "ceiling",
    "percent",
    "plain",
]

E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)


class Fidelity(StrEnum):
    """How our statement relates to the page that it is named after."""

    EXACT = "exact"
    """The statement of the source, letter for letter up to notation."""
    SPECIALIZED = "specialized"
    """A special case of the source."""
    DERIVED = "derived"
    """Proved by us from the source's ingredients, constants made explicit."""


class Verdict(StrEnum):
    """What is known of an assumption."""

    CHECKED = "checked"
    VOUCHED = "vouched"
    VIOLATED = "violated"


class About(StrEnum):
    """Whose risk a certificate bounds."""

    ORIGINAL = "original"
    COMPRESSED = "compressed"
    STOCHASTIC = "stochastic"
    """A net drawn anew for each row."""
    DRAWN = "drawn"
    """One net, drawn once."""
    VOTE = "majority-vote"
    """What most draws say of a row."""


class Loss(StrEnum):
    """What the risk that is bounded is the mean of."""

    ZERO_ONE = "0-1"
    """An error counts 1."""
    UNIT = "[0, 1]"
    """Any loss between 0 and 1."""
    DISAGREEMENT = "disagreement"
    """An answer that is not the original net's counts 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where a theorem comes from: a key of ``references.bib`` and a place in it."""

    key: str
    where: str
    fidelity: Fidelity
    confirmed: bool = False
    """Whether somebody opened the page; a recalled locator is unconfirmed."""

    def __str__(self) -> str:
        mark = "" if self.confirmed else ", locator unconfirmed"
        return f"{self.key}, {self.where} ({self.fidelity}{mark})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption(Generic[E_contra]):
    """A condition of a theorem, and how evidence is asked about it.

    ``judge`` returns a verdict and, when violated, the sentence that says why.
    """

    name: str
    statement: str
    judge: Callable[[E_contra], tuple[Verdict, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """No certificate: the assumption that fails, and why, in one sentence.

    ``elsewhere`` says that nothing failed: the theorem asks for facts of another kind.
    """

    bound: str
    assumption: str
    reason: str
    elsewhere: bool = False

    def __str__(self) -> str:
        return f"{self.bound}: refused, {self.assumption}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Generic[E]):
    """A bound applied to evidence: with probability 1 - delta, risk <= upper."""

    bound: "Bound[E]"
    evidence: E
    delta: float
    raw: float
    """The theorem's own number, however large."""
    about: About
    assumptions: Mapping[str, Verdict]
    terms: Mapping[str, float]

    @property
    def upper(self) -> float:
        """The bound on the risk: `raw`, or 1 where that says more."""
        return min(1.0, self.raw)

    def vacuous(self, classes: int) -> bool:
        """Whether guessing among `classes` labels does as well."""
        return self.upper >= 1.0 - 1.0 / classes

    def __str__(self) -> str:
        share = f"at most {percent(self.upper)} % of unseen data"
        said = {
            Loss.ZERO_ONE: f"errs on {share}",
            Loss.DISAGREEMENT: f"answers otherwise than the original on {share}",
            Loss.UNIT: "has an expected loss, or error rate if errors were counted, of"
            f" at most {ceiling(self.upper, 4)} on unseen data",
        }[self.bound.loss]
        return (
            f"Except with probability {plain(self.delta)} over the sample, the"
            f" {self.about} net {said} ({self.bound.name})."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound(Generic[E]):
    r"""A theorem.  Its name never changes meaning; a better one gets a new name.

    ``formula(evidence, delta)`` is a plain function, rounded up.  ``example`` is
    evidence of the shape that it asks for, with everyday numbers; ``rises`` and
    ``falls`` name the fields of that evidence in which the formula never decreases
    or never increases while all others stay.  ``terms`` takes the number apart for a
    reader.  ``uniform`` says that one event of probability ``1 - delta`` covers every
    predictor of the class at once, so that the best of many certificates of this
    theorem from one sample costs nothing more, except what each evidence has spent on
    events of its own (``mc_delta``).
    """

    name: str
    statement: str
    source: Reference
    assumptions: tuple[Assumption[E], ...]
    about: About
    formula: Callable[[E, float], float]
    example: E
    rises: tuple[str, ...] = ()
    falls: tuple[str, ...] = ()
    terms: Callable[[E, float], Mapping[str, float]] = field(
        default=lambda evidence, delta: {}
    )
    uniform: bool = False
    loss: Loss = Loss.ZERO_ONE

    def certify(
        self, evidence: E, *, delta: float, about: About | None = None
    ) -> Certificate[E] | Refusal:
        """Apply the theorem.

        Args:
            evidence: what was measured.
            delta: probability of being wrong, in (0, 1).
            about: whose risk, where the theorem leaves it open.

        Returns:
            A certificate, or a refusal if an assumption is violated.

        Raises:
            ValueError: if `delta` is not in (0, 1).
            ArithmeticError: if the formula gave no number.
        """
        check_delta(delta)
        verdicts: dict[str, Verdict] = {}
        for assumption in self.assumptions:
            verdict, reason = assumption.judge(evidence)
            if verdict is Verdict.VIOLATED:
                return Refusal(
                    bound=self.name, assumption=assumption.name, reason=reason
                )
            verdicts[assumption.name] = verdict
        raw = self.formula(evidence, delta)
        if math.isnan(raw):
            raise ArithmeticError(f"{self.name} gave nan on {evidence!r}")
        return Certificate(
            bound=self,
            evidence=evidence,
            delta=delta,
            raw=raw,
            about=about or self.about,
            assumptions=verdicts,
            terms=self.terms(evidence, delta),
        )


def ceiling(value: float, digits: int) -> str:
    """`value` with `digits` decimals, rounded up: a printed bound stays a bound.

    >>> ceiling(0.12340001, 4)
    '0.1235'
    """
    return _ceiling(Decimal(value), digits)


def percent(value: float, digits: int = 2) -> str:
    """100 times `value`, computed exactly and rounded up.

    >>> percent(0.01)  # the float is above 1/100
    '1.01'
    """
    return _ceiling(Decimal(value).scaleb(2), digits)


def _ceiling(exact: Decimal, digits: int) -> str:
    if not exact.is_finite():
        return str(exact).lower().replace("infinity", "inf")
    return str(exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_CEILING))
