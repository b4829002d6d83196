"""Pruning by what the loss or a layer's outputs lose, to second order, and its kin."""

from nonvacuous.compression.second_order._damage import OptimalBrainDamage
from nonvacuous.compression.second_order._net_trim import NetTrim
from nonvacuous.compression.second_order._sparse_gpt import SparseGPT
from nonvacuous.compression.second_order._surgeon import (
    LayerwiseOptimalBrainSurgeon,
    OptimalBrainCompression,
)

__all__ = [
    "LayerwiseOptimalBrainSurgeon",
    "NetTrim",
    "OptimalBrainCompression",
    "OptimalBrainDamage",
    "SparseGPT",
]
