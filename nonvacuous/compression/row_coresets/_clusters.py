r"""Clusters by D^2 sampling, and the sensitivities that follow from them.

The costs here are those whose root is Lipschitz in the row: for k-means
:math:`f_x = d(x, Q)^2`, for Gaussian mixtures see their module.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nonvacuous.compression.row_coresets._optimum import (
    neighbour_bound,
    spectral_bound,
)
from nonvacuous.nets import Floats

__all__ = [
    "Clusters",
    "Labels",
    "cluster",
    "root_sensitivities",
    "scaled",
    "seed_clusters",
    "squared_distances",
]

Labels = NDArray[np.intp]

_CELLS = 2**18
"""Entries of a chunk: the differences of one stay in cache."""
_RUNS = 8
"""Runs of D^2 sampling of which the cheapest bounds the optimum."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clusters:
    """A partition of the rows, a centre for each part, and how far rows are."""

    labels: Labels
    counts: Floats
    """(parts,)."""
    distances: Floats
    """(n,), of each row to the centre of its part."""
    optimum: float
    """At most the least k-means cost of k centres, except with the probability given;
    in the units of `distances`, squared."""
    radius: float
    """Of the ball about the mean that holds the rows, in the units of `distances`."""


def scaled(x: Floats) -> Floats:
    """The rows in a unit, a power of two, in which squares neither over- nor underflow.

    Equal rows stay equal, and ratios of distances are what they were.
    """
    return np.ldexp(x, -math.frexp(float(np.abs(x).max()))[1])


def squared_distances(
    x: Floats, centres: Floats, labels: Labels | None = None
) -> Floats:
    """Squared distance of each row, by differences, so that equal rows are at 0.

    Args:
        x: (n, d), passed over in chunks.
        centres: (d,), or (parts, d) with labels.
        labels: (n,), which centre is a row's own.

    Returns:
        (n,).
    """
    out = np.empty(len(x))
    step = max(1, _CELLS // x.shape[1])
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        gap = x[part] - (centres if labels is None else centres[labels[part]])
        out[part] = np.einsum("ij,ij->i", gap, gap)
    return out


def seed_clusters(
    x: Floats, k: int, draw: np.random.Generator
) -> tuple[Labels, NDArray[np.intp], Floats]:
    """D^2 sampling: each next seed is a row drawn by its squared distance so far.

    Args:
        x: (n, d).
        k: seeds, at least 1; fewer are returned once every row equals one.
        draw: the source of randomness.

    Returns:
        Labels (n,), seeds (k,) as indices of rows, squared distances (n,).

    Source: Arthur and Vassilvitskii 2007 (k-means++), recalled.
    """
    seeds = [int(draw.integers(len(x)))]
    labels = np.zeros(len(x), np.intp)
    squared = squared_distances(x, x[seeds[0]])
    while len(seeds) < k and squared.any():
        reach = np.cumsum(squared)
        target = min(draw.random() * reach[-1], np.nextafter(reach[-1], 0))
        seeds.append(int(np.searchsorted(reach, target, side="right")))
        found = squared_distances(x, x[seeds[-1]])
        labels[found < squared] = len(seeds) - 1
        squared = np.minimum(squared, found)
    return labels, np.array(seeds), squared


def cluster(x: Floats, k: int, draw: np.random.Generator, delta: float) -> Clusters:
    r"""Clusters of the rows, and a lower bound of the least cost of k centres.

    D^2 sampling costs at most :math:`8 (\ln k + 2)` times the optimum in expectation
    (Arthur and Vassilvitskii 2007, recalled).  By Markov, the cheapest of r runs costs
    at most :math:`8 (\ln k + 2) \delta^{-1/r}` times that, but for a probability of
    delta.  The bound is the largest of what this leaves and the two of `_optimum`.

    Args:
        x: (n, d).
        k: centres.
        draw: the source of randomness.
        delta: probability with which the bound may fail.

    Returns:
        Clusters of the cheapest run; where the mean of a part is a better centre than
        its seed, the mean is its centre.
    """
    x = scaled(x)
    factor = 8 * (math.log(k) + 2) * delta ** (-1 / _RUNS) * (1 + 2.0**-40)
    best = seed_clusters(x, k, draw)
    certain = spectral_bound(x, k)
    if 4 * certain < best[2].sum():  # else there is little to gain
        certain = max(certain, neighbour_bound(x, k, draw))
    for _ in range(_RUNS - 1):
        if best[2].sum() <= factor * certain:
            break  # no further run could raise the largest bound
        run = seed_clusters(x, k, draw)
        best = run if run[2].sum() < best[2].sum() else best
    labels, seeds, squared = best
    cost = float(squared.sum())  # never below the optimum
    n, parts = len(x), len(seeds)
    counts = np.bincount(labels, minlength=parts).astype(np.float64)
    member = sparse.csr_array((np.ones(n), (labels, np.arange(n))), shape=(parts, n))
    nearer = squared_distances(x, (member @ x) / counts[:, None], labels)
    better = np.bincount(labels, nearer) < np.bincount(labels, squared)
    return Clusters(
        labels=labels,
        counts=counts,
        distances=np.sqrt(np.where(better[labels], nearer, squared)),
        optimum=min(cost, max(certain, cost / factor)),
        radius=math.sqrt(squared_distances(x, x.mean(axis=0)).max()),
    )


def root_sensitivities(clusters: Clusters, *, ratio: float) -> Floats:
    r"""Sensitivities of costs with Lipschitz roots.

    Let :math:`|\sqrt{f_x} - \sqrt{f_y}| \le \lambda |x - y|` and
    :math:`F \ge \lambda^2 O / \kappa`, with O the least k-means cost.  Row x, in a
    part of :math:`n_x` rows with centre b and mean squared distance V, has

    .. math:: \sup \frac{f_x}{F} \le s_x = \min\left(1, \left(\sqrt{\kappa / O}
              \,(|x - b| + \sqrt V) + 1/\sqrt{n_x}\right)^2\right)

    since :math:`\sqrt{f_x} \le \lambda|x - b| + \lambda|y - b| + \sqrt{f_y}` for every
    row y of the part; the root mean square over y, by Minkowski, is at most
    :math:`\lambda(|x-b| + \sqrt V) + \sqrt{F/n_x}`; divide by :math:`\sqrt F`.

    Args:
        clusters: any partition with centres, and a lower bound of O.
        ratio: kappa, 1 for k-means.

    Returns:
        (n,), rounded up.  By Cauchy's inequality :math:`s_x \le 2 \kappa |x-b|^2/O +
        4 \kappa V/O + 4/n_x`, so that the sum is at most 6 kappa times the cost of the
        centres over O, and 4 for each part.

    Source: derived.  Lucic et al. 2016 and Bachem et al. 2017 (recalled) use that sum
        of three terms with :math:`\alpha, 2\alpha, 4` in place of :math:`2 \alpha,
        4 \alpha, 4` and :math:`\alpha = 16 (\log_2 k + 2)` in place of the cost of the
        centres over O.
    """
    labels, counts = clusters.labels, clusters.counts
    spread = np.sqrt(np.bincount(labels, clusters.distances**2) / counts)
    reach = clusters.distances + spread[labels]
    with np.errstate(divide="ignore", over="ignore"):
        far = np.divide(
            math.sqrt(ratio) * reach,
            math.sqrt(clusters.optimum),
            out=np.zeros_like(reach),
            where=reach > 0,  # then the optimum may be 0
        )
        s = (far + 1 / np.sqrt(counts)[labels]) ** 2
    return np.minimum(1.0, s * (1 + 2.0**-40))
