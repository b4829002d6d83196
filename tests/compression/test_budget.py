"""Budgets: distinct edges expected, and the least error that all parts can share."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression._budget import check_budget, least_error
from nonvacuous.compression._support import bernstein_draws, bernstein_error
from nonvacuous.compression.sampling import draws_for, expected_distinct, probabilities

exactly = settings(derandomize=True, max_examples=40, deadline=None)


@pytest.mark.parametrize("draws", [1, 2, 3, 4])
def test_expected_distinct_is_the_mean_over_all_outcomes(draws):
    q = [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)]
    mean = sum(
        math.prod(q[j] for j in outcome) * len(set(outcome))
        for outcome in itertools.product(range(3), repeat=draws)
    )
    found = expected_distinct(np.array([q], float), np.array([float(draws)]))
    assert found[0] == pytest.approx(float(mean), rel=1e-14)


def test_a_certain_edge_is_found_once_and_no_draw_finds_nothing():
    q = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    assert expected_distinct(q, np.array([5.0, 0.0, 7.0])).tolist() == [1.0, 0.0, 0.0]


@exactly
@given(seed=st.integers(0, 10**6), share=st.floats(0.05, 0.9))
def test_expected_distinct_undoes_draws_for(seed, share):
    q = probabilities(np.random.default_rng(seed).pareto(1.0, size=(3, 20)))
    m = draws_for(q, np.full(3, share * 20))
    assert (expected_distinct(q, m) >= share * 20 * (1 - 1e-9)).all()
    assert (expected_distinct(q, m - 1) < share * 20 * (1 + 1e-9)).all()


def test_one_draw_is_asked_for_where_one_draw_is_enough():
    q = np.array([[0.25, 0.25, 0.25, 0.25], [1.0, 0.0, 0.0, 0.0], [0.0] * 4])
    for target in (1e-3, 0.5, 1.0):
        assert draws_for(q, np.full(3, target)).tolist() == [1.0, 1.0, 0.0]
    # two draws find 2 - 1/4 distinct ones of four
    assert draws_for(q[:1], np.array([1.75])).tolist() == [2.0]
    assert draws_for(q[:1], np.array([1.76])).tolist() == [3.0]


def test_the_least_error_of_known_costs_is_found_from_above():
    error = least_error(lambda e: [3 / e, 1 / e], 8.0)
    assert 0.5 <= error <= 0.5 * (1 + 1e-9)


def test_a_budget_that_everything_meets_leaves_no_error():
    assert least_error(lambda e: [2.0], 2.0) < 1e-17


def test_a_budget_that_nothing_meets_ends_at_the_largest_error():
    assert least_error(lambda e: [2.0], 1.0) == math.exp(40)


@pytest.mark.parametrize("keep", [0.0, 1.0 + 1e-9, -1.0, math.nan])
def test_a_share_out_of_range_is_refused(keep):
    with pytest.raises(ValueError, match="keep must lie in"):
        check_budget(keep, 0)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match="seed must lie in"):
        check_budget(0.5, seed)


# Bernstein ---------------------------------------------------------------------------


@exactly
@given(
    total=st.floats(1.0, 1e4),
    draws=st.floats(1.0, 1e12),
    constant=st.floats(1.0, 10.0),
    log_term=st.floats(1.0, 50.0),
)
def test_the_error_makes_bernsteins_tail_what_it_may_be(
    total, draws, constant, log_term
):
    """With terms of at most K S z / m and a variance of at most K S z^2 / m."""
    sums, m = np.array([total]), np.array([draws])
    error = bernstein_error(sums, m, log_term=log_term, constant=constant)[0]
    largest = constant * total / draws
    variance = constant * total / draws
    exponent = error**2 / (2 * variance + 2 * largest * error / 3)
    assert exponent == pytest.approx(log_term, rel=1e-9)
    assert exponent >= log_term
    back = bernstein_draws(sums, error, log_term=log_term, constant=constant)[0]
    assert back == pytest.approx(draws, rel=1e-9)


def test_many_draws_err_as_a_gaussian_would():
    sums, m = np.array([3.0]), np.array([1e14])
    error = bernstein_error(sums, m, log_term=5.0, constant=2.0)[0]
    assert error == pytest.approx(math.sqrt(2 * 3 * 2 * 5 / 1e14), rel=1e-6)


def test_three_times_the_constant_is_six_plus_two_epsilon():
    sums = np.array([7.0])
    found = bernstein_draws(sums, 0.5, log_term=4.0, constant=3 * 2.0)[0]
    assert found == pytest.approx(7 * 2 * 4 * (6 + 2 * 0.5) / 0.25)


def test_no_draw_loses_the_whole_sum_and_an_empty_part_nothing():
    found = bernstein_error(
        np.array([2.0, 0.0]), np.zeros(2), log_term=1.0, constant=1.0
    )
    assert found == pytest.approx([1.0, 0.0])
