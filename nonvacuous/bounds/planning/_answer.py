"""What a question is answered with: a value that will do, or why there is none."""

from dataclasses import dataclass, field
from typing import Any

from nonvacuous._numerics import plain
from nonvacuous.bounds.planning._question import Question
from nonvacuous.bounds.planning._words import sayer

__all__ = ["Reached", "Unreachable", "reached", "unreachable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The answer, and what was seen at it.

    Attributes:
        value: the answer, an integer for a count: the theorem's number is at most the
            target there, and without a rate not at the next value towards `beyond`.
        raw: the number at the answer.
        beyond: the number at that next value, above the target; None where the fact
            or the formula refuses that value.
        evidence: the facts at the answer.
        target: what was asked for.
        delta: probability of being wrong, that at the answer.
        first: the least n at which it holds, None where that was too long to prove;
            the answer itself without a rate.
        until: up to which n it was proved to hold at the rate; None without one.
        least: whether the answer is the last value that will do; it is not where that
            was too long to prove.
    """

    question: Question = field(repr=False)
    value: float
    raw: float
    beyond: float | None
    evidence: Any
    target: float
    delta: float
    first: float | None
    until: int | None = None
    least: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """No value of the variable will do, and why, in one sentence."""

    question: Question = field(repr=False)
    target: float
    reason: str

    def __str__(self) -> str:
        return self.reason


def reached(
    question: Question,
    target: float,
    value: Any,
    *,
    beyond: Any,
    first: float | None,
    until: int | None = None,
    least: bool = True,
) -> Reached | Unreachable:
    """The answer at a value, unless an assumption is violated there."""
    refusal = question.refusal(value)
    if refusal is not None:
        return Unreachable(question=question, target=target, reason=str(refusal))
    return Reached(
        question=question,
        value=value,
        raw=question.number(value),
        beyond=question.try_number(beyond),
        evidence=question.fact(value),
        target=target,
        delta=value if question.variable == "delta" else question.delta,
        first=first,
        until=until,
        least=least,
    )


def unreachable(question: Question, target: float, best: Any) -> Unreachable:
    """Why not: a violated assumption, or what the most favourable value gives."""
    refusal = question.refusal(best)
    if refusal is not None:
        return Unreachable(question=question, target=target, reason=str(refusal))
    say = sayer(question.theorem)
    name, theorem = question.variable, question.theorem.name
    value = f"{best:,}" if question.whole else plain(best)
    near = name == "delta" and value == "1"
    with_best = "delta near 1" if near else f"{name} = {value}"
    reason = (
        f"even with {with_best} {theorem} gives {say(question.number(best))}, above the"
        f" target of {say(target, exact=True)}"
    )
    for other in question.theorem.rises:
        without = _without(question, best, other)
        if without is not None and without <= target:
            return Unreachable(
                question=question,
                target=target,
                reason=f"{reason}; with {other} = 0 it would give {say(without)}",
            )
    return Unreachable(question=question, target=target, reason=reason)


def _without(question: Question, value: Any, name: str) -> float | None:
    """The number at a value if another field were 0, None where that cannot be."""
    if name == question.variable or not question.facts.get(name):
        return None
    return question.try_number(value, **{name: 0})
