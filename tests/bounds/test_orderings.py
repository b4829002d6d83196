"""Theorems on the same evidence, in the order that their proofs promise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.bounds import Bound, Certificate
from nonvacuous.bounds.best_of_holdout import best_of_holdout
from nonvacuous.bounds.holdout import (
    binomial_tail_inverse,
    clopper_pearson,
    hoeffding_upper,
    holdout_hoeffding,
    holdout_kl,
)
from nonvacuous.bounds.holdout_losses import (
    holdout_empirical_bernstein,
    holdout_loss_hoeffding,
    holdout_loss_kl,
    loss_summary,
)
from nonvacuous.bounds.occam import log_budget, occam_binomial, occam_hoeffding
from nonvacuous.bounds.pac_bayes import kl_inverse
from nonvacuous.bounds.progressive import (
    exponential_upper,
    progressive_azuma,
    progressive_kl,
)
from nonvacuous.evidence import BestOf, CodedFit, HoldoutErrors, ProgressiveErrors

exactly = settings(derandomize=True, max_examples=100, deadline=None)
CLOSE = 1 + 1e-7
trials = st.integers(1, 3_000)
shares = st.floats(0, 1)
deltas = st.floats(1e-9, 0.9)


def raw(bound: Bound, evidence: object, delta: float) -> float:  # type: ignore[type-arg]
    certificate = bound.certify(evidence, delta=delta)
    assert isinstance(certificate, Certificate)
    return certificate.raw


@exactly
@given(n=trials, part=shares, nats=st.floats(1e-6, 3_000))
def test_binomial_is_below_relative_entropy_is_below_hoeffding(
    n: int, part: float, nats: float
) -> None:
    k = round(part * n)
    values = (
        binomial_tail_inverse(k, n, -nats),
        kl_inverse(k / n, nats / n),
        hoeffding_upper(k, n, -nats),
    )
    assert values[0] <= values[1] * CLOSE <= values[2] * CLOSE**2


@exactly
@given(n=trials, part=shares, bits=st.integers(0, 5_000), delta=deltas)
def test_so_it_is_of_occam(n: int, part: float, bits: int, delta: float) -> None:
    k = round(part * n)
    fit = CodedFit(errors=k, trials=n, bits=bits)
    binomial, hoeffding = (
        raw(b, fit, delta) for b in (occam_binomial, occam_hoeffding)
    )
    kl = kl_inverse(k / n, -log_budget(bits, delta) / n)
    assert binomial <= kl * CLOSE <= hoeffding * CLOSE**2


@exactly
@given(n=trials, part=shares, bits=st.integers(0, 50), delta=deltas)
def test_a_code_costs_more_than_a_hold_out_and_as_much_as_a_choice(
    n: int, part: float, bits: int, delta: float
) -> None:
    k = round(part * n)
    single = raw(clopper_pearson, HoldoutErrors(errors=k, trials=n), delta)
    code = raw(occam_binomial, CodedFit(errors=k, trials=n, bits=bits), delta)
    choice = raw(best_of_holdout, BestOf(errors=k, trials=n, candidates=2**bits), delta)
    assert single <= code * (1 + 1e-12)
    assert code == pytest.approx(choice, rel=1e-12)


@exactly
@given(
    n=trials,
    part=shares,
    few=st.integers(1, 10**9),
    more=st.integers(0, 10**9),
    delta=deltas,
)
def test_more_candidates_never_cost_less(
    n: int, part: float, few: int, more: int, delta: float
) -> None:
    k = round(part * n)
    single = raw(clopper_pearson, HoldoutErrors(errors=k, trials=n), delta)
    small, large = (
        raw(best_of_holdout, BestOf(errors=k, trials=n, candidates=m), delta)
        for m in (few, few + more)
    )
    assert single <= small * (1 + 1e-12) <= large * (1 + 2e-12)


@exactly
@given(n=trials, part=shares, delta=deltas)
def test_errors_are_losses(n: int, part: float, delta: float) -> None:
    k = round(part * n)
    counts = HoldoutErrors(errors=k, trials=n)
    losses = loss_summary([1.0] * k + [0.0] * (n - k))
    for count, loss in (
        (holdout_kl, holdout_loss_kl),
        (holdout_hoeffding, holdout_loss_hoeffding),
    ):
        assert raw(count, counts, delta) == pytest.approx(
            raw(loss, losses, delta), rel=1e-9
        )
    assert (
        raw(clopper_pearson, counts, delta)
        <= raw(holdout_loss_kl, losses, delta) * CLOSE
    )


@exactly
@given(losses=st.lists(st.floats(0, 1), min_size=1, max_size=60), delta=deltas)
def test_relative_entropy_is_below_hoeffding_for_losses(
    losses: list[float], delta: float
) -> None:
    seen = loss_summary(losses)
    kl, hoeffding = (
        raw(b, seen, delta) for b in (holdout_loss_kl, holdout_loss_hoeffding)
    )
    assert seen.mean <= kl <= hoeffding * CLOSE
    assert seen.mean < raw(holdout_empirical_bernstein, seen, delta)


def test_variance_pays_where_it_is_small_and_only_there() -> None:
    steady = loss_summary([0.1] * 5_000 + [0.12] * 5_000)
    coins = loss_summary([0.0] * 9_975 + [1.0] * 25)
    for seen, wins in ((steady, True), (coins, False)):
        kl, bernstein = (
            raw(b, seen, 0.05) for b in (holdout_loss_kl, holdout_empirical_bernstein)
        )
        assert (bernstein < kl) == wins


@exactly
@given(n=trials, part=shares, delta=deltas)
def test_many_tests_of_one_row_each_cost_more_than_one_test(
    n: int, part: float, delta: float
) -> None:
    k = round(part * n)
    fit = ProgressiveErrors(errors=k, trials=n)
    single = raw(holdout_kl, HoldoutErrors(errors=k, trials=n), delta)
    assert single <= raw(progressive_kl, fit, delta) * (1 + 1e-12)
    azuma = raw(progressive_azuma, fit, delta)
    assert azuma == hoeffding_upper(k, n, math.log(delta))


def test_the_least_over_c_is_relative_entropy() -> None:
    n = 60_000
    log_delta = -(3_000 + math.log(40))
    best = min(
        exponential_upper(0.02, n, float(C), log_delta)
        for C in np.linspace(0.01, 5, 5_000)
    )
    assert best == pytest.approx(0.0986416868, rel=1e-6)
    assert kl_inverse(0.02, -log_delta / n) == pytest.approx(0.0986416868, rel=1e-9)


@pytest.mark.parametrize("delta", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 29, 60])
def test_every_hold_out_bound_covers_exactly_up_to_the_ends(
    n: int, delta: float
) -> None:
    """Every count, and risks from 1e-9 to 1 - 1e-9."""
    small = np.geomspace(1e-9, 0.5, 40)
    risks = np.concatenate([small, 1 - small])
    k = np.arange(n + 1)
    chances = binom.pmf(k, n, risks[:, None])
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(risks)), rel=1e-9)
    for bound in (clopper_pearson, holdout_kl, holdout_hoeffding):
        tops = np.array(
            [raw(bound, HoldoutErrors(errors=int(i), trials=n), delta) for i in k]
        )
        wrong = (chances * (tops < risks[:, None])).sum(axis=1)
        assert (wrong <= delta).all()


def test_the_exact_bound_wastes_nothing() -> None:
    """At a risk just above one of its values it fails with probability delta."""
    n, delta = 30, 0.05
    for k in (0, 3, 17):
        p = binomial_tail_inverse(k, n, math.log(delta))
        assert binom.cdf(k, n, p) == pytest.approx(delta, rel=1e-9)


def test_a_predictor_chosen_among_a_thousand_breaks_the_bound() -> None:
    """Coins: the best of a thousand on twenty rows is no better than the others."""
    n, delta, p = 20, 0.05, 0.5
    tops = np.array(
        [
            raw(clopper_pearson, HoldoutErrors(errors=k, trials=n), delta)
            for k in range(n + 1)
        ]
    )
    wrong = binom.pmf(np.flatnonzero(tops < p), n, p).sum()
    assert wrong <= delta
    assert 1 - (1 - wrong) ** 1_000 > 0.999


def test_copies_of_rows_break_the_bound() -> None:
    """Every row fifty times: one row of risk 0.3 errs on none with probability 0.7."""
    assert raw(clopper_pearson, HoldoutErrors(errors=0, trials=50), 0.05) < 0.3


@pytest.mark.parametrize("delta", [0.001, 0.05, 0.5])
@pytest.mark.parametrize("candidates", [1, 20])
def test_every_sample_size_up_to_sixty_is_covered(
    delta: float, candidates: int
) -> None:
    """All counts of all sizes at once; of candidates, all are tried on one sample."""
    small = np.geomspace(1e-9, 0.5, 30)
    risks = np.concatenate([small, 1 - small])
    log_share = math.nextafter(math.log(delta / candidates), -math.inf)
    for n in range(1, 61):
        k = np.arange(n + 1)
        chances = binom.pmf(k, n, risks[:, None])
        exact = binomial_tail_inverse(k, n, log_share)
        for tops in (exact, kl_inverse(k / n, -log_share / n)):
            wrong = (chances * (tops < risks[:, None])).sum(axis=1)
            assert (-np.expm1(candidates * np.log1p(-wrong)) <= delta).all()
