"""PAC-Bayes: so far its workhorse, the binary relative entropy and its inverses."""

from nonvacuous.bounds._kl import kl as kl
from nonvacuous.bounds._kl import kl_inverse as kl_inverse
from nonvacuous.bounds._kl import kl_inverse_lower as kl_inverse_lower

__all__ = ["kl", "kl_inverse", "kl_inverse_lower"]
