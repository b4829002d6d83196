"""Row coresets for k-means: sensitivities that dominate, and costs that hold."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigvalsh
from scipy.optimize import minimize
from scipy.stats import binom

from nonvacuous.compression.row_coresets import (
    GaussianMixtureCoreset,
    KMeansCoreset,
    LightweightCoreset,
    draws_for_dimension,
    gaussian_mixtures,
    k_means,
)
from nonvacuous.compression.row_coresets._clusters import (
    cluster,
    root_sensitivities,
)
from nonvacuous.compression.row_coresets._sampling import draw_counts, stream

exactly = settings(derandomize=True, max_examples=25, deadline=None)
seeds = st.integers(0, 10**6)
MARGIN = 1e-6
"""Probability with which a true guarantee may fail a test, had seeds been fresh."""


def blobs(seed, n=120, d=8, parts=3):
    """Unequal clusters, far from each other next to their width."""
    rng = np.random.default_rng(seed)
    centres = 4 * rng.normal(size=(parts, d))
    return centres[rng.choice(parts, n, p=[0.7, 0.25, 0.05])] + rng.normal(size=(n, d))


def costs(x, queries):
    """(queries, n): the definition, for queries (q, k, d)."""
    gaps = x[None, None] - queries[:, :, None]
    return (gaps**2).sum(axis=-1).min(axis=1)


def some_queries(x, k, rng, count=60):
    """Sets of rows, of means of random parts, of points far away, and mixtures."""
    n, d = x.shape
    rows = x[rng.integers(n, size=(count, k))]
    masks = rng.random((count, k, n)) < rng.random((count, k, 1))
    masks[:, :, 0] = True  # no part is empty
    parts = masks @ x / masks.sum(axis=2, keepdims=True)
    scale = 10.0 ** rng.uniform(-1, 3, size=(count, 1, 1))
    far = x.mean(axis=0) + scale * rng.normal(size=(count, k, d))
    mixed = np.concatenate([rows[:, :1], far[:, 1:]], axis=1)
    return np.concatenate([rows, parts, far, mixed])


# Sensitivities ------------------------------------------------------------------------


@exactly
@given(seed=seeds)
def test_one_centre_has_its_sensitivities_in_closed_form(seed):
    # sup over c of |x - c|^2 / (Phi + n |c - mu|^2) = |x - mu|^2 / Phi + 1 / n
    x = blobs(seed)
    squared = ((x - x.mean(axis=0)) ** 2).sum(axis=1)
    share = squared / squared.sum()
    s = root_sensitivities(cluster(x, 1, stream(seed, 1), 0.1), ratio=1.0)
    assert (s >= share + 1 / len(x)).all()
    whole = np.minimum(1, (np.sqrt(share) + 2 / math.sqrt(len(x))) ** 2)
    np.testing.assert_allclose(s, whole, rtol=1e-2)  # but for the choice of a seed


@exactly
@given(seed=seeds, k=st.integers(1, 4))
def test_sensitivities_dominate_the_share_of_a_row_under_many_queries(seed, k):
    x = blobs(seed)
    s = root_sensitivities(cluster(x, k, stream(seed, 1), 0.1), ratio=1.0)
    assert s.sum() < len(x) / 2  # they say something
    table = costs(x, some_queries(x, k, np.random.default_rng(seed)))
    share = table / table.sum(axis=1, keepdims=True)
    assert (share.max(axis=0) <= s).all()
    assert s.sum() >= 1


@pytest.mark.parametrize("k", [1, 2, 3])
def test_sensitivities_dominate_the_share_of_a_row_under_the_worst_query_found(k):
    x = blobs(5)
    s = root_sensitivities(cluster(x, k, stream(5, 1), 0.1), ratio=1.0)
    rng = np.random.default_rng(k)
    queries = some_queries(x, k, rng)
    table = costs(x, queries)
    share = table / table.sum(axis=1, keepdims=True)
    rows = [*np.argsort(s)[:3], *np.argsort(s)[-3:], *rng.integers(len(x), size=2)]
    for i in rows:

        def negative(q, i=i):
            found = costs(x, q.reshape(1, k, -1))[0]
            return -found[i] / found.sum()

        start = queries[share[:, i].argmax()].ravel()
        worst = minimize(negative, start, method="L-BFGS-B", options={"maxiter": 40})
        assert -worst.fun >= share[:, i].max()
        assert -worst.fun <= s[i]


@exactly
@given(seed=seeds, k=st.integers(1, 5), ratio=st.floats(1, 5))
def test_sensitivities_are_a_slow_loop_and_below_the_three_terms(seed, k, ratio):
    x = blobs(seed, n=60)
    c = cluster(x, k, stream(seed, 1), 0.1)
    s = root_sensitivities(c, ratio=ratio)
    for i in range(len(x)):
        part = np.flatnonzero(c.labels == c.labels[i])
        v = sum(c.distances[j] ** 2 for j in part) / len(part)
        a = math.sqrt(ratio / c.optimum) * (c.distances[i] + math.sqrt(v))
        assert s[i] == pytest.approx(min(1, (a + len(part) ** -0.5) ** 2), rel=1e-11)
        terms = 2 * c.distances[i] ** 2 + 4 * v
        assert s[i] <= (ratio * terms / c.optimum + 4 / len(part)) * (1 + 1e-11)
    cost = (c.distances**2).sum()
    assert s.sum() <= (6 * ratio * cost / c.optimum + 4 * k) * (1 + 1e-11)


@exactly
@given(seed=seeds, scale=st.integers(-400, 400))
def test_a_unit_of_the_rows_does_not_matter(seed, scale):
    x = blobs(seed, n=200)
    expected = KMeansCoreset(k=3, size=50, seed=1).build(x)
    found = KMeansCoreset(k=3, size=50, seed=1).build(np.ldexp(x, scale))
    assert (found.indices == expected.indices).all()
    assert (found.weights == expected.weights).all()


@exactly
@given(seed=seeds, k=st.integers(1, 4))
def test_lightweight_shares_are_below_their_constant(seed, k):
    x = blobs(seed)
    squared = ((x - x.mean(axis=0)) ** 2).sum(axis=1)
    q = 0.5 / len(x) + 0.5 * squared / squared.sum()
    table = costs(x, some_queries(x, k, np.random.default_rng(seed)))
    total = table.sum(axis=1, keepdims=True)
    g = (total + squared.sum()) / 2
    worth = table / (q * g)
    assert worth.max() <= 6 + 2 * math.sqrt(5)
    variance = (q * worth**2).sum(axis=1) - (total / g)[:, 0] ** 2
    assert variance.max() <= 6 + 2 * math.sqrt(5)


def test_the_lightweight_constant_is_the_least_that_its_inequality_gives():
    t = np.linspace(0, 50, 200_001)
    range_ = 4 * (1 + (1 + t) ** 2) / (1 + t**2)
    variance = range_ * 2 * t**2 / (1 + t**2) - (2 * t**2 / (1 + t**2)) ** 2
    m = 6 + 2 * math.sqrt(5)
    assert range_.max() == pytest.approx(m, abs=1e-6)
    assert variance.max() == pytest.approx(m, abs=1e-6)
    assert max(range_.max(), variance.max()) <= m
    core = LightweightCoreset(k=3, epsilon=0.25, queries=2).build(blobs(0, n=5000))
    assert core.report.total_sensitivity == pytest.approx(m, rel=1e-12)


# Guarantees ---------------------------------------------------------------------------


def holds(failures, trials, delta):
    """No more failures than a guarantee allows, but for a probability of MARGIN."""
    return failures <= binom.ppf(1 - MARGIN, trials, delta)


@pytest.mark.parametrize("kind", [KMeansCoreset, LightweightCoreset])
def test_queries_fixed_before_the_draw_fail_no_more_often_than_delta(kind):
    x, k, trials, delta = blobs(0, n=3000), 3, 150, 0.3
    queries = some_queries(x, k, np.random.default_rng(0), count=5)
    table = costs(x, queries)
    total = table.sum(axis=1)
    spread = ((x - x.mean(axis=0)) ** 2).sum()
    failures = drawn = 0
    for seed in range(trials):
        core = kind(k=k, epsilon=0.5, delta=delta, queries=20, seed=seed).build(x)
        drawn = max(drawn, core.report.drawn)
        error = np.abs(table[:, core.indices] @ core.weights - total)
        allowed = total if kind is KMeansCoreset else (total + spread) / 2
        failures += bool((error > 0.5 * allowed).any())
    assert 0 < drawn < len(x)
    assert holds(failures, trials, delta)


def test_estimates_of_fresh_draws_have_the_mean_and_the_variance_of_the_theory():
    x, draws, trials = blobs(6, n=2000), 100, 400
    squared = ((x - x.mean(axis=0)) ** 2).sum(axis=1)
    q = 0.5 / len(x) + 0.5 * squared / squared.sum()
    cost = costs(x, x[None, :3])[0]
    estimates = []
    for seed in range(trials):
        core = LightweightCoreset(k=3, size=draws, seed=seed).build(x)
        estimates.append(core.weights @ cost[core.indices])
    sd = math.sqrt(((cost**2 / q).sum() - cost.sum() ** 2) / draws)
    assert abs(np.mean(estimates) - cost.sum()) <= 5 * sd / math.sqrt(trials)
    assert np.std(estimates) == pytest.approx(sd, rel=0.2)


def quadratic(x, weights):
    """The cost of one centre c as a form in (c, 1)."""
    d = x.shape[1]
    form = np.zeros((d + 1, d + 1))
    form[:d, :d] = np.eye(d) * weights.sum()
    form[d, :d] = form[:d, d] = -(weights @ x)
    form[d, d] = weights @ (x**2).sum(axis=1)
    return form


@pytest.mark.parametrize("kind", [KMeansCoreset, LightweightCoreset])
def test_all_single_centres_hold_at_once_by_exact_eigenvalues(kind):
    x, trials, delta, epsilon = blobs(1, n=4000, d=2), 60, 0.3, 0.5
    x -= x.mean(axis=0)
    exact = quadratic(x, np.ones(len(x)))
    scale = exact.copy()
    if kind is LightweightCoreset:
        scale[2, 2] += (x**2).sum()
        scale /= 2
    failures = 0
    for seed in range(trials):
        core = kind(k=1, epsilon=epsilon, delta=delta, seed=seed).build(x)
        assert 0 < core.report.drawn < len(x)
        gap = quadratic(core.take(x), core.weights) - exact
        failures += bool(np.abs(eigvalsh(gap, scale)).max() > epsilon)
    assert holds(failures, trials, delta)


def test_by_dimension_too_all_single_centres_hold_at_once():
    x, trials, delta, epsilon = blobs(2, n=50_000, d=2), 10, 0.3, 0.9
    s = root_sensitivities(cluster(x, 1, stream(0, 1), 0.1), ratio=1.0)
    m = draws_for_dimension(math.fsum(s), epsilon, delta, dimension=4)
    assert m < len(x)
    exact = quadratic(x, np.ones(len(x)))
    failures = 0
    for seed in range(trials):
        core = KMeansCoreset(k=1, size=int(m), seed=seed).build(x)
        gap = quadratic(core.take(x), core.weights) - exact
        failures += bool(np.abs(eigvalsh(gap, exact)).max() > epsilon)
    assert holds(failures, trials, delta)


def worked_out(total, epsilon, delta, k, d, share, ratio):
    """The best of the covers, each as fine as bisection says it must be."""
    best = math.inf
    for i in range(1, 20):
        inner = epsilon * i / 20
        root = math.sqrt((share + inner) * (1 + inner))
        low, high = 0.0, 1.0
        for _ in range(100):
            g = (low + high) / 2
            error = inner * (1 + g) ** 2 + 2 * math.sqrt(share) * g + g**2
            error += 2 * root * (1 + g) * g + (1 + inner) * g**2
            low, high = (g, high) if error <= epsilon else (low, g)
        net = k * d * math.log(1 + 2 * ratio / low)
        confidence = math.log(2 / delta) + math.log(1 + math.exp(net))
        size = 2 * total * (1 + inner / 3) * confidence / inner**2
        best = min(best, math.ceil(size))
    return best


def test_sizes_for_every_set_of_centres_are_the_best_cover_worked_out():
    x, k, epsilon, delta, seed = blobs(4, n=1000, d=3), 2, 0.6, 0.2, 9
    squared = ((x - x.mean(axis=0)) ** 2).sum(axis=1)
    ratio = math.sqrt(squared.max() / (squared.sum() / 2 / len(x)))
    light = LightweightCoreset(k=k, epsilon=epsilon, delta=delta).build(x).report
    m = 6 + 2 * math.sqrt(5)
    assert light.asked == worked_out(m, epsilon, delta, k, 3, 2.0, ratio)
    c = cluster(x, k, stream(seed, 1), 0.1 * delta)
    total = root_sensitivities(c, ratio=1.0).sum()
    ratio = c.radius / math.sqrt(c.optimum / len(x))
    found = KMeansCoreset(k=k, epsilon=epsilon, delta=delta, seed=seed).build(x).report
    assert found.asked == worked_out(total, epsilon, 0.9 * delta, k, 3, 1.0, ratio)


def test_a_tenth_of_delta_goes_to_the_seeding(monkeypatch):
    gmm = partial(GaussianMixtureCoreset, lowest=1.0, highest=2.0)
    for kind, module in [(KMeansCoreset, k_means), (gmm, gaussian_mixtures)]:
        seen = []

        def watched(*args, seen=seen):
            seen.append(args[-1])
            return cluster(*args)

        monkeypatch.setattr(module, "cluster", watched)
        kind(k=2, size=10, delta=0.2).build(blobs(0))
        assert seen == [pytest.approx(0.02)]


def test_the_sum_of_the_weights_is_one_query_more_than_the_net():
    x = np.array([[0.0], [1.0]])
    for gamma, radius in [(1.0, 0.5), (2.0, 1.0)]:
        net = 1 + 2 * radius / (gamma * math.sqrt(0.5 / 2))
        found = k_means._log_cover(x, 1, gamma, radius=radius, least=0.5)
        assert found == pytest.approx(math.log(net + 1))


def test_centres_chosen_after_the_draw_hold_too():
    x, k, epsilon = blobs(3, n=20_000, d=2), 2, 0.8
    setting = KMeansCoreset(k=k, epsilon=epsilon, delta=0.1, seed=4)
    core = setting.build(x)
    assert 0 < core.report.drawn < len(x)
    assert core.report.epsilon == epsilon
    rows = core.take(x)
    for seed in range(20):
        centres = rows[np.random.default_rng(seed).integers(len(rows), size=k)]
        for _ in range(10):  # Lloyd's iteration on the coreset
            near = ((rows[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
            for j in set(near):
                w = core.weights[near == j]
                centres[j] = w @ rows[near == j] / w.sum()
        total = setting.costs(x, centres).sum()
        estimate = core.weights @ setting.costs(rows, centres)
        assert abs(estimate - total) <= epsilon * total


def test_a_far_small_cluster_is_missed_by_uniform_draws_and_never_by_these():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(10_000, 3)), 1e3 + rng.normal(size=(5, 3))])
    n, draws, trials = len(x), 400, 200
    query = np.zeros((1, 3))
    setting = KMeansCoreset(k=2, size=draws)
    cost = setting.costs(x, query)
    even = np.full(n, 1 / n)
    missed = 0
    for seed in range(trials):
        counts = draw_counts(even, draws, stream(seed, 2))
        if not counts[-5:].any():
            missed += 1
            estimate = (counts * cost).sum() * n / draws
            assert estimate < 0.01 * cost.sum()
    chance = (1 - 5 / n) ** draws  # 0.82
    low, high = binom.ppf([MARGIN, 1 - MARGIN], trials, chance)
    assert low <= missed <= high
    s = root_sensitivities(cluster(x, 2, stream(0, 1), 0.1), ratio=1.0)
    share = s[-5:].sum() / s.sum()
    assert (1 - share) ** draws < 1e-5
    for seed in range(20):
        core = KMeansCoreset(k=2, size=draws, seed=seed).build(x)
        assert core.indices[-1] >= n - 5
        estimate = core.weights @ cost[core.indices]
        assert abs(estimate - cost.sum()) < 0.5 * cost.sum()


# Degenerate rows and refusals ---------------------------------------------------------


@pytest.mark.parametrize("kind", [KMeansCoreset, LightweightCoreset])
@pytest.mark.parametrize(
    ("x", "k", "distinct"),
    [
        (np.ones((1, 2)), 1, 1),
        (np.ones((50, 2)) / 3, 4, 1),
        (np.zeros((50, 2)), 1, 1),
        (np.arange(5.0)[:, None], 5, 5),
        (np.arange(5.0)[:, None], 50, 5),
        (np.repeat(np.arange(3.0), 20)[:, None] / 7, 3, 3),
        (np.repeat(np.arange(3.0), 20)[:, None] / 7, 8, 3),
    ],
    ids=["one row", "equal", "zero", "k is n", "k above n", "k kinds", "few kinds"],
)
@pytest.mark.parametrize("epsilon", [None, 0.5])
def test_degenerate_rows_give_exact_costs(kind, x, k, distinct, epsilon):
    size = len(x) if epsilon is None else None
    core = kind(k=k, size=size, epsilon=epsilon).build(x)
    assert core.report.distinct == distinct
    assert core.weights.sum() == len(x)
    setting = KMeansCoreset(k=k, size=1)
    cost = setting.costs(x, x[:1] + 0.25)
    assert core.weights @ cost[core.indices] == pytest.approx(cost.sum(), rel=1e-14)


def test_as_many_kinds_of_rows_as_centres_are_sampled_without_error_in_each_kind():
    x = np.repeat(np.arange(3.0), [10, 100, 1000])[:, None]
    clusters = cluster(x, 3, stream(0, 1), 0.1)
    assert clusters.optimum == 0
    s = root_sensitivities(clusters, ratio=1.0)
    np.testing.assert_allclose(s, np.repeat([0.1, 0.01, 0.001], [10, 100, 1000]))


@pytest.mark.parametrize("kind", [KMeansCoreset, LightweightCoreset])
@pytest.mark.parametrize(
    ("centres", "match"),
    [
        (np.ones((3, 2)), "at most 2 points of 2 coordinates"),
        (np.ones((1, 3)), "at most 2 points of 2 coordinates"),
        (np.ones(2), "centres must be a matrix"),
        (np.full((1, 2), np.nan), "centres must be finite"),
    ],
)
def test_centres_that_the_theorem_does_not_cover_are_refused(kind, centres, match):
    with pytest.raises(ValueError, match=match):
        kind(k=2, size=1).costs(np.ones((4, 2)), centres)


def test_costs_are_squared_distances_to_the_nearest_centre():
    x = blobs(9, n=30)
    centres = x[:4] + 0.1
    found = KMeansCoreset(k=4, size=1).costs(x, centres)
    np.testing.assert_allclose(found, costs(x, centres[None])[0], rtol=1e-13)
