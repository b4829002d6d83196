r"""Row coresets for mixtures of Gaussians whose covariances are bounded.

The density of a mixture is :math:`Z \sum_i v_i e^{-m_i(x)/2}` with
:math:`m_i = (x - \mu_i)^T \Sigma_i^{-1} (x - \mu_i)`,
:math:`v_i = w_i |2\pi\Sigma_i|^{-1/2} / Z` and :math:`\sum_i v_i = 1`.  So the negative
log likelihood of n rows is :math:`-n \ln Z + \sum_x f_x` with

.. math:: f_x = -\ln \sum_i v_i e^{-m_i(x)/2} \ge 0

Guarantees speak of :math:`F = \sum_x f_x`; the rest needs no rows.  If Z is at most 1,
which eigenvalues of at least 1/(2 pi) imply, -n ln Z is not negative, and the relative
error of the negative log likelihood is no larger than that of F.
"""

import math
import operator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from nonvacuous.compression.row_coresets._clusters import cluster, root_sensitivities
from nonvacuous.compression.row_coresets._sampling import (
    RowCoreset,
    as_rows,
    check_setting,
    sample,
    stream,
)
from nonvacuous.compression.row_coresets.k_means import SEEDING_SHARE
from nonvacuous.nets import Floats

__all__ = ["GaussianMixtureCoreset"]

