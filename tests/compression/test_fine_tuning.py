import numpy as np
import pytest

from nonvacuous._counting import count_errors
from nonvacuous.compression import MagnitudePruning, NetworkSurgery, Recipe, Rows
from nonvacuous.data import Role, make_sample
from nonvacuous.nets import Layer, Network
from nonvacuous.training import fine_tune, initial


def sample(n=400, seed=0):
    """Three classes told apart by a few of twelve features."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, 12)).astype(np.float32)
    y = (x[:, :2].sum(axis=1) > 0).astype(int) + (x[:, 2] > 0.5)
    return make_sample(x, y, role=Role.TRAIN)


RECIPE = Recipe(steps=300, rate=1e-2, batch=64)


def test_surgery_ends_with_the_count_that_was_asked_for():
    net = NetworkSurgery(rows=Rows.of(sample()), recipe=RECIPE, count=20).apply(
        initial((12, 16, 3), 0)
    )
    assert sum(np.count_nonzero(layer.weight) for layer in net.layers) == 20


@pytest.mark.parametrize("steps", [0, 1, 19, 33, 40])
def test_surgery_ends_with_the_count_however_few_its_steps_are(steps):
    recipe = Recipe(steps=steps, batch=50)
    surgery = NetworkSurgery(rows=Rows.of(sample()), recipe=recipe, count=20)
    small = surgery.compress(initial((12, 12, 3), 1))
    assert small.network.kept == 20


def test_surgery_ends_with_the_count_among_equal_weights():
    weight = np.full((3, 12), 0.5)
    net = Network(layers=(Layer(weight=weight, bias=None),))
    recipe = Recipe(steps=0)
    surgery = NetworkSurgery(rows=Rows.of(sample()), recipe=recipe, count=5)
    assert surgery.apply(net).kept == 5


def test_surgery_fits_better_than_pruning_once():
    rows = sample()
    start = initial((12, 16, 3), 0)
    dense = fine_tune(start, rows.x, rows.y, RECIPE, keep_zeros=False)
    cut = NetworkSurgery(rows=Rows.of(rows), recipe=RECIPE, count=24).apply(dense)
    once = MagnitudePruning(count=24).apply(dense)
    assert count_errors(cut, rows.x, rows.y) < count_errors(once, rows.x, rows.y)


def test_surgery_twice_gives_the_same_bytes_and_leaves_the_net_alone():
    start = initial((12, 16, 3), 0)
    before = [array.tobytes() for array in start.arrays()]
    surgery = NetworkSurgery(rows=Rows.of(sample()), recipe=RECIPE, count=10)
    assert surgery.compress(start).code == surgery.compress(start).code
    assert [array.tobytes() for array in start.arrays()] == before


def test_the_repr_names_rows_by_digest_and_every_setting():
    rows = sample()
    surgery = NetworkSurgery(rows=Rows.of(rows), recipe=RECIPE, count=10)
    for part in (rows.digest[:12], "count=10", "steps=300", "rate=0.01", "seed=0"):
        assert part in repr(surgery)


def test_a_count_that_the_net_already_meets_prunes_nothing():
    net = NetworkSurgery(rows=Rows.of(sample()), recipe=RECIPE, count=10**6).apply(
        initial((12, 16, 3), 0)
    )
    assert net.nonzeros == net.parameters


def test_impossible_counts_are_refused():
    rows = sample()
    with pytest.raises(ValueError, match="count must be at least 1"):
        NetworkSurgery(rows=Rows.of(rows), recipe=RECIPE, count=0)
    with pytest.raises(ValueError, match="without levels"):
        fine_tune(initial((12, 3), 0), rows.x, rows.y, RECIPE, count=3, levels=2)
