"""What quantisers have in common: a report of levels, distortion and code length."""

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._base import Compressor
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.compression.codes import encode
from nonvacuous.nets import Layer, Network

__all__ = ["Quantizer", "entropy"]


class Quantizer(Compressor):
    """A compressor whose report says levels, distortion and bits."""

    __slots__ = ()

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The smaller net; its levels and distortion, and the code's bits a weight."""
        small = self.apply(network)
        bits, weights = encode(small).bits, sum(a.weight.size for a in network.layers)
        pairs = zip(network.layers, small.layers, strict=True)
        return small, Report(
            layers=tuple(_said(i + 1, a, b) for i, (a, b) in enumerate(pairs)),
            facts={"code bits": bits, "code bits a weight": bits / weights},
        )


def entropy(sizes: NDArray[np.integer]) -> float:
    """Bits an item, when so many items are of each kind; 0 for none."""
    sizes = sizes[sizes > 0]
    share = sizes / sizes.sum()
    return float(-(share * np.log2(share)).sum()) + 0.0


def _said(number: int, before: Layer, after: Layer) -> LayerReport:
    book, sizes = np.unique(after.weight[after.weight != 0], return_counts=True)
    facts = {"levels": float(book.size), "entropy": entropy(sizes)}
    if before.weight.shape == after.weight.shape:  # no unit was dropped
        scale = np.abs(before.weight).max() or 1.0
        error = ((before.weight - after.weight) / scale) ** 2
        total = ((before.weight / scale) ** 2).sum()
        facts["distortion"] = float(error.sum() / total) if total else 0.0
    return LayerReport(
        layer=number,
        edges=int(np.count_nonzero(before.weight)),
        kept=after.kept,
        facts=facts,
    )
