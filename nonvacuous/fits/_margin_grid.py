"""Margins of a net on a sample, sorted once, and the one that a theorem likes best."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from nonvacuous._counting import check_fits, margins
from nonvacuous.bounds import Bound
from nonvacuous.data import Sample
from nonvacuous.evidence import (
    NormFit,
    PerturbationFit,
    RepresentationFit,
    SpectralFit,
    TwoLayerFit,
)
from nonvacuous.nets import Floats, Network

__all__ = ["MarginCounts", "at_best", "gammas"]

F = TypeVar("F", NormFit, SpectralFit, PerturbationFit, TwoLayerFit, RepresentationFit)

_OCTAVES = 24
_PAST = 1 + 2.0**-40
"""Raises a margin past the roundings that made it, so that it meets its grid point."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarginCounts:
    """Margins of a net on a sample, less their rounding errors, in order."""

    ordered: Floats

    @classmethod
    def of(cls, network: Network, sample: Sample) -> "MarginCounts":
        """Measured once, for every margin to come."""
        check_fits(network, sample.x, int(sample.y.max()) + 1)
        margin, error = margins(network, sample.x, sample.y)
        with np.errstate(invalid="ignore"):
            sure = margin - error
        return cls(ordered=np.sort(np.where(np.isnan(sure), -np.inf, sure)))

    def at(self, gamma: float) -> int:
        """Rows whose margin is at most `gamma`, or could be."""
        return int(np.searchsorted(self.ordered, gamma, side="right"))

    @property
    def top(self) -> float:
        """The largest margin, or 1 where no row has one above 0."""
        largest = float(self.ordered[-1])
        return largest if 0 < largest < math.inf else 1.0


def gammas(
    counts: MarginCounts, *, unit: float = 1.0, steps: int = 8
) -> Iterator[float]:
    """Margins `unit` 2^(j / steps): those that the theorems' grids hold exactly.

    Args:
        counts: margins, the largest of which ends the grid.
        unit: the grid's unit, above 0.
        steps: points between a margin and its double.
    """
    last = math.ceil(steps * (math.log2(counts.top) - math.log2(unit))) + 1
    j = np.arange(last, last - steps * _OCTAVES, -1)
    whole, part = np.divmod(j, steps)
    with np.errstate(over="ignore", under="ignore"):
        grid = np.ldexp(unit * 2.0 ** (part / steps) * _PAST, whole)
    yield from grid[(grid > 0) & np.isfinite(grid)].tolist()


def at_best(
    fit: F,
    bound: Bound[F],
    delta: float,
    counts: MarginCounts,
    grid: Iterable[float],
) -> F:
    """The fit with the margin of the grid that a theorem likes best.

    Every theorem gives a little above 1 for margins that no row reaches.  So where no
    margin gives less than 1, the least number among margins that at least half of the
    rows exceed tells how far the theorem is from saying something.

    Args:
        fit: evidence with all but the margin and its errors.
        bound: the theorem.
        delta: probability of being wrong.
        counts: margins.
        grid: margins to choose from.
    """
    fits = [replace(fit, margin=g, margin_errors=counts.at(g)) for g in grid]
    numbers = [bound.formula(one, delta) for one in fits]
    among = list(range(len(fits)))
    if min(numbers) >= 1:
        half = [i for i in among if 2 * fits[i].margin_errors <= fit.trials]
        among = half or among
    return fits[min(among, key=numbers.__getitem__)]
