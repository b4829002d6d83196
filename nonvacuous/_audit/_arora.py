"""Arora et al.'s theorem on this net and these rows: cushions and smoothness."""

import math
from dataclasses import dataclass

from nonvacuous._audit._findings import Finding, Standing, leaning
from nonvacuous.data import Role, Sample
from nonvacuous.fits import cushion_fit
from nonvacuous.measures import cushions
from nonvacuous.nets import Network

__all__ = ["AroraAudit", "arora_findings", "audit_arora"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AroraAudit:
    """Layers counted from 1; biases are embedded, so a constant is a unit.

    Attributes:
        rows: that cushions, contraction and smoothness are worst cases of.
        source: whose rows.
        trained: whether the net was trained on them, as the theorem has it.
        cushions: least mu_i of each layer.
        cushion_rows: the row that attains it, by its number in the source.
        onward: least mu_i-> of each layer.
        onward_rows: the row that attains it, likewise; none where every row does,
            because it is 1 / sqrt(h).
        contraction: c.
        smoothness: rho at the points of the compression at `epsilon`.
        needed: 3 d.
        epsilon: the one of the grid that the theorem would take.
    """

    rows: int
    source: str
    trained: bool
    cushions: tuple[float, ...]
    cushion_rows: tuple[int, ...]
    onward: tuple[float, ...]
    onward_rows: tuple[int | None, ...]
    contraction: float
    smoothness: float
    needed: int
    epsilon: float


def audit_arora(
    network: Network, sample: Sample, *, delta: float, seed: int
) -> AroraAudit:
    """Measure all rows, as the theorem asks."""
    fit = cushion_fit(network, sample, delta=delta / 2, seed=seed)
    found = cushions(network, sample.x)
    nearest = found.least_interlayer.argmin(axis=1)  # the j that mu_i-> is attained at
    return AroraAudit(
        rows=len(sample),
        source=sample.source,
        trained=sample.role is Role.TRAIN,
        cushions=fit.layer_cushions,
        cushion_rows=tuple(int(sample.index[row]) for row in found.layer_rows),
        onward=fit.onward_cushions,
        onward_rows=tuple(
            None if i == j else int(sample.index[found.interlayer_rows[i, j]])
            for i, j in enumerate(nearest)
        ),
        contraction=fit.contraction,
        smoothness=fit.smoothness,
        needed=3 * len(network.layers),
        epsilon=2.0**-fit.grid_index,
    )


def arora_findings(found: AroraAudit) -> tuple[Finding, ...]:
    """Verdicts: all of these are worst cases over the very sample, so they are known.

    Of other rows than those that the net was trained on they only suggest something.
    """
    least = min(*found.cushions, *found.onward)
    positive = least > 0 and math.isfinite(found.contraction)
    smooth = found.smoothness >= found.needed
    other = "" if found.trained else "; the theorem asks about the training sample"
    return (
        Finding(
            name="cushions-positive",
            statement="every cushion is above 0, and the contraction finite",
            verdict=_verdict(positive, found.trained),
            sentence=f"the least cushion is {least:.3g}, the contraction"
            f" {found.contraction:.3g}, on {found.rows:,} rows{other}",
            numbers={"least cushion": least, "contraction": found.contraction},
            theorems=leaning("cushions-positive"),
        ),
        Finding(
            name="interlayer-smoothness",
            statement="rho is at least 3 d at the points of the compression",
            verdict=_verdict(smooth, found.trained),
            sentence=f"rho is {found.smoothness:.3g} at epsilon {found.epsilon:.3g},"
            f" 3 d is {found.needed}{other}",
            numbers={"rho": found.smoothness, "3 d": found.needed},
            theorems=leaning("interlayer-smoothness"),
        ),
    )


def _verdict(holds: bool, trained: bool) -> Standing:
    if not trained:
        return Standing.UNKNOWN
    return Standing.HOLDS if holds else Standing.FAILS
