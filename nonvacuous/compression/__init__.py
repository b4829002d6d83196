"""Compressors: a net in; a smaller net, and the code that names it, out."""

from nonvacuous.compression._base import Compressed as Compressed
from nonvacuous.compression._base import Compressor as Compressor
from nonvacuous.compression._errors import CompressionError as CompressionError
from nonvacuous.compression._rows import Rows as Rows
from nonvacuous.compression.corenet import CoreNet as CoreNet
from nonvacuous.compression.deep_compression import CentroidTraining as CentroidTraining
from nonvacuous.compression.deep_compression import DeepCompression as DeepCompression
from nonvacuous.compression.entropy_constrained import (
    EntropyConstrainedQuantization as EntropyConstrainedQuantization,
)
from nonvacuous.compression.fine_tuning import FineTuning as FineTuning
from nonvacuous.compression.fine_tuning import NetworkSurgery as NetworkSurgery
from nonvacuous.compression.incremental import (
    IncrementalQuantization as IncrementalQuantization,
)
from nonvacuous.compression.pipeline import Pipeline as Pipeline
from nonvacuous.compression.projection import MatrixProject as MatrixProject
from nonvacuous.compression.pruning import MagnitudePruning as MagnitudePruning
from nonvacuous.compression.pruning import UnitPruning as UnitPruning
from nonvacuous.compression.quantization import (
    OptimalQuantization as OptimalQuantization,
)
from nonvacuous.compression.quantization import Quantization as Quantization
from nonvacuous.compression.quantization import WeightSharing as WeightSharing
from nonvacuous.compression.soft_sharing import SoftWeightSharing as SoftWeightSharing
from nonvacuous.training import Recipe as Recipe

__all__ = [
    "CentroidTraining",
    "Compressed",
    "CompressionError",
    "Compressor",
    "CoreNet",
    "DeepCompression",
    "EntropyConstrainedQuantization",
    "FineTuning",
    "IncrementalQuantization",
    "MagnitudePruning",
    "MatrixProject",
    "NetworkSurgery",
    "OptimalQuantization",
    "Pipeline",
    "Quantization",
    "Recipe",
    "Rows",
    "SoftWeightSharing",
    "UnitPruning",
    "WeightSharing",
]
