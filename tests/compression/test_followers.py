"""What holds for every sampler of entries, edges and neurons alike."""

import itertools
import math
from unittest import mock

import numpy as np
import pytest

from nonvacuous.compression import (
    CompressionError,
    CoreNet,
    CoreNetPlus,
    CoreNetPlusPlus,
    HybridSampling,
    L1Sampling,
    L2Sampling,
    NeuronCoreset,
    PFPDeterministic,
    PFPRandom,
    Rows,
    SiPPDeterministic,
    SiPPHybrid,
    SiPPRandom,
    UniformSampling,
    entrywise,
    neuron_coresets,
    pfp,
    sipp,
)
from nonvacuous.compression._activations import advance
from nonvacuous.compression.codes import decode_network
from nonvacuous.nets import Layer, Network

ENTRYWISE = (UniformSampling, L1Sampling, L2Sampling, HybridSampling)
EDGES = (SiPPDeterministic, SiPPRandom, SiPPHybrid)
NEURONS = (PFPDeterministic, PFPRandom)
CORENETS = (CoreNet, CoreNetPlus, CoreNetPlusPlus)
SIZES = (30, 24, 16, 5)


def network(seed=0, sizes=SIZES):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


def rows(seed=0, count=200, inputs=SIZES[0]):
    x = np.random.default_rng(seed).random((count, inputs))
    return Rows(x, np.zeros(count, np.int64), "0123456789abcdef")


def outputs(net, x):
    a = x
    for layer in net.layers[:-1]:
        a = advance(layer, a)
    last = net.layers[-1]
    return a @ last.weight.T + (0.0 if last.bias is None else last.bias)


def entries(net):
    return sum(layer.weight.size for layer in net.layers)


def every(keep):
    """One of each, by name."""
    matrix = [kind(keep=keep, whole_matrix=True, seed=3) for kind in ENTRYWISE]
    measured = [kind(keep=keep, rows=rows(), seed=3) for kind in (*EDGES, *NEURONS)]
    plain = [kind(keep=keep, seed=3) for kind in (*ENTRYWISE, NeuronCoreset)]
    return [pytest.param(c, id=repr(c)[:40]) for c in (*plain, *matrix, *measured)]


@pytest.mark.parametrize("compressor", every(0.4))
def test_the_code_decodes_to_the_net_whatever_follows_it(compressor):
    net = network()
    before = [a.tobytes() for a in net.arrays()]
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    assert [a.tobytes() for a in net.arrays()] == before
    small, report = compressor.explain(net)
    for data in (one.code.data, one.code.data + b"\xffjunk"):
        back, bits = decode_network(data)
        assert bits == one.code.bits
        for found, kept, made in zip(
            back.arrays(), one.network.arrays(), small.arrays(), strict=True
        ):
            assert found.tobytes() == kept.tobytes() == made.tobytes()
    assert [each.kept for each in report.layers] == [a.kept for a in small.layers]
    assert [each.edges for each in report.layers] == [a.kept for a in net.layers]
    assert compressor.apply(net).kept == small.kept
    assert one.pipeline == repr(compressor)


@pytest.mark.parametrize("compressor", every(1.0))
def test_keeping_everything_changes_nothing(compressor):
    """Every neuron of this net is active, and so is every edge."""
    layers = [
        Layer(weight=a.weight, bias=a.bias + 100.0 ** (i + 1))
        for i, a in enumerate(network().layers)
    ]
    net = Network(layers=tuple(layers))
    x = rows().x
    for layer in net.layers[:-1]:
        x = advance(layer, x)
        assert (x > 0).all()
    small = compressor.apply(net)
    for found, layer in zip(small.layers, net.layers, strict=True):
        assert (found.weight == layer.weight).all()
        assert (found.bias == layer.bias).all()


@pytest.mark.parametrize("keep", [0.15, 0.5])
@pytest.mark.parametrize("kind", [SiPPDeterministic, PFPDeterministic])
def test_what_is_not_drawn_keeps_no_more_than_the_budget(kind, keep):
    net = network()
    small = kind(keep=keep, rows=rows()).apply(net)
    assert small.kept <= keep * entries(net)
    if kind is SiPPDeterministic:
        assert small.kept == int(keep * entries(net))
    else:  # one neuron more in each layer is too many
        widths = np.array(small.sizes)
        widths[1:-1] += 1
        assert (widths[1:] * widths[:-1]).sum() > keep * entries(net)


