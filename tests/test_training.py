"""Training: it learns, respects its constraints exactly, and touches nothing else."""

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous._counting import count_errors
from nonvacuous.nets import Layer, Network
from nonvacuous.training import Recipe, fine_tune, initial

exactly = settings(derandomize=True, max_examples=12, deadline=None)


def separable(seed=0, count=90, features=5):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, count)
    x = rng.normal(scale=0.3, size=(count, features)).astype(np.float32)
    x[np.arange(count), y] += 3
    return x, y


def sparse(network, seed, share=0.6):
    rng = np.random.default_rng(seed)
    layers = []
    for layer in network.layers:
        mask = rng.random(layer.weight.shape) < share
        layers.append(Layer(weight=np.where(mask, layer.weight, 0), bias=layer.bias))
    return Network(layers=tuple(layers))


def bytes_of(network):
    return b"".join(a.tobytes() for a in network.arrays())


def float16(array):
    return (array.astype(np.float16).astype(float) == array).all()


def test_training_makes_fewer_errors_on_separable_rows():
    x, y = separable()
    start = initial((5, 16, 3), 0)
    trained = fine_tune(start, x, y, Recipe(steps=200, rate=1e-2, batch=30))
    before, after = (count_errors(net, x.astype(float), y) for net in (start, trained))
    assert before > 20
    assert after == 0


def test_training_with_levels_still_learns():
    x, y = separable()
    trained = fine_tune(
        initial((5, 16, 3), 0),
        x,
        y,
        Recipe(steps=300, rate=1e-2, batch=30),
        levels=4,
        bias_exponent=3,
    )
    assert count_errors(trained, x.astype(float), y) <= 2


@exactly
@given(
    seed=st.integers(0, 10**6),
    levels=st.integers(1, 9),
    exponent=st.integers(0, 6),
    steps=st.integers(0, 12),
)
def test_zeros_levels_and_the_bias_grid_are_respected_exactly(
    seed, levels, exponent, steps
):
    x, y = separable(seed)
    start = sparse(initial((5, 6, 3), seed), seed)
    tuned = fine_tune(
        start,
        x,
        y,
        Recipe(steps=steps, rate=1e-2, batch=30, seed=seed),
        levels=levels,
        bias_exponent=exponent,
    )
    assert not tuned.double
    for found, layer in zip(tuned.layers, start.layers, strict=True):
        assert ((found.weight == 0) == (layer.weight == 0)).all()
        book = np.unique(found.weight[found.weight != 0])
        assert book.size <= levels
        assert float16(book)
        assert (found.bias * 2**exponent == np.rint(found.bias * 2**exponent)).all()


def test_zeros_stay_zero_without_levels_and_move_when_they_may():
    x, y = separable()
    start = sparse(initial((5, 6, 3), 1), 1)
    recipe = Recipe(steps=10, rate=1e-2, batch=30)
    kept = fine_tune(start, x, y, recipe)
    free = fine_tune(start, x, y, recipe, keep_zeros=False)
    for found, layer in zip(kept.layers, start.layers, strict=True):
        assert not found.weight[layer.weight == 0].any()
        assert (found.weight != layer.weight)[layer.weight != 0].any()
    assert any(
        found.weight[layer.weight == 0].any()
        for found, layer in zip(free.layers, start.layers, strict=True)
    )


def test_dead_inputs_and_layers_of_zeros_are_no_trouble():
    x, y = separable()
    weight = np.array([[0, 1.0, 0, 0.5, 0], [0, -1.0, 0, 0, 0]])
    layers = (
        Layer(weight=weight, bias=None),
        Layer(weight=np.zeros((3, 2)), bias=np.zeros(3)),
    )
    for levels in (None, 2):
        tuned = fine_tune(
            Network(layers=layers), x, y, Recipe(steps=6, batch=30), levels=levels
        )
        assert not tuned.layers[0].weight[:, [0, 2, 4]].any()
        assert not tuned.layers[1].weight.any()
        assert tuned.layers[0].bias is None


