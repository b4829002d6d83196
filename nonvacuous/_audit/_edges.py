r"""A1, edge by edge: is the relative importance often near its largest value?

CoreNet assumes :math:`F_j(M_j / K) \le e^{-1/K'}` for the CDF :math:`F_j` of
:math:`g_j(x)` and its largest value :math:`M_j`.  Neither is known.  One half of the
rows gives :math:`\hat M_j \le M_j`; on the other half, that knows nothing of it, the
rows with :math:`g_j \le \hat M_j / K` are binomial.  Since

.. math:: F_j(\hat M_j / K) \le F_j(M_j / K) \le F_j(1 / K),

a lower limit of the left end above :math:`e^{-1/K'}` refutes the assumption for the
edge, and an upper limit of the right end at most that proves it.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nonvacuous._audit._kernels import count_beyond
from nonvacuous.bounds.holdout import (
    binomial_tail_inverse,
    binomial_tail_inverse_lower,
)
from nonvacuous.compression._passes import pass_points
from nonvacuous.compression.sensitivity import Floating, edge_sensitivities
from nonvacuous.nets import Floats, Layer

__all__ = ["Edges", "LayerEdges"]

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """A1 on the live edges of one layer.

    Attributes:
        live: edges seen active; of signed inputs each edge counts once for each part.
        seen: those whose share of rows at most M / K is above e^(-1/K').
        fail: those that surely fail, each except with probability delta.
        hold: those that surely hold, likewise.
        surely: those that fail even with delta split over all live edges of the net.
        all_hold: whether all hold with delta split likewise.
        above: live edges that a row lets weigh more than K times their sensitivity.
        rows: on which they were counted.
    """

    live: int
    seen: int
    fail: int
    hold: int
    surely: int
    all_hold: bool
    above: int
    rows: int

    @property
    def unknown(self) -> int:
        """Those of which neither is sure."""
        return self.live - self.fail - self.hold


@dataclass(slots=True, kw_only=True, eq=False)
class LayerEdges:
    """Counts of one layer and one sign of its inputs, filled chunk by chunk."""

    layer: Layer
    part: int
    constant: float
    largest: Floats = field(init=False)
    counts: Counts = field(init=False)
    rows: int = 0

    def __post_init__(self) -> None:
        self.largest = np.zeros(self.layer.weight.shape)
        self.counts = np.zeros((2, *self.layer.weight.shape), np.int64)

    def look(self, a: Floats) -> None:
        """Let rows of the first half raise the largest values."""
        found = edge_sensitivities(self.layer.weight, self._part(a))
        np.maximum(self.largest, found, out=self.largest)

    def count(self, a: Floats) -> None:
        """Count rows of the second half beyond M / K and beyond 1 / K."""
        weight, part = self.layer.weight, self._part(a)
        sums = np.zeros((2, len(weight), len(a)))
        pass_points(weight, part, terms=sums)
        limits = np.stack([self.largest, np.ones_like(self.largest)]) / self.constant
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            limits = np.where(weight == 0, np.inf, limits / np.abs(weight))
        count_beyond(part, weight, sums, limits, self.counts)
        self.rows += len(a)

    @property
    def live(self) -> NDArray[np.bool_]:
        """Edges seen active on either half, (outputs, inputs)."""
        live: NDArray[np.bool_] = (self.largest > 0) | (self.counts[0] > 0)
        return live

    def judged(self, sensitivities: Floating, delta: float, edges: int) -> Edges:
        """The counts, read.

        Args:
            sensitivities: of the layer on S.
            delta: probability of being wrong about an edge.
            edges: live edges of the net, over which delta is split where it is.
        """
        limit = math.exp(-1 / self.constant)
        live = self.live
        # rows at or below the limits
        below, sure = self.rows - self.counts[:, live]
        each, split = math.log(delta), math.log(delta) - math.log(max(1, edges))
        return Edges(
            live=int(live.sum()),
            seen=int((below > limit * self.rows).sum()),
            fail=int((self._lower(below, each) > limit).sum()),
            hold=int((self._upper(sure, each) <= limit).sum()),
            surely=int((self._lower(below, split) > limit).sum()),
            all_hold=bool((self._upper(sure, split) <= limit).all()),
            above=int(
                (self.largest > self.constant * sensitivities)[live].sum(),
            ),
            rows=self.rows,
        )

    def _lower(self, counts: Counts, log_delta: float) -> Floats:
        values, where = np.unique(counts, return_inverse=True)
        lower: Floats = np.asarray(
            binomial_tail_inverse_lower(
                values, np.full_like(values, self.rows), log_delta
            )
        )[where]
        return lower

    def _upper(self, counts: Counts, log_delta: float) -> Floats:
        values, where = np.unique(counts, return_inverse=True)
        upper: Floats = np.asarray(
            binomial_tail_inverse(values, np.full_like(values, self.rows), log_delta)
        )[where]
        return upper

    def _part(self, a: Floats) -> Floats:
        return np.maximum(self.part * a, 0.0)
