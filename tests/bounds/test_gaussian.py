"""Relative entropy of Gaussians, and the grid of priors."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from nonvacuous.bounds.pac_bayes import PriorGrid, gaussian_kl, gaussian_log_ratio

some = settings(derandomize=True, max_examples=100, deadline=None)


def exact(
    mean: list[float], sigma: list[float], centre: list[float], prior: list[float]
) -> mpmath.mpf:
    """Fifty digits, in the letters of the statement."""
    with mpmath.workdps(50):
        total = mpmath.mpf(0)
        for m, s, m0, t in zip(mean, sigma, centre, prior, strict=True):
            m_, s_, m0_, t_ = map(mpmath.mpf, (m, s, m0, t))
            total += mpmath.log(t_ / s_) + (s_**2 + (m_ - m0_) ** 2) / (2 * t_**2)
            total -= mpmath.mpf(1) / 2
        return total


def test_the_worked_value_is_met_to_all_digits() -> None:
    value = gaussian_kl([1.0, 0.0], [0.1, 0.2], [0.0, 0.0], 0.5)
    assert value == pytest.approx(3.625728644, abs=5e-10)


def test_it_is_zero_from_itself_and_a_square_from_a_shifted_one() -> None:
    mean, sigma = np.linspace(-3, 3, 1000), np.linspace(0.1, 2, 1000)
    assert gaussian_kl(mean, sigma, mean, sigma) == pytest.approx(0, abs=1e-300)
    shifted = gaussian_kl(mean + 0.5, 2.0, mean, 2.0)
    assert shifted == pytest.approx(1000 * 0.25**2 / 2, rel=1e-12)


positive = st.floats(1e-6, 1e6)
number = st.floats(-1e6, 1e6)
four = st.tuples(number, positive, number, positive)


@given(st.lists(four, min_size=1, max_size=5))
@some
def test_it_is_never_below_fifty_digits_and_hardly_above(
    rows: list[tuple[float, float, float, float]],
) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    value, truth = gaussian_kl(*columns), exact(*columns)
    assert mpmath.mpf(value) >= truth
    assert mpmath.mpf(value) <= truth * (1 + mpmath.mpf(1e-9)) + 1e-12


@given(st.floats(-1e-3, 1e-3), st.floats(1e-3, 10), st.integers(1, 50))
@some
def test_nearly_equal_deviations_cancel_nothing(
    apart: float, sigma: float, size: int
) -> None:
    moved = sigma * (1 + apart)
    columns = ([0.0] * size, [moved] * size, [0.0] * size, [sigma] * size)
    value, truth = gaussian_kl(*columns), exact(*columns)
    assert mpmath.mpf(value) >= truth
    # absolute errors are of the order of the relative distance times 2^-49
    assert value - truth <= size * (abs(moved / sigma - 1) * 2.0**-45 + 1e-300)


def test_a_million_coordinates_add_up_without_drift() -> None:
    value = gaussian_kl(np.zeros(10**6), 0.1, 0.0, 0.3)
    one = exact([0.0], [0.1], [0.0], [0.3])
    assert one * 10**6 <= value <= one * 10**6 * (1 + mpmath.mpf(1e-12))


def test_what_no_float_holds_is_infinite() -> None:
    assert gaussian_kl(1e200, 1.0, -1e200, 1.0) == math.inf
    assert gaussian_kl(0.0, 1e200, 0.0, 1e-200) == math.inf
    assert gaussian_kl(0.0, 1e-300, 0.0, 1e-3) == pytest.approx(
        297 * math.log(10) - 0.5, rel=1e-12
    )


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.inf, math.nan])
def test_deviations_that_are_none_are_refused(sigma: float) -> None:
    with pytest.raises(ValueError, match=r"^sigma must be above 0"):
        gaussian_kl(0.0, sigma, 0.0, 1.0)
    with pytest.raises(ValueError, match="prior_sigma must be above 0"):
        gaussian_kl(0.0, 1.0, 0.0, sigma)
    with pytest.raises(ValueError, match="mean must be finite"):
        gaussian_kl(math.nan, 1.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="point must be finite"):
        gaussian_log_ratio(math.nan, 0.0, 1.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="sigma must be above 0"):
        gaussian_log_ratio(0.0, 0.0, sigma, 0.0, 1.0)


def test_the_worked_log_ratio_is_met_to_all_digits() -> None:
    """A shift of square norm 0.04, sigma 0.1, and noise whose inner product is 0.02."""
    shift, noise = np.array([0.12, 0.16]), np.array([0.06, 0.08])
    assert (shift @ shift, noise @ shift) == pytest.approx((0.04, 0.02))
    value = gaussian_log_ratio(shift + 0.1 * noise, shift, 0.1, 0.0, 0.1)
    assert value == pytest.approx(2.2, rel=1e-12)


def test_at_equal_densities_the_log_ratio_is_zero_and_it_may_be_negative() -> None:
    assert gaussian_log_ratio(0.3, 0.1, 0.2, 0.1, 0.2) == pytest.approx(0, abs=1e-14)
    assert gaussian_log_ratio(0.0, 1.0, 0.2, 0.0, 0.2) == pytest.approx(-12.5)


@given(st.lists(st.tuples(number, four), min_size=1, max_size=5))
@some
def test_the_log_ratio_is_never_below_fifty_digits(
    rows: list[tuple[float, tuple[float, float, float, float]]],
) -> None:
    points = [point for point, _ in rows]
    columns = [list(column) for column in zip(*(four for _, four in rows), strict=True)]
    value = gaussian_log_ratio(points, *columns)
    with mpmath.workdps(50):
        truth, size = mpmath.mpf(0), mpmath.mpf(0)
        for w, (m, s, m0, t) in rows:
            w_, m_, s_, m0_, t_ = map(mpmath.mpf, (w, m, s, m0, t))
            parts = (
                mpmath.log(t_),
                -mpmath.log(s_),
                ((w_ - m0_) / t_) ** 2 / 2,
                -(((w_ - m_) / s_) ** 2) / 2,
            )
            truth += sum(parts)
            size += sum(abs(part) for part in parts)
        assert mpmath.mpf(value) >= truth
        assert mpmath.mpf(value) <= truth + (size + 1) * 2.0**-47


def test_the_log_ratio_averages_to_the_relative_entropy() -> None:
    """Gauss-Hermite quadrature of eight points is exact for a square."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    values = [gaussian_log_ratio(0.7 + 0.2 * e, 0.7, 0.2, 0.1, 0.5) for e in nodes]
    mean = weights @ values / weights.sum()
    assert mean == pytest.approx(gaussian_kl(0.7, 0.2, 0.1, 0.5), rel=1e-12)


