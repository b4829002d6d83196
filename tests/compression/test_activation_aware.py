"""Wanda: weights times norms of inputs, neuron by neuron."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import Rows, Wanda
from nonvacuous.compression._supports import largest_in_rows
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=30, deadline=None)


def test_a_small_weight_on_a_loud_input_is_kept_by_hand():
    rows = Rows(np.array([[3.0, 0.0, 1.0], [4.0, 1.0, 1.0]]), np.array([0, 1]), "two")
    weight = np.array([[1.0, 4.0, -2.0], [0.5, -6.0, 5.0]])
    net = Network(layers=(Layer(weight=weight, bias=None),))
    # norms 5, 1 and 1.41: scores (5, 4, 2.8) and (2.5, 6, 7.1)
    small = Wanda(rows=rows, keep=0.34).apply(net)
    assert small.layers[0].weight.tolist() == [[1, 0, 0], [0, 0, 5]]
    # one left over: 6 is more than 4
    small = Wanda(rows=rows, keep=0.5).apply(net)
    assert small.layers[0].weight.tolist() == [[1, 0, 0], [0, -6, 5]]


@exactly
@given(seed=st.integers(0, 10**6), count=st.integers(1, 24))
def test_inputs_of_equal_norm_leave_the_largest_of_each_neuron(seed, count):
    weight = np.random.default_rng(seed).normal(size=(4, 6))
    rows = Rows(np.ones((1, 6)), np.array([0]), "ones")
    found = Wanda(rows=rows, keep=0.5).prune(weight, np.full((6, 6), 4.0), count)
    assert (found == np.where(largest_in_rows(np.abs(weight), count), weight, 0)).all()
    shares = np.count_nonzero(found, axis=1)
    assert shares.max() - shares.min() <= 1
