"""Shared values trained with a fixed assignment, and Deep Compression as a whole."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous._counting import count_errors
from nonvacuous.compression import (
    CentroidTraining,
    DeepCompression,
    MagnitudePruning,
    OptimalQuantization,
    Recipe,
    Rows,
    WeightSharing,
)
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.quantizers._deep_compression import _Shared
from nonvacuous.data import load
from nonvacuous.nets import Layer, Network, bundled
from nonvacuous.training import initial

exactly = settings(derandomize=True, max_examples=15, deadline=None)


def toy_rows(seed=0, count=60):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(count, 7)).astype(np.float32)
    y = draw.integers(0, 3, count)
    x[np.arange(count), y] += 3
    return Rows(x, y, "fedcba9876543210")


def sparse_net(seed, sizes=(7, 6, 3), share=0.7):
    draw = np.random.default_rng(seed)
    layers = []
    for a, b in itertools.pairwise(sizes):
        weight = draw.normal(size=(b, a)) * (draw.random((b, a)) < share)
        layers.append(Layer(weight=weight.astype(np.float32), bias=np.zeros(b)))
    return Network(layers=tuple(layers))


@exactly
@given(
    seed=st.integers(0, 10**6),
    levels=st.integers(1, 9),
    exponent=st.sampled_from([None, 0, 3]),
    steps=st.integers(0, 7),
)
def test_weights_that_share_a_value_go_on_sharing_it(seed, levels, exponent, steps):
    net = OptimalQuantization(levels=levels).apply(sparse_net(seed))
    recipe = Recipe(steps=steps, rate=1e-2, batch=16, seed=seed)
    tuned = CentroidTraining(
        rows=toy_rows(seed), recipe=recipe, bias_exponent=exponent
    ).apply(net)
    assert not tuned.double
    for found, layer in zip(tuned.layers, net.layers, strict=True):
        assert ((found.weight == 0) == (layer.weight == 0)).all()
        for value in np.unique(layer.weight):
            assert np.unique(found.weight[layer.weight == value]).size == 1
        book = np.unique(found.weight)
        assert (book.astype(np.float16).astype(float) == book).all()
        if exponent is not None:
            grid = found.bias * 2**exponent
            assert (grid == np.rint(grid)).all()


def test_no_steps_change_nothing():
    net = OptimalQuantization(levels=3).apply(sparse_net(1))
    tuned = CentroidTraining(rows=toy_rows(), recipe=Recipe(steps=0)).apply(net)
    for one, two in zip(tuned.arrays(), net.arrays(), strict=True):
        assert (one == two).all()


def test_the_gradient_of_a_value_is_the_sum_over_those_who_share_it():
    weight = torch.tensor([[0.5, 0.0, -1.0], [-1.0, 0.5, 0.5]])
    shared = _Shared(weight)
    assert shared.weight().tolist() == weight.tolist()
    gradient = torch.tensor([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
    (shared.weight() * gradient).sum().backward()
    assert shared.book.tolist() == [-1.0, 0.5]
    assert shared.book.grad.tolist() == [4.0 + 8.0, 1.0 + 16.0 + 32.0]


def test_training_shared_values_makes_fewer_errors():
    train = load("digits").train
    shared = WeightSharing(levels=3).apply(bundled())
    recipe = Recipe(steps=150, rate=3e-3, batch=64)
    tuned = CentroidTraining(rows=Rows.of(train), recipe=recipe).apply(shared)
    x = train.x.astype(float)
    before, after = (count_errors(net, x, train.y) for net in (shared, tuned))
    assert before > 200
    assert after < before / 4


def test_dead_inputs_and_layers_of_zeros_are_no_trouble():
    layers = (
        Layer(weight=np.array([[0.0, 1, 0, 0.5, 0, 0, 0]] * 2), bias=None),
        Layer(weight=np.zeros((3, 2)), bias=np.zeros(3)),
    )
    tuned = CentroidTraining(rows=toy_rows(), recipe=Recipe(steps=5)).apply(
        Network(layers=layers)
    )
    assert tuned.layers[0].weight.tolist() == layers[0].weight.tolist()
    assert not tuned.layers[1].weight.any()
    assert tuned.layers[0].bias is None
    assert tuned.layers[1].bias.any()


DEEP = DeepCompression(
    rows=Rows.of(load("digits").train),
    keep=0.2,
    levels=8,
    recipe=Recipe(steps=120, rate=3e-3, batch=64),
)


def test_deep_compression_ends_at_its_share_and_levels_and_still_fits():
    net, train = bundled(), load("digits").train
    small, report = DEEP.explain(net)
    asked = round(0.2 * (64 * 64 + 64 * 32 + 32 * 10))
    assert small.kept <= asked
    assert small.kept == sum(layer.kept for layer in report.layers)
    assert all(layer.facts["levels"] <= 8 for layer in report.layers)
    x = train.x.astype(float)
    errors = count_errors(small, x, train.y)
    shared = WeightSharing(levels=8).apply(MagnitudePruning(keep=0.2).apply(net))
    assert errors < count_errors(shared, x, train.y) / 4
    assert report.facts["code bits a weight"] < 32 / 10


def test_the_first_training_starts_from_the_largest_weights():
    no_steps = DeepCompression(
        rows=toy_rows(), keep=0.5, levels=100, recipe=Recipe(steps=0)
    )
    net = sparse_net(2, share=1.0)
    small, pruned = no_steps.apply(net), MagnitudePruning(keep=0.5).apply(net)
    for found, layer in zip(small.layers, pruned.layers, strict=True):
        assert ((found.weight != 0) == (layer.weight != 0)).all()


@pytest.mark.parametrize(
    "compressor",
    [
        CentroidTraining(rows=toy_rows(), recipe=Recipe(steps=9, batch=16)),
        DeepCompression(
            rows=toy_rows(),
            keep=0.6,
            levels=4,
            recipe=Recipe(steps=9, batch=16),
            bias_exponent=3,
        ),
    ],
    ids=lambda c: type(c).__name__,
)
def test_the_code_gives_back_the_net_and_the_input_is_unchanged(compressor):
    net = WeightSharing(levels=5).apply(sparse_net(4))
    before = [a.tobytes() for a in net.arrays()]
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    assert one.pipeline == repr(compressor)
    for data in (one.code.data, one.code.data + b"\x0fjunk"):
        back, bits = decode_network(data)
        assert bits == one.code.bits
        for found, kept in zip(back.arrays(), one.network.arrays(), strict=True):
            assert found.tobytes() == kept.tobytes()
    assert [a.tobytes() for a in net.arrays()] == before


class StoppedError(Exception):
    """Raised by a progress callback."""


def test_progress_is_told_over_both_trainings_and_can_stop_them():
    seen, threads = [], torch.get_num_threads()
    deep = DeepCompression(
        rows=toy_rows(), keep=0.5, levels=2, recipe=Recipe(steps=100)
    )
    deep.apply(sparse_net(0), seen.append)
    assert seen == [0.25, 0.5, 0.75, 1.0]

    def stop(fraction):
        raise StoppedError

    with pytest.raises(StoppedError):
        deep.apply(sparse_net(0), stop)
    assert torch.get_num_threads() == threads


def test_the_name_says_every_setting():
    assert repr(DEEP) == (
        f"DeepCompression(rows={DEEP.rows!r}, keep=0.2, levels=8,"
        " recipe=Recipe(steps=120, rate=0.003, batch=64, seed=0), bias_exponent=None)"
    )


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"keep": 0.0, "levels": 2}, "keep must lie"),
        ({"keep": 1.1, "levels": 2}, "keep must lie"),
        ({"keep": 0.5, "levels": 0}, "levels must be at least 1, got 0"),
    ],
)
def test_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        DeepCompression(rows=toy_rows(), recipe=Recipe(), **options)


@pytest.mark.parametrize(
    "compressor",
    [
        CentroidTraining(rows=toy_rows(), recipe=Recipe(steps=1)),
        DeepCompression(rows=toy_rows(), keep=0.5, levels=2, recipe=Recipe(steps=1)),
    ],
    ids=lambda c: type(c).__name__,
)
@pytest.mark.parametrize(
    ("sizes", "match"), [((6, 3), "takes 6 inputs"), ((7, 2), "has 2 outputs")]
)
def test_rows_of_other_nets_are_refused(compressor, sizes, match):
    with pytest.raises(ValueError, match=match):
        compressor.apply(initial(sizes, 0))
