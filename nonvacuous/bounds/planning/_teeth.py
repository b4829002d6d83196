r"""Rows at a rate of errors, where a bound has teeth.

At a rate :math:`r` of errors n rows have :math:`k(n) = \lceil r n \rceil`.  The
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

No n will do if the rate is at least the target and delta is below 1/2.  Fix a predictor
whose risk p is a little above the target.  The median of Bin(n, p) is at most k(n), so
in half of all samples it errs at most k(n) times, and a number that never falls as
errors are added would be at most the target, hence below p, in all of these.
"""

from nonvacuous.bounds._bound import Bound
from nonvacuous.bounds.planning._answer import (
    Reached,
    Unreachable,
    reached,
    unreachable,
)
from nonvacuous.bounds.planning._question import Question, exact_rate
from nonvacuous.bounds.planning._search import MOST, farthest, walk
from nonvacuous.bounds.planning._words import as_percent

__all__ = ["at_a_rate"]

BLOCKS = 500
"""How many blocks may be tried before a proof over all n is given up."""

COSTLY = 2**30
"""From so many rows on a tenth of the blocks is tried: a tail costs O(sqrt(n))."""

HORIZON = 10
"""How far beyond the answer it is to be proved to go on holding, as a factor."""


def at_a_rate(question: Question, target: float) -> Reached | Unreachable:
    """How many rows, at a rate of errors."""
    if (
        question.rate is not None
        and question.errors == "errors"
        and question.rate >= exact_rate(target)
        and question.delta < 0.5
        and isinstance(question.theorem, Bound)
    ):
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

    def defined(n: int) -> bool:
        # without errors it is refused for the same n, and sooner
        return question.try_number(n, **{question.errors: 0}) is not None

    best, known = None, None
    for n in (2**i for i in range(51)):
        number = question.try_number(n)
        if number is not None:
            best = n
            if number <= target:
                known = n
                break
        elif best is not None:  # too large for the formula
            best = farthest(defined, best, n)
            known = best if holds(best, best) else None
            break
    if best is None:
        question.number(MOST)  # says why
    if known is None:
        return unreachable(question, target, best)
    # between the last power that failed and the first that held, then a little higher
    some = farthest(lambda n: holds(n, n), known, max(1, known // 2), known // 4 or 1)
    some = some + some // 16 if holds(some + some // 16, some + some // 16) else some
    blocks = BLOCKS if some < COSTLY else BLOCKS // 10
    before, proved = walk(fails, 1, some, blocks)
    first = min(before + 1, some)
    for _ in range(blocks):
        end = min(HORIZON * some, MOST)
        if not defined(end):
            end = farthest(defined, some, end)
        until, judged = walk(holds, some, end, blocks)
        if until == end or not judged:
            break
        some = walk(fails, until + 1, end, blocks)[0] + 1  # it was not the last tooth
    if not holds(some, some):  # the teeth were too many
        some = until = known
    value, least = walk(holds, some, first, blocks)
    return reached(
        question,
        target,
        value,
        beyond=value - 1,
        first=first if proved else None,
        until=until,
        least=least,
    )
