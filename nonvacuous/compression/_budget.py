"""Budgets as shares of a net's weights, and the common error that meets one."""

import math
from collections.abc import Callable, Iterable

import numpy as np

from nonvacuous.nets import Network

__all__ = ["check_budget", "entries", "least_error", "stream"]


def check_budget(keep: float, seed: int) -> None:
    """Refuse a share or a seed that is out of range.

    Raises:
        ValueError: if it is.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep must lie in (0, 1], got {keep}")
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must lie in [0, 2^63), got {seed}")


def entries(network: Network) -> int:
    """Entries of all weight matrices, zero or not."""
    return sum(layer.weight.size for layer in network.layers)


def least_error(costs: Callable[[float], Iterable[float]], budget: float) -> float:
    """The least error that all parts of a net can share within a budget.

    Bisection of the error's logarithm, from e^-40 to e^40; the end returned was seen
    to be within the budget, unless none is.

    Args:
        costs: what each part keeps at an error; none may grow with it.
        budget: what all parts may keep together.
    """
    low, high = -40.0, 40.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        if math.fsum(costs(math.exp(middle))) <= budget:
            high = middle
        else:
            low = middle
    return math.exp(high)


def stream(seed: int, layer: int) -> np.random.Generator:
    """The randomness of a layer, counted from 0; stream 1 of a seed draws S."""
    return np.random.Generator(np.random.Philox(key=[seed, 2 + layer]))
