"""What a compressor says about its result, layer by layer and neuron by neuron."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nonvacuous.nets import Floats, Network

__all__ = ["LayerReport", "Report", "plain_report"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayerReport:
    """One layer: sums, and one row for each neuron where there is more to say.

    Attributes:
        layer: number of the layer, from 1.
        edges: weights of the original layer that are not zero.
        kept: numbers that the small layer stores.
        neurons: for each neuron, (outputs,) or (outputs, 2) for the positive and the
            negative part; any of ``asked`` (draws that the theorem or the budget
            asks for), ``drawn`` (draws really made; 0 where the part was kept whole),
            ``distinct`` (edges kept), ``epsilon`` (relative error guaranteed).
        facts: further numbers by name, in the order in which to show them.
    """

    layer: int
    edges: int
    kept: int
    neurons: dict[str, Floats] = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def asked(self) -> float | None:
        """Draws asked for, of all neurons together."""
        return self._sum("asked")

    @property
    def drawn(self) -> float | None:
        """Draws made, of all neurons together."""
        return self._sum("drawn")

    def _sum(self, name: str) -> float | None:
        return float(self.neurons[name].sum()) if name in self.neurons else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """Every layer, and what is guaranteed about the whole net.

    Attributes:
        layers: one report for each layer of the original net.
        guarantee: one sentence: what holds with which probability, under which
            assumptions, or that nothing is guaranteed.
        facts: further values by name.
    """

    layers: tuple[LayerReport, ...]
    guarantee: str = "nothing is guaranteed about its errors"
    facts: dict[str, Any] = field(default_factory=dict)


def plain_report(network: Network, small: Network) -> Report:
    """How many numbers each layer had and kept; layers may have narrowed."""
    return Report(
        layers=tuple(
            LayerReport(
                layer=i + 1,
                edges=int(np.count_nonzero(before.weight)),
                kept=after.kept,
            )
            for i, (before, after) in enumerate(
                zip(network.layers, small.layers, strict=True)
            )
        )
    )
