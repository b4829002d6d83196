"""Norms of matrices, never below the exact ones."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import matrix, mp, mpf
from numpy.typing import NDArray

from nonvacuous.fits._certified_norms import (
    column_squares,
    frobenius,
    path,
    row_sums,
    spectral,
    sum_of_rows,
)

some = settings(derandomize=True, max_examples=30, deadline=None)
Floats = NDArray[np.float64]


def exactly(a: Floats) -> Any:
    return matrix([[mpf(float(v)) for v in row] for row in a])


@some
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 6),
    columns=st.integers(1, 6),
    scale=st.sampled_from([1.0, 1e-300, 1e-160, 1e150, 1e300]),
    rank=st.integers(1, 6),
)
def test_norms_are_never_below_those_at_fifty_digits(
    seed: int, rows: int, columns: int, scale: float, rank: int
) -> None:
    draw = np.random.default_rng(seed)
    a = draw.normal(size=(rows, rank)) @ draw.normal(size=(rank, columns)) * scale
    with mp.workdps(50):
        exact = exactly(a)
        lengths = [mp.norm(exact[i, :], 2) for i in range(rows)]
        pairs = [
            (spectral(a), max(mp.svd_r(exact, compute_uv=False))),
            (frobenius(a), mp.mnorm(exact, "f")),
            (sum_of_rows(a), mp.fsum(lengths)),
        ]
        sums = row_sums(a)
        pairs += [
            (float(sums[i]), mp.fsum(abs(exact[i, j]) for j in range(columns)))
            for i in range(rows)
        ]
        for found, least in pairs:
            assert least <= mpf(found) <= least * (1 + mpf(1e-12))


def test_norms_at_the_ends_of_float64() -> None:
    largest = np.full((1, 1), np.finfo(np.float64).max)
    assert frobenius(largest) >= largest[0, 0]
    assert spectral(largest) >= largest[0, 0]
    tiny = np.full((2, 2), 5e-324)
    assert spectral(tiny) >= 1e-323
    assert (frobenius(np.zeros((2, 3))), spectral(np.zeros((2, 3)))) == (0.0, 0.0)


@pytest.mark.parametrize("shape", [(200, 300), (300, 200)])
def test_a_large_spectral_norm_is_certified_to_ten_digits(
    shape: tuple[int, int],
) -> None:
    a = np.random.default_rng(1).normal(size=shape)
    exact = math.sqrt(float(np.linalg.eigvalsh(a @ a.T)[-1]))
    assert exact * (1 - 1e-13) <= spectral(a) <= exact * (1 + 1e-9)


@some
@given(seed=st.integers(0, 10**6))
def test_path_and_columns_are_the_sums_at_fifty_digits(seed: int) -> None:
    draw = np.random.default_rng(seed)
    layers = [draw.normal(size=s) for s in ((4, 3), (5, 4), (2, 5))]
    with mp.workdps(50):
        total = mp.fsum(
            abs(mpf(float(layers[2][o, k])) * mpf(float(layers[1][k, j])))
            * abs(mpf(float(layers[0][j, i])))
            for o in range(2)
            for k in range(5)
            for j in range(4)
            for i in range(3)
        )
        assert total <= path(layers) <= total * (1 + mpf(1e-12))
        column = mp.fsum(mpf(float(v)) ** 2 for v in layers[0][:, 0])
        found = float(column_squares(layers[0])[0])
        assert column <= found <= column * (1 + mpf(1e-12))
    huge = [np.full((1, 1), 1e200), np.full((1, 1), 1e200), np.zeros((1, 1))]
    assert path(huge) == math.inf  # and not nan
