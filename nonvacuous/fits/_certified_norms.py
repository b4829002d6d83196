r"""Norms of matrices, never below the exact ones.

A sum of k terms of one sign, added in any order, is off by at most a factor
:math:`1 \pm k u` (:math:`u = 2^{-53}`) and second order; the sums below are raised by
that and 16 more.  Matrices are first scaled by a power of two, so that nothing
overflows and what underflows is beyond the last digit.
"""

import math
from collections.abc import Sequence

import numpy as np

from nonvacuous.nets import Floats

__all__ = ["column_squares", "frobenius", "path", "row_sums", "spectral", "sum_of_rows"]

_UNIT = 2.0**-53


def frobenius(matrix: Floats) -> float:
    """Root of the sum of squares."""
    scaled, scale = _scaled(matrix)
    return scale * _raised(math.sqrt(float((scaled * scaled).sum())), matrix.size)


def spectral(matrix: Floats) -> float:
    r"""Largest singular value.

    A full decomposition proposes U, s and V, whatever its own errors; for any three,

    .. math:: \|A\|_2 \le \|U\|_2\, \|V\|_2 \max_k s_k + \|A - U \mathrm{diag}(s) V\|_F

    and :math:`\|U\|_2^2 \le 1 + \|U^\top U - 1\|_F`.  Each product of matrices is off
    by at most :math:`(k + 2) u` times the product of Frobenius norms, k its inner size.
    """
    scaled, scale = _scaled(matrix)
    left, values, right = np.linalg.svd(scaled, full_matrices=False)
    inner = values[:, None] * right
    rest = frobenius(scaled - left @ inner)
    size = frobenius(left) * frobenius(inner) + frobenius(scaled)
    rest += (len(values) + 8) * _UNIT * 1.01 * size
    top = _reach(left) * _reach(right.T) * float(values.max())
    return min(_raised(scale * (top + rest), 16), frobenius(matrix))


def _reach(basis: Floats) -> float:
    """The spectral norm of a matrix whose columns are nearly orthonormal."""
    rows, columns = basis.shape
    off = frobenius(basis.T @ basis - np.eye(columns))
    off += (rows + 8) * _UNIT * 1.01 * (frobenius(basis) ** 2 + math.sqrt(columns))
    return math.sqrt(1 + off)


def sum_of_rows(matrix: Floats) -> float:
    """Sum over units of the Euclidean norm of incoming weights."""
    scaled, scale = _scaled(matrix)
    norms = np.sqrt((scaled * scaled).sum(axis=1))
    return scale * _raised(float(norms.sum()), sum(matrix.shape))


def row_sums(matrix: Floats) -> Floats:
    """For each unit, the sum of absolute incoming weights."""
    slack = 1 + (matrix.shape[1] + 16) * _UNIT * 1.01
    sums: Floats = np.abs(matrix).sum(axis=1) * slack
    return sums


def path(matrices: Sequence[Floats]) -> float:
    """Sum over all paths from an input to an output of the product of weights."""
    with np.errstate(over="ignore", invalid="ignore"):
        reach = np.ones(matrices[0].shape[1])
        for matrix in matrices:
            reach = np.abs(matrix) @ reach
            reach *= 1 + (matrix.shape[1] + 16) * _UNIT * 1.01
        total = _raised(float(reach.sum()), len(reach))
    return math.inf if math.isnan(total) else total


def column_squares(rows: Floats) -> Floats:
    """For each column, the sum of squares."""
    with np.errstate(over="ignore"):
        slack = 1 + (len(rows) + 16) * _UNIT * 1.01
        squares: Floats = (rows * rows).sum(axis=0) * slack
    return squares


def _scaled(matrix: Floats) -> tuple[Floats, float]:
    """The matrix with entries below 2, and the power of two that was taken out."""
    _, exponent = math.frexp(float(np.abs(matrix).max(initial=0.0)))
    scale = math.ldexp(1.0, exponent - 1)
    return matrix / scale, scale


def _raised(value: float, terms: int) -> float:
    return value * (1 + (terms + 16) * _UNIT * 1.01)
