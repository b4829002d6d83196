"""Evidence for PAC-Bayes inequalities, measured on a stochastic net."""

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from nonvacuous._counting import count_errors
from nonvacuous.bounds.pac_bayes import risk_by_fresh_draws, risk_by_whole_draws
from nonvacuous.data import Role, Sample, make_sample
from nonvacuous.fits import Draws, drawn_fit, gibbs_fit
from nonvacuous.nets import Layer, Network
from nonvacuous.stochastic import (
    GaussianNetwork,
    errors_of_fresh_draws,
    errors_of_whole_draws,
)
from nonvacuous.training import initial

MEAN = initial((3, 4, 2), 0)


def sample(role: Role = Role.BOUND, seed: int = 0, source: str = "world") -> Sample:
    draw = np.random.default_rng(seed)
    x, y = draw.normal(size=(200, 3)), draw.integers(0, 2, 200)
    return make_sample(x, y, role=role, source=source)


def network(prior_rows: Sample | None = None) -> GaussianNetwork:
    return GaussianNetwork(
        mean=MEAN,
        sigma=tuple(np.full(a.shape, 0.2) for a in MEAN.arrays()),
        prior_mean=initial((3, 4, 2), 1),
        prior_index=10,
        prior_rows=prior_rows,
    )


def test_it_counts_draws_and_keeps_their_confidence() -> None:
    rows, net = sample(), network()
    fit = gibbs_fit(net, rows, mc_delta=0.02, draws=3, seed=5)
    errors = errors_of_fresh_draws(net, rows.x, rows.y, rounds=3, seed=5)
    assert fit.empirical == risk_by_fresh_draws(errors, 600, 0.02)
    assert (fit.trials, fit.kl, fit.mc_delta, fit.prior) == (200, net.kl, 0.02, None)
    assert fit.origin is not None
    assert (fit.origin.role, fit.origin.digest) == ("bound", rows.digest)

    whole = gibbs_fit(net, rows, mc_delta=0.02, draws=40, scheme=Draws.WHOLE, seed=5)
    errors = errors_of_whole_draws(net, rows.x, rows.y, draws=40, seed=5)
    assert whole.empirical == risk_by_whole_draws(errors, 200, 40, 0.02)


def test_both_schemes_bound_the_same_risk() -> None:
    """Each may fail with probability 1e-9, so neither does."""
    rows, net = sample(), network()
    errors = errors_of_whole_draws(net, rows.x, rows.y, draws=2_000, seed=1)
    low = 1 - risk_by_whole_draws(400_000 - errors, 200, 2_000, 1e-9)
    fresh = gibbs_fit(net, rows, mc_delta=1e-9, draws=50)
    whole = gibbs_fit(net, rows, mc_delta=1e-9, draws=500, scheme=Draws.WHOLE)
    assert low <= fresh.empirical <= whole.empirical


@pytest.mark.parametrize("scheme", list(Draws))
def test_draws_fail_no_more_often_than_promised(scheme: Draws) -> None:
    """Outputs N(x, x^2 / 4) and N(0, x^2 / 4), x > 0: a risk known to all digits."""
    mean = Network(layers=(Layer(weight=np.array([[1.0], [0.0]]), bias=None),))
    net = GaussianNetwork(
        mean=mean,
        sigma=(np.full((2, 1), 0.5),),
        prior_mean=mean,
        prior_index=10,
    )
    x = np.linspace(1, 2, 30)[:, None]
    rows = make_sample(x, np.zeros(30, int), role=Role.BOUND, source="line")
    risk, delta, seeds = norm.cdf(-math.sqrt(2)), 0.2, 150
    draws = 1 if scheme is Draws.FRESH else 25
    fits = [
        gibbs_fit(net, rows, mc_delta=delta, draws=draws, scheme=scheme, seed=seed)
        for seed in range(seeds)
    ]
    failures = sum(fit.empirical < risk for fit in fits)
    # more than these would be less likely than one in a million
    assert 0 < failures <= binom.isf(1e-6, seeds, delta)


def test_one_drawn_net_comes_with_its_errors_and_its_densities() -> None:
    rows, posterior = sample(), network()
    net, fit = drawn_fit(posterior, rows, seed=4)
    again, _ = drawn_fit(posterior, rows, seed=4)
    for a, b in zip(net.arrays(), again.arrays(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert fit.errors == count_errors(net, rows.x, rows.y)
    assert (fit.trials, fit.draws) == (200, 1)
    prior, ratio = posterior.grid.sigma(10), posterior.grid.price(10)
    for w, m, c in zip(
        net.arrays(), MEAN.arrays(), posterior.prior_mean.arrays(), strict=True
    ):
        ratio += float((norm.logpdf(w, m, 0.2) - norm.logpdf(w, c, prior)).sum())
    assert fit.log_ratio == pytest.approx(ratio, rel=1e-9)
    ratios = [drawn_fit(posterior, rows, seed=seed)[1].log_ratio for seed in range(50)]
    assert np.mean(ratios) == pytest.approx(posterior.kl, rel=0.1)


def test_more_draws_come_closer() -> None:
    rows, net = sample(), network()
    few, many = (gibbs_fit(net, rows, draws=draws) for draws in (1, 100))
    assert many.empirical < few.empirical


def test_rows_that_shaped_the_prior_are_refused() -> None:
    rows = sample()
    with pytest.raises(ValueError, match="sample must not have shaped the prior"):
        gibbs_fit(network(), sample(Role.PRIOR))
    with pytest.raises(ValueError, match="sample must not have shaped the prior"):
        drawn_fit(network(), sample(Role.PRIOR), seed=0)
    with pytest.raises(ValueError, match="share no row"):
        gibbs_fit(network(rows.take(slice(0, 5), Role.PRIOR)), rows)
    # the same contents under another name
    other = sample(Role.PRIOR, source="copy")
    with pytest.raises(ValueError, match="equal contents"):
        gibbs_fit(network(other), rows)
    apart = gibbs_fit(network(sample(Role.PRIOR, 1, "elsewhere")), rows)
    assert apart.prior is not None
    assert apart.prior.role == "prior"


def test_settings_out_of_range_are_refused() -> None:
    for scheme in Draws:
        with pytest.raises(ValueError, match="must be at least 1, got 0"):
            gibbs_fit(network(), sample(), draws=0, scheme=scheme)
    with pytest.raises(ValueError, match="delta must lie strictly"):
        gibbs_fit(network(), sample(), mc_delta=0.0)
