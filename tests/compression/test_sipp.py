"""SiPP: errors on S exactly, the allocation beside slow loops, Bernstein simulated."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.compression import Rows, SiPPDeterministic, SiPPHybrid, SiPPRandom
from nonvacuous.compression._activations import layer_inputs
from nonvacuous.compression._support import bernstein_draws, bernstein_error
from nonvacuous.compression.corenet import support_rows
from nonvacuous.compression.sampling import expected_distinct, probabilities
from nonvacuous.compression.sensitivity import edge_sensitivities
from nonvacuous.nets import Layer, Network

EVERY = (SiPPDeterministic, SiPPRandom, SiPPHybrid)
SIGNS = (1, -1)


def network(seed=0, sizes=(20, 14, 4), scale=1.0):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(weight=scale * rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


def rows(seed=0, inputs=20, signed=False, count=250):
    x = np.random.default_rng(seed).random((count, inputs)) - 0.4 * signed
    return Rows(x, np.zeros(count, np.int64), "0123456789abcdef")


def on_support(net, compressor):
    """S as it enters each layer, and the sensitivities there."""
    chosen = support_rows(net, compressor.rows, compressor.delta, compressor.seed)
    inputs = list(layer_inputs(net, compressor.rows.x[chosen]))
    return inputs, [
        edge_sensitivities(layer.weight, a)
        for layer, a in zip(net.layers, inputs, strict=True)
    ]


def errors_on_support(before, after, a):
    """Relative errors (points, outputs, 2) of a layer's parts, fed by a."""
    found = []
    for sign in SIGNS:
        part = before * sign > 0
        whole = np.abs(a) @ np.where(part, np.abs(before), 0).T
        lost = np.zeros_like(whole)
        for half in SIGNS:  # positive and negative inputs are points of their own
            b = np.maximum(half * a, 0)
            lost += np.abs(b @ np.where(part, after - before, 0).T)
        found.append(np.divide(lost, whole, out=np.zeros_like(lost), where=whole > 0))
    return np.stack(found, axis=2)


# Deterministic -----------------------------------------------------------------------


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("keep", [0.1, 0.4, 0.8])
def test_what_is_dropped_bounds_the_error_at_every_row_of_s(keep, signed):
    """Measured, at most epsilon on S; and that is at most the dropped sensitivities."""
    net = network()
    compressor = SiPPDeterministic(rows=rows(signed=signed), keep=keep, constant=1.0)
    small, report = compressor.explain(net)
    inputs, sensitivities = on_support(net, compressor)
    for i, (a, s) in enumerate(zip(inputs, sensitivities, strict=True)):
        before, after = net.layers[i].weight, small.layers[i].weight
        said = report.layers[i].neurons
        found = errors_on_support(before, after, a).max(axis=0)
        assert (found <= said["epsilon on S"] + 1e-12).all()
        if not (signed and i == 0):  # there the two halves of a point are added
            assert found == pytest.approx(said["epsilon on S"], abs=1e-9)
        dropped = np.where(after == 0, s, 0)
        sums = np.stack(
            [np.where(before * sign > 0, dropped, 0).sum(axis=1) for sign in SIGNS],
            axis=1,
        )
        assert (said["epsilon on S"] <= sums + 1e-9).all()
        assert said["epsilon"] == pytest.approx(np.minimum(sums, 1), rel=1e-9)
        assert ((after == 0) | (after == before)).all()


def largest_passing(net, compressor, fresh):
    """K: how far relative importances on fresh rows pass the sensitivities, exactly."""
    _, sensitivities = on_support(net, compressor)
    passing = 1.0
    for layer, a, s in zip(
        net.layers, layer_inputs(net, fresh), sensitivities, strict=True
    ):
        ahead = edge_sensitivities(layer.weight, a)
        if ahead[s == 0].any():
            return math.inf
        passing = max(passing, (ahead[s > 0] / s[s > 0]).max())
    return passing * (1 + 1e-12)


