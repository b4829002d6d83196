"""Nets that are stable to noise (Arora et al. 2018): sizes, codes and the theorem."""

from nonvacuous._projections import sign_count as sign_count
from nonvacuous.bounds.noise_stability._codes import LayerCode as LayerCode
from nonvacuous.bounds.noise_stability._codes import layer_codes as layer_codes
from nonvacuous.bounds.noise_stability._sizes import accuracies as accuracies
from nonvacuous.bounds.noise_stability._sizes import capacity as capacity
from nonvacuous.bounds.noise_stability._sizes import (
    convolutional_capacity as convolutional_capacity,
)
from nonvacuous.bounds.noise_stability._sizes import (
    effective_parameters as effective_parameters,
)
from nonvacuous.bounds.noise_stability._sizes import (
    paper_projections as paper_projections,
)
from nonvacuous.bounds.noise_stability._sizes import (
    projections_needed as projections_needed,
)
from nonvacuous.bounds.noise_stability._theorem import arora_network as arora_network

__all__ = [
    "LayerCode",
    "accuracies",
    "arora_network",
    "capacity",
    "convolutional_capacity",
    "effective_parameters",
    "layer_codes",
    "paper_projections",
    "projections_needed",
    "sign_count",
]
