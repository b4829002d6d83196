"""Theorems asked the other way round: how many rows, bits, nats or errors for a target.

Every answer is checked by the theorem's own formula, rounded as always, and so is its
neighbour.  Numbers only: no torch, no networks.
"""

from nonvacuous.bounds.planning._answer import Reached as Reached
from nonvacuous.bounds.planning._answer import Unreachable as Unreachable
from nonvacuous.bounds.planning._curve import around as around
from nonvacuous.bounds.planning._curve import curve as curve
from nonvacuous.bounds.planning._question import Theorem as Theorem
from nonvacuous.bounds.planning._size import Size as Size
from nonvacuous.bounds.planning._sizes import SIZES as SIZES
from nonvacuous.bounds.planning._solve import solve as solve

__all__ = [
    "SIZES",
    "Reached",
    "Size",
    "Theorem",
    "Unreachable",
    "around",
    "curve",
    "solve",
]
