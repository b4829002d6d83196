"""Certificates from the mean and variance of losses in [0, 1]."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.stats import multinomial

from nonvacuous.bounds import Bound, Certificate, Refusal, Verdict
from nonvacuous.bounds.holdout import clopper_pearson
from nonvacuous.bounds.holdout_losses import (
    empirical_bernstein_upper,
    holdout_empirical_bernstein,
    holdout_loss_hoeffding,
    holdout_loss_kl,
    loss_summary,
)
from nonvacuous.evidence import HoldoutErrors, HoldoutLosses, Origin

exactly = settings(derandomize=True, max_examples=100, deadline=None)
THREE = (holdout_loss_hoeffding, holdout_loss_kl, holdout_empirical_bernstein)
every = pytest.mark.parametrize("bound", THREE, ids=lambda bound: bound.name)
SUPPORT = np.array([0.0, 0.5, 1.0])


def upper(bound: Bound[HoldoutLosses], seen: HoldoutLosses, delta: float) -> float:
    certificate = bound.certify(seen, delta=delta)
    assert isinstance(certificate, Certificate)
    return certificate.raw


def test_empirical_bernstein_agrees_with_known_values() -> None:
    value = empirical_bernstein_upper(0.3, 0.05, 100, math.log(0.05))
    assert value == pytest.approx(0.447679433, rel=1e-9)
    q = 25 / 10_000
    seen = HoldoutLosses(mean=q, variance=q * (1 - q) * 10_000 / 9_999, trials=10_000)
    value = upper(holdout_empirical_bernstein, seen, 0.05)
    assert value == pytest.approx(0.004717295273, rel=1e-9)


@pytest.mark.parametrize("k", [0, 25, 600])
def test_whole_errors_give_the_bounds_of_counts(k: int) -> None:
    seen = loss_summary([1.0] * k + [0.0] * (10_000 - k))
    expected = {0: 0.0002995284, 25: 0.003928408892}.get(k)
    if expected:
        assert upper(holdout_loss_kl, seen, 0.05) == pytest.approx(expected, rel=1e-6)
    gap = math.sqrt(math.log(20) / 20_000)
    assert upper(holdout_loss_hoeffding, seen, 0.05) == pytest.approx(
        k / 10_000 + gap, rel=1e-12
    )


@pytest.mark.parametrize("delta", [1e-9, 0.05, 0.7])
@pytest.mark.parametrize("mean", [0.0, 0.02, 0.7])
def test_each_is_its_formula_at_fifty_digits_rounded_up(
    mean: float, delta: float
) -> None:
    n, v = 500, mpf(0.01)
    seen = HoldoutLosses(mean=mean, variance=0.01, trials=n)
    with mp.workdps(50):
        q, d = mpf(mean), mpf(delta)
        nats = mp.log(2 / d)
        bernstein = q + mp.sqrt(2 * v * nats / n) + 7 * nats / (3 * (n - 1))
        hoeffding = q + mp.sqrt(mp.log(1 / d) / (2 * n))
        p = mpf(upper(holdout_loss_kl, seen, delta))
        kl = (q * mp.log(q / p) if q else 0) + (1 - q) * mp.log((1 - q) / (1 - p))
        for exact, bound in (
            (bernstein, holdout_empirical_bernstein),
            (hoeffding, holdout_loss_hoeffding),
        ):
            ours = mpf(upper(bound, seen, delta))
            assert exact <= ours <= exact * (1 + mpf(10) ** -14)
        c = mp.log(1 / d) / n
        assert c <= kl <= c * (1 + mpf(10) ** -9)


@exactly
@given(losses=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40))
def test_a_summary_is_exact_rounded_up(losses: list[float]) -> None:
    seen = loss_summary(losses)
    with mp.workdps(60):
        x = [mpf(value) for value in losses]
        n = len(x)
        mean = sum(x, mpf(0)) / n
        assert mean <= seen.mean <= mean * (1 + mpf(2) ** -50) + mpf(10) ** -320
        if n > 1:
            variance = sum(((a - mean) ** 2 for a in x), mpf(0)) / (n - 1)
            assert variance <= seen.variance or seen.variance == 0.5
            assert seen.variance <= variance * (1 + mpf(2) ** -48) + mpf(2) ** -100


@every
@pytest.mark.parametrize("n", [2, 7, 12])
@pytest.mark.parametrize("delta", [0.05, 0.3])
def test_covers_exactly_for_every_distribution_of_a_grid(
    bound: Bound[HoldoutLosses], n: int, delta: float
) -> None:
    """Every count of every value: nothing is simulated."""
    counts = np.array(
        [(i, j, n - i - j) for i in range(n + 1) for j in range(n + 1 - i)]
    )
    tops = np.array(
        [upper(bound, loss_summary(np.repeat(SUPPORT, c)), delta) for c in counts]
    )
    for a in (0.0, 0.02, 0.3, 0.6, 0.97):
        for b in (0.0, 0.03, 0.4):
            if a + b > 1:
                continue
            p = np.array([a, b, 1 - a - b])
            chances = multinomial.pmf(counts, n, p)
            assert chances.sum() == pytest.approx(1.0, rel=1e-9)
            assert chances[tops < SUPPORT @ p].sum() <= delta


@pytest.mark.parametrize("bound", [holdout_loss_hoeffding, holdout_loss_kl])
def test_losses_beyond_one_break_the_bound(bound: Bound[HoldoutLosses]) -> None:
    """A loss of 100 with probability 1/100 has mean 1 and is seldom seen."""
    n = 20
    top = upper(bound, HoldoutLosses(mean=0.0, variance=0.0, trials=n), 0.05)
    assert top < 1.0
    assert (1 - 0.01) ** n > 0.05
    with pytest.raises(ValueError, match="losses must be numbers"):
        loss_summary([0.0] * (n - 1) + [100.0])


def test_binomial_tails_of_rounded_losses_would_be_no_bound() -> None:
    """Half a loss on every row is not no error: only the theorem on means holds."""
    n, delta = 60, 0.05
    rounded = HoldoutErrors(errors=0, trials=n)  # int(0.5) on every row
    certificate = clopper_pearson.certify(rounded, delta=delta)
    assert isinstance(certificate, Certificate)
    assert certificate.raw < 0.5
    assert upper(holdout_loss_kl, loss_summary([0.5] * n), delta) > 0.5


@every
def test_copies_of_one_row_break_the_bound(bound: Bound[HoldoutLosses]) -> None:
    """Twenty copies of one row are one row: its loss is 0 with probability 0.6."""
    zero = upper(bound, loss_summary([0.0] * 200), 0.05)
    assert zero < 0.4


@every
@pytest.mark.parametrize("role", ["train", "prior"])
def test_rows_that_shaped_the_predictor_are_refused(
    bound: Bound[HoldoutLosses], role: str
) -> None:
    origin = Origin(source="digits", role=role, digest="0", rows=10)
    refusal = bound.certify(loss_summary([0.1] * 10, origin=origin), delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "unseen"


def test_means_are_vouched_for() -> None:
    certificate = holdout_loss_kl.certify(loss_summary([0.1, 0.3]), delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.assumptions["bounded-loss"] is Verdict.VOUCHED


def test_one_row_has_no_variance() -> None:
    assert upper(holdout_empirical_bernstein, loss_summary([0.5]), 0.05) == math.inf


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"mean": 1.5}, r"mean must lie in \[0, 1\], got 1.5"),
        ({"mean": math.nan}, "mean must lie"),
        ({"variance": 0.6}, "variance must lie"),
        ({"trials": 0}, "trials must be at least 1, got 0"),
    ],
)
def test_impossible_facts_are_refused_by_name(
    facts: dict[str, float], message: str
) -> None:
    base: dict[str, float] = {"mean": 0.1, "variance": 0.1, "trials": 5}
    with pytest.raises(ValueError, match=message):
        HoldoutLosses(**{**base, **facts})  # type: ignore[arg-type]


def test_more_rows_than_the_sample_has_are_refused() -> None:
    origin = Origin(source="digits", role="holdout", digest="0", rows=4)
    with pytest.raises(ValueError, match="trials must be at most the 4 rows of digits"):
        loss_summary([0.1] * 5, origin=origin)