@pytest.mark.parametrize("keep", [0.15, 0.5])
@pytest.mark.parametrize("kind", [*ENTRYWISE, SiPPRandom, SiPPHybrid])
def test_what_is_drawn_keeps_about_the_budget(kind, keep):
    """Distinct counts are negatively associated: variance at most the mean."""
    net = network(sizes=(80, 60, 40, 10))
    more = {} if kind in ENTRYWISE else {"rows": rows(inputs=80)}
    small = kind(keep=keep, **more).apply(net)
    wanted, neurons = keep * entries(net), 110
    slack = 6 * math.sqrt(wanted)
    # rounding: less than one edge a row up, or one edge a neuron and sign down
    assert wanted - slack - 2 * neurons <= small.kept <= wanted + slack + neurons


@pytest.mark.parametrize("keep", [0.15, 0.5])
@pytest.mark.parametrize("kind", [PFPRandom, NeuronCoreset])
def test_neurons_drawn_leave_about_the_budget_on_average(kind, keep):
    net, trials = network(sizes=(30, 40, 30, 5)), 60
    more = {} if kind is NeuronCoreset else {"rows": rows()}
    shares = [
        kind(keep=keep, seed=seed, **more).apply(net).kept / entries(net)
        for seed in range(trials)
    ]
    # a draw more or less moves a layer by one neuron: by 35 weights of 75, or less
    rounding = 2 * 75 / entries(net)
    error = 6 * np.std(shares) / math.sqrt(trials)
    assert abs(np.mean(shares) - keep) <= error + rounding


# Unbiased ----------------------------------------------------------------------------


class Outcome:
    """A source of randomness that gives one outcome, and remembers the chances."""

    def __init__(self, outcome=None):
        self.outcome, self.q, self.draws = outcome, None, 0

    def multinomial(self, n, pvals):
        counts = np.zeros(pvals.shape, np.int64)
        if n.any():
            (row,) = np.flatnonzero(n)
            self.draws, self.q = int(n[row]), pvals[row] / pvals[row].sum()
            if self.outcome is not None:
                counts[row] = np.bincount(self.outcome, minlength=pvals.shape[1])
                assert counts[row].sum() == self.draws
        return counts


def expectation(module, compressor, net, x):
    """The mean output at x over all outcomes of the draws."""
    seen = Outcome()
    with mock.patch.object(module, "stream", return_value=seen):
        compressor.apply(net)
    mean, total = np.zeros(net.sizes[-1]), 0.0
    for outcome in itertools.product(range(len(seen.q)), repeat=seen.draws):
        fixed = Outcome(outcome)
        with mock.patch.object(module, "stream", return_value=fixed):
            small = compressor.apply(net)
        chance = float(np.prod(seen.q[list(outcome)]))
        mean += chance * outputs(small, x[None])[0]
        total += chance
    assert 1 < seen.draws < len(seen.q)
    assert total == pytest.approx(1.0)
    return mean


def positive(sizes):
    rng = np.random.default_rng(2)
    layers = [
        Layer(weight=rng.random((b, a)) + 0.1, bias=rng.random(b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


@pytest.mark.parametrize("whole_matrix", [False, True])
@pytest.mark.parametrize("kind", ENTRYWISE)
def test_sampled_entries_are_unbiased(kind, whole_matrix):
    net = positive((5, 1))
    compressor = kind(keep=0.3, whole_matrix=whole_matrix)
    x = np.arange(1.0, 6.0)
    found = expectation(entrywise, compressor, net, x)
    assert found == pytest.approx(outputs(net, x[None])[0], rel=1e-10)


def test_sampled_edges_are_unbiased():
    net, x = positive((5, 1)), np.arange(1.0, 6.0)
    compressor = SiPPRandom(rows=rows(inputs=5), keep=0.4)
    found = expectation(sipp, compressor, net, x)
    assert found == pytest.approx(outputs(net, x[None])[0], rel=1e-10)


@pytest.mark.parametrize("kind", [PFPRandom, NeuronCoreset])
def test_sampled_neurons_are_unbiased(kind):
    net, x = positive((3, 5, 2)), np.arange(1.0, 4.0)
    more = {} if kind is NeuronCoreset else {"rows": rows(inputs=3)}
    module = neuron_coresets if kind is NeuronCoreset else pfp
    found = expectation(module, kind(keep=0.5, **more), net, x)
    assert found == pytest.approx(outputs(net, x[None])[0], rel=1e-10)


# Settings ----------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [0.0, 1.5, math.nan])
@pytest.mark.parametrize("kind", [*ENTRYWISE, *EDGES, *NEURONS, NeuronCoreset])
def test_a_share_out_of_range_is_refused(kind, keep):
    more = {"rows": rows()} if kind in (*EDGES, *NEURONS) else {}
    with pytest.raises(ValueError, match=r"keep must lie in \(0, 1\]"):
        kind(keep=keep, **more)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"delta": 0.0}, "delta must lie in"),
        ({"delta": 1.0}, "delta must lie in"),
        ({"constant": 0.5}, "constant must be at least 1"),
        ({"constant": math.inf}, "constant must be at least 1"),
        ({"seed": -1}, "seed must lie in"),
    ],
)
@pytest.mark.parametrize("kind", [*EDGES, *NEURONS])
def test_other_settings_out_of_range_are_refused(kind, options, match):
    with pytest.raises(ValueError, match=match):
        kind(keep=0.5, rows=rows(), **options)


