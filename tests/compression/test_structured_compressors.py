"""What every structured compressor promises: its budget, its code, its input."""

import itertools
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import (
    BlockCirculant,
    BlockToeplitz,
    ColumnPruning,
    CompressionError,
    DataAwareLowRank,
    HashedWeights,
    LayerMagnitudePruning,
    LowRankPlusSparse,
    Pipeline,
    RowMagnitudePruning,
    RowPruning,
    Rows,
    SingularValueTruncation,
    SparseJohnsonLindenstrauss,
)
from nonvacuous.compression.codes import decode, decode_network, encode
from nonvacuous.nets import Layer, Network
from nonvacuous.structures import LowRank, Tied

SIZES = (12, 10, 8, 4)


def rows(features=SIZES[0], count=40, seed=5):
    x = np.random.default_rng(seed).normal(size=(count, features))
    return Rows(x, np.zeros(count, np.int64), "0123456789abcdef")


def data_aware(keep, features=SIZES[0]):
    return DataAwareLowRank(rows=rows(features), keep=keep)


STRUCTURED = {
    SingularValueTruncation: LowRank,
    data_aware: LowRank,
    LowRankPlusSparse: LowRank,
    HashedWeights: Tied,
    SparseJohnsonLindenstrauss: Tied,
    BlockCirculant: Tied,
    BlockToeplitz: Tied,
}
SPARSE = (LayerMagnitudePruning, RowMagnitudePruning, RowPruning, ColumnPruning)
ALL = (*STRUCTURED, *SPARSE)

every = pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
structured = pytest.mark.parametrize("make", STRUCTURED, ids=lambda m: m.__name__)
few = settings(derandomize=True, max_examples=15, deadline=None)


def random_net(seed=0, sizes=SIZES, double=False):
    rng = np.random.default_rng(seed)
    layers = []
    for a, b in itertools.pairwise(sizes):
        weight, bias = rng.normal(size=(b, a)), rng.normal(size=b)
        if not double:
            weight = weight.astype(np.float32).astype(float)
            bias = bias.astype(np.float32).astype(float)
        layers.append(Layer(weight=weight, bias=bias if seed % 3 else None))
    return Network(layers=tuple(layers), double=double)


def bits_of(network):
    return [array.tobytes() for array in network.arrays()]


@every
@pytest.mark.parametrize("seed", [0, 1])
def test_the_code_gives_the_net_back_whatever_follows_it(make, seed):
    small = make(keep=0.4).compress(random_net(seed))
    for junk in (b"", b"\x00" * 7, b"\xff" * 7):
        back, bits = decode_network(small.code.data + junk)
        assert bits == small.code.bits
        assert bits_of(back) == bits_of(small.network)
        assert back.kept == small.network.kept
    assert encode(decode(small.code.data)[0]) == small.code


@every
@pytest.mark.parametrize("double", [False, True])
def test_twice_gives_the_same_bytes_and_the_net_stays_as_it_was(make, double):
    net, compressor = random_net(1, double=double), make(keep=0.3)
    before = bits_of(net)
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    assert one.pipeline == two.pipeline == repr(compressor)
    assert bits_of(net) == before


@every
@few
@given(
    seed=st.integers(0, 10**6),
    keep=st.floats(0.01, 1),
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=4),
)
def test_nets_of_any_shape_are_compressed_and_come_back(make, seed, keep, sizes):
    settings = {"keep": keep}
    if make is data_aware:
        settings["features"] = sizes[0]
    net = random_net(seed, sizes)
    small = make(**settings).compress(net)
    report = small.report
    assert small.network.sizes[:: len(sizes) - 1] == net.sizes[:: len(sizes) - 1]
    assert small.network.kept <= net.kept
    assert [a.kept for a in report.layers] == [a.kept for a in small.network.layers]
    assert [a.edges for a in report.layers] == [a.kept for a in net.layers]
    back, bits = decode_network(small.code.data)
    assert bits == small.code.bits
    assert bits_of(back) == bits_of(small.network)


