r"""Row coresets for logistic regression with parameters in a ball.

Row (x, y), y = +-1, costs :math:`\varphi(z \cdot \theta)` with z = yx and
:math:`\varphi(u) = \ln(1 + e^{-u})`.  Everything rests on one fact: :math:`\ln \varphi`
is 1-Lipschitz, as :math:`|\varphi'|/\varphi = \frac{t}{1+t} / \ln(1+t) \le 1` with
:math:`t = e^{-u}`.
"""

import math
import operator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from nonvacuous._numerics import up
from nonvacuous.compression.row_coresets._clusters import (
    Labels,
    scaled,
    seed_clusters,
    squared_distances,
)
from nonvacuous.compression.row_coresets._sampling import (
    RowCoreset,
    as_rows,
    check_setting,
    sample,
    stream,
)
from nonvacuous.compression.row_coresets.sample_size import (
    ball_cover,
)
from nonvacuous.nets import Floats

__all__ = ["LogisticCoreset", "logistic_sensitivities"]


def logistic_sensitivities(z: Floats, labels: Labels, radius: float) -> Floats:
    r"""Bounds of what a row can cost as a share of all, over the ball.

    .. math:: \sup_{|\theta| \le R} \frac{\varphi(z_i \cdot \theta)}{F(\theta)} \le
        s_i = \frac{1}{1 + \sum_j |Z_j^{(-i)}|\,
              e^{-R |\bar z_j^{(-i)} - z_i|}}

    for any partition into parts :math:`Z_j`, row i left out of its own.  By convexity
    a part costs at least :math:`|Z_j| \varphi(\bar z_j \cdot \theta)`, and since
    :math:`\ln \varphi` is 1-Lipschitz that is at least
    :math:`|Z_j| e^{-R|\bar z_j - z_i|} \varphi(z_i \cdot \theta)`.

    Args:
        z: labelled rows, (n, d).
        labels: the part of each row, (n,); no part is empty.
        radius: R, of the ball.

    Returns:
        (n,), in (0, 1], rounded up.

    Source: Huggins et al. 2016, whose sensitivities are n times these (recalled);
        derived.
    """
    n, counts = len(z), np.bincount(labels)
    member = sparse.csr_array((np.ones(n), (labels, np.arange(n))))
    means = (member @ z) / counts[:, None]
    others = np.zeros(n)
    with np.errstate(over="ignore", under="ignore"):  # a distance too large is a 0
        for j, size in enumerate(counts):
            own = labels == j
            left = size - own  # what remains of the part once the row is out of it
            stretch = np.where(own, size / np.maximum(left, 1), 1.0)
            gap = np.sqrt(squared_distances(z, means[j]))
            others += left * np.exp(-radius * stretch * gap)
    return np.minimum(1.0, (1 + 2.0**-40) / (1 + others))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticCoreset:
    r"""Rows drawn by their sensitivity for logistic regression in a ball.

    For every parameter of the ball, a net of it at distance :math:`\eta` stands for
    all: with :math:`B = \max|z|`, moving theta by eta changes F and its estimate by
    factors within :math:`e^{\pm \eta B}`, so that error :math:`\epsilon'` on the net is
    error epsilon everywhere if :math:`2\eta B = \ln((1+\epsilon)/(1+\epsilon'))`.

    Attributes:
        radius: R, of the ball of parameters, at least 0.
        parts: clusters with which sensitivities are bounded, at least 1; any number is
            valid.
        size: draws; or
        epsilon: relative error of the cost, in (0, 1), from which draws follow.
        delta: failure probability, in (0, 1).
        queries: how many parameters, fixed before the draw, are spoken of; None for
            every one in the ball.
        seed: of clusters and draws.

    Source: Huggins et al. 2016 for the construction (recalled); the draws are derived.
    """

    radius: float
    parts: int = 6
    size: int | None = None
    epsilon: float | None = None
    delta: float = 0.05
    queries: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.radius < math.inf:
            raise ValueError(f"radius must be at least 0 and finite, got {self.radius}")
        if operator.index(self.parts) < 1:
            raise ValueError(f"parts must be at least 1, got {self.parts}")
        check_setting(self)

    def build(self, x: ArrayLike, y: ArrayLike) -> RowCoreset:
        """The coreset of a labelled sample.

        Args:
            x: (n, d), finite; a column of ones where the model has an intercept.
            y: (n,), -1 or 1.

        Returns:
            Rows with weights, and the report.

        Raises:
            ValueError: if x is no such matrix or y are no such labels.
        """
        z = _labelled(x, y)
        labels = seed_clusters(scaled(z), self.parts, stream(self.seed, 1))[0]
        s = logistic_sensitivities(z, labels, self.radius)
        reach = 2 * self.radius * math.sqrt(np.einsum("ij,ij->i", z, z).max())
        return sample(
            z,
            s,
            self,
            delta=self.delta,
            log_cover=lambda e, inner: ball_cover(
                z.shape[1], reach / (math.log1p(e) - math.log1p(inner))
            ),
            about=f"parameters in the ball of radius {self.radius}",
            error="* cost",
        )

    def costs(self, x: ArrayLike, y: ArrayLike, theta: ArrayLike) -> Floats:
        """Logistic loss of each row.

        Args:
            x: (n, d).
            y: (n,), -1 or 1.
            theta: (d,).

        Returns:
            (n,).

        Raises:
            ValueError: if theta is outside the ball, or shapes do not agree.
        """
        z = _labelled(x, y)
        parameter: Floats = np.asarray(theta, np.float64)
        if parameter.shape != (z.shape[1],):
            raise ValueError(
                f"theta must have shape ({z.shape[1]},), got {parameter.shape}"
            )
        norm = float(np.linalg.norm(parameter))
        if not norm <= up(self.radius, ulps=8):
            raise ValueError(f"theta must have norm at most {self.radius}, got {norm}")
        return np.logaddexp(0, -(z @ parameter))


def _labelled(x: ArrayLike, y: ArrayLike) -> Floats:
    rows, labels = as_rows(x), np.asarray(y)
    if labels.shape != (len(rows),) or not np.isin(labels, (-1, 1)).all():
        found = np.unique(labels)[:3].tolist()
        raise ValueError(
            f"y must be {len(rows)} labels -1 or 1, got shape {labels.shape} with"
            f" {found}"
        )
    z: Floats = rows * labels[:, None]
    return z
