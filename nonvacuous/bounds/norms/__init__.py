"""Bounds by norms and margins.  Sound, and far from non-vacuous on real nets."""

from nonvacuous.bounds.norms.perturbation import (
    spectral_pac_bayes as spectral_pac_bayes,
)
from nonvacuous.bounds.norms.products import frobenius_margin as frobenius_margin
from nonvacuous.bounds.norms.products import golowich_margin as golowich_margin
from nonvacuous.bounds.norms.products import path_margin as path_margin
from nonvacuous.bounds.norms.products import row_sum_margin as row_sum_margin
from nonvacuous.bounds.norms.representation import (
    representation_margin as representation_margin,
)
from nonvacuous.bounds.norms.spectral import spectral_margin as spectral_margin
from nonvacuous.bounds.norms.spectral import (
    spectral_margin_budgets as spectral_margin_budgets,
)
from nonvacuous.bounds.norms.spectral import (
    spectral_margin_fixed as spectral_margin_fixed,
)
from nonvacuous.bounds.norms.spectral import (
    spectral_margin_ratios as spectral_margin_ratios,
)
from nonvacuous.bounds.norms.two_layer import two_layer_units as two_layer_units

__all__ = [
    "frobenius_margin",
    "golowich_margin",
    "path_margin",
    "representation_margin",
    "row_sum_margin",
    "spectral_margin",
    "spectral_margin_budgets",
    "spectral_margin_fixed",
    "spectral_margin_ratios",
    "spectral_pac_bayes",
    "two_layer_units",
]
