"""Norms of the layers, and how far inputs can reach."""

from dataclasses import dataclass

from nonvacuous._audit._findings import Finding, Standing, leaning
from nonvacuous._job._context import radius
from nonvacuous.bounds._bound import plain
from nonvacuous.data import Sample
from nonvacuous.fits._certified_norms import frobenius, spectral
from nonvacuous.fits._sample_norms import biased, largest_row, matrices
from nonvacuous.nets import Network

__all__ = ["NormAudit", "audit_norms", "norm_findings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NormAudit:
    """Norms of the matrices, biases embedded, rounded up.

    Attributes:
        frobenius: of each layer.
        spectral: of each layer.
        largest_row: the largest norm of a row seen.
        radius: of the domain, or none where nobody knows it.
    """

    frobenius: tuple[float, ...]
    spectral: tuple[float, ...]
    largest_row: float
    radius: float | None


def audit_norms(network: Network, sample: Sample) -> NormAudit:
    """Measure them."""
    layers = matrices(network, biased(network))
    return NormAudit(
        frobenius=tuple(frobenius(w) for w in layers),
        spectral=tuple(spectral(w) for w in layers),
        largest_row=largest_row(sample),
        radius=None if sample.domain is None else radius(sample),
    )


def norm_findings(found: NormAudit) -> tuple[Finding, ...]:
    """Whether a radius of all inputs is known."""
    seen = f"the largest row seen has norm {plain(found.largest_row)}"
    return (
        Finding(
            name="domain-radius",
            statement="no input that can occur exceeds a norm that is known",
            verdict=Standing.UNKNOWN if found.radius is None else Standing.HOLDS,
            sentence=f"nothing says how large inputs can be; {seen}"
            if found.radius is None
            else f"the radius is {plain(found.radius)}; {seen}",
            numbers={"largest row": found.largest_row},
            theorems=leaning("domain-radius", *leaning("distance-on-the-domain")),
        ),
    )
