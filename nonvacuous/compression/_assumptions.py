r"""Do CoreNet's assumptions hold on rows outside S?

A1 makes an edge's relative importance at a fresh row at most K times its sensitivity on
S; A2 makes a fresh row's sign complexity at most :math:`\hat\Delta` in every neuron.
Each may fail with a small probability; here both are counted where S played no part.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._activations import layer_inputs
from nonvacuous.compression._statistics import Statistics
from nonvacuous.compression.sensitivity import edge_sensitivities, sign_complexity
from nonvacuous.nets import Network

__all__ = ["count_violations"]


def count_violations(
    network: Network, stats: Statistics, x: NDArray[np.floating[Any]]
) -> dict[str, int]:
    """How often what the theorem assumes fails on rows outside S.

    Args:
        network: the net that is sampled.
        stats: what was measured on S.
        x: rows outside S, (n, ...).

    Returns:
        By name: the rows counted on; those where some Delta exceeds its Delta-hat; and
        the edges that some row lets weigh more than K times their sensitivity.
    """
    beyond = np.zeros(len(x), np.bool_)
    edges = 0
    for i, (layer, a) in enumerate(
        zip(network.layers, layer_inputs(network, x), strict=True)
    ):
        complexity = sign_complexity(layer.weight, layer.bias, a)
        # an infinite Delta is against A2 even where it made Delta-hat infinite
        high = (complexity > stats.delta_hats[i]) | np.isinf(complexity)
        beyond |= high.any(axis=1)
        largest = edge_sensitivities(layer.weight, a)
        edges += int((largest > stats.constant * stats.sensitivities[i]).sum())
    return {
        "rows outside S that the assumptions were counted on": len(x),
        "of them, Delta above Delta-hat (against A2)": int(beyond.sum()),
        "edges above K times their sensitivity on them (against A1)": edges,
    }
