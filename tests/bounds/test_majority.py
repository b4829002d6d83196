"""The vote of a stochastic net's draws."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.bounds import About, Certificate, Refusal
from nonvacuous.bounds.pac_bayes import kl_inverse
from nonvacuous.bounds.pac_bayes._majority import majority_vote
from nonvacuous.evidence import GibbsFit, Origin

some = settings(derandomize=True, max_examples=100, deadline=None)


def fit(**changes: object) -> GibbsFit:
    given_: dict[str, object] = {"empirical": 0.02, "trials": 60_000, "kl": 3_000.0}
    return GibbsFit(**(given_ | changes))  # type: ignore[arg-type]


def test_it_is_twice_the_worked_value_of_a_draw() -> None:
    value = majority_vote.formula(fit(), 0.025)
    assert value == pytest.approx(2 * 0.09875838001, abs=2e-11)
    spent = majority_vote.formula(fit(mc_delta=0.01), 0.035)
    assert spent == pytest.approx(value, rel=1e-12)


@given(st.floats(0, 1), st.integers(1, 10**7), st.floats(0, 1e5), st.floats(1e-9, 0.9))
@some
def test_it_is_never_below_fifty_digits_and_hardly_above(
    empirical: float, n: int, kl: float, delta: float
) -> None:
    value = majority_vote.formula(fit(empirical=empirical, trials=n, kl=kl), delta)
    with mpmath.workdps(50):
        nats = mpmath.mpf(kl) + mpmath.log(2 * mpmath.sqrt(n) / mpmath.mpf(delta))
        c, q = nats / n, mpmath.mpf(empirical)
        low, high = q, mpmath.mpf(1)
        for _ in range(120):
            p = (low + high) / 2
            apart = (q * mpmath.log(q / p) if q else 0) + (
                (1 - q) * mpmath.log((1 - q) / (1 - p)) if q < 1 else 0
            )
            low, high = (p, high) if apart <= c else (low, p)
        exact = 2 * low
    assert exact * (1 - mpmath.mpf(10) ** -30) <= value <= exact * (1 + 1e-9)


@given(
    weights=st.lists(st.floats(0.01, 1), min_size=1, max_size=5),
    seed=st.integers(0, 1000),
)
@some
def test_a_vote_errs_at_most_twice_as_often_as_its_voters(
    weights: list[float], seed: int
) -> None:
    """Any posterior on any predictors, 3 labels, 20 rows; ties are errors."""
    draw = np.random.default_rng(seed)
    q = np.array(weights) / sum(weights)
    named, labels = draw.integers(0, 3, (len(q), 20)), draw.integers(0, 3, 20)
    votes = np.stack([(q[:, None] * (named == label)).sum(0) for label in range(3)])
    own = votes[labels, np.arange(20)].copy()
    votes[labels, np.arange(20)] = -1
    vote = (own <= votes.max(axis=0)).mean()
    gibbs = (q @ (named != labels)).mean()
    assert vote <= 2 * gibbs + 1e-12


def test_the_factor_two_is_needed() -> None:
    """Three voters of equal weight, of whom two err on each row of two thirds."""
    wrong = np.array([[1, 1, 0], [1, 0, 1], [0, 0, 0]])  # row by voter
    gibbs, vote = wrong.mean(), (wrong.mean(axis=1) >= 0.5).mean()
    assert vote > gibbs
    assert vote <= 2 * gibbs


def test_it_fails_no_more_often_than_promised_over_all_samples() -> None:
    """Two constant predictors, the posterior the worst of a grid for each count."""
    n, delta, risk = 40, 0.1, 0.3
    law, failure = binom.pmf(np.arange(n + 1), n, risk), 0.0
    for k in range(n + 1):
        failed = False
        for w in np.linspace(0, 1, 21):
            apart = sum(p * math.log(2 * p) for p in (w, 1 - w) if p > 0)
            empirical = min(1.0, w * k / n + (1 - w) * (1 - k / n) + 1e-15)
            seen = fit(empirical=empirical, trials=n, kl=max(apart, 0.0) + 1e-15)
            vote = risk if w > 0.5 else 1 - risk if w < 0.5 else 1.0
            failed |= majority_vote.formula(seen, delta) < vote
        failure += law[k] * failed
    assert failure <= delta


def test_a_prior_that_saw_the_rows_breaks_it_and_is_refused() -> None:
    """A net that remembers random labels, and a prior that is that net."""
    remembered = fit(empirical=0.0, trials=1000, kl=0.0)
    assert majority_vote.formula(remembered, 0.05) < 0.5
    origin = Origin(source="coins", role="bound", digest="ab", rows=1000)
    prior = Origin(source="coins", role="prior", digest="ab", rows=1000)
    told = fit(empirical=0.0, trials=1000, kl=0.0, origin=origin, prior=prior)
    refusal = majority_vote.certify(told, delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "prior-fixed"


def test_the_certificate_says_whose_risk_it_bounds() -> None:
    certificate = majority_vote.certify(fit(), delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.about is About.VOTE
    assert "the majority-vote net errs on at most" in str(certificate)
    half = certificate.terms["risk of a draw"]
    assert 2 * half == certificate.raw
    assert half >= kl_inverse(0.02, certificate.terms["nats per row"] * (1 - 1e-12))


def test_confidence_spent_on_draws_must_leave_some() -> None:
    with pytest.raises(ValueError, match="delta must exceed the"):
        majority_vote.certify(fit(mc_delta=0.05), delta=0.05)
