"""Hidden neurons removed, and what is left of them scaled where it is read."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._report import LayerReport, Report, plain_report
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["Chosen", "check_narrowest", "narrow", "narrow_entries", "narrowed"]


def narrow_entries(network: Network, widths: Sequence[float]) -> list[float]:
    """Entries of each weight matrix once the hidden layers have these widths."""
    sizes = [network.sizes[0], *widths, network.sizes[-1]]
    return [a * b for a, b in itertools.pairwise(sizes)]


def check_narrowest(network: Network, keep: float, budget: float) -> None:
    """Refuse a budget that not even one neuron in each hidden layer meets.

    Raises:
        CompressionError: if that is so.
    """
    hidden = len(network.layers) - 1
    least = sum(narrow_entries(network, [1] * hidden))
    if least > budget:
        raise CompressionError(
            f"keep must leave one neuron in each of {hidden} hidden layers, which is"
            f" {least} weights, got {keep}, which is {int(budget)}"
        )


def narrow(network: Network, factors: Sequence[Floats]) -> Network:
    """The net without the hidden neurons whose factor is 0.

    Args:
        network: the net.
        factors: for each hidden layer, (neurons,): what multiplies the weights that
            read a neuron.  Of a layer without any, its first neuron stays, unread.

    Returns:
        The narrower net.
    """
    layers = list(network.layers)
    for i, factor in enumerate(factors):
        kept = np.flatnonzero(factor) if factor.any() else np.array([0])
        here, after = layers[i], layers[i + 1]
        bias = None if here.bias is None else here.bias[kept]
        layers[i] = Layer(weight=here.weight[kept], bias=bias)
        read = after.weight[:, kept] * factor[kept]
        layers[i + 1] = Layer(weight=read, bias=after.bias)
    return replace(network, layers=tuple(layers))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chosen:
    """Which neurons of a hidden layer stay, (neurons,) each.

    Attributes:
        factor: what multiplies the weights that read each neuron.
        q: the chance of each.
        asked: draws that the budget asks for.
        drawn: draws made; 0 if all stay or none was drawn for.
        facts: errors and further numbers by name.
    """

    factor: Floats
    q: Floats
    asked: float
    drawn: float
    facts: dict[str, float]

    def report(self, i: int, before: Layer, after: Layer) -> LayerReport:
        """What the i-th layer (from 0) was and is; draws by neuron add up to all."""
        share = np.zeros_like(self.q)
        np.multiply(self.asked, self.q, out=share, where=self.q > 0)
        return LayerReport(
            layer=i + 1,
            edges=int(np.count_nonzero(before.weight)),
            kept=after.kept,
            neurons={
                "asked": share,
                "drawn": np.rint(self.drawn * self.q * self.factor),
                "distinct": (self.factor > 0).astype(float),
            },
            facts={
                "neurons": len(self.q),
                "neurons kept": len(after.weight),
                **self.facts,
            },
        )


def narrowed(network: Network, chosen: Sequence[Chosen]) -> tuple[Network, Report]:
    """The net with what was chosen of each hidden layer, and a report to complete."""
    small = narrow(network, [each.factor for each in chosen])
    pairs = zip(network.layers, small.layers, strict=True)
    last = plain_report(network, small).layers[-1]
    hidden = [
        each.report(i, before, after)
        for i, (each, (before, after)) in enumerate(zip(chosen, pairs, strict=False))
    ]
    return small, Report(layers=(*hidden, last))
