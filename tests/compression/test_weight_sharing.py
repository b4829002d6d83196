"""Levels by k-means on weights alone: exact, and by Lloyd from equally spaced ones."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import OptimalQuantization, Quantization, WeightSharing
from nonvacuous.compression.codes import decode_network
from nonvacuous.nets import Layer, Network, bundled

exactly = settings(derandomize=True, max_examples=40, deadline=None)
both = pytest.mark.parametrize("kind", [OptimalQuantization, WeightSharing])


def random_net(seed, sizes=(7, 6, 3), scale=1.0, share=0.7):
    rng = np.random.default_rng(seed)
    layers = []
    for a, b in itertools.pairwise(sizes):
        weight = scale * rng.normal(size=(b, a)) * (rng.random((b, a)) < share)
        weight = weight.astype(np.float32).astype(float)
        bias = (scale * rng.normal(size=b)).astype(np.float32).astype(float)
        layers.append(Layer(weight=weight, bias=bias))
    return Network(layers=tuple(layers))


def distance(small, net):
    pairs = zip(small.layers, net.layers, strict=True)
    return sum(((a.weight - b.weight) ** 2).sum() for a, b in pairs)


@both
@exactly
@given(
    seed=st.integers(0, 10**6),
    levels=st.integers(1, 40),
    exponent=st.sampled_from([None, -2, 0, 5]),
    scale=st.sampled_from([1e-9, 1e-3, 1.0, 1e6]),
)
def test_weights_take_few_float16_levels_and_zeros_stay(
    kind, seed, levels, exponent, scale
):
    net = random_net(seed, scale=scale)
    found = kind(levels=levels, bias_exponent=exponent).apply(net)
    for small, layer in zip(found.layers, net.layers, strict=True):
        assert ((small.weight != 0) == (layer.weight != 0)).all()
        book = np.unique(small.weight[small.weight != 0])
        assert book.size <= levels
        assert (book.astype(np.float16).astype(float) == book).all()
        if exponent is None:
            assert (small.bias == layer.bias).all()
        else:
            grid = layer.bias * 2.0**exponent
            assert (small.bias * 2.0**exponent == np.rint(grid)).all()


@exactly
@given(seed=st.integers(0, 10**6), levels=st.integers(1, 12))
def test_nothing_is_nearer_than_the_optimum(seed, levels):
    net = random_net(seed)
    best = distance(OptimalQuantization(levels=levels).apply(net), net)
    slack = 30 * 6 * 2.0**-20  # float16 moves each of 60 levels below 6 by 2^-11
    for other in (Quantization(levels=levels), WeightSharing(levels=levels)):
        assert best <= distance(other.apply(net), net) + slack


def test_equally_spaced_levels_stay_near_the_few_large_weights():
    weight = np.concatenate([np.linspace(-1, 1, 4000), [8.0]])[None]
    net = Network(layers=(Layer(weight=weight, bias=None),))
    linear = WeightSharing(levels=4).apply(net).layers[0].weight
    quantiles = Quantization(levels=4).apply(net).layers[0].weight
    assert linear[0, -1] == 8.0
    assert quantiles[0, -1] < 2


def test_two_clusters_are_found():
    weight = np.array([[0.25, 0.5, 0.75, 0.0], [-1.5, -1.25, -1.0, 0.0]])
    net = Network(layers=(Layer(weight=weight, bias=None),))
    wanted = [[0.5, 0.5, 0.5, 0.0], [-1.25, -1.25, -1.25, 0.0]]
    for kind in (OptimalQuantization, WeightSharing):
        assert kind(levels=2).apply(net).layers[0].weight.tolist() == wanted


def test_the_report_says_levels_entropy_distortion_and_the_code():
    weight = np.array([[1.0, 2.0, 3.0, 0.0], [1.0, 2.0, 3.0, 8.0]])
    net = Network(layers=(Layer(weight=weight, bias=np.array([0.1, 0.0])),))
    small, report = OptimalQuantization(levels=2).explain(net)
    layer = report.layers[0]
    assert small.layers[0].weight.tolist() == [[2, 2, 2, 0], [2, 2, 2, 8]]
    assert layer.facts["levels"] == 2
    assert layer.facts["entropy"] == pytest.approx(
        -(6 / 7) * np.log2(6 / 7) - np.log2(1 / 7) / 7
    )
    assert layer.facts["distortion"] == pytest.approx(4 / 92)
    assert (layer.layer, layer.edges, layer.kept) == (1, 7, 7)
    bits = OptimalQuantization(levels=2).compress(net).code.bits
    assert report.facts == {"code bits": bits, "code bits a weight": bits / 8}


def test_a_layer_of_zeros_stays_zero_and_has_no_levels():
    net = Network(layers=(Layer(weight=np.zeros((2, 2)), bias=None),))
    for kind in (Quantization, OptimalQuantization, WeightSharing):
        small, report = kind(levels=3).explain(net)
        assert small.nonzeros == 0
        assert report.layers[0].facts == {"levels": 0, "entropy": 0, "distortion": 0}


def test_biases_that_need_float64_keep_it():
    layer = Layer(weight=np.ones((1, 2)), bias=np.array([1 / 3]))
    net = Network(layers=(layer,), double=True)
    assert OptimalQuantization(levels=1).apply(net).double
    assert not OptimalQuantization(levels=1, bias_exponent=3).apply(net).double


@both
@pytest.mark.parametrize("exponent", [None, 4])
def test_the_code_gives_back_the_net_and_the_input_is_unchanged(kind, exponent):
    net, compressor = bundled(), kind(levels=5, bias_exponent=exponent)
    before = [a.tobytes() for a in net.arrays()]
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    assert one.pipeline == repr(compressor)
    for data in (one.code.data, one.code.data + b"\xa5junk"):
        back, bits = decode_network(data)
        assert bits == one.code.bits
        for found, kept in zip(back.arrays(), one.network.arrays(), strict=True):
            assert found.tobytes() == kept.tobytes()
    assert [a.tobytes() for a in net.arrays()] == before


@both
@pytest.mark.parametrize("levels", [0, -1])
def test_no_levels_are_refused(kind, levels):
    with pytest.raises(ValueError, match=f"levels must be at least 1, got {levels}"):
        kind(levels=levels)
