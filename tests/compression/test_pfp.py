"""PFP: sensitivities of neurons beside slow loops, narrower nets, errors on S."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nonvacuous.compression import PFPDeterministic, PFPRandom, Rows
from nonvacuous.compression._activations import layer_inputs
from nonvacuous.compression._support import bernstein_draws, bernstein_error
from nonvacuous.compression.corenet import support_rows
from nonvacuous.nets import Layer, Network

EVERY = (PFPDeterministic, PFPRandom)


def network(seed=0, sizes=(12, 20, 16, 4)):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


def rows(inputs=12, count=250, seed=0):
    x = np.random.default_rng(seed).random((count, inputs))
    return Rows(x, np.zeros(count, np.int64), "0123456789abcdef")


def on_support(net, compressor):
    """What enters each layer on S."""
    chosen = support_rows(net, compressor.rows, compressor.delta, compressor.seed)
    return list(layer_inputs(net, compressor.rows.x[chosen]))


def slow_sensitivities(weight, a):
    """The largest share of each input in any output's part of one sign, on any row."""
    found = np.zeros(weight.shape[1])
    for x in a:
        for row in weight:
            for sign in (1, -1):
                terms = np.maximum(sign * row, 0) * x
                if terms.sum() > 0:
                    found = np.maximum(found, terms / terms.sum())
    return found


def errors(before, after, a):
    """Relative errors (points, outputs, 2) of a layer's parts, fed by a >= 0."""
    found = []
    for sign in (1, -1):
        whole = a @ np.maximum(sign * before, 0).T
        lost = np.abs(a @ np.maximum(sign * after, 0).T - whole)
        found.append(np.divide(lost, whole, out=np.zeros_like(lost), where=whole > 0))
    return np.stack(found, axis=2)


@pytest.mark.parametrize("keep", [0.1, 0.3, 0.7])
def test_the_neurons_of_the_largest_sensitivities_stay_as_they_are(keep):
    net = network()
    compressor = PFPDeterministic(rows=rows(), keep=keep)
    small, report = compressor.explain(net)
    inputs, chosen = on_support(net, compressor), [np.arange(12)]
    for i in range(2):
        s = slow_sensitivities(net.layers[i + 1].weight, inputs[i + 1])
        kept = np.flatnonzero(report.layers[i].neurons["distinct"])
        assert len(kept) == small.sizes[i + 1]
        dropped = np.delete(s, kept)
        assert s[kept].min() >= dropped.max() * (1 - 1e-9)
        said = report.layers[i].facts["epsilon"]
        assert said == pytest.approx(min(1, 3 * dropped.sum()))
        chosen.append(kept)
    chosen.append(np.arange(4))
    for i, layer in enumerate(small.layers):
        exact = net.layers[i].weight[np.ix_(chosen[i + 1], chosen[i])]
        assert (layer.weight == exact).all()
        assert (layer.bias == net.layers[i].bias[chosen[i + 1]]).all()


@pytest.mark.parametrize("keep", [0.1, 0.3, 0.7])
def test_what_readers_lose_on_s_is_what_is_said(keep):
    """The largest error over readers, signs and rows of S; the dropped bound it."""
    net = network(seed=1)
    compressor = PFPDeterministic(rows=rows(), keep=keep, constant=1.0)
    _, report = compressor.explain(net)
    inputs = on_support(net, compressor)
    for i in range(2):
        before = net.layers[i + 1].weight
        after = before * (report.layers[i].neurons["distinct"] > 0)
        found = errors(before, after, inputs[i + 1])
        facts = report.layers[i].facts
        assert found.max() == pytest.approx(facts["epsilon on S"], rel=1e-9)
        assert found.max() <= facts["epsilon"] * (1 + 1e-9)


