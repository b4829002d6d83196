"""Weights and neurons chosen by a score: magnitude, norms, second order."""

import itertools

from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression.activation_aware import Wanda
from nonvacuous.compression.methods._method import Method
from nonvacuous.compression.pruning import (
    LayerMagnitudePruning,
    MagnitudePruning,
    RowMagnitudePruning,
    UnitPruning,
)
from nonvacuous.compression.refit import Refitted
from nonvacuous.compression.second_order._damage import OptimalBrainDamage
from nonvacuous.compression.second_order._net_trim import NetTrim
from nonvacuous.compression.second_order._sparse_gpt import SparseGPT
from nonvacuous.compression.second_order._surgeon import (
    LayerwiseOptimalBrainSurgeon,
    OptimalBrainCompression,
)
from nonvacuous.compression.structured_sparsity import ColumnPruning, RowPruning
from nonvacuous.nets import Network

__all__ = ["SELECTION", "unit_share"]


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


SELECTION: tuple[Method, ...] = (
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
        title="largest weights' places, best weights",
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
        title="units with the largest norm products",
        source="Li et al. 2017",
        make=lambda ask: UnitPruning(keep=unit_share(ask.network, ask.share)),
    ),
    Method(
        name="rows",
        title="neurons of largest incoming norms",
        source="Li et al. 2017; Wen et al. 2016",
        make=lambda ask: RowPruning(keep=ask.share),
    ),
    Method(
        name="columns",
        title="neurons of largest outgoing norms",
        source="Wen et al. 2016",
        make=lambda ask: ColumnPruning(keep=ask.share),
    ),
    # second order, layer by layer
    Method(
        name="obd",
        title="least loss by the Hessian's diagonal",
        source="LeCun et al. 1990",
        make=lambda ask: OptimalBrainDamage(rows=ask.rows, keep=ask.share),
        needs_rows=True,
    ),
    Method(
        name="l-obs",
        title="least error by the inverse Hessian",
        source="Dong et al. 2017",
        make=lambda ask: LayerwiseOptimalBrainSurgeon(rows=ask.rows, keep=ask.share),
        needs_rows=True,
    ),
    Method(
        name="obc",
        title="one weight after the other, exactly",
        source="Frantar and Alistarh 2022",
        make=lambda ask: OptimalBrainCompression(rows=ask.rows, keep=ask.share),
        needs_rows=True,
    ),
    Method(
        name="sparse-gpt",
        title="column by column, with amends",
        source="Frantar and Alistarh 2023",
        make=lambda ask: SparseGPT(rows=ask.rows, keep=ask.share),
        needs_rows=True,
    ),
    Method(
        name="net-trim",
        title="least l1 norm that keeps the outputs",
        source="Aghasi et al. 2017",
        make=lambda ask: NetTrim(rows=ask.rows, keep=ask.share),
        needs_rows=True,
    ),
    Method(
        name="wanda",
        title="largest weight times input norm",
        source="Sun et al. 2024",
        make=lambda ask: Wanda(rows=ask.rows, keep=ask.share),
        needs_rows=True,
    ),
)
