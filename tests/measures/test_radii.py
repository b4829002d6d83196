"""Radii of linear nets, whose error under noise is known; what searches promise."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from nonvacuous import measures
from nonvacuous.data import Role, make_sample
from nonvacuous.measures import Ascent, FixedSearch, SequentialSearch
from nonvacuous.measures._gaussian import Spread
from nonvacuous.measures._passes import Passes
from nonvacuous.nets import Layer, Network


def linear(rows: int = 400, seed: int = 0):
    """A linear net of two classes without errors, and its rows."""
    draw = np.random.default_rng(seed)
    weight = np.array([[1.0, 0.5, -0.5, 0.2], [-1.0, 0.1, 0.3, 0.0]])
    x = draw.normal(size=(rows, 4)).astype(np.float32)
    y = (x @ weight.T).argmax(axis=1)
    net = Network(layers=(Layer(weight=weight, bias=None),))
    return net, make_sample(x, y, role=Role.TRAIN)


def increase(net, rows, sigma, magnitude):
    """Exact: margins are normal, with the variance of the noise on both outputs."""
    weight = net.layers[0].weight
    x = rows.x.astype(np.float64)
    margin = np.abs(x @ (weight[0] - weight[1]))
    if magnitude:
        variance = x**2 @ (sigma**2 * (weight**2).sum(axis=0) + 2 * 1e-6)
    else:
        variance = 2 * sigma**2 * (x**2).sum(axis=1)
    return float(norm.cdf(-margin / np.sqrt(variance)).mean())


@pytest.mark.parametrize("magnitude", [False, True])
def test_the_sequential_search_keeps_its_promise_as_often_as_it_says(magnitude) -> None:
    net, rows = linear(300)
    search = SequentialSearch(confidence=0.95, tolerance=0.02, rows=30)
    missed = 0
    for seed in range(80):
        found = measures.noise_radius(
            net, rows, magnitude=magnitude, search=search, seed=seed
        )
        assert found.bracketed
        assert found.width <= search.tolerance
        exact = increase(net, rows, found.value, magnitude)
        missed += abs(exact - 0.1) > search.tolerance
    assert missed <= 8  # 4 expected of 80, and 10 once in a hundred times


@pytest.mark.parametrize("magnitude", [False, True])
def test_both_searches_find_the_root_of_the_exact_increase(magnitude) -> None:
    net, rows = linear()
    root = brentq(lambda s: increase(net, rows, s, magnitude) - 0.1, 1e-6, 2)
    fixed = measures.noise_radius(
        net, rows, magnitude=magnitude, search=FixedSearch(draws=400, tolerance=0.005)
    )
    sequential = measures.noise_radius(
        net, rows, magnitude=magnitude, search=SequentialSearch(tolerance=0.004)
    )
    assert fixed.value == pytest.approx(root, rel=0.12)
    assert sequential.value == pytest.approx(root, rel=0.08)


def test_the_variance_is_not_taken_for_the_deviation() -> None:
    """The public code's sigma is the square root of the one that it means."""
    net, rows = linear()
    root = brentq(lambda s: increase(net, rows, s, False) - 0.1, 1e-6, 2)
    found = measures.noise_radius(net, rows).value
    assert abs(found - root) < abs(found - math.sqrt(root)) / 3


def test_the_sequential_search_takes_a_fraction_of_the_passes() -> None:
    net, rows = linear(5000)
    fixed = measures.noise_radius(net, rows, search=FixedSearch(tolerance=1e-9))
    sequential = measures.noise_radius(net, rows)
    assert fixed.passes == pytest.approx(150)
    assert fixed.draws == 150
    assert sequential.passes < 15


def naive_fixed(net, rows, seed, draws, steps, magnitude):
    """The protocol row by row, on the same stream of draws."""
    passes = Passes(net, rows.x, rows.y)
    draw = np.random.Generator(np.random.Philox(key=[seed, 0x7369676D61]))
    lower, upper = 0.0, 2.0
    for _ in range(steps):
        sigma, found = (lower + upper) / 2, []
        for _ in range(draws):
            noisy = []
            for parameter in [p for pair in passes.parameters for p in pair]:
                noise = draw.standard_normal(parameter.shape, dtype=np.float32)
                std = np.hypot(sigma * parameter, 1e-3) if magnitude else sigma
                noisy.append((parameter + std * noise).astype(np.float64))
            wrong = 0
            for x, label in zip(passes.x.astype(np.float64), rows.y, strict=True):
                for i in range(0, len(noisy), 2):
                    x = noisy[i] @ x + noisy[i + 1]
                    x = np.maximum(x, 0) if i + 2 < len(noisy) else x
                wrong += int(x.argmax()) != label
            found.append(wrong / len(rows) - passes.wrong.mean())
        mean = sum(found) / draws
        if abs(mean - 0.1) < 0.01:
            break
        lower, upper = (lower, sigma) if mean > 0.1 else (sigma, upper)
    return sigma, mean


