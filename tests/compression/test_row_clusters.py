"""Clusters by D^2 sampling, and what no k centres can undercut."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.compression.row_coresets._clusters import (
    cluster,
    scaled,
    seed_clusters,
    squared_distances,
)
from nonvacuous.compression.row_coresets._optimum import (
    neighbour_bound,
    spectral_bound,
)
from nonvacuous.compression.row_coresets._sampling import stream

exactly = settings(derandomize=True, max_examples=25, deadline=None)
seeds = st.integers(0, 10**6)
MARGIN = 1e-6
"""Probability with which a true law may fail a test, had seeds been fresh."""


def blobs(seed, n=120, d=8, parts=3):
    """Unequal clusters, far from each other next to their width."""
    rng = np.random.default_rng(seed)
    centres = 4 * rng.normal(size=(parts, d))
    return centres[rng.choice(parts, n, p=[0.7, 0.25, 0.05])] + rng.normal(size=(n, d))


def least_cost(x, k):
    """The optimum, by all partitions."""
    best = math.inf
    for labels in itertools.product(range(k), repeat=len(x) - 1):
        labels = np.array((0, *labels))
        cost = sum(
            ((x[labels == j] - x[labels == j].mean(axis=0)) ** 2).sum()
            for j in set(labels)
        )
        best = min(best, cost)
    return best


def test_the_second_seed_is_drawn_by_squared_distance():
    x, times = np.array([[0.0], [1.0], [3.0]]), 3000
    chances = {(0, 1): 1 / 10, (0, 2): 9 / 10, (1, 0): 1 / 5, (1, 2): 4 / 5}
    chances |= {(2, 0): 9 / 13, (2, 1): 4 / 13}
    draw = stream(0, 1)
    pairs = [tuple(seed_clusters(x, 2, draw)[1].tolist()) for _ in range(times)]
    for pair in itertools.permutations(range(3), 2):
        low, high = binom.ppf([MARGIN, 1 - MARGIN], times, chances[pair] / 3)
        assert low <= pairs.count(pair) <= high


@exactly
@given(seed=seeds, k=st.integers(1, 12))
def test_each_row_is_in_the_part_of_its_nearest_seed(seed, k):
    x = blobs(seed, n=40, d=3)
    labels, found, squared = seed_clusters(x, k, stream(seed, 1))
    assert len(found) == len(set(found)) == k
    table = ((x[:, None] - x[found][None]) ** 2).sum(axis=2)
    assert (labels == table.argmin(axis=1)).all()
    np.testing.assert_allclose(squared, table.min(axis=1), rtol=1e-13)
    assert (squared[found] == 0).all()


def test_distances_in_chunks_are_distances_at_once(monkeypatch):
    x = np.random.default_rng(0).normal(size=(101, 7))
    labels = np.arange(101) % 4
    whole = squared_distances(x, x[:4], labels)
    monkeypatch.setattr("nonvacuous.compression.row_coresets._clusters._CELLS", 50)
    assert (squared_distances(x, x[:4], labels) == whole).all()
    np.testing.assert_allclose(whole, ((x - x[labels]) ** 2).sum(axis=1), rtol=1e-14)
    one = squared_distances(x, x[2])
    np.testing.assert_allclose(one, ((x - x[2]) ** 2).sum(axis=1), rtol=1e-14)
    assert one[2] == 0


@pytest.mark.parametrize("k", range(1, 8))
def test_both_bounds_give_the_optimum_of_an_orthonormal_basis(k):
    # parts of m unit vectors at right angles cost m - 1, so k of them cost n - k
    near = neighbour_bound(np.eye(8), k, stream(0, 1)) if k > 1 else 7.0
    for found in (spectral_bound(np.eye(8), k), near):
        assert found == pytest.approx(8 - k, rel=1e-11)
        assert found <= 8 - k


def test_where_no_bound_is_certain_the_cheapest_of_eight_runs_gives_one(monkeypatch):
    module = "nonvacuous.compression.row_coresets._clusters."
    for name in ("spectral_bound", "neighbour_bound"):
        monkeypatch.setattr(module + name, lambda *args: 0.0)
    x, k, delta = blobs(1), 3, 0.01
    draw = stream(1, 1)
    runs = [seed_clusters(scaled(x), k, draw)[2].sum() for _ in range(8)]
    found = cluster(x, k, stream(1, 1), delta).optimum
    factor = 8 * (math.log(k) + 2) * delta ** (-1 / 8)
    assert found == pytest.approx(min(runs) / factor, rel=1e-11)
    assert found <= min(runs) / factor


@pytest.mark.parametrize("k", [1, 2, 3])
def test_seeds_cost_no_more_on_average_than_their_theorem_says(k):
    """All sequences of seeds of six rows, with their chances: exact means."""
    for seed in range(4):
        x = np.random.default_rng(seed).standard_cauchy(size=(6, 2))
        table = ((x[:, None] - x[None]) ** 2).sum(axis=2)
        mean = 0.0
        for seeds in itertools.permutations(range(6), k):
            chance, squared = 1 / 6, table[seeds[0]]
            for j in seeds[1:]:
                chance *= squared[j] / squared.sum()
                squared = np.minimum(squared, table[j])
            mean += chance * squared.sum()
        assert least_cost(x, k) < mean <= 8 * (math.log(k) + 2) * least_cost(x, k)


def test_rows_that_hardly_differ_do_not_raise_the_bound_above_the_optimum():
    """The mean of many rows is rounded by more than these rows differ."""
    x = 0.7 + 1e-13 * np.random.default_rng(0).normal(size=(10_000, 1))
    exact = [int(Fraction(v) * 2**60) for v in x.ravel().tolist()]
    optimum = Fraction(
        len(exact) * sum(v * v for v in exact) - sum(exact) ** 2, len(exact) * 2**120
    )
    found = spectral_bound(x, 1)
    assert found <= optimum
    assert found == pytest.approx(float(optimum), rel=1e-8)


def test_neighbours_give_the_optimum_of_pairs_far_apart():
    x = np.concatenate([1e3 * np.arange(6.0), 1e3 * np.arange(6.0) + 1])[:, None]
    assert neighbour_bound(x, 6, stream(0, 1)) == pytest.approx(3.0, rel=1e-11)
    assert neighbour_bound(x, 12, stream(0, 1)) == 0
    assert neighbour_bound(x, 2000, stream(0, 1)) == 0
    assert spectral_bound(x, 2) == 0


def test_neighbours_are_a_slow_loop_over_groups():
    x, k = blobs(0, n=50, d=2), 3
    total = 0.0
    for group in np.array_split(stream(1, 1).permutation(50), 50 // 12):
        near = sorted(
            min(((x[i] - x[j]) ** 2).sum() for j in group if j != i) for i in group
        )
        total += sum(near[: len(group) - k]) / 2
    assert neighbour_bound(x, k, stream(1, 1)) == pytest.approx(total, rel=1e-11)


@pytest.mark.parametrize("shape", [(8, 3), (8, 2), (7, 20), (8, 1)])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_bounds_of_the_optimum_are_below_the_optimum_of_all_partitions(shape, k):
    for seed in range(3):
        x = np.random.default_rng(seed).standard_cauchy(size=shape)
        optimum = least_cost(x, k)
        assert spectral_bound(x, k) <= optimum * (1 + 1e-12)
        assert neighbour_bound(x, k, stream(seed, 1)) <= optimum * (1 + 1e-12)
        unit = (scaled(x)[0, 0] / x[0, 0]) ** 2
        found = cluster(x, k, stream(seed, 1), 0.01)
        assert 0 < found.optimum <= optimum * unit * (1 + 1e-12)
        assert (found.distances**2).sum() >= optimum * unit * (1 - 1e-12)
