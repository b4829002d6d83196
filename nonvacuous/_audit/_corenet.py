"""CoreNet's theorem on this net and these rows: what it assumes, asks and promises."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous._audit._edges import Edges, LayerEdges
from nonvacuous._audit._findings import Share
from nonvacuous._audit._reality import Comparison, compare
from nonvacuous._audit._tails import LayerTail, Tail
from nonvacuous._sizes import sample_size
from nonvacuous.compression import CoreNet, Rows
from nonvacuous.compression._activations import layer_inputs
from nonvacuous.compression._statistics import Statistics, measure, support_rows
from nonvacuous.data import Sample
from nonvacuous.nets import Network

__all__ = ["CoreNetAudit", "LayerAudit", "Settings", "audit_corenet"]

Say = Callable[[float, str], None]

_ENTRIES = 1 << 21  # of a layer's activations at once
_COMPARED = 2000  # rows that sampled nets run on


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is asked of an audit.

    Attributes:
        keeps: budgets to sample at.
        epsilons: errors to ask the theorem for; the first one also sizes m.
        draws: nets to sample at each.
        delta: failure probability of the theorem, and of each interval.
        seed: of S and of the draws.
    """

    keeps: tuple[float, ...]
    epsilons: tuple[float, ...]
    draws: int
    delta: float
    seed: int

    def __post_init__(self) -> None:
        if not self.epsilons:
            raise ValueError("epsilons must name at least one error, got none")
        for name, values in (("keep", self.keeps), ("epsilon", self.epsilons)):
            top = 1.0 if name == "keep" else 1.0 - 2.0**-53
            for value in values:
                if not 0 < value <= top:
                    closed = "]" if name == "keep" else ")"
                    raise ValueError(f"{name} must lie in (0, 1{closed}, got {value}")
        if self.draws < 1:
            raise ValueError(f"draws must be at least 1, got {self.draws}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerAudit:
    """One weight layer.

    Attributes:
        layer: its number, from 1.
        inputs: its fan-in.
        outputs: its neurons.
        edges: A1; for signed inputs of both parts together.
        tail: A2 and A4.
        dead_on_support: neurons that no row of S activates; none of the last layer is.
        dead: neurons that no row activates.
        signed: whether what enters was negative on some row.
        sensitivity: median of S_i of a neuron, both signs.
        draws: median of m that the theorem asks of a neuron, both signs.
        draws_without: the same if every Delta-hat were 1.
        epsilon: error that the layer may add.
    """

    layer: int
    inputs: int
    outputs: int
    edges: Edges
    tail: Tail
    dead_on_support: int
    dead: int
    signed: bool
    sensitivity: float
    draws: float
    draws_without: float
    epsilon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreNetAudit:
    """All that was measured for CoreNet's theorem.

    Attributes:
        support: |S|.
        rows: P, S among it.
        constant: K, which is K' too.
        kappa: what Delta-hat adds to a mean.
        neurons: eta.
        widest: eta*.
        epsilon: error that m is sized for.
        delta: failure probability of the theorem.
        signed: whether inputs of both signs halve delta.
        layers: one by one.
        exceed: rows where some layer's Delta is above its Delta-hat.
        comparisons: what was promised beside what was seen.
    """

    support: int
    rows: int
    constant: float
    kappa: float
    neurons: int
    widest: int
    epsilon: float
    delta: float
    signed: bool
    layers: tuple[LayerAudit, ...]
    exceed: Share
    comparisons: tuple[Comparison, ...]


def audit_corenet(
    network: Network, sample: Sample, settings: Settings, say: Say
) -> CoreNetAudit:
    """Measure on S, count on the other rows, sample nets and run them.

    Args:
        network: the net.
        sample: P.
        settings: what is asked.
        say: told the fraction done and a phrase.

    Returns:
        The measurements; verdicts are made of them elsewhere.

    Raises:
        CompressionError: if there are fewer rows than S takes, or only as many.
    """
    delta, rows = settings.delta, Rows.of(sample)
    chosen = support_rows(network, rows, delta, settings.seed)
    rest = np.setdiff1d(np.arange(len(sample)), chosen)
    say(0.0, "measuring on S")
    x = sample.x.reshape(len(sample), -1)
    signed = bool((x < 0).any())
    stats = measure(network, x[chosen], delta, signed=signed)
    passed = _Pass(network, sample, chosen, rest, settings.seed, stats.constant)
    passed.run(lambda done, phrase: say(0.5 * done, phrase))
    layers = tuple(
        _layer(i, network, stats, passed, settings) for i in range(len(network.layers))
    )
    beyond = np.any(
        [t.beyond(h) for t, h in zip(passed.tails, stats.delta_hats, strict=True)],
        axis=0,
    )
    each = [{"keep": k} for k in settings.keeps]
    each += [{"epsilon": e} for e in settings.epsilons]
    comparisons = compare(
        network,
        stats,
        [CoreNet(rows=rows, delta=delta, seed=settings.seed, **one) for one in each],
        sample.take(passed.order[:_COMPARED]),
        judged=settings.epsilons[0],
        draws=settings.draws,
        said=lambda done: say(0.5 + 0.5 * done, "sampling nets"),
    )
    return CoreNetAudit(
        support=stats.support,
        rows=len(sample),
        constant=stats.constant,
        kappa=stats.kappa,
        neurons=stats.neurons,
        widest=stats.widest,
        epsilon=settings.epsilons[0],
        delta=delta,
        signed=signed,
        layers=layers,
        exceed=Share.at(int(beyond.sum()), len(rest), delta),
        comparisons=tuple(comparisons),
    )


class _Pass:
    """All rows past all layers, some at a time."""

    def __init__(
        self,
        network: Network,
        sample: Sample,
        chosen: NDArray[np.intp],
        rest: NDArray[np.intp],
        seed: int,
        constant: float,
    ) -> None:
        if len(rest) < 2:
            raise ValueError(
                f"rows must be at least 2 more than the {len(chosen)} that S takes, got"
                f" {len(sample)}"
            )
        self.network, self.x = network, sample.x
        draw = np.random.Generator(np.random.Philox(key=[seed, 1 << 32]))
        self.chosen, self.order = chosen, draw.permutation(rest)
        self.tails = [LayerTail(layer=layer) for layer in network.layers]
        signed = bool((sample.x < 0).any())
        self.edges = [
            [
                LayerEdges(layer=layer, part=part, constant=constant)
                for part in ((1, -1) if signed and i == 0 else (1,))
            ]
            for i, layer in enumerate(network.layers)
        ]
        self.signed = [signed] + [False] * (len(network.layers) - 1)
        self.active = [
            np.zeros((2, len(layer.weight)), np.bool_) for layer in network.layers
        ]

    def run(self, say: Say) -> None:
        """S, then the half that finds largest values, then the half that counts."""
        half = len(self.order) // 2
        step = max(1, _ENTRIES // max(self.network.sizes))
        parts = (
            (self.chosen, "S"),
            (self.order[:half], "largest importances"),
            (self.order[half:], "the other half"),
        )
        total = sum(len(rows) for rows, _ in parts)
        done = 0
        for number, (rows, phrase) in enumerate(parts):
            for start in range(0, len(rows), step):
                taken = rows[start : start + step]
                self._chunk(number, taken)
                done += len(taken)
                say(done / total, phrase)

    def _chunk(self, part: int, rows: NDArray[np.intp]) -> None:
        for i, a in enumerate(layer_inputs(self.network, self.x[rows])):
            for edges in self.edges[i]:
                (edges.count if part == 2 else edges.look)(a)
            if part:
                self.tails[i].add(a)
            if i:
                live = (a > 0).any(axis=0)
                self.active[i - 1][1] |= live
                if part == 0:
                    self.active[i - 1][0] |= live


def _layer(
    i: int, network: Network, stats: Statistics, passed: _Pass, settings: Settings
) -> LayerAudit:
    layer, delta, epsilon = network.layers[i], settings.delta, settings.epsilons[0]
    total = sum(int(e.live.sum()) for part in passed.edges for e in part)
    judged = [e.judged(stats.sensitivities[i], delta, total) for e in passed.edges[i]]
    share = stats.epsilons(epsilon)[i]
    hidden = i + 1 < len(network.layers)
    on_support, ever = (
        int((~seen).sum()) if hidden else 0 for seen in passed.active[i]
    )

    def median(epsilon: float) -> float:
        if epsilon == 0:
            return float("inf")
        asked = sample_size(
            stats.sums[i],
            epsilon,
            stats.spend(delta),
            neurons=stats.neurons,
            constant=stats.constant,
        )
        return float(np.median(np.asarray(asked).sum(axis=1)))

    return LayerAudit(
        layer=i + 1,
        inputs=layer.weight.shape[1],
        outputs=layer.weight.shape[0],
        edges=_together(judged),
        tail=passed.tails[i].read(
            stats.delta_hats[i], stats.spend(delta) / (4 * stats.neurons), delta
        ),
        dead_on_support=on_support,
        dead=ever,
        signed=passed.signed[i],
        sensitivity=float(np.median(stats.sums[i].sum(axis=1))),
        draws=median(share),
        draws_without=median(epsilon / (2 * len(network.layers))),
        epsilon=share,
    )


def _together(parts: Sequence[Edges]) -> Edges:
    """The edges of both parts of signed inputs, as one."""
    return Edges(
        live=sum(p.live for p in parts),
        seen=sum(p.seen for p in parts),
        fail=sum(p.fail for p in parts),
        hold=sum(p.hold for p in parts),
        surely=sum(p.surely for p in parts),
        all_hold=all(p.all_hold for p in parts),
        above=sum(p.above for p in parts),
        rows=parts[0].rows,
    )
