r"""The tail of the sign complexity of a layer, row by row.

:math:`\max_i \Delta_i^l(x)` over the neurons of a layer is one number for each row, so
independent rows give independent numbers; its tail is that of the heaviest neuron.
For an exact Pareto tail the Hill estimate from k order statistics is the index times
k over a Gamma(k) variable, which gives its interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from nonvacuous._audit._findings import Share
from nonvacuous.compression.sensitivity import sign_complexity
from nonvacuous.fits._coreset import hill_index, tail_count
from nonvacuous.nets import Floats, Layer

__all__ = ["LayerTail", "Tail", "hill_interval"]

_SHARE = 0.05  # of the rows, that the tail index is estimated from
THRESHOLDS = (10.0, 100.0, 1e3, 1e4, 1e5)
_POINTS = 60  # of the curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """Delta of one layer on rows outside S.

    Attributes:
        index: Hill's estimate for max_i Delta_i; a mean needs more than 1.
        interval: of the index, for an exact Pareto tail.
        order: k, the order statistics that it is estimated from.
        start: the value beyond which they lie.
        means: mean of min(Delta, t) over rows and neurons, by threshold t.
        delta_hat: what the theorem puts for Delta.
        exceed: rows where some Delta is above that.
        promised: the share of rows that the theorem's lemma allows.
        infinite: rows where some Delta is infinite.
        curve: (t, share of rows with max_i Delta_i at least t), t rising.
    """

    index: float
    interval: tuple[float, float]
    order: int
    start: float
    means: Mapping[str, float]
    delta_hat: float
    exceed: Share
    promised: float
    infinite: Share
    curve: tuple[tuple[float, float], ...]


def hill_interval(index: float, order: int, delta: float) -> tuple[float, float]:
    """Where the index lies if the tail is exactly Pareto and the values independent.

    Args:
        index: Hill's estimate.
        order: k, the order statistics that it was made from, at least 1.
        delta: probability that the interval misses the index, in (0, 1).

    Returns:
        Lower and upper end.
    """
    low, high = (float(gammaincinv(order, q)) for q in (delta / 2, 1 - delta / 2))
    return index * low / order, index * high / order


@dataclass(slots=True, kw_only=True, eq=False)
class LayerTail:
    """Delta of one layer, gathered chunk by chunk; one number a row is kept."""

    layer: Layer
    largest: list[Floats] = field(default_factory=list)
    sums: Floats = field(default_factory=lambda: np.zeros(len(THRESHOLDS)))

    def add(self, a: Floats) -> None:
        """Take what enters the layer on some rows."""
        delta = sign_complexity(self.layer.weight, self.layer.bias, a)
        self.largest.append(delta.max(axis=1))
        self.sums += [np.minimum(delta, t).sum() for t in THRESHOLDS]

    def beyond(self, delta_hat: float) -> NDArray[np.bool_]:
        """Rows where some Delta is above Delta-hat, or infinite."""
        largest = np.concatenate(self.largest)
        return (largest > delta_hat) | np.isinf(largest)

    def read(self, delta_hat: float, promised: float, delta: float) -> Tail:
        """What the rows say."""
        largest = np.sort(np.concatenate(self.largest))
        rows, index = len(largest), hill_index(largest, _SHARE)
        order = tail_count(rows, _SHARE)
        means = self.sums / (rows * len(self.layer.weight))
        picked = np.unique(
            rows - np.geomspace(1, rows, _POINTS).astype(np.int64)
        )  # more of them where the rows are few
        return Tail(
            index=index,
            interval=hill_interval(index, order, delta),
            order=order,
            start=float(largest[-order - 1]),
            means={f"{t:g}": float(m) for t, m in zip(THRESHOLDS, means, strict=True)},
            delta_hat=delta_hat,
            exceed=Share.at(int(self.beyond(delta_hat).sum()), rows, delta),
            promised=promised,
            infinite=Share.at(int(np.isinf(largest).sum()), rows, delta),
            curve=tuple((float(largest[i]), (rows - int(i)) / rows) for i in picked),
        )