@structured
@pytest.mark.parametrize("keep", [0.3, 0.45, 0.7])
def test_every_layer_is_named_by_at_most_its_share_of_numbers(make, keep):
    """At these sizes no layer is too thin for its share but the last, 4 by 8."""
    small = make(keep=keep).apply(random_net(2))
    for layer in small.layers[:2]:
        assert isinstance(layer.structure, STRUCTURED[make])
        assert 0 < layer.kept <= keep * layer.weight.size + 1e-9


@structured
def test_biases_are_kept_exact_and_the_report_says_each_layers_error(make):
    net = random_net(1)
    small, report = make(keep=0.4).explain(net)
    for found, layer, said in zip(small.layers, net.layers, report.layers, strict=True):
        assert found.bias.tobytes() == layer.bias.tobytes()
        error = np.sqrt(((found.weight - layer.weight) ** 2).sum())
        size = np.sqrt((layer.weight**2).sum())
        assert said.facts["relative error"] == pytest.approx(error / size)
    assert bits_of(make(keep=0.4).apply(net)) == bits_of(small)


@every
def test_a_whole_share_changes_nothing(make):
    net = random_net(1)
    assert bits_of(make(keep=1.0).apply(net)) == bits_of(net)


@structured
def test_a_layer_that_is_sparse_enough_already_stays_as_it_is(make):
    pruned = LayerMagnitudePruning(keep=0.25).apply(random_net(1))
    assert bits_of(make(keep=0.3).apply(pruned)) == bits_of(pruned)


@structured
def test_a_layer_whose_weights_float32_cannot_hold_is_still_named(make):
    small = make(keep=0.4).compress(random_net(1, double=True)).network
    assert isinstance(small.layers[0].structure, STRUCTURED[make])
    assert small.double  # for its biases


@structured
@pytest.mark.parametrize("value", [0.0, 1e-300, 2.0**-149])
def test_layers_of_zeros_or_of_next_to_nothing_are_no_trouble(make, value):
    weight = np.full((6, SIZES[0]), value)
    net = Network(layers=(Layer(weight=weight, bias=None),))
    small = make(keep=0.3).compress(net).network
    assert np.abs(small.layers[0].weight).max() <= 20 * 2.0**-149


@structured
def test_weights_that_could_overflow_are_refused(make):
    weight = np.full((6, SIZES[0]), 2.0**97)
    net = Network(layers=(Layer(weight=weight, bias=None),))
    with pytest.raises(CompressionError, match=r"layer 1 .* larger than 2\^96"):
        make(keep=0.3).apply(net)


@every
@pytest.mark.parametrize("keep", [0.0, -0.1, 1.01, float("nan")])
def test_a_share_that_is_none_is_refused(make, keep):
    with pytest.raises(ValueError, match=r"keep must lie in \(0, 1\]"):
        make(keep=keep)


@every
def test_the_smallest_share_keeps_something(make):
    small = make(keep=1e-9).compress(random_net(1)).network
    assert all(layer.weight.any() for layer in small.layers)


@every
def test_compressors_are_steps_of_a_pipeline(make):
    steps = (LayerMagnitudePruning(keep=0.9), make(keep=0.4))
    small = Pipeline(steps=steps).compress(random_net(1))
    assert bits_of(decode_network(small.code.data)[0]) == bits_of(small.network)


@pytest.mark.parametrize("make", STRUCTURED, ids=lambda make: make.__name__)
def test_fewer_numbers_make_a_shorter_code(make):
    net = random_net(1, (40, 30, 20))
    options = {"features": 40} if make is data_aware else {}
    lengths = [make(keep=k, **options).compress(net).code.bits for k in (0.6, 0.3)]
    dense = prod((40, 30)) + prod((30, 20))
    assert lengths[1] < lengths[0] < 0.6 * 34 * dense + 34 * 50 + 400