@settings(derandomize=True, max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), keep=st.floats(0.3, 0.95), signed=st.booleans())
def test_fresh_rows_err_by_epsilon_at_most_where_k_is_the_one_assumed(
    seed, keep, signed
):
    net = network(seed=seed, sizes=(12, 8, 3))
    compressor = SiPPDeterministic(
        rows=rows(inputs=12, signed=signed, count=150), keep=keep, delta=0.5
    )
    fresh = rows(seed=seed + 1, inputs=12, signed=signed).x
    k = largest_passing(net, compressor, fresh)
    assume(k < math.inf)
    small, report = replace(compressor, constant=k).explain(net)
    for i, a in enumerate(layer_inputs(net, fresh)):
        said = report.layers[i].neurons["epsilon"]
        found = errors_on_support(net.layers[i].weight, small.layers[i].weight, a)
        assert (found.max(axis=0) <= said + 1e-12).all()


def slowly(net, compressor):
    """Drop edges by what their part has lost on S when they go, as many as must go."""
    inputs, sensitivities = on_support(net, compressor)
    prices = []
    for i, (a, s) in enumerate(zip(inputs, sensitivities, strict=True)):
        weight = net.layers[i].weight
        for sign, row in itertools.product(SIGNS, range(len(weight))):
            part = [j for j in range(weight.shape[1]) if weight[row, j] * sign > 0]
            part.sort(key=lambda j, t=s[row]: t[j])
            for n, j in enumerate(part):
                shares = [
                    sum(weight[row, e] * x[e] for e in part[: n + 1])
                    / sum(weight[row, e] * x[e] for e in part)
                    for x in a
                    if any(x[e] > 0 for e in part)
                ]
                if s[row, j] > 0:
                    ties = (i, -sign, row, j)
                    prices.append((round(max(shares), 9), s[row, j], ties))
    prices.sort()
    budget = int(compressor.keep * sum(layer.weight.size for layer in net.layers))
    return {(i, row, j) for _, _, (i, _, row, j) in prices[-budget:]}


@pytest.mark.parametrize("keep", [0.05, 0.3, 0.7])
def test_the_edges_kept_are_those_of_the_slow_loops(keep):
    net = network(seed=2, sizes=(8, 6, 3))
    compressor = SiPPDeterministic(rows=rows(inputs=8), keep=keep)
    small = compressor.apply(net)
    kept = {
        (i, int(row), int(j))
        for i, layer in enumerate(small.layers)
        for row, j in np.argwhere(layer.weight)
    }
    assert kept == slowly(net, compressor)


def test_all_parts_share_one_error_as_far_as_whole_edges_allow():
    """What any part lost is at most what the next edge of any part would cost."""
    net = network(sizes=(40, 30, 10))
    compressor = SiPPDeterministic(rows=rows(inputs=40), keep=0.3)
    small, report = compressor.explain(net)
    inputs, sensitivities = on_support(net, compressor)
    common = max(each.neurons["epsilon on S"].max() for each in report.layers)
    for i, (a, s) in enumerate(zip(inputs, sensitivities, strict=True)):
        after = small.layers[i].weight
        for sign in SIGNS:
            candidates = np.where(after * sign > 0, s, np.inf)
            some = np.isfinite(candidates).any(axis=1)
            less = after.copy()
            less[np.arange(len(less)), candidates.argmin(axis=1)] = 0
            column = (1 - sign) // 2
            found = errors_on_support(net.layers[i].weight, less, a).max(axis=0)
            assert (found[some, column] >= common * (1 - 1e-9)).all()


@settings(derandomize=True, max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), keep=st.floats(0.05, 0.9), more=st.floats(0, 0.1))
def test_a_larger_budget_never_errs_more_on_s(seed, keep, more):
    net, errors = network(seed=seed, sizes=(12, 8, 3)), []
    for share in (keep, keep + more):
        compressor = SiPPDeterministic(rows=rows(inputs=12), keep=share)
        _, report = compressor.explain(net)
        errors.append(report)
    for less, others in zip(errors[0].layers, errors[1].layers, strict=True):
        for name in ("epsilon", "epsilon on S"):
            assert (others.neurons[name] <= less.neurons[name]).all()


def test_edges_that_are_never_active_go_and_cost_nothing():
    points = rows()
    points.x[:, 4] = 0.0
    small, report = SiPPDeterministic(rows=points, keep=1.0).explain(network())
    assert not small.layers[0].weight[:, 4].any()
    for each in report.layers:
        assert not each.neurons["epsilon"].any()
        assert not each.neurons["epsilon on S"].any()


