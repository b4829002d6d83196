"""Levels that pay for bits: against every partition, k-means, and rising rates."""

import itertools
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous._counting import count_errors
from nonvacuous.compression import (
    CompressionError,
    EntropyConstrainedQuantization,
    OptimalQuantization,
    Rows,
)
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.quantizers._entropy_constrained import (
    _importances,
    constrained,
)
from nonvacuous.compression.quantizers._kernels import optimal_levels
from nonvacuous.data import load
from nonvacuous.nets import Layer, Network, bundled
from nonvacuous.training import initial

exactly = settings(derandomize=True, max_examples=60, deadline=None)


def parts(values, importance, book, index):
    """Distortion, and bits: entropies of choices and 16 a level."""
    sizes = np.bincount(index).astype(float)
    sizes = sizes[sizes > 0]
    entropy = -(sizes * np.log2(sizes / sizes.sum())).sum()
    distortion = (importance * (values - book[index]) ** 2).sum()
    return distortion, entropy + 16 * sizes.size


def least(values, levels, rate):
    """The least distortion plus rate times bits over every partition into intervals."""
    v, best = np.sort(values), inf
    for k in range(1, levels + 1):
        for cuts in itertools.combinations(range(1, v.size), k - 1):
            index = np.searchsorted(cuts, np.arange(v.size), side="right")
            book = np.array([v[index == j].mean() for j in range(k)])
            distortion, bits = parts(v, np.ones(v.size), book, index)
            best = min(best, distortion + rate * bits)
    return best


@exactly
@given(
    seed=st.integers(0, 10**6),
    levels=st.integers(1, 5),
    rate=st.sampled_from([0.0, 1e-3, 0.01, 0.05, 0.3, 3.0]),
)
def test_the_sum_lies_between_the_best_of_all_and_that_of_k_means(seed, levels, rate):
    values = np.random.default_rng(seed).normal(size=9)
    ones = np.ones(9)
    book, index = constrained(values, ones, levels, rate)
    distortion, bits = parts(values, ones, book, index)
    start = optimal_levels(values, levels)
    nearest = np.abs(values[:, None] - start).argmin(axis=1)
    distortion_0, bits_0 = parts(values, ones, start, nearest)
    total, slack = distortion + rate * bits, 1e-9
    assert least(values, levels, rate) - slack <= total
    assert total <= distortion_0 + rate * bits_0 + slack
    assert distortion >= distortion_0 - slack
    assert bits <= bits_0 + slack or rate == 0


@exactly
@given(seed=st.integers(0, 10**6), levels=st.integers(1, 9))
def test_at_rate_0_it_is_weighted_k_means(seed, levels):
    draw = np.random.default_rng(seed)
    values, importance = draw.normal(size=40), 0.1 + draw.random(40)
    book, index = constrained(values, importance, levels, 0.0)
    best = optimal_levels(values, levels, importance)
    squares = (values[:, None] - best) ** 2
    assert (importance * (values - book[index]) ** 2).sum() == pytest.approx(
        (importance * squares.min(axis=1)).sum(), rel=1e-9
    )


@pytest.mark.parametrize("levels", [1, 3, 8])
def test_at_rate_0_the_net_is_that_of_k_means(levels):
    net = bundled()
    found = EntropyConstrainedQuantization(levels=levels, rate=0).apply(net)
    wanted = OptimalQuantization(levels=levels).apply(net)
    for one, two in zip(found.arrays(), wanted.arrays(), strict=True):
        assert one == pytest.approx(two, rel=2**-10, abs=0)  # a float16's last place


def test_a_fixed_point_is_one():
    values = np.random.default_rng(3).normal(size=300)
    importance, rate = np.ones(300), 0.02
    book, index = constrained(values, importance, 12, rate)
    sizes = np.bincount(index)
    price = -rate * np.log2(sizes / 300)
    costs = (values[:, None] - book) ** 2 + price
    assert (costs.argmin(axis=1) == index).all()
    for j, level in enumerate(book):
        assert level == pytest.approx(values[index == j].mean())
    assert (np.diff(book) > 0).all()


@pytest.mark.parametrize("rows", [None, Rows.of(load("digits").train.take(slice(99)))])
def test_bits_fall_and_distortion_rises_with_the_rate(rows):
    net, bits, errors, codes = bundled(), [], [], []
    for rate in (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0):
        c = EntropyConstrainedQuantization(levels=16, rate=rate, rows=rows)
        small, report = c.explain(net)
        facts = [layer.facts for layer in report.layers]
        sizes = [layer.kept for layer in report.layers]
        bits.append(sum(f["entropy"] * n for f, n in zip(facts, sizes, strict=True)))
        importances = _importances(net, rows) if rows else [1.0] * 3
        errors.append(
            sum(
                (h * (a.weight - b.weight) ** 2).sum()
                / (1.0 if rows else (b.weight**2).mean())
                for h, a, b in zip(importances, small.layers, net.layers, strict=True)
            )
        )
        codes.append(report.facts["code bits"])
    assert bits == sorted(bits, reverse=True)
    assert errors == sorted(errors)
    assert codes == sorted(codes, reverse=True)
    assert codes[-1] < codes[0] / 3


def test_no_rate_makes_a_level_zero_and_a_great_one_leaves_one_level():
    net = bundled()
    small = EntropyConstrainedQuantization(levels=8, rate=1e6).apply(net)
    for layer, before in zip(small.layers, net.layers, strict=True):
        assert np.unique(layer.weight).size == 1
        assert (layer.weight != 0).all()
        assert layer.weight[0, 0] == pytest.approx(before.weight.mean(), rel=1e-3)


