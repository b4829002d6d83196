r"""Weights shared by hashing: few values, each in many places of a layer.

Places and signs come from a seed, see :class:`nonvacuous.structures.Hashed`, so that a
layer is named by its seed and its values.
"""

from dataclasses import dataclass, replace

import numpy as np

from nonvacuous.compression._base import Compressor
from nonvacuous.compression._layerwise import check_keep, layerwise
from nonvacuous.compression._report import Report
from nonvacuous.nets import Floats, Network
from nonvacuous.structures import Hashed, Tied
from nonvacuous.structures._base import single
from nonvacuous.structures._tied import gathered

__all__ = ["HashedWeights", "SparseJohnsonLindenstrauss"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedWeights(Compressor):
    r"""Every weight in one of few buckets, with a sign: the hashing trick.

    A bucket's value is the mean of :math:`s_j w_j` over its entries, the least squares
    fit of the tied matrix to W.  With N weights in k buckets the mean squared error
    over the draw of signs and buckets is (derived)

    .. math:: \lVert W \rVert_F^2
       \Bigl( 1 - \frac{k}{N} \bigl( 1 - (1 - 1/k)^N \bigr) \Bigr),

    as n entries in one bucket keep one n-th of their squares.
    Biases are kept.

    Attributes:
        keep: buckets over weights, the same share in every layer, in (0, 1]; a layer
            with so few numbers already stays as it is.
        seed: of the hash functions, 0 to 2^32 - 1.

    Source: Chen et al. 2015 (recalled), there trained, here fitted.
    """

    keep: float
    seed: int = 0

    def __post_init__(self) -> None:
        check_keep(self.keep)
        _check_seed(self.seed)

    def apply(self, network: Network) -> Network:
        """The hashed net, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The hashed net, and each layer's relative error."""

        def fit(i: int, weight: Floats, numbers: int) -> Tied:
            pattern = Hashed(seed=self.seed, hashes=1, buckets=numbers)
            sums, terms = gathered(pattern, weight, layer=i)
            return Tied(pattern=pattern, values=single(sums / np.maximum(terms, 1)))

        return layerwise(network, self.keep, fit)


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseJohnsonLindenstrauss(Compressor):
    r"""Each layer sketched and restored: :math:`\hat w = S^\top S w`, unbiased.

    S is a sparse Johnson-Lindenstrauss matrix of k rows: every column has s non-zeros
    :math:`\pm 1/\sqrt{s}`, one in each of s blocks of k / s rows.  With one hash it is
    a count sketch.  Over the draw of S (derived)

    .. math:: E\,\hat w_j = w_j, \qquad
       \mathrm{Var}\,\hat w_j = (\lVert w \rVert^2 - w_j^2) / k,

    whatever s.  So the mean squared error of a layer of N weights is
    :math:`(N - 1) \lVert w \rVert^2 / k`, more than that of a layer of zeros: unbiased
    restoring pays that, :class:`HashedWeights` does not.  Biases are kept.

    Attributes:
        keep: k over weights, the same share in every layer, in (0, 1]; a layer with so
            few numbers already stays as it is.
        seed: of the hash functions, 0 to 2^32 - 1.
        hashes: s, from 1 to 16; no more than k, which is rounded down to a multiple.

    Source: Kane and Nelson 2014, block construction (recalled); Charikar et al. 2002
    for s = 1 (recalled).
    """

    keep: float
    seed: int = 0
    hashes: int = 4

    def __post_init__(self) -> None:
        check_keep(self.keep)
        _check_seed(self.seed)
        if not 1 <= self.hashes <= 16:
            raise ValueError(f"hashes must lie in [1, 16], got {self.hashes}")

    def apply(self, network: Network) -> Network:
        """The sketched net, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The sketched net, each layer's relative error, and that it is unbiased."""

        def fit(i: int, weight: Floats, numbers: int) -> Tied:
            s = min(self.hashes, numbers)
            pattern = Hashed(seed=self.seed, hashes=s, buckets=numbers // s)
            sums, _ = gathered(pattern, weight, layer=i)
            # both factors 1 / sqrt(s) are in the values
            return Tied(pattern=pattern, values=single(sums / s))

        small, report = layerwise(network, self.keep, fit)
        unbiased = "over the seed, every weight is its own mean, up to rounding"
        return small, replace(report, guarantee=unbiased)


def _check_seed(seed: int) -> None:
    """Refuse a seed that the code cannot write.

    Raises:
        ValueError: if it is one.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must lie in [0, 2^32), got {seed}")
