"""The compression methods by name: one entry each, for commands, tables and tests.

A name is permanent.  To add a method is to add its entry: everything that goes through
the methods (``nonvacuous compress``, the benchmarks, the tests that every compressor
must pass) finds it here.
"""

import difflib
import itertools
import math
from collections.abc import Callable
from typing import Any

from nonvacuous.compression._base import Compressor
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._method import Ask, Method
from nonvacuous.compression.circulant import BlockCirculant, BlockToeplitz
from nonvacuous.compression.corenet import CoreNet
from nonvacuous.compression.corenet_plus import CoreNetPlus
from nonvacuous.compression.corenet_plus_plus import CoreNetPlusPlus
from nonvacuous.compression.entrywise import (
    HybridSampling,
    L1Sampling,
    L2Sampling,
    UniformSampling,
)
from nonvacuous.compression.hashing import HashedWeights, SparseJohnsonLindenstrauss
from nonvacuous.compression.low_rank import (
    DataAwareLowRank,
    LowRankPlusSparse,
    SingularValueTruncation,
)
from nonvacuous.compression.neuron_coresets import NeuronCoreset
from nonvacuous.compression.output_coreset import OutputCoreset
from nonvacuous.compression.pfp import PFPDeterministic, PFPRandom
from nonvacuous.compression.pipeline import Pipeline
from nonvacuous.compression.projection import MatrixProject
from nonvacuous.compression.pruning import (
    LayerMagnitudePruning,
    MagnitudePruning,
    RowMagnitudePruning,
    UnitPruning,
)
from nonvacuous.compression.quantization import Quantization
from nonvacuous.compression.refit import Refitted
from nonvacuous.compression.sipp import SiPPDeterministic, SiPPHybrid, SiPPRandom
from nonvacuous.compression.structured_sparsity import ColumnPruning, RowPruning
from nonvacuous.nets import Network

__all__ = ["METHODS", "find_method"]


def find_method(name: str) -> Method:
    """The method of that name.

    Raises:
        ValueError: if there is none; the sentence lists the nearest names.
    """
    known = {m.name: m for m in METHODS}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    said = (
        f"the nearest are {', '.join(near)}"
        if near
        else f"there are {', '.join(known)}"
    )
    raise ValueError(f"there is no method {name!r}: {said}")


# How a budget becomes a setting, where the compressor takes another one ---------------


def unit_share(network: Network, keep: float) -> float:
    """Share of every hidden layer, in thousandths, whose net has `keep` of the weights.

    Raises:
        CompressionError: if the net with one unit in each hidden layer has more.
    """
    budget = keep * sum(layer.weight.size for layer in network.layers)

    def weights(share: float) -> int:
        hidden = [max(1, round(share * size)) for size in network.sizes[1:-1]]
        sizes = [network.sizes[0], *hidden, network.sizes[-1]]
        return sum(a * b for a, b in itertools.pairwise(sizes))

    shares = [i / 1000 for i in range(1, 1001)]
    fitting = [share for share in shares if weights(share) <= budget]
    if not fitting:
        raise CompressionError(
            f"keep must leave {weights(shares[0])} weights, one unit in each hidden"
            f" layer, got {keep}, which leaves {int(budget)}"
        )
    return fitting[-1]


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


def _sampling(ask: Ask) -> dict[str, Any]:
    """The settings that CoreNet and its relatives share."""
    return {
        "rows": ask.rows,
        "keep": ask.keep,
        "epsilon": ask.epsilon,
        "delta": ask.delta,
        "seed": ask.seed,
    }


def _entrywise(
    kind: type[UniformSampling | L1Sampling | L2Sampling | HybridSampling],
    whole_matrix: bool,
) -> Callable[[Ask], Compressor]:
    return lambda ask: kind(keep=ask.share, whole_matrix=whole_matrix, seed=ask.seed)


