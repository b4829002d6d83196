"""Pruning: what is kept, at ties too, and that units are dropped with their edges."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from nonvacuous.compression import (
    LayerMagnitudePruning,
    MagnitudePruning,
    RowMagnitudePruning,
    UnitPruning,
)
from nonvacuous.compression.codes import decode_network
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=40, deadline=None)


def random_net(seed, sizes=(6, 5, 3)):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(
            weight=rng.normal(size=(b, a)).astype(np.float32).astype(float),
            bias=rng.normal(size=b).astype(np.float32).astype(float),
        )
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


def weights(network):
    return np.concatenate([layer.weight.ravel() for layer in network.layers])


@exactly
@given(seed=st.integers(0, 10**6), count=st.integers(1, 60))
def test_the_largest_weights_are_kept_as_they_are(seed, count):
    net = random_net(seed)
    before, after = weights(net), weights(MagnitudePruning(count=count).apply(net))
    kept = after != 0
    assert kept.sum() == min(count, before.size)
    assert (after[kept] == before[kept]).all()
    assert np.abs(before[kept]).min() >= np.abs(before[~kept]).max(initial=0)


def test_keep_is_a_share_of_the_weights_and_biases_stay():
    net = random_net(0)
    small = MagnitudePruning(keep=0.4).apply(net)
    assert np.count_nonzero(weights(small)) == round(0.4 * 45)
    for found, layer in zip(small.layers, net.layers, strict=True):
        assert (found.bias == layer.bias).all()


def test_all_weights_that_tie_at_the_threshold_are_kept():
    weight = np.array([[1.0, -2.0, 2.0], [2.0, 0.5, 3.0]])
    small = MagnitudePruning(count=2).apply(
        Network(layers=(Layer(weight=weight, bias=None),))
    )
    assert small.layers[0].weight.tolist() == [[0, -2, 2], [2, 0, 3]]


def test_a_share_too_small_for_one_weight_keeps_one():
    small = MagnitudePruning(keep=1e-9).apply(random_net(1))
    assert np.count_nonzero(weights(small)) == 1


def test_a_net_of_zeros_is_pruned_to_itself():
    net = Network(layers=(Layer(weight=np.zeros((2, 3)), bias=None),))
    assert not MagnitudePruning(count=2).apply(net).nonzeros


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({}, "either keep or count"),
        ({"keep": 0.5, "count": 3}, "either keep or count"),
        ({"keep": 0.0}, "keep must lie"),
        ({"keep": 1.5}, "keep must lie"),
        ({"keep": float("nan")}, "keep must lie"),
        ({"count": 0}, "count must be"),
    ],
)
def test_magnitude_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        MagnitudePruning(**options)


def test_a_layer_and_a_row_keep_their_own_largest_weights_and_of_ties_the_first():
    weight = np.array([[1.0, -3.0, 3.0], [0.5, 0.5, -0.5]])
    net = Network(layers=(Layer(weight=weight, bias=np.array([7.0, 8.0])),))
    by_layer = LayerMagnitudePruning(keep=0.5).apply(net).layers[0]
    by_row = RowMagnitudePruning(keep=1 / 3).apply(net).layers[0]
    assert by_layer.weight.tolist() == [[1, -3, 3], [0, 0, 0]]
    assert by_row.weight.tolist() == [[0, -3, 0], [0.5, 0, 0]]
    assert by_layer.bias.tolist() == by_row.bias.tolist() == [7, 8]


def naive_largest(values, count):
    """The indices of the largest, by repeated search for the first maximum."""
    chosen = []
    for _ in range(min(count, len(values))):
        left = [k for k in range(len(values)) if k not in chosen]
        chosen.append(max(left, key=lambda k: abs(values[k])))
    return chosen


@exactly
@given(seed=st.integers(0, 10**6), keep=st.floats(0.01, 1), ties=st.booleans())
def test_every_layer_and_every_row_keep_exactly_their_share(seed, keep, ties):
    net = random_net(seed, (7, 6, 3))
    if ties:
        layers = [
            Layer(weight=np.clip(np.rint(a.weight * 2), -1, 1), bias=a.bias)
            for a in net.layers
        ]
        net = Network(layers=tuple(layers))
    by_layer = LayerMagnitudePruning(keep=keep).apply(net)
    by_row = RowMagnitudePruning(keep=keep).apply(net)
    for whole, one, other in zip(
        net.layers, by_layer.layers, by_row.layers, strict=True
    ):
        flat = whole.weight.ravel()
        kept = naive_largest(flat, max(1, round(keep * flat.size)))
        wanted = [flat[k] if k in kept else 0.0 for k in range(flat.size)]
        assert one.weight.ravel().tolist() == wanted
        for row, found in zip(whole.weight, other.weight, strict=True):
            kept = naive_largest(row, max(1, round(keep * row.size)))
            wanted = [row[k] if k in kept else 0.0 for k in range(row.size)]
            assert found.tolist() == wanted


def test_units_with_the_largest_products_of_norms_are_kept_in_order():
    first = np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 2.0]])
    second = np.array([[0.0, 10.0, 1.0], [1.0, 0.0, 1.0]])
    net = Network(
        layers=(
            Layer(weight=first, bias=np.array([1.0, 2.0, 3.0])),
            Layer(weight=second, bias=None),
        )
    )
    small = UnitPruning(keep=2 / 3).apply(net)  # products 5, 10 and 2.83
    assert small.sizes == (2, 2, 2)
    assert small.layers[0].weight.tolist() == first[:2].tolist()
    assert small.layers[0].bias.tolist() == [1.0, 2.0]
    assert small.layers[1].weight.tolist() == second[:, :2].tolist()
    assert UnitPruning(keep=0.1).apply(net).layers[0].bias.tolist() == [2.0]


@exactly
@given(seed=st.integers(0, 10**6), keep=st.floats(0.01, 1), least=st.integers(1, 9))
def test_hidden_layers_narrow_to_their_share_and_ends_stay(seed, keep, least):
    net = random_net(seed, (4, 8, 6, 3))
    sizes = UnitPruning(keep=keep, least=least).apply(net).sizes
    hidden = [min(n, max(least, round(keep * n))) for n in (8, 6)]
    assert sizes == (4, *hidden, 3)


def test_keeping_every_unit_changes_nothing():
    net = random_net(3)
    for found, layer in zip(
        UnitPruning(keep=1.0).apply(net).arrays(), net.arrays(), strict=True
    ):
        assert (found == layer).all()


@pytest.mark.parametrize("make", [LayerMagnitudePruning, RowMagnitudePruning])
@pytest.mark.parametrize("keep", [0.0, 1.5, float("nan")])
def test_shares_out_of_range_are_refused(make, keep):
    with pytest.raises(ValueError, match="keep must lie"):
        make(keep=keep)


@pytest.mark.parametrize(
    "options", [{"keep": 0.0}, {"keep": 1.1}, {"keep": 0.5, "least": 0}]
)
def test_unit_settings_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match="keep must lie"):
        UnitPruning(**options)


@pytest.mark.parametrize(
    "compressor",
    [
        MagnitudePruning(keep=0.3),
        LayerMagnitudePruning(keep=0.3),
        RowMagnitudePruning(keep=0.3),
        UnitPruning(keep=0.5),
    ],
    ids=repr,
)
def test_compress_gives_the_same_bytes_twice_and_decodes_to_the_net(compressor):
    module = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)).train()
    for parameter, values in zip(
        module.parameters(), random_net(2).arrays(), strict=True
    ):
        parameter.data.copy_(parameter.data.new_tensor(values.tolist()))
    before = [p.detach().numpy().tobytes() for p in module.parameters()]
    one, two = compressor.compress(module), compressor.compress(module)
    assert one.code == two.code
    assert one.pipeline == repr(compressor)
    back, bits = decode_network(one.code.data)
    assert bits == one.code.bits
    applied = compressor.apply(random_net(2))
    for found, kept, wanted in zip(
        back.arrays(), one.network.arrays(), applied.arrays(), strict=True
    ):
        assert (found == kept).all()
        assert (found == wanted).all()
    assert [p.detach().numpy().tobytes() for p in module.parameters()] == before
    assert module.training
