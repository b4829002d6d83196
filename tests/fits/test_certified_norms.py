"""Norms, never below the exact ones."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.fits._certified_norms import (
    column_squares,
    frobenius,
    path,
    row_sums,
    spectral,
    sum_of_rows,
)

some = settings(derandomize=True, max_examples=40, deadline=None)


def matrices(draw: np.random.Generator) -> list[np.ndarray]:
    shapes = ((1, 1), (3, 2), (2, 5), (4, 4))
    return [
        draw.normal(size=shape) * 10.0 ** draw.integers(-40, 40) for shape in shapes
    ]


def exact(matrix: np.ndarray) -> mpmath.matrix:
    return mpmath.matrix(matrix.tolist())


@pytest.mark.parametrize("seed", range(8))
def test_each_norm_is_just_above_its_value_at_fifty_digits(seed: int) -> None:
    for a in matrices(np.random.default_rng(seed)):
        with mpmath.workdps(50):
            squares = [[mpmath.mpf(float(v)) ** 2 for v in row] for row in a]
            truth = {
                frobenius(a): mpmath.sqrt(mpmath.fsum(map(mpmath.fsum, squares))),
                spectral(a): max(mpmath.svd_r(exact(a), compute_uv=False)),
                sum_of_rows(a): mpmath.fsum(
                    mpmath.sqrt(mpmath.fsum(row)) for row in squares
                ),
                float(row_sums(a).max()): max(
                    mpmath.fsum(abs(mpmath.mpf(float(v))) for v in row) for row in a
                ),
            }
            for value, true in truth.items():
                assert true <= value <= true * (1 + 1e-11)


def test_the_sum_of_rows_is_over_incoming_weights() -> None:
    a = np.array([[3.0, 4.0], [0.0, 2.0], [0.0, 0.0]])
    assert sum_of_rows(a) == pytest.approx(7.0, rel=1e-12)
    assert sum_of_rows(a.T) == pytest.approx(3 + math.sqrt(20), rel=1e-12)


@some
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 40), columns=st.integers(1, 40))
def test_the_spectral_norm_holds_every_direction(
    seed: int, rows: int, columns: int
) -> None:
    draw = np.random.default_rng(seed)
    a = draw.normal(size=(rows, columns))
    top = spectral(a)
    v = draw.normal(size=(columns, 200))
    v[:, 0] = np.linalg.svd(a)[2][0]
    assert (np.linalg.norm(a @ v, axis=0) <= top * np.linalg.norm(v, axis=0)).all()
    assert top <= frobenius(a)
    assert top == pytest.approx(np.linalg.norm(a, 2), rel=1e-10)


def test_a_singular_value_that_is_repeated_or_zero_is_no_trouble() -> None:
    assert 1.0 <= spectral(np.eye(50)) <= 1 + 1e-10
    assert spectral(np.zeros((3, 4))) == 0.0
    assert frobenius(np.zeros((3, 4))) == 0.0
    one = np.ones((30, 20))
    assert math.sqrt(600) <= spectral(one) * (1 + 1e-15) <= math.sqrt(600) * (1 + 1e-10)


def test_a_wrong_decomposition_cannot_lower_the_norm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a = np.random.default_rng(1).normal(size=(6, 5))
    u, s, v = np.linalg.svd(a, full_matrices=False)
    for wrong in ((u, s * 0.5, v), (u * 0.9, s, v), (u[:, ::-1], s, v), (u, s * 0, v)):
        monkeypatch.setattr(np.linalg, "svd", lambda *_, wrong=wrong, **__: wrong)
        assert spectral(a) >= s[0]


def test_huge_and_tiny_entries_do_not_overflow() -> None:
    for scale in (1e200, 1e-200):
        a = np.array([[3.0, 0.0], [0.0, 4.0]]) * scale
        assert frobenius(a) == pytest.approx(5 * scale, rel=1e-12)
        assert spectral(a) == pytest.approx(4 * scale, rel=1e-12)


def test_paths_are_counted_one_by_one() -> None:
    a = np.array([[1.0, 0.0], [0.0, -2.0], [1.0, 1.0]])
    b = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    naive = sum(
        abs(b[k, j] * a[j, i]) for i in range(2) for j in range(3) for k in range(2)
    )
    assert naive == 5.0  # 3 into the first output, 2 into the second
    assert 5.0 <= path([a, b]) <= 5 * (1 + 1e-13)
    assert path([np.full((2, 2), 1e200), np.full((1, 2), 1e200)]) == math.inf


def test_squares_of_columns_are_sums_over_rows() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert column_squares(x) == pytest.approx([10.0, 20.0], rel=1e-13)
    assert (column_squares(x) >= [10.0, 20.0]).all()
