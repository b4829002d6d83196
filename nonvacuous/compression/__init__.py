"""Compressors: a net in; a smaller net, and the code that names it, out."""

from nonvacuous.compression._base import Compressed as Compressed
from nonvacuous.compression._base import Compressor as Compressor
from nonvacuous.compression._errors import CompressionError as CompressionError
from nonvacuous.compression._rows import Rows as Rows
from nonvacuous.compression.corenet import CoreNet as CoreNet
from nonvacuous.compression.entrywise import HybridSampling as HybridSampling
from nonvacuous.compression.entrywise import L1Sampling as L1Sampling
from nonvacuous.compression.entrywise import L2Sampling as L2Sampling
from nonvacuous.compression.entrywise import UniformSampling as UniformSampling
from nonvacuous.compression.fine_tuning import FineTuning as FineTuning
from nonvacuous.compression.fine_tuning import NetworkSurgery as NetworkSurgery
from nonvacuous.compression.neuron_coresets import NeuronCoreset as NeuronCoreset
from nonvacuous.compression.pfp import PFPDeterministic as PFPDeterministic
from nonvacuous.compression.pfp import PFPRandom as PFPRandom
from nonvacuous.compression.pipeline import Pipeline as Pipeline
from nonvacuous.compression.projection import MatrixProject as MatrixProject
from nonvacuous.compression.pruning import MagnitudePruning as MagnitudePruning
from nonvacuous.compression.pruning import UnitPruning as UnitPruning
from nonvacuous.compression.quantization import Quantization as Quantization
from nonvacuous.compression.sipp import SiPPDeterministic as SiPPDeterministic
from nonvacuous.compression.sipp import SiPPHybrid as SiPPHybrid
from nonvacuous.compression.sipp import SiPPRandom as SiPPRandom
from nonvacuous.training import Recipe as Recipe

__all__ = [
    "Compressed",
    "CompressionError",
    "Compressor",
    "CoreNet",
    "FineTuning",
    "HybridSampling",
    "L1Sampling",
    "L2Sampling",
    "MagnitudePruning",
    "MatrixProject",
    "NetworkSurgery",
    "NeuronCoreset",
    "PFPDeterministic",
    "PFPRandom",
    "Pipeline",
    "Quantization",
    "Recipe",
    "Rows",
    "SiPPDeterministic",
    "SiPPHybrid",
    "SiPPRandom",
    "UniformSampling",
    "UnitPruning",
]
