r"""SparseGPT: one pass over the columns of a layer, errors handed to later columns.

With U the upper Cholesky factor of the inverse Hessian, row j of U divided by
:math:`U_{jj}` is column j of the inverse Hessian of the columns j, j + 1, ..., divided
by its diagonal entry: one factorisation serves all neurons and all removals.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from nonvacuous.compression._least_squares import damped, inverse
from nonvacuous.compression._supports import largest
from nonvacuous.compression.second_order._layerwise import Damped, check_damping
from nonvacuous.nets import Floats

__all__ = ["SparseGPT", "prune_columns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseGPT(Damped):
    r"""Prune columns in order; the columns to the right make up for what goes.

    The mask of a block of columns is chosen when the pass reaches it, by
    :math:`w_q^2 / U_{qq}^2` of the weights as they are then.  Every block keeps the
    same share, as published, to the nearest whole number at its end.  A removal does
    not change what was kept to its left, so the result is no optimum on its support.

    Attributes:
        rows: the sample whose inputs are used; labels are not.
        keep: share of each layer's weights to keep, in (0, 1].
        damping: added to the diagonal of H, relative to its mean, in [1e-8, 1].
        block: columns whose mask is chosen at once, at least 1.

    Source: Frantar & Alistarh 2023, Algorithm 1, recalled; the scores, the damping and
    the block of 128 as in the authors' code (IST-DASLab/sparsegpt), which also sets the
    weights of inputs that are always zero to zero.
    """

    block: int = 128

    def __post_init__(self) -> None:
        check_damping(self)
        if self.block < 1:
            raise ValueError(f"block must be at least 1, got {self.block}")

    def prune(self, weight: Floats, moments: Floats, count: int) -> Floats:
        """The pruned matrix, of at most `count` non-zeros."""
        return prune_columns(weight, damped(moments, self.damping), count, self.block)


def prune_columns(weight: Floats, h: Floats, count: int, block: int) -> Floats:
    """The pass over the columns, all neurons at once.

    Args:
        weight: (outputs, inputs).
        h: H, (inputs, inputs), positive definite.
        count: weights to keep.
        block: columns whose mask is chosen at once.

    Returns:
        (outputs, inputs), of at most `count` non-zeros.
    """
    outputs, inputs = weight.shape
    u = linalg.cholesky(inverse(h))  # upper
    result = weight.copy()
    for start in range(0, inputs, block):
        stop = min(inputs, start + block)
        part, pivots = result[:, start:stop], np.diagonal(u)[start:stop]
        present = weight[:, start:stop] != 0
        scores = np.where(present, (part / pivots) ** 2, -1.0)
        kept = round(count * stop / inputs) - round(count * start / inputs)
        support = largest(scores, kept) & present
        errors = np.empty((outputs, stop - start))
        for j in range(stop - start):
            errors[:, j] = np.where(support[:, j], 0.0, part[:, j]) / pivots[j]
            part[:, j:] -= np.outer(errors[:, j], u[start + j, start + j : stop])
        result[:, start:stop] = np.where(support, part, 0.0)
        result[:, stop:] -= errors @ u[start:stop, stop:]
    return result
