"""Drawing rows by importance: exact means, exact tails, and sizes by hand."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.compression.row_coresets import (
    KMeansCoreset,
    LightweightCoreset,
    RowCoreset,
    draws_for_cover,
    draws_for_dimension,
    draws_for_queries,
)
from nonvacuous.compression.row_coresets._sampling import (
    draw_counts,
    importance_weights,
    stream,
)
from nonvacuous.compression.row_coresets.sample_size import (
    ball_cover,
    least_epsilon,
    root_net,
)

exactly = settings(derandomize=True, max_examples=60, deadline=None)
totals = st.floats(1, 1e4)
epsilons = st.floats(0.01, 0.99)
deltas = st.floats(1e-6, 0.9)


# The engine ---------------------------------------------------------------------------


@pytest.mark.parametrize("draws", [1, 2, 3, 4])
def test_the_mean_of_the_weights_over_all_outcomes_is_one(draws):
    p = np.array([0.5, 0.125, 0.375])
    mean, mass = np.zeros(3), 0.0
    for outcome in itertools.product(range(3), repeat=draws):
        chance = float(math.prod(Fraction(p[i]) for i in outcome))
        counts = np.bincount(outcome, minlength=3)
        mean += chance * importance_weights(counts, p, draws)
        mass += chance
    assert mass == 1.0
    np.testing.assert_allclose(mean, 1.0, rtol=1e-15)


def test_counts_have_the_multinomial_law_of_three_rows():
    p, draws, times = np.array([0.2, 0.7, 0.1]), 2, 20_000
    seen: dict[tuple[int, ...], int] = {}
    draw = stream(3, 2)
    for _ in range(times):
        counts = tuple(draw_counts(p, draws, draw).tolist())
        seen[counts] = seen.get(counts, 0) + 1
    assert sum(seen.values()) == times
    for counts in itertools.product(range(3), repeat=3):
        if sum(counts) != draws:
            assert counts not in seen
            continue
        ways = math.factorial(draws) // math.prod(map(math.factorial, counts))
        chance = ways * math.prod(p**counts)
        low, high = binom.ppf([1e-6, 1 - 1e-6], times, chance)
        assert low <= seen.get(counts, 0) <= high


def test_twice_gives_the_same_bytes_another_seed_others_and_the_rows_are_unchanged():
    x = np.random.default_rng(0).normal(size=(500, 3))
    before = x.copy()
    one, two, other = (KMeansCoreset(k=2, size=40, seed=s).build(x) for s in (7, 7, 8))
    assert one.indices.tobytes() == two.indices.tobytes()
    assert one.weights.tobytes() == two.weights.tobytes()
    assert one.report == two.report
    assert one.indices.tobytes() != other.indices.tobytes()
    assert (x == before).all()


def test_take_gives_the_rows_that_the_indices_name():
    x = np.random.default_rng(1).normal(size=(300, 2))
    core = LightweightCoreset(k=2, size=30).build(x)
    assert isinstance(core, RowCoreset)
    assert (np.diff(core.indices) > 0).all()
    assert len(core) == len(core.weights) == core.report.distinct <= 30
    assert (core.take(x) == x[core.indices]).all()
    assert (core.weights > 0).all()


def test_equal_rows_are_kept_once_with_their_weights_added():
    x = np.repeat(np.array([[0.0, 1.0], [5.0, 5.0], [-3.0, 2.0]]), 100, axis=0)
    x[:100:2, 0] = -0.0  # equals 0, in other bytes
    core = LightweightCoreset(k=2, size=60).build(x)
    assert (core.indices // 100).tolist() == [0, 1, 2]
    q = 1 / 600 + ((x - x.mean(axis=0)) ** 2).sum(axis=1) / (
        2 * ((x - x.mean(axis=0)) ** 2).sum()
    )
    counts = core.weights * 60 * q[core.indices]
    np.testing.assert_allclose(counts, np.rint(counts), rtol=1e-12)
    assert round(counts.sum()) == core.report.drawn == 60
    exact = LightweightCoreset(k=2, size=300).build(x)
    assert exact.indices.tolist() == [0, 100, 200]
    assert exact.weights.tolist() == [100.0, 100.0, 100.0]


@pytest.mark.parametrize("size", [20, 21, 10**9])
def test_as_many_draws_as_rows_keep_all_rows_with_weight_one(size):
    x = np.random.default_rng(2).normal(size=(20, 2))
    core = KMeansCoreset(k=3, size=size).build(x)
    assert core.indices.tolist() == list(range(20))
    assert (core.weights == 1).all()
    report = core.report
    assert (report.asked, report.drawn, report.epsilon) == (size, 0, 0.0)


def test_the_report_of_a_size_states_an_epsilon_that_asks_for_no_more():
    x = np.random.default_rng(4).normal(size=(4000, 2))
    core = KMeansCoreset(k=2, size=2000, queries=3).build(x)
    report = core.report
    assert 0 < report.epsilon < 1
    again = KMeansCoreset(k=2, epsilon=report.epsilon, queries=3).build(x).report
    assert again.asked <= 2000
    less = KMeansCoreset(k=2, epsilon=report.epsilon - 1e-5, queries=3)
    assert less.build(x).report.asked > 2000
    small = KMeansCoreset(k=2, size=5, queries=3).build(x).report
    assert small.epsilon is None
    assert small.guarantee.startswith("none")


# Sizes --------------------------------------------------------------------------------


def test_a_size_worked_out_by_hand():
    # 2 * 10 * 1.1 * ln(20) / 0.09 = 732.29...
    assert draws_for_queries(10.0, 0.3, 0.1) == 733
    # ten queries cost what a tenth of delta costs
    assert draws_for_queries(10.0, 0.3, 0.1, log_queries=math.log(10)) == (
        draws_for_queries(10.0, 0.3, 0.01)
    )


@exactly
@given(
    total=st.floats(1.001, 60),
    epsilon=st.floats(0.1, 0.9),
    delta=st.floats(1e-3, 0.5),
)
def test_the_extreme_variable_fails_with_exact_probability_at_most_delta(
    total, epsilon, delta
):
    # worth S with probability 1/S and 0 otherwise: the largest variance there is
    m = int(draws_for_queries(total, epsilon, delta))
    mean, slack = m / total, 1e-9
    low = math.floor((1 - epsilon) * mean - slack)
    high = math.ceil((1 + epsilon) * mean + slack)
    fails = binom.cdf(low, m, 1 / total) + binom.sf(high - 1, m, 1 / total)
    assert fails <= delta


@exactly
@given(total=totals, epsilon=epsilons, delta=deltas, factor=st.floats(1, 3))
def test_sizes_grow_with_the_total_and_the_confidence(total, epsilon, delta, factor):
    m = draws_for_queries(total, epsilon, delta)
    assert draws_for_queries(total * factor, epsilon, delta) >= m
    assert draws_for_queries(total, epsilon, delta / factor) >= m
    assert draws_for_queries(total, epsilon / factor, delta) >= m


def test_a_cover_of_one_query_costs_almost_what_the_query_costs():
    one = draws_for_cover(50.0, 0.2, 0.1, log_cover=lambda e, inner: 0.0)
    assert one == draws_for_queries(50.0, 0.2 * 19 / 20, 0.1)
    assert draws_for_cover(50.0, 0.2, 0.1, log_cover=lambda e, i: math.inf) == math.inf


def test_a_cover_is_as_large_as_an_interval_needs():
    # eta-balls of the line: centres 2 eta apart, so R / eta + 1 are enough
    for ratio in (0.1, 1.0, 10.0, 1e3):
        assert math.exp(ball_cover(1, ratio)) >= math.ceil(ratio) - 1e-9


@exactly
@given(
    epsilon=epsilons,
    part=st.floats(0.02, 0.98),
    share=st.sampled_from([1.0, 2.0]),
)
def test_the_net_uses_up_epsilon_exactly(epsilon, part, share):
    inner = part * epsilon
    g = root_net(epsilon, inner, share=share)
    k = math.sqrt((share + inner) * (1 + inner))
    used = (
        inner * (1 + g) ** 2
        + 2 * math.sqrt(share) * g
        + g**2
        + 2 * k * (1 + g) * g
        + (1 + inner) * g**2
    )
    assert used == pytest.approx(epsilon, rel=1e-9)
    assert used <= epsilon


@exactly
@given(
    total=totals,
    epsilon=epsilons,
    delta=deltas,
    dimension=st.integers(1, 50),
    parts=st.integers(1, 20),
)
def test_the_size_by_dimension_is_the_least_that_satisfies_its_inequality(
    total, epsilon, delta, dimension, parts
):
    m = draws_for_dimension(total, epsilon, delta, dimension=dimension, parts=parts)

    def needed(m):
        sets = parts * dimension * math.log(2 * math.e * m / dimension)
        return 4 * total * (1 + epsilon) / epsilon**2 * (sets + math.log(8 / delta))

    assert m >= needed(m)
    assert m * (1 - 1e-9) - 2 < needed(m * (1 - 1e-9) - 2)


def test_a_binomial_exceeds_its_mean_with_probability_a_quarter():
    # the lemma of Greenberg and Mohri on which the size by dimension rests
    for m in range(2, 120):
        p = np.concatenate([np.arange(1, m) / m, np.arange(1, m - 1) / m + 1e-9])
        p = p[p > 1 / m]
        assert (binom.sf(np.ceil(m * p - 1e-12) - 1, m, p) >= 0.25).all()


@exactly
@given(total=st.floats(1, 100), delta=deltas, draws=st.integers(1, 10**6))
def test_the_least_epsilon_passes_and_the_one_below_it_does_not(total, delta, draws):
    def size_of(epsilon):
        return draws_for_queries(total, epsilon, delta)

    found = least_epsilon(size_of, draws)
    if found is None:
        assert size_of(1 - 1e-6) > draws
    else:
        assert size_of(found) <= draws
        assert found <= 1e-6 or size_of(found - 1e-6) > draws


# Refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"size": None}, "either size or epsilon"),
        ({"epsilon": 0.1}, "either size or epsilon"),
        ({"size": 0}, "size must be at least 1, got 0"),
        ({"size": None, "epsilon": 0.0}, r"epsilon must lie in \(0, 1\), got 0.0"),
        ({"size": None, "epsilon": 1.0}, r"epsilon must lie in \(0, 1\), got 1.0"),
        ({"size": None, "epsilon": math.nan}, "epsilon must lie"),
        ({"delta": 0.0}, "delta must lie strictly"),
        ({"delta": 1.0}, "delta must lie strictly"),
        ({"queries": 0}, "queries must be at least 1, got 0"),
        ({"seed": -1}, "seed must lie"),
        ({"seed": 2**63}, "seed must lie"),
        ({"k": 0}, "k must be at least 1, got 0"),
    ],
)
@pytest.mark.parametrize("kind", [KMeansCoreset, LightweightCoreset])
def test_settings_that_make_no_sense_are_refused(kind, change, match):
    with pytest.raises(ValueError, match=match):
        kind(**{"k": 2, "size": 10, **change})


@pytest.mark.parametrize("change", [{"size": 1.5}, {"queries": 2.0}, {"seed": 0.0}])
def test_counts_that_are_no_integers_are_refused(change):
    with pytest.raises(TypeError):
        KMeansCoreset(**{"k": 2, "size": 10, **change})


@pytest.mark.parametrize(
    ("x", "match"),
    [
        (np.ones(3), "matrix"),
        (np.ones((0, 3)), "matrix"),
        (np.ones((3, 0)), "matrix"),
        (np.array([[1.0], [np.nan]]), "finite"),
        (np.array([[1.0], [np.inf]]), "finite"),
    ],
)
@pytest.mark.parametrize("kind", [KMeansCoreset, LightweightCoreset])
def test_rows_that_make_no_sense_are_refused(kind, x, match):
    with pytest.raises(ValueError, match=match):
        kind(k=2, size=10).build(x)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: draws_for_queries(0.5, 0.1, 0.1), "total must be at least 1, got 0.5"),
        (lambda: draws_for_queries(math.nan, 0.1, 0.1), "got nan"),
        (lambda: draws_for_queries(2.0, 1.0, 0.1), "epsilon must lie"),
        (lambda: draws_for_queries(2.0, 0.1, 0.0), "delta must lie"),
        (lambda: draws_for_queries(2.0, 0.1, 0.1, log_queries=-1), "log_queries must"),
        (
            lambda: draws_for_dimension(2.0, 0.1, 0.1, dimension=0),
            "dimension and parts",
        ),
    ],
)
def test_sizes_of_arguments_out_of_range_are_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()