def test_the_price_of_dziugaite_and_roys_first_prior_is_met_to_all_digits() -> None:
    grid = PriorGrid()
    # log deviation -3 lies at j = 369.7414907
    assert -100 * (2 * -3 - math.log(0.1)) == pytest.approx(369.7414907, abs=5e-8)
    assert grid.nearest(math.exp(-3)) == (369, 370)
    assert grid.price(370) == pytest.approx(12.32470631, abs=5e-9)
    assert grid.sigma(370) ** 2 == pytest.approx(0.1 * math.exp(-3.7), rel=1e-12)


def test_the_weights_of_a_grid_never_exceed_one() -> None:
    prices = [PriorGrid().price(j) for j in range(1, 20_000)]
    total = math.fsum(math.exp(-price) for price in prices)
    # what is left out is above 6 / (pi^2 20000)
    assert 1 - 6 / math.pi**2 / 19_999 <= total <= 1 - 6 / math.pi**2 / 20_001


@given(st.integers(1, 3000), st.sampled_from([1, 10, 100]), st.floats(1e-3, 10.0))
@some
def test_a_point_of_the_grid_is_among_its_neighbours(
    j: int, per_e: int, top: float
) -> None:
    grid = PriorGrid(top=top, per_e=per_e)
    j = min(j, 500 * per_e)
    assert j in grid.nearest(grid.sigma(j))
    low, high = grid.nearest(grid.sigma(j) * 1.001)
    assert grid.sigma(low) >= grid.sigma(high)
    assert high - low <= 1


def test_beyond_an_end_of_the_grid_the_end_is_nearest() -> None:
    grid = PriorGrid()
    assert grid.nearest(5.0) == (1, 1)
    low, high = grid.nearest(1e-200)
    assert low == high
    assert grid.sigma(low) > 0


def test_the_mixture_is_no_farther_than_a_prior_and_its_price() -> None:
    """And without the price the claim is false: choosing is not free."""
    grid = PriorGrid(per_e=1)
    scales = np.array([grid.sigma(j) for j in range(1, 200)])
    logs = np.array([-grid.price(j) for j in range(1, 200)])

    def apart(mean: float, sigma: float) -> float:
        def slope(x: float) -> float:
            q = norm.logpdf(x, mean, sigma)
            p = np.logaddexp.reduce(logs + norm.logpdf(x, 0.0, scales))
            return float(np.exp(q) * (q - p))

        ends = (mean - 12 * sigma, mean + 12 * sigma)
        value, _ = quad(slope, *ends, limit=200, points=[mean, mean + sigma])
        return float(value)

    for j in (2, 5):
        for mean in (0.0, 2 * grid.sigma(j)):
            sigma = grid.sigma(j)
            alone = gaussian_kl(mean, sigma, 0.0, sigma)
            mixed = apart(mean, sigma)
            assert mixed <= alone + grid.price(j)
            least = min(gaussian_kl(mean, sigma, 0.0, s) for s in scales)
            assert mixed > least


def test_grids_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="top must be above 0"):
        PriorGrid(top=0.0)
    with pytest.raises(ValueError, match="per_e must be at least 1"):
        PriorGrid(per_e=0)
    for method in (PriorGrid().sigma, PriorGrid().price):
        with pytest.raises(ValueError, match="j must be at least 1"):
            method(0)
    with pytest.raises(ValueError, match="variance above"):
        PriorGrid().sigma(10**6)
    with pytest.raises(ValueError, match="sigma must be above 0"):
        PriorGrid().nearest(0.0)
