"""Low rank: optimal by singular values, optimal on data, and with a sparse part."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import (
    CompressionError,
    DataAwareLowRank,
    LowRankPlusSparse,
    Rows,
    SingularValueTruncation,
)
from nonvacuous.nets import Layer, Network
from nonvacuous.structures import LowRank

exactly = settings(derandomize=True, max_examples=25, deadline=None)


def net_of(*weights):
    return Network(layers=tuple(Layer(weight=w, bias=None) for w in weights))


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32) * 1.0


def rows_of(x):
    return Rows(x, np.zeros(len(x), np.int64), "0123456789abcdef")


def error(found, weight):
    return ((found - weight) ** 2).sum()


def rank_of(network, i=0):
    return network.layers[i].structure.left.shape[1]


# Singular values ---------------------------------------------------------------------


@exactly
@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(st.integers(3, 20), st.integers(3, 20)),
    keep=st.floats(0.05, 0.99),
)
def test_the_error_is_the_tail_of_the_singular_values(seed, shape, keep):
    weight = normal(seed, *shape)
    m, n = shape
    small = SingularValueTruncation(keep=keep).apply(net_of(weight)).layers[0]
    rank = max(1, int(keep * m * n / (m + n) + 1e-9))
    if rank * (m + n) >= m * n:
        assert (small.weight == weight).all()
        return
    assert small.structure.left.shape == (m, rank)
    assert small.kept == rank * (m + n)
    tail = (np.linalg.svd(weight, compute_uv=False)[rank:] ** 2).sum()
    assert error(small.weight, weight) == pytest.approx(tail, rel=1e-5)


def test_a_matrix_of_rank_one_comes_back_from_its_eight_numbers():
    weight = np.outer([1.0, 2, -1, 0.5], [4.0, 1, 0, -2])
    small = SingularValueTruncation(keep=0.5).apply(net_of(weight))
    assert small.kept == 4 + 3  # a zero needs no number
    assert np.abs(small.layers[0].weight - weight).max() < 1e-6


def test_the_larger_of_two_directions_is_kept():
    weight = np.full((4, 4), 0.75)  # 3 u u^T with u = (1, 1, 1, 1) / 2
    weight += np.outer([1, -1, 1, -1], [1, -1, 1, -1]) / 4
    small = SingularValueTruncation(keep=0.5).apply(net_of(weight))
    assert np.allclose(small.layers[0].weight, 0.75, atol=1e-6)


def test_a_layer_as_thin_as_its_factors_stays_as_it_is():
    for shape in ((1, 9), (9, 1), (2, 2)):
        weight = normal(0, *shape)
        small = SingularValueTruncation(keep=0.1).apply(net_of(weight))
        assert small.layers[0].structure is None
        assert (small.layers[0].weight == weight).all()


def test_every_layer_has_the_rank_of_its_own_share():
    net = net_of(normal(0, 30, 40), normal(1, 20, 30), normal(2, 5, 20))
    small = SingularValueTruncation(keep=0.5).apply(net)
    assert [rank_of(small, i) for i in range(3)] == [600 // 70, 300 // 50, 50 // 25]


# With data ---------------------------------------------------------------------------


def root(moments):
    values, vectors = np.linalg.eigh(moments)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


def naive_data_aware(weight, x, rank):
    """Truncate W H^(1/2), then undo H^(1/2), one outer product at a time."""
    moments = np.zeros((x.shape[1], x.shape[1]))
    for row in x:
        moments += np.outer(row, row) / len(x)
    half = root(moments)
    left, values, right = np.linalg.svd(weight @ half)
    total = np.zeros(weight.shape)
    for k in range(rank):
        total += values[k] * np.outer(left[:, k], right[k])
    return total @ np.linalg.inv(half)


@exactly
@given(seed=st.integers(0, 10**6), keep=st.floats(0.2, 0.9))
def test_the_closed_form_is_the_truncation_in_the_norm_of_the_data(seed, keep):
    weight = normal(seed, 9, 12)
    x = normal(seed + 1, 50, 12) * np.linspace(0.3, 2, 12)
    small = DataAwareLowRank(rows=rows_of(x), keep=keep).apply(net_of(weight))
    naive = naive_data_aware(weight, x, rank_of(small))
    assert np.allclose(small.layers[0].weight, naive, atol=1e-5)
    values = np.linalg.svd(weight @ root(x.T @ x / len(x)), compute_uv=False)
    found = error(x @ small.layers[0].weight.T, x @ weight.T) / len(x)
    assert found == pytest.approx((values[rank_of(small) :] ** 2).sum(), rel=1e-4)


@exactly
@given(seed=st.integers(0, 10**6), keep=st.floats(0.2, 0.9))
def test_outputs_change_no_more_than_by_singular_values(seed, keep):
    weight = normal(seed, 8, 15)
    x = normal(seed + 1, 30, 15) * np.geomspace(0.01, 3, 15)
    aware = DataAwareLowRank(rows=rows_of(x), keep=keep).apply(net_of(weight))
    plain = SingularValueTruncation(keep=keep).apply(net_of(weight))
    assert aware.kept == plain.kept
    changed = [
        error(x @ small.layers[0].weight.T, x @ weight.T) for small in (aware, plain)
    ]
    assert changed[0] <= changed[1] * (1 + 1e-5) + 1e-9


def test_second_moments_are_those_of_the_original_nets_layers():
    net = net_of(normal(0, 10, 12), normal(1, 9, 10))
    x = normal(2, 60, 12)
    small = DataAwareLowRank(rows=rows_of(x), keep=0.4).apply(net)
    hidden = np.maximum(x @ net.layers[0].weight.T, 0)
    naive = naive_data_aware(net.layers[1].weight, hidden, rank_of(small, 1))
    assert np.allclose(small.layers[1].weight, naive, atol=1e-4)


def test_outputs_are_exact_where_the_rows_have_fewer_directions_than_the_rank():
    weight = normal(0, 12, 20)
    x = normal(1, 2, 20)
    small = DataAwareLowRank(rows=rows_of(x), keep=0.6).apply(net_of(weight))
    assert rank_of(small) == 4
    found = small.layers[0].weight
    assert np.allclose(x @ found.T, x @ weight.T, atol=1e-4)
    # the rest of the rank takes the two largest directions of what is left
    basis, _ = np.linalg.qr((x @ weight.T).T)
    rest = weight - basis @ basis.T @ weight
    tail = np.linalg.svd(rest, compute_uv=False)[2:]
    assert error(found, weight) == pytest.approx((tail**2).sum(), rel=1e-4)


def test_a_weight_of_lower_rank_than_allowed_comes_back():
    weight = np.outer(normal(0, 10), normal(1, 12)).astype(np.float32) * 1.0
    x = normal(2, 30, 12)
    small = DataAwareLowRank(rows=rows_of(x), keep=0.6).apply(net_of(weight))
    assert rank_of(small) == 3
    assert np.allclose(small.layers[0].weight, weight, atol=1e-5)


def test_rows_that_the_net_cannot_take_are_refused():
    compressor = DataAwareLowRank(rows=rows_of(normal(0, 5, 7)), keep=0.5)
    with pytest.raises(CompressionError, match="takes 6 inputs, the rows have 7"):
        compressor.apply(net_of(normal(1, 8, 6)))


# With a sparse part ------------------------------------------------------------------


def naive_alternation(weight, rank, count, rounds):
    rows, columns = weight.shape
    rest = np.zeros(weight.shape)
    for _ in range(rounds):
        left, values, right = np.linalg.svd(weight - rest)
        low = sum(values[k] * np.outer(left[:, k], right[k]) for k in range(rank))
        entries = [
            (-abs(weight[i, j] - low[i, j]), i, j)
            for i in range(rows)
            for j in range(columns)
        ]
        rest = np.zeros(weight.shape)
        for _, i, j in sorted(entries)[:count]:
            rest[i, j] = weight[i, j] - low[i, j]
    return low + rest


@exactly
@given(seed=st.integers(0, 10**6), rounds=st.integers(1, 5))
def test_the_alternation_is_the_naive_one(seed, rounds):
    weight = normal(seed, 9, 11)
    compressor = LowRankPlusSparse(keep=0.75, rank_share=0.6, rounds=rounds)
    small = compressor.apply(net_of(weight)).layers[0]
    rank, count = 2, 74 - 2 * 20
    assert small.structure.left.shape[1] == rank
    assert np.count_nonzero(small.structure.rest) == count
    assert small.kept == 74 <= 0.75 * 99
    naive = naive_alternation(weight, rank, count, rounds)
    assert np.allclose(small.weight, naive, atol=1e-5)


def test_no_round_makes_the_error_larger():
    net = net_of(normal(0, 30, 40))
    errors = [
        error(
            LowRankPlusSparse(keep=0.4, rounds=n).apply(net).layers[0].weight,
            net.layers[0].weight,
        )
        for n in (1, 2, 4, 8, 16)
    ]
    assert all(b <= a * (1 + 1e-6) for a, b in itertools.pairwise(errors))
    assert errors[-1] < 0.99 * errors[0]


def test_a_sum_of_low_rank_and_spikes_comes_back():
    rng = np.random.default_rng(0)
    weight = np.outer(rng.normal(size=20), rng.normal(size=30)) / 4
    spikes = rng.choice(600, 25, replace=False)
    weight.flat[spikes] += 2.0 * rng.choice([-1, 1], 25)
    weight = weight.astype(np.float32) * 1.0
    small = LowRankPlusSparse(keep=0.125, rank_share=0.67).apply(net_of(weight))
    structure = small.layers[0].structure
    assert structure.left.shape[1] == 1
    assert set(spikes) >= set(np.flatnonzero(structure.rest))
    assert small.kept == 50 + 25
    assert np.abs(small.layers[0].weight - weight).max() < 1e-5


def test_entries_of_the_sparse_part_are_right_to_the_last_bits_of_float32():
    weight = normal(1, 12, 15)
    small = LowRankPlusSparse(keep=0.5).apply(net_of(weight)).layers[0]
    chosen = small.structure.rest != 0
    found, wanted = small.weight[chosen], weight[chosen]
    assert (np.abs(found - wanted) <= 2.0**-22 * np.abs(wanted).max()).all()


def test_without_a_share_for_the_sparse_part_it_is_a_truncation():
    net = net_of(normal(0, 10, 10))
    plain = SingularValueTruncation(keep=0.6).apply(net)
    small = LowRankPlusSparse(keep=0.6, rank_share=1.0).apply(net)
    assert small.kept == plain.kept == 60
    assert isinstance(small.layers[0].structure, LowRank)
    assert (small.layers[0].weight == plain.layers[0].weight).all()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"rank_share": 0.0}, "rank_share must lie"),
        ({"rank_share": 1.1}, "rank_share must lie"),
        ({"rounds": 0}, "rounds must be at least 1"),
    ],
)
def test_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        LowRankPlusSparse(keep=0.5, **options)


@pytest.mark.parametrize("scale", [1e-30, 1e-38, 1e-42])
@pytest.mark.parametrize("name", ["plain", "sparse", "aware"])
def test_the_factors_of_tiny_weights_are_in_the_code(name, scale):
    """Float32 has no numbers below 2^-149, so factors keep to multiples of that."""
    rng = np.random.default_rng(0)
    weight = (rng.normal(size=(8, 9)) * scale).astype(np.float32).astype(float)
    net = Network(layers=(Layer(weight=weight, bias=None),))
    sample = Rows(rng.normal(size=(40, 9)), np.zeros(40, np.int64), "0123456789abcdef")
    compressor = {
        "plain": SingularValueTruncation(keep=0.5),
        "sparse": LowRankPlusSparse(keep=0.5),
        "aware": DataAwareLowRank(rows=sample, keep=0.5),
    }[name]
    small = compressor.compress(net)
    (layer,) = small.network.layers
    assert isinstance(layer.structure, LowRank)
    assert layer.kept == small.report.layers[0].kept <= 36
    error = np.linalg.norm(layer.weight - weight) / np.linalg.norm(weight)
    assert error == small.report.layers[0].facts["relative error"] < 0.8