_CELLS = 2**18


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianMixtureCoreset:
    r"""Rows drawn by their sensitivity for mixtures of at most k Gaussians.

    All covariances have eigenvalues in [a, b], weights and means are any.  As
    :math:`\sqrt{m_i(x)} \le \sqrt{m_i(y)} + |x-y|/\sqrt a`, for every s > 0
    :math:`m_i(x) \le (1+s) m_i(y) + (1+1/s)|x-y|^2/a`; with Jensen's inequality,
    :math:`\sum v_i r_i^{1+s} \ge (\sum v_i r_i)^{1+s}`, that is
    :math:`f_x \le (1+s) f_y + (1+1/s) |x-y|^2/(2a)`, and at the best s

    .. math:: \sqrt{f_x} \le \sqrt{f_y} + |x - y| / \sqrt{2a}

    And :math:`F \ge \sum_x \min_i m_i(x)/2 \ge O/(2b)`, O the least k-means cost.  So
    the sensitivities are those of k-means with kappa = b/a.

    Attributes:
        k: Gaussians at most, at least 1.
        lowest: a, the least eigenvalue of a covariance, above 0, in the rows' units
            squared.
        highest: b, the largest, finite.
        size: draws; or
        epsilon: relative error of F, in (0, 1), from which draws follow.
        delta: failure probability, in (0, 1), a tenth of it for the seeding.
        queries: how many mixtures, fixed before the draw, are spoken of.  The theorem
            for all mixtures at once (a pseudo-dimension polynomial in k and d, recalled
            without its constant) is not claimed here.
        seed: of clusters and draws.

    Source: Feldman et al. 2011 and Lucic et al. 2018 for the cost and the construction
        (recalled); sensitivities and draws are derived.
    """

    k: int
    lowest: float
    highest: float
    size: int | None = None
    epsilon: float | None = None
    delta: float = 0.05
    queries: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if operator.index(self.k) < 1:
            raise ValueError(f"k must be at least 1, got {self.k}")
        if not 0 < self.lowest <= self.highest < math.inf:
            raise ValueError(
                "lowest and highest must satisfy 0 < lowest <= highest < inf, got"
                f" {self.lowest} and {self.highest}"
            )
        operator.index(self.queries)  # all of them is not on offer
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
        return sample(
            rows,
            root_sensitivities(clusters, ratio=self.highest / self.lowest),
            self,
            delta=(1 - SEEDING_SHARE) * self.delta,
            log_cover=lambda epsilon, inner: math.inf,
            about=f"mixtures of at most {self.k} Gaussians with eigenvalues in"
            f" [{self.lowest}, {self.highest}]",
            error="* cost",
        )

    def costs(
        self,
        x: ArrayLike,
        *,
        weights: ArrayLike,
        means: ArrayLike,
        covariances: ArrayLike,
    ) -> Floats:
        """The cost f_x of each row under a mixture that the theorem covers.

        Args:
            x: (n, d).
            weights: (j,), not negative, with sum 1; j at most k.
            means: (j, d).
            covariances: (j, d, d), symmetric.

        Returns:
            (n,), at least 0.

        Raises:
            ValueError: if it does not cover this mixture.
        """
        rows, centres = as_rows(x), as_rows(means, "means")
        log_parts, factors = self._parts(weights, covariances)
        if centres.shape != (len(factors), rows.shape[1]):
            raise ValueError(
                f"means must have shape {(len(factors), rows.shape[1])}, got"
                f" {centres.shape}"
            )
        if factors.shape[1:] != (rows.shape[1],) * 2:
            raise ValueError(
                f"covariances must be of {rows.shape[1]} coordinates, got shape"
                f" {factors.shape}"
            )
        log_v = log_parts - logsumexp(log_parts)
        out = np.empty(len(rows))
        step = max(1, _CELLS // rows.shape[1])
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            squared = [
                solve_triangular(factor, (rows[part] - centre).T, lower=True) ** 2
                for factor, centre in zip(factors, centres, strict=True)
            ]
            m = np.stack([square.sum(axis=0) for square in squared])
            out[part] = -logsumexp(log_v[:, None] - 0.5 * m, axis=0)
        return np.maximum(out, 0.0)  # rounding

    def log_normaliser(self, *, weights: ArrayLike, covariances: ArrayLike) -> float:
        """The log of Z: the negative log likelihood of n rows is F - n ln Z.

        Args:
            weights: (j,), not negative, with sum 1; j at most k.
            covariances: (j, d, d), symmetric.

        Returns:
            Nats a row.

        Raises:
            ValueError: if the theorem does not cover this mixture.
        """
        return float(logsumexp(self._parts(weights, covariances)[0]))

    def _parts(
        self, weights: ArrayLike, covariances: ArrayLike
    ) -> tuple[Floats, Floats]:
        """Logs of w_i |2 pi Sigma_i|^(-1/2), and Cholesky factors.

        Raises:
            ValueError: if the theorem does not cover this mixture.
        """
        w: Floats = np.asarray(weights, np.float64)
        sigma: Floats = np.asarray(covariances, np.float64)
        if not (
            w.ndim == 1
            and 1 <= len(w) <= self.k
            and (w >= 0).all()
            and abs(w.sum() - 1) <= 1e-9
        ):
            raise ValueError(
                f"weights must be at most {self.k} numbers >= 0 with sum 1, got"
                f" {w.tolist()}"
            )
        square = sigma.ndim == 3 and sigma.shape[1] == sigma.shape[2]
        if not (square and len(sigma) == len(w) and np.isfinite(sigma).all()):
            raise ValueError(
                f"covariances must be {len(w)} finite square matrices, got shape"
                f" {sigma.shape}"
            )
        if not np.array_equal(sigma, np.swapaxes(sigma, 1, 2)):
            raise ValueError("covariances must be symmetric")
        eigenvalues = np.linalg.eigvalsh(sigma)
        slack = 1e-13 * float(np.abs(eigenvalues).max())  # rounding
        if (
            eigenvalues.min() < self.lowest - slack
            or eigenvalues.max() > self.highest + slack
        ):
            raise ValueError(
                f"eigenvalues must lie in [{self.lowest}, {self.highest}], got"
                f" {eigenvalues.min()} to {eigenvalues.max()}"
            )
        factors = np.linalg.cholesky(sigma).astype(np.float64)
        log_volume: Floats = np.log(2 * np.pi * eigenvalues).sum(axis=1)
        with np.errstate(divide="ignore"):
            return np.log(w) - 0.5 * log_volume, factors
