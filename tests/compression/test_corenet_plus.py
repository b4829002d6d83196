"""CoreNet+ and CoreNet++: idle neurons, and the best of several coresets."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous._sizes import (
    amplification_rows,
    amplification_trials,
    guaranteed_epsilon,
    sample_size,
)
from nonvacuous.compression import (
    CompressionError,
    CoreNet,
    CoreNetPlus,
    CoreNetPlusPlus,
    Rows,
)
from nonvacuous.compression._statistics import support_rows
from nonvacuous.compression._tolerance import outputs_of
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.corenet_plus import without_inactive, without_unlinked
from nonvacuous.compression.corenet_plus_plus import amplified
from nonvacuous.compression.sampling import probabilities, sample
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=40, deadline=None)


def rows_of(x):
    return Rows(np.asarray(x), np.zeros(len(x), np.int64), "0123456789abcdef")


def tiny(seed=0, sizes=(12, 8, 3)):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers), double=True)


def points(seed=0, count=1200, inputs=12):
    return np.random.default_rng(seed).random((count, inputs))


# Which neurons go --------------------------------------------------------------------


def test_neurons_that_are_inactive_on_every_point_go_and_outputs_stay():
    net, x = tiny(sizes=(5, 20, 9, 3)), points(inputs=5, count=6)
    small = without_inactive(net, x)
    hidden = np.maximum(x @ net.layers[0].weight.T + net.layers[0].bias, 0)
    assert 1 < small.sizes[1] == hidden.any(axis=0).sum() < 20
    np.testing.assert_allclose(outputs_of(small, x), outputs_of(net, x), atol=1e-12)


def test_a_layer_that_is_all_inactive_keeps_one_neuron():
    dead = Layer(weight=np.zeros((4, 3)), bias=-np.ones(4))
    net = Network(layers=(dead, Layer(weight=np.ones((2, 4)), bias=np.ones(2))))
    assert without_inactive(net, np.ones((2, 3))).sizes == (3, 1, 2)


def test_a_neuron_that_nothing_enters_becomes_a_bias():
    first = Layer(
        weight=np.array([[1.0, 2], [0, 0], [0, 0], [3, 4]]),
        bias=np.array([0.5, 2.0, -1.0, 0.0]),
    )
    second = Layer(weight=np.array([[1.0, 10, 100, 0]]), bias=np.array([7.0]))
    small = without_unlinked(Network(layers=(first, second)))
    assert small.layers[0].weight.tolist() == [[1, 2]]
    assert small.layers[1].weight.tolist() == [[1]]
    assert small.layers[1].bias.tolist() == [27.0]
    free = Network(layers=(first, Layer(weight=second.weight, bias=None)))
    assert without_unlinked(free).layers[1].bias.tolist() == [20.0]


@exactly
@given(seed=st.integers(0, 10**6), density=st.floats(0.02, 0.6))
def test_unlinked_neurons_change_no_output(seed, density):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(
            weight=rng.normal(size=(b, a)) * (rng.random((b, a)) < density),
            bias=rng.normal(size=b),
        )
        for a, b in itertools.pairwise((4, 7, 6, 3))
    ]
    net = Network(layers=tuple(layers))
    small, x = without_unlinked(net), rng.random((9, 4))
    np.testing.assert_allclose(outputs_of(small, x), outputs_of(net, x), atol=1e-12)
    for layer, after in itertools.pairwise(small.layers):
        if len(layer.weight) > 1:
            assert layer.weight.any(axis=1).all()
            assert after.weight.any(axis=0).all()


def test_the_report_counts_neurons_by_what_removed_them():
    net, rows = tiny(sizes=(12, 30, 3)), rows_of(points())
    small, report = CoreNetPlus(rows=rows, keep=0.1).explain(net)
    inactive = report.facts["inactive neurons removed"]
    unlinked = report.facts["unlinked neurons removed"]
    assert small.sizes[1] == 30 - inactive - unlinked
    assert inactive > 0
    assert unlinked > 0
    _, other = CoreNetPlus(rows=rows, keep=0.1, inactive=False).explain(net)
    assert other.facts["inactive neurons removed"] == 0


@pytest.mark.parametrize("kind", [CoreNetPlus, CoreNetPlusPlus])
def test_the_report_counts_edges_of_the_original_and_what_the_small_net_stores(kind):
    net, rows = tiny(sizes=(12, 30, 20, 3)), rows_of(points(count=2000))
    small, report = kind(rows=rows, keep=0.1).explain(net)
    assert sum(small.sizes) < sum(net.sizes) - 10
    for said, before, after in zip(
        report.layers, net.layers, small.layers, strict=True
    ):
        assert said.edges == np.count_nonzero(before.weight)
        assert said.kept == np.count_nonzero(after.weight)


def test_without_idle_neurons_it_is_corenet():
    first = Layer(weight=np.random.default_rng(0).normal(size=(4, 12)), bias=np.ones(4))
    net = Network(layers=(first, tiny(sizes=(4, 3)).layers[0]), double=True)
    rows = rows_of(points())
    plus = CoreNetPlus(rows=rows, keep=0.9).apply(net)
    plain = CoreNet(rows=rows, keep=0.9).apply(net)
    for one, other in zip(plus.arrays(), plain.arrays(), strict=True):
        assert (one == other).all()


# Amplification -----------------------------------------------------------------------


@pytest.mark.parametrize(("delta", "neurons"), [(0.1, 410), (0.05, 58), (1e-6, 3)])
def test_trials_and_rows_are_the_least_that_close_the_budget(delta, neurons):
    tau = amplification_trials(delta, neurons=neurons)
    assert 0.9**tau <= delta / (4 * neurons) < 0.9 ** (tau - 1)
    size = amplification_rows(delta, neurons=neurons, trials=tau)
    events = 2 * tau * neurons
    assert events * 2 * math.exp(-2 * size / 16) <= delta / 2
    assert events * 2 * math.exp(-2 * (size - 1) / 16) > delta / 2


def test_the_extreme_errors_on_t_miss_their_mean_with_a_chance_that_closes():
    """0 or 1 with equal chances: the largest variance there is; tails are exact."""
    for delta, neurons in [(0.9, 1), (0.1, 410), (0.05, 58)]:
        tau = amplification_trials(delta, neurons=neurons)
        size = amplification_rows(delta, neurons=neurons, trials=tau)
        misses = binom.cdf(math.floor(size / 4), size, 0.5) * 2
        assert 2 * neurons * tau * misses <= delta / 2


@pytest.mark.parametrize("signed", [False, True])
def test_the_theorem_covers_all_the_coresets_that_are_compared(signed):
    """T may prefer the coreset that errs at x, so none of them all may err."""
    net, x = tiny(), points(count=2000) - 0.5 * signed
    spent = 0.1 / 2 if signed else 0.1
    compressor = CoreNetPlusPlus(rows=rows_of(x), epsilon=0.5, delta=0.1)
    chosen = support_rows(net, compressor.rows, 0.1, 0)
    start = compressor.begin(net, x[chosen])
    stats = compressor.statistics(start, x[chosen])
    neurons = sum(start.sizes[1:])
    events = neurons * amplification_trials(spent, neurons=neurons)
    given = {"neurons": events, "constant": stats.constant}
    _, theory = compressor.explain(net)
    for i, said in enumerate(theory.layers):
        e = stats.epsilons(0.5)[i]
        wanted = sample_size(stats.sums[i], e, spent, **given)
        np.testing.assert_array_equal(said.neurons["asked"], wanted)
    _, budget = CoreNetPlusPlus(rows=rows_of(x), keep=0.4, delta=0.1).explain(net)
    for i, said in enumerate(budget.layers):
        wanted = guaranteed_epsilon(
            stats.sums[i], said.neurons["drawn"], spent, **given
        )
        np.testing.assert_array_equal(said.neurons["epsilon"], wanted)


def test_what_is_best_on_common_points_is_worst_on_a_rare_one():
    """Three points that read an edge each, and two draws: one point must be missed."""
    weight, q, asked = np.ones((1, 3)), np.full((1, 3), 1 / 3), np.array([2.0])
    common = np.array([[1.0, 0, 0], [0, 1, 0]])
    missed = {1: 0, 60: 0}
    for trials in missed:
        for seed in range(200):
            draw = np.random.Generator(np.random.Philox(key=[seed, 1]))
            found, _ = amplified(
                weight, q, asked, draw, trials=trials, exact=common, entering=common
            )
            missed[trials] += found[0, 2] == 0
    # of single coresets 4 in 9 miss it, within six standard errors
    assert abs(missed[1] - 200 * 4 / 9) <= 6 * math.sqrt(200 * 20 / 81)
    assert missed[60] == 200


def naive(weight, q, asked, draw, trials, exact, entering):
    """One row and one candidate at a time, in the order of the fast draws."""
    candidates, draws = sample(
        np.repeat(weight, trials, axis=0),
        np.repeat(q, trials, axis=0),
        np.repeat(asked, trials),
        draw,
    )
    kept, drawn = [], []
    for i, row in enumerate(weight):
        best = None
        for t in range(trials):
            candidate = candidates[i * trials + t]
            total = 0.0
            for a, small in zip(exact, entering, strict=True):
                right, found = row @ a, candidate @ small
                error = float(found != 0) if right == 0 else abs(found / right - 1)
                total += min(error, 1.0)
            if best is None or total < best[0] - 1e-9:
                best = (total, candidate, draws[i * trials + t])
        kept.append(best[1])
        drawn.append(best[2])
    return np.array(kept), np.array(drawn)


@pytest.mark.parametrize("trials", [1, 2, 7])
def test_the_candidate_with_the_least_mean_error_is_kept(trials):
    rng = np.random.default_rng(3)
    weight = np.abs(rng.normal(size=(5, 9)))
    q = probabilities(rng.random((5, 9)) * (rng.random((5, 9)) < 0.8))
    exact = rng.random((11, 9)) * (rng.random((11, 9)) < 0.5)
    exact[4] = 0.0
    entering = exact * rng.uniform(0.9, 1.1, size=exact.shape)
    asked = np.array([3.0, 4, 5, 2, 1e9])
    source = [np.random.Generator(np.random.Philox(key=[1, 2])) for _ in range(2)]
    found = amplified(
        weight, q, asked, source[0], trials=trials, exact=exact, entering=entering
    )
    wanted = naive(weight, q, asked, source[1], trials, exact, entering)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def test_chunks_change_nothing_but_the_order_of_draws(monkeypatch):
    from nonvacuous.compression import corenet_plus_plus

    monkeypatch.setattr(corenet_plus_plus, "_ENTRIES", 1)
    rng = np.random.default_rng(0)
    weight, exact = np.abs(rng.normal(size=(1, 6))), rng.random((8, 6))
    q, asked = probabilities(weight), np.array([3.0])
    draws = [np.random.Generator(np.random.Philox(key=[1, 2])) for _ in range(2)]
    found = amplified(weight, q, asked, draws[0], trials=4, exact=exact, entering=exact)
    wanted = naive(weight, q, asked, draws[1], 4, exact, exact)
    np.testing.assert_array_equal(found[0], wanted[0])


def test_amplification_lowers_the_error_of_the_outputs():
    net = tiny(sizes=(40, 30, 3))
    x = points(inputs=40, count=3000)
    right = outputs_of(net, x[:500])

    def error(kind):
        small = kind(rows=rows_of(x), keep=0.3, delta=0.5).apply(net)
        return np.abs(outputs_of(small, x[:500]) - right).mean()

    assert error(CoreNetPlusPlus) < 0.7 * error(CoreNetPlus)


def test_every_layer_has_rows_of_its_own_to_compare_on():
    net, x = tiny(sizes=(12, 8, 6, 3)), points(count=2000)
    compressor = CoreNetPlusPlus(rows=rows_of(x), keep=0.5)
    stats = compressor.statistics(net, x[:100])
    chosen = np.arange(100)
    seen = [
        {row.tobytes() for row in compressor.comparison(net, i, stats, chosen)}
        for i in range(3)
    ]
    assert [len(rows) for rows in seen] == 3 * [compressor.comparisons(stats)]
    assert len(set.union(*seen)) == sum(map(len, seen))
    assert not set.union(*seen) & {row.tobytes() for row in x[:100]}


def test_too_few_rows_for_the_comparisons_are_refused_with_the_number():
    first = Layer(weight=tiny().layers[0].weight, bias=np.full(8, 50.0))
    net = Network(layers=(first, tiny().layers[1]))  # none is inactive, on any S
    facts = CoreNetPlusPlus(rows=rows_of(points()), keep=0.5).explain(net)[1].facts
    assert facts["inactive neurons removed"] == 0
    needed = facts["rows of S"] + 2 * facts["rows of each layer's T"]
    few = CoreNetPlusPlus(rows=rows_of(points(count=needed - 1)), keep=0.5)
    with pytest.raises(CompressionError, match=f"the {needed} .* got {needed - 1}"):
        few.apply(net)
    enough = CoreNetPlusPlus(rows=rows_of(points(count=needed)), keep=0.5)
    assert enough.explain(net)[1].facts["rows of S"] == facts["rows of S"]


def test_inputs_of_both_signs_are_compared_as_points_of_their_own():
    net, x = tiny(), points(count=3000) - 0.5
    compressor = CoreNetPlusPlus(rows=rows_of(x), keep=0.5)
    stats, chosen = compressor.statistics(net, x[:100]), np.arange(100)
    rows = compressor.comparison(net, 0, stats, chosen)
    given = compressor.sampler(net, [], stats, chosen).keywords
    np.testing.assert_array_equal(given["exact"], given["entering"])
    plus, minus = np.split(given["exact"], 2)
    assert min(plus.min(), minus.min()) == 0
    np.testing.assert_array_equal(plus - minus, rows)
    # a later layer is entered by what is left of its own rows, in either net
    small = compressor.apply(net).layers[0]
    rows = compressor.comparison(net, 1, stats, chosen)
    given = compressor.sampler(net, [small], stats, chosen).keywords
    for name, layer in [("exact", net.layers[0]), ("entering", small)]:
        wanted = np.maximum(rows @ layer.weight.T + layer.bias, 0)
        np.testing.assert_allclose(given[name], wanted)


# What the draws guarantee ------------------------------------------------------------


@exactly
@given(
    s=st.floats(0.1, 50),
    epsilon=st.floats(1e-3, 1),
    delta=st.floats(1e-9, 0.5),
    neurons=st.integers(1, 10**4),
)
def test_the_draws_of_the_theorem_guarantee_its_epsilon(s, epsilon, delta, neurons):
    m = sample_size(s, epsilon, delta, neurons=neurons, constant=3.0)
    found = float(guaranteed_epsilon(s, m, delta, neurons=neurons, constant=3.0))
    assert found <= epsilon * (1 + 1e-9)
    # the exponent is eps^2 m / (S K (6 + 2 eps)): Bernstein's, solved for eps
    exponent = found**2 * m / (s * 3.0 * (6 + 2 * found))
    assert exponent >= math.log(8 * neurons / delta) * (1 - 1e-12)
    assert exponent <= math.log(8 * neurons / delta) * (1 + 1e-9)


@pytest.mark.parametrize("kind", [CoreNetPlus, CoreNetPlusPlus])
@pytest.mark.parametrize("budget", [{"keep": 0.3}, {"epsilon": 0.5}])
def test_compress_gives_the_same_bytes_twice_and_decodes_to_the_net(kind, budget):
    net, compressor = tiny(), kind(rows=rows_of(points()), seed=4, **budget)
    before = [a.tobytes() for a in net.arrays()]
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    back, bits = decode_network(one.code.data + b"\xff\x00\xff")
    assert bits == one.code.bits
    for found, kept in zip(back.arrays(), one.network.arrays(), strict=True):
        assert found.tobytes() == kept.tobytes()
    assert [a.tobytes() for a in net.arrays()] == before
    for said in one.report.layers:
        assert set(said.neurons) == {"asked", "drawn", "distinct", "epsilon"}
        assert (said.neurons["drawn"] <= said.neurons["asked"]).all()


def test_a_smaller_constant_asks_for_fewer_rows_and_draws():
    net, x = tiny(), points()
    few, many = (
        CoreNet(rows=rows_of(x), epsilon=0.5, constant=c).explain(net)[1]
        for c in (1.0, 3.0)
    )
    assert few.facts["rows of S"] < many.facts["rows of S"]
    assert few.layers[0].asked < many.layers[0].asked
    with pytest.raises(ValueError, match="constant must be"):
        CoreNet(rows=rows_of(x), epsilon=0.5, constant=0.5)
