"""Compressors: a net in; a smaller net, and the code that names it, out."""

from nonvacuous.compression._base import Compressed as Compressed
from nonvacuous.compression._base import Compressor as Compressor
from nonvacuous.compression._errors import CompressionError as CompressionError
from nonvacuous.compression._rows import Rows as Rows
from nonvacuous.compression.activation_aware import Wanda as Wanda
from nonvacuous.compression.circulant import BlockCirculant as BlockCirculant
from nonvacuous.compression.circulant import BlockToeplitz as BlockToeplitz
from nonvacuous.compression.corenet import CoreNet as CoreNet
from nonvacuous.compression.corenet_plus import CoreNetPlus as CoreNetPlus
from nonvacuous.compression.corenet_plus_plus import CoreNetPlusPlus as CoreNetPlusPlus
from nonvacuous.compression.corenet_sharp import SharpCoreNet as SharpCoreNet
from nonvacuous.compression.entrywise import HybridSampling as HybridSampling
from nonvacuous.compression.entrywise import L1Sampling as L1Sampling
from nonvacuous.compression.entrywise import L2Sampling as L2Sampling
from nonvacuous.compression.entrywise import UniformSampling as UniformSampling
from nonvacuous.compression.fine_tuning import FineTuning as FineTuning
from nonvacuous.compression.fine_tuning import NetworkSurgery as NetworkSurgery
from nonvacuous.compression.hashing import HashedWeights as HashedWeights
from nonvacuous.compression.hashing import (
    SparseJohnsonLindenstrauss as SparseJohnsonLindenstrauss,
)
from nonvacuous.compression.low_rank import DataAwareLowRank as DataAwareLowRank
from nonvacuous.compression.low_rank import LowRankPlusSparse as LowRankPlusSparse
from nonvacuous.compression.low_rank import (
    SingularValueTruncation as SingularValueTruncation,
)
from nonvacuous.compression.methods import METHODS as METHODS
from nonvacuous.compression.methods import find_method as find_method
from nonvacuous.compression.methods._method import Method as Method
from nonvacuous.compression.neuron_coresets import NeuronCoreset as NeuronCoreset
from nonvacuous.compression.output_coreset import OutputCoreset as OutputCoreset
from nonvacuous.compression.pfp import PFPDeterministic as PFPDeterministic
from nonvacuous.compression.pfp import PFPRandom as PFPRandom
from nonvacuous.compression.pipeline import Pipeline as Pipeline
from nonvacuous.compression.poisson_coreset import PoissonCoreset as PoissonCoreset
from nonvacuous.compression.poisson_coreset import keep_for as keep_for
from nonvacuous.compression.projection import MatrixProject as MatrixProject
from nonvacuous.compression.pruning import (
    LayerMagnitudePruning as LayerMagnitudePruning,
)
from nonvacuous.compression.pruning import MagnitudePruning as MagnitudePruning
from nonvacuous.compression.pruning import RowMagnitudePruning as RowMagnitudePruning
from nonvacuous.compression.pruning import UnitPruning as UnitPruning
from nonvacuous.compression.quantizers._deep_compression import (
    CentroidTraining as CentroidTraining,
)
from nonvacuous.compression.quantizers._deep_compression import (
    DeepCompression as DeepCompression,
)
from nonvacuous.compression.quantizers._entropy_constrained import (
    EntropyConstrainedQuantization as EntropyConstrainedQuantization,
)
from nonvacuous.compression.quantizers._incremental import (
    IncrementalQuantization as IncrementalQuantization,
)
from nonvacuous.compression.quantizers._k_means import (
    OptimalQuantization as OptimalQuantization,
)
from nonvacuous.compression.quantizers._k_means import Quantization as Quantization
from nonvacuous.compression.quantizers._k_means import WeightSharing as WeightSharing
from nonvacuous.compression.quantizers._soft_sharing import (
    SoftWeightSharing as SoftWeightSharing,
)
from nonvacuous.compression.refit import Refitted as Refitted
from nonvacuous.compression.row_coresets import (
    GaussianMixtureCoreset as GaussianMixtureCoreset,
)
from nonvacuous.compression.row_coresets import KMeansCoreset as KMeansCoreset
from nonvacuous.compression.row_coresets import LightweightCoreset as LightweightCoreset
from nonvacuous.compression.row_coresets import LogisticCoreset as LogisticCoreset
from nonvacuous.compression.row_coresets import RowCoreset as RowCoreset
from nonvacuous.compression.second_order._damage import (
    OptimalBrainDamage as OptimalBrainDamage,
)
from nonvacuous.compression.second_order._net_trim import NetTrim as NetTrim
from nonvacuous.compression.second_order._sparse_gpt import SparseGPT as SparseGPT
from nonvacuous.compression.second_order._surgeon import (
    LayerwiseOptimalBrainSurgeon as LayerwiseOptimalBrainSurgeon,
)
from nonvacuous.compression.second_order._surgeon import (
    OptimalBrainCompression as OptimalBrainCompression,
)
from nonvacuous.compression.sipp import SiPPDeterministic as SiPPDeterministic
from nonvacuous.compression.sipp import SiPPHybrid as SiPPHybrid
from nonvacuous.compression.sipp import SiPPRandom as SiPPRandom
from nonvacuous.compression.structured_sparsity import ColumnPruning as ColumnPruning
from nonvacuous.compression.structured_sparsity import RowPruning as RowPruning
from nonvacuous.training import Recipe as Recipe

__all__ = [
    "METHODS",
    "BlockCirculant",
    "BlockToeplitz",
    "CentroidTraining",
    "ColumnPruning",
    "Compressed",
    "CompressionError",
    "Compressor",
    "CoreNet",
    "CoreNetPlus",
    "CoreNetPlusPlus",
    "DataAwareLowRank",
    "DeepCompression",
    "EntropyConstrainedQuantization",
    "FineTuning",
    "GaussianMixtureCoreset",
    "HashedWeights",
    "HybridSampling",
    "IncrementalQuantization",
    "KMeansCoreset",
    "L1Sampling",
    "L2Sampling",
    "LayerMagnitudePruning",
    "LayerwiseOptimalBrainSurgeon",
    "LightweightCoreset",
    "LogisticCoreset",
    "LowRankPlusSparse",
    "MagnitudePruning",
    "MatrixProject",
    "Method",
    "NetTrim",
    "NetworkSurgery",
    "NeuronCoreset",
    "OptimalBrainCompression",
    "OptimalBrainDamage",
    "OptimalQuantization",
    "OutputCoreset",
    "PFPDeterministic",
    "PFPRandom",
    "Pipeline",
    "PoissonCoreset",
    "Quantization",
    "Recipe",
    "Refitted",
    "RowCoreset",
    "RowMagnitudePruning",
    "RowPruning",
    "Rows",
    "SharpCoreNet",
    "SiPPDeterministic",
    "SiPPHybrid",
    "SiPPRandom",
    "SingularValueTruncation",
    "SoftWeightSharing",
    "SparseGPT",
    "SparseJohnsonLindenstrauss",
    "UniformSampling",
    "UnitPruning",
    "Wanda",
    "WeightSharing",
    "find_method",
    "keep_for",
]
