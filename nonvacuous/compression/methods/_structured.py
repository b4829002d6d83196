"""Weight matrices named by fewer numbers than they have entries."""

from nonvacuous.compression.circulant import BlockCirculant, BlockToeplitz
from nonvacuous.compression.hashing import HashedWeights, SparseJohnsonLindenstrauss
from nonvacuous.compression.low_rank import (
    DataAwareLowRank,
    LowRankPlusSparse,
    SingularValueTruncation,
)
from nonvacuous.compression.methods._method import Method
from nonvacuous.compression.projection import MatrixProject
from nonvacuous.nets import Network

__all__ = ["STRUCTURED", "coefficients"]


def coefficients(network: Network, keep: float) -> int:
    """Coefficients a layer, so many that the net has `keep` numbers for each weight.

    A layer takes no more than it has weights; what the code's decoder builds in
    seconds is the most.
    """
    sizes = sorted(layer.weight.size for layer in network.layers)
    left = int(keep * sum(sizes))
    for i, size in enumerate(sizes):
        count = left // (len(sizes) - i)
        if count < size:
            break
        left -= size
    return max(1, min(count, 2**15, 2**32 // sizes[-1]))


STRUCTURED: tuple[Method, ...] = (
    # fewer numbers than entries
    Method(
        name="svd",
        title="the largest singular values",
        source="Eckart and Young 1936",
        make=lambda ask: SingularValueTruncation(keep=ask.share),
        slack=0.05,
    ),
    Method(
        name="data-aware-low-rank",
        title="low rank, nearest on the inputs",
        source="Chen et al. 2021",
        make=lambda ask: DataAwareLowRank(rows=ask.rows, keep=ask.share),
        needs_rows=True,
        slack=0.05,
    ),
    Method(
        name="low-rank-plus-sparse",
        title="a low rank and a sparse part",
        source="Zhou and Tao 2011; Yu et al. 2017",
        make=lambda ask: LowRankPlusSparse(keep=ask.share),
        slack=0.05,
    ),
    Method(
        name="hashed",
        title="one value for each hash bucket",
        source="Chen et al. 2015",
        make=lambda ask: HashedWeights(keep=ask.share, seed=ask.seed),
    ),
    Method(
        name="sparse-jl",
        title="a sparse random projection and back",
        source="Kane and Nelson 2014",
        make=lambda ask: SparseJohnsonLindenstrauss(keep=ask.share, seed=ask.seed),
    ),
    Method(
        name="block-circulant",
        title="circulant blocks, the nearest ones",
        source="Cheng et al. 2015",
        make=lambda ask: BlockCirculant(keep=ask.share),
        slack=0.4,
    ),
    Method(
        name="block-toeplitz",
        title="Toeplitz blocks, the nearest ones",
        source="Sindhwani et al. 2015",
        make=lambda ask: BlockToeplitz(keep=ask.share),
        slack=0.4,
    ),
    Method(
        name="matrix-project",
        title="coefficients of seeded sign matrices",
        source="Arora et al. 2018",
        make=lambda ask: MatrixProject(
            count=coefficients(ask.network, ask.share), seed=ask.seed
        ),
    ),
)
