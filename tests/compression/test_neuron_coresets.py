"""Neuron coresets without data: scores by hand, biases, errors over the whole ball."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import NeuronCoreset
from nonvacuous.compression._activations import advance
from nonvacuous.compression.neuron_coresets import error_at_an_input, error_in_the_ball
from nonvacuous.nets import Layer, Network


def network(seed=0, sizes=(6, 40, 30, 4)):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


def test_chances_by_hand():
    """Norms 5, 13, 3 with the bias; largest readers 2, 1, 1: scores 10, 13, 3."""
    first = Layer(
        weight=np.array([[3.0, 0.0], [0.0, 5.0], [2.0, 2.0], [0.0, 0.0]]),
        bias=np.array([4.0, 12.0, 1.0, 0.0]),
    )
    last = Layer(
        weight=np.array([[1.0, -1.0, 0.5, 9.0], [-2.0, 0.5, 1.0, 9.0]]), bias=None
    )
    net = Network(layers=(first, last))
    small, report = NeuronCoreset(keep=0.7, radius=math.sqrt(8)).explain(net)
    said = report.layers[0]
    assert said.facts["sum of the scores"] == pytest.approx(3 * 26)
    share = said.neurons["asked"] / said.neurons["asked"].sum()
    assert share == pytest.approx([10 / 26, 13 / 26, 3 / 26, 0])
    assert said.neurons["distinct"][3] == 0
    assert small.sizes[1] < 4


def test_kept_neurons_keep_their_weights_and_their_own_bias():
    """The public code returns a column of weights in the bias's place."""
    net = network()
    small, report = NeuronCoreset(keep=0.4).explain(net)
    columns, factor = np.arange(6), np.ones(6)
    for i in range(2):
        said = report.layers[i].neurons
        kept = np.flatnonzero(said["distinct"])
        assert len(kept) == small.sizes[i + 1] < net.sizes[i + 1]
        assert (small.layers[i].bias == net.layers[i].bias[kept]).all()
        exact = net.layers[i].weight[np.ix_(kept, columns)] * factor
        assert small.layers[i].weight == pytest.approx(exact, rel=1e-9)
        factor = said["drawn"][kept] / said["asked"][kept]
        columns = kept
    exact = net.layers[2].weight[:, columns] * factor
    assert small.layers[2].weight == pytest.approx(exact, rel=1e-9)
    assert (small.layers[2].bias == net.layers[2].bias).all()


def test_the_radius_changes_the_errors_and_not_the_net():
    net = network()
    one, report = NeuronCoreset(keep=0.4, radius=1.0).explain(net)
    other, farther = NeuronCoreset(keep=0.4, radius=30.0).explain(net)
    for a, b in zip(one.arrays(), other.arrays(), strict=True):
        assert (a == b).all()
    ratio = farther.layers[0].facts["error"] / report.layers[0].facts["error"]
    assert ratio == pytest.approx(math.sqrt(901 / 2))


@settings(derandomize=True, max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), radius=st.floats(0.1, 50))
def test_the_balls_hold_what_enters_the_layers(seed, radius):
    rng, net = np.random.default_rng(seed), network(seed)
    x = rng.normal(size=(50, 6))
    x *= radius / np.linalg.norm(x, axis=1, keepdims=True)
    _, report = NeuronCoreset(keep=0.5, radius=radius).explain(net)
    assert report.layers[0].facts["radius of the inputs"] == radius
    found = np.linalg.norm(advance(net.layers[0], x), axis=1)
    assert (found <= report.layers[1].facts["radius of the inputs"]).all()


def test_the_ball_of_a_layer_counts_the_biases_before_it():
    """Norm of (weights, biases) times that of (input, 1); biases alone are 5 here."""
    first = Layer(weight=1e-3 * np.eye(2), bias=np.array([3.0, 4.0]))
    net = Network(layers=(first, *network(sizes=(2, 3, 2)).layers))
    _, report = NeuronCoreset(keep=0.9, radius=2.0).explain(net)
    found = report.layers[1].facts["radius of the inputs"]
    assert found == pytest.approx(5 * math.sqrt(5), rel=1e-6)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), radius=st.floats(0.1, 50))
