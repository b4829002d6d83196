r"""The value of one variable that brings a theorem's number down to a target.

**Without a rate** the theorem is monotone in the variable, all else staying: it says so
in `rises` and `falls`.  Integers are bisected; so are floats, each of which has one
successor.  The answer is a value at which the formula, rounded up as always, was seen
to be at most the target; at the next value towards the other side it was seen to be
above it.  That no value further out will do either is the theorem's monotonicity.

**At a rate** :math:`r` of errors, n rows have :math:`k(n) = \lceil r n \rceil`.  The
number :math:`B(k(n), n)` falls while k stays and jumps where k grows: it has teeth, so
that a target may hold at n and not at n + 1.  Two answers are given:

* ``first``, the least n at which it holds;
* ``value``, the least n from which on it holds, as far as ``until``.

Both follow from the declared monotonicity alone, B rising in k and falling in n.  For
:math:`a \le n \le b`,

.. math:: B(k(a), b) \le B(k(n), n) \le B(k(b), a),

so one evaluation shows of a whole block that the target fails in it (left side above
the target), or holds in it (right side at most the target).  Blocks from 1 upwards in
which it fails end before `first`; blocks in which it holds go down to `value` and up to
`until`.  The last block is a single n, judged by itself, so both are exact.  Where rate
and target are so close that the blocks would be too many, `first` is None, and `value`,
from which on it still holds, is not the least such n (`least` is false).
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from nonvacuous._numerics import plain
from nonvacuous.bounds._bound import Bound
from nonvacuous.bounds.planning._question import Question, Theorem, ask, exact_rate
from nonvacuous.bounds.planning._search import at, farthest, position, walk
from nonvacuous.bounds.planning._words import as_percent, sayer

__all__ = ["Reached", "Unreachable", "solve"]

MOST = 2**50
"""The largest count that is tried, above 10^15."""

BLOCKS = 500
"""How many blocks may be tried before a proof over all n is given up."""

HORIZON = 10
"""How far beyond the answer it is to be proved to go on holding, as a factor."""


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
        return _at_a_rate(question, target)
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
            return _unreachable(question, target, value(last))
    answer = value(found)
    beyond = value(found - better)
    return _reached(question, target, answer, beyond=beyond, first=answer)


def _at_a_rate(question: Question, target: float) -> Reached | Unreachable:
    if (
        question.rate is not None
        and question.errors == "errors"
        and question.rate >= exact_rate(target)
        and question.delta < 0.5
        and isinstance(question.theorem, Bound)
    ):
        # a predictor of risk just above the target errs at most k(n) times in half of
        # all samples, so a theorem true of it cannot say less after k(n) errors
        return Unreachable(
            question=question,
            target=target,
            reason=(
                f"an error rate of {as_percent(float(question.rate))} % cannot certify"
                f" a risk of at most {as_percent(target)} %, however many rows there"
                " are"
            ),
        )

    def number_at(errors_at: int, n: int) -> float | None:
        fixed = {question.errors: question.count(errors_at)}
        return question.try_number(n, **fixed)

    def fails(a: int, b: int) -> bool:
        number = number_at(a, b)
        return number is None or not number <= target

    def holds(a: int, b: int) -> bool:
        number = number_at(b, a)
        return number is not None and number <= target

    best, known = None, None
    for n in (2**i for i in range(51)):
        number = question.try_number(n)
        if number is not None:
            best = n
            if number <= target:
                known = n
                break
        elif best is not None:
            break  # too large for the formula
    if best is None:
        question.number(MOST)  # says why
    if known is None:
        return _unreachable(question, target, best)
    # between the last power that failed and the first that held, then a little higher
    some = farthest(lambda n: holds(n, n), known, max(1, known // 2), known // 4 or 1)
    some = some + some // 16 if holds(some + some // 16, some + some // 16) else some
    before, proved = walk(fails, 1, some, BLOCKS)
    first = before + 1
    for _ in range(BLOCKS):
        end = min(HORIZON * some, MOST)
        until, judged = walk(holds, some, end, BLOCKS)
        if until == end or not judged:
            break
        some = walk(fails, until + 1, end, BLOCKS)[0] + 1  # it was not the last tooth
    value, least = walk(holds, some, first, BLOCKS)
    return _reached(
        question,
        target,
        value,
        beyond=value - 1,
        first=first if proved else None,
        until=until,
        least=least,
    )


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
    question.number(candidates[0])
    raise ValueError(f"{question.theorem.name} refuses every {question.variable}")


def _reached(
    question: Question,
    target: float,
    value: Any,
    *,
    beyond: Any,
    first: float | None,
    until: int | None = None,
    least: bool = True,
) -> Reached | Unreachable:
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


def _unreachable(question: Question, target: float, best: Any) -> Unreachable:
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
