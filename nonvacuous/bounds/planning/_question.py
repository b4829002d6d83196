"""A theorem with all numbers given but one."""

import math
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from fractions import Fraction
from typing import Any, Protocol

from nonvacuous._numerics import check_delta
from nonvacuous.bounds._bound import Bound, Refusal, Verdict

__all__ = [
    "Question",
    "Theorem",
    "ask",
    "check_variable",
    "error_count",
    "exact_rate",
    "given",
    "kinds",
    "solvable",
]


class Theorem(Protocol):
    """What can be asked: a `Bound`, or a `Size` that a theorem promises."""

    @property
    def name(self) -> str:
        """How it is called."""

    @property
    def formula(self) -> Callable[[Any, float], float]:
        """Facts and delta in, the number out, rounded up."""

    @property
    def example(self) -> Any:
        """Facts of the shape that it asks for."""

    @property
    def rises(self) -> tuple[str, ...]:
        """Fields in which the number never falls."""

    @property
    def falls(self) -> tuple[str, ...]:
        """Fields in which the number never rises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A theorem, the facts that are given, and the one variable that is not."""

    theorem: Theorem
    variable: str
    facts: Mapping[str, Any]
    delta: float
    rate: Fraction | None = None
    errors: str = ""
    """The field that the rate sets, empty where there is no rate."""

    @property
    def falls(self) -> bool:
        """Whether more of the variable makes the number smaller."""
        return self.variable == "delta" or self.variable in self.theorem.falls

    @property
    def whole(self) -> bool:
        """Whether the variable is a count."""
        return kinds(type(self.theorem.example)).get(self.variable) is int

    def count(self, n: int) -> int:
        """Errors at the rate among n rows."""
        assert self.rate is not None
        return math.ceil(self.rate * n)

    def fact(self, value: Any, **fixed: Any) -> Any:
        """The evidence at a value of the variable."""
        facts = dict(self.facts)
        if self.variable != "delta":
            facts[self.variable] = value
        if self.rate is not None and "trials" in facts:
            facts[self.errors] = self.count(facts["trials"])
        return type(self.theorem.example)(**{**facts, **fixed})

    def number(self, value: Any, **fixed: Any) -> float:
        """The theorem's number there.

        Raises:
            ArithmeticError: if the formula gave none.
        """
        fact = self.fact(value, **fixed)
        delta = value if self.variable == "delta" else self.delta
        check_delta(delta)
        number = self.theorem.formula(fact, delta)
        if math.isnan(number):
            raise ArithmeticError(f"{self.theorem.name} gave nan on {fact!r}")
        return number

    def try_number(self, value: Any, **fixed: Any) -> float | None:
        """The number, or None where the fact or the formula refuses the value."""
        try:
            return self.number(value, **fixed)
        except (ValueError, OverflowError):
            return None

    def refusal(self, value: Any) -> Refusal | None:
        """The assumption that is violated there, if one is."""
        if not isinstance(self.theorem, Bound):
            return None
        fact = self.fact(value)
        for assumption in self.theorem.assumptions:
            verdict, reason = assumption.judge(fact)
            if verdict is Verdict.VIOLATED:
                return Refusal(
                    bound=self.theorem.name, assumption=assumption.name, reason=reason
                )
        return None


def ask(
    theorem: Theorem,
    variable: str,
    facts: Any,
    *,
    delta: float,
    rate: float | Fraction | None,
) -> Question:
    """Check what was given, and put it together.

    Raises:
        ValueError: if something is missing or cannot be asked.
    """
    check_delta(delta)
    known = given(theorem, facts)
    check_variable(theorem, variable)
    errors = ""
    if rate is not None:
        errors = error_count(theorem)
        if variable == errors:
            raise ValueError(f"rate sets {errors}, so it cannot be what is asked for")
        known.pop(errors, None)
    needed = [
        f.name
        for f in fields(type(theorem.example))
        if f.default is MISSING
        and f.default_factory is MISSING
        and f.name not in known
        and f.name not in (variable, errors)
    ]
    if needed:
        raise ValueError(f"{theorem.name} needs {' and '.join(needed)} too")
    return Question(
        theorem=theorem,
        variable=variable,
        facts=known,
        delta=delta,
        rate=None if rate is None else exact_rate(rate),
        errors=errors,
    )


def given(theorem: Theorem, facts: Any) -> dict[str, Any]:
    """The given facts by name: evidence, a mapping of some fields, or the example.

    Raises:
        TypeError: if it is evidence of another theorem.
        ValueError: for a name that is no field.
    """
    kind = type(theorem.example)
    names = [f.name for f in fields(kind)]
    if facts is None:
        facts = theorem.example
    if isinstance(facts, kind):
        return {name: getattr(facts, name) for name in names}
    if not isinstance(facts, Mapping):
        raise TypeError(
            f"evidence must be {kind.__name__} or a mapping of its fields, got"
            f" {type(facts).__name__}"
        )
    for name in facts:
        if name not in names:
            raise ValueError(
                f"{kind.__name__} has no {name}, its fields are {', '.join(names)}"
            )
    return dict(facts)


def kinds(evidence: type) -> dict[str, Any]:
    """The type of each field, without the None that an optional one may also be."""
    hints = typing.get_type_hints(evidence)
    found = {}
    for f in fields(evidence):
        hint = hints[f.name]
        rest = [a for a in typing.get_args(hint) if a is not type(None)]
        optional = type(None) in typing.get_args(hint)
        found[f.name] = rest[0] if optional and len(rest) == 1 else hint
    return found


def solvable(theorem: Theorem) -> tuple[str, ...]:
    """The variables that a theorem can be solved for."""
    types = kinds(type(theorem.example))
    monotone = (*theorem.falls, *theorem.rises)
    return (*(name for name in monotone if types[name] in (int, float)), "delta")


def check_variable(theorem: Theorem, variable: str) -> None:
    """Refuse what a theorem cannot be solved for.

    Raises:
        ValueError: if it is that.
    """
    allowed = solvable(theorem)
    if variable not in allowed:
        known = variable in kinds(type(theorem.example))
        what = f"is not known to be monotone in {variable}"
        raise ValueError(
            f"{theorem.name} {what if known else f'has no {variable}'}; it can be"
            f" solved for {', '.join(allowed)}"
        )


def error_count(theorem: Theorem) -> str:
    """The field that counts errors among ``trials``.

    Raises:
        ValueError: if there is none or more than one.
    """
    types = kinds(type(theorem.example))
    found = [
        name
        for name in theorem.rises
        if types[name] is int and (name == "errors" or name.endswith("_errors"))
    ]
    if len(found) != 1 or "trials" not in types:
        raise ValueError(
            f"rate needs a theorem that counts errors among trials; {theorem.name}"
            f" takes {', '.join(types)}"
        )
    return found[0]


def exact_rate(rate: float | Fraction) -> Fraction:
    """A rate as the decimal that it is written as: 0.05 is one in twenty.

    Raises:
        ValueError: unless it lies in [0, 1].

    >>> exact_rate(0.05)
    Fraction(1, 20)
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate must lie in [0, 1], got {float(rate):g}")
    return rate if isinstance(rate, Fraction) else Fraction(repr(float(rate)))
