"""Theorems, filed by idea: numbers in, certificate out.  No torch, no networks."""

from typing import Any

from nonvacuous.bounds._bound import About as About
from nonvacuous.bounds._bound import Assumption as Assumption
from nonvacuous.bounds._bound import Bound as Bound
from nonvacuous.bounds._bound import Certificate as Certificate
from nonvacuous.bounds._bound import Fidelity as Fidelity
from nonvacuous.bounds._bound import Reference as Reference
from nonvacuous.bounds._bound import Refusal as Refusal
from nonvacuous.bounds._bound import Verdict as Verdict
from nonvacuous.bounds.capacity import (
    growth_function,
    parameter_count,
    vc_dimension,
)
from nonvacuous.bounds.coreset import corenet_generalization
from nonvacuous.bounds.holdout import (
    clopper_pearson,
    holdout_hoeffding,
    holdout_kl,
)
from nonvacuous.bounds.model_compression import compress_then_evaluate
from nonvacuous.bounds.norms import (
    frobenius_margin,
    golowich_margin,
    path_margin,
    representation_margin,
    row_sum_margin,
    spectral_margin,
    spectral_margin_budgets,
    spectral_margin_fixed,
    spectral_margin_ratios,
    spectral_pac_bayes,
    two_layer_margin,
    two_layer_units,
)
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
from nonvacuous.bounds.selection import best as best

__all__ = [
    "ALL",
    "About",
    "Assumption",
    "Bound",
    "Certificate",
    "Fidelity",
    "Reference",
    "Refusal",
    "Verdict",
    "best",
]

ALL: tuple[Bound[Any], ...] = (
    clopper_pearson,
    holdout_kl,
    holdout_hoeffding,
    occam_binomial,
    occam_hoeffding,
    compress_then_evaluate,
    corenet_generalization,
    frobenius_margin,
    golowich_margin,
    path_margin,
    row_sum_margin,
    spectral_margin,
    spectral_margin_fixed,
    spectral_margin_ratios,
    spectral_margin_budgets,
    spectral_pac_bayes,
    two_layer_margin,
    two_layer_units,
    representation_margin,
    vc_dimension,
    growth_function,
    parameter_count,
)
