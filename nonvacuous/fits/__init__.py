"""Evidence, measured on a net and a sample for one theorem each."""

from nonvacuous.fits._coreset import coreset_fit as coreset_fit
from nonvacuous.fits._coreset import coreset_net as coreset_net
from nonvacuous.fits._gibbs import Draws as Draws
from nonvacuous.fits._gibbs import drawn_fit as drawn_fit
from nonvacuous.fits._gibbs import gibbs_fit as gibbs_fit

__all__ = ["Draws", "coreset_fit", "coreset_net", "drawn_fit", "gibbs_fit"]
