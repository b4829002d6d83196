"""Output sensitivities, the coreset made with them, and what it guarantees."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.compression import (
    CompressionError,
    MagnitudePruning,
    OutputCoreset,
    Refitted,
    Rows,
)
from nonvacuous.compression import output_sensitivity as module
from nonvacuous.compression._statistics import support_rows
from nonvacuous.compression._tolerance import (
    output_errors,
    outputs_of,
    tolerance_limit,
)
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.output_coreset import _candidates, _largest, _sentence
from nonvacuous.compression.output_sensitivity import output_sensitivities
from nonvacuous.compression.refit import Target
from nonvacuous.data import load
from nonvacuous.nets import Layer, Network, bundled

exactly = settings(derandomize=True, max_examples=40, deadline=None)


def tiny(seed=0, sizes=(6, 5, 3), bias=True):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(
            weight=rng.normal(size=(b, a)).astype(np.float32).astype(float),
            bias=rng.normal(size=b).astype(np.float32).astype(float) if bias else None,
        )
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


@pytest.fixture(scope="module")
def digits():
    return Rows.of(load("digits").train)


# Sensitivities -----------------------------------------------------------------------


def test_one_edge_by_hand():
    first = Layer(weight=np.array([[2.0, -1.0]]), bias=None)
    second = Layer(weight=np.array([[3.0], [4.0]]), bias=np.array([0.0, 0.0]))
    net = Network(layers=(first, second))
    # z = 2*1 - 0.5 = 1.5, f = (4.5, 6), |f| = 7.5, |df/dz| = 5
    s = output_sensitivities(net, np.array([[1.0, 0.5]]))
    np.testing.assert_allclose(s[0], [[2 * 1 * 5 / 7.5, 1 * 0.5 * 5 / 7.5]])
    np.testing.assert_allclose(s[1], [[3 * 1.5 / 7.5], [4 * 1.5 / 7.5]])


@pytest.mark.parametrize("bias", [True, False])
def test_they_are_the_derivatives_of_the_outputs_by_differences(bias):
    net, x = (
        tiny(sizes=(4, 6, 5, 3), bias=bias),
        np.random.default_rng(1).random((7, 4)),
    )
    found, step = output_sensitivities(net, x - 0.5), 1e-6
    right = outputs_of(net, x - 0.5)
    for k, layer in enumerate(net.layers):
        for i, j in np.ndindex(layer.weight.shape):
            weight = layer.weight.copy()
            weight[i, j] *= 1 - step
            cut = list(net.layers)
            cut[k] = Layer(weight=weight, bias=layer.bias)
            moved = outputs_of(Network(layers=tuple(cut)), x - 0.5) - right
            change = np.linalg.norm(moved, axis=1) / np.linalg.norm(right, axis=1)
            assert found[k][i, j] == pytest.approx(
                change.max() / step, rel=1e-4, abs=1e-6
            )


@pytest.mark.parametrize("entries", [1, 50, 100])
def test_chunks_of_points_give_the_same_maxima(monkeypatch, entries):
    net, x = tiny(), np.random.default_rng(0).random((20, 6))
    whole = output_sensitivities(net, x)
    monkeypatch.setattr(module, "_ENTRIES", entries)
    for one, other in zip(output_sensitivities(net, x), whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_what_has_no_way_to_the_outputs_counts_for_nothing():
    net = tiny()
    cut = net.layers[1].weight.copy()
    cut[:, 2] = 0.0
    net = Network(layers=(net.layers[0], Layer(weight=cut, bias=net.layers[1].bias)))
    x = np.random.default_rng(0).random((5, 6))
    x[:, 3] = 0.0
    s = output_sensitivities(net, x)
    assert not s[0][2].any()
    assert not s[0][:, 3].any()
    assert not s[1][:, 2].any()


def test_points_whose_outputs_are_all_zero_say_nothing():
    net = Network(layers=(Layer(weight=np.eye(2), bias=None),))
    s = output_sensitivities(net, np.array([[0.0, 0.0], [3.0, 4.0]]))
    np.testing.assert_allclose(s[0], [[0.6, 0], [0, 0.8]])


# The coreset -------------------------------------------------------------------------


def test_the_largest_scores_of_all_layers_are_kept_and_zeros_never():
    scores = (np.array([[3.0, 0.0], [1.0, 2.0]]), np.array([[2.0, 5.0]]))
    kept = _largest(scores, 3)
    assert kept[0].tolist() == [[True, False], [False, True]]
    assert kept[1].tolist() == [[False, True]]
    assert sum(k.sum() for k in _largest(scores, 6)) == 5
    assert sum(k.sum() for k in _largest(scores, 0)) == 1


@exactly
@given(seed=st.integers(0, 10**6), share=st.floats(0, 1), trials=st.integers(0, 4))
def test_candidates_have_the_size_of_the_first_and_its_most_sensitive_edges(
    seed, share, trials
):
    rng = np.random.default_rng(seed)
    scores = rng.random((6, 15)) * (rng.random((6, 15)) < 0.8)
    kept = (scores > np.quantile(scores, share)) & (scores > 0)
    draw = np.random.Generator(np.random.Philox(key=[seed, 1]))
    found = _candidates(scores, kept, trials, draw)
    assert len(found) == 1 + trials
    for candidate in found:
        assert (candidate.sum(axis=1) == kept.sum(axis=1)).all()
        assert not candidate[scores == 0].any()
        for row, size, mine in zip(scores, kept.sum(axis=1), candidate, strict=True):
            certain = np.argsort(-row, kind="stable")[: math.ceil(0.8 * size)]
            assert mine[certain].all()


@pytest.mark.parametrize("keep", [0.05, 0.2, 0.6])
def test_the_budget_is_met_and_never_passed(digits, keep):
    net = bundled()
    small, report = OutputCoreset(rows=digits, keep=keep).explain(net)
    weights = sum(a.weight.size for a in net.layers)
    kept = sum(said.kept for said in report.layers)
    assert kept == small.kept <= round(keep * weights)
    assert kept >= 0.97 * keep * weights


def test_keeping_everything_drops_only_what_no_point_of_s_reaches(digits):
    net, compressor = bundled(), OutputCoreset(rows=digits, keep=1.0)
    small = compressor.apply(net)
    support = support_rows(net, digits, 0.05, 0)
    reached = output_sensitivities(net, digits.x[support])
    assert small.kept <= sum(int((s > 0).sum()) for s in reached)
    assert np.median(output_errors(net, small, load("digits").test.x)) < 0.01


def test_it_beats_magnitude_pruning_with_and_without_refit(digits):
    net = bundled()
    test = load("digits").test.x
    errors = [
        np.median(output_errors(net, compressor.apply(net), test))
        for compressor in (
            OutputCoreset(rows=digits, keep=0.1),
            Refitted(selection=MagnitudePruning(keep=0.1), rows=digits),
            MagnitudePruning(keep=0.1),
        )
    ]
    assert errors == sorted(errors)
    assert errors[0] < 0.6 * errors[2]


def test_what_checks_the_guarantee_fitted_nothing(digits, monkeypatch):
    from nonvacuous.compression import output_coreset

    seen = []
    for name in ("of", "output_sensitivities", "output_errors"):
        home = Target if name == "of" else output_coreset
        real = getattr(home, name)

        def watched(*args, real=real, name=name):
            seen.append((name, {row.tobytes() for row in args[-1]}))
            return real(*args)

        monkeypatch.setattr(home, name, watched)
    unique = Rows(
        digits.x + np.arange(len(digits.x), dtype=np.float32)[:, None, None] * 1e-6,
        digits.y,
        "unique",
    )
    OutputCoreset(rows=unique, keep=0.5).explain(bundled())
    checked = [rows for name, rows in seen if name == "output_errors"]
    others = [rows for name, rows in seen if name != "output_errors"]
    assert len(checked) == 1
    assert len(checked[0]) == int(0.2 * len(digits.x))
    assert len(others) == 3  # sensitivities in two rounds, and one fit
    assert not any(rows & checked[0] for rows in others)


def test_compress_gives_the_same_bytes_twice_and_decodes_to_the_net(digits):
    net, compressor = bundled(), OutputCoreset(rows=digits, keep=0.2, trials=2, seed=3)
    before = [a.tobytes() for a in net.arrays()]
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    back, bits = decode_network(one.code.data + b"\xff\x00")
    assert bits == one.code.bits
    for found, kept in zip(back.arrays(), one.network.arrays(), strict=True):
        assert found.tobytes() == kept.tobytes()
    assert [a.tobytes() for a in net.arrays()] == before
    assert "95% of fresh rows" in one.report.guarantee
    assert one.pipeline == repr(compressor)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"keep": 0.0}, "keep must lie"),
        ({"keep": math.nan}, "keep must lie"),
        ({"keep": 0.5, "trials": -1}, "trials must be"),
        ({"keep": 0.5, "delta": 1.0}, "delta must lie"),
        ({"keep": 0.5, "seed": -1}, "seed must lie"),
    ],
)
def test_settings_out_of_range_are_refused(digits, options, match):
    with pytest.raises(ValueError, match=match):
        OutputCoreset(rows=digits, **options)


def test_too_few_rows_are_refused(digits):
    few = Rows(digits.x[:100], digits.y[:100], "few")
    with pytest.raises(CompressionError, match="rows must be"):
        OutputCoreset(rows=few, keep=0.5).apply(bundled())


# The guarantee -----------------------------------------------------------------------


@exactly
@given(n=st.integers(1, 400), share=st.floats(0.01, 0.5), delta=st.floats(1e-4, 0.3))
def test_a_tolerance_limit_is_the_least_order_statistic_that_is_one(n, share, delta):
    found = tolerance_limit(np.arange(float(n)), share, delta)
    if math.isinf(found):
        assert binom.cdf(0, n, share) > delta * (1 - 1e-5)
        return
    exceed = n - 1 - int(found)
    assert binom.cdf(exceed, n, share) <= delta
    assert binom.cdf(exceed + 1, n, share) > delta * (1 - 1e-5)


@pytest.mark.parametrize(("n", "delta"), [(10, 0.2), (60, 0.05), (100, 0.1)])
def test_it_covers_exactly_on_uniform_values(n, delta):
    """The limit of n uniforms is below 1 - p when at most k of them exceed 1 - p."""
    share = 0.3
    limit = tolerance_limit(np.arange(float(n)), share, delta)
    rank = n if math.isinf(limit) else int(limit) + 1  # of the order statistic used
    # P(rank-th of n uniforms < 1 - p) = P(Bin(n, 1 - p) >= rank), the failure
    failure = 0.0 if math.isinf(limit) else 1 - binom.cdf(rank - 1, n, 1 - share)
    assert failure <= delta


def test_the_sentence_rounds_its_error_and_its_risk_up(digits):
    settings = OutputCoreset(rows=digits, keep=0.5, delta=0.01001)
    said = _sentence(0.12301, settings)
    assert "within 0.124 of" in said
    assert "except with probability 0.0101 over" in said
    rare = OutputCoreset(rows=digits, keep=0.5, delta=1e-9)
    assert "except with probability 1e-9 over" in _sentence(0.5, rare)


def test_relative_errors_by_hand():
    net = Network(layers=(Layer(weight=np.array([[3.0], [4.0]]), bias=None),))
    small = Network(layers=(Layer(weight=np.array([[3.0], [0.0]]), bias=None),))
    x = np.array([[1.0], [2.0], [0.0]])
    np.testing.assert_allclose(output_errors(net, small, x), [0.8, 0.8, 0.0])
    biased = Network(
        layers=(Layer(weight=small.layers[0].weight, bias=np.array([0.0, 1.0])),)
    )
    assert output_errors(net, biased, x)[2] == np.inf


def test_the_guarantee_fails_no_more_often_than_it_says():
    """100 samples from a population that is known: a failure rate above delta would
    show as a count that has a chance below one in a million at delta."""
    net, delta, runs = tiny(), 0.2, 100
    draw = np.random.default_rng(7)
    population = draw.random((2000, 6)).astype(np.float32)
    failures = 0
    for run in range(runs):
        x = population[draw.integers(len(population), size=250)]
        rows = Rows(x, np.zeros(len(x), np.int64), f"run {run}")
        compressor = OutputCoreset(rows=rows, keep=0.5, trials=1, delta=delta, seed=run)
        small, report = compressor.explain(net)
        limit = report.facts["relative error of 95 % of fresh rows"]
        assert math.isfinite(limit)
        failures += (output_errors(net, small, population) > limit).mean() > 0.05
    assert binom.sf(failures - 1, runs, delta) > 1e-6
    assert failures > 0  # it is a statement that can be wrong
