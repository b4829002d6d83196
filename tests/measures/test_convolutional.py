"""Spread of a convolution's Jacobian over positions."""

import math

import numpy as np
import pytest

from nonvacuous.measures import spread


def naive(jacobian: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    rows, outputs, channels, high, wide = jacobian.shape
    beta, cushion = 0.0, math.inf
    for r in range(rows):
        whole = math.sqrt((jacobian[r] ** 2).sum())
        for a in range(high):
            for b in range(wide):
                part = math.sqrt((jacobian[r, :, :, a, b] ** 2).sum())
                beta = max(beta, math.sqrt(high * wide) * part / whole)
        flat = jacobian[r].reshape(outputs, channels * high * wide)
        through = np.linalg.norm(flat @ x[r].ravel())
        least = math.sqrt(high * wide) * through / whole / np.linalg.norm(x[r])
        cushion = min(cushion, least)
    return beta, cushion


def test_it_is_the_naive_loop() -> None:
    draw = np.random.default_rng(0)
    jacobian = draw.normal(size=(3, 4, 2, 5, 6))
    x = draw.normal(size=(3, 2, 5, 6))
    found = spread(jacobian, x)
    assert (found.beta, found.cushion) == pytest.approx(naive(jacobian, x), rel=1e-12)


def test_an_even_jacobian_has_beta_one_and_one_position_the_most() -> None:
    even = np.ones((1, 2, 3, 4, 5))
    x = np.ones((1, 3, 4, 5))
    assert spread(even, x).beta == pytest.approx(1, rel=1e-14)
    assert spread(even, x).cushion == pytest.approx(math.sqrt(20), rel=1e-14)
    peak = np.zeros((1, 2, 3, 4, 5))
    peak[..., 1, 2] = 1
    assert spread(peak, x).beta == pytest.approx(math.sqrt(20), rel=1e-14)


def test_shapes_and_zeros_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^jacobian must be \(rows"):
        spread(np.ones((1, 2, 3, 4, 5)), np.ones((1, 3, 4, 4)))
    with pytest.raises(ValueError, match="must not be zero"):
        spread(np.zeros((1, 2, 3, 4, 5)), np.ones((1, 3, 4, 5)))
