"""Compressors: a net in; a smaller net, and the code that names it, out."""

from nonvacuous.compression._base import Compressed as Compressed
from nonvacuous.compression._base import Compressor as Compressor
from nonvacuous.compression._errors import CompressionError as CompressionError
from nonvacuous.compression._rows import Rows as Rows
from nonvacuous.compression.activation_aware import Wanda as Wanda
from nonvacuous.compression.corenet import CoreNet as CoreNet
from nonvacuous.compression.fine_tuning import FineTuning as FineTuning
from nonvacuous.compression.fine_tuning import NetworkSurgery as NetworkSurgery
from nonvacuous.compression.net_trim import NetTrim as NetTrim
from nonvacuous.compression.optimal_brain import (
    OptimalBrainDamage as OptimalBrainDamage,
)
from nonvacuous.compression.pipeline import Pipeline as Pipeline
from nonvacuous.compression.projection import MatrixProject as MatrixProject
from nonvacuous.compression.pruning import MagnitudePruning as MagnitudePruning
from nonvacuous.compression.pruning import UnitPruning as UnitPruning
from nonvacuous.compression.quantization import Quantization as Quantization
from nonvacuous.compression.sparse_gpt import SparseGPT as SparseGPT
from nonvacuous.compression.surgeon import (
    LayerwiseOptimalBrainSurgeon as LayerwiseOptimalBrainSurgeon,
)
from nonvacuous.compression.surgeon import (
    OptimalBrainCompression as OptimalBrainCompression,
)
from nonvacuous.training import Recipe as Recipe

__all__ = [
    "Compressed",
    "CompressionError",
    "Compressor",
    "CoreNet",
    "FineTuning",
    "LayerwiseOptimalBrainSurgeon",
    "MagnitudePruning",
    "MatrixProject",
    "NetTrim",
    "NetworkSurgery",
    "OptimalBrainCompression",
    "OptimalBrainDamage",
    "Pipeline",
    "Quantization",
    "Recipe",
    "Rows",
    "SparseGPT",
    "UnitPruning",
    "Wanda",
]
