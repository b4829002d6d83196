"""The sample that a fact was counted on, as evidence names it."""

from nonvacuous.data import Role, Sample
from nonvacuous.evidence import Origin

__all__ = ["PROMISES", "origin_of"]

PROMISES = {
    Role.TRAIN: "i.i.d.",
    Role.BOUND: "i.i.d.",
    Role.HOLDOUT: "i.i.d. and unseen by whoever made or chose the net",
    Role.PRIOR: "",
}
"""What the caller vouches for about rows of a role."""


def origin_of(sample: Sample) -> Origin:
    """Source, role, digest and promise of a sample.

    >>> from nonvacuous.data import load
    >>> origin_of(load("digits").train).role
    'train'
    """
    return Origin(
        source=sample.source,
        role=str(sample.role),
        digest=sample.digest,
        rows=len(sample),
        promise=PROMISES[sample.role],
    )
