r"""The value of one variable that brings a theorem's number down to a target.

**Without a rate** the theorem is monotone in the variable, all else staying: it says so
in `rises` and `falls`.  Integers are bisected; so are floats, each of which has one
successor.  The answer is a value at which the formula, rounded up as always, was seen
to be at most the target; at the next value towards the other side it was seen to be
above it.  That no value further out will do either is the theorem's monotonicity.
Rows at a rate of errors are another matter: see :mod:`._teeth`.  Assumptions are judged
at the answer.
"""

import math
from fractions import Fraction
from typing import Any

from nonvacuous.bounds._bound import Bound
from nonvacuous.bounds.planning._answer import (
    Reached,
    Unreachable,
    reached,
    unreachable,
)
from nonvacuous.bounds.planning._question import Question, Theorem, ask
from nonvacuous.bounds.planning._search import MOST, at, farthest, position
from nonvacuous.bounds.planning._teeth import at_a_rate

__all__ = ["solve"]


def solve(
    bound: Theorem,
    variable: str,
    target: float,
    evidence: Any = None,
    *,
    delta: float = 0.05,
    rate: float | Fraction | None = None,
) -> Reached | Unreachable:
    """The least or largest value of a variable for a number at most the target.

    The least, where more of the variable makes the number smaller (rows, delta,
    epsilon); the largest where it makes it larger (errors, bits, nats).

    Args:
        bound: a `Bound`, whose number bounds a risk, or a `Size`, whose number counts.
        variable: a field in which it is monotone, or ``delta``.
        target: what the number must not exceed; a risk in (0, 1], or a count.
        evidence: the other facts: evidence whose own value of the variable does not
            matter, or a mapping of fields that may leave it out; None is the
            theorem's example.
        delta: probability of being wrong, unless that is the variable.
        rate: share of the rows that are errors, which are ceil(rate * trials) then;
            read as the decimal that it is written as.

    Returns:
        An answer that the formula was seen to confirm, or why there is none.

    Raises:
        ValueError: if the theorem is not known to be monotone in the variable, or the
            other facts are incomplete or impossible.

    >>> from nonvacuous.bounds.holdout import clopper_pearson
    >>> solve(clopper_pearson, "trials", 0.01, {"errors": 0}).value
    299
    """
    question = ask(bound, variable, evidence, delta=delta, rate=rate)
    _check_target(bound, target)
    if question.rate is not None and variable == "trials":
        return at_a_rate(question, target)
    return _monotone(question, target)


def _check_target(bound: Theorem, target: float) -> None:
    top = 1.0 if isinstance(bound, Bound) else math.inf
    if not 0 < target <= top:
        what = "a risk in (0, 1]" if top == 1 else "above 0"
        hint = f" ({target:g} % is {target / 100:g})" if top < target <= 100 else ""
        raise ValueError(f"target must be {what}, got {target}{hint}")


def _monotone(question: Question, target: float) -> Reached | Unreachable:
    whole = question.whole
    value = int if whole else at
    better = 1 if question.falls else -1
    low, high = (0, MOST) if whole else (position(-math.inf), position(math.inf))
    best, worst = (high, low) if question.falls else (low, high)
    step = 1 if whole else 2**48  # a float's first step is a sixteenth of it

    def fails(place: int) -> bool:
        return question.try_number(value(place)) is not None and not holds(place)

    def holds(place: int) -> bool:
        number = question.try_number(value(place))
        return (
            number is not None
            and number <= target
            and question.refusal(value(place)) is None
        )

    start = _start(question)
    start = start if whole else position(start)
    if holds(start):
        found = farthest(holds, start, worst, step)
    else:
        last = farthest(fails, start, best, step)
        found = last + better
        if last == best or not holds(found):
            return unreachable(question, target, value(last))
    answer = value(found)
    beyond = value(found - better)
    return reached(question, target, answer, beyond=beyond, first=answer)


def _start(question: Question) -> Any:
    """A value that the fact takes: the given one, the example's, or a power of 2.

    Raises:
        ValueError: if there is none; what the fact says to the first.
    """
    candidates: list[Any]
    if question.variable == "delta":
        candidates = [question.delta, *(1 - 2.0**-i for i in range(1, 53))]
    else:
        example = getattr(question.theorem.example, question.variable)
        given = question.facts.get(question.variable)
        powers = [2.0**i for i in range(-50, 51)]
        if question.whole:
            powers = [2**i for i in range(51)]
        candidates = [c for c in (given, example) if c is not None] + [0, *powers]
    for candidate in candidates:
        if question.try_number(candidate) is not None:
            return candidate
    question.number(candidates[-1 if question.variable == "trials" else 0])
    raise ValueError(f"{question.theorem.name} refuses every {question.variable}")
