"""Evidence, measured on a net and a sample for one theorem each."""

from nonvacuous.fits._coreset import coreset_fit as coreset_fit
from nonvacuous.fits._coreset import coreset_net as coreset_net

__all__ = ["coreset_fit", "coreset_net"]
