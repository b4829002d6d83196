"""Certificates by betting on losses in [0, 1]."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.stats import binom

from nonvacuous.bounds import Certificate, Refusal, Verdict
from nonvacuous.bounds.betting import (
    betting_lower,
    betting_upper,
    holdout_betting,
    log_capital,
)
from nonvacuous.evidence import OrderedLosses, Origin

some = settings(derandomize=True, max_examples=50, deadline=None)
losses = st.lists(st.floats(0, 1), min_size=1, max_size=30)
SUPPORT = (0.0, 0.5, 1.0)


def naive_capital(x: list[float], m: float, delta: float) -> mpf:
    """The definition, a loss at a time, at fifty digits: most capital ever held."""
    n, capital, most = len(x), mpf(1), mpf(0)
    total, squares = mpf(1) / 2, mpf(1) / 4
    variance = mpf(1) / 4
    for t, value in enumerate(map(mpf, x), start=1):
        bet = mp.sqrt(2 * mp.log(1 / mpf(delta)) / (n * variance))
        bet = min(bet, mpf(3) / 4 / (1 - mpf(m)))
        capital *= 1 - bet * (value - m)
        most = max(most, capital)
        total += value
        squares += (value - total / (t + 1)) ** 2
        variance = squares / (t + 1)
    return most


@some
@given(x=losses, m=st.floats(0, 0.999), delta=st.floats(1e-6, 0.9))
def test_capital_is_its_definition_rounded_down(
    x: list[float], m: float, delta: float
) -> None:
    with mp.workdps(50):
        exact = mp.log(naive_capital(x, m, delta))
        ours = log_capital(x, m, math.log(delta))
        # the bets are floats: any predictable bets are bets, but they differ a little
        assert exact - ours == pytest.approx(0.0, abs=1e-9)


@some
@given(
    x=losses, a=st.floats(0, 0.999), b=st.floats(0, 0.999), delta=st.floats(1e-6, 0.9)
)
def test_capital_grows_with_the_mean_bet_against(
    x: list[float], a: float, b: float, delta: float
) -> None:
    low, high = log_capital(x, sorted((a, b)), math.log(delta))
    assert low <= high + 1e-11


@some
@given(x=losses, delta=st.floats(1e-6, 0.9))
def test_the_bound_is_the_least_mean_seen_to_be_excluded(
    x: list[float], delta: float
) -> None:
    top = betting_upper(x, math.log(delta))
    assert 0.0 < top <= 1.0
    if top < 1.0:
        with mp.workdps(50):
            assert naive_capital(x, top, delta) * (1 + mpf(10) ** -8) >= 1 / delta
            below = naive_capital(x, top * (1 - 1e-9) - 1e-15, delta)
            assert below <= (1 + mpf(10) ** -6) / delta


def test_no_losses_have_a_closed_form_at_full_bets() -> None:
    """Here every bet is cut: (1 + 3m/4/(1-m))^n = 1/delta."""
    n, delta = 20, 1e-3
    factor = delta ** (-1 / n) - 1
    exact = factor / (factor + 0.75)
    assert betting_upper([0.0] * n, math.log(delta)) == pytest.approx(exact, rel=1e-9)


def test_nothing_is_known_of_the_largest_losses() -> None:
    assert betting_upper([1.0] * 50, math.log(0.05)) == 1.0
    assert betting_lower([0.0] * 50, math.log(0.05)) == 0.0


@some
@given(x=losses, delta=st.floats(1e-6, 0.5))
def test_both_sides_mirror_each_other(x: list[float], delta: float) -> None:
    mirrored = 1 - betting_upper([1 - value for value in x], math.log(delta))
    assert betting_lower(x, math.log(delta)) == pytest.approx(mirrored, abs=1e-12)


@pytest.mark.parametrize("delta", [0.05, 0.3])
@pytest.mark.parametrize("n", [1, 4, 10])
def test_covers_exactly_over_every_sequence(n: int, delta: float) -> None:
    """The bound fails only where the capital against the mean itself gets there."""
    paths = np.array(list(product(range(3), repeat=n)))
    x = np.array(SUPPORT)[paths]
    for p in ((0.9, 0.1, 0.0), (0.3, 0.4, 0.3), (0.03, 0.0, 0.97), (0.99, 0.0, 0.01)):
        mean = float(np.dot(p, SUPPORT))
        chances = np.prod(np.array(p)[paths], axis=1)
        capital = log_capital(x, np.full(len(x), mean), math.log(delta))
        assert chances[capital >= -math.log(delta) - 1e-9].sum() <= delta


@pytest.mark.parametrize("delta", [0.1, 0.4])
def test_the_certificate_itself_covers_exactly(delta: float) -> None:
    paths = list(product(range(3), repeat=6))
    tops = [
        betting_upper([SUPPORT[i] for i in path], math.log(delta)) for path in paths
    ]
    for p in ((0.6, 0.3, 0.1), (0.1, 0.1, 0.8), (0.95, 0.0, 0.05)):
        mean = float(np.dot(p, SUPPORT))
        wrong = [
            math.prod(p[i] for i in path)
            for path, top in zip(paths, tops, strict=True)
            if top < mean
        ]
        assert math.fsum(wrong) <= delta


def test_capital_against_the_mean_is_fair() -> None:
    """Averaged over every sequence, the final capital against the mean is 1."""
    n, delta, p = 7, 0.05, (0.5, 0.3, 0.2)
    mean = float(np.dot(p, SUPPORT))
    total = mpf(0)
    for path in product(range(3), repeat=n):
        x = [SUPPORT[i] for i in path]
        capital, t, squares = mpf(1), mpf(1) / 2, mpf(1) / 4
        for i, value in enumerate(x, start=1):
            variance = squares / i
            bet = mp.sqrt(2 * mp.log(1 / mpf(delta)) / (n * variance))
            capital *= 1 - min(bet, mpf(3) / 4 / (1 - mean)) * (value - mean)
            t += value
            squares += (value - t / (i + 1)) ** 2
        total += capital * math.prod(p[i] for i in path)
    assert float(total) == pytest.approx(1.0, rel=1e-9)


def test_an_order_that_saw_the_losses_breaks_the_bound() -> None:
    """Coins sorted so that the zeros come first: most capital comes before the ones."""
    n, delta, p = 40, 0.05, 0.5
    tops = [
        betting_upper([0.0] * (n - k) + [1.0] * k, math.log(delta)) for k in range(n)
    ]
    wrong = binom.pmf(np.flatnonzero(np.array(tops) < p), n, p).sum()
    assert wrong > 0.5


def test_copies_of_one_row_break_the_bound() -> None:
    assert betting_upper([0.0] * 50, math.log(0.05)) < 0.4  # one coin, 0 half the time


def test_a_choice_among_many_predictors_breaks_the_bound() -> None:
    """Coins of risk 1/2 for 10 rows: among 4,000 predictors one errs on none."""
    assert betting_upper([0.0] * 10, math.log(0.05)) < 0.5
    assert 1 - (1 - 2.0**-10) ** 4_000 > 0.9


def test_a_steady_loss_beats_what_its_mean_alone_would_give() -> None:
    x = [0.1] * 1_000
    certificate = holdout_betting.certify(OrderedLosses(losses=tuple(x)), delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.raw < 0.105  # kl: 0.1248, empirical Bernstein: 0.1086
    assert certificate.assumptions["bounded-loss"] is Verdict.CHECKED
    assert certificate.assumptions["order-fixed"] is Verdict.VOUCHED


def test_rows_that_shaped_the_predictor_are_refused() -> None:
    origin = Origin(source="digits", role="train", digest="0", rows=10)
    seen = OrderedLosses(losses=(0.5,), origin=origin)
    refusal = holdout_betting.certify(seen, delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "unseen"


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
def test_losses_outside_the_unit_interval_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match=r"losses must lie in \[0, 1\], got"):
        OrderedLosses(losses=(0.5, bad))
    with pytest.raises(ValueError, match="losses must be a row of numbers"):
        betting_upper([bad], math.log(0.05))


def test_no_losses_and_no_doubt_are_refused() -> None:
    with pytest.raises(ValueError, match="trials must be at least 1, got 0"):
        OrderedLosses(losses=())
    with pytest.raises(ValueError, match="log_delta must be below 0"):
        betting_upper([0.5], 0.0)


def test_late_losses_cannot_take_back_what_early_ones_excluded() -> None:
    """So the bound can lie below the mean seen, which no fixed-n bound does."""
    x = [0.0] * 12 + [1.0] * 12
    assert betting_upper(x, math.log(0.3)) < np.mean(x)