@exactly
@given(seed=st.integers(0, 99), exponent=st.integers(-6, 6))
def test_the_rate_has_no_unit(seed, exponent):
    draw, c = np.random.default_rng(seed), EntropyConstrainedQuantization
    weight = draw.normal(size=(6, 9))
    nets = [
        Network(layers=(Layer(weight=np.ldexp(weight, e), bias=None),))
        for e in (0, exponent)
    ]
    one, two = (c(levels=5, rate=0.05).apply(net).layers[0].weight for net in nets)
    assert (np.ldexp(one, exponent) == two).all()


def test_importances_average_to_1_over_the_net():
    rows = Rows.of(load("digits").train.take(slice(50)))
    net = bundled()
    found = _importances(net, rows)
    shares = [h * layer.weight**2 for h, layer in zip(found, net.layers, strict=True)]
    assert np.concatenate([s.ravel() for s in shares]).mean() == pytest.approx(1)
    assert all((h > 0).all() for h in found)


def test_second_derivatives_buy_fewer_errors_with_fewer_bits():
    train, net = load("digits").train, bundled()
    rows = Rows.of(train)
    one = EntropyConstrainedQuantization(levels=32, rate=0.01, rows=rows).compress(net)
    two = EntropyConstrainedQuantization(levels=32, rate=0.03).compress(net)
    assert one.code.bits < two.code.bits
    x = train.x.astype(float)
    errors = [count_errors(c.network, x, train.y) for c in (one, two)]
    assert errors[0] < errors[1] / 2


def test_zeros_stay_zero_and_biases_are_kept_or_on_their_grid():
    start = initial((6, 5, 3), 0)
    layers = tuple(
        Layer(weight=np.where(a.weight > 0, a.weight, 0), bias=a.bias + 0.3)
        for a in start.layers
    )
    net = Network(layers=layers, double=True)
    for exponent in (None, 2):
        c = EntropyConstrainedQuantization(levels=3, rate=0.1, bias_exponent=exponent)
        for small, layer in zip(c.apply(net).layers, layers, strict=True):
            assert ((small.weight != 0) == (layer.weight != 0)).all()
            assert np.unique(small.weight[small.weight != 0]).size <= 3
            bias = layer.bias if exponent is None else np.rint(layer.bias * 4) / 4
            assert (small.bias == bias).all()


@pytest.mark.parametrize("rows", [None, Rows.of(load("digits").train.take(slice(40)))])
def test_the_code_gives_back_the_net_and_the_input_is_unchanged(rows):
    net = bundled()
    c = EntropyConstrainedQuantization(levels=9, rate=0.02, rows=rows, bias_exponent=3)
    before = [a.tobytes() for a in net.arrays()]
    one, two = c.compress(net), c.compress(net)
    assert one.code == two.code
    assert one.pipeline == repr(c)
    for data in (one.code.data, one.code.data + b"\xffjunk"):
        back, bits = decode_network(data)
        assert bits == one.code.bits
        for found, kept in zip(back.arrays(), one.network.arrays(), strict=True):
            assert found.tobytes() == kept.tobytes()
    assert [a.tobytes() for a in net.arrays()] == before


def test_a_layer_of_zeros_stays_zero():
    net = Network(layers=(Layer(weight=np.zeros((2, 2)), bias=None),))
    c = EntropyConstrainedQuantization(levels=2, rate=0.1)
    assert c.apply(net).nonzeros == 0


def test_rows_on_which_no_weight_matters_are_refused():
    rows = Rows(np.zeros((4, 6)), np.zeros(4, np.int64), "0")
    c = EntropyConstrainedQuantization(levels=2, rate=0.1, rows=rows)
    with pytest.raises(CompressionError, match="curvature above 0, got 0"):
        c.apply(initial((6, 3), 0))


def test_no_rows_are_refused():
    rows = Rows(np.zeros((0, 6)), np.zeros(0, np.int64), "0")
    c = EntropyConstrainedQuantization(levels=2, rate=0.1, rows=rows)
    with pytest.raises(CompressionError, match="at least one row"):
        c.apply(initial((6, 3), 0))


def test_a_layer_without_curvature_is_quantised_all_the_same():
    layers = (
        Layer(weight=np.array([[1.0, 2.0], [3.0, 4.5]]), bias=np.array([-99.0, -99])),
        Layer(weight=np.array([[1.0, 2.0], [-1.0, 3.0]]), bias=np.ones(2)),
        Layer(weight=np.array([[1.0, 0.5], [-1.0, 0.0]]), bias=np.ones(2)),
    )
    rows = Rows(np.ones((4, 2)), np.zeros(4, np.int64), "0")
    c = EntropyConstrainedQuantization(levels=2, rate=0.0, rows=rows)
    small = c.apply(Network(layers=layers))
    assert small.layers[0].weight.tolist() == [[1.5, 1.5], [3.75, 3.75]]


def test_rows_of_other_nets_are_refused():
    rows = Rows(np.zeros((4, 7)), np.zeros(4, np.int64), "0")
    c = EntropyConstrainedQuantization(levels=2, rate=0.1, rows=rows)
    with pytest.raises(ValueError, match="takes 6 inputs"):
        c.apply(initial((6, 3), 0))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"levels": 0, "rate": 0.1}, "levels must be at least 1, got 0"),
        ({"levels": 2, "rate": -0.1}, "rate must be at least 0"),
        ({"levels": 2, "rate": inf}, "rate must be at least 0"),
        ({"levels": 2, "rate": nan}, "rate must be at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        EntropyConstrainedQuantization(**options)
