"""Row coresets for Gaussian mixtures: the cost, its root, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, multivariate_normal

from nonvacuous.compression.row_coresets import GaussianMixtureCoreset, KMeansCoreset
from nonvacuous.compression.row_coresets._clusters import cluster, root_sensitivities
from nonvacuous.compression.row_coresets._sampling import stream

exactly = settings(derandomize=True, max_examples=40, deadline=None)
seeds = st.integers(0, 10**6)
LOWEST, HIGHEST = 0.5, 2.0


def setting(k=3, **changes):
    limits = {"lowest": LOWEST, "highest": HIGHEST}
    return GaussianMixtureCoreset(**{"k": k, "size": 50, **limits, **changes})


def blobs(seed, n=150, d=6):
    rng = np.random.default_rng(seed)
    centres = 4 * rng.normal(size=(3, d))
    return centres[rng.choice(3, n, p=[0.7, 0.25, 0.05])] + rng.normal(size=(n, d))


def mixture(rng, k, d, *, spread=5.0, low=LOWEST, high=HIGHEST):
    """Eigenvalues anywhere in the limits or at them, weights of any size."""
    q = np.stack([np.linalg.qr(rng.normal(size=(d, d)))[0] for _ in range(k)])
    e = np.clip(rng.uniform(low / 2, high * 1.5, size=(k, 1, d)), low, high)
    covariances = (q * e) @ np.swapaxes(q, 1, 2)
    covariances = (covariances + np.swapaxes(covariances, 1, 2)) / 2
    w = np.exp(rng.uniform(-1, 1, k) * rng.choice([0, 1, 50, 300]))
    return {
        "weights": w / w.sum(),
        "means": spread * rng.normal(size=(k, d)),
        "covariances": covariances,
    }


def log_likelihood(x, weights, means, covariances):
    """By scipy's densities, one row after the other."""
    parts = [
        math.log(w) + multivariate_normal(m, c).logpdf(x)
        for w, m, c in zip(weights, means, covariances, strict=True)
        if w > 0
    ]
    return np.logaddexp.reduce(parts, axis=0)


@exactly
@given(seed=seeds, k=st.integers(1, 3))
def test_cost_and_normaliser_make_up_the_negative_log_likelihood(seed, k):
    rng, x = np.random.default_rng(seed), blobs(seed, n=20)
    m = mixture(rng, k, x.shape[1])
    f = setting().costs(x, **m)
    log_z = setting().log_normaliser(weights=m["weights"], covariances=m["covariances"])
    np.testing.assert_allclose(f - log_z, -log_likelihood(x, **m), rtol=1e-9)
    assert (f >= 0).all()


def test_a_single_standard_gaussian_costs_half_the_squared_distance():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    one = {"weights": [1.0], "covariances": [np.eye(2)]}
    assert setting().costs(x, means=[[0.0, 0.0]], **one).tolist() == [12.5, 0.0]
    assert setting().log_normaliser(**one) == pytest.approx(-math.log(2 * math.pi))


def test_rows_in_chunks_cost_what_rows_at_once_cost(monkeypatch):
    x = blobs(0)
    m = mixture(np.random.default_rng(0), 3, x.shape[1])
    whole = setting().costs(x, **m)
    name = "nonvacuous.compression.row_coresets.gaussian_mixtures._CELLS"
    monkeypatch.setattr(name, 50)
    np.testing.assert_allclose(setting().costs(x, **m), whole, rtol=1e-12)


@exactly
@given(seed=seeds, k=st.integers(1, 3))
def test_the_root_of_the_cost_is_lipschitz(seed, k):
    rng = np.random.default_rng(seed)
    x, step = blobs(seed, n=40), rng.normal(size=(40, 6)) * 10.0 ** rng.uniform(-2, 1)
    m = mixture(rng, k, 6)
    root = np.sqrt(setting().costs(x, **m))
    moved = np.sqrt(setting().costs(x + step, **m))
    far = np.linalg.norm(step, axis=1) / math.sqrt(2 * LOWEST)
    assert (np.abs(moved - root) <= far * (1 + 1e-9) + 1e-7).all()


