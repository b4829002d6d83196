"""Refit: the least squares solution on a support, layer by layer on what enters."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import MagnitudePruning, Refitted, Rows, UnitPruning
from nonvacuous.compression import _least_squares as module
from nonvacuous.compression._least_squares import least_squares
from nonvacuous.compression._tolerance import outputs_of
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.refit import Target, refit
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=40, deadline=None)


def tiny(seed=0, sizes=(6, 5, 3)):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


def problem(seed, outputs=7, inputs=6, density=0.5):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(20, inputs))
    support = rng.random((outputs, inputs)) < density
    return a.T @ a / 20, rng.normal(size=(outputs, inputs)), support


def test_two_inputs_by_hand():
    second = np.array([[2.0, 1.0], [1.0, 2.0]])
    cross = np.array([[3.0, 3.0], [3.0, 3.0], [3.0, 3.0]])
    support = np.array([[True, True], [True, False], [False, False]])
    found = least_squares(second, cross, support)
    np.testing.assert_allclose(found, [[1, 1], [1.5, 0], [0, 0]], atol=1e-15)


@exactly
@given(seed=st.integers(0, 10**6), density=st.floats(0, 1))
def test_each_row_solves_its_own_system(seed, density):
    second, cross, support = problem(seed, density=density)
    found = least_squares(second, cross, support)
    for w, c, live in zip(found, cross, support, strict=True):
        kept = np.flatnonzero(live)
        assert not w[~live].any()
        if kept.size:
            wanted = np.linalg.solve(second[np.ix_(kept, kept)], c[kept])
            np.testing.assert_allclose(w[kept], wanted, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("entries", [1, 40, 200])
def test_solving_fewer_rows_at_once_changes_nothing(monkeypatch, entries):
    second, cross, support = problem(1)
    whole = least_squares(second, cross, support)
    monkeypatch.setattr(module, "_ENTRIES", entries)
    np.testing.assert_allclose(
        least_squares(second, cross, support), whole, rtol=1e-12, atol=1e-14
    )


@exactly
@given(seed=st.integers(0, 10**6))
def test_no_other_weights_on_the_support_come_nearer(seed):
    second, cross, support = problem(seed)
    best = least_squares(second, cross, support)

    def value(w):
        return ((w @ second) * w).sum() - 2 * (cross * w).sum()

    step = np.random.default_rng(seed).normal(size=best.shape) * support * 1e-3
    assert value(best) <= value(best + step) + 1e-12


def test_every_neuron_takes_the_support_on_which_it_comes_nearest():
    net, x = tiny(), np.random.default_rng(0).random((50, 6))
    rng = np.random.default_rng(1)
    supports = [
        [rng.random(a.weight.shape) < 0.5 for _ in range(3)] for a in net.layers
    ]
    found = refit(Target.of(net, x), supports).layers[0].weight
    target = x @ net.layers[0].weight.T
    ridge = 1e-4 * np.trace(x.T @ x / 50) / 6

    def loss(w, i):
        return ((x @ w - target[:, i]) ** 2).mean() + ridge * (w**2).sum()

    for i, w in enumerate(found):
        alone = [
            refit(
                Target.of(net, x),
                [[s[i] if n == 0 else s[0]] for n, s in enumerate(kinds)],
            )
            for i, kinds in ((j, supports) for j in range(3))
        ]
        losses = [loss(single.layers[0].weight[i], i) for single in alone]
        assert loss(w, i) <= min(losses) * (1 + 1e-6)


def test_keeping_every_edge_keeps_the_net():
    net, x = tiny(), np.random.default_rng(0).random((80, 6))
    full = [[np.ones(a.weight.shape, bool)] for a in net.layers]
    found = refit(Target.of(net, x), full)
    np.testing.assert_allclose(outputs_of(found, x), outputs_of(net, x), atol=0.02)
    for one, other in zip(found.layers, net.layers, strict=True):
        assert (one.bias == other.bias).all()


def test_later_layers_mend_what_earlier_ones_did_wrong():
    net, x = tiny(sizes=(6, 8, 8, 3)), np.random.default_rng(0).random((400, 6))
    rows = Rows(x, np.zeros(400, np.int64), "0" * 16)
    supports = [a.weight != 0 for a in MagnitudePruning(keep=0.5).apply(net).layers]
    blind = [
        Layer(
            weight=refit(Target.of(Network(layers=(a,)), inputs), [[s]])
            .layers[0]
            .weight,
            bias=a.bias,
        )
        for a, s, inputs in zip(net.layers, supports, _inputs(net, x), strict=True)
    ]
    seeing = Refitted(selection=MagnitudePruning(keep=0.5), rows=rows).apply(net)
    right = outputs_of(net, x)

    def error(found):
        return ((outputs_of(found, x) - right) ** 2).mean()

    assert error(seeing) < error(Network(layers=tuple(blind)))
    assert error(seeing) < 0.5 * error(MagnitudePruning(keep=0.5).apply(net))


def _inputs(net, x):
    a = x
    for layer in net.layers:
        yield a
        a = np.maximum(a @ layer.weight.T + layer.bias, 0)


def test_inputs_that_are_never_lit_get_no_weight_from_nothing():
    net, x = tiny(), np.zeros((9, 6))
    full = [[np.ones(a.weight.shape, bool)] for a in net.layers]
    assert not refit(Target.of(net, x), full).layers[0].weight.any()


def test_a_selection_that_removes_neurons_is_refused():
    rows = Rows(np.ones((4, 6)), np.zeros(4, np.int64), "0" * 16)
    with pytest.raises(ValueError, match="keep all neurons"):
        Refitted(selection=UnitPruning(keep=0.5), rows=rows).apply(tiny())


def test_compress_gives_the_same_bytes_twice_and_decodes_to_the_net():
    x = np.random.default_rng(0).random((60, 6))
    rows = Rows(x, np.zeros(60, np.int64), "0" * 16)
    net, compressor = tiny(), Refitted(selection=MagnitudePruning(keep=0.4), rows=rows)
    before = [a.tobytes() for a in net.arrays()]
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    back, bits = decode_network(one.code.data + b"\xff\x00")
    assert bits == one.code.bits
    for found, kept in zip(back.arrays(), one.network.arrays(), strict=True):
        assert found.tobytes() == kept.tobytes()
    assert [a.tobytes() for a in net.arrays()] == before
    # a weight on an input that is never active is fitted to be 0
    assert 0 < sum(said.kept for said in one.report.layers) <= round(0.4 * 45)
