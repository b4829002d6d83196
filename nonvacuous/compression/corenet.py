r"""CoreNet: keep edges at random, by their empirical sensitivity.

Baykal et al. 2019, Algorithms 1 and 2.  In theory mode (``epsilon`` and ``delta``)
every neuron and sign draws what the theorem asks for; in budget mode (``keep``) it
draws so many that the expected number of distinct edges is that share of them.
Biases are kept exact.  Edges that are never active on S vanish; the others of a row
are sampled only where that leaves fewer of them: exactness helps the guarantee.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous._sizes import (
    kappa,
    layer_epsilons,
    network_size,
    paper_constant,
    sample_size,
    support_size,
)
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.compression._rows import Rows
from nonvacuous.compression.sampling import chunks, draws_for, probabilities, sample
from nonvacuous.compression.sensitivity import (
    Floating,
    measure_layer,
    sensitivity_sums,
)
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["CoreNet", "Statistics", "measure"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statistics:
    """What CoreNet measures on S, layer by layer."""

    support: int
    constant: float
    neurons: int
    widest: int
    signed_inputs: bool
    sensitivities: tuple[Floating, ...]
    sums: tuple[Floats, ...]
    """(outputs, 2) for each layer: S of the positive and the negative part."""
    delta_hats: tuple[float, ...]
    kappa: float

    def epsilons(self, epsilon: float) -> list[float]:
        """epsilon_l of every layer, 0 where floats end."""
        return layer_epsilons(epsilon, self.delta_hats)

    def network_size(self, epsilon: float, delta: float) -> float:
        """Non-zeros that the main theorem allows, infinite where floats end."""
        return network_size(
            epsilon,
            self.spend(delta),
            delta_hats=self.delta_hats,
            sensitivity_sums=[s.sum(axis=1) for s in self.sums],
            neurons=self.neurons,
            constant=self.constant,
        )

    def spend(self, delta: float) -> float:
        """delta, halved where inputs of both signs double the events."""
        return delta / 2 if self.signed_inputs else delta


def architecture(network: Network) -> tuple[int, int]:
    """eta, the neurons after the input, and eta*, the widest layer with the input."""
    return sum(network.sizes[1:]), max(network.sizes)


def support_rows(
    network: Network, rows: Rows, delta: float, seed: int
) -> NDArray[np.intp]:
    """Indices of S: drawn uniformly without replacement from the rows.

    Raises:
        CompressionError: if the theorem asks for more rows than there are.
    """
    neurons, widest = architecture(network)
    spent = delta / 2 if (rows.x < 0).any() else delta
    size = support_size(spent, neurons=neurons, widest=widest)
    if size > len(rows.x):
        raise CompressionError(
            f"rows must be at least the {size} that |S| asks for, got {len(rows.x)}"
        )
    draw = np.random.Generator(np.random.Philox(key=[seed, 1]))
    return np.sort(draw.choice(len(rows.x), size, replace=False))


def measure(
    network: Network, points: Floating, delta: float, *, signed: bool = False
) -> Statistics:
    """Sensitivities and sign complexities on the points of S.

    Args:
        network: the original net.
        points: S, (samples, inputs).
        delta: failure probability of the whole net.
        signed: whether inputs are negative in any row of P, in S or not: then every
            event counts twice.

    Returns:
        Everything that sampling and the theorem need.
    """
    neurons, widest = architecture(network)
    signed = signed or bool((points < 0).any())
    spent = delta / 2 if signed else delta
    add = kappa(spent, neurons=neurons, widest=widest)
    a = np.asarray(points, np.float64)
    sensitivities: list[Floating] = []
    sums: list[Floats] = []
    hats: list[float] = []
    for layer in network.layers:
        s, delta_l, value = measure_layer(layer.weight, layer.bias, a)
        sensitivities.append(s)
        sums.append(sensitivity_sums(layer.weight, s) * (1 + 2.0**-40))  # outward
        hats.append(float(delta_l.mean(axis=0).max()) + add)
        a = np.maximum(value, 0.0)
    return Statistics(
        support=len(points),
        constant=paper_constant(neurons=neurons, widest=widest),
        neurons=neurons,
        widest=widest,
        signed_inputs=signed,
        sensitivities=tuple(sensitivities),
        sums=tuple(sums),
        delta_hats=tuple(hats),
        kappa=add,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreNet(Compressor):
    """Sensitivity sampling of edges, in theory mode or in budget mode.

    Attributes:
        rows: the points P, of which S is drawn; kept from training if the theorem is
            to hold.
        epsilon: relative output error; with it, theory mode.
        keep: share of the edges to keep in expectation, in (0, 1]; budget mode.
        delta: failure probability, in (0, 1).
        seed: of the draws.
    """

    rows: Rows
    epsilon: float | None = None
    keep: float | None = None
    delta: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.epsilon is None) == (self.keep is None):
            raise ValueError("CoreNet needs either epsilon (theory) or keep (budget)")
        if self.epsilon is not None and not 0 < self.epsilon < 1:
            raise ValueError(f"epsilon must lie in (0, 1), got {self.epsilon}")
        if self.keep is not None and not 0 < self.keep <= 1:
            raise ValueError(f"keep must lie in (0, 1], got {self.keep}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must lie in [0, 2^63), got {self.seed}")

    def apply(self, network: Network) -> Network:
        """The sampled net, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The sampled net, and what each neuron was asked for, drew and kept."""
        chosen = support_rows(network, self.rows, self.delta, self.seed)
        points = self.rows.x[chosen].reshape(len(chosen), -1)
        signed = bool((self.rows.x < 0).any())
        stats = measure(network, points, self.delta, signed=signed)
        layers, report = [], []
        for i, layer in enumerate(network.layers):
            asked = self._asked(stats, layer, i)
            draw = np.random.Generator(np.random.Philox(key=[self.seed, 2 + i]))
            weight, drawn = sparsify(layer.weight, stats.sensitivities[i], asked, draw)
            layers.append(Layer(weight=weight, bias=layer.bias))
            report.append(_said(i, layer.weight, weight, asked, drawn, stats))
        result = Network(layers=tuple(layers), double=True)
        facts = {"rows of S": stats.support}
        return result, Report(layers=tuple(report), facts=facts)

    def _asked(self, stats: Statistics, layer: Layer, i: int) -> Floats:
        """Draws m for each neuron and sign, (outputs, 2), as floats."""
        if self.epsilon is not None:
            asked = sample_size(
                stats.sums[i],
                stats.epsilons(self.epsilon)[i],
                stats.spend(self.delta),
                neurons=stats.neurons,
                constant=stats.constant,
            )
            return np.asarray(asked)
        return _budget(layer.weight, stats.sensitivities[i], self.keep or 1.0)


def _said(
    i: int,
    weight: Floats,
    small: Floats,
    asked: Floats,
    drawn: Floats,
    stats: Statistics,
) -> LayerReport:
    distinct = np.stack([(small > 0).sum(axis=1), (small < 0).sum(axis=1)], axis=1)
    return LayerReport(
        layer=i + 1,
        edges=int(np.count_nonzero(weight)),
        kept=int(np.count_nonzero(small)),
        neurons={"asked": asked, "drawn": drawn, "distinct": distinct.astype(float)},
        facts={
            "sensitivity sum, median": float(np.median(stats.sums[i].sum(axis=1))),
            "Delta-hat": stats.delta_hats[i],
        },
    )


def sparsify(
    weight: Floats,
    sensitivities: Floating,
    asked: Floats,
    draw: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Algorithm 2 for every neuron and sign of a layer at once.

    Args:
        weight: (outputs, inputs).
        sensitivities: (outputs, inputs).
        asked: draws for each neuron and sign, (outputs, 2).
        draw: the source of randomness.

    Returns:
        The sampled weights (outputs, inputs), and the draws made (outputs, 2), 0 for
        parts that stayed as they were; see :func:`sampling.sample`.
    """
    result, drawn = np.zeros_like(weight), np.zeros_like(asked)
    for sign, rows, q, _ in _parts(weight, sensitivities):
        m = asked[rows, sign]
        sampled, drawn[rows, sign] = sample(weight[rows], q, m, draw)
        result[rows] += sampled
    return result, drawn


def _parts(
    weight: Floats, sensitivities: Floating
) -> Iterator[tuple[int, slice, Floats, Floats]]:
    """Sampling probabilities of positive, then of negative edges, and their numbers."""
    for sign in (0, 1):
        for rows in chunks(weight):
            where = weight[rows] < 0 if sign else weight[rows] > 0
            q = probabilities(where * sensitivities[rows])
            yield sign, rows, q, where.sum(axis=1, dtype=np.float64)


def _budget(weight: Floats, sensitivities: Floating, keep: float) -> Floats:
    """Draws whose expected distinct edges are `keep` of each neuron's and sign's."""
    asked = np.zeros((len(weight), 2))
    for sign, rows, q, edges in _parts(weight, sensitivities):
        asked[rows, sign] = draws_for(q, keep * edges)
    return asked
