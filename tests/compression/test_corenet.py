"""CoreNet: unbiased draws, what was asked is what is said, the lemma in simulation."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from nonvacuous.bounds.coreset import kappa, sample_size, support_size
from nonvacuous.compression import CoreNet, Rows, corenet
from nonvacuous.compression._assumptions import count_violations
from nonvacuous.compression._statistics import measure, support_rows
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.corenet import sparsify
from nonvacuous.compression.sensitivity import edge_sensitivities, sensitivity_sums
from nonvacuous.data import load
from nonvacuous.nets import Layer, Network
from nonvacuous.training import initial


def rows_of(x):
    return Rows(np.asarray(x), np.zeros(len(x), np.int64), "0123456789abcdef")


def tiny(seed=0, sizes=(12, 8, 3)):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers), double=True)


def points(seed=0, count=300, inputs=12):
    return np.random.default_rng(seed).random((count, inputs))


class Outcome:
    """A source of randomness whose multinomial counts are given."""

    def __init__(self, counts):
        self.counts = np.array([counts])

    def multinomial(self, n, pvals):
        if not n.any():
            return np.zeros_like(self.counts)
        assert (self.counts.sum(axis=1) == n).all()
        return self.counts


def expectation(weight, sensitivities, draws):
    """The mean of the sampled row over every outcome of its draws, exactly weighted."""
    total = sum(map(Fraction, sensitivities))
    mean = np.zeros(len(weight))
    for drawn in itertools.product(range(len(weight)), repeat=draws):
        chance = math.prod(Fraction(sensitivities[j]) / total for j in drawn)
        row, _ = sparsify(
            np.array([weight]),
            np.array([sensitivities]),
            np.array([[float(draws), 0.0]]),
            Outcome(np.bincount(drawn, minlength=len(weight))),
        )
        mean += float(chance) * row[0]
    return mean


@pytest.mark.parametrize(
    ("weight", "sensitivities", "draws"),
    [
        ([3.0, 0.5], [0.875, 0.125], 1),
        ([3.0, 0.5, 1.0], [0.5, 0.25, 1.0], 2),
        ([3.0, 0.5, 1.0, 7.0], [0.5, 0.25, 1.0, 0.125], 3),
    ],
)
def test_fewer_draws_than_edges_are_unbiased_exactly(weight, sensitivities, draws):
    mean = expectation(weight, sensitivities, draws)
    np.testing.assert_allclose(mean, weight, rtol=1e-11)


def test_the_mean_of_many_sampled_layers_is_the_layer():
    """Within six standard errors of the binomial counts, for a fixed seed."""
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(3, 12))
    s = edge_sensitivities(weight, points(count=20))
    draws, trials = 3.0, 4000
    asked = np.full((3, 2), draws)
    source = np.random.Generator(np.random.Philox(key=[5, 5]))
    total = np.zeros_like(weight)
    for _ in range(trials):
        total += sparsify(weight, s, asked, source)[0]
    for sign in (1, -1):
        where = weight * sign > 0
        assert (where.sum(axis=1) > draws).all()
        q = np.where(where, s, 0)
        q = np.broadcast_to(q / q.sum(axis=1, keepdims=True), q.shape)[where]
        deviation = np.abs(weight[where]) * np.sqrt((1 - q) / (q * draws * trials))
        assert (np.abs(total[where] / trials - weight[where]) <= 6 * deviation).all()


def test_sampled_edges_are_multiples_of_their_share():
    weight = np.abs(np.random.default_rng(0).normal(size=(4, 30)))
    s = edge_sensitivities(weight, points(inputs=30))
    asked = np.tile([9.0, 0.0], (4, 1))
    found, _ = sparsify(weight, s, asked, np.random.default_rng(1))
    counts = found / weight * 9 * s / s.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-9)
    np.testing.assert_allclose(counts.sum(axis=1), 9)


def test_edges_that_are_never_active_are_dropped():
    x = points()
    x[:, 4] = 0.0
    net = tiny()
    small, _ = CoreNet(rows=rows_of(x), keep=0.8).explain(net)
    assert net.layers[0].weight[:, 4].all()
    assert not small.layers[0].weight[:, 4].any()


def test_a_part_that_is_never_active_is_dropped_even_when_nothing_is_asked():
    weight, s = np.array([[1.0, -2.0, -3.0]]), np.array([[0.0, 1.0, 1.0]])
    found, _ = sparsify(weight, s, np.array([[0.0, 1e300]]), np.random.default_rng(0))
    assert found.tolist() == [[0.0, -2.0, -3.0]]


@pytest.mark.parametrize("asked", [2.0**60, np.inf])
def test_more_draws_than_can_be_drawn_keep_the_row(asked):
    weight, s = np.array([[1.0, 2.0]]), np.array([[0.5, 0.5]])
    found, _ = sparsify(weight, s, np.array([[asked, 0.0]]), np.random.default_rng(0))
    assert (found == weight).all()


# Budget mode -------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [0.1, 0.3, 0.6])
def test_the_budget_is_the_least_that_meets_the_expected_distinct_edges(keep):
    rng = np.random.default_rng(1)
    weight = rng.normal(size=(5, 40))
    s = edge_sensitivities(weight, points(inputs=40))
    asked = corenet.budget(weight, s, keep)
    for column, sign in enumerate((1, -1)):
        where = weight * sign > 0
        q = np.where(where, s, 0)
        q /= q.sum(axis=1, keepdims=True)
        m = asked[:, column, None]
        target = keep * where.sum(axis=1)
        assert (m == np.ceil(m)).all()
        assert ((1 - (1 - q) ** m).sum(axis=1) >= target * (1 - 1e-9)).all()
        assert ((1 - (1 - q) ** (m - 1)).sum(axis=1) < target).all()


def test_the_kept_edges_are_near_the_budget():
    """Distinct counts are negatively associated: variance at most the mean."""
    net, keep = tiny(sizes=(60, 50, 3)), 0.25
    small, report = CoreNet(rows=rows_of(points(inputs=60)), keep=keep).explain(net)
    edges = net.layers[0].weight.size
    kept = np.count_nonzero(small.layers[0].weight)
    assert report.layers[0].edges == edges
    assert report.layers[0].kept == kept
    assert keep * edges - 6 * math.sqrt(keep * edges) <= kept
    # a neuron and sign draws a whole number of times: at most one edge more
    assert kept <= keep * edges + 2 * 50 + 6 * math.sqrt(keep * edges)


def test_keeping_everything_keeps_everything():
    net = tiny()
    small, _ = CoreNet(rows=rows_of(points()), keep=1.0).explain(net)
    assert (small.layers[0].weight == net.layers[0].weight).all()


# Theory mode -------------------------------------------------------------------------


def test_a_real_net_asks_for_more_than_there_is_and_is_kept_dense():
    digits = load("digits").train
    fresh = initial((64, 48, 10), 0).layers
    awake = Layer(weight=fresh[0].weight, bias=np.full(48, 4.0))  # no unit is dead
    net = Network(layers=(awake, fresh[1]))
    compressed = CoreNet(rows=Rows.of(digits), epsilon=0.5).compress(net)
    support = compressed.report.facts["rows of S"]
    assert support == support_size(0.05, neurons=58, widest=64)
    chosen = support_rows(net, Rows.of(digits), 0.05, 0)
    stats = measure(net, digits.x[chosen].reshape(support, -1), 0.05)
    for i, layer in enumerate(net.layers):
        said = compressed.report.layers[i]
        asked = sample_size(
            stats.sums[i],
            stats.epsilons(0.5)[i],
            0.05,
            neurons=stats.neurons,
            constant=stats.constant,
        )
        assert said.asked == asked.sum() > said.edges
        assert said.layer == i + 1
        assert said.facts["Delta-hat"] == stats.delta_hats[i] >= 1 + stats.kappa
        kept = compressed.network.layers[i].weight
        live = stats.sensitivities[i] > 0
        assert ((kept != 0) == live).all()  # pixels that are never lit are dropped
        assert said.kept == np.count_nonzero(kept)
        for sign in (1, -1):
            part = layer.weight * sign > 0
            whole = ((live & part) == part).all(axis=1, keepdims=True) & part
            assert (kept[whole] == layer.weight[whole]).all()
            assert whole.any() or i == 0


def test_delta_hat_is_the_worst_neurons_mean_and_kappa():
    net, a = tiny(sizes=(5, 4, 3)), points(inputs=5, count=30)
    stats = measure(net, a, 0.05)
    for layer, found in zip(net.layers, stats.delta_hats, strict=True):
        means = []
        for w, b in zip(layer.weight, layer.bias, strict=True):
            ratios = [sum(abs(w * x)) / abs(sum(w * x) + b) for x in a]
            means.append(np.maximum(ratios, 1).mean())
        assert found == pytest.approx(max(means) + stats.kappa, rel=1e-12)
        assert max(means) > 1.1 * min(means)
        a = np.maximum(a @ layer.weight.T + layer.bias, 0)


def test_a_sign_complexity_that_is_infinite_asks_for_more_than_can_be_drawn():
    """Positive and negative terms cancel on S: A2 is false, and all edges are kept."""
    first = Layer(weight=np.array([[1.0, -1.0], [1.0, 2.0]]), bias=None)
    net = Network(layers=(first, Layer(weight=np.array([[1.0, 3.0]]), bias=None)))
    x = np.random.default_rng(0).integers(1, 4, size=(200, 2)).astype(float)
    small, report = CoreNet(rows=rows_of(x), epsilon=0.5).explain(net)
    assert report.layers[0].facts["Delta-hat"] == np.inf
    assert report.layers[0].neurons["asked"].tolist() == [[np.inf] * 2, [np.inf, 0]]
    assert not report.layers[0].neurons["epsilon"].any()
    assert (small.layers[0].weight == first.weight).all()


def test_biases_are_kept_exact():
    net = tiny()
    compressed = CoreNet(rows=rows_of(points()), keep=0.2).compress(net)
    for found, layer in zip(compressed.network.layers, net.layers, strict=True):
        assert (found.bias == layer.bias).all()


def test_too_few_rows_are_refused_with_the_number_that_is_asked():
    needed = support_size(0.05, neurons=11, widest=12)
    compressor = CoreNet(rows=rows_of(points(count=needed - 1)), keep=0.5)
    with pytest.raises(ValueError, match=f"at least the {needed} .* got {needed - 1}"):
        compressor.compress(tiny())
    enough = CoreNet(rows=rows_of(points(count=needed)), keep=0.5)
    assert enough.compress(tiny()).report.facts["rows of S"] == needed


def test_inputs_of_both_signs_halve_delta():
    x = points() - 0.5
    net = tiny()
    assert len(support_rows(net, rows_of(x), 0.05, 0)) == support_size(
        0.025, neurons=11, widest=12
    )
    stats = measure(net, x, 0.05)
    assert stats.signed_inputs
    assert stats.spend(0.05) == 0.025
    assert stats.kappa == kappa(0.025, neurons=11, widest=12)
    assert measure(net, points(), 0.05).kappa == kappa(0.05, neurons=11, widest=12)
    assert not measure(net, points(), 0.05).signed_inputs


def test_a_negative_input_outside_of_the_support_halves_delta_too(monkeypatch):
    net, x = tiny(), points()
    placeholder = x.copy()
    placeholder[0, 0] = -1.0
    chosen = support_rows(net, rows_of(placeholder), 0.05, 0)
    x[np.setdiff1d(np.arange(len(x)), chosen)[0], 0] = -1.0
    seen = []

    def watched(*args, **options):
        seen.append(measure(*args, **options))
        return seen[-1]

    monkeypatch.setattr(corenet, "measure", watched)
    CoreNet(rows=rows_of(x), keep=0.5).explain(net)
    assert seen[0].spend(0.05) == 0.025


def test_the_support_is_drawn_from_the_rows_without_replacement():
    net, rows = tiny(), rows_of(points())
    one, other = (support_rows(net, rows, 0.05, seed) for seed in (0, 1))
    assert len(set(one.tolist())) == len(one)
    assert (one[1:] > one[:-1]).all()
    assert one.tolist() != other.tolist()
    assert one.tolist() == support_rows(net, rows, 0.05, 0).tolist()


def test_compress_gives_the_same_bytes_twice_and_decodes_to_the_net():
    net, compressor = tiny(), CoreNet(rows=rows_of(points()), keep=0.3, seed=4)
    before = [a.tobytes() for a in net.arrays()]
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    back, bits = decode_network(one.code.data)
    assert bits == one.code.bits
    sampled, _ = compressor.explain(net)
    for found, kept, drawn in zip(
        back.arrays(), one.network.arrays(), sampled.arrays(), strict=True
    ):
        assert (found == kept).all()
        assert (found == drawn).all()
    assert [a.tobytes() for a in net.arrays()] == before
    other = CoreNet(rows=rows_of(points()), keep=0.3, seed=5).compress(net)
    assert other.code != one.code


def test_the_name_says_the_rows_by_digest_and_the_seed():
    compressor = CoreNet(rows=rows_of(points()), keep=0.3, seed=4)
    assert repr(compressor) == (
        "CoreNet(rows=Rows(300, '0123456789ab'), epsilon=None, keep=0.3, delta=0.05,"
        " constant=None, seed=4)"
    )
    assert compressor.compress(tiny()).pipeline == repr(compressor)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({}, "either epsilon"),
        ({"epsilon": 0.5, "keep": 0.5}, "either epsilon"),
        ({"epsilon": 0.0}, "epsilon must lie"),
        ({"epsilon": 1.0}, "epsilon must lie"),
        ({"keep": 0.0}, "keep must lie"),
        ({"keep": 1.1}, "keep must lie"),
        ({"keep": math.nan}, "keep must lie"),
        ({"keep": 0.5, "constant": 0.5}, "constant must be at least 1 and finite"),
        ({"keep": 0.5, "constant": math.inf}, "constant must be at least 1 and finite"),
    ],
)
def test_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        CoreNet(rows=rows_of(points()), **options)


@pytest.mark.parametrize("delta", [0.0, 1.0])
def test_a_delta_out_of_range_is_refused_at_the_latest_by_compress(delta):
    with pytest.raises(ValueError, match="delta must lie"):
        CoreNet(rows=rows_of(points()), keep=0.5, delta=delta).compress(tiny())


# The lemma ---------------------------------------------------------------------------


def failures(share, trials=600):
    """How often a point's relative error passes epsilon, and out of how many draws.

    S is the whole population, so that K = 1 is exact.
    """
    epsilon, delta = 0.5, 0.5
    rng = np.random.default_rng(7)
    weight = rng.pareto(1.5, size=(1, 400)) + 0.01
    a = rng.random((12, 400)) * (rng.random((12, 400)) < 0.5)
    s = edge_sensitivities(weight, a)
    sums = sensitivity_sums(weight, s)
    asked = sample_size(sums, epsilon, delta, neurons=1, constant=1.0)
    asked = np.ceil(asked * share)
    source = np.random.Generator(np.random.Philox(key=[1, 2]))
    exact, failed = a @ weight[0], np.zeros(len(a))
    for _ in range(trials):
        sampled, _ = sparsify(weight, s, asked, source)
        assert 0 < np.count_nonzero(sampled) < weight.size
        failed += np.abs(a @ sampled[0] - exact) > epsilon * exact
    return failed, trials, delta


def test_lemma_1_fails_no_more_often_than_it_may():
    """At a point, delta/4; Hoeffding's slack at 1e-9 and a union over twelve points."""
    failed, trials, delta = failures(1.0)
    slack = math.sqrt(trials * math.log(12 / 1e-9) / 2)
    assert trials * delta / 4 + slack < trials
    assert failed.max() <= trials * delta / 4 + slack


