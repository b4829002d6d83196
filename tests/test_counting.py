"""Errors are never counted below those of exact arithmetic."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous import _counting
from nonvacuous._counting import check_fits, compacted, count_errors, forward, margins
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=80, deadline=None)
seeds = st.integers(0, 10**6)


def layer(weight, bias=None):
    return Layer(
        weight=np.array(weight, float),
        bias=None if bias is None else np.array(bias, float),
    )


def network(*layers):
    return Network(layers=layers, double=True)


def exact_outputs(net, point):
    a = [Fraction(float(v)) for v in point]
    for i, part in enumerate(net.layers):
        rows = [[Fraction(float(w)) for w in row] for row in part.weight]
        bias = (
            [0] * len(rows) if part.bias is None else map(Fraction, part.bias.tolist())
        )
        a = [
            sum((w * v for w, v in zip(row, a, strict=True)), Fraction(b))
            for row, b in zip(rows, bias, strict=True)
        ]
        if i + 1 < len(net.layers):
            a = [max(v, Fraction(0)) for v in a]
    return a


def exact_errors(net, x, y):
    wrong = 0
    for point, label in zip(x, y, strict=True):
        outputs = exact_outputs(net, point)
        own = outputs.pop(int(label))
        wrong += any(own <= other for other in outputs)
    return wrong


def nasty(seed):
    """A small net and rows, every unit on a scale of its own."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, rng.integers(2, 5)).tolist()
    sizes[-1] = max(2, sizes[-1])
    layers = []
    for a, b in itertools.pairwise(sizes):
        spread = 10.0 ** rng.integers(-12, 13, size=(b, 1))
        weight = rng.normal(size=(b, a)) * spread * (rng.random((b, a)) < 0.8)
        bias = rng.normal(size=b) * spread[:, 0] if rng.random() < 0.6 else None
        layers.append(Layer(weight=weight, bias=bias))
    x = rng.normal(size=(6, sizes[0])) * 10.0 ** rng.integers(-6, 7)
    return Network(layers=tuple(layers), double=True), x, rng.integers(0, sizes[-1], 6)


@exactly
@given(seed=seeds)
def test_the_rounding_bound_covers_the_exact_outputs(seed):
    net, x, _ = nasty(seed)
    outputs, errors = forward(net, x)
    for found, error, point in zip(outputs, errors, x, strict=True):
        for value, exact in zip(found, exact_outputs(net, point), strict=True):
            assert abs(Fraction(float(value)) - exact) <= Fraction(float(error))


@exactly
@given(seed=seeds)
def test_the_count_is_never_below_the_exact_count(seed):
    net, x, y = nasty(seed)
    assert count_errors(net, x, y) >= exact_errors(net, x, y)


@exactly
@given(seed=seeds)
def test_on_small_integers_the_count_is_exact(seed):
    rng = np.random.default_rng(seed)
    layers = [
        layer(rng.integers(-3, 4, (b, a)), rng.integers(-3, 4, b))
        for a, b in ((3, 4), (4, 3))
    ]
    x, y = rng.integers(-2, 3, (20, 3)).astype(float), rng.integers(0, 3, 20)
    net = network(*layers)
    assert count_errors(net, x, y) == exact_errors(net, x, y)


def test_a_rounding_that_turns_a_margin_is_counted_as_an_error():
    """In floats 1 + 2^-60 - 1 is 0 or 2^-60 by the order of adding."""
    tiny = 2.0**-60
    net = network(layer([[1.0, tiny, -1.0], [0.0, tiny / 2, 0.0]]))
    x = np.ones((1, 3))
    assert exact_errors(net, x, [0]) == 0
    assert count_errors(net, x, np.array([0])) == 1
    assert count_errors(net, x, np.array([1])) == 1


def test_cancellation_in_a_hidden_layer_is_carried_to_the_outputs():
    net = network(layer([[1e16, 1.0, -1e16]]), layer([[1.0], [0.0]], [0.0, 0.5]))
    x = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
    y = np.array([0, 1])
    assert exact_errors(net, x, y) == 0
    assert count_errors(net, x, y) == 2


def test_ties_are_errors():
    x = np.random.default_rng(0).random((10, 4))
    same = network(layer(np.zeros((3, 4)), [0.5] * 3))
    assert count_errors(same, x, np.arange(10) % 3) == 10
    equal = network(layer(np.ones((2, 4))))
    assert count_errors(equal, x, np.zeros(10, np.int64)) == 10


def test_outputs_beyond_the_classes_compete():
    net = network(layer([[1.0], [0.0], [2.0]]))
    assert count_errors(net, np.array([[1.0]]), np.array([0])) == 1
    assert count_errors(net, np.array([[-1.0]]), np.array([1])) == 0


def test_a_net_of_one_output_is_never_right():
    assert count_errors(network(layer([[1.0]])), np.ones((3, 1)), np.zeros(3, int)) == 3


def test_an_underflow_that_turns_a_margin_is_counted_as_an_error():
    net = network(layer([[1e-200]]), layer([[0.0], [1e300]], [1e-150, 0.0]))
    x, y = np.array([[1e-200]]), np.array([0])
    assert exact_errors(net, x, y) == 1
    assert count_errors(net, x, y) == 1