def test_what_comes_out_is_float32():
    x, y = separable()
    tuned = fine_tune(initial((5, 4, 3), 0), x, y, Recipe(steps=5, batch=30))
    for array in tuned.arrays():
        assert (array.astype(np.float32) == array).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    x, y = separable()
    start = initial((5, 6, 3), 0)

    def run(seed, **options):
        recipe = Recipe(steps=15, batch=30, seed=seed)
        return bytes_of(fine_tune(start, x, y, recipe, **options))

    assert run(0) == run(0)
    assert run(0) != run(1)
    assert run(3, levels=3) == run(3, levels=3)


def test_initial_nets_are_float32_and_named_by_their_seed():
    one, two = initial((5, 6, 3), 0), initial((5, 6, 3), 0)
    assert one.sizes == (5, 6, 3)
    assert bytes_of(one) == bytes_of(two)
    assert bytes_of(one) != bytes_of(initial((5, 6, 3), 1))
    assert not one.double
    for layer in one.layers:
        assert (layer.weight.astype(np.float32) == layer.weight).all()
        assert not layer.bias.any()


def test_initial_weights_have_hes_deviation():
    weight = initial((400, 300), 0).layers[0].weight
    assert weight.std() == pytest.approx(math.sqrt(2 / 400), rel=0.02)
    assert abs(weight.mean()) < 6 * math.sqrt(2 / 400 / weight.size)


def test_the_global_generators_and_the_thread_count_are_unchanged():
    x, y = separable()
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        state, python = torch.get_rng_state(), random.getstate()
        fine_tune(initial((5, 6, 3), 0), x, y, Recipe(steps=6, batch=30), levels=2)
        assert torch.get_num_threads() == 2
        assert (torch.get_rng_state() == state).all()
        assert random.getstate() == python
    finally:
        torch.set_num_threads(threads)


def test_the_global_seed_does_not_matter():
    x, y = separable()
    found = []
    for seed in (0, 1):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            recipe = Recipe(steps=6, batch=30)
            found.append(bytes_of(fine_tune(initial((5, 6, 3), 0), x, y, recipe)))
    assert found[0] == found[1]


@pytest.mark.parametrize("writeable", [True, False])
def test_the_callers_arrays_are_unchanged(writeable):
    x, y = separable()
    x.setflags(write=writeable)
    y.setflags(write=writeable)
    copies = x.copy(), y.copy()
    start = initial((5, 6, 3), 0)
    before = bytes_of(start)
    fine_tune(start, x, y, Recipe(steps=8, batch=30), levels=2, bias_exponent=2)
    assert (x == copies[0]).all()
    assert (y == copies[1]).all()
    assert x.flags.writeable == y.flags.writeable == writeable
    assert bytes_of(start) == before


def test_images_are_flattened():
    x, y = separable(features=6)
    start, recipe = initial((6, 4, 3), 0), Recipe(steps=5, batch=30)
    flat = fine_tune(start, x, y, recipe)
    assert bytes_of(fine_tune(start, x.reshape(-1, 2, 3), y, recipe)) == bytes_of(flat)


def test_no_steps_change_nothing():
    x, y = separable()
    start = initial((5, 6, 3), 0)
    assert bytes_of(fine_tune(start, x, y, Recipe(steps=0))) == bytes_of(start)


class StoppedError(Exception):
    """Raised by a progress callback."""


def test_progress_is_told_and_can_stop_the_training():
    x, y = separable()
    seen, threads = [], torch.get_num_threads()
    fine_tune(
        initial((5, 4, 3), 0),
        x,
        y,
        Recipe(steps=100, batch=30),
        levels=2,
        progress=seen.append,
    )
    assert seen == [0.5, 1.0]

    def stop(fraction):
        raise StoppedError

    with pytest.raises(StoppedError):
        fine_tune(
            initial((5, 4, 3), 0), x, y, Recipe(steps=60, batch=30), progress=stop
        )
    assert torch.get_num_threads() == threads


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="row"):
        fine_tune(
            initial((5, 4, 3), 0),
            np.zeros((0, 5), np.float32),
            np.zeros(0, np.int64),
            Recipe(steps=1),
        )


@pytest.mark.parametrize(
    "options",
    [
        {"steps": -1},
        {"batch": 0},
        {"rate": 0.0},
        {"rate": math.inf},
        {"rate": math.nan},
    ],
)
def test_recipes_that_cannot_be_followed_are_refused(options):
    with pytest.raises(ValueError, match="a recipe needs"):
        Recipe(**options)
