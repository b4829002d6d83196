r"""Entries of the weight matrices drawn at random, by their size alone.

These are the baselines of CoreNet's paper.  An entry drawn c times in m draws of
chance p gets the weight :math:`w\,c/(mp)`.  The draws are so many that the expected
number of distinct entries is the budget.
"""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from nonvacuous.compression._base import Compressor
from nonvacuous.compression._budget import check_budget, stream
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.compression.sampling import draws_for, probabilities, sample
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["HybridSampling", "L1Sampling", "L2Sampling", "UniformSampling"]

_GUARANTEE = (
    "the mean of every sampled weight is the weight, unless a row keeps all of its"
    " entries; nothing is guaranteed about its errors"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _EntrywiseSampling(Compressor):
    """What the four rules share: the budget, and one distribution a row or matrix."""

    keep: float
    whole_matrix: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_budget(self.keep, self.seed)

    @staticmethod
    @abstractmethod
    def _chances(weight: Floats) -> Floats:
        """Each row's probabilities, 0 where a weight is 0; a row of zeros stays."""

    def apply(self, network: Network) -> Network:
        """The sampled net, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The sampled net, and what each row was asked for, drew and kept."""
        layers, report = [], []
        for i, layer in enumerate(network.layers):
            shape = (1, layer.weight.size) if self.whole_matrix else layer.weight.shape
            weight = layer.weight.reshape(shape)
            q = self._chances(weight)
            target = np.full(len(q), self.keep * q.shape[1])
            # a row with no more entries than the budget is not to be drawn from
            whole = target >= np.count_nonzero(q, axis=1)
            asked = np.where(whole, np.inf, draws_for(q, target))
            rows, drawn = sample(weight, q, asked, stream(self.seed, i))
            small = Layer(weight=rows.reshape(layer.weight.shape), bias=layer.bias)
            layers.append(small)
            distinct = np.count_nonzero(rows, axis=1).astype(float)
            report.append(
                LayerReport(
                    layer=i + 1,
                    edges=int(np.count_nonzero(layer.weight)),
                    kept=small.kept,
                    neurons={"asked": asked, "drawn": drawn, "distinct": distinct},
                )
            )
        result = Network(layers=tuple(layers))
        return result, Report(layers=tuple(report), guarantee=_GUARANTEE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformSampling(_EntrywiseSampling):
    """Entries drawn with equal chances, among those that are not zero.

    Attributes:
        keep: share of each row's entries (of each matrix's) to keep in expectation, in
            (0, 1]; a row keeps at least one.
        whole_matrix: one distribution for the matrix, in place of one for each row.
        seed: of the draws.
    """

    @staticmethod
    def _chances(weight: Floats) -> Floats:
        return probabilities((weight != 0).astype(np.float64))


@dataclass(frozen=True, slots=True, kw_only=True)
class L1Sampling(_EntrywiseSampling):
    r"""Entries drawn with chances :math:`|w_{ij}| / \|W\|_1`.

    Attributes: as those of :class:`UniformSampling`.

    Source: Achlioptas, Karnin and Liberty 2013, the plain form (recalled; their
    near-optimal chances also weigh the rows).
    """

    @staticmethod
    def _chances(weight: Floats) -> Floats:
        return probabilities(_relative(weight))


@dataclass(frozen=True, slots=True, kw_only=True)
class L2Sampling(_EntrywiseSampling):
    r"""Entries drawn with chances :math:`w_{ij}^2 / \|W\|_F^2`.

    Attributes: as those of :class:`UniformSampling`.

    Source: Drineas and Zouzias 2011; they drop small entries first (abstract read),
    which is not done here.
    """

    @staticmethod
    def _chances(weight: Floats) -> Floats:
        return probabilities(_relative(weight) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridSampling(_EntrywiseSampling):
    r"""Entries drawn with the mean of both chances.

    .. math:: p_{ij} = \frac{|w_{ij}|}{2 \|W\|_1} + \frac{w_{ij}^2}{2 \|W\|_F^2}

    Attributes: as those of :class:`UniformSampling`.

    Source: Kundu and Drineas 2014, their mixture at 1/2 (recalled).
    """

    @staticmethod
    def _chances(weight: Floats) -> Floats:
        size = _relative(weight)
        return 0.5 * (probabilities(size) + probabilities(size**2))


def _relative(weight: Floats) -> Floats:
    """Sizes relative to the row's largest, so that no square overflows."""
    size = np.abs(weight)
    largest = size.max(axis=1, keepdims=True)
    np.divide(size, largest, out=size, where=largest > 0)
    return size
