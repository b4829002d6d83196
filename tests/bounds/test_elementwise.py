"""What the primitives share: logarithms without cancellation, portions, pushing."""

import math

import numpy as np
import pytest
from mpmath import MPContext

from nonvacuous.bounds._elementwise import above_tangent, excess, in_chunks, pushed

DIGITS = MPContext()
DIGITS.dps = 50
SMALL = np.array([s * 10.0**-e for e in range(17) for s in (-0.5, -0.1, 0.3, 1.0)])


def exact(t: float) -> float:
    return float(DIGITS.mpf(t) - DIGITS.log1p(DIGITS.mpf(t)))


def test_the_excess_over_the_logarithm_keeps_its_relative_precision() -> None:
    expected = np.array([exact(t) for t in SMALL.tolist()])
    assert np.abs(excess(SMALL) / expected - 1).max() < 2e-15


def test_seven_terms_are_enough_near_zero() -> None:
    near = SMALL[np.abs(SMALL) <= 0.125]
    assert np.abs(excess(near, terms=7) / excess(near) - 1).max() < 1e-15


@pytest.mark.parametrize("weight", [1e-300, 0.25, 3.0, 1e12])
@pytest.mark.parametrize("t", [-0.999, -0.5, -1e-9, 0.0, 1e-6, 0.9, 1.1, 1e4])
def test_what_lies_above_the_tangent_is_weight_times_the_excess(
    weight: float, t: float
) -> None:
    d = weight * t
    found = above_tangent(*(np.array([a]) for a in (weight, d, weight + d)))
    t = float(DIGITS.mpf(d) / weight)
    assert found[0] == pytest.approx(weight * exact(t), rel=1e-12, abs=0)


def test_without_weight_the_distance_itself_is_above_the_tangent() -> None:
    with np.errstate(all="ignore"):
        assert above_tangent(np.zeros(1), np.full(1, 0.3), np.full(1, 0.3))[0] == 0.3


def test_portions_change_nothing() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.random((7, 1)), draw.random(5)
    for size in (1, 4, 35, 1000):
        assert (in_chunks(np.hypot, a, b, size=size) == np.hypot(a, b)).all()
    assert in_chunks(np.hypot, np.empty((0, 3)), 1.0).shape == (0, 3)


def test_what_is_not_safe_is_pushed_until_it_is_and_the_rest_stays() -> None:
    def safe(p: np.ndarray, least: np.ndarray) -> np.ndarray:
        return p >= least

    start = np.array([0.5, 0.5, 0.5, math.nan])
    least = np.array([0.25, 0.5 + 1e-15, 2.0, 0.0])
    found = pushed(safe, start, 1.0, least)
    assert found[0] == 0.5
    assert 0.5 + 1e-15 <= found[1] < 0.5 + 3e-15
    assert found[2] == found[3] == 1.0
