"""Evidence, measured on a net and a sample for one theorem each."""

from nonvacuous.fits._architecture import architecture_fit as architecture_fit
from nonvacuous.fits._coreset import coreset_fit as coreset_fit
from nonvacuous.fits._coreset import coreset_net as coreset_net
from nonvacuous.fits._norms import frobenius_fit as frobenius_fit
from nonvacuous.fits._norms import path_fit as path_fit
from nonvacuous.fits._norms import perturbation_fit as perturbation_fit
from nonvacuous.fits._norms import row_sum_fit as row_sum_fit
from nonvacuous.fits._norms import spectral_fit as spectral_fit
from nonvacuous.fits._reference_norms import representation_fit as representation_fit
from nonvacuous.fits._reference_norms import two_layer_fit as two_layer_fit

__all__ = [
    "architecture_fit",
    "coreset_fit",
    "coreset_net",
    "frobenius_fit",
    "path_fit",
    "perturbation_fit",
    "representation_fit",
    "row_sum_fit",
    "spectral_fit",
    "two_layer_fit",
]