# Random ------------------------------------------------------------------------------


def test_draws_are_in_proportion_to_sensitivities_over_all_layers():
    """A common epsilon; floors lose less than one draw of each part."""
    net = network(sizes=(60, 40, 10))
    compressor = SiPPRandom(rows=rows(inputs=60), keep=0.3)
    _, report = compressor.explain(net)
    _, sensitivities = on_support(net, compressor)
    low, high = 0.0, math.inf
    for layer, s, each in zip(net.layers, sensitivities, report.layers, strict=True):
        for column, sign in enumerate(SIGNS):
            sums = np.where(layer.weight * sign > 0, s, 0).sum(axis=1)
            asked = each.neurons["asked"][:, column]
            low = max(low, (asked / sums).max())
            high = min(high, ((asked + 1) / sums).min())
    assert low <= high * (1 + 1e-9)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("kind", [SiPPRandom, SiPPHybrid])
def test_the_errors_said_are_bernsteins(kind, signed):
    """Inputs of both signs are twice as many events."""
    net = network(sizes=(60, 40, 10))
    points = rows(inputs=60, signed=signed)
    compressor = kind(rows=points, keep=0.3, delta=0.1, constant=2.0)
    _, report = compressor.explain(net)
    _, sensitivities = on_support(net, compressor)
    for layer, s, each in zip(net.layers, sensitivities, report.layers, strict=True):
        said = each.neurons
        drawn = said["drawn"] > 0
        sums = np.stack(
            [np.where(layer.weight * sign > 0, s, 0).sum(axis=1) for sign in SIGNS],
            axis=1,
        )
        for name, constant in (("epsilon", 2.0), ("epsilon on S", 1.0)):
            exact = bernstein_error(
                sums,
                said["drawn"],
                log_term=math.log(8 * 50 * (1 + signed) / 0.1),
                constant=constant,
            )
            assert said[name][drawn] == pytest.approx(exact[drawn], rel=1e-9)


def test_parts_without_a_draw_vanish_with_an_error_of_one():
    net = network(sizes=(60, 40, 10))
    small, report = SiPPRandom(rows=rows(inputs=60), keep=0.005).explain(net)
    said = report.layers[0].neurons
    none = said["asked"] == 0
    assert none.any()
    for column, sign in enumerate(SIGNS):
        gone = ~(small.layers[0].weight * sign > 0).any(axis=1)
        assert gone[none[:, column]].all()
    assert said["epsilon on S"][none] == pytest.approx(1.0)


def failures(shrink, trials=200):
    """How often each point of S passes the error that is stated, divided by shrink.

    All rows are S, so that K = 1 holds by definition, and every seed has the same S.
    """
    rng, size = np.random.default_rng(7), 1500
    net = Network(layers=(Layer(weight=0.5 + rng.random((1, size)), bias=None),))
    delta, needed = 0.5, 74
    x = rng.random((needed, size)) * (rng.random((needed, size)) < 0.5)
    points = Rows(x, np.zeros(needed, np.int64), "0123456789abcdef")
    assert len(support_rows(net, points, delta, 0)) == needed
    exact, failed = x @ net.layers[0].weight[0], np.zeros(needed)
    for seed in range(trials):
        compressor = SiPPRandom(rows=points, keep=0.1, delta=delta, seed=seed)
        small, report = compressor.explain(net)
        error = report.layers[0].neurons["epsilon on S"][0, 0]
        assert 0 < small.kept < size / 4
        assert error < 0.8
        found = x @ small.layers[0].weight[0]
        failed += np.abs(found - exact) > error / shrink * exact
    slack = math.sqrt(trials * math.log(needed / 1e-9) / 2)
    allowed = trials * delta / 4 + slack
    assert allowed < trials
    return failed.max(), allowed