@exactly
@given(seed=seeds, k=st.integers(1, 3))
def test_the_cost_is_at_least_half_the_least_distance_over_the_largest_eigenvalue(
    seed, k
):
    x = blobs(seed, n=40)
    m = mixture(np.random.default_rng(seed), k, 6)
    nearest = KMeansCoreset(k=k, size=1).costs(x, m["means"])
    least = nearest / (2 * HIGHEST)
    assert (setting().costs(x, **m) >= least * (1 - 1e-12)).all()


@exactly
@given(seed=seeds, k=st.integers(1, 3))
def test_sensitivities_dominate_the_share_of_a_row_under_many_mixtures(seed, k):
    x, rng = blobs(seed), np.random.default_rng(seed)
    s = root_sensitivities(cluster(x, k, stream(seed, 1), 0.1), ratio=HIGHEST / LOWEST)
    assert s.sum() < len(x)
    seen = np.zeros(len(x))
    for _ in range(15):
        m = mixture(rng, k, 6)
        # means on rows, on the mean, or where they fell; sharp and flat Gaussians
        m["means"] = np.where(
            rng.random((k, 1)) < 0.5, x[rng.integers(len(x), size=k)], m["means"]
        )
        if rng.random() < 0.5:
            m["means"][0] = x.mean(axis=0)
            m["covariances"][0] = np.eye(6) * rng.choice([LOWEST, HIGHEST])
        f = setting().costs(x, **m)
        seen = np.maximum(seen, f / f.sum())
    assert (seen <= s).all()


def test_equal_limits_are_k_means():
    x = blobs(1)
    one = setting(lowest=3.0, highest=3.0, seed=5).build(x)
    other = KMeansCoreset(k=3, size=50, seed=5).build(x)
    assert (one.indices == other.indices).all()
    assert (one.weights == other.weights).all()
    wide = setting(lowest=1.0, highest=3.0, seed=5).build(x).report
    assert wide.total_sensitivity > one.report.total_sensitivity


def test_a_tenth_of_delta_goes_to_the_seeding_and_the_rest_to_the_draws():
    x, delta = blobs(3, n=3000), 0.2
    c = cluster(x, 2, stream(4, 1), 0.1 * delta)
    total = root_sensitivities(c, ratio=HIGHEST / LOWEST).sum()
    options = {"size": None, "epsilon": 0.7, "delta": delta, "queries": 5, "seed": 4}
    report = setting(k=2, **options).build(x).report
    confidence = math.log(2 * 5 / (0.9 * delta))
    m = math.ceil(2 * total * (1 + 0.7 / 3) * confidence / 0.7**2)
    assert report.asked == m
    assert f"except with probability {delta}, for 5 of" in report.guarantee


@pytest.mark.parametrize("low", [LOWEST, 1 / (2 * math.pi)])
def test_mixtures_fixed_before_the_draw_fail_no_more_often_than_delta(low):
    x, k, trials, delta, epsilon = blobs(2, n=6000), 2, 60, 0.3, 0.7
    high = 2 * low
    s = setting(k=k, lowest=low, highest=high)
    rng = np.random.default_rng(0)
    mixtures = [mixture(rng, k, 6, low=low, high=high) for _ in range(6)]
    table = np.stack([s.costs(x, **m) for m in mixtures])
    log_z = [
        s.log_normaliser(weights=m["weights"], covariances=m["covariances"])
        for m in mixtures
    ]
    likelihood = table.sum(axis=1) - len(x) * np.array(log_z)
    failures = 0
    for seed in range(trials):
        core = setting(
            k=k,
            lowest=low,
            highest=high,
            size=None,
            epsilon=epsilon,
            delta=delta,
            queries=6,
            seed=seed,
        ).build(x)
        assert 0 < core.report.drawn < len(x)
        error = np.abs(table[:, core.indices] @ core.weights - table.sum(axis=1))
        good = error <= epsilon * table.sum(axis=1)
        failures += not good.all()
        # with eigenvalues of 1/(2 pi) or more the likelihood is no worse off
        assert (np.array(log_z) <= 1e-12).all()
        assert (error[good] <= epsilon * likelihood[good]).all()
    assert failures <= binom.ppf(1 - 1e-6, trials, delta)


