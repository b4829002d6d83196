"""Upper bounds on the empirical risk of a posterior, from draws of it."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.bounds.holdout import binomial_tail_inverse
from nonvacuous.bounds.pac_bayes import (
    kl_inverse,
    mean_upper,
    risk_by_fresh_draws,
    risk_by_whole_draws,
)

some = settings(derandomize=True, max_examples=60, deadline=None)
chances = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))


def coins(biases: list[float]) -> np.ndarray:
    """Distribution of the number of heads of unequal coins."""
    law = np.ones(1)
    for p in biases:
        law = np.convolve(law, [1 - p, p])
    return law


def test_the_worked_values_are_met_to_all_digits() -> None:
    assert mean_upper(0.02, 60_000, 0.01) == pytest.approx(0.02178396053, abs=5e-12)
    # the literature's ln(2/delta') is ours at half of delta'
    halved = mean_upper(0.02, 150_000, 0.005)
    assert halved == pytest.approx(0.02119939436, abs=5e-12)
    nats = 3000 + math.log(2 * math.sqrt(60_000) / 0.025)
    assert kl_inverse(halved, nats / 60_000) == pytest.approx(0.1010205857, abs=5e-11)
    assert mean_upper(0.02, 1000, 0.005) == pytest.approx(0.03793502172, abs=5e-12)


@pytest.mark.parametrize(
    ("train", "nats", "bound"),
    [
        (0.028, 5144, 0.1605),
        (0.027, 5791, 0.1703),
        (0.028, 6534, 0.1854),
        (0.029, 8558, 0.2215),
        (0.112, 201_131, 0.989),
    ],
)
def test_dziugaite_and_roys_table_follows_from_its_own_numbers(
    train: float, nats: int, bound: float
) -> None:
    digits = 4 if bound < 0.9 else 3
    assert round(kl_inverse(train, nats / 55_000), digits) == bound


def test_no_errors_at_all_have_a_closed_form() -> None:
    assert mean_upper(0.0, 10, 0.1) == pytest.approx(1 - 0.1 ** (1 / 10))
    assert risk_by_fresh_draws(0, 10, 0.1) == pytest.approx(1 - 0.1 ** (1 / 10))
    assert risk_by_whole_draws(0, 7, 10, 0.1) == pytest.approx(1 - 0.1 ** (1 / 10))


@given(st.lists(chances, min_size=1, max_size=30), st.sampled_from([0.01, 0.05, 0.25]))
@some
def test_fresh_draws_of_unequal_rows_fail_no_more_often_than_promised(
    biases: list[float], delta: float
) -> None:
    law, n, risk = coins(biases), len(biases), math.fsum(biases) / len(biases)
    uppers = [risk_by_fresh_draws(k, n, delta) for k in range(n + 1)]
    failure = math.fsum(law[k] for k in range(n + 1) if uppers[k] < risk - 1e-12)
    assert failure <= delta * (1 + 1e-9)


@given(st.lists(chances, min_size=1, max_size=30), st.floats(0.26, 0.99))
@some
def test_at_large_delta_they_still_do_not(biases: list[float], delta: float) -> None:
    law, n, risk = coins(biases), len(biases), math.fsum(biases) / len(biases)
    uppers = [risk_by_fresh_draws(k, n, delta) for k in range(n + 1)]
    failure = math.fsum(law[k] for k in range(n + 1) if uppers[k] < risk - 1e-12)
    assert failure <= delta * (1 + 1e-9)


def test_the_binomial_tail_alone_would_fail_at_large_delta() -> None:
    """One row always right, one always wrong: one error in two, every time."""
    assert binomial_tail_inverse(1, 2, math.log(0.9)) < 0.5 <= 1.0
    assert risk_by_fresh_draws(1, 2, 0.9) == 1.0
    assert binomial_tail_inverse(2, 4, math.log(0.9)) < 0.5
    assert risk_by_fresh_draws(2, 4, 0.9) >= 0.5


def test_hoeffdings_comparison_applies_to_every_count_up_to_two_below_all() -> None:
    """It needs n p >= k + 1 at the inverse p of k."""
    for n in (*range(2, 60), 100, 200, 1000):
        k = np.arange(n - 1)
        inverse = binomial_tail_inverse(k, np.full(n - 1, n), math.log(0.25))
        assert (n * np.asarray(inverse) >= k + 1).all()
    # and not to the next one
    assert 10 * binomial_tail_inverse(9, 10, math.log(0.25)) < 10


def test_one_draw_for_all_rows_counted_as_fresh_ones_breaks_the_bound() -> None:
    """Q is right everywhere or wrong everywhere, each half of the time."""
    n, delta, risk = 100, 0.05, 0.5
    failure = 0.5 * (risk_by_fresh_draws(0, n, delta) < risk)
    failure += 0.5 * (risk_by_fresh_draws(n, n, delta) < risk)
    assert failure > delta
    # as whole draws the same numbers keep the promise
    for m in (1, 5, 50):
        law = binom.pmf(np.arange(m + 1), m, risk)
        uppers = [risk_by_whole_draws(k * n, n, m, delta) for k in range(m + 1)]
        assert sum(law[k] for k in range(m + 1) if uppers[k] < risk) <= delta


@given(
    values=st.lists(st.floats(0, 1), min_size=3, max_size=3),
    weights=st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
    delta=st.sampled_from([0.02, 0.1, 0.4]),
)
@some
def test_averages_of_losses_between_zero_and_one_keep_the_promise(
    values: list[float], weights: list[float], delta: float
) -> None:
    chance = np.array(weights) / sum(weights)
    mean, failure = float(chance @ values), 0.0
    for draws in itertools.combinations_with_replacement(range(3), 5):
        average = min(1.0, math.fsum(values[i] for i in draws) / 5)
        if mean_upper(average, 5, delta) < mean - 1e-12:
            orders = math.factorial(5)
            for i in range(3):
                orders //= math.factorial(draws.count(i))
            failure += orders * math.prod(chance[i] for i in draws)
    assert failure <= delta * (1 + 1e-9)


@given(st.integers(0, 200), st.integers(1, 200), st.sampled_from([0.001, 0.05, 0.25]))
@some
def test_coins_say_at_least_as_much_as_averages(k: int, n: int, delta: float) -> None:
    k = min(k, n)
    fresh = risk_by_fresh_draws(k, n, delta)
    assert k / n <= fresh
    if k < n - 1:
        assert fresh <= mean_upper(k / n, n, delta) * (1 + 1e-9)
    # as many whole draws as rounds say less than fresh draws for each row
    assert mean_upper(k / n, n, delta) <= risk_by_whole_draws(k * 3, 3 * n, 1, delta)


def test_settings_out_of_range_are_refused() -> None:
    for delta in (0.0, 1.0, math.nan):
        with pytest.raises(ValueError, match="delta must lie strictly"):
            mean_upper(0.1, 10, delta)
        with pytest.raises(ValueError, match="delta must lie strictly"):
            risk_by_fresh_draws(1, 10, delta)
    with pytest.raises(ValueError, match="draws must be at least 1"):
        mean_upper(0.1, 0, 0.1)
    with pytest.raises(ValueError, match="must lie in"):
        mean_upper(1.1, 5, 0.1)
    with pytest.raises(ValueError, match="errors must lie between 0 and the 10 trials"):
        risk_by_fresh_draws(11, 10, 0.1)
    with pytest.raises(ValueError, match="errors must lie between 0 and the 0 trials"):
        risk_by_whole_draws(0, 10, 0, 0.1)