def test_a_fresh_row_passes_its_error_no_more_often_than_it_may():
    """S is half of what there is; K is what the other half needs, and no more."""
    rng, size, delta, trials = np.random.default_rng(11), 1500, 0.5, 120
    net = Network(layers=(Layer(weight=0.5 + rng.random((1, size)), bias=None),))
    x = rng.random((148, size)) * (rng.random((148, size)) < 0.5)
    points = Rows(x[:74], np.zeros(74, np.int64), "0123456789abcdef")
    compressor = SiPPRandom(rows=points, keep=0.15, delta=delta)
    k = largest_passing(net, compressor, x[74:])
    assert 1 < k < 1.5
    exact, failed = x[74:] @ net.layers[0].weight[0], np.zeros((2, 74))
    for seed in range(trials):
        small, report = replace(compressor, constant=k, seed=seed).explain(net)
        error = report.layers[0].neurons["epsilon"][0, 0]
        assert 0 < small.kept < size / 4
        assert error < 0.8
        miss = np.abs(x[74:] @ small.layers[0].weight[0] - exact)
        failed += miss > error * exact / np.array([[1.0], [12.0]])
    allowed = binom.ppf(1 - 1e-6 / 74, trials, delta / 4)
    assert failed[0].max() <= allowed < failed[1].max()


def test_points_of_s_pass_the_stated_error_no_more_often_than_they_may():
    failed, allowed = failures(1.0)
    assert failed <= allowed


def test_an_eighth_of_the_stated_error_is_passed_too_often():
    failed, allowed = failures(8.0)
    assert failed > allowed


# Hybrid ------------------------------------------------------------------------------


def test_each_part_goes_the_way_that_keeps_fewer_edges_at_the_common_error():
    net = network(sizes=(200, 40, 10))
    compressor = SiPPHybrid(rows=rows(inputs=200, count=300), keep=0.5)
    small, report = compressor.explain(net)
    _, sensitivities = on_support(net, compressor)
    sampled, cut = [], []
    for i, s in enumerate(sensitivities):
        said, before = report.layers[i].neurons, net.layers[i].weight
        after = small.layers[i].weight
        for column, sign in enumerate(SIGNS):
            part = np.where(before * sign > 0, s, 0)
            kept = (after * sign > 0).sum(axis=1)
            dropped = 3.0 * np.where(after == 0, part, 0).sum(axis=1)
            for row, drawn in enumerate(said["drawn"][:, column]):
                epsilon = said["epsilon"][row, column]
                if drawn > 0:
                    sampled.append((part[row], drawn, epsilon))
                else:
                    assert epsilon == pytest.approx(min(1, dropped[row]), rel=1e-9)
                    cut.append((part[row], kept[row], dropped[row]))
    assert len(sampled) > 5
    assert len(cut) > 5
    common = max(dropped for _, _, dropped in cut)  # or a little more
    log_term = math.log(8 * 50 / 0.05)
    for part, kept, _ in cut:
        draws = bernstein_draws(
            np.array([part.sum()]), common, log_term=log_term, constant=3.0
        )
        q = probabilities(part[None])
        assert expected_distinct(q, np.ceil(draws))[0] >= kept
    for part, drawn, epsilon in sampled:
        expected = expected_distinct(probabilities(part[None]), np.array([drawn]))[0]
        # cut down to as many edges it would lose more; floors of draws are 5 % here
        lost = np.sort(part)[: len(part) - int(expected)].sum()
        assert 3.0 * lost >= 0.95 * epsilon
        assert epsilon >= common


@pytest.mark.parametrize("kind", [SiPPRandom, SiPPHybrid])
def test_the_guarantee_names_its_probability_and_its_assumption(kind):
    _, report = kind(rows=rows(), keep=0.4, delta=0.125).explain(network())
    assert "xcept with probability 0.125" in report.guarantee
    assert "passes 3.0 times its sensitivity (A1)" in report.guarantee
    assert report.facts["rows of S"] == len(support_rows(network(), rows(), 0.125, 0))


@pytest.mark.parametrize("kind", EVERY)
def test_scaling_a_neuron_scales_its_compression(kind):
    """Sensitivities are relative: powers of two change no bit of the choice."""
    net, larger = network(), network(scale=4.0)
    bare = [
        Network(layers=(Layer(weight=a.layers[0].weight, bias=None),))
        for a in (net, larger)
    ]
    small, other = (kind(rows=rows(), keep=0.4).apply(each) for each in bare)
    assert (4 * small.layers[0].weight == other.layers[0].weight).all()
