"""The constants of the kl inequalities."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from nonvacuous.bounds.pac_bayes import _constant, log_two_root, log_xi

exactly = settings(derandomize=True, max_examples=30, deadline=None)


def naive(n: int) -> mpf:
    with mp.workdps(50):
        q = [mpf(k) / n for k in range(n + 1)]
        terms = [
            mp.binomial(n, k) * q[k] ** k * (1 - q[k]) ** (n - k) for k in range(n + 1)
        ]
        return mp.log(mp.fsum(terms))


def test_agrees_with_published_values() -> None:
    assert math.exp(log_xi(8)) == pytest.approx(4.245018005, rel=1e-9)
    assert math.exp(log_xi(60_000)) == pytest.approx(307.665, abs=5e-4)
    assert math.exp(log_two_root(60_000)) == pytest.approx(489.898, abs=5e-4)


@exactly
@given(n=st.integers(1, 400))
def test_is_the_sum_rounded_up(n: int) -> None:
    exact = naive(n)
    assert exact <= log_xi(n) <= exact * (1 + mpf(10) ** -13)
    with mp.workdps(50):
        root = mp.log(2 * mp.sqrt(n))
    assert root <= log_two_root(n) <= root * (1 + mpf(10) ** -14)


@pytest.mark.parametrize("n", [83, 84, 85, 120, 301, 302])
def test_the_integral_over_the_middle_is_above_its_terms(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_constant, "_EDGE", 40)
    assert naive(n) <= log_xi.__wrapped__(n) <= naive(n) * (1 + mpf(10) ** -3)


@pytest.mark.parametrize("n", [10**5 + 1, 10**5 + 2, 10**6, 10**9, 10**12])
def test_beyond_the_terms_it_adds_it_stays_at_the_known_expansion(n: int) -> None:
    # Szpankowski's expansion of the same sum, an approximation
    near = math.sqrt(math.pi * n / 2) + 2 / 3 + math.sqrt(2 * math.pi / n) / 24
    assert math.exp(log_xi(n)) == pytest.approx(near, abs=2e-3, rel=1e-9)


def test_nats_per_row_fall() -> None:
    for constant in (log_xi, log_two_root):
        rates = [constant(n) / n for n in [*range(1, 400), *range(99_990, 100_010)]]
        assert all(a > b for a, b in pairwise(rates))


@exactly
@given(n=st.integers(1, 10**13))
def test_exact_constant_is_never_above_maurers(n: int) -> None:
    assert log_xi(n) <= log_two_root(n)


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="n must be at least 1"):
        log_xi(0)