METHODS: tuple[Method, ...] = (
    # coresets of edges, the paper's subject
    Method(
        name="output-coreset",
        title="edges that the outputs are most sensitive to, refitted in rounds",
        source="derived here, after Baykal et al. 2019",
        make=lambda ask: OutputCoreset(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
    ),
    Method(
        name="corenet",
        title="edges drawn by empirical sensitivity, a coreset of every neuron",
        source="Baykal et al. 2019",
        make=lambda ask: CoreNet(**_sampling(ask)),
        needs_rows=True,
        has_theorem=True,
        slack=0.1,
    ),
    Method(
        name="corenet-plus",
        title="CoreNet, and without the neurons that do nothing",
        source="Baykal et al. 2019",
        make=lambda ask: CoreNetPlus(**_sampling(ask)),
        needs_rows=True,
        has_theorem=True,
        slack=0.1,
    ),
    Method(
        name="corenet-plus-plus",
        title="CoreNet+, the best of many draws for each neuron and sign",
        source="Baykal et al. 2019",
        make=lambda ask: CoreNetPlusPlus(**_sampling(ask)),
        needs_rows=True,
        has_theorem=True,
        slack=0.15,
    ),
    Method(
        name="corenet-refit",
        title="CoreNet's edges with the best weights on them",
        source="Baykal et al. 2019; refit as in Dong et al. 2017",
        make=lambda ask: Refitted(
            selection=CoreNet(rows=ask.rows, keep=ask.share, seed=ask.seed),
            rows=ask.rows,
        ),
        needs_rows=True,
        slack=0.1,
    ),
    # its followers
    Method(
        name="sipp-deterministic",
        title="each neuron's largest sensitivities, unweighted",
        source="Baykal et al. 2022",
        make=lambda ask: SiPPDeterministic(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
        slack=0.01,
    ),
    Method(
        name="sipp-random",
        title="edges drawn by sensitivity at one error for all neurons",
        source="Baykal et al. 2022",
        make=lambda ask: SiPPRandom(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
        slack=0.1,
    ),
    Method(
        name="sipp-hybrid",
        title="for each neuron whichever of the two has the smaller error",
        source="Baykal et al. 2022",
        make=lambda ask: SiPPHybrid(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
        slack=0.1,
    ),
    Method(
        name="pfp-random",
        title="hidden neurons drawn by the sensitivity of what reads them",
        source="Liebenwein et al. 2020",
        make=lambda ask: PFPRandom(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
    ),
    Method(
        name="pfp-deterministic",
        title="the hidden neurons of largest sensitivity",
        source="Liebenwein et al. 2020",
        make=lambda ask: PFPDeterministic(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
    ),
    Method(
        name="neuron-coreset",
        title="hidden neurons drawn by their weights alone",
        source="Mussay et al. 2020",
        # the ball that holds the unit cube, where pixels lie
        make=lambda ask: NeuronCoreset(
            keep=ask.share,
            radius=math.sqrt(ask.network.sizes[0]),
            delta=ask.delta,
            seed=ask.seed,
        ),
        slack=0.1,
    ),
    # entries drawn by size alone
    *(
        Method(
            name=name + ("-matrix" if whole else ""),
            title=f"entries drawn by {chances}, "
            + ("one distribution a layer" if whole else "each neuron for itself"),
            source=source,
            make=_entrywise(kind, whole),
            slack=0.1,
        )
        for name, kind, chances, source in (
            ("uniform", UniformSampling, "even chances", "Baykal et al. 2019"),
            ("l1", L1Sampling, "|w|", "Achlioptas et al. 2013"),
            ("l2", L2Sampling, "w^2", "Drineas and Zouzias 2011"),
            ("hybrid", HybridSampling, "|w| and w^2", "Kundu and Drineas 2014"),
        )
        for whole in (False, True)
    ),
    # pruning by magnitude
    Method(
        name="magnitude",
        title="the largest weights of the whole net",
        source="Han et al. 2015",
        make=lambda ask: MagnitudePruning(keep=ask.keep),
        slack=0.01,
    ),
    Method(
        name="magnitude-layer",
        title="the largest weights of each layer",
        source="Han et al. 2015",
        make=lambda ask: LayerMagnitudePruning(keep=ask.share),
    ),
    Method(
        name="magnitude-row",
        title="the largest weights of each neuron",
        source="Han et al. 2015",
        make=lambda ask: RowMagnitudePruning(keep=ask.share),
        slack=0.1,
    ),
    Method(
        name="magnitude-refit",
        title="the largest weights' places, with the best weights on them",
        source="Han et al. 2015; refit as in Dong et al. 2017",
        make=lambda ask: Refitted(
            selection=MagnitudePruning(keep=ask.keep), rows=ask.rows
        ),
        needs_rows=True,
        slack=0.01,
    ),
    # whole units, rows and columns
    Method(
        name="units",
        title="the hidden units with the largest products of norms",
        source="Li et al. 2017",
        make=lambda ask: UnitPruning(keep=unit_share(ask.network, ask.share)),
    ),
    Method(
        name="rows",
        title="the hidden neurons with the largest incoming norms",
        source="Li et al. 2017; Wen et al. 2016",
        make=lambda ask: RowPruning(keep=ask.share),
    ),
    Method(
        name="columns",
        title="the hidden neurons with the largest outgoing norms",
        source="Wen et al. 2016",
        make=lambda ask: ColumnPruning(keep=ask.share),
    ),
    # fewer numbers than entries
    Method(
        name="svd",
        title="the largest singular values of each layer",
        source="Eckart and Young 1936",
        make=lambda ask: SingularValueTruncation(keep=ask.share),
        slack=0.05,
    ),
    Method(
        name="data-aware-low-rank",
        title="low rank that is nearest on the layer's inputs",
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
        title="weights share the value of their hash bucket",
        source="Chen et al. 2015",
        make=lambda ask: HashedWeights(keep=ask.share, seed=ask.seed),
    ),
    Method(
        name="sparse-jl",
        title="a sparse random projection of each layer, and back",
        source="Kane and Nelson 2014",
        make=lambda ask: SparseJohnsonLindenstrauss(keep=ask.share, seed=ask.seed),
    ),
    Method(
        name="block-circulant",
        title="circulant blocks, the nearest ones",
        source="Cheng et al. 2015",
        make=lambda ask: BlockCirculant(keep=ask.share),
        slack=0.5,
    ),
    Method(
        name="block-toeplitz",
        title="Toeplitz blocks, the nearest ones",
        source="Sindhwani et al. 2015",
        make=lambda ask: BlockToeplitz(keep=ask.share),
        slack=0.5,
    ),
    Method(
        name="matrix-project",
        title="coefficients of seeded sign matrices, without biases",
        source="Arora et al. 2018",
        make=lambda ask: MatrixProject(
            count=coefficients(ask.network, ask.share), seed=ask.seed
        ),
    ),
    # few levels
    Method(
        name="magnitude-kmeans",
        title="the largest weights, on 16 levels a layer",
        source="Han et al. 2016",
        make=lambda ask: Pipeline(
            steps=(MagnitudePruning(keep=ask.keep), Quantization(levels=16))
        ),
        slack=0.01,
    ),
)
"""In the order in which they are listed."""
