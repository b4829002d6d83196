"""What must hold of every theorem, whatever it says."""

import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.bounds import ALL, Bound, Certificate
from nonvacuous.evidence._fields import spent

some = settings(derandomize=True, max_examples=25, deadline=None)
every_bound = pytest.mark.parametrize("bound", ALL, ids=lambda bound: bound.name)
DELTA = 0.05


def moved(fact: Any, name: str, factor: float) -> Any | None:
    """The fact with one field scaled, or None where the fact refuses that value."""
    value = getattr(fact, name)
    changed = value * factor + (1 if isinstance(value, int) else 0.0)
    kind = type(value)
    try:
        return replace(fact, **{name: kind(changed)})
    except ValueError:
        return None


@every_bound
def test_its_example_gives_a_certificate_or_says_why_not(bound: Bound[Any]) -> None:
    outcome = bound.certify(bound.example, delta=DELTA)
    if isinstance(outcome, Certificate):
        assert outcome.raw > 0
        assert set(outcome.assumptions) == {a.name for a in bound.assumptions}
    else:
        assert outcome.reason


@every_bound
def test_its_monotone_fields_exist(bound: Bound[Any]) -> None:
    names = {f.name for f in fields(bound.example)}
    assert set(bound.rises) | set(bound.falls) <= names
    assert not set(bound.rises) & set(bound.falls)
    numbers = {n for n in names if isinstance(getattr(bound.example, n), int | float)}
    assert bound.falls or bound.rises or not numbers


@every_bound
@given(
    factors=st.tuples(st.floats(0.05, 20), st.floats(1.0, 20)),
    chosen=st.integers(0, 100),
)
@some
def test_it_moves_the_way_it_says(
    bound: Bound[Any], factors: tuple[float, float], chosen: int
) -> None:
    names = [*bound.rises, *bound.falls]
    if not names:
        return
    name = names[chosen % len(names)]
    low = moved(bound.example, name, factors[0])
    high = moved(low, name, factors[1]) if low is not None else None
    if low is None or high is None:
        return
    if max(spent(low), spent(high)) >= DELTA:
        return
    a, b = bound.formula(low, DELTA), bound.formula(high, DELTA)
    slack = 1e-12 * max(1.0, abs(a))  # roundings outward differ in size
    assert a <= b + slack if name in bound.rises else b <= a + slack


@every_bound
@given(first=st.floats(-12, -1.31), second=st.floats(-12, -1.31))
@some
def test_more_confidence_never_costs_less(
    bound: Bound[Any], first: float, second: float
) -> None:
    used = spent(bound.example)
    deltas = sorted((used + 10**first, used + 10**second))
    loose, tight = (bound.formula(bound.example, d) for d in reversed(deltas))
    assert tight >= loose - 1e-12 * max(1.0, abs(loose))
    assert not math.isnan(loose + tight) or math.isinf(tight)
