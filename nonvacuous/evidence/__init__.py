"""What was measured: frozen facts that a theorem may use.

Counts are integers; every shape of fact validates itself and knows the sample that it
was counted on.  No torch here: evidence can come from any framework, or from a paper.
"""

from nonvacuous.evidence._architecture import ArchitectureFit as ArchitectureFit
from nonvacuous.evidence._coreset import CoresetFit as CoresetFit
from nonvacuous.evidence._counts import CodedFit as CodedFit
from nonvacuous.evidence._counts import HoldoutErrors as HoldoutErrors
from nonvacuous.evidence._norms import NormFit as NormFit
from nonvacuous.evidence._norms import PerturbationFit as PerturbationFit
from nonvacuous.evidence._norms import RepresentationFit as RepresentationFit
from nonvacuous.evidence._norms import SpectralFit as SpectralFit
from nonvacuous.evidence._norms import TwoLayerFit as TwoLayerFit
from nonvacuous.evidence._origin import Origin as Origin

__all__ = [
    "ArchitectureFit",
    "CodedFit",
    "CoresetFit",
    "HoldoutErrors",
    "NormFit",
    "Origin",
    "PerturbationFit",
    "RepresentationFit",
    "SpectralFit",
    "TwoLayerFit",
]
