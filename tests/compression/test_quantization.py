"""Few levels a layer, biases on a grid, and fine-tuning as a compressor."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import FineTuning, Quantization, Recipe, Rows
from nonvacuous.compression.codes import decode_network, encode
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=60, deadline=None)


def random_net(seed, sizes=(7, 6, 3), scale=1.0, share=0.7):
    rng = np.random.default_rng(seed)
    layers = []
    for a, b in itertools.pairwise(sizes):
        weight = scale * rng.normal(size=(b, a)) * (rng.random((b, a)) < share)
        weight = weight.astype(np.float32).astype(float)
        bias = (scale * rng.normal(size=b)).astype(np.float32).astype(float)
        layers.append(Layer(weight=weight, bias=bias))
    return Network(layers=tuple(layers))


def toy_rows(seed=0, count=60):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 7)).astype(np.float32)
    y = rng.integers(0, 3, count)
    x[np.arange(count), y] += 3
    return Rows(x, y, "fedcba9876543210")


@exactly
@given(
    seed=st.integers(0, 10**6),
    levels=st.integers(1, 40),
    exponent=st.integers(-2, 8),
    scale=st.sampled_from([1e-9, 1e-3, 1.0, 1e3, 1e6]),
)
def test_weights_take_few_float16_levels_and_biases_a_grid(
    seed, levels, exponent, scale
):
    net = random_net(seed, scale=scale)
    found = Quantization(levels=levels, bias_exponent=exponent).apply(net)
    for small, layer in zip(found.layers, net.layers, strict=True):
        assert ((small.weight != 0) == (layer.weight != 0)).all()
        book = np.unique(small.weight[small.weight != 0])
        assert book.size <= levels
        assert (book.astype(np.float16).astype(float) == book).all()
        grid = small.bias * 2.0**exponent
        assert (grid == np.rint(grid)).all()
        assert (np.abs(small.bias - layer.bias) <= 2.0 ** -(exponent + 1)).all()


@exactly
@given(seed=st.integers(0, 10**6), levels=st.integers(1, 9))
def test_every_weight_is_on_the_nearest_of_its_levels(seed, levels):
    net = random_net(seed)
    found = Quantization(levels=levels).apply(net)
    for small, layer in zip(found.layers, net.layers, strict=True):
        live = layer.weight != 0
        book = np.unique(small.weight[live])
        distance = np.abs(layer.weight[live][:, None] - book).min(
            axis=1, initial=np.inf
        )
        assert (
            np.abs(small.weight - layer.weight)[live] <= distance * (1 + 1e-9)
        ).all()


def test_as_many_levels_as_float16_weights_change_nothing():
    weight = np.array([[0.5, -1.0, 2.0], [0.0, 0.25, 3.0]])
    net = Network(layers=(Layer(weight=weight, bias=np.array([0.125, -1.0])),))
    found = Quantization(levels=5).apply(net)
    assert (found.layers[0].weight == weight).all()
    assert found.layers[0].bias.tolist() == [0.125, -1.0]


def test_one_level_is_the_mean():
    weight = np.array([[0.0, 1.0, 2.0, 6.0]])
    net = Network(layers=(Layer(weight=weight, bias=None),))
    found = Quantization(levels=1).apply(net).layers[0]
    assert found.weight.tolist() == [[0, 3, 3, 3]]
    assert found.bias is None


def test_more_levels_come_nearer():
    net = random_net(0, sizes=(40, 30, 3))
    errors = [
        np.linalg.norm(
            Quantization(levels=n).apply(net).layers[0].weight - net.layers[0].weight
        )
        for n in (2, 4, 16, 64)
    ]
    assert errors == sorted(errors, reverse=True)


def test_a_layer_of_zeros_stays_zero():
    net = Network(layers=(Layer(weight=np.zeros((2, 2)), bias=np.zeros(2)),))
    assert Quantization(levels=3).apply(net).nonzeros == 0


def test_a_kept_edge_stays_an_edge_however_small():
    net = Network(layers=(Layer(weight=np.array([[2.0**-100, 0.0]]), bias=None),))
    found = Quantization(levels=2).apply(net).layers[0].weight
    assert found.tolist() == [[2.0**-24, 0.0]]


def test_a_float64_net_becomes_one_that_float32_holds():
    net = Network(
        layers=(Layer(weight=np.array([[0.1, 0.2, 1e200]]), bias=np.array([1 / 3])),),
        double=True,
    )
    found = Quantization(levels=2).apply(net)
    assert not found.double
    back, _ = decode_network(encode(found).data)
    for one, two in zip(back.arrays(), found.arrays(), strict=True):
        assert (one == two).all()


def test_biases_on_the_grid_survive_the_code_however_large():
    bias = np.array([2.0**40 + 0.125])
    net = Network(layers=(Layer(weight=np.ones((1, 1)), bias=bias),), double=True)
    found = Quantization(levels=1).apply(net)
    back, _ = decode_network(encode(found).data)
    assert (back.layers[0].bias == found.layers[0].bias).all()


@pytest.mark.parametrize("levels", [0, -1])
def test_no_levels_are_refused(levels):
    with pytest.raises(ValueError, match="levels must be at least 1"):
        Quantization(levels=levels)


@pytest.mark.parametrize(
    "compressor",
    [
        Quantization(levels=5),
        FineTuning(rows=toy_rows(), recipe=Recipe(steps=7, batch=16)),
        FineTuning(
            rows=toy_rows(),
            recipe=Recipe(steps=8, batch=16),
            levels=3,
            bias_exponent=2,
        ),
    ],
    ids=repr,
)
def test_compress_gives_the_same_bytes_twice_and_decodes_to_the_net(compressor):
    net = random_net(5)
    before = [a.tobytes() for a in net.arrays()]
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    assert one.pipeline == repr(compressor)
    back, bits = decode_network(one.code.data)
    assert bits == one.code.bits
    applied = compressor.apply(net)
    for found, kept, wanted in zip(
        back.arrays(), one.network.arrays(), applied.arrays(), strict=True
    ):
        assert (found == kept).all()
        assert (found == wanted).all()
    assert [a.tobytes() for a in net.arrays()] == before


def test_fine_tuning_keeps_zeros_levels_and_the_grid():
    net = random_net(6, share=0.5)
    recipe = Recipe(steps=20, batch=16)
    tuned = FineTuning(rows=toy_rows(), recipe=recipe, levels=3, bias_exponent=3).apply(
        net
    )
    for small, layer in zip(tuned.layers, net.layers, strict=True):
        assert not small.weight[layer.weight == 0].any()
        assert np.unique(small.weight[small.weight != 0]).size <= 3
        assert (small.bias * 8 == np.rint(small.bias * 8)).all()


def test_the_name_of_fine_tuning_says_its_rows_by_digest():
    name = repr(FineTuning(rows=toy_rows(), recipe=Recipe(steps=3)))
    assert "Rows(60, 'fedcba987654')" in name
    assert "Recipe(steps=3, rate=0.001, batch=128, seed=0)" in name
