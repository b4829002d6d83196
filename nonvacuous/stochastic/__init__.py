"""Nets whose parameters are Gaussian: their training, and the errors of draws."""

from nonvacuous.stochastic._network import GaussianNetwork as GaussianNetwork
from nonvacuous.stochastic._sampling import (
    errors_of_fresh_draws as errors_of_fresh_draws,
)
from nonvacuous.stochastic._sampling import (
    errors_of_whole_draws as errors_of_whole_draws,
)
from nonvacuous.stochastic._training import train_posterior as train_posterior

__all__ = [
    "GaussianNetwork",
    "errors_of_fresh_draws",
    "errors_of_whole_draws",
    "train_posterior",
]
