"""Compressors: a net in; a smaller net, and the code that names it, out."""

from nonvacuous.compression._base import Compressed as Compressed
from nonvacuous.compression._base import Compressor as Compressor
from nonvacuous.compression._errors import CompressionError as CompressionError
from nonvacuous.compression._rows import Rows as Rows
from nonvacuous.compression.corenet import CoreNet as CoreNet
from nonvacuous.compression.fine_tuning import FineTuning as FineTuning
from nonvacuous.compression.fine_tuning import NetworkSurgery as NetworkSurgery
from nonvacuous.compression.pipeline import Pipeline as Pipeline
from nonvacuous.compression.projection import MatrixProject as MatrixProject
from nonvacuous.compression.pruning import MagnitudePruning as MagnitudePruning
from nonvacuous.compression.pruning import UnitPruning as UnitPruning
from nonvacuous.compression.quantization import Quantization as Quantization
from nonvacuous.compression.row_coresets import (
    GaussianMixtureCoreset as GaussianMixtureCoreset,
)
from nonvacuous.compression.row_coresets import KMeansCoreset as KMeansCoreset
from nonvacuous.compression.row_coresets import LightweightCoreset as LightweightCoreset
from nonvacuous.compression.row_coresets import LogisticCoreset as LogisticCoreset
from nonvacuous.compression.row_coresets import RowCoreset as RowCoreset
from nonvacuous.training import Recipe as Recipe

__all__ = [
    "Compressed",
    "CompressionError",
    "Compressor",
    "CoreNet",
    "FineTuning",
    "GaussianMixtureCoreset",
    "KMeansCoreset",
    "LightweightCoreset",
    "LogisticCoreset",
    "MagnitudePruning",
    "MatrixProject",
    "NetworkSurgery",
    "Pipeline",
    "Quantization",
    "Recipe",
    "RowCoreset",
    "Rows",
    "UnitPruning",
]
