"""Evidence, measured on a net and a sample for one theorem each."""

from nonvacuous.fits._agreement import agreement as agreement
from nonvacuous.fits._agreement import foretold_agreement as foretold_agreement
from nonvacuous.fits._architecture import architecture_fit as architecture_fit
from nonvacuous.fits._coreset import coreset_fit as coreset_fit
from nonvacuous.fits._coreset import coreset_net as coreset_net
from nonvacuous.fits._cushions import cushion_fit as cushion_fit
from nonvacuous.fits._cushions import cushion_net as cushion_net
from nonvacuous.fits._distance import ball_distance as ball_distance
from nonvacuous.fits._distance import box_distance as box_distance
from nonvacuous.fits._distance import distance_fit as distance_fit
from nonvacuous.fits._gibbs import Draws as Draws
from nonvacuous.fits._gibbs import drawn_fit as drawn_fit
from nonvacuous.fits._gibbs import gibbs_fit as gibbs_fit
from nonvacuous.fits._norms import frobenius_fit as frobenius_fit
from nonvacuous.fits._norms import path_fit as path_fit
from nonvacuous.fits._norms import perturbation_fit as perturbation_fit
from nonvacuous.fits._norms import row_sum_fit as row_sum_fit
from nonvacuous.fits._norms import spectral_fit as spectral_fit
from nonvacuous.fits._origin import origin_of as origin_of
from nonvacuous.fits._reference_norms import representation_fit as representation_fit
from nonvacuous.fits._reference_norms import two_layer_fit as two_layer_fit

__all__ = [
    "Draws",
    "agreement",
    "architecture_fit",
    "ball_distance",
    "box_distance",
    "coreset_fit",
    "coreset_net",
    "cushion_fit",
    "cushion_net",
    "distance_fit",
    "drawn_fit",
    "foretold_agreement",
    "frobenius_fit",
    "gibbs_fit",
    "origin_of",
    "path_fit",
    "perturbation_fit",
    "representation_fit",
    "row_sum_fit",
    "spectral_fit",
    "two_layer_fit",
]
