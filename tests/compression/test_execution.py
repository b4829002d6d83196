"""Running compressed nets: the same outputs on fewer numbers; no times are asserted."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous._counting import compacted
from nonvacuous.compression import MatrixProject, execution
from nonvacuous.compression.execution import measure_execution, runnable
from nonvacuous.compression.sizes import array_bytes, dense_bytes
from nonvacuous.nets import Layer, Network
from nonvacuous.structures import LowRank

exactly = settings(derandomize=True, max_examples=25, deadline=None)


def matrix(rng, outputs, inputs, density=1.0):
    live = rng.random((outputs, inputs)) < density
    return (rng.normal(size=(outputs, inputs)) * live).astype(np.float32).astype(float)


def layer(rng, outputs, inputs, density=1.0, bias=True):
    offset = rng.integers(-8, 9, outputs) / 8.0 if bias else None
    return Layer(weight=matrix(rng, outputs, inputs, density), bias=offset)


def thin(rng, outputs, inputs, rank, density=0.0):
    """A layer of low rank, its factors on a coarse grid."""
    structure = LowRank(
        left=rng.integers(-9, 10, (outputs, rank)) / 16.0,
        right=rng.integers(-9, 10, (rank, inputs)) / 16.0,
        rest=matrix(rng, outputs, inputs, density) if density else None,
    )
    bias = rng.normal(size=outputs)
    return Layer.of(structure, layer=0, shape=(outputs, inputs), bias=bias)


def kernels(network):
    return [plan.kernel for plan in execution._plans(network)]


def assert_same(network, seed=0):
    """The outputs of the dense net in float64, up to float32's rounding."""
    x = np.random.default_rng(seed).normal(size=(7, network.sizes[0]))
    x = x.astype(np.float32)
    found = runnable(network)(torch.from_numpy(x))
    assert found.dtype == torch.float32
    assert found.shape == (7, network.sizes[-1])
    a, reach = x.astype(float), np.abs(x).astype(float)
    for i, part in enumerate(network.layers):
        weight = np.abs(part.weight)
        if isinstance(part.structure, LowRank):  # its partial sums may be larger
            weight = np.abs(part.structure.left) @ np.abs(part.structure.right)
            if part.structure.rest is not None:
                weight = weight + np.abs(part.structure.rest)
        bias = 0.0 if part.bias is None else part.bias
        a, reach = a @ part.weight.T + bias, reach @ weight.T + np.abs(bias)
        if i + 1 < len(network.layers):
            a = np.maximum(a, 0)
    terms = sum(network.sizes) + 8
    assert (np.abs(found.numpy() - a) <= 2 * terms * 2.0**-24 * reach).all()


# The rule -----------------------------------------------------------------------------


def test_a_dense_layer_runs_dense_and_a_sparse_one_sparse():
    rng = np.random.default_rng(1)
    network = Network(
        layers=(layer(rng, 200, 300, 0.03), layer(rng, 20, 200), layer(rng, 3, 20, 0.1))
    )
    assert kernels(network) == ["sparse", "dense", "dense"]
    assert_same(network)