def test_lemma_1_fails_with_far_fewer_draws_than_it_asks_for():
    failed, trials, delta = failures(0.002)
    slack = math.sqrt(trials * math.log(12 / 1e-9) / 2)
    assert failed.max() > trials * delta / 4 + slack


def epsilons_passed(shrink, trials=150):
    """How often a point passes the report's epsilon over shrink, fed by worse inputs.

    All rows are S, so that K = 1 holds.  What enters is off by a half: more on the
    edges that count most at a point, less on the others.
    """
    rng, size, delta = np.random.default_rng(3), 1500, 0.5
    needed = support_size(delta, neurons=1, widest=size, constant=1.0)
    x = rng.random((needed, size)) ** 3
    net = Network(layers=(Layer(weight=0.5 + rng.random((1, size)), bias=None),))
    w = net.layers[0].weight[0]
    share = w * x / (x @ w)[:, None]
    worst = share >= 0.9 * share.max(axis=0)
    entering = x * np.where(worst, 1.5, 0.5)
    exact = entering @ w
    assert (w * entering / exact[:, None] / share.max(axis=0)).max() > 1.7
    failed = np.zeros(needed)
    for seed in range(trials):
        compressor = CoreNet(
            rows=rows_of(x), keep=0.3, delta=delta, constant=1.0, seed=seed
        )
        small, report = compressor.explain(net)
        epsilon = report.layers[0].neurons["epsilon"][0, 0]
        assert 0 < small.kept < size / 2
        assert epsilon < 0.9
        found = entering @ small.layers[0].weight[0]
        failed += np.abs(found - exact) > epsilon / shrink * exact
    return failed.max(), binom.ppf(1 - 1e-6 / needed, trials, delta / 4)


