r"""Row coresets for k-means: by sensitivity, and lightweight.

The cost of a row x is :math:`f_x(Q) = \min_{c \in Q} |x - c|^2` for a set Q of at
most k centres.
"""

import math
import operator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nonvacuous.compression.row_coresets._clusters import (
    cluster,
    root_sensitivities,
    scaled,
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
    root_net,
)
from nonvacuous.nets import Floats

__all__ = ["SEEDING_SHARE", "KMeansCoreset", "LightweightCoreset"]

SEEDING_SHARE = 0.1
"""Of delta, for the event that D^2 sampling overrates the optimum."""

_LIGHT = 6 + 2 * math.sqrt(5)
"""What a lightweight coreset has in place of a total sensitivity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KMeansCoreset:
    r"""Rows drawn by their sensitivity for k-means; costs within 1 +- epsilon.

    Probabilities are proportional to the bound that
    :func:`~nonvacuous.compression.row_coresets._clusters.root_sensitivities` proves.

    Attributes:
        k: centres at most, at least 1.
        size: draws; or
        epsilon: relative error of the cost, in (0, 1), from which draws follow.
        delta: failure probability, in (0, 1), a tenth of it for the seeding.
        queries: how many sets of centres, fixed before the draw, are spoken of; None
            for every set with centres in the ball about the mean that holds the rows
            (so every set in the convex hull of the rows).
        seed: of clusters and draws.

    Source: the construction is that of Feldman and Langberg 2011 and Bachem et al.
        2017 (recalled); sensitivities and draws are derived.
    """

    k: int
    size: int | None = None
    epsilon: float | None = None
    delta: float = 0.05
    queries: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _check_k(self.k)
        check_setting(self)

    def build(self, x: ArrayLike) -> RowCoreset:
        """The coreset of a sample.

        Args:
            x: (n, d), finite.

        Returns:
            Rows with weights, and the report.

        Raises:
            ValueError: if x is no such matrix.
        """
        rows = as_rows(x)
        clusters = cluster(
            rows, self.k, stream(self.seed, 1), SEEDING_SHARE * self.delta
        )
        s = root_sensitivities(clusters, ratio=1.0)
        return sample(
            rows,
            s,
            self,
            delta=(1 - SEEDING_SHARE) * self.delta,
            log_cover=lambda e, inner: _log_cover(
                rows,
                self.k,
                root_net(e, inner, share=1.0),
                radius=clusters.radius,
                least=clusters.optimum,
            ),
            about=_about(self.k),
            error="* cost",
        )

    def costs(self, x: ArrayLike, centres: ArrayLike) -> Floats:
        """Squared distance of each row to the nearest centre.

        Args:
            x: (n, d).
            centres: (at most k, d).

        Returns:
            (n,).

        Raises:
            ValueError: if there are more than k centres, or shapes do not agree.
        """
        return _costs(x, centres, self.k)


@dataclass(frozen=True, slots=True, kw_only=True)
class LightweightCoreset:
    r"""Rows drawn half uniformly, half by squared distance to the mean.

    With :math:`\Phi = \sum_x |x - \mu|^2`, probabilities are
    :math:`q_x = \frac{1}{2n} + \frac{|x - \mu|^2}{2\Phi}`, and the guarantee is

    .. math:: |\hat F(Q) - F(Q)| \le \tfrac\epsilon2 \left(F(Q) + \Phi\right)

    Derivation, with :math:`G = (F + \Phi)/2` and :math:`t^2 = F/\Phi`: from
    :math:`\sqrt{f_x} \le |x-\mu| + \sqrt{\Phi/n} + \sqrt{F/n}` and Cauchy's inequality,
    :math:`f_x/(q_x G) \le 4(1 + (1+t)^2)/(1+t^2)`, at most M = 6 + 2 sqrt 5 (at t =
    (sqrt 5 - 1)/2).  With the mean :math:`F/G = 2t^2/(1+t^2)` the variance is at most
    :math:`(2(t^2+2t)/(1+t^2))^2`, whose maximum is M too (at t = (1 + sqrt 5)/2).
    Bernstein's inequality then asks for the draws of a total sensitivity of M,
    whatever k, d and n are.

    Attributes:
        k: centres at most, at least 1.
        size: draws; or
        epsilon: error in units of G, in (0, 1), from which draws follow.
        delta: failure probability, in (0, 1).
        queries: how many sets of centres, fixed before the draw, are spoken of; None
            for every set with centres in the ball about the mean that holds the rows.
        seed: of the draws.

    Source: Bachem et al. 2018 for probabilities and guarantee (recalled); their draws
        are of the order :math:`(dk \ln k + \ln(1/\delta))/\epsilon^2` with a constant
        not stated, those here are derived.
    """

    k: int
    size: int | None = None
    epsilon: float | None = None
    delta: float = 0.05
    queries: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _check_k(self.k)
        check_setting(self)

    def build(self, x: ArrayLike) -> RowCoreset:
        """The coreset of a sample.

        Args:
            x: (n, d), finite.

        Returns:
            Rows with weights, and the report, whose total sensitivity is M.

        Raises:
            ValueError: if x is no such matrix.
        """
        rows = as_rows(x)
        unit = scaled(rows)
        squared = squared_distances(unit, unit.mean(axis=0))
        spread = float(squared.sum())
        even = np.full(len(rows), 1 / len(rows))
        q = 0.5 * even + 0.5 * (squared / spread if spread > 0 else even)
        return sample(
            rows,
            _LIGHT * q,
            self,
            delta=self.delta,
            log_cover=lambda e, inner: _log_cover(
                rows,
                self.k,
                root_net(e, inner, share=2.0),
                radius=math.sqrt(squared.max()),
                least=spread / 2,
            ),
            about=_about(self.k),
            error="* (cost + cost of the mean) / 2",
        )

    def costs(self, x: ArrayLike, centres: ArrayLike) -> Floats:
        """Squared distance of each row to the nearest centre.

        Args:
            x: (n, d).
            centres: (at most k, d).

        Returns:
            (n,).

        Raises:
            ValueError: if there are more than k centres, or shapes do not agree.
        """
        return _costs(x, centres, self.k)


def _check_k(k: int) -> None:
    if operator.index(k) < 1:
        raise ValueError(f"k must be at least 1, got {k}")


def _about(k: int) -> str:
    return f"sets of at most {k} centres in the ball that holds the rows"


def _log_cover(
    x: Floats, k: int, gamma: float, *, radius: float, least: float
) -> float:
    """Nats of a net and 1 query more: the constant, for the sum of the weights.

    Moving each centre by eta moves the roots of all costs by eta at most, and what
    errors are measured by is at least `least`.
    """
    if least == 0:
        return math.inf
    ratio = radius / (gamma * math.sqrt(least / len(x)))
    return float(np.logaddexp(0, ball_cover(k * x.shape[1], ratio)))


def _costs(x: ArrayLike, centres: ArrayLike, k: int) -> Floats:
    rows, points = as_rows(x), as_rows(centres, "centres")
    if points.shape[1] != rows.shape[1] or len(points) > k:
        raise ValueError(
            f"centres must be at most {k} points of {rows.shape[1]} coordinates, got"
            f" shape {points.shape}"
        )
    least = np.full(len(rows), np.inf)
    for point in points:
        np.minimum(least, squared_distances(rows, point), out=least)
    return least
