"""One net drawn from a posterior."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.pac_bayes import (
    kl_inverse,
    log_xi,
    pac_bayes_kl_exact_constant,
    pac_bayes_renyi_draw,
    pac_bayes_single_draw,
    shifted_gaussian_ratio,
)
from nonvacuous.evidence import DrawnFit, GibbsFit, Origin, RenyiFit

some = settings(derandomize=True, max_examples=60, deadline=None)
DRAWN = DrawnFit(errors=20, trials=1000, log_ratio=30.0)
RENYI = RenyiFit(errors=20, trials=1000, renyi=30.0)
CASES = [(pac_bayes_single_draw, DRAWN), (pac_bayes_renyi_draw, RENYI)]
both = pytest.mark.parametrize(("bound", "fit"), CASES, ids=("density", "renyi"))


def test_the_ratio_of_two_gaussians_agrees_with_the_note() -> None:
    assert shifted_gaussian_ratio(0.04, 0.1, 0.02) == pytest.approx(2.2, rel=1e-14)


@some
@given(
    mean=st.lists(st.floats(-2, 2), min_size=1, max_size=4),
    sigma=st.floats(0.1, 3),
    seed=st.integers(0, 99),
)
def test_the_ratio_is_the_difference_of_log_densities(
    mean: list[float], sigma: float, seed: int
) -> None:
    shift = np.array(mean)  # the posterior's mean; the prior's is 0
    noise = np.random.Generator(np.random.Philox(key=[seed, 0])).normal(size=len(mean))
    h = shift + sigma * noise
    naive = (h @ h - (h - shift) @ (h - shift)) / (2 * sigma**2)
    got = shifted_gaussian_ratio(float(shift @ shift), sigma, float(noise @ shift))
    assert got == pytest.approx(naive, rel=1e-9, abs=1e-9)


def test_each_is_its_formula() -> None:
    xi = log_xi(1000)
    nats = (30 + xi + math.log(1 / 0.05)) / 1000
    assert pac_bayes_single_draw.formula(DRAWN, 0.05) == pytest.approx(
        kl_inverse(0.02, nats), rel=1e-12
    )
    nats = (30 + 2 * math.log(2 / 0.05) + math.log(2 / 0.05) + xi) / 1000
    assert pac_bayes_renyi_draw.formula(RENYI, 0.05) == pytest.approx(
        kl_inverse(0.02, nats), rel=1e-12
    )


def test_a_ratio_of_nothing_leaves_the_bound_on_averages() -> None:
    fit = replace(DRAWN, log_ratio=0.0)
    same = GibbsFit(empirical=0.02, trials=1000, kl=0.0)
    assert pac_bayes_single_draw.formula(fit, 0.05) == pytest.approx(
        pac_bayes_kl_exact_constant.formula(same, 0.05), rel=1e-12
    )


def test_ten_draws_cost_what_a_tenth_of_delta_costs() -> None:
    ten = replace(DRAWN, draws=10)
    assert pac_bayes_single_draw.formula(ten, 0.5) == pytest.approx(
        pac_bayes_single_draw.formula(DRAWN, 0.05), rel=1e-12
    )


@pytest.mark.parametrize("heat", [0.0, 0.5, 5.0])
@pytest.mark.parametrize("delta", [0.1, 0.9])
def test_covers_over_all_samples_and_draws(
    heat: float, delta: float, errors_world: Any
) -> None:
    world = replace(errors_world, n=7)
    q, _ = world.posterior(heat)
    counts = np.round(world.empirical * world.n).astype(int)
    prior = 1 / len(world.loss)
    wrong = {bound: 0.0 for bound, _ in CASES}
    for weight, post, errors in zip(world.weight, q, counts, strict=True):
        renyi = max(0.0, math.log(np.sum(post**2 / prior)) * (1 + 1e-12))
        for share, k, p in zip(post, errors, world.risk, strict=True):
            if share <= 0:
                continue
            facts = (
                DrawnFit(
                    errors=int(k), trials=world.n, log_ratio=math.log(share / prior)
                ),
                RenyiFit(errors=int(k), trials=world.n, renyi=renyi),
            )
            for (bound, _), fact in zip(CASES, facts, strict=True):
                wrong[bound] += weight * share * (bound.formula(fact, delta) < p)
    assert all(w <= delta for w in wrong.values())


@both
def test_redrawing_until_it_looks_good_breaks_it(
    bound: Bound[Any], fit: Any, best_of: Callable[..., Any]
) -> None:
    """Posterior and prior agree; the best of 10^20 draws is called the only one."""
    n, m, delta = 200, 10**20, 0.05
    law = best_of(m, n, 0.5)
    name = "log_ratio" if isinstance(fit, DrawnFit) else "renyi"

    def fails(draws: int) -> float:
        facts = [
            replace(fit, errors=k, trials=n, draws=draws, **{name: 0.0})
            for k in range(n + 1)
        ]
        return float(law @ [bound.formula(fact, delta) < 0.5 for fact in facts])

    assert fails(m) <= delta
    assert fails(1) > 0.99


@both
def test_a_prior_of_these_rows_is_refused(bound: Bound[Any], fit: Any) -> None:
    rows = Origin(source="mnist", role="train", digest="ab", rows=60_000)
    assert isinstance(bound.certify(replace(fit, origin=rows), delta=0.05), Certificate)
    refused = replace(fit, origin=rows, prior=rows)
    assert isinstance(bound.certify(refused, delta=0.05), Refusal)


@both
def test_no_draw_is_refused(bound: Bound[Any], fit: Any) -> None:
    with pytest.raises(ValueError, match="draws must be at least 1"):
        replace(fit, draws=0)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="log_ratio must be a number"):
        replace(DRAWN, log_ratio=math.nan)
    with pytest.raises(ValueError, match="renyi must be at least 0"):
        replace(RENYI, renyi=-1.0)
    with pytest.raises(ValueError, match="need sigma > 0"):
        shifted_gaussian_ratio(1.0, 0.0, 1.0)