def test_below_one_over_two_pi_the_likelihood_can_have_any_relative_error():
    # the negative log likelihood passes through 0 while the cost does not
    x = np.random.default_rng(0).normal(size=(500, 1)) * 0.1
    s = GaussianMixtureCoreset(k=1, lowest=0.001, highest=1.0, size=100)
    variance = np.geomspace(0.01, 1.0, 100)
    one = {"weights": [1.0], "means": [[0.0]]}
    total = [s.costs(x, covariances=[[[v]]], **one).sum() for v in variance]
    log_z = [s.log_normaliser(weights=[1.0], covariances=[[[v]]]) for v in variance]
    likelihood = np.array(total) - len(x) * np.array(log_z)
    assert likelihood.min() < 0 < likelihood.max()
    assert min(total) > 0


@pytest.mark.parametrize(
    ("x", "distinct"),
    [
        (np.ones((1, 2)), 1),
        (np.ones((30, 2)) / 3, 1),
        (np.repeat(np.arange(3.0), 20)[:, None], 3),
    ],
    ids=["one row", "equal", "three kinds"],
)
def test_degenerate_rows_are_kept_by_kind(x, distinct):
    core = setting(size=len(x)).build(x)
    assert core.report.distinct == distinct
    assert core.weights.sum() == len(x)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"k": 0}, "k must be at least 1, got 0"),
        ({"lowest": 0.0}, "0 < lowest <= highest < inf, got 0.0 and 2.0"),
        ({"lowest": 3.0}, "0 < lowest <= highest < inf, got 3.0 and 2.0"),
        ({"highest": math.inf}, "0 < lowest <= highest < inf"),
        ({"highest": math.nan}, "0 < lowest <= highest < inf"),
        ({"size": None}, "either size or epsilon"),
        ({"queries": 0}, "queries must be at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, match):
    with pytest.raises(ValueError, match=match):
        setting(**change)


def test_a_guarantee_for_all_mixtures_is_not_on_offer():
    with pytest.raises(TypeError):
        setting(queries=None)


def test_rows_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="x must be finite"):
        setting().build(np.array([[np.nan], [1.0]]))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"weights": [0.5, 0.6]}, "with sum 1"),
        ({"weights": [1.5, -0.5]}, "with sum 1"),
        ({"weights": [np.nan, 1.0]}, "with sum 1"),
        ({"weights": [0.25] * 4}, "at most 3 numbers"),
        ({"weights": [1.0]}, "covariances must be 1 finite square"),
        ({"means": [[0.0, 0.0]]}, r"means must have shape \(2, 2\), got \(1, 2\)"),
        ({"covariances": [np.eye(3)] * 2}, "covariances must be of 2 coordinates"),
        ({"covariances": [np.full((2, 2), np.nan)] * 2}, "2 finite square"),
        ({"covariances": [np.array([[1.0, 0.1], [0.0, 1.0]])] * 2}, "symmetric"),
        ({"covariances": [np.eye(2), 0.4 * np.eye(2)]}, "eigenvalues must lie in"),
        ({"covariances": [np.eye(2), np.diag([1.0, 2.1])]}, "got 1.0 to 2.1"),
    ],
)
def test_mixtures_that_the_theorem_does_not_cover_are_refused(change, match):
    good = {
        "weights": [0.5, 0.5],
        "means": np.zeros((2, 2)),
        "covariances": [np.eye(2)] * 2,
    }
    setting().costs(np.zeros((3, 2)), **good)
    with pytest.raises(ValueError, match=match):
        setting().costs(np.zeros((3, 2)), **{**good, **change})