@pytest.mark.parametrize("kind", [*EDGES, *NEURONS])
def test_too_few_rows_are_refused(kind):
    with pytest.raises(CompressionError, match="rows must be at least"):
        kind(keep=0.5, rows=rows(count=10)).apply(network())


@pytest.mark.parametrize("kind", [*NEURONS, NeuronCoreset])
def test_a_budget_below_one_neuron_a_layer_is_refused(kind):
    more = {} if kind is NeuronCoreset else {"rows": rows()}
    least = 30 + 1 + 5
    with pytest.raises(CompressionError, match=f"is {least} weights, got 0.02"):
        kind(keep=0.02, **more).apply(network())
    enough = kind(keep=(least + 1e-9) / entries(network()), **more)
    assert max(enough.apply(network()).sizes[1:-1]) <= 1 + (kind is NeuronCoreset)


@pytest.mark.parametrize("kind", [*EDGES, *NEURONS, *CORENETS, NeuronCoreset])
def test_a_tiny_risk_is_not_rounded_to_none(kind):
    more = {} if kind is NeuronCoreset else {"rows": rows(count=2000)}
    said = kind(keep=0.5, delta=1e-9, **more).explain(network())[1].guarantee
    assert "except with probability 1e-9" in said
    assert "probability 1 " not in said


@pytest.mark.parametrize("kind", CORENETS)
@pytest.mark.parametrize("budget", [{"keep": 0.5}, {"epsilon": 0.12301}])
def test_a_promise_for_fresh_rows_names_all_that_it_is_a_promise_over(kind, budget):
    compressor = kind(rows=rows(count=1500), **budget)
    said = compressor.explain(network())[1].guarantee
    assert "over the rows, the draws and a fresh row" in said
    assert "if" in said
    assert "(A1)" in said
    assert "the rows are independent and played no part in making the net" in said
    assert "keep" in budget or "factor 1 +- 0.124 of" in said


@pytest.mark.parametrize("kind", [*EDGES, CoreNet])
def test_inputs_of_both_signs_err_by_a_share_of_their_terms_not_of_their_sum(kind):
    signed = Rows(rows().x - 0.5, rows().y, "0" * 16)
    said = kind(rows=signed, keep=0.5).explain(network())[1].guarantee
    assert "times the sum of" in said
    assert "terms' sizes" in said


@pytest.mark.parametrize("kind", [*EDGES, *NEURONS])
def test_the_name_says_the_rows_by_digest(kind):
    assert repr(kind(keep=0.3, rows=rows(), seed=4)) == (
        f"{kind.__name__}(rows=Rows(200, '0123456789ab'), keep=0.3, delta=0.05,"
        " constant=3.0, seed=4)"
    )


@pytest.mark.parametrize("kind", [*ENTRYWISE, *EDGES, *NEURONS, NeuronCoreset])
def test_a_net_without_biases_stays_without(kind):
    more = {"rows": rows()} if kind in (*EDGES, *NEURONS) else {}
    bare = tuple(Layer(weight=a.weight, bias=None) for a in network().layers)
    small = kind(keep=0.5, **more).compress(Network(layers=bare)).network
    assert all(layer.bias is None for layer in small.layers)
