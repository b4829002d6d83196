"""The formulas of Jiang et al. and Neyshabur et al. against values and slow loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous import measures
from nonvacuous.measures import _exploring as exploring
from nonvacuous.measures import _formulas as formulas
from nonvacuous.nets import Layer, Network

positive = st.floats(1e-3, 1e3)


def test_two_layers_of_norms_two_and_three_have_the_logarithms_of_4_and_9() -> None:
    product = formulas.log_product([2.0, 3.0])
    assert product == pytest.approx(3.583518938)
    assert math.exp(formulas.log_sum(product, 2)) == pytest.approx(12)


def test_pacbayes_has_the_value_of_the_note() -> None:
    found = measures.pacbayes(100.0, 0.1, 50_000)
    assert found == pytest.approx(2523.122363, abs=5e-7)
    assert measures.adjust(found, 50_000, log=False) == pytest.approx(0.2246384813)


def test_pacbayes_by_magnitude_has_the_value_of_the_note() -> None:
    moves = np.array([0.1, 0.2])
    found = measures.pacbayes_magnitude(0.05, moves, 0.5, 50_000)
    assert found == pytest.approx(22.42910722, abs=5e-9)


def test_sharpness_is_pacbayes_with_a_logarithm_of_the_weights() -> None:
    box = measures.sharpness(100.0, 0.1, 1, 50_000, 0.1)
    assert box - measures.pacbayes(100.0, 0.1, 50_000) == pytest.approx(
        2500 * (math.log(2) - 1)
    )


@settings(derandomize=True, max_examples=40, deadline=None)
@given(positive, positive, positive, st.integers(1, 10**6), st.floats(0.01, 0.5))
def test_magnitude_formulas_are_the_slow_loops(a, b, radius, m, delta) -> None:
    moves = np.array([a, -b, 0.0])
    squared = float(moves @ moves)
    loop = 0.0
    for move in moves:
        above = 1e-6 + (radius**2 + 1) * squared / 3
        loop += 0.25 * math.log(above / (1e-6 + radius**2 * move**2))
    found = measures.pacbayes_magnitude(squared, moves, radius, m)
    assert found == pytest.approx(loop + math.log(m / radius) + 10)
    loop = 0.0
    for move in moves:
        above = 1e-6 + (radius**2 + 4 * math.log(6 / delta)) * squared / 3
        loop += 0.25 * math.log(above / (1e-6 + radius**2 * move**2))
    found = measures.sharpness_magnitude(squared, moves, radius, m, delta)
    assert found == pytest.approx(loop + math.log(m / delta) + 10)


def test_adjusting_a_logarithm_is_the_logarithm_of_adjusting() -> None:
    plain = measures.adjust(7.0, 100, log=False)
    assert measures.adjust(math.log(7.0), 100, log=True) == pytest.approx(
        math.log(plain)
    )
    assert math.isnan(measures.adjust(-1.0, 100, log=False))


@pytest.mark.parametrize("margin", [0.0, -1.0])
def test_a_margin_that_is_not_positive_makes_its_measures_infinite(margin) -> None:
    assert formulas.over_margin(3.0, margin) == math.inf
    assert formulas.inverse_square(margin) == math.inf
    norms = np.array([2.0, 3.0])
    for value in (
        exploring.log_norms_over_margin(norms, margin),
        exploring.log_norm_capacity(norms, margin, 5, 100),
        exploring.log_spectral_capacity(norms, norms * 0, margin, 9, 100),
        exploring.log_spectral_frobenius_capacity(norms, norms * 0, norms, margin, 100),
    ):
        assert value == math.inf


def test_a_product_of_thousand_layers_does_not_overflow() -> None:
    assert formulas.log_product(np.full(1000, 1e10)) == pytest.approx(
        2000 * math.log(1e10)
    )


def test_the_vc_measure_is_the_formula_on_one_layer() -> None:
    # d = 1, side 2, 8 weights: log2(12)
    inner = 4000 * math.sqrt(math.log2(12) ** 3 * 8) + math.sqrt(math.log(20))
    assert formulas.log_vc((4, 2), 0.05) == pytest.approx(math.log(inner**2))


def naive_norm(weight, p, q):
    per_output = [
        max(abs(w) for w in row)
        if p == math.inf
        else sum(abs(w) ** p for w in row) ** (1 / p)
        for row in weight
    ]
    if q == math.inf:
        return max(per_output)
    return sum(v**q for v in per_output) ** (1 / q)


@pytest.mark.parametrize(("p", "q"), [(1, math.inf), (2, 2), (3, 1.5), (2, 1)])
def test_group_norms_are_the_slow_loops(p, q) -> None:
    weight = np.random.default_rng(0).normal(size=(4, 7))
    assert measures.group_norm(weight, p, q) == pytest.approx(naive_norm(weight, p, q))


def test_schatten_norms_of_a_diagonal_are_norms_of_it() -> None:
    weight = np.zeros((2, 3))
    weight[0, 0], weight[1, 1] = 3, -4
    assert measures.schatten_norm(weight, 1) == pytest.approx(7)
    assert measures.schatten_norm(weight, 2) == pytest.approx(5)
    assert measures.schatten_norm(weight, np.inf) == pytest.approx(4)
    net = Network(layers=(Layer(weight=weight, bias=None),))
    assert measures.spectral_norms(net) == pytest.approx([4])


def naive_path(network, p):
    value = np.ones(network.sizes[0])
    for layer in network.layers:
        value = np.abs(layer.weight) ** p @ value
        if layer.bias is not None:
            value = value + np.abs(layer.bias) ** p
    return value.sum()


@pytest.mark.parametrize("p", [1, 1.5, 2])
@pytest.mark.parametrize("biased", [True, False])
def test_path_norms_are_the_net_of_powers_on_ones(p, biased) -> None:
    draw = np.random.default_rng(1)
    layers = []
    for shape in ((5, 4), (3, 5), (2, 3)):
        bias = draw.normal(size=shape[0]) if biased else None
        layers.append(Layer(weight=draw.normal(size=shape), bias=bias))
    net = Network(layers=tuple(layers))
    assert measures.log_path_norm(net, p) == pytest.approx(math.log(naive_path(net, p)))


def test_a_path_norm_sums_over_paths() -> None:
    first = Layer(weight=np.array([[1.0, 2.0], [3.0, 0.0]]), bias=None)
    last = Layer(weight=np.array([[5.0, -1.0]]), bias=None)
    net = Network(layers=(first, last))
    paths = [1 * 5, 2 * 5, 3 * -1]
    expected = math.log(sum(path**2 for path in paths))
    assert measures.log_path_norm(net) == pytest.approx(expected)


def test_a_path_norm_neither_overflows_nor_needs_a_path() -> None:
    big = Layer(weight=np.full((2, 2), 1e200), bias=np.zeros(2))
    net = Network(layers=(big, big, big))
    assert measures.log_path_norm(net) == pytest.approx(
        6 * math.log(1e200) + 4 * math.log(2)
    )
    none = Layer(weight=np.zeros((2, 2)), bias=None)
    assert measures.log_path_norm(Network(layers=(big, none))) == -math.inf
    held = Layer(weight=np.zeros((2, 2)), bias=np.array([3.0, 0.0]))
    assert measures.log_path_norm(Network(layers=(big, held))) == pytest.approx(
        math.log(9)
    )


def test_the_first_step_at_the_target_counts() -> None:
    log = measures.TrainingLog(
        steps=np.array([0, 10, 20, 30]), cross_entropy=np.array([2.3, 0.1, 0.2, 0.05])
    )
    assert measures.steps_to(log, 0.1) == 10
    assert measures.steps_to(log, 0.06) == 30
    assert measures.steps_to(log, 0.01) == math.inf


@pytest.mark.parametrize(
    ("steps", "losses"),
    [([], []), ([1, 2], [1.0]), ([2, 1], [1.0, 0.5]), ([1], [math.nan])],
)
def test_a_log_that_is_none_is_refused(steps, losses) -> None:
    with pytest.raises(ValueError, match=r"steps|cross_entropy"):
        measures.TrainingLog(
            steps=np.array(steps, dtype=np.int64), cross_entropy=np.array(losses)
        )
