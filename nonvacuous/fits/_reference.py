"""How far a net has moved from a reference that was there before the sample."""

import hashlib

from nonvacuous.fits._sample_norms import biased, matrices
from nonvacuous.nets import Floats, Network, contents

__all__ = ["check_sizes", "constant_in", "moved", "named"]


def constant_in(network: Network, reference: Network | None) -> bool:
    """Whether either has biases."""
    return biased(network) or (reference is not None and biased(reference))


def named(reference: Network | None) -> str:
    """What evidence calls it: zero, or the SHA-256, in hex, of the net's file."""
    if reference is None:
        return "zero"
    return hashlib.sha256(contents(reference)).hexdigest()


def check_sizes(network: Network, reference: Network) -> None:
    """Refuse a reference of other sizes.

    Raises:
        ValueError: if it is one.
    """
    if reference.sizes != network.sizes:
        raise ValueError(
            f"reference must have the net's sizes {network}, got {reference}"
        )


def moved(network: Network, reference: Network | None, constant: bool) -> list[Floats]:
    """The net's matrices less those of the reference, biases embedded in both.

    A difference is off by 2^-53 of itself, which the norms' own slack holds.
    """
    ours = matrices(network, constant)
    if reference is None:
        return ours
    check_sizes(network, reference)
    theirs = matrices(reference, constant)
    return [a - b for a, b in zip(ours, theirs, strict=True)]
