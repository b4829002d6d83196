r"""CoreNet: keep edges at random, by their empirical sensitivity.

Baykal et al. 2019, Algorithms 1 and 2.  In theory mode (``epsilon`` and ``delta``)
every neuron and sign draws what the theorem asks for; in budget mode (``keep``) it
draws so many that the expected number of distinct edges is that share of them.
Biases are kept exact.  Edges that are never active on S vanish; the others of a row
are sampled only where that leaves fewer of them: exactness helps the guarantee.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous._numerics import plain
from nonvacuous._sizes import guaranteed_epsilon, sample_size
from nonvacuous.compression._assumptions import count_violations
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.compression._rows import Rows
from nonvacuous.compression._statistics import Statistics, measure, support_rows
from nonvacuous.compression.sampling import chunks, draws_for, probabilities, sample
from nonvacuous.compression.sensitivity import Floating
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["CoreNet", "SensitivitySampling", "budget", "sparsify"]

_COUNTED = 2000  # rows outside S that the assumptions are counted on

Sampler = Callable[[Floats, Floats, Floats, np.random.Generator], tuple[Floats, Floats]]
"""As :func:`sampling.sample`: weights, q, draws asked, randomness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivitySampling(Compressor):
    """What CoreNet, CoreNet+ and CoreNet++ share: settings, S, and how much to draw.

    Attributes:
        rows: the points P, of which S is drawn; kept from training if the theorem is
            to hold.
        epsilon: relative output error, in (0, 1); with it, theory mode.
        keep: share of the edges to keep in expectation, in (0, 1]; budget mode.
        delta: failure probability, in (0, 1).
        constant: K of the theorem, with which S and kappa change too, at least 1; None
            is the paper's ln(eta eta*).
        seed: of the draws.
    """

    rows: Rows
    epsilon: float | None = None
    keep: float | None = None
    delta: float = 0.05
    constant: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        name = type(self).__name__
        if (self.epsilon is None) == (self.keep is None):
            raise ValueError(f"{name} needs either epsilon (theory) or keep (budget)")
        if self.epsilon is not None and not 0 < self.epsilon < 1:
            raise ValueError(f"epsilon must lie in (0, 1), got {self.epsilon}")
        if self.keep is not None and not 0 < self.keep <= 1:
            raise ValueError(f"keep must lie in (0, 1], got {self.keep}")
        if not 0 < self.delta < 1:
            raise ValueError(f"delta must lie in (0, 1), got {self.delta}")
        if self.constant is not None and not 1 <= self.constant < math.inf:
            raise ValueError(
                f"constant must be at least 1 and finite, got {self.constant}"
            )
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must lie in [0, 2^63), got {self.seed}")

    def apply(self, network: Network) -> Network:
        """The sampled net, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The sampled net, and what each neuron was asked for, drew and kept."""
        chosen = support_rows(
            network, self.rows, self.delta, self.seed, constant=self.constant
        )
        points = self.rows.x[chosen].reshape(len(chosen), -1)
        start = self.begin(network, points)
        stats = self.statistics(start, points)
        layers: list[Layer] = []
        drawn = []
        for i, layer in enumerate(start.layers):
            weight, draws = sparsify(
                layer.weight,
                stats.sensitivities[i],
                self.asked(stats, layer, i),
                self.stream(i),
                self.sampler(start, layers, stats, chosen),
            )
            layers.append(Layer(weight=weight, bias=layer.bias))
            drawn.append(draws)
        small = self.end(Network(layers=tuple(layers)))
        facts: dict[str, Any] = {
            "rows of S": stats.support,
            "K": stats.constant,
            **self.facts(network, start, small, stats),
        }
        if self.epsilon is not None:
            rest = np.delete(np.arange(len(self.rows.x)), chosen)[:_COUNTED]
            facts |= count_violations(start, stats, self.rows.x[rest])
        said = tuple(
            replace(
                self.said(i, start.layers[i], layers[i], drawn[i], stats),
                edges=int(np.count_nonzero(network.layers[i].weight)),
                kept=small.layers[i].kept,
            )
            for i in range(len(layers))
        )
        return small, Report(layers=said, guarantee=self.guarantee(), facts=facts)

    def begin(self, network: Network, points: Floating) -> Network:
        """The net that is sampled, given the points of S."""
        return network

    def end(self, small: Network) -> Network:
        """What is made of the sampled net."""
        return small

    def sampler(
        self,
        network: Network,
        done: list[Layer],
        stats: Statistics,
        chosen: NDArray[np.intp],
    ) -> Sampler:
        """What draws the next layer, given the layers that are done and S."""
        return sample

    def facts(
        self, network: Network, start: Network, small: Network, stats: Statistics
    ) -> dict[str, Any]:
        """What else there is to report."""
        return {}

    def statistics(self, network: Network, points: Floating) -> Statistics:
        """What is measured on the points of S."""
        return measure(
            network,
            points,
            self.delta,
            signed=bool((self.rows.x < 0).any()),
            constant=self.constant,
        )

    def trials(self, stats: Statistics) -> int:
        """Coresets drawn for each neuron and sign; the theorem must cover them all."""
        return 1

    def stream(self, i: int) -> np.random.Generator:
        """The randomness of layer i."""
        return np.random.Generator(np.random.Philox(key=[self.seed, 2 + i]))

    def asked(self, stats: Statistics, layer: Layer, i: int) -> Floats:
        """Draws m for each neuron and sign, (outputs, 2), as floats."""
        if self.epsilon is not None:
            epsilon = stats.epsilons(self.epsilon)[i]
            if epsilon == 0:  # Delta-hat is infinite, or as good as that
                return np.where(stats.sums[i] > 0, np.inf, 0.0)
            asked = sample_size(
                stats.sums[i],
                epsilon,
                stats.spend(self.delta),
                neurons=stats.neurons * self.trials(stats),
                constant=stats.constant,
            )
            return np.asarray(asked)
        return budget(layer.weight, stats.sensitivities[i], self.keep or 1.0)

    def errors(self, stats: Statistics, drawn: Floats, i: int) -> Floats:
        """What the draws guarantee for each neuron and sign, (outputs, 2)."""
        return guaranteed_epsilon(
            stats.sums[i],
            drawn,
            stats.spend(self.delta),
            neurons=stats.neurons * self.trials(stats),
            constant=stats.constant,
        )

    def said(
        self, i: int, before: Layer, after: Layer, drawn: Floats, stats: Statistics
    ) -> LayerReport:
        """The report of layer i."""
        asked = self.asked(stats, before, i)
        small = after.weight
        distinct = np.stack([(small > 0).sum(axis=1), (small < 0).sum(axis=1)], axis=1)
        return LayerReport(
            layer=i + 1,
            edges=int(np.count_nonzero(before.weight)),
            kept=after.kept,
            neurons={
                "asked": asked,
                "drawn": drawn,
                "distinct": distinct.astype(float),
                "epsilon": self.errors(stats, drawn, i),
            },
            facts={
                "sensitivity sum, median": float(np.median(stats.sums[i].sum(axis=1))),
                "Delta-hat": stats.delta_hats[i],
            },
        )

    def guarantee(self) -> str:
        """What the theorem promises in this mode, in one sentence."""
        risk = (
            f"except with probability {plain(self.delta)} over the rows, the draws and"
            " a fresh row"
        )
        rows = "the rows are independent and played no part in making the net"
        if self.epsilon is None:
            return (
                f"nothing is guaranteed about its outputs: a budget was kept; {risk},"
                " each neuron's part of one sign errs by at most its epsilon of the"
                " report times the sum of its terms' sizes, if what enters is within a"
                f" half, the sensitivities (A1) are as assumed and {rows}"
            )
        return (
            f"{risk}, every output lies within a factor 1 +- {plain(self.epsilon)} of"
            " the original's, if the sensitivities (A1) and sign complexities (A2) are"
            f" as assumed, which is counted below on rows outside S, and {rows}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreNet(SensitivitySampling):
    """Sensitivity sampling of edges, in theory mode or in budget mode.

    Its settings are those of :class:`SensitivitySampling`.

    Source: Baykal et al. 2019, Algorithms 1 and 2 (recalled; constants re-derived).
    """


def sparsify(
    weight: Floats,
    sensitivities: Floating,
    asked: Floats,
    draw: np.random.Generator,
    sampler: Sampler = sample,
) -> tuple[Floats, Floats]:
    """Algorithm 2 for every neuron and sign of a layer at once.

    Args:
        weight: (outputs, inputs).
        sensitivities: (outputs, inputs).
        asked: draws for each neuron and sign, (outputs, 2).
        draw: the source of randomness.
        sampler: what draws one sign; :func:`sampling.sample` by default.

    Returns:
        The sampled weights (outputs, inputs), and the draws made (outputs, 2), 0 for
        parts that stayed as they were; see :func:`sampling.sample`.
    """
    result, drawn = np.zeros_like(weight), np.zeros_like(asked)
    for sign, rows, where, q in _parts(weight, sensitivities):
        part = np.where(where, weight[rows], 0.0)
        sampled, drawn[rows, sign] = sampler(part, q, asked[rows, sign], draw)
        result[rows] += sampled
    return result, drawn


def budget(weight: Floats, sensitivities: Floating, keep: float) -> Floats:
    """Draws whose expected distinct edges are a share of each neuron's and sign's.

    Args:
        weight: (outputs, inputs).
        sensitivities: (outputs, inputs).
        keep: the share, in (0, 1].

    Returns:
        Draws for each neuron and sign, (outputs, 2).
    """
    asked = np.zeros((len(weight), 2))
    for sign, rows, where, q in _parts(weight, sensitivities):
        asked[rows, sign] = draws_for(q, keep * where.sum(axis=1))
    return asked


def _parts(
    weight: Floats, sensitivities: Floating
) -> Iterator[tuple[int, slice, NDArray[np.bool_], Floats]]:
    """Where the edges of each sign are, and their sampling probabilities, in chunks."""
    for sign in (0, 1):
        for rows in chunks(weight):
            where = weight[rows] < 0 if sign else weight[rows] > 0
            yield sign, rows, where, probabilities(where * sensitivities[rows])
