"""Nets with Gaussian parameters: their distance from the prior, and their draws."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from nonvacuous._counting import count_errors, forward
from nonvacuous.bounds.holdout import interval
from nonvacuous.bounds.pac_bayes import PriorGrid, gaussian_kl
from nonvacuous.nets import Layer, Network
from nonvacuous.stochastic import (
    GaussianNetwork,
    errors_of_fresh_draws,
    errors_of_whole_draws,
)
from nonvacuous.stochastic._sampling import _forward, _generator, _layers
from nonvacuous.training import initial

INDEX = 200


def around(
    mean: Network, sigma: float, prior: Network | None = None, **settings: Any
) -> GaussianNetwork:
    return GaussianNetwork(
        mean=mean,
        sigma=tuple(np.full(a.shape, sigma) for a in mean.arrays()),
        prior_mean=mean if prior is None else prior,
        prior_index=INDEX,
        **settings,
    )


def without_bias(weight: list[list[float]]) -> Network:
    return Network(layers=(Layer(weight=np.array(weight), bias=None),))


def test_its_distance_is_that_of_its_parameters_and_the_price_of_the_scale() -> None:
    mean, prior = initial((4, 3, 2), 0), initial((4, 3, 2), 1)
    network, grid = around(mean, 0.3, prior), PriorGrid()
    apart = sum(
        gaussian_kl(m, 0.3, p, grid.sigma(INDEX))
        for m, p in zip(mean.arrays(), prior.arrays(), strict=True)
    )
    assert network.kl == pytest.approx(apart + grid.price(INDEX), rel=1e-12)
    still = around(mean, grid.sigma(INDEX))
    assert still.kl == pytest.approx(grid.price(INDEX), rel=1e-12)


def test_what_does_not_fit_is_refused() -> None:
    mean = initial((4, 3, 2), 0)
    with pytest.raises(ValueError, match="prior_mean must have the shape of mean"):
        around(mean, 0.1, initial((4, 2, 2), 0))
    with pytest.raises(ValueError, match="prior_mean must have the shape of mean"):
        around(without_bias([[1.0], [0.0]]), 0.1, initial((1, 2), 0))
    for sigma in (0.0, -1.0, math.inf, math.nan, 1e-200):
        with pytest.raises(ValueError, match="sigma must be at least"):
            around(mean, sigma)
    with pytest.raises(ValueError, match="sigma must have an array for each"):
        GaussianNetwork(mean=mean, sigma=(), prior_mean=mean, prior_index=INDEX)
    sigma = tuple(np.ones(a.shape) for a in mean.arrays())
    with pytest.raises(ValueError, match="j must be at least 1"):
        GaussianNetwork(mean=mean, sigma=sigma, prior_mean=mean, prior_index=0)


def test_nobody_can_write_to_its_deviations() -> None:
    own = np.full((2, 1), 0.1)
    mean = without_bias([[1.0], [0.0]])
    network = GaussianNetwork(
        mean=mean, sigma=(own,), prior_mean=mean, prior_index=INDEX
    )
    own[:] = 5.0
    assert (network.sigma[0] == 0.1).all()
    with pytest.raises(ValueError, match="read-only"):
        network.sigma[0][0] = 1.0


def test_one_input_errs_as_often_as_the_normal_law_says() -> None:
    """Outputs N(x, s^2 x^2) and N(0, s^2 x^2): errors of Phi(-1/(s sqrt 2))."""
    network, n = around(without_bias([[1.0], [0.0]]), 0.7), 40_000
    x, y = np.full((n, 1), 3.0), np.zeros(n, dtype=np.int64)
    chance = norm.cdf(-1 / (0.7 * math.sqrt(2)))
    fresh = errors_of_fresh_draws(network, x, y, rounds=1, seed=0)
    whole = errors_of_whole_draws(network, x[:1], y[:1], draws=2_000, seed=0)
    for errors, trials in ((fresh, n), (whole, 2_000)):
        low, high = interval(errors, trials, 1e-6)
        assert low <= chance <= high
        assert high - low < 0.2


def test_fresh_draws_err_as_often_as_nets_drawn_for_each_row() -> None:
    """Local reparameterisation against its definition, on a net of three layers."""
    network = around(initial((3, 5, 4, 3), 2), 0.4)
    draw = np.random.default_rng(3)
    x = draw.normal(size=(2_000, 3))
    y = forward(network.mean, x)[0].argmax(axis=1)
    slow = 0
    for i, (row, label) in enumerate(zip(x, y, strict=True)):
        net = network.draw(np.random.default_rng(i))
        slow += count_errors(net, row[None], label[None])
    fast = errors_of_fresh_draws(network, x, y, rounds=5, seed=0)
    low, high = interval(slow, 2_000, 1e-6)
    below, above = interval(fast, 10_000, 1e-6)
    assert max(low, below) <= min(high, above)
    # the net of the means, which made the labels, never errs
    assert below > 0.1


def test_hidden_noise_is_independent_over_rows_and_outputs() -> None:
    """Equal rows: with one shared draw all of them would err together."""
    network = around(initial((3, 8, 2), 0), 1.0)
    x, y = np.ones((500, 3)), np.zeros(500, dtype=np.int64)
    counts = [
        errors_of_fresh_draws(network, x, y, rounds=1, seed=seed) for seed in range(30)
    ]
    # independent coins: a variance of at most n/4, where shared ones have n^2/4
    assert np.var(counts) < 3 * 500 / 4
    whole = [
        errors_of_whole_draws(network, x, y, draws=1, seed=seed) for seed in range(30)
    ]
    assert set(whole) <= {0, 500}
    assert len(set(whole)) == 2


def test_without_noise_the_errors_are_those_of_the_means() -> None:
    mean = initial((6, 8, 3), 1)
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(300, 6)), draw.integers(0, 3, 300)
    still = around(mean, 1e-12)
    errors = count_errors(mean, x, y)
    assert errors_of_fresh_draws(still, x, y, rounds=3, seed=0) == 3 * errors
    assert errors_of_whole_draws(still, x, y, draws=3, seed=0) == 3 * errors


def test_a_seed_names_the_draws_and_rounds_have_draws_of_their_own() -> None:
    network = around(initial((6, 8, 3), 1), 0.5)
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(5_000, 6)), draw.integers(0, 3, 5_000)
    pairs: list[tuple[Any, str]] = [
        (errors_of_fresh_draws, "rounds"),
        (errors_of_whole_draws, "draws"),
    ]
    for count, name in pairs:
        one, again, other, two = (
            count(network, x, y, seed=seed, **{name: times})
            for seed, times in ((0, 1), (0, 1), (1, 1), (0, 2))
        )
        assert one == again != other
        assert two != 2 * one


def test_outputs_are_within_their_error_of_extended_precision() -> None:
    network = around(initial((30, 40, 20, 5), 4), 0.3)
    x = np.random.default_rng(5).normal(size=(50, 30)).astype(np.float32)
    outputs, error = _forward(_layers(network), x, _generator(7, 0))
    a, generator = x.astype(np.longdouble), _generator(7, 0)
    for i, layer in enumerate(_layers(network)):
        weight, variance, bias, jitter = (
            np.asarray(part, dtype=np.longdouble)
            for part in (layer.weight, layer.variance, layer.bias, layer.bias_variance)
        )
        root = np.sqrt((a * a) @ variance.T + jitter)
        a = a @ weight.T + bias + root * generator.standard_normal(root.shape)
        if i < 2:
            a = np.maximum(a, 0)
    off = np.abs(outputs - a).max(axis=1)
    assert (off <= error).all()
    assert off.max() > 0
    assert (error < 1e-9).all()


def test_what_overflows_counts_as_an_error() -> None:
    network = around(without_bias([[1e200], [-1e200]]), 1e100)
    x, y = np.full((3, 1), 1e200), np.zeros(3, dtype=np.int64)
    assert errors_of_fresh_draws(network, x, y, rounds=2, seed=0) == 6
    assert errors_of_whole_draws(network, x, y, draws=2, seed=0) == 6


def test_rows_and_numbers_that_do_not_fit_are_refused() -> None:
    network = around(initial((6, 3), 1), 0.5)
    x, y = np.ones((2, 6)), np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="rounds must be at least 1"):
        errors_of_fresh_draws(network, x, y, rounds=0, seed=0)
    with pytest.raises(ValueError, match="draws must be at least 1"):
        errors_of_whole_draws(network, x, y, draws=0, seed=0)
    with pytest.raises(ValueError, match="the net takes 6 inputs"):
        errors_of_fresh_draws(network, x[:, :5], y, rounds=1, seed=0)
    with pytest.raises(ValueError, match="the net has 3 outputs"):
        errors_of_whole_draws(network, x, y + 3, draws=1, seed=0)
