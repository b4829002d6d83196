"""Layer-wise pruning: budgets, zeros, biases, reports, and what all methods share."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import (
    LayerwiseOptimalBrainSurgeon,
    MagnitudePruning,
    NetTrim,
    OptimalBrainCompression,
    OptimalBrainDamage,
    Rows,
    SparseGPT,
    Wanda,
)
from nonvacuous.compression._supports import budget, largest, largest_in_rows
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.second_order._layerwise import relative_error
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=30, deadline=None)

SIZES = (9, 8, 6, 3)
LAYERWISE = (LayerwiseOptimalBrainSurgeon, OptimalBrainCompression, SparseGPT, Wanda)
EVERY = (*LAYERWISE, OptimalBrainDamage, NetTrim)


def random_net(seed, sizes=SIZES, bias=True):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(
            weight=rng.normal(size=(b, a)).astype(np.float32).astype(float),
            bias=rng.normal(size=b).astype(np.float32).astype(float) if bias else None,
        )
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


def random_rows(seed, count=60, features=SIZES[0]):
    rng = np.random.default_rng([seed, 1])
    x = np.maximum(rng.normal(0.3, 1, size=(count, features)), 0).astype(np.float32)
    x[:, 2] = 0  # an input that is always off
    return Rows(x, rng.integers(0, 3, count), f"rows {seed}")


def weights(network):
    return [layer.weight for layer in network.layers]


@pytest.mark.parametrize("method", EVERY, ids=lambda m: m.__name__)
def test_the_code_names_the_net_and_twice_gives_the_same_bytes(method):
    net = random_net(0)
    before = [a.tobytes() for a in net.arrays()]
    compressor = method(rows=random_rows(0), keep=0.4)
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    assert one.pipeline == repr(compressor)
    for data in (one.code.data, one.code.data + b"junk \xff\x00"):
        back, bits = decode_network(data)
        assert bits == one.code.bits
        assert [a.tobytes() for a in back.arrays()] == [
            a.tobytes() for a in one.network.arrays()
        ]
    assert not one.network.double
    assert [a.tobytes() for a in net.arrays()] == before


@pytest.mark.parametrize("method", LAYERWISE, ids=lambda m: m.__name__)
@exactly
@given(seed=st.integers(0, 10**6), keep=st.floats(0.01, 1))
def test_every_layer_keeps_its_share_and_every_bias(method, seed, keep):
    net = random_net(seed)
    small, report = method(rows=random_rows(seed), keep=keep).explain(net)
    for before, after, said in zip(
        net.layers, small.layers, report.layers, strict=True
    ):
        assert after.kept == max(1, round(keep * before.weight.size)) == said.kept
        assert (after.bias == before.bias).all()


@pytest.mark.parametrize("method", [*LAYERWISE, OptimalBrainDamage])
def test_keeping_everything_changes_nothing(method):
    net = random_net(1, bias=False)
    small = method(rows=random_rows(1), keep=1.0).apply(net)
    for found, kept in zip(small.layers, net.layers, strict=True):
        assert (found.weight == kept.weight).all()
        assert found.bias is None


@pytest.mark.parametrize("method", [*LAYERWISE, OptimalBrainDamage])
@pytest.mark.parametrize("keep", [0.3, 0.7])
def test_weights_that_are_zero_stay_zero(method, keep):
    pruned = MagnitudePruning(keep=0.5).apply(random_net(2))
    small = method(rows=random_rows(2), keep=keep).apply(pruned)
    for found, before in zip(weights(small), weights(pruned), strict=True):
        assert not found[before == 0].any()
    assert small.kept > 0.2 * sum(w.size for w in weights(pruned))


@pytest.mark.parametrize("method", EVERY)
def test_a_net_in_float64_stays_in_float64(method):
    net = random_net(3)
    third = Layer(weight=net.layers[0].weight / 3, bias=net.layers[0].bias)
    net = replace(net, layers=(third, *net.layers[1:]))
    assert net.double
    assert method(rows=random_rows(3), keep=0.5).apply(net).double


@pytest.mark.parametrize("method", LAYERWISE)
def test_rows_of_zeros_are_no_obstacle(method):
    rows = Rows(np.zeros((4, 9)), np.zeros(4, dtype=np.int64), "nothing")
    small, report = method(rows=rows, keep=0.5).explain(random_net(4, bias=False))
    assert [layer.kept for layer in report.layers] == [36, 24, 9]
    assert [layer.facts["relative squared error"] for layer in report.layers] == [0] * 3
    assert all(np.isfinite(w).all() for w in weights(small))


@pytest.mark.parametrize("method", LAYERWISE)
def test_the_report_is_the_error_on_the_rows_of_the_original_net(method):
    net, rows = random_net(5), random_rows(5)
    small, report = method(rows=rows, keep=0.3).explain(net)
    a = [row.astype(float) for row in rows.x]
    for before, after, said in zip(
        net.layers, small.layers, report.layers, strict=True
    ):
        moved = sum(np.sum(((before.weight - after.weight) @ r) ** 2) for r in a)
        size = sum(np.sum((before.weight @ r) ** 2) for r in a)
        assert said.facts["relative squared error"] == pytest.approx(moved / size)
        a = [np.maximum(before.weight @ r + before.bias, 0) for r in a]


def test_nothing_moved_is_no_error():
    assert relative_error(np.zeros((2, 2)), np.zeros((2, 2)), np.eye(2)) == 0
    assert relative_error(np.ones((2, 2)), np.zeros((2, 2)), np.eye(2)) == 1


@pytest.mark.parametrize("method", LAYERWISE)
def test_a_method_that_compensates_errs_less_than_magnitude_on_correlated_inputs(
    method,
):
    rng = np.random.default_rng(6)
    x = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 9))
    x = (np.maximum(x, 0) + 0.1).astype(np.float32)
    rows, net = Rows(x, np.zeros(200, dtype=np.int64), "three factors"), random_net(6)
    error = method(rows=rows, keep=0.4).explain(net)[1].layers[0].facts
    weight, count = net.layers[0].weight, round(0.4 * 72)
    cut = np.where(largest(np.abs(weight), count), weight, 0.0)
    moments = x.astype(float).T @ x / len(x)
    plain = relative_error(weight, cut, moments)
    assert (error["relative squared error"] < plain) == (method is not Wanda)


@exactly
@given(seed=st.integers(0, 10**6), count=st.integers(0, 24))
def test_supports_are_those_of_a_slow_search(seed, count):
    scores = np.random.default_rng(seed).integers(0, 4, (4, 6)).astype(float)
    cells = sorted(np.ndindex(4, 6), key=lambda c: (-scores[c], c))
    found = largest(scores, count)
    assert sorted(zip(*np.nonzero(found), strict=True)) == sorted(cells[:count])
    share, left = divmod(count, 4)
    rows = [sorted(range(6), key=lambda j: (-scores[i, j], j)) for i in range(4)]
    wanted = {(i, j) for i in range(4) for j in rows[i][:share]}
    if share < 6:
        after = sorted((-scores[i, rows[i][share]], i) for i in range(4))
        wanted |= {(i, rows[i][share]) for _, i in after[:left]}
    assert set(zip(*np.nonzero(largest_in_rows(scores, count)), strict=True)) == wanted


def test_a_budget_is_rounded_and_never_empty():
    assert [budget(k, 10) for k in (0.001, 0.26, 0.34, 1.0)] == [1, 3, 3, 10]


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("keep", [0.0, -0.5, 1.01, float("nan")])
def test_a_share_out_of_range_is_refused(method, keep):
    with pytest.raises(ValueError, match=r"keep must lie in \(0, 1\], got"):
        method(rows=random_rows(0), keep=keep)


@pytest.mark.parametrize("method", EVERY)
def test_no_rows_or_rows_of_another_width_are_refused(method):
    with pytest.raises(ValueError, match="rows must hold at least one row, got 0"):
        method(rows=random_rows(0, count=0), keep=0.5)
    with pytest.raises(ValueError, match="9 inputs, the data have 5"):
        method(rows=random_rows(0, features=5), keep=0.5).apply(random_net(0))


@pytest.mark.parametrize(
    "method", [LayerwiseOptimalBrainSurgeon, OptimalBrainCompression, SparseGPT]
)
@pytest.mark.parametrize("damping", [0.0, 1e-9, 1.5, float("nan")])
def test_a_damping_out_of_range_is_refused(method, damping):
    with pytest.raises(ValueError, match=r"damping must lie in \[1e-8, 1\], got"):
        method(rows=random_rows(0), keep=0.5, damping=damping)


def test_the_name_says_every_setting():
    found = repr(SparseGPT(rows=random_rows(7), keep=0.25))
    rows = "Rows(60, 'rows 7')"
    assert found == f"SparseGPT(rows={rows}, keep=0.25, damping=0.01, block=128)"
