"""Compressors: a net in; a smaller net, and the code that names it, out."""

from nonvacuous.compression._base import Compressed as Compressed
from nonvacuous.compression._base import Compressor as Compressor
from nonvacuous.compression._errors import CompressionError as CompressionError
from nonvacuous.compression._method import Method as Method
from nonvacuous.compression._rows import Rows as Rows
from nonvacuous.compression.corenet import CoreNet as CoreNet
from nonvacuous.compression.fine_tuning import FineTuning as FineTuning
from nonvacuous.compression.fine_tuning import NetworkSurgery as NetworkSurgery
from nonvacuous.compression.methods import METHODS as METHODS
from nonvacuous.compression.methods import find_method as find_method
from nonvacuous.compression.pipeline import Pipeline as Pipeline
from nonvacuous.compression.projection import MatrixProject as MatrixProject
from nonvacuous.compression.pruning import MagnitudePruning as MagnitudePruning
from nonvacuous.compression.pruning import UnitPruning as UnitPruning
from nonvacuous.compression.quantization import Quantization as Quantization
from nonvacuous.training import Recipe as Recipe

__all__ = [
    "METHODS",
    "Compressed",
    "CompressionError",
    "Compressor",
    "CoreNet",
    "FineTuning",
    "MagnitudePruning",
    "MatrixProject",
    "Method",
    "NetworkSurgery",
    "Pipeline",
    "Quantization",
    "Recipe",
    "Rows",
    "UnitPruning",
    "find_method",
]
