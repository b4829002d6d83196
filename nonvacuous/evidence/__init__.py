"""What was measured: frozen facts that a theorem may use.

Counts are integers; every shape of fact validates itself and knows the sample that it
was counted on.  No torch here: evidence can come from any framework, or from a paper.
"""

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
from nonvacuous.evidence._losses import HoldoutLosses as HoldoutLosses
from nonvacuous.evidence._losses import OrderedLosses as OrderedLosses
from nonvacuous.evidence._origin import Origin as Origin
from nonvacuous.evidence._rademacher import RademacherFit as RademacherFit
from nonvacuous.evidence._rademacher import RademacherLosses as RademacherLosses

__all__ = [
    "BestOf",
    "CodedFit",
    "CompressionSetFit",
    "CompressionSetLosses",
    "CoresetFit",
    "HoldoutErrors",
    "HoldoutLosses",
    "OrderedLosses",
    "Origin",
    "PickFit",
    "ProgressiveErrors",
    "RademacherFit",
    "RademacherLosses",
]
