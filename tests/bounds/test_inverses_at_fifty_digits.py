"""The inverses and the log tail against fifty digits: on the safe side, and tight."""

import itertools
import math
from random import Random

import numpy as np
import pytest

from nonvacuous.bounds._kl import kl, kl_inverse, kl_inverse_lower
from nonvacuous.bounds._tail import near_side
from nonvacuous.bounds.holdout import (
    binomial_tail_inverse,
    binomial_tail_inverse_lower,
    log_binomial_tail,
)
from paper_checks._digits import DIGITS, kl_digits, log_tail_digits

Count = tuple[int, int, float]


def rates() -> list[tuple[float, float]]:
    rng = Random(0)
    least, most = math.nextafter(0, 1), math.nextafter(1, 0)
    corners = (0.0, least, 1e-300, 1e-17, 0.1, 0.5, 1 - 1e-9, most, 1.0)
    cases = list(itertools.product(corners, (1e-12, 1e-3, 1.0, 37.0, 50.0, 700.0)))
    for _ in range(400):
        q = rng.choice([rng.random(), 10 ** rng.uniform(-20, 0)])
        q = rng.choice([q, q, 1 - 10 ** rng.uniform(-16, 0), rng.randrange(101) / 100])
        cases.append((q, 10 ** rng.uniform(-12, math.log10(50))))
    return cases


def counts(most: float, many: int) -> list[Count]:
    rng = Random(1)
    cases = [
        (k, n, log_delta)
        for n, log_delta in itertools.product((1, 2, 10, 1000), (-1e-12, -3.0, -1e5))
        for k in {0, 1, n // 2, n - 1, n}
    ]
    for _ in range(many):
        n = int(10 ** rng.uniform(0, most))
        k = rng.choice([rng.randint(0, n), int(n ** rng.random()), n - int(n**0.5)])
        wide, usual = rng.uniform(-12, 5), rng.uniform(-2, 2)
        cases.append((min(k, n), n, -(10 ** rng.choice([wide, usual, usual]))))
    return cases


def columns(cases: list[Count]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    k, n, log_delta = zip(*cases, strict=True)
    return np.array(k), np.array(n), np.array(log_delta)


def passes(k: int, n: int, p: float, log_delta: float) -> bool:
    """Whether P(Bin(n, p) <= k) is at most delta."""
    return log_tail_digits(k, n, p) <= log_delta


def passes_below(k: int, n: int, p: float, log_delta: float) -> bool:
    """Whether P(Bin(n, p) >= k) = P(Bin(n, 1 - p) <= n - k) is at most delta."""
    return log_tail_digits(n - k, n, 1 - DIGITS.mpf(p)) <= log_delta


def test_kl_is_exact_to_a_few_units_in_the_last_place() -> None:
    rng = Random(2)
    for q, _ in rates():
        near = q * (1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-15, -1))
        for p in (near, rng.random()):
            if 0 < p < 1 and q != p and q > 1e-200:
                exact = kl_digits(q, p)
                assert abs(kl(q, p) / exact - 1) < 1e-14


def test_kl_inverse_is_safe_and_within_1e14_of_itself() -> None:
    for (q, c), p in zip(rates(), kl_inverse(*np.array(rates()).T), strict=True):
        assert q <= p <= 1
        if p < 1:
            assert kl_digits(q, float(p)) >= c
        if (inner := float(p) * (1 - 1e-14)) > q:
            assert kl_digits(q, inner) < c


def test_kl_inverse_lower_is_safe_and_within_1e14_of_itself_in_the_exponent() -> None:
    for (q, c), p in zip(rates(), kl_inverse_lower(*np.array(rates()).T), strict=True):
        assert 0 <= p <= q
        if p > 0:
            assert kl_digits(q, float(p)) >= c
        least = max(float(p), 1e-307)
        inner = least * (1 + 1e-14 * (1 + math.log(max(q / least, 1))))
        if inner < q:
            assert kl_digits(q, inner) < c


def test_the_binomial_inverse_is_safe_and_within_1e12_of_itself() -> None:
    cases = counts(6, 250)
    ends = binomial_tail_inverse(*columns(cases))
    for (k, n, log_delta), p in zip(cases, ends.tolist(), strict=True):
        if k == n:
            assert p == 1
            continue
        assert p == 1 or (p > 0 and passes(k, n, p, log_delta))
        inner = p * (1 - 1e-12)
        assert not passes(k, n, inner, log_delta)


def test_the_lower_binomial_inverse_is_safe_and_within_1e12_of_itself() -> None:
    cases = counts(6, 250)
    ends = binomial_tail_inverse_lower(*columns(cases))
    for (k, n, log_delta), p in zip(cases, ends.tolist(), strict=True):
        if k == 0:
            assert p == 0
        elif p > 1e-25:  # 1 - p has sixty digits
            assert passes_below(k, n, p, log_delta)
            inner = DIGITS.mpf(p) * (1 + DIGITS.mpf("1e-12"))
            assert inner >= 1 or not passes_below(k, n, inner, log_delta)
        else:  # as good as the first term: C(n, k) p^k, with 1 - p as 1
            choose = DIGITS.loggamma(n + 1) - DIGITS.loggamma(k + 1)
            choose -= DIGITS.loggamma(n - k + 1)
            exact = DIGITS.exp((DIGITS.mpf(log_delta) - choose) / k)
            assert p <= exact
            assert p > exact * (1 - 1e-10) or exact < 1e-289


@pytest.mark.parametrize("n", [10**7, 10**12])
@pytest.mark.parametrize("delta", [0.05, 1e-9, 1 - 1e-9])
def test_one_error_of_very_many_leaves_a_small_positive_risk(
    n: int, delta: float
) -> None:
    log_delta = math.log(delta)
    exact = -DIGITS.expm1(DIGITS.log1p(-DIGITS.exp(DIGITS.mpf(log_delta))) / n)
    lower = binomial_tail_inverse_lower(1, n, log_delta)
    assert exact * (1 - 1e-12) < lower <= exact


@pytest.mark.parametrize(
    ("k", "n", "p"),
    [
        (5 * 10**11, 10**12, 0.6),
        (10**6, 10**12, 1.2e-6),
        (10**12 - 30, 10**12, 1 - 1e-11),
        (0, 10**12, 1e-13),
        (18946, 50000, 0.56),
        (3 * 10**6, 10**7, 0.3001),
        (3 * 10**6, 10**7, 0.2999),
    ],
)
def test_the_log_tail_keeps_its_relative_precision_for_every_n(
    k: int, n: int, p: float
) -> None:
    exact = log_tail_digits(k, n, p)
    assert abs(log_binomial_tail(k, n, p) / exact - 1) < 2e-14


def test_the_error_of_the_log_tail_is_below_a_fifth_of_its_slack() -> None:
    rng = Random(3)
    for k, n, _ in counts(5, 250):
        rate = (min(k, n - 1) + 0.5) / n
        spread = math.sqrt(rate * (1 - rate) / n)
        p = rate + rng.choice([0.1, 1, 5, 50]) * rng.gauss(0, 1) * spread
        if k == n or not 0 < p < 1:
            continue
        with np.errstate(all="ignore"):
            side = near_side(*(np.array([float(a)]) for a in (k, n, p)))
        if side.lower[0]:
            exact = log_tail_digits(k, n, p)
        else:
            exact = log_tail_digits(n - k - 1, n, 1 - DIGITS.mpf(p))
        assert abs(side.log[0] - exact) <= 0.2 * side.slack[0]