def test_inputs_off_by_half_pass_the_epsilon_no_more_often_than_they_may():
    failed, allowed = epsilons_passed(1.0)
    assert failed <= allowed


def test_a_sixteenth_of_the_epsilon_is_passed_too_often():
    failed, allowed = epsilons_passed(16.0)
    assert failed > allowed


def test_the_theorem_holds_where_it_really_samples():
    """One neuron of many edges of both signs: theory mode keeps a part of them."""
    rng, size, epsilon, delta, trials = np.random.default_rng(5), 100_000, 0.9, 0.2, 12
    needed = support_size(delta, neurons=1, widest=size, constant=1.0)
    x = 1 + 0.1 * rng.random((needed, size))
    w = np.where(np.arange(size) % 50 == 0, -1.0, 1.0)
    net = Network(layers=(Layer(weight=w[None], bias=np.array([7.0])),))
    exact, failed = x @ w + 7.0, np.zeros(needed)
    for seed in range(trials):
        compressor = CoreNet(
            rows=rows_of(x), epsilon=epsilon, delta=delta, constant=1.0, seed=seed
        )
        small, report = compressor.explain(net)
        said = report.layers[0]
        # only the positive part has more edges than draws find
        assert (said.neurons["drawn"] > 0).tolist() == [[True, False]]
        assert 0 < small.kept < 0.9 * size
        found = x @ small.layers[0].weight[0] + 7.0
        failed += np.abs(found - exact) > epsilon * np.abs(exact)
    assert failed.max() <= binom.ppf(1 - 1e-6 / needed, trials, delta) < trials


