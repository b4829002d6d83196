"""Hashed weights: means of buckets; a sketch that is unbiased, with its variance."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import (
    HashedWeights,
    SparseJohnsonLindenstrauss,
    hashing,
)
from nonvacuous.compression._layerwise import numbers_for
from nonvacuous.nets import Layer, Network
from nonvacuous.structures._tied import gathered

exactly = settings(derandomize=True, max_examples=30, deadline=None)


def net_of(weight):
    return Network(layers=(Layer(weight=np.array(weight, float), bias=None),))


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32) * 1.0


def maps(pattern, entries):
    """Signs and places of every entry, one list for each hash, from raw words."""
    words = np.random.Philox(key=[pattern.seed, 0]).random_raw(pattern.hashes * entries)
    signs = [1 - 2 * (int(word) & 1) for word in words]
    places = [(int(word) >> 1) % pattern.buckets for word in words]
    parts = [slice(t * entries, (t + 1) * entries) for t in range(pattern.hashes)]
    return [(signs[part], places[part]) for part in parts]


@exactly
@given(seed=st.integers(0, 2**32 - 1), keep=st.floats(0.1, 0.95))
def test_a_hashed_weight_is_the_signed_mean_of_its_bucket(seed, keep):
    weight = normal(seed, 4, 6)
    small = HashedWeights(keep=keep, seed=seed).apply(net_of(weight)).layers[0]
    pattern, flat = small.structure.pattern, weight.ravel()
    assert pattern.buckets == int(keep * 24 + 1e-9)
    [(signs, places)] = maps(pattern, 24)
    for j, found in enumerate(small.weight.ravel()):
        bucket = [i for i in range(24) if places[i] == places[j]]
        mean = sum(signs[i] * flat[i] for i in bucket) / len(bucket)
        assert found == pytest.approx(signs[j] * mean, rel=1e-6)


@exactly
@given(seed=st.integers(0, 2**32 - 1), keep=st.floats(0.1, 0.95))
def test_what_hashing_leaves_is_orthogonal_to_all_tied_matrices(seed, keep):
    weight = normal(seed, 5, 7)
    small = HashedWeights(keep=keep, seed=seed).apply(net_of(weight)).layers[0]
    sums, _ = gathered(small.structure.pattern, weight - small.weight, layer=0)
    assert np.abs(sums).max() < 1e-5


@exactly
@given(seed=st.integers(0, 2**32 - 1), hashes=st.integers(1, 16))
def test_the_sketch_is_a_sparse_matrix_times_its_transpose(seed, hashes):
    weight = normal(seed, 4, 6)
    compressor = SparseJohnsonLindenstrauss(keep=0.7, seed=seed, hashes=hashes)
    small = compressor.apply(net_of(weight)).layers[0]
    buckets = 16 // hashes
    sketch = np.zeros((hashes * buckets, 24))
    for t, (signs, places) in enumerate(maps(small.structure.pattern, 24)):
        for j in range(24):
            sketch[t * buckets + places[j], j] = signs[j] / hashes**0.5
    assert (np.count_nonzero(sketch, axis=0) == hashes).all()
    wanted = sketch.T @ (sketch @ weight.ravel())
    assert np.allclose(small.weight.ravel(), wanted, rtol=1e-5, atol=1e-6)


@dataclass(frozen=True)
class Given:
    """A pattern with the signs and places that a test chose."""

    hashes: int
    buckets: int
    signs: tuple[int, ...]
    chosen: tuple[int, ...]

    def size(self, shape):
        return self.hashes * self.buckets

    def places(self, *, layer, shape):
        n = shape[0] * shape[1]
        for t in range(self.hashes):
            part = slice(t * n, (t + 1) * n)
            index = np.array(self.chosen[part]) + t * self.buckets
            yield slice(0, n), np.array(self.signs[part], float), index


def all_draws(compressor, weight, monkeypatch):
    """The result under every choice of signs and places, all equally likely."""
    results = []

    def draw(*, seed, hashes, buckets):
        return Given(hashes, buckets, *current)

    monkeypatch.setattr(hashing, "Hashed", draw)
    k = numbers_for(compressor.keep, weight.size)
    s = min(getattr(compressor, "hashes", 1), k)
    for signs in itertools.product((1, -1), repeat=weight.size * s):
        for chosen in itertools.product(range(k // s), repeat=weight.size * s):
            current = signs, chosen
            results.append(compressor.apply(net_of(weight)).layers[0].weight.ravel())
    return np.array(results), k


@pytest.mark.parametrize(("hashes", "keep"), [(1, 0.5), (1, 0.75), (2, 0.5)])
def test_the_sketch_is_unbiased_with_the_variance_stated(monkeypatch, hashes, keep):
    weight = np.array([[1.0, -2.0, 0.5, 4.0]])
    compressor = SparseJohnsonLindenstrauss(keep=keep, hashes=hashes)
    results, k = all_draws(compressor, weight, monkeypatch)
    flat = weight.ravel()
    assert np.allclose(results.mean(axis=0), flat, atol=1e-6)
    variance = ((flat**2).sum() - flat**2) / k
    assert np.allclose(results.var(axis=0), variance, rtol=1e-5)


@pytest.mark.parametrize("keep", [0.5, 0.75])
def test_hashing_leaves_the_mean_squared_error_stated(monkeypatch, keep):
    weight = np.array([[1.0, -2.0, 0.5, 4.0]])
    results, k = all_draws(HashedWeights(keep=keep), weight, monkeypatch)
    found = ((results - weight.ravel()) ** 2).sum(axis=1).mean()
    share = 1 - k / 4 * (1 - (1 - 1 / k) ** 4)
    assert found == pytest.approx(share * (weight**2).sum(), rel=1e-5)


@pytest.mark.parametrize("hashes", [1, 3])
def test_over_seeds_the_sketch_has_its_mean_and_variance_within_six_sigma(hashes):
    weight, seeds = normal(0, 6, 10), 1500
    results = np.array(
        [
            SparseJohnsonLindenstrauss(keep=0.3, seed=seed, hashes=hashes)
            .apply(net_of(weight))
            .layers[0]
            .weight
            for seed in range(seeds)
        ]
    )
    variance = ((weight**2).sum() - weight**2) / 18
    off = (results.mean(axis=0) - weight) / np.sqrt(variance / seeds)
    assert np.abs(off).max() < 6
    total = ((results - weight) ** 2).sum(axis=(1, 2))
    spread = total.std() / np.sqrt(seeds)
    assert abs(total.mean() - 59 / 18 * (weight**2).sum()) < 6 * spread


def test_more_hashes_than_numbers_are_cut_and_numbers_are_a_multiple():
    net = net_of(normal(0, 4, 5))
    small = SparseJohnsonLindenstrauss(keep=0.15, hashes=8).apply(net)
    pattern = small.layers[0].structure.pattern
    assert (pattern.hashes, pattern.buckets) == (3, 1)
    small = SparseJohnsonLindenstrauss(keep=0.5, hashes=4).apply(net)
    pattern = small.layers[0].structure.pattern
    assert (pattern.hashes, pattern.buckets) == (4, 2)


def test_the_report_says_that_the_sketch_is_unbiased_and_hashing_is_not():
    net = net_of(normal(0, 4, 5))
    sketch = SparseJohnsonLindenstrauss(keep=0.5).compress(net).report
    assert "its own mean" in sketch.guarantee
    assert "nothing" in HashedWeights(keep=0.5).compress(net).report.guarantee


def test_another_seed_and_another_layer_hash_otherwise():
    weight = normal(0, 8, 8)
    two = Network(layers=(Layer(weight=weight, bias=None),) * 2)
    one, other = HashedWeights(keep=0.3, seed=1).apply(two).layers
    third = HashedWeights(keep=0.3, seed=2).apply(two).layers[0]
    assert (one.weight != other.weight).any()
    assert (one.weight != third.weight).any()


@pytest.mark.parametrize("make", [HashedWeights, SparseJohnsonLindenstrauss])
@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_that_the_code_cannot_write_are_refused(make, seed):
    with pytest.raises(ValueError, match="seed must lie"):
        make(keep=0.5, seed=seed)


@pytest.mark.parametrize("hashes", [0, 17])
def test_numbers_of_hashes_out_of_range_are_refused(hashes):
    with pytest.raises(ValueError, match="hashes must lie"):
        SparseJohnsonLindenstrauss(keep=0.5, hashes=hashes)