@pytest.mark.parametrize(
    ("shape", "count", "kernel"),
    [
        ((200, 200), (40_000 - 2**14 - 1_600) // 8 - 1, "sparse"),
        ((200, 200), (40_000 - 2**14 - 1_600) // 8, "dense"),
        ((100, 100), 0, "dense"),
    ],
)
def test_the_rule_is_the_documented_one(shape, count, kernel):
    weight = np.zeros(shape)
    weight.flat[:count] = 1.0
    plan = execution._Plan.of(Layer(weight=weight, bias=None), 0)
    assert plan.kernel == kernel
    least = min(math.prod(shape), 8 * count + 4 * sum(shape) + 2**14)
    assert plan.cost == least


def test_a_thin_layer_runs_as_two_thin_products():
    rng = np.random.default_rng(2)
    network = Network(layers=(thin(rng, 200, 300, 5), layer(rng, 4, 200)))
    assert kernels(network) == ["low-rank", "dense"]
    assert_same(network)
    plan = execution._plans(network)[0]
    assert plan.cost == 5 * (200 + 300) + 2**14


def test_a_remainder_runs_beside_the_thin_products():
    rng = np.random.default_rng(3)
    network = Network(layers=(thin(rng, 300, 400, 5, density=0.01),))
    assert kernels(network) == ["low-rank"]
    assert_same(network)


def test_a_thin_layer_of_large_rank_runs_dense():
    network = Network(layers=(thin(np.random.default_rng(4), 30, 40, 20),))
    assert kernels(network) == ["dense"]
    assert_same(network)


def test_a_structure_that_is_no_longer_the_weight_is_not_run():
    rng = np.random.default_rng(5)
    made = thin(rng, 200, 300, 5)
    weight = made.weight.copy()
    weight[0, 0] += 1.0
    network = Network(
        layers=(Layer(weight=weight, bias=made.bias, structure=made.structure),)
    )
    assert kernels(network) == ["dense"]
    assert_same(network)


def test_projections_run_dense():
    rng = np.random.default_rng(6)
    network = Network(layers=(layer(rng, 30, 20), layer(rng, 4, 30)))
    assert_same(MatrixProject(count=50).apply(network))


# Outputs ------------------------------------------------------------------------------


@exactly
@given(
    sizes=st.lists(st.integers(1, 300), min_size=2, max_size=4),
    density=st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    bias=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_outputs_are_those_of_the_dense_net(sizes, density, bias, seed):
    rng = np.random.default_rng(seed)
    layers = [layer(rng, b, a, density, bias) for a, b in itertools.pairwise(sizes)]
    assert_same(Network(layers=tuple(layers)), seed)


def test_dead_units_are_dropped():
    rng = np.random.default_rng(7)
    one, two = layer(rng, 40, 30), layer(rng, 5, 40)
    weight, outgoing = one.weight.copy(), two.weight.copy()
    weight[:10] = 0
    outgoing[:, 30:] = 0
    bias = one.bias.copy()
    bias[:10] = -1.0
    network = Network(
        layers=(
            Layer(weight=weight, bias=bias),
            Layer(weight=outgoing, bias=two.bias),
        )
    )
    module = runnable(network)
    assert [tuple(p.weight.shape) for p in module if hasattr(p, "weight")] == [
        (20, 30),
        (5, 20),
    ]
    assert_same(network)


def test_dead_units_stay_where_a_structure_is_worth_more():
    rng = np.random.default_rng(8)
    made = thin(rng, 200, 300, 3)
    outgoing = matrix(rng, 4, 200)
    outgoing[:, 0] = 0
    network = Network(layers=(made, Layer(weight=outgoing, bias=None)))
    assert compacted(network).sizes == (300, 199, 4)
    assert kernels(network) == ["low-rank", "dense"]
    assert_same(network)


def test_running_leaves_the_net_as_it_was():
    rng = np.random.default_rng(9)
    network = Network(layers=(layer(rng, 200, 300, 0.02), layer(rng, 3, 200)))
    before = [a.tobytes() for a in network.arrays()]
    module = runnable(network)
    for array in (*module.parameters(), *module.buffers()):
        values = array.values() if array.layout is torch.sparse_csr else array
        values.zero_()
    assert [a.tobytes() for a in network.arrays()] == before


def test_a_weight_beyond_float32_is_refused():
    network = Network(layers=(Layer(weight=np.array([[1e39]]), bias=None),))
    with pytest.raises(ValueError, match="within float32"):
        runnable(network)
    with pytest.raises(ValueError, match="within float32"):
        measure_execution(network, network)


# Measuring ----------------------------------------------------------------------------


def test_what_is_measured_is_what_runs():
    rng = np.random.default_rng(10)
    last = layer(rng, 3, 200)
    original = Network(layers=(layer(rng, 200, 300), last))
    alive = Layer(weight=matrix(rng, 200, 300, 0.02), bias=np.ones(200))
    small = Network(layers=(alive, last))
    threads = torch.get_num_threads()
    found = measure_execution(small, original, batches=(1, 3), repeats=1)
    assert torch.get_num_threads() == threads
    assert found.kernels == ("sparse", "dense")
    assert found.dense == 4 * (200 * 300 + 200 + 3 * 200 + 3)
    nonzeros = np.count_nonzero(alive.weight)
    assert found.held == 8 * nonzeros + 4 * 201 + 4 * (200 + 3 * 200 + 3)
    assert set(found.speedups) == {1, 3}
    assert all(0 < v < math.inf for v in found.speedups.values())


def test_the_speedup_is_the_ratio_of_medians_taken_by_turns(monkeypatch):
    order = []
    times = {"small": iter([1, 5, 1, 9]), "whole": iter([1, 20, 10, 10])}

    def seconds(net, x, calls):
        order.append((net, calls))
        return next(times[net])

    monkeypatch.setattr(execution, "_seconds", seconds)
    assert execution._speedup("small", "whole", None, 3) == 10 / 5
    assert [net for net, _ in order] == ["small", "whole"] * 4


def test_the_number_of_threads_comes_back_after_an_error(monkeypatch):
    def fail(*args):
        raise ArithmeticError

    monkeypatch.setattr(execution, "_speedup", fail)
    before = torch.get_num_threads()
    network = Network(layers=(layer(np.random.default_rng(0), 2, 3),))
    try:
        torch.set_num_threads(2)
        with pytest.raises(ArithmeticError):
            measure_execution(network, network)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    "bad", [{"batches": ()}, {"batches": (1, 0)}, {"repeats": 0}], ids=str
)
def test_nothing_to_measure_is_refused(bad):
    network = Network(layers=(layer(np.random.default_rng(0), 2, 3),))
    with pytest.raises(ValueError, match="must be at least 1"):
        measure_execution(network, network, **bad)


# Bytes --------------------------------------------------------------------------------


def test_a_dense_net_takes_four_bytes_a_parameter():
    network = Network(layers=(layer(np.random.default_rng(0), 5, 4),))
    assert dense_bytes(network) == array_bytes(network) == 4 * (20 + 5)


def test_a_sparse_matrix_takes_a_value_and_a_column_for_each_number():
    weight = np.zeros((5, 40))
    weight[2, 3] = weight[4, 0] = 1.0
    network = Network(layers=(Layer(weight=weight, bias=None),))
    assert array_bytes(network) == 2 * 8 + 4 * 6
    assert dense_bytes(network) == 4 * 200


def test_a_thin_layer_takes_its_factors_and_remainder():
    rng = np.random.default_rng(0)
    structure = LowRank(
        left=rng.integers(1, 9, (30, 2)) / 1.0,
        right=rng.integers(1, 9, (2, 20)) / 1.0,
        rest=np.eye(30, 20),
    )
    made = Layer.of(structure, layer=0, shape=(30, 20), bias=np.ones(30))
    total = 4 * (60 + 40) + 20 * 8 + 4 * 31 + 4 * 30
    assert array_bytes(Network(layers=(made,))) == total