def test_denormal_margins_are_counted_as_errors():
    half = 2.0**-537
    net = network(layer([[half * 0.55, half * 0.55], [half * 1.4, 0.0]]))
    x, y = np.full((1, 2), half), np.array([0])
    assert exact_errors(net, x, y) == 1
    assert count_errors(net, x, y) == 1


@pytest.mark.filterwarnings("ignore:(overflow|invalid):RuntimeWarning")
@pytest.mark.parametrize("label", [0, 1])
def test_outputs_that_overflow_are_errors(label):
    net = network(layer([[1e308], [-1e308]]), layer([[1.0, 0.0], [0.0, 1.0]]))
    found = count_errors(net, np.array([[1e10]]), np.array([label]))
    assert found == 1


def test_outputs_that_overflow_are_counted_without_a_warning():
    net = network(layer([[1e308], [1.0]]))
    assert count_errors(net, np.array([[100.0]]), np.array([0])) == 1


# Batches -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 64, 100])
def test_the_count_does_not_depend_on_the_batches(monkeypatch, size):
    rng = np.random.default_rng(0)
    net = network(
        layer(rng.normal(size=(7, 5)), rng.normal(size=7)),
        layer(rng.normal(size=(3, 7))),
    )
    x, y = rng.normal(size=(100, 5)), rng.integers(0, 3, 100)
    whole, (margin, error) = count_errors(net, x, y), margins(net, x, y)
    assert 0 < whole < 100
    monkeypatch.setattr(_counting, "_CHUNK", size)
    assert count_errors(net, x, y) == whole
    again, slack = margins(net, x, y)
    assert (np.abs(again - margin) <= error + slack).all()


def test_rows_of_any_shape_and_float_are_taken():
    rng = np.random.default_rng(0)
    net = network(layer(rng.normal(size=(3, 6))))
    x, y = rng.normal(size=(9, 2, 3)).astype(np.float32), rng.integers(0, 3, 9)
    assert count_errors(net, x, y) == count_errors(
        net, x.reshape(9, 6).astype(float), y
    )


def test_arguments_are_left_as_they_were():
    net, x, y = nasty(4)
    copies = x.copy(), y.copy(), [a.tobytes() for a in net.arrays()]
    count_errors(net, x, y)
    assert (x == copies[0]).all()
    assert (y == copies[1]).all()
    assert [a.tobytes() for a in net.arrays()] == copies[2]


@pytest.mark.parametrize(
    ("shape", "classes", "match"),
    [((2, 2, 2), 3, "takes 3 inputs, the data have 4"), ((2, 3), 4, "2 outputs")],
)
def test_rows_that_the_net_cannot_take_are_refused(shape, classes, match):
    with pytest.raises(ValueError, match=match):
        check_fits(network(layer(np.ones((2, 3)))), np.ones(shape), classes)


def test_rows_that_fit_are_let_through():
    check_fits(network(layer(np.ones((4, 6)))), np.ones((5, 2, 3)), 3)


# Compacting --------------------------------------------------------------------------


def holey(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, rng.integers(2, 6)).tolist()
    layers = []
    for a, b in itertools.pairwise(sizes):
        weight = rng.integers(-3, 4, (b, a)) * (rng.random((b, a)) < 0.4)
        bias = rng.integers(-2, 3, b) if rng.random() < 0.7 else None
        layers.append(layer(weight, bias))
    return network(*layers), rng.integers(-3, 4, (8, sizes[0])).astype(float)


@exactly
@given(seed=seeds)
def test_a_compacted_net_is_the_same_function(seed):
    net, x = holey(seed)
    small = compacted(net)
    assert small.sizes[0] == net.sizes[0]
    assert small.sizes[-1] == net.sizes[-1]
    assert all(a <= b for a, b in zip(small.sizes, net.sizes, strict=True))
    assert small.double == net.double
    for point in x:
        assert exact_outputs(small, point) == exact_outputs(net, point)


@exactly
@given(seed=seeds)
def test_compacting_twice_changes_nothing_more(seed):
    small = compacted(holey(seed)[0])
    assert compacted(small).sizes == small.sizes
    for before, after in itertools.pairwise(small.layers):
        if len(before.weight) > 1:
            silent = ~before.weight.any(axis=1)
            silent &= True if before.bias is None else before.bias <= 0
            assert not silent.any()
            assert after.weight.any(axis=0).all()


def test_a_unit_without_edges_that_is_always_on_is_kept():
    net = network(layer([[0.0], [1.0]], [2.0, 0.0]), layer([[1.0, 1.0], [0.0, 3.0]]))
    assert compacted(net).sizes == (1, 2, 2)


def test_a_dead_net_is_compacted_to_one_unit_a_layer():
    net = network(
        layer(np.zeros((5, 4))),
        layer(np.zeros((3, 5))),
        layer(np.zeros((2, 3)), [1, 0]),
    )
    small = compacted(net)
    assert small.sizes == (4, 1, 1, 2)
    x = np.random.default_rng(0).random((6, 4))
    assert count_errors(net, x, np.zeros(6, np.int64)) == 0
    assert count_errors(net, x, np.ones(6, np.int64)) == 6