@pytest.mark.parametrize("magnitude", [False, True])
def test_the_fixed_search_is_the_public_protocol_with_the_right_noise(
    toy, magnitude
) -> None:
    rows = make_sample(*toy.train, role=Role.TRAIN).take(slice(0, 100))
    search = FixedSearch(draws=3, steps=6)
    found = measures.noise_radius(
        toy.net, rows, magnitude=magnitude, search=search, seed=4
    )
    sigma, mean = naive_fixed(toy.net, rows, 4, 3, 6, magnitude)
    assert found.value == sigma
    assert found.increase == pytest.approx(mean, abs=1e-6)


def equal_rows():
    """One row 60 times: its margin is 2, and |x| sums to 3."""
    weight = np.array([[1.0, 0.5], [0.0, 0.0]])
    net = Network(layers=(Layer(weight=weight, bias=None),))
    x = np.repeat(np.array([[1.0, 2.0]], np.float32), 60, axis=0)
    return net, make_sample(x, np.zeros(60, np.int64), role=Role.TRAIN)


def test_the_worst_box_of_a_linear_net_is_margin_over_two_l1_norms() -> None:
    net, rows = equal_rows()
    found = measures.adversarial_radius(net, rows)
    assert found.value == pytest.approx(2 / 6, abs=2 * 2.0**-14)
    assert found.bracketed


def test_the_worst_box_by_magnitude_moves_what_is_there() -> None:
    net, rows = equal_rows()
    found = measures.adversarial_radius(net, rows, magnitude=True)
    # sides are |w| + 0.001, and the second output has only that
    exact = 2 / (1 * 1.001 + 2 * 0.501 + 3 * 0.001)
    assert found.value == pytest.approx(exact, abs=2 * 2.0**-14)


def test_noise_never_finds_more_than_the_worst_box_of_its_size(toy) -> None:
    rows = make_sample(*toy.train, role=Role.TRAIN)
    alpha = measures.adversarial_radius(toy.net, rows).value
    assert alpha < measures.noise_radius(toy.net, rows).value


@pytest.mark.parametrize(
    "search", [FixedSearch(upper=1e-9), SequentialSearch(upper=1e-9)]
)
def test_noise_too_small_to_matter_is_said_to_be_the_end_of_the_range(search) -> None:
    net, rows = equal_rows()
    found = measures.noise_radius(net, rows, search=search)
    assert not found.bracketed
    assert found.value == pytest.approx(1e-9, rel=1e-4)
    assert not measures.adversarial_radius(
        net, rows, search=Ascent(upper=1e-9)
    ).bracketed


def test_a_net_that_any_noise_upsets_has_the_least_sigma() -> None:
    weight = np.array([[1e-30, 0.0], [0.0, 0.0]])
    net = Network(layers=(Layer(weight=weight, bias=None),))
    rows = make_sample(np.ones((50, 2)), np.zeros(50, np.int64), role=Role.TRAIN)
    found = measures.noise_radius(net, rows)
    assert not found.bracketed
    assert found.value == pytest.approx(2 * 2.0**-30)


@pytest.mark.parametrize("search", [FixedSearch(), SequentialSearch()])
def test_a_seed_repeats_and_another_differs(toy, search) -> None:
    rows = make_sample(*toy.train, role=Role.TRAIN)
    found = [
        measures.noise_radius(toy.net, rows, search=search, seed=s) for s in (0, 0, 1)
    ]
    assert repr(found[0]) == repr(found[1])
    assert found[0].increase != found[2].increase or found[0].value != found[2].value


def test_few_rows_are_no_obstacle(toy) -> None:
    rows = make_sample(*toy.train, role=Role.TRAIN).take(slice(0, 5))
    found = measures.noise_radius(toy.net, rows)
    assert 0 < found.value < 2


def test_noise_by_magnitude_has_its_variance_on_lines_and_draws() -> None:
    spread = Spread(magnitude=True, floor=1e-3)
    weight = np.array([0.0, 1.0, -2.0], np.float32)
    np.testing.assert_allclose(
        spread.at(0.5, weight), np.sqrt(0.25 * weight**2 + 1e-6), rtol=1e-6
    )
    assert Spread(magnitude=False, floor=1e-3).at(0.5, weight) == 0.5


@pytest.mark.parametrize("kind", [FixedSearch, SequentialSearch, Ascent])
@pytest.mark.parametrize(
    "bad",
    [
        {"target": 0.0},
        {"target": 1.0},
        {"tolerance": 0.2},
        {"upper": 0.0},
        {"upper": math.inf},
    ],
)
def test_searches_refuse_bad_settings(kind, bad) -> None:
    with pytest.raises(ValueError, match="0 < tolerance < target < 1"):
        kind(**bad)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (FixedSearch, {"steps": 0}),
        (FixedSearch, {"draws": 1}),
        (SequentialSearch, {"rows": 0}),
        (SequentialSearch, {"confidence": 1.0}),
        (Ascent, {"steps": 0}),
        (Ascent, {"ascents": 0}),
    ],
)
def test_searches_refuse_to_do_nothing(kind, bad) -> None:
    with pytest.raises(ValueError, match="needs"):
        kind(**bad)