# Where the assumptions fail ----------------------------------------------------------


def test_theory_mode_counts_where_its_assumptions_fail():
    """Rows alike in S, and one row outside it that lights an edge S never saw."""
    weight = np.array([[1.0, 1.0, -1.0]])
    net = Network(layers=(Layer(weight=weight, bias=None),))
    x = np.tile([1.0, 0.0, 0.0], (60, 1))
    stats = measure(net, x[:50], 0.05)
    fine = count_violations(net, stats, x[50:])
    assert list(fine.values()) == [10, 0, 0]
    odd = np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    found = count_violations(net, stats, odd)
    # the second row cancels exactly: its Delta is infinite
    assert list(found.values()) == [3, 1, 2]


def test_an_infinite_complexity_is_counted_even_where_delta_hat_is_infinite():
    """It is A2 that makes Delta-hat finite."""
    net = Network(layers=(Layer(weight=np.array([[1.0, -1.0]]), bias=None),))
    x = np.array([[1.0, 1.0], [1.0, 2.0], [3.0, 3.0]])
    stats = measure(net, x, 0.05)
    assert stats.delta_hats == (np.inf,)
    assert list(count_violations(net, stats, x).values()) == [3, 2, 0]


def test_where_all_rows_are_in_s_the_assumptions_are_counted_on_none():
    needed = support_size(0.05, neurons=11, widest=12)
    rows = rows_of(points(count=needed).reshape(needed, 3, 4))
    _, report = CoreNet(rows=rows, epsilon=0.5).explain(tiny())
    counted = {n: v for n, v in report.facts.items() if n not in ("K", "rows of S")}
    assert len(counted) == 3
    assert not any(counted.values())


def test_the_counts_are_in_the_report_of_theory_mode_only():
    net, rows = tiny(), rows_of(points())
    _, report = CoreNet(rows=rows, epsilon=0.5).explain(net)
    counted = [name for name in report.facts if "against A" in name]
    assert len(counted) == 2
    assert report.facts["rows outside S that the assumptions were counted on"] == (
        300 - report.facts["rows of S"]
    )
    _, other = CoreNet(rows=rows, keep=0.5).explain(net)
    assert not [name for name in other.facts if "against A" in name]
