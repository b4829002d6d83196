"""Weights on few levels, with and without retraining."""

from nonvacuous.compression.quantizers._deep_compression import (
    CentroidTraining,
    DeepCompression,
)
from nonvacuous.compression.quantizers._entropy_constrained import (
    EntropyConstrainedQuantization,
)
from nonvacuous.compression.quantizers._incremental import IncrementalQuantization
from nonvacuous.compression.quantizers._k_means import (
    OptimalQuantization,
    Quantization,
    WeightSharing,
)
from nonvacuous.compression.quantizers._soft_sharing import SoftWeightSharing

__all__ = [
    "CentroidTraining",
    "DeepCompression",
    "EntropyConstrainedQuantization",
    "IncrementalQuantization",
    "OptimalQuantization",
    "Quantization",
    "SoftWeightSharing",
    "WeightSharing",
]
