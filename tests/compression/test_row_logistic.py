"""Row coresets for logistic regression: sensitivities, the ball, and the costs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import binom

from nonvacuous.compression.row_coresets import LogisticCoreset
from nonvacuous.compression.row_coresets._clusters import seed_clusters
from nonvacuous.compression.row_coresets._sampling import stream
from nonvacuous.compression.row_coresets.logistic import logistic_sensitivities

exactly = settings(derandomize=True, max_examples=40, deadline=None)
seeds = st.integers(0, 10**6)


def rows(seed, n=80, d=3):
    """Two classes that overlap, one of them rare."""
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(n) < 0.9, 1, -1)
    return rng.normal(size=(n, d)) + y[:, None] * 0.7, y


def phi(u):
    return np.logaddexp(0, -u)


def partition(z, parts, seed):
    return seed_clusters(z, parts, stream(seed, 1))[0]


@exactly
@given(u=st.floats(-800, 700), v=st.floats(-800, 700))
def test_the_log_of_the_loss_is_lipschitz(u, v):
    gap = abs(math.log(phi(u)) - math.log(phi(v)))
    assert gap <= abs(u - v) * (1 + 1e-9) + 1e-12


@exactly
@given(seed=seeds, parts=st.integers(1, 8), radius=st.floats(0, 4))
def test_sensitivities_are_a_slow_loop_over_parts_without_the_row(seed, parts, radius):
    x, y = rows(seed, n=25)
    z = x * y[:, None]
    labels = partition(z, parts, seed)
    s = logistic_sensitivities(z, labels, radius)
    for i in range(len(z)):
        total = 1.0
        for j in range(parts):
            part = [m for m in range(len(z)) if labels[m] == j and m != i]
            if part:
                gap = np.linalg.norm(z[part].mean(axis=0) - z[i])
                total += len(part) * math.exp(-radius * gap)
        assert s[i] == pytest.approx(1 / total, rel=1e-10)


@exactly
@given(seed=seeds, parts=st.integers(1, 8), radius=st.floats(0.01, 2))
def test_sensitivities_dominate_the_share_of_a_row_at_many_parameters(
    seed, parts, radius
):
    x, y = rows(seed)
    z = x * y[:, None]
    s = logistic_sensitivities(z, partition(z, parts, seed), radius)
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(300, z.shape[1]))
    theta *= radius / np.linalg.norm(theta, axis=1, keepdims=True)
    theta[::3] *= rng.random((100, 1))
    # a row costs most where its own direction is opposed
    theta = np.concatenate(
        [theta, -radius * z / np.linalg.norm(z, axis=1, keepdims=True)]
    )
    table = phi(theta @ z.T)
    assert ((table / table.sum(axis=1, keepdims=True)).max(axis=0) <= s).all()
    assert s.sum() >= 1


@pytest.mark.parametrize("radius", [0.3, 1.0, 3.0])
def test_sensitivities_dominate_the_share_at_the_worst_parameter_found(radius):
    x, y = rows(3, n=60)
    z = x * y[:, None]
    s = logistic_sensitivities(z, partition(z, 6, 3), radius)
    worst_ratio = 0.0
    for i in [*np.argsort(s)[:4], *np.argsort(s)[-4:]]:

        def negative(t, i=i):
            found = phi(z @ (t * radius / max(radius, np.linalg.norm(t))))
            return -found[i] / found.sum()

        start = -radius * z[i] / np.linalg.norm(z[i])
        found = [minimize(negative, f * start, method="Nelder-Mead") for f in (0.2, 1)]
        share = -min(f.fun for f in found)
        assert share <= s[i]
        worst_ratio = max(worst_ratio, share / s[i])
    assert worst_ratio > 0.05  # the bound is not idle


def test_without_a_radius_every_row_has_an_equal_share():
    x, y = rows(0)
    s = logistic_sensitivities(x * y[:, None], np.zeros(80, np.intp), 0.0)
    np.testing.assert_allclose(s, 1 / 80, rtol=1e-11)


def test_equal_rows_share_and_a_far_row_stands_alone():
    z = np.concatenate([np.tile([0.1, 0.3], (99, 1)), [[1e200, 0.0]]])
    labels = np.array([0] * 99 + [1])
    s = logistic_sensitivities(z, labels, 2.0)
    np.testing.assert_allclose(s[:99], 1 / 99, rtol=1e-11)
    assert s[99] == 1


# Guarantees ---------------------------------------------------------------------------


def test_parameters_fixed_before_the_draw_fail_no_more_often_than_delta():
    (x, y), radius, trials, delta, epsilon = rows(1, n=4000), 1.0, 100, 0.3, 0.2
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(10, 3))
    theta /= np.linalg.norm(theta, axis=1, keepdims=True)
    table = phi(theta @ (x * y[:, None]).T)
    total, failures = table.sum(axis=1), 0
    for seed in range(trials):
        core = LogisticCoreset(
            radius=radius, epsilon=epsilon, delta=delta, queries=10, seed=seed
        ).build(x, y)
        assert 0 < core.report.drawn < len(x)
        error = np.abs(table[:, core.indices] @ core.weights - total)
        failures += bool((error > epsilon * total).any())
    assert failures <= binom.ppf(1 - 1e-6, trials, delta)


def test_every_parameter_of_a_ball_holds_at_once_on_a_fine_grid():
    (x, y), radius, trials, delta, epsilon = rows(2, n=6000, d=2), 1.0, 15, 0.3, 0.4
    angle, length = np.meshgrid(np.arange(0, 2 * np.pi, 0.1), np.linspace(0, 1, 11))
    theta = radius * np.stack([length * np.cos(angle), length * np.sin(angle)], -1)
    table = phi(theta.reshape(-1, 2) @ (x * y[:, None]).T)
    total, failures = table.sum(axis=1), 0
    for seed in range(trials):
        core = LogisticCoreset(
            radius=radius, epsilon=epsilon, delta=delta, seed=seed
        ).build(x, y)
        assert 0 < core.report.drawn < len(x)
        error = np.abs(table[:, core.indices] @ core.weights - total)
        failures += bool((error > epsilon * total).any())
    assert failures <= binom.ppf(1 - 1e-6, trials, delta)


def test_the_size_for_a_ball_is_the_best_of_its_covers_worked_out():
    x, y = rows(4, n=5000, d=2)
    report = LogisticCoreset(radius=0.5, epsilon=0.4, delta=0.1).build(x, y).report
    b = np.linalg.norm(x, axis=1).max()
    best = math.inf
    for i in range(1, 20):
        inner = 0.4 * i / 20
        eta = math.log(1.4 / (1 + inner)) / (2 * b)
        log_cover = 2 * math.log(1 + 2 * 0.5 / eta)
        confidence = math.log(2 / 0.1) + log_cover
        m = 2 * report.total_sensitivity * (1 + inner / 3) * confidence / inner**2
        best = min(best, math.ceil(m))
    assert report.asked == best


def test_the_two_ends_of_the_cover_hold():
    # (1 + inner) e^(2 eta B) = 1 + epsilon, and the lower end is no tighter
    for epsilon in np.linspace(0.01, 0.99, 50):
        for inner in epsilon * np.linspace(0.01, 0.99, 50):
            lower = (1 - inner) * (1 + inner) / (1 + epsilon)
            assert lower >= 1 - epsilon


def test_a_row_that_only_one_class_explains_is_kept_where_uniform_draws_lose_it():
    rng = np.random.default_rng(0)
    x = np.concatenate([0.1 * rng.normal(size=(5000, 2)) + 1, [[-12.0, -12.0]]])
    y = np.ones(5001, int)
    setting = LogisticCoreset(radius=3.0, size=100)
    theta = np.array([2.0, 2.0])
    cost = setting.costs(x, y, theta)
    assert cost[-1] > 0.3 * cost.sum()
    assert (1 - 1 / 5001) ** 100 > 0.98  # uniform draws miss it
    for seed in range(20):
        core = LogisticCoreset(radius=3.0, size=100, seed=seed).build(x, y)
        assert core.indices[-1] == 5000
        assert core.weights @ cost[core.indices] == pytest.approx(cost.sum(), rel=0.7)


# Degenerate rows and refusals ---------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "distinct"),
    [
        (np.ones((1, 2)), [1], 1),
        (np.ones((30, 2)), [1] * 30, 1),
        (np.ones((30, 2)), [1, -1] * 15, 2),
        (
            np.concatenate([np.ones((15, 2)), -np.ones((15, 2))]),
            [1] * 15 + [-1] * 15,
            1,
        ),
        (np.zeros((4, 1)), [1, -1, 1, 1], 1),
    ],
    ids=["one row", "equal", "both labels", "opposite", "zero"],
)
@pytest.mark.parametrize("epsilon", [None, 0.01])
def test_degenerate_rows_are_kept_by_kind(x, y, distinct, epsilon):
    size = len(x) if epsilon is None else None
    core = LogisticCoreset(radius=1.0, size=size, epsilon=epsilon).build(x, y)
    assert core.report.distinct == distinct
    assert core.weights.sum() == len(x)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"radius": -1.0}, "radius must be at least 0 and finite, got -1.0"),
        ({"radius": math.inf}, "radius must be at least 0 and finite"),
        ({"radius": math.nan}, "radius must be at least 0 and finite"),
        ({"parts": 0}, "parts must be at least 1, got 0"),
        ({"size": None}, "either size or epsilon"),
        ({"delta": 2.0}, "delta must lie"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, match):
    with pytest.raises(ValueError, match=match):
        LogisticCoreset(**{"radius": 1.0, "size": 10, **change})


@pytest.mark.parametrize(
    ("x", "y", "match"),
    [
        (np.ones((3, 2)), [0, 1, 1], r"labels -1 or 1, got shape \(3,\) with \[0, 1\]"),
        (np.ones((3, 2)), [1, 1], r"y must be 3 labels -1 or 1, got shape \(2,\)"),
        (np.ones((3, 2)), [1, np.nan, 1], "labels -1 or 1"),
        (np.full((3, 2), np.nan), [1, 1, 1], "x must be finite"),
    ],
)
def test_rows_and_labels_that_make_no_sense_are_refused(x, y, match):
    with pytest.raises(ValueError, match=match):
        LogisticCoreset(radius=1.0, size=2).build(x, y)


def test_parameters_outside_the_ball_are_refused():
    setting, (x, y) = LogisticCoreset(radius=2.0, size=5), rows(0)
    inside = np.array([0.0, 2.0, 0.0])
    expected = [math.log1p(math.exp(-s * r[1] * 2)) for r, s in zip(x, y, strict=True)]
    np.testing.assert_allclose(setting.costs(x, y, inside), expected, rtol=1e-13)
    with pytest.raises(ValueError, match=r"norm at most 2.0, got 2.02"):
        setting.costs(x, y, inside * 1.01)
    with pytest.raises(ValueError, match=r"theta must have shape \(3,\), got \(2,\)"):
        setting.costs(x, y, np.zeros(2))
    with pytest.raises(ValueError, match="norm at most"):
        setting.costs(x, y, np.full(3, np.nan))
