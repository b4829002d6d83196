"""What was measured: frozen facts that a theorem may use.

Counts are integers; every shape of fact validates itself and knows the sample that it
was counted on.  No torch here: evidence can come from any framework, or from a paper.
"""

from nonvacuous.evidence._coreset import CoresetFit as CoresetFit
from nonvacuous.evidence._counts import CodedFit as CodedFit
from nonvacuous.evidence._counts import HoldoutErrors as HoldoutErrors
from nonvacuous.evidence._descriptions import CodedLoss as CodedLoss
from nonvacuous.evidence._descriptions import SubsampledFit as SubsampledFit
from nonvacuous.evidence._descriptions import SymmetricFit as SymmetricFit
from nonvacuous.evidence._draws import DrawnFit as DrawnFit
from nonvacuous.evidence._draws import RenyiFit as RenyiFit
from nonvacuous.evidence._gibbs import GibbsFit as GibbsFit
from nonvacuous.evidence._laws import ExcessFit as ExcessFit
from nonvacuous.evidence._laws import LossLaw as LossLaw
from nonvacuous.evidence._origin import Origin as Origin

__all__ = [
    "CodedFit",
    "CodedLoss",
    "CoresetFit",
    "DrawnFit",
    "ExcessFit",
    "GibbsFit",
    "HoldoutErrors",
    "LossLaw",
    "Origin",
    "RenyiFit",
    "SubsampledFit",
    "SymmetricFit",
]
