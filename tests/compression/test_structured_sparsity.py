"""Rows and columns removed: which ones, everywhere, and how many the budget allows."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import ColumnPruning, RowPruning
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=60, deadline=None)
layouts = st.lists(st.integers(1, 12), min_size=2, max_size=5)


def random_net(seed, sizes):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers), double=True)


def weights(sizes):
    return sum(a * b for a, b in itertools.pairwise(sizes))


def hand():
    first = np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 2.0]])
    second = np.array([[0.0, 10.0, 1.0], [1.0, 0.0, 1.0]])
    return Network(
        layers=(
            Layer(weight=first, bias=np.array([1.0, 2.0, 3.0])),
            Layer(weight=second, bias=np.array([0.5, 0.25])),
        )
    )


def test_neurons_of_small_incoming_norms_go_with_row_bias_and_column():
    small = RowPruning(keep=0.7).apply(hand())  # norms 5, 1, 2; 8 of 12 weights
    assert small.sizes == (2, 2, 2)
    assert small.layers[0].weight.tolist() == [[3, 4], [0, 2]]
    assert small.layers[0].bias.tolist() == [1, 3]
    assert small.layers[1].weight.tolist() == [[0, 1], [1, 1]]
    assert small.layers[1].bias.tolist() == [0.5, 0.25]


def test_inputs_of_small_outgoing_norms_go_and_features_stay_as_zeros():
    # norms sqrt(10), sqrt(20); 1, 10, sqrt(2); one feature, two neurons: 2 + 4
    small = ColumnPruning(keep=0.5).apply(hand())
    assert small.sizes == (2, 2, 2)
    assert small.layers[0].weight.tolist() == [[0, 0], [0, 2]]
    assert small.layers[0].bias.tolist() == [2, 3]
    assert small.layers[1].weight.tolist() == [[10, 1], [0, 1]]
    assert small.layers[1].bias.tolist() == [0.5, 0.25]


def test_of_equal_norms_the_first_are_kept():
    weight = np.array([[1.0], [-1.0], [1.0], [1.0]])
    net = Network(
        layers=(
            Layer(weight=weight, bias=np.arange(4.0)),
            Layer(weight=np.ones((1, 4)), bias=None),
        )
    )
    for make in (RowPruning, ColumnPruning):
        assert make(keep=0.5).apply(net).layers[0].bias.tolist() == [0, 1]


def naive_widths(sizes, keep, features):
    """The largest share for which what is left is within the budget, by trial."""
    best = None
    for share in sorted({i / n for n in sizes for i in range(1, n + 1)}):
        widths = [max(1, int(share * n + 1e-6)) for n in sizes]
        widths[-1] = sizes[-1]
        if not features:
            widths[0] = sizes[0]
        if best is None or weights(widths) <= keep * weights(sizes) + 1e-9:
            best = widths
    return best


@exactly
@given(seed=st.integers(0, 10**6), sizes=layouts, keep=st.floats(0.02, 1))
def test_rows_are_pruned_to_the_widest_net_within_the_budget(seed, sizes, keep):
    net = random_net(seed, sizes)
    small = RowPruning(keep=keep).apply(net)
    widths = naive_widths(sizes, keep, features=False)
    assert list(small.sizes) == widths
    assert small.kept == weights(widths)
    least = weights([sizes[0], *[1] * (len(sizes) - 2), sizes[-1]])
    assert small.kept <= max(keep * weights(sizes) + 1e-9, least)


@exactly
@given(seed=st.integers(0, 10**6), sizes=layouts, keep=st.floats(0.02, 1))
def test_columns_are_pruned_to_the_widest_net_within_the_budget(seed, sizes, keep):
    small = ColumnPruning(keep=keep).apply(random_net(seed, sizes))
    widths = naive_widths(sizes, keep, features=True)
    assert list(small.sizes) == [sizes[0], *widths[1:]]
    assert np.count_nonzero(small.layers[0].weight.any(axis=0)) == widths[0]
    assert small.kept == weights(widths)
    assert small.kept <= max(
        keep * weights(sizes) + 1e-9, weights([1] * len(sizes)) + sizes[-1]
    )


@exactly
@given(seed=st.integers(0, 10**6), keep=st.floats(0.05, 1))
def test_the_norms_are_those_of_the_original_net(seed, keep):
    net = random_net(seed, (5, 9, 7, 3))
    for make, axis in ((RowPruning, 1), (ColumnPruning, 0)):
        small = make(keep=keep).apply(net)
        for i in (1, 2):
            layer = net.layers[i - 1] if axis else net.layers[i]
            norms = np.sqrt((layer.weight**2).sum(axis=axis))
            kept = sorted(
                sorted(range(len(norms)), key=lambda k: -norms[k])[: small.sizes[i]]
            )
            assert (small.layers[i - 1].bias == net.layers[i - 1].bias[kept]).all()


@pytest.mark.parametrize("make", [RowPruning, ColumnPruning])
def test_a_net_without_hidden_layers_is_pruned_in_its_features_only(make):
    net = random_net(0, (6, 4))
    small = make(keep=0.5).apply(net)
    assert small.sizes == (6, 4)
    assert small.kept == (24 if make is RowPruning else 12)
