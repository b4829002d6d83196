"""What was measured: frozen facts that a theorem may use.

Counts are integers; every shape of fact validates itself and knows the sample that it
was counted on.  No torch here: evidence can come from any framework, or from a paper.
"""

from nonvacuous.evidence._agreement import Agreement as Agreement
from nonvacuous.evidence._agreement import ForetoldAgreement as ForetoldAgreement
from nonvacuous.evidence._architecture import ArchitectureFit as ArchitectureFit
from nonvacuous.evidence._choices import BestOf as BestOf
from nonvacuous.evidence._choices import ProgressiveErrors as ProgressiveErrors
from nonvacuous.evidence._compression_set import CompressionSetFit as CompressionSetFit
from nonvacuous.evidence._compression_set import (
    CompressionSetLosses as CompressionSetLosses,
)
from nonvacuous.evidence._compression_set import PickFit as PickFit
from nonvacuous.evidence._coreset import CoresetFit as CoresetFit
from nonvacuous.evidence._counts import CodedFit as CodedFit
from nonvacuous.evidence._counts import HoldoutErrors as HoldoutErrors
from nonvacuous.evidence._cushions import CushionFit as CushionFit
from nonvacuous.evidence._descriptions import CodedLoss as CodedLoss
from nonvacuous.evidence._descriptions import SubsampledFit as SubsampledFit
from nonvacuous.evidence._descriptions import SymmetricFit as SymmetricFit
from nonvacuous.evidence._distance import DistanceFit as DistanceFit
from nonvacuous.evidence._draws import DrawnFit as DrawnFit
from nonvacuous.evidence._draws import RenyiFit as RenyiFit
from nonvacuous.evidence._gibbs import GibbsFit as GibbsFit
from nonvacuous.evidence._laws import ExcessFit as ExcessFit
from nonvacuous.evidence._laws import LossLaw as LossLaw
from nonvacuous.evidence._losses import HoldoutLosses as HoldoutLosses
from nonvacuous.evidence._losses import OrderedLosses as OrderedLosses
from nonvacuous.evidence._norms import NormFit as NormFit
from nonvacuous.evidence._norms import PerturbationFit as PerturbationFit
from nonvacuous.evidence._norms import RepresentationFit as RepresentationFit
from nonvacuous.evidence._norms import SpectralFit as SpectralFit
from nonvacuous.evidence._norms import TwoLayerFit as TwoLayerFit
from nonvacuous.evidence._origin import Origin as Origin
from nonvacuous.evidence._parameters import ParameterClassFit as ParameterClassFit
from nonvacuous.evidence._rademacher import RademacherFit as RademacherFit
from nonvacuous.evidence._rademacher import RademacherLosses as RademacherLosses

__all__ = [
    "Agreement",
    "ArchitectureFit",
    "BestOf",
    "CodedFit",
    "CodedLoss",
    "CompressionSetFit",
    "CompressionSetLosses",
    "CoresetFit",
    "CushionFit",
    "DistanceFit",
    "DrawnFit",
    "ExcessFit",
    "ForetoldAgreement",
    "GibbsFit",
    "HoldoutErrors",
    "HoldoutLosses",
    "LossLaw",
    "NormFit",
    "OrderedLosses",
    "Origin",
    "ParameterClassFit",
    "PerturbationFit",
    "PickFit",
    "ProgressiveErrors",
    "RademacherFit",
    "RademacherLosses",
    "RenyiFit",
    "RepresentationFit",
    "SpectralFit",
    "SubsampledFit",
    "SymmetricFit",
    "TwoLayerFit",
]
