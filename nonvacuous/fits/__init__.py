"""Evidence, measured on a net and a sample for one theorem each."""

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

__all__ = [
    "Draws",
    "ball_distance",
    "box_distance",
    "coreset_fit",
    "coreset_net",
    "cushion_fit",
    "cushion_net",
    "distance_fit",
    "drawn_fit",
    "gibbs_fit",
]
