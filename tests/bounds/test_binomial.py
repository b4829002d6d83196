"""The binomial tail in nats, and its inverses."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln, logsumexp, xlog1py, xlogy
from scipy.stats import beta, binom

from nonvacuous.bounds.holdout import (
    binomial_tail_inverse,
    binomial_tail_inverse_lower,
    log_binomial_tail,
)

exactly = settings(derandomize=True, max_examples=150, deadline=None)


@st.composite
def counts(draw: st.DrawFn, largest: int = 5000) -> tuple[int, int]:
    n = draw(st.integers(1, largest))
    return draw(st.integers(0, n)), n


def summed_over_k(k: int, n: int, p: float) -> float:
    i = np.arange(k + 1)
    choose = gammaln(n + 1) - gammaln(i + 1) - gammaln(n - i + 1)
    return float(logsumexp(choose + xlogy(i, p) + xlog1py(n - i, -p)))


LOG_05 = math.log(0.05)


@pytest.mark.parametrize(
    ("k", "n", "log_delta", "published"),
    [
        (0, 10, LOG_05, 0.2588655509),
        (1, 10, LOG_05, 0.3941633024),
        (25, 10000, LOG_05, 0.003489876426),
        (25, 10000, LOG_05 - math.log(100), 0.004605674183),
        (80, 10000, LOG_05, 0.009627115812),
        (600, 10000, LOG_05, 0.06405217611),
        (50, 10000, LOG_05, 0.006324499771),
        (50, 10000, math.log(0.035), 0.006462606429),
        (50, 1000, LOG_05 - 100 * math.log(2), 0.1730993059),
        (0, 1000, LOG_05 - 100 * math.log(2), 0.06975794297),
        (6000, 60000, LOG_05 - 6572 * math.log(2), 0.2542538931),
        (6000, 60000, LOG_05 - 6568 * math.log(2), 0.2541970887),
    ],
)
def test_agrees_with_published_values(
    k: int, n: int, log_delta: float, published: float
) -> None:
    inverse = binomial_tail_inverse(k, n, log_delta)
    assert inverse == pytest.approx(published, rel=1e-9)


def test_the_tail_is_finite_where_scipy_has_minus_infinity() -> None:
    assert log_binomial_tail(18946, 50000, 0.56) == pytest.approx(-3308.277235)
    with np.errstate(divide="ignore"):
        assert binom.logcdf(18946, 50000, 0.56) == -math.inf
    target = LOG_05 - 4822.46 * math.log(2)
    assert round(binomial_tail_inverse(18946, 50000, target), 5) == 0.56101


@pytest.mark.parametrize("n", [1, 10, 1000, 60000])
@pytest.mark.parametrize("log_delta", [-0.1, LOG_05, -500.0])
def test_no_errors_have_a_closed_form(n: int, log_delta: float) -> None:
    exact = -math.expm1(log_delta / n)
    inverse = binomial_tail_inverse(0, n, log_delta)
    assert exact * (1 - 1e-15) <= inverse <= exact * (1 + 1e-13)
    lower = binomial_tail_inverse_lower(n, n, log_delta)
    assert lower == pytest.approx(math.exp(log_delta / n), rel=1e-12)


def test_errors_everywhere_leave_every_risk_open() -> None:
    assert binomial_tail_inverse(7, 7, -1.0) == 1.0
    assert binomial_tail_inverse(3, 7, -math.inf) == 1.0
    assert binomial_tail_inverse_lower(0, 7, -1.0) == 0.0


def test_the_tail_at_the_ends() -> None:
    assert log_binomial_tail(3, 7, 0.0) == 0.0
    assert log_binomial_tail(3, 7, 1.0) == -math.inf
    assert log_binomial_tail(7, 7, 1.0) == 0.0
    assert log_binomial_tail(0, 7, 0.25) == pytest.approx(7 * math.log(0.75))


@exactly
@given(kn=counts(), p=st.floats(1e-6, 1 - 1e-6))
def test_the_tail_is_the_sum_over_k(kn: tuple[int, int], p: float) -> None:
    k, n = kn
    assert log_binomial_tail(k, n, p) == pytest.approx(
        summed_over_k(k, n, p), rel=1e-9, abs=1e-9
    )


@exactly
@given(kn=counts(), delta=st.floats(1e-9, 0.9))
def test_the_inverse_is_a_quantile_of_beta(kn: tuple[int, int], delta: float) -> None:
    k, n = kn
    if k < n:
        quantile = float(beta.isf(delta, k + 1, n - k))
        assert binomial_tail_inverse(k, n, math.log(delta)) == pytest.approx(
            quantile, rel=1e-7
        )


@exactly
@given(kn=counts(10**6), log_delta=st.floats(-5e4, -0.01))
def test_the_inverse_is_sound(kn: tuple[int, int], log_delta: float) -> None:
    k, n = kn
    p = binomial_tail_inverse(k, n, log_delta)
    assert 0 < p <= 1
    # the tail in floats; paper_checks has it at 50 digits
    assert p == 1 or log_binomial_tail(k, n, p) <= log_delta * (1 - 1e-13)


@exactly
@given(kn=counts(), log_delta=st.floats(-1000, -0.01))
def test_more_errors_or_less_delta_or_fewer_trials_cost(
    kn: tuple[int, int], log_delta: float
) -> None:
    k, n = kn
    here = binomial_tail_inverse(k, n, log_delta)
    if k < n:
        assert here <= binomial_tail_inverse(k + 1, n, log_delta)
    assert here <= binomial_tail_inverse(k, n, log_delta * 1.01)
    assert binomial_tail_inverse(k, n + 1, log_delta) <= here


@exactly
@given(kn=counts(), log_delta=st.floats(-100, -0.7))
def test_the_lower_inverse_counts_successes(
    kn: tuple[int, int], log_delta: float
) -> None:
    k, n = kn
    lower = binomial_tail_inverse_lower(k, n, log_delta)
    assert 0 <= lower <= k / n
    mirrored = 1 - binomial_tail_inverse(n - k, n, log_delta)
    assert lower == pytest.approx(mirrored, rel=1e-12, abs=1e-15)
    if k and lower > 1e-4:  # 1 - lower is rounded
        # Pr[Bin(n, p) >= k] = Pr[Bin(n, 1-p) <= n-k]
        assert log_binomial_tail(n - k, n, 1 - lower) <= log_delta + 1e-9


@pytest.mark.parametrize("n", [1, 5, 20])
@pytest.mark.parametrize("delta", [0.05, 0.3])
@pytest.mark.parametrize("p", [0.01, 0.2, 0.5, 0.9])
def test_covers_exactly_from_both_sides(n: int, delta: float, p: float) -> None:
    """Enumerate every count: no simulation, no tolerance."""
    above = below = 0.0
    for k in range(n + 1):
        mass = float(binom.pmf(k, n, p))
        above += mass * (binomial_tail_inverse(k, n, math.log(delta)) < p)
        below += mass * (binomial_tail_inverse_lower(k, n, math.log(delta)) > p)
    assert above <= delta
    assert below <= delta


@pytest.mark.parametrize(
    "function",
    [log_binomial_tail, binomial_tail_inverse, binomial_tail_inverse_lower],
)
def test_scalars_give_floats_and_arrays_give_arrays(function) -> None:  # type: ignore[no-untyped-def]
    k, n = np.array([0, 3, 10]), np.array([[10], [400]])
    third = 0.3 if function is log_binomial_tail else -2.0
    table = function(k, n, third)
    assert type(function(3, 10, third)) is float
    assert isinstance(table, np.ndarray)
    assert table.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert table[i, j] == function(int(k[j]), int(n[i, 0]), third)


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="need 0 <= k <= n and 1 <= n"):
        log_binomial_tail(k, n, 0.5)
    with pytest.raises(ValueError, match="need 0 <= k <= n and 1 <= n"):
        binomial_tail_inverse(k, n, -1.0)
    with pytest.raises(ValueError, match="need 0 <= k <= n and 1 <= n"):
        binomial_tail_inverse_lower(k, n, -1.0)


def test_counts_that_are_not_whole_are_refused() -> None:
    for bad in (np.array(2.5), np.array(2.0), np.array(True)):
        with pytest.raises(ValueError, match="k and n must be integers"):
            binomial_tail_inverse(bad, 5, -1.0)


@pytest.mark.parametrize("bad", [0.0, 0.05, math.nan])
def test_a_log_delta_that_is_not_below_zero_is_refused(bad: float) -> None:
    for call in (binomial_tail_inverse, binomial_tail_inverse_lower):
        with pytest.raises(ValueError, match="log_delta must be below 0"):
            call(1, 5, bad)
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\]"):
        log_binomial_tail(1, 5, math.nan)