def test_no_term_passes_its_score(seed, radius):
    """What Hoeffding's inequality needs: |w phi(p x)| / q is at most t."""
    rng, net = np.random.default_rng(seed), network(seed, sizes=(6, 40, 4))
    x = rng.normal(size=(50, 6))
    x *= radius / np.linalg.norm(x, axis=1, keepdims=True)
    _, report = NeuronCoreset(keep=0.5, radius=radius).explain(net)
    said = report.layers[0]
    q = said.neurons["asked"] / said.neurons["asked"].sum()
    terms = np.abs(net.layers[1].weight).max(axis=0) * advance(net.layers[0], x) / q
    assert terms.max() <= said.facts["sum of the scores"] * (1 + 1e-9)


def test_the_errors_by_a_slow_transcription():
    t, m, r, delta = 7.0, 50.0, 10, 0.1
    root = math.sqrt(2 * math.log(2 * r / delta))
    at_one = error_at_an_input(t, m, readers=r, delta=delta)
    assert at_one == pytest.approx(t * root / math.sqrt(m))
    # solved for m, Hoeffding's tail over r readers is delta
    assert 2 * r * math.exp(-2 * m * at_one**2 / (2 * t) ** 2) == pytest.approx(delta)
    ball = error_in_the_ball(t, m, readers=r, delta=delta)
    assert ball == pytest.approx(t * (2 + root) / math.sqrt(m))


def test_the_errors_of_all_layers_share_delta_among_all_their_readers():
    _, report = NeuronCoreset(keep=0.4, delta=0.1).explain(network())
    for said in report.layers[:-1]:
        total, m = said.facts["sum of the scores"], said.drawn
        for name, bound in [
            ("error", error_in_the_ball),
            ("error at an input", error_at_an_input),
        ]:
            wanted = bound(total, m, readers=30 + 4, delta=0.1)
            assert said.facts[name] == pytest.approx(wanted)


def failures(shrink, trials=150):
    """How often the layer errs anywhere in the ball, and at one input, over shrink."""
    net, delta, radius = network(3, sizes=(3, 300, 2)), 0.5, 2.0
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 3))
    x *= radius / np.linalg.norm(x, axis=1, keepdims=True)
    x *= rng.random((400, 1)) ** (1 / 3)
    a = advance(net.layers[0], x)
    exact = a @ net.layers[1].weight.T
    ball, point = 0, np.zeros(len(x))
    for seed in range(trials):
        compressor = NeuronCoreset(keep=0.3, radius=radius, delta=delta, seed=seed)
        small, report = compressor.explain(net)
        kept = report.layers[0].neurons["distinct"] > 0
        found = a[:, kept] @ small.layers[1].weight.T
        error = np.abs(found - exact).max(axis=1)
        facts = report.layers[0].facts
        ball += (error > facts["error"] / shrink).any()
        point += error > facts["error at an input"] / shrink
    slack = math.sqrt(trials * math.log((1 + len(x)) / 1e-9) / 2)
    allowed = trials * delta + slack
    assert allowed < trials
    return max(ball, point.max()), allowed


def test_inputs_of_the_ball_pass_the_stated_error_no_more_often_than_they_may():
    failed, allowed = failures(1.0)
    assert failed <= allowed


def test_a_thirtieth_of_the_stated_error_is_passed_too_often():
    failed, allowed = failures(30.0)
    assert failed > allowed


def test_a_layer_that_is_kept_whole_has_no_error():
    small, report = NeuronCoreset(keep=1.0).explain(network())
    assert small.sizes == network().sizes
    assert [each.facts["error"] for each in report.layers[:-1]] == [0.0, 0.0]


@pytest.mark.parametrize("keep", [0.5, 1.0])
def test_of_a_layer_that_nothing_reads_one_neuron_stays_without_an_error(keep):
    net = network(sizes=(6, 5, 4))
    unread = Layer(weight=np.zeros((4, 5)), bias=net.layers[1].bias)
    net = Network(layers=(net.layers[0], unread))
    small, report = NeuronCoreset(keep=keep).explain(net)
    assert small.sizes == (6, 1, 4)
    said = report.layers[0]
    assert said.drawn == 0
    assert not said.neurons["distinct"].any()
    assert said.facts["error"] == said.facts["error at an input"] == 0


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"radius": 0.0}, "radius must be above 0"),
        ({"radius": math.inf}, "radius must be above 0"),
        ({"radius": math.nan}, "radius must be above 0"),
        ({"delta": 1.0}, "delta must lie in"),
        ({"seed": -1}, "seed must lie in"),
    ],
)
def test_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        NeuronCoreset(keep=0.5, **options)


def test_the_guarantee_speaks_of_the_whole_ball():
    _, report = NeuronCoreset(keep=0.5, radius=28.0).explain(network())
    assert "for every input of norm at most 28.0 at once" in report.guarantee