@settings(derandomize=True, max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), keep=st.floats(0.5, 0.95))
def test_fresh_rows_err_by_epsilon_at_most_where_k_is_the_one_assumed(seed, keep):
    net, fresh = network(seed=seed), rows(seed=seed + 1, count=60).x
    compressor = PFPDeterministic(rows=rows(), keep=keep)
    seen, ahead = on_support(net, compressor), list(layer_inputs(net, fresh))
    k = 1.0
    for layer, a, b in zip(net.layers[1:], seen[1:], ahead[1:], strict=True):
        s, t = slow_sensitivities(layer.weight, a), slow_sensitivities(layer.weight, b)
        assume(not t[s == 0].any())  # else no K is large enough
        k = max(k, (t[s > 0] / s[s > 0]).max() * (1 + 1e-12))
    _, report = replace(compressor, constant=k).explain(net)
    for i in range(2):
        before = net.layers[i + 1].weight
        after = before * (report.layers[i].neurons["distinct"] > 0)
        found = errors(before, after, ahead[i + 1]).max()
        assert found <= report.layers[i].facts["epsilon"] + 1e-12


def test_draws_of_all_layers_have_a_common_epsilon_of_the_source():
    """m = ceil(S K (6 + 2 epsilon) ln(8 eta / delta) / epsilon^2)."""
    net = network(sizes=(12, 60, 40, 4))
    compressor = PFPRandom(rows=rows(), keep=0.4, delta=0.1)
    _, report = compressor.explain(net)
    inputs = on_support(net, compressor)
    log_term, least = math.log(8 * 104 / 0.1), 0.0
    sums = [
        slow_sensitivities(net.layers[i + 1].weight, inputs[i + 1]).sum()
        for i in range(2)
    ]
    for i in range(2):
        facts = report.layers[i].facts
        least = max(least, facts["epsilon of the source"])
        m = report.layers[i].asked
        e = facts["epsilon of the source"]
        assert m == pytest.approx(sums[i] * 3 * (6 + 2 * e) * log_term / e**2)
        assert facts["epsilon"] == pytest.approx(
            bernstein_error(
                np.array(sums[i]), np.array(m), log_term=log_term, constant=3.0
            )
        )
    for i in range(2):
        m = round(report.layers[i].asked)
        draws = bernstein_draws(
            np.array(sums[i]), least, log_term=log_term, constant=9.0
        )
        assert m - 1 <= draws * (1 + 1e-9) <= m + 1


def test_readers_of_drawn_neurons_are_scaled_by_counts():
    net = network(sizes=(12, 60, 40, 4))
    small, report = PFPRandom(rows=rows(), keep=0.3).explain(net)
    for i in range(2):
        said = report.layers[i].neurons
        kept = said["distinct"] > 0
        assert said["drawn"].sum() == pytest.approx(said["asked"].sum())
        if i == 1:
            factor = said["drawn"][kept] / said["asked"][kept]
            exact = net.layers[2].weight[:, kept] * factor
            assert small.layers[2].weight == pytest.approx(exact, rel=1e-9)
        assert (small.layers[i].bias == net.layers[i].bias[kept]).all()


@pytest.mark.parametrize("kind", EVERY)
def test_neurons_that_are_dead_on_s_go(kind):
    net = network()
    bias = net.layers[0].bias.copy()
    bias[3] = -1e3
    first = Layer(weight=net.layers[0].weight, bias=bias)
    small, report = kind(rows=rows(), keep=1.0).explain(
        Network(layers=(first, *net.layers[1:]))
    )
    assert report.layers[0].neurons["distinct"][3] == 0
    assert -1e3 not in small.layers[0].bias


@pytest.mark.parametrize("kind", EVERY)
def test_of_a_dead_layer_one_neuron_stays_unread(kind):
    net = network(sizes=(12, 5, 3))
    dead = Layer(weight=net.layers[0].weight, bias=np.full(5, -1e3))
    net = Network(layers=(dead, net.layers[1]))
    small, report = kind(rows=rows(), keep=0.5).explain(net)
    assert small.sizes == (12, 1, 3)
    assert not small.layers[1].weight.any()
    assert report.layers[0].facts["epsilon"] == 0
    assert report.layers[0].facts["epsilon on S"] == 0


