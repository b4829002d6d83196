"""A theorem's number as one variable moves."""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.bounds.planning._answer import Reached
from nonvacuous.bounds.planning._question import Theorem, ask

__all__ = ["around", "curve"]


def curve(
    bound: Theorem,
    variable: str,
    values: Iterable[float],
    evidence: Any = None,
    *,
    delta: float = 0.05,
    rate: float | Fraction | None = None,
) -> NDArray[np.float64]:
    """The theorem's number at each value of one variable, the others staying.

    Args:
        bound: a `Bound`, or a `Size`.
        variable: a field in which it is monotone, or ``delta``.
        values: of the variable; those of a count must be whole.
        evidence: as in :func:`solve`.
        delta: probability of being wrong, unless that is the variable.
        rate: as in :func:`solve`.

    Returns:
        The numbers, shape (values,), in (0, inf]; nan where the fact or the formula
        refuses the value.

    Raises:
        ValueError: as in :func:`solve`.

    >>> from nonvacuous.bounds.holdout import clopper_pearson
    >>> curve(clopper_pearson, "trials", [1000, 10000], rate=0.03).round(4)
    array([0.0405, 0.033 ])
    """
    question = ask(bound, variable, evidence, delta=delta, rate=rate)
    numbers = []
    for value in values:
        if question.whole and not float(value).is_integer():
            raise ValueError(f"{variable} must be whole, got {value}")
        number = question.try_number(int(value) if question.whole else float(value))
        numbers.append(math.nan if number is None else number)
    return np.array(numbers, dtype=np.float64)


def around(reached: Reached) -> dict[float, float]:
    """The numbers at the answer, and at a tenth, half, twice and ten times of it.

    Args:
        reached: an answer.

    Returns:
        Value to number, in rising order; values that the fact refuses are left out.
    """
    question, answer = reached.question, reached.value
    values = {answer, *([] if reached.first is None else [reached.first])}
    for up, down in ((1, 10), (1, 2), (2, 1), (10, 1)):
        if question.whole:
            values.add(int(answer) * up // down)
        elif math.isfinite(answer):
            values.add(answer * up / down)
    found = {value: question.try_number(value) for value in sorted(values)}
    return {value: number for value, number in found.items() if number is not None}
