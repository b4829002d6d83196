"""What was measured: frozen facts that a theorem may use.

Counts are integers; every shape of fact validates itself and knows the sample that it
was counted on.  No torch here: evidence can come from any framework, or from a paper.
"""

from nonvacuous.evidence._coreset import CoresetFit as CoresetFit
from nonvacuous.evidence._counts import CodedFit as CodedFit
from nonvacuous.evidence._counts import HoldoutErrors as HoldoutErrors
from nonvacuous.evidence._cushions import CushionFit as CushionFit
from nonvacuous.evidence._distance import DistanceFit as DistanceFit
from nonvacuous.evidence._origin import Origin as Origin
from nonvacuous.evidence._parameters import ParameterClassFit as ParameterClassFit

__all__ = [
    "CodedFit",
    "CoresetFit",
    "CushionFit",
    "DistanceFit",
    "HoldoutErrors",
    "Origin",
    "ParameterClassFit",
]