@pytest.mark.parametrize("kind", EVERY)
def test_a_layer_that_is_kept_whole_has_no_error(kind):
    layers = [
        Layer(weight=a.weight, bias=a.bias + 100.0 ** (i + 1))
        for i, a in enumerate(network().layers)
    ]
    net = Network(layers=tuple(layers))  # none is dead
    small, report = kind(rows=rows(), keep=1.0).explain(net)
    assert small.sizes == net.sizes
    for said in report.layers[:-1]:
        assert {v for name, v in said.facts.items() if "epsilon" in name} == {0.0}


@pytest.mark.parametrize("kind", EVERY)
def test_a_net_without_hidden_neurons_stays(kind):
    net = network(sizes=(12, 4))
    small = kind(rows=rows(), keep=1.0).apply(net)
    assert (small.layers[0].weight == net.layers[0].weight).all()
    with pytest.raises(ValueError, match="0 hidden layers"):
        kind(rows=rows(), keep=0.5).apply(net)


@settings(derandomize=True, max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), keep=st.floats(0.2, 0.8), more=st.floats(0, 0.2))
def test_a_larger_budget_never_errs_more_on_s(seed, keep, more):
    net = network(seed=seed)
    less, other = (
        PFPDeterministic(rows=rows(), keep=share).explain(net)[1]
        for share in (keep, keep + more)
    )
    for a, b in zip(less.layers[:-1], other.layers[:-1], strict=True):
        for name in ("epsilon", "epsilon on S"):
            assert b.facts[name] <= a.facts[name]


def failures(shrink, trials=100):
    """How often a reader and sign at a row of S pass the stated error over shrink.

    All rows are S, so that K = 1 holds by definition, and every seed has the same S.
    """
    rng, hidden, delta, needed = np.random.default_rng(5), 800, 0.5, 216
    layers = (
        Layer(weight=rng.random((hidden, 3)) + 0.2, bias=np.zeros(hidden)),
        Layer(weight=rng.random((2, hidden)) + 0.5, bias=None),
    )
    net, x = Network(layers=layers), rng.random((needed, 3)) + 0.1
    points = Rows(x, np.zeros(needed, np.int64), "0123456789abcdef")
    assert len(support_rows(net, points, delta, 0)) == needed
    a = np.maximum(x @ layers[0].weight.T, 0)
    exact, failed = a @ layers[1].weight.T, np.zeros((needed, 2))
    for seed in range(trials):
        compressor = PFPRandom(rows=points, keep=0.2, delta=delta, seed=seed)
        small, report = compressor.explain(net)
        kept = report.layers[0].neurons["distinct"] > 0
        error = report.layers[0].facts["epsilon on S"]
        assert kept.sum() < hidden / 3
        assert error < 0.6
        found = a[:, kept] @ small.layers[1].weight.T
        failed += np.abs(found - exact) > error / shrink * exact
    slack = math.sqrt(trials * math.log(2 * needed / 1e-9) / 2)
    allowed = trials * 2 * delta / (8 * 802) + slack
    assert allowed < trials
    return failed.max(), allowed


def test_readers_pass_the_stated_error_no_more_often_than_they_may():
    failed, allowed = failures(1.0)
    assert failed <= allowed


def test_a_sixteenth_of_the_stated_error_is_passed_too_often():
    failed, allowed = failures(16.0)
    assert failed > allowed


def test_the_guarantee_names_its_probability_and_its_assumption():
    for kind in EVERY:
        _, report = kind(rows=rows(), keep=0.5, delta=0.125).explain(network())
        assert "except with probability 0.125" in report.guarantee
        assert "passes 3.0 times its sensitivity (A1)" in report.guarantee
