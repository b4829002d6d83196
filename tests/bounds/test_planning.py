"""Theorems asked the other way round."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.bounds import ALL, Bound, planning
from nonvacuous.bounds.coreset import (
    corenet_generalization,
    network_size,
    paper_constant,
    sample_size,
)
from nonvacuous.bounds.holdout import clopper_pearson, holdout_hoeffding, holdout_kl
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
from nonvacuous.bounds.planning import SIZES, Reached, Unreachable, curve, solve
from nonvacuous.bounds.planning import _teeth as teeth
from nonvacuous.bounds.planning._question import error_count, solvable
from nonvacuous.bounds.planning._search import at, farthest, position, walk
from nonvacuous.evidence import CodedFit, HoldoutErrors

some = settings(derandomize=True, max_examples=50, deadline=None)
THEOREMS = [*ALL, *SIZES]
QUESTIONS = [(t, v) for t in THEOREMS for v in solvable(t)]
HOLDOUTS = (clopper_pearson, holdout_kl, holdout_hoeffding)


def reached(*args: Any, **kwargs: Any) -> Reached:
    answer = solve(*args, **kwargs)
    assert isinstance(answer, Reached), answer
    return answer


# values that are known


@pytest.mark.parametrize("target", [0.3, 0.05, 0.01, 1e-4, 1e-9])
def test_rows_without_an_error_have_a_closed_form(target: float) -> None:
    answer = reached(clopper_pearson, "trials", target, {"errors": 0})
    assert answer.value == math.ceil(math.log(0.05) / math.log1p(-target))
    assert answer.first == answer.value
    assert answer.raw <= target < (answer.beyond or 0)


@pytest.mark.parametrize("exponent", range(1, 8))
def test_hoeffdings_rows_have_a_closed_form_over_fourteen_decades(
    exponent: int,
) -> None:
    target = 10.0**-exponent
    answer = reached(holdout_hoeffding, "trials", target, {"errors": 0})
    exact = math.log(20) / 2 * 10 ** (2 * exponent)
    assert math.ceil(exact * (1 - 1e-14)) <= answer.value <= exact * (1 + 1e-14) + 2


def test_the_bits_that_fit_into_a_budget_are_the_tabulated_ones() -> None:
    # 9115.86 bits for a risk of 10 % at no error on 60000 rows
    answer = reached(occam_binomial, "bits", 0.1, {"errors": 0, "trials": 60_000})
    assert answer.value == 9115


def test_delta_is_the_probability_of_so_few_errors() -> None:
    # k = 0: (1 - t)^n
    answer = reached(clopper_pearson, "delta", 0.05, {"errors": 0, "trials": 100})
    assert answer.value >= 0.95**100
    assert answer.value == pytest.approx(0.95**100, rel=1e-13)
    assert answer.delta == answer.value


def test_epsilon_is_the_least_that_so_many_draws_guarantee() -> None:
    draws = SIZES[0]
    facts = {"sensitivity_sum": 0.2, "neurons": 410, "widest": 784}
    answer = reached(draws, "epsilon", 1000, facts)
    constant = paper_constant(neurons=410, widest=784)
    exact = math.sqrt(8 * 0.2 * constant * math.log(8 * 410 / 0.05) / 1000)
    assert exact <= answer.value <= exact * (1 + 1e-12)
    size = sample_size(0.2, answer.value, 0.05, neurons=410, constant=constant)
    assert size == answer.raw == 1000


def test_the_network_size_is_that_of_the_theorem() -> None:
    kept = SIZES[1]
    sums = [[20.0] * 300, [10.0] * 100, [5.0] * 10]
    expected = network_size(
        0.5,
        0.05,
        delta_hats=[30.0] * 3,
        sensitivity_sums=sums,
        neurons=410,
        constant=paper_constant(neurons=410, widest=784),
    )
    assert kept.formula(kept.example, 0.05) == expected


# what holds of every theorem


@pytest.mark.parametrize(
    ("theorem", "variable"),
    QUESTIONS,
    ids=lambda x: x if isinstance(x, str) else x.name,
)
def test_an_answer_is_seen_to_do_and_its_neighbour_not(
    theorem: Any, variable: str
) -> None:
    target = theorem.formula(theorem.example, 0.05)
    if isinstance(theorem, Bound) and target > 1:
        target = 0.9
    answer = solve(theorem, variable, target)
    if isinstance(answer, Unreachable):
        assert theorem.name in str(answer)
        return
    fact, value = answer.evidence, answer.value
    assert theorem.formula(fact, answer.delta) == answer.raw <= target
    if answer.beyond is None:
        return
    whole = isinstance(value, int)
    inside = -1 if variable == "delta" or variable in theorem.falls else 1
    next_one = value + inside if whole else math.nextafter(value, inside * math.inf)
    if variable == "delta":
        number = theorem.formula(fact, next_one)
    else:
        number = theorem.formula(replace(fact, **{variable: next_one}), 0.05)
    assert number == answer.beyond > target


def test_a_field_in_which_no_theorem_is_monotone_is_refused() -> None:
    with pytest.raises(ValueError, match="not known to be monotone in grid_index"):
        solve(corenet_generalization, "grid_index", 0.1)
    with pytest.raises(ValueError, match="has no bits; it can be solved for trials"):
        solve(clopper_pearson, "bits", 0.1)


# teeth


@pytest.mark.parametrize("bound", HOLDOUTS, ids=lambda bound: bound.name)
@pytest.mark.parametrize(
    ("rate", "target"),
    [(0.03, 0.09), (0.1, 0.16), (0.25, 0.6), (0.5, 0.9), (0.07, 0.5), (0.9, 1.0)],
)
def test_at_a_rate_both_answers_are_those_of_looking_at_every_n(
    bound: Bound[Any], rate: float, target: float
) -> None:
    answer = reached(bound, "trials", target, rate=rate)
    exact = Fraction(str(rate))
    assert answer.until is not None
    tried = range(1, min(answer.until, 700) + 1)
    holds = [
        bound.formula(HoldoutErrors(errors=math.ceil(exact * n), trials=n), 0.05)
        <= target
        for n in tried
    ]
    assert answer.first == 1 + holds.index(True)
    assert answer.value == max((n + 1 for n in tried if not holds[n - 1]), default=1)
    assert answer.least
    assert answer.until >= 10 * answer.value


def test_a_target_that_holds_at_n_can_fail_at_the_next_n() -> None:
    answer = reached(clopper_pearson, "trials", 0.05, rate=0.03)
    assert (answer.first, answer.value) == (361, 410)
    numbers = curve(clopper_pearson, "trials", [361, 366, 367, 409, 410], rate=0.03)
    assert (numbers <= 0.05).tolist() == [True, True, False, False, True]


@pytest.mark.parametrize("blocks", [1, 5, 20, 60])
def test_an_answer_that_is_not_proved_least_still_holds(blocks: int) -> None:
    with mock.patch.object(teeth, "BLOCKS", blocks):
        answer = reached(holdout_hoeffding, "trials", 0.05, rate=0.04)
    exact = reached(holdout_hoeffding, "trials", 0.05, rate=0.04)
    assert exact.least
    assert not answer.least
    assert answer.first in (None, exact.first)
    assert answer.value >= exact.value
    assert answer.until is not None
    assert answer.until >= answer.value
    values = range(int(answer.value), answer.until + 1, 97)
    assert (curve(holdout_hoeffding, "trials", values, rate=0.04) <= 0.05).all()


def test_no_rows_certify_a_risk_below_the_rate() -> None:
    for bound, (rate, target) in itertools.product(
        HOLDOUTS, [(0.05, 0.04), (0.05, 0.05), (0.5, 0.1), (1.0, 0.9)]
    ):
        answer = solve(bound, "trials", target, rate=rate)
        assert isinstance(answer, Unreachable)
        assert "however many rows" in answer.reason
        assert (curve(bound, "trials", range(1, 200), rate=rate) > target).all()


def test_a_rate_is_the_decimal_that_it_is_written_as() -> None:
    # the float 0.05 is above 1/20: taken literally it would be 2 errors in 20 rows
    assert math.ceil(Fraction(0.05) * 20) == 2
    one = curve(clopper_pearson, "trials", [20], rate=0.05)
    assert one == clopper_pearson.formula(HoldoutErrors(errors=1, trials=20), 0.05)


def test_a_code_is_paid_for_at_a_rate_too() -> None:
    answer = reached(occam_hoeffding, "trials", 0.1, {"bits": 5000}, rate=0.04)
    fact = answer.evidence
    assert fact == CodedFit(errors=fact.errors, trials=int(answer.value), bits=5000)
    assert fact.errors == math.ceil(Fraction(4, 100) * fact.trials)


def test_a_rate_sets_the_errors_of_given_rows() -> None:
    facts = {"trials": 60_000}
    by_rate = reached(occam_binomial, "bits", 0.1, facts, rate=0.01)
    by_count = reached(occam_binomial, "bits", 0.1, {**facts, "errors": 600})
    assert by_rate.value == by_count.value


# out of reach


def test_what_no_code_can_do_is_said() -> None:
    facts = {"errors": 600, "trials": 60_000}
    answer = solve(occam_binomial, "bits", 0.001, facts)
    assert str(answer) == (
        "even with bits = 0 occam-binomial gives 1.07 %, above the target of 0.1 %;"
        " with errors = 0 it would give 0.00500 %"
    )


def test_a_code_that_costs_too_much_by_itself_is_said() -> None:
    facts = {"bits": 5000, "trials": 60_000}
    answer = solve(occam_binomial, "errors", 0.01, facts)
    assert "with bits = 0 it would give" in str(answer)


def test_a_violated_assumption_is_the_reason() -> None:
    fact = replace(corenet_generalization.example, independent=False)
    answer = solve(corenet_generalization, "trials", 0.2, fact)
    assert isinstance(answer, Unreachable)
    assert "rows-kept-from-training" in answer.reason


def test_too_few_rows_in_the_whole_world_are_said() -> None:
    answer = solve(holdout_hoeffding, "trials", 1e-9, {"errors": 0})
    assert "even with trials = 1,125,899,906,842,624" in str(answer)


# wrong questions


@pytest.mark.parametrize("target", [0.0, -1.0, math.nan, math.inf, 5.0])
def test_a_target_that_is_no_risk_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="target must be a risk"):
        solve(clopper_pearson, "trials", target)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"bits": 3}, "needs errors"),
        ({"bits": 3, "errors": 1, "junk": 2}, "has no junk"),
        ({"bits": -3, "errors": 1}, "bits must be at least 0"),
        ({"bits": 3, "errors": -1}, "errors must lie"),
    ],
)
def test_facts_that_are_missing_or_impossible_are_refused(
    facts: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        solve(occam_binomial, "trials", 0.1, facts)


def test_evidence_of_another_theorem_is_refused() -> None:
    with pytest.raises(TypeError, match="must be CodedFit"):
        solve(occam_binomial, "bits", 0.1, clopper_pearson.example)


@pytest.mark.parametrize("rate", [-0.1, 1.1, math.nan])
def test_a_rate_outside_the_unit_interval_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate must lie"):
        solve(clopper_pearson, "trials", 0.1, rate=rate)


def test_a_rate_of_what_is_not_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="rate needs a theorem that counts errors"):
        error_count(SIZES[0])
    with pytest.raises(ValueError, match="rate sets errors"):
        solve(clopper_pearson, "errors", 0.1, rate=0.1)


# curves


def test_a_curve_is_the_formula_and_nan_where_there_is_none() -> None:
    numbers = curve(clopper_pearson, "trials", [5, 10, 100.0], {"errors": 7})
    assert math.isnan(numbers[0])
    for n, number in zip((10, 100), numbers[1:], strict=True):
        assert number == clopper_pearson.formula(
            HoldoutErrors(errors=7, trials=n), 0.05
        )
    with pytest.raises(ValueError, match="trials must be whole"):
        curve(clopper_pearson, "trials", [1.5])


def test_the_numbers_around_an_answer_lie_on_both_sides() -> None:
    answer = reached(clopper_pearson, "trials", 0.05, rate=0.03)
    table = planning.around(answer)
    assert list(table) == [41, 205, 361, 410, 820, 4100]
    assert [number <= 0.05 for number in table.values()] == [False] * 2 + [True] * 4


# the search itself


@given(
    start=st.integers(-1000, 1000),
    length=st.integers(0, 1000),
    more=st.integers(0, 1000),
    sign=st.sampled_from([-1, 1]),
    step=st.integers(1, 500),
)
@some
def test_the_farthest_is_found(
    start: int, length: int, more: int, sign: int, step: int
) -> None:
    last = start + sign * length
    limit = last + sign * more
    assert farthest(lambda i: sign * i <= sign * last, start, limit, step) == last


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
@some
def test_positions_are_in_the_order_of_floats(a: float, b: float) -> None:
    assert (position(a) < position(b)) == (a < b)
    assert at(position(a)) == a
    if abs(a) < 1e308:
        assert at(position(a) + 1) == math.nextafter(a, math.inf)


@given(length=st.integers(0, 500), more=st.integers(0, 500), down=st.booleans())
@some
def test_a_walk_covers_what_can_be_covered(length: int, more: int, down: bool) -> None:
    sign = -1 if down else 1
    last, end = sign * length, sign * (length + more + 1)

    def covered(a: int, b: int) -> bool:
        assert a <= b
        return max(sign * a, sign * b) <= length

    assert walk(covered, sign, end, 1000) == (last, True)
    stop, judged = walk(covered, sign, end, 3)
    assert sign * stop <= length
    assert judged <= (stop == last)


def test_the_largest_counts_are_reached_and_no_further() -> None:
    answer = reached(holdout_hoeffding, "trials", 0.5 + 1e-6, rate=0.5)
    assert answer.value > 10**12
    assert answer.raw <= 0.5 + 1e-6
    assert answer.until is not None
    assert answer.until >= answer.value


def test_rows_beyond_what_a_formula_takes_are_no_tooth() -> None:
    def formula(fact: HoldoutErrors, delta: float) -> float:
        if fact.trials > 300:
            raise ValueError("trials must be at most 300")
        return holdout_hoeffding.formula(fact, delta)

    short = replace(holdout_hoeffding, formula=formula)
    answer = reached(short, "trials", 0.2, rate=0.1)
    assert answer.until == 300
    assert answer.value == reached(holdout_hoeffding, "trials", 0.2, rate=0.1).value
    last = curve(short, "trials", [300], rate=0.1)
    answer = reached(short, "trials", float(last[0]), rate=0.1)
    assert (answer.value, answer.until) == (300, 300)
    nothing = solve(short, "trials", 0.11, rate=0.1)
    assert "even with trials = 300" in str(nothing)


def test_projections_are_the_safe_count_of_the_note() -> None:
    (size,) = (s for s in SIZES if s.name == "arora-projections")
    assert size.formula(size.example, 0.05) == 87.0
    answer = solve(size, "epsilon", 87, delta=0.05)
    assert isinstance(answer, Reached)
    assert answer.value == pytest.approx(0.5, rel=0.01)
    assert answer.value <= 0.5


def test_coefficients_agree_with_the_hand_worked_net() -> None:
    # weights [[1,0],[0,2],[1,1]] and [[1,0,1],[0,1,0]] at x = (3, 4), margin 1
    (size,) = (s for s in SIZES if s.name == "arora-coefficients")
    facts = replace(
        size.example,
        epsilon=0.055215763,
        layer_cushions=(math.sqrt(122) / (5 * math.sqrt(7)), 0.6693933278),
        onward_cushions=(1 / math.sqrt(3), 1 / math.sqrt(2)),
        contraction=1.0,
        rows=1000,
        widest=3,
    )
    count = size.formula(facts, 0.05)
    assert count == pytest.approx(11_223_785 + 11_640_984, rel=1e-6)


@pytest.mark.parametrize(
    "facts",
    [
        {"epsilon": 1.5},
        {"layer_cushions": (0.0, 0.1, 0.1)},
        {"onward_cushions": (0.1,)},
        {"contraction": 0.5},
        {"rows": 0},
    ],
)
def test_facts_that_no_net_has_are_refused(facts: dict[str, Any]) -> None:
    (size,) = (s for s in SIZES if s.name == "arora-coefficients")
    with pytest.raises(ValueError, match="must"):
        replace(size.example, **facts)


def test_no_relative_error_brings_a_real_nets_coefficients_below_its_weights() -> None:
    (size,) = (s for s in SIZES if s.name == "arora-coefficients")
    answer = solve(size, "epsilon", 266_610, size.example, delta=0.05)
    assert isinstance(answer, Unreachable)
