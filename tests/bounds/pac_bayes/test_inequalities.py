"""PAC-Bayes-kl and what is above it."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from nonvacuous.bounds import About, Bound, Certificate, Refusal
from nonvacuous.bounds.pac_bayes import (
    best_lambda,
    catoni_grid_upper,
    catoni_upper,
    chernoff_target,
    kl_inverse,
    log_xi,
    pac_bayes_catoni,
    pac_bayes_catoni_at,
    pac_bayes_catoni_grid,
    pac_bayes_kl,
    pac_bayes_kl_exact_constant,
    pac_bayes_lambda,
    pac_bayes_mcallester,
    pac_bayes_quadratic,
    quadratic_upper,
    thiemann_upper,
)
from nonvacuous.evidence import GibbsFit, Origin

exactly = settings(derandomize=True, max_examples=100, deadline=None)
ALL = (
    pac_bayes_kl,
    pac_bayes_kl_exact_constant,
    pac_bayes_mcallester,
    pac_bayes_quadratic,
    pac_bayes_lambda,
    pac_bayes_catoni,
    pac_bayes_catoni_grid,
)
each = pytest.mark.parametrize("bound", ALL, ids=lambda b: b.name)
FIT = GibbsFit(empirical=0.02, trials=60_000, kl=3_000.0)


def upper(bound: Bound[Any], fit: Any, delta: float) -> float:
    certificate = bound.certify(fit, delta=delta)
    assert isinstance(certificate, Certificate)
    return certificate.raw


@pytest.mark.parametrize(
    ("bound", "delta", "value"),
    [
        (pac_bayes_mcallester, 0.025, 0.1783741108),
        (pac_bayes_kl, 0.025, 0.09875838001),
        (pac_bayes_kl, 0.05, 0.09874532422),
        (pac_bayes_quadratic, 0.025, 0.1374186222),
        (pac_bayes_lambda, 0.025, 0.1374186222),
        (pac_bayes_catoni, 0.025, 0.1070420859),
        (pac_bayes_catoni_grid, 0.05, 0.09907321169),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_agrees_with_the_note(bound: Bound[Any], delta: float, value: float) -> None:
    assert upper(bound, FIT, delta) == pytest.approx(value, rel=6e-10)


def test_the_best_lambda_and_the_target_agree_with_the_note() -> None:
    nats = (3000 + math.log(2 * math.sqrt(60_000) / 0.025)) / 60_000
    assert nats * 60_000 == pytest.approx(3009.883077, abs=5e-7)
    assert best_lambda(0.02, nats) == pytest.approx(0.854459318, rel=1e-9)
    assert chernoff_target(FIT, 0.025) == pytest.approx(0.0986416868, rel=1e-9)
    # with the constants of Langford and Seeger, and of Dziugaite and Roy
    older = (3000 + math.log(60_001 / 0.025)) / 60_000
    assert kl_inverse(0.02, older) == pytest.approx(0.09884892241, rel=1e-9)
    older = (3000 + math.log(60_000 / 0.025)) / 59_999
    assert kl_inverse(0.02, older) == pytest.approx(0.09884986816, rel=1e-9)
    best = catoni_upper(0.02, (3000 + math.log(40)) / 60_000, 1.679)
    assert best == pytest.approx(0.0986416868, rel=1e-7)


def test_each_is_its_formula_rounded_up() -> None:
    with mp.workdps(50):
        q, n, kl = mpf(FIT.empirical), mpf(FIT.trials), mpf(FIT.kl)
        for delta in (0.5, 0.05, 1e-9):
            nats = (kl + mp.log(2 * mp.sqrt(n) / mpf(delta))) / n
            lam = 2 / (mp.sqrt(2 * q / nats + 1) + 1)
            c = (kl - mp.log(mpf(delta))) / n
            naive = {
                pac_bayes_mcallester: q + mp.sqrt(nats / 2),
                pac_bayes_quadratic: (mp.sqrt(q + nats / 2) + mp.sqrt(nats / 2)) ** 2,
                pac_bayes_lambda: (q + nats / lam) / (1 - lam / 2),
                pac_bayes_catoni: (1 - mp.exp(-q - c)) / (1 - mp.exp(-1)),
            }
            for bound, exact in naive.items():
                got = upper(bound, FIT, delta)
                assert exact <= got <= exact * (1 + mpf(10) ** -12), bound.name
            p = mpf(upper(pac_bayes_kl, FIT, delta))
            kl_p = q * mp.log(q / p) + (1 - q) * mp.log((1 - q) / (1 - p))
            assert nats <= kl_p <= nats * (1 + mpf(10) ** -12)


def slow_grid(q: float, kl: float, n: int, delta: float) -> float:
    """The published bound at every point of its grid."""
    alpha = 1 + 1e-4
    lam = alpha ** np.arange(1, int(math.log(50 * n) / math.log(alpha)))
    index = np.log(np.log(alpha**2 * lam) / math.log(alpha))
    inside = q + alpha / lam * (kl - math.log(delta) + 2 * index)
    return float((np.expm1(-lam / n * inside) / np.expm1(-lam / n)).min())


@exactly
@given(
    q=st.floats(0, 0.6),
    kl=st.floats(0, 2e4),
    n=st.integers(50, 10**6),
    delta=st.floats(1e-6, 0.5),
)
def test_the_grid_of_catoni_is_searched_to_its_end(
    q: float, kl: float, n: int, delta: float
) -> None:
    slow = slow_grid(q, kl, n, delta)
    fast = catoni_grid_upper(q, kl, n, delta)
    assert fast <= slow * (1 + 1e-10)
    assert fast >= slow * (1 - 1e-6) or slow > 1


@exactly
@given(
    q=st.floats(0, 1),
    kl=st.floats(0, 1e5),
    n=st.integers(1, 10**7),
    delta=st.floats(1e-9, 0.9),
)
def test_the_order_of_the_family(q: float, kl: float, n: int, delta: float) -> None:
    fit = GibbsFit(empirical=q, trials=n, kl=kl)
    up = {b: b.formula(fit, delta) for b in ALL}
    best = up[pac_bayes_kl_exact_constant]
    room = 1 + 1e-9
    assert chernoff_target(fit, delta) <= best * room
    assert best <= up[pac_bayes_kl] * room
    assert up[pac_bayes_kl] <= up[pac_bayes_mcallester] * room
    assert up[pac_bayes_kl] <= up[pac_bayes_quadratic] * room
    assert up[pac_bayes_lambda] == pytest.approx(up[pac_bayes_quadratic], rel=1e-9)
    for bound in (pac_bayes_catoni, pac_bayes_catoni_grid):
        assert chernoff_target(fit, delta) <= up[bound] * room


@exactly
@given(q=st.floats(0, 0.99), nats=st.floats(1e-9, 3))
def test_the_infimum_over_temperatures_is_the_inverse_of_kl(
    q: float, nats: float
) -> None:
    p = kl_inverse(q, nats)
    grid = np.exp(np.linspace(-9, 9, 400))
    assert all(catoni_upper(q, nats, float(c)) >= p * (1 - 1e-9) for c in grid)
    if q > 1e-6 and p < 1 - 1e-6:
        # the tangent's temperature: -d/dq kl(q, p)
        best = math.log(p * (1 - q) / (q * (1 - p)))
        assert catoni_upper(q, nats, best) == pytest.approx(p, rel=1e-6)


@exactly
@given(q=st.floats(0, 1), nats=st.floats(1e-9, 3), lam=st.floats(0.01, 1.99))
def test_the_quadratic_bound_is_the_lambda_bound_at_its_best(
    q: float, nats: float, lam: float
) -> None:
    best = quadratic_upper(q, nats)
    assert thiemann_upper(q, nats, lam) >= best * (1 - 1e-12)
    assert thiemann_upper(q, nats, best_lambda(q, nats)) == pytest.approx(best)


@each
def test_the_probability_spent_on_draws_is_not_spent_twice(bound: Bound[Any]) -> None:
    drawn = replace(FIT, mc_delta=0.02)
    assert upper(bound, drawn, 0.05) == pytest.approx(
        upper(bound, FIT, 0.03), rel=1e-12
    )
    with pytest.raises(ValueError, match=r"delta must exceed the 0\.02"):
        bound.certify(drawn, delta=0.02)


@each
@pytest.mark.parametrize("heat", [0.0, 0.3, 3.0, math.inf])
def test_covers_every_posterior_over_all_samples(
    bound: Bound[Any], heat: float, errors_world: Any, losses_world: Any
) -> None:
    for world in (replace(errors_world, n=9), losses_world):
        q, entropy = world.posterior(min(heat, 1e3))
        mean, risk = (q * world.empirical).sum(1), q @ world.risk
        fits = [
            GibbsFit(empirical=min(m * (1 + 1e-14), 1.0), trials=world.n, kl=e)
            for m, e in zip(mean, np.maximum(entropy, 0), strict=True)
        ]
        for delta in (0.1, 0.9):
            up = np.array([bound.formula(fit, delta) for fit in fits])
            assert world.weight[up < risk].sum() <= delta


@each
def test_a_prior_that_saw_the_rows_breaks_it(
    bound: Bound[Any], best_of: Callable[..., Any]
) -> None:
    """The best of 10^20 guessers, called the prior: all risks are one half."""
    n, m, delta = 200, 1e20, 0.05
    law = best_of(m, n, 0.5)

    def fails(kl: float) -> float:
        fits = [GibbsFit(empirical=k / n, trials=n, kl=kl) for k in range(n + 1)]
        return float(law @ [upper(bound, fit, delta) < 0.5 for fit in fits])

    assert fails(math.log(m)) <= delta
    assert fails(0.0) > 0.99


@each
def test_counting_the_rows_of_the_prior_breaks_it(
    bound: Bound[Any], best_of: Callable[..., Any]
) -> None:
    """A prior that memorised 160 rows of noise, judged on these and 40 others."""
    old, new, delta = 160, 40, 0.05
    law = best_of(1, new, 0.5)

    def fails(n: int) -> float:
        fits = [GibbsFit(empirical=k / n, trials=n, kl=0.0) for k in range(new + 1)]
        return float(law @ [upper(bound, fit, delta) < 0.5 for fit in fits])

    assert fails(new) <= delta
    assert fails(old + new) > 0.99


@each
def test_a_prior_of_these_rows_is_refused(bound: Bound[Any]) -> None:
    rows = Origin(source="mnist", role="train", digest="ab", rows=60_000)
    other = replace(rows, digest="cd", role="prior")
    assert isinstance(
        bound.certify(replace(FIT, origin=rows, prior=other), delta=0.05), Certificate
    )
    for origin, prior in ((rows, rows), (replace(rows, role="prior"), None)):
        refusal = bound.certify(replace(FIT, origin=origin, prior=prior), delta=0.05)
        assert isinstance(refusal, Refusal)
        assert refusal.assumption == "prior-fixed"
    assert bound.about is About.STOCHASTIC


@each
def test_infinite_divergence_says_nothing(bound: Bound[Any]) -> None:
    assert upper(bound, replace(FIT, kl=math.inf), 0.05) >= 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"empirical": 1.1}, "empirical must lie in"),
        ({"empirical": math.nan}, "empirical must lie in"),
        ({"trials": 0}, "trials must be at least 1"),
        ({"kl": -1.0}, "kl must be at least 0"),
        ({"kl": math.nan}, "kl must be at least 0"),
        ({"mc_delta": 1.0}, "mc_delta must lie in"),
    ],
)
def test_impossible_facts_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(FIT, **changes)


def test_more_rows_than_the_sample_are_refused() -> None:
    rows = Origin(source="mnist", role="train", digest="ab", rows=10)
    with pytest.raises(ValueError, match="at most the 10 rows of mnist"):
        GibbsFit(empirical=0.1, trials=11, kl=0.0, origin=rows)


@pytest.mark.parametrize("lam", [0.0, 2.0, math.nan])
def test_a_lambda_outside_its_range_is_refused(lam: float) -> None:
    with pytest.raises(ValueError, match="lam must lie"):
        thiemann_upper(0.1, 0.1, lam)


@pytest.mark.parametrize("c", [0.0, math.inf, -1.0])
def test_a_temperature_outside_its_range_is_refused(c: float) -> None:
    with pytest.raises(ValueError, match="c must be positive"):
        pac_bayes_catoni_at(c)


def test_a_temperature_is_part_of_the_name() -> None:
    assert pac_bayes_catoni.name == "pac-bayes-catoni-1"
    assert pac_bayes_catoni_at(2.5).name == "pac-bayes-catoni-2.5"


def test_the_exact_constant_is_the_moment_that_the_proof_needs(
    errors_world: Any,
) -> None:
    """Summed over all samples, exp(n kl) is at most xi(n) for every predictor."""
    world = errors_world
    for h, p in enumerate(world.risk):
        q = np.round(world.empirical[:, h] * world.n) / world.n
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.nan_to_num(q * np.log(q / p)) + np.nan_to_num(
                (1 - q) * np.log((1 - q) / (1 - p))
            )
        moment = world.weight @ np.exp(world.n * parts)
        assert moment == pytest.approx(math.exp(log_xi(world.n)), rel=1e-9)
