"""The constants of the kl inequalities."""

import math
from fractions import Fraction

import numpy as np
import pytest
from mpmath import MPContext, mpf

from nonvacuous.bounds.pac_bayes import log_two_root, log_xi

DIGITS = MPContext()
DIGITS.dps = 60
EVERY = np.arange(1, 20_000)


def defined(n: int) -> Fraction:
    return sum(
        (
            math.comb(n, k) * Fraction(k, n) ** k * Fraction(n - k, n) ** (n - k)
            for k in range(n + 1)
        ),
        Fraction(0),
    )


def by_abel(n: int) -> mpf:
    """The sum of n! / ((n - j)! n^j), in 240-bit fixed point."""
    term, total, j = 1 << 240, 0, 0
    while term:
        total += term
        term = term * (n - j) // n
        j += 1
    return DIGITS.mpf(total) / DIGITS.mpf(1 << 240)


def test_agrees_with_published_values() -> None:
    assert math.exp(log_xi(8)) == pytest.approx(4.245018005, rel=1e-9)
    assert math.exp(log_xi(60000)) == pytest.approx(307.665, abs=5e-4)


def test_one_example_gives_two() -> None:
    assert log_xi(1) == pytest.approx(math.log(2), rel=1e-12)


@pytest.mark.parametrize("n", [*range(1, 30), 100, 250])
def test_abels_identity_holds_exactly(n: int) -> None:
    falling = Fraction(1)
    total = Fraction(1)
    for j in range(n):
        falling *= Fraction(n - j, n)
        total += falling
    assert defined(n) == total
    exact = DIGITS.log(DIGITS.mpf(total.numerator) / total.denominator)
    assert 0 <= log_xi(n) - exact < 1e-12


@pytest.mark.parametrize(
    "n", [300, 4096, 8191, 8192, 8193, 8200, 10**4, 10**5, 10**6, 10**8]
)
def test_is_rounded_up_and_tight_at_fifty_digits(n: int) -> None:
    assert 0 <= log_xi(n) - DIGITS.log(by_abel(n)) < 1e-12


@pytest.mark.parametrize("n", [*range(1, 200), 1000, 8192, 10**5, 10**7])
def test_ramanujans_theta_lies_where_it_is_said_to(n: int) -> None:
    """So theta is known for an n beyond the table from above and from below."""
    half = DIGITS.exp(DIGITS.loggamma(n + 1) + n - n * DIGITS.log(n)) / 2
    theta = half + 1 - by_abel(n)
    kappa = 4 / (135 * (theta - DIGITS.mpf(1) / 3)) - n
    assert DIGITS.mpf(2) / 21 <= kappa <= DIGITS.mpf(8) / 45


def test_lies_between_one_and_two_roots_of_n_for_every_n() -> None:
    value = np.exp(log_xi(EVERY))
    assert (value >= np.sqrt(EVERY)).all()
    assert (value[1:] <= 2 * np.sqrt(EVERY[1:])).all()
    assert math.log(2) <= log_xi(1) <= math.log(2) + 1e-12  # 2 sqrt(1), exactly
    n = 10.0**12
    assert log_xi(10**12) == pytest.approx(math.log(math.sqrt(math.pi * n / 2)))


def test_rises_with_n() -> None:
    assert (np.diff(log_xi(EVERY)) > 0).all()


def test_scalars_give_floats_and_arrays_give_arrays() -> None:
    table = log_xi(np.array([[1, 9000], [8, 60000]]))
    assert type(log_xi(8)) is float
    assert table.shape == (2, 2)
    assert table[1, 0] == log_xi(8)
    assert table[0, 1] == log_xi(9000)


@pytest.mark.parametrize("bad", [0, -1, 2.0, True, math.nan])
def test_counts_that_are_not_whole_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="n must be an integer of at least 1"):
        log_xi(bad)  # type: ignore[call-overload]


@pytest.mark.parametrize("n", [1, 2, 3, 60_000, 10**12])
def test_maurers_constant_is_rounded_up(n: int) -> None:
    exact = DIGITS.log(2 * DIGITS.sqrt(n))
    assert exact <= log_two_root(n) <= exact * (1 + DIGITS.mpf(10) ** -14)


def test_nats_per_row_fall() -> None:
    for rates in (
        log_xi(EVERY) / EVERY,
        np.array([log_two_root(int(n)) for n in EVERY]) / EVERY,
    ):
        assert (np.diff(rates) < 0).all()
