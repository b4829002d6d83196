r"""Whether a net stays close to its linearisation at the points a compression reaches.

With the first i layers of the compressed net and the others original, the net passes
through two points near :math:`x^i`: :math:`p = A^i \phi(\hat x^{i-1})`, layers before
the i-th compressed, and :math:`p = \hat A^i \phi(\hat x^{i-1})`, the i-th too.  The
interlayer smoothness is the largest :math:`\rho` with

.. math:: \|M^{i,j}(p) - J^{i,j}_{x^i} p\| \le
   \frac{\|p - x^i\|\, \|x^j\|}{\rho\, \|x^i\|}

for both points, all i < j and all rows.  It is measured at these very points, of one
compression: no probability enters.

Rounding counts against the net: 1e-12 of the norms at hand is added to the left side
and taken off :math:`\|p - x^i\|`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.measures._cushions import chunk_rows, preactivations, quotient
from nonvacuous.measures._homogeneous import homogeneous, homogeneous_rows
from nonvacuous.nets import Floats, Network

__all__ = ["Smoothness", "smoothness"]

_SLACK = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Smoothness:
    """Interlayer smoothness of d layers on n rows, layers counted from 0.

    Attributes:
        rho: (n, d, d, 2), of each row at [:, i, j, point], i < j: point 0 has the
            layers before i compressed, point 1 layer i too; infinite where nothing
            moved.
        distance: (n,), ||f(x) - g(x)|| / ||f(x)||.
    """

    rho: Floats
    distance: Floats

    @property
    def least(self) -> float:
        """Rho over all rows, pairs and both points."""
        return float(self.rho.min(initial=np.inf))

    @property
    def where(self) -> tuple[int, int, int, int]:
        """Row, i, j and point of the first that attains it."""
        row, i, j, point = np.unravel_index(self.rho.argmin(), self.rho.shape)
        return int(row), int(i), int(j), int(point)


def smoothness(
    network: Network, compressed: Network, x: NDArray[np.floating[Any]]
) -> Smoothness:
    """Interlayer smoothness of a net at the points that one compression reaches.

    Args:
        network: the original net.
        compressed: its compressed form: of the same shape, or matrices in the shape
            of :func:`nonvacuous.measures.homogeneous`.
        x: rows (n, ...), at least one.

    Returns:
        Rho for each row, pair of layers and point, and the distance of the outputs.

    Raises:
        ValueError: if there are no rows, or the nets have different shapes.

    Source: Arora et al. 2018, interlayer smoothness (transcribed),
    at both points and without a probability: derived.
    """
    old, new = homogeneous(network), homogeneous(compressed)
    if old.sizes != new.sizes:
        raise ValueError(
            f"compressed must be {network} or, as matrices, {old}, got {compressed}"
        )
    if len(x) == 0:
        raise ValueError("x must hold at least one row, got 0")
    before = [layer.weight for layer in old.layers]
    after = [layer.weight for layer in new.layers]
    # in the chunks of the cushions, so that both see the same units active
    step = chunk_rows(before)
    parts = [
        _measured(before, after, homogeneous_rows(network, x[start : start + step]))
        for start in range(0, len(x), step)
    ]
    return Smoothness(
        rho=np.concatenate([rho for rho, _ in parts]),
        distance=np.concatenate([distance for _, distance in parts]),
    )


def _measured(
    before: list[Floats], after: list[Floats], a: Floats
) -> tuple[Floats, Floats]:
    depth = len(before)
    x, small = preactivations(before, a), preactivations(after, a)
    rho = np.full((len(a), depth, depth, 2), np.inf)
    moved = [not np.array_equal(m, w) for m, w in zip(before, after, strict=True)]
    entering = a
    for i in range(depth - 1):
        points = (entering @ before[i].T, small[i])
        for which, point in enumerate(points):
            if any(moved[: i + which]):  # otherwise the point is x^i itself
                rho[:, i, i + 1 :, which] = _from(before, x, i, point)
        entering = np.maximum(small[i], 0.0)
    gap = np.linalg.norm(x[-1] - small[-1], axis=1)
    return rho, quotient(gap, np.linalg.norm(x[-1], axis=1), 0.0)


def _from(before: list[Floats], x: list[Floats], i: int, point: Floats) -> Floats:
    """Rho at one point near x^i, for each j > i, (n, d - 1 - i)."""
    size = np.linalg.norm(x[i], axis=1)
    step = np.linalg.norm(point - x[i], axis=1) - _SLACK * size
    bent, straight, found = point, point, []
    for j in range(i + 1, len(before)):
        bent = np.maximum(bent, 0.0) @ before[j].T
        straight = (straight * (x[j - 1] > 0)) @ before[j].T
        gap = np.linalg.norm(bent - straight, axis=1)
        gap += _SLACK * (
            np.linalg.norm(bent, axis=1)
            + np.linalg.norm(straight, axis=1)
            + np.linalg.norm(x[j], axis=1)
        )
        reach = np.maximum(step, 0.0) * np.linalg.norm(x[j], axis=1)
        found.append(quotient(reach, gap * size, 0.0))
    return np.stack(found, axis=1)
