"""The compression methods by name: one entry each, for commands, tables and tests.

A name is permanent.  To add a method is to add its entry: everything that goes through
the methods (``nonvacuous compress``, the benchmarks, the tests that every compressor
must pass) finds it here.
"""

import difflib
import itertools

from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._method import Method
from nonvacuous.compression.corenet import CoreNet
from nonvacuous.compression.pipeline import Pipeline
from nonvacuous.compression.projection import MatrixProject
from nonvacuous.compression.pruning import MagnitudePruning, UnitPruning
from nonvacuous.compression.quantization import Quantization
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


METHODS: tuple[Method, ...] = (
    Method(
        name="corenet",
        title="edges drawn by empirical sensitivity",
        source="Baykal et al. 2019",
        make=lambda ask: CoreNet(
            rows=ask.rows,
            keep=ask.keep,
            epsilon=ask.epsilon,
            delta=ask.delta,
            seed=ask.seed,
        ),
        needs_rows=True,
        has_theorem=True,
        slack=0.1,
    ),
    Method(
        name="magnitude",
        title="the largest weights of the whole net",
        source="Han et al. 2015",
        make=lambda ask: MagnitudePruning(keep=ask.keep),
        slack=0.01,
    ),
    Method(
        name="magnitude-kmeans",
        title="the largest weights, on 16 levels",
        source="Han et al. 2016",
        make=lambda ask: Pipeline(
            steps=(MagnitudePruning(keep=ask.keep), Quantization(levels=16))
        ),
        slack=0.01,
    ),
    Method(
        name="units",
        title="hidden units with the largest norms",
        source="Li et al. 2017",
        make=lambda ask: UnitPruning(keep=unit_share(ask.network, ask.share)),
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
"""In the order in which they are listed."""
