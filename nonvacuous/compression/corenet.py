r"""CoreNet: keep edges at random, by their empirical sensitivity.

Baykal et al. 2019, Algorithms 1 and 2.  In theory mode (``epsilon`` and ``delta``)
every neuron and sign draws what the theorem asks for; in budget mode (``keep``) it
draws so many that the expected number of distinct edges is that share of them.
Biases are kept exact.  Edges that are never active on S vanish; the others of a row
are sampled only where that leaves fewer of them: exactness helps the guarantee.
"""

from dataclasses import dataclass
from typing import Any

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
from nonvacuous.compression._base import Compressed
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._rows import Rows
from nonvacuous.compression.sensitivity import (
    Floating,
    edge_sensitivities,
    sensitivity_sums,
    sign_complexity,
)
from nonvacuous.nets import Floats, Layer, Network, read

__all__ = ["CoreNet", "Statistics", "measure"]

_DRAWABLE = 2.0**53
"""A neuron that asks for more draws than this keeps its edges as they are."""


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
        s = edge_sensitivities(layer.weight, a)
        sensitivities.append(s)
        sums.append(sensitivity_sums(layer.weight, s) * (1 + 2.0**-40))  # outward
        delta_l = sign_complexity(layer.weight, layer.bias, a)
        hats.append(float(delta_l.mean(axis=0).max()) + add)
        a = a @ layer.weight.T + (0.0 if layer.bias is None else layer.bias)
        a = np.maximum(a, 0.0)
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
class CoreNet:
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
        return self.sample(network)[0]

    def compress(self, net: Any) -> Compressed:
        """The sampled net and its code.

        Args:
            net: anything that :func:`nonvacuous.nets.read` reads.

        Returns:
            The compressed net, with a report of what each layer was asked for, drew
            and kept.

        Raises:
            CompressionError: if there are fewer rows than S needs.
        """
        network, report = self.sample(read(net))
        return Compressed.of(network, compressor=self, report=report)

    def sample(self, network: Network) -> tuple[Network, dict[str, Any]]:
        """The sampled net, not yet encoded, and the report."""
        chosen = support_rows(network, self.rows, self.delta, self.seed)
        points = self.rows.x[chosen].reshape(len(chosen), -1)
        signed = bool((self.rows.x < 0).any())
        stats = measure(network, points, self.delta, signed=signed)
        layers, report = [], []
        for i, layer in enumerate(network.layers):
            asked = self._asked(stats, layer, i)
            draw = np.random.Generator(np.random.Philox(key=[self.seed, 2 + i]))
            weight = sparsify(layer.weight, stats.sensitivities[i], asked, draw)
            layers.append(Layer(weight=weight, bias=layer.bias))
            report.append(
                {
                    "layer": i + 1,
                    "edges": int(np.count_nonzero(layer.weight)),
                    "kept": int(np.count_nonzero(weight)),
                    "asked, all neurons": float(asked.sum()),
                    "asked, median neuron": float(np.median(asked.sum(axis=1))),
                    "sensitivity sum, median": float(
                        np.median(stats.sums[i].sum(axis=1))
                    ),
                    "Delta-hat": stats.delta_hats[i],
                }
            )
        result = Network(layers=tuple(layers), double=True)
        return result, {"support": stats.support, "layers": report}

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


def _parts(
    weight: Floats, sensitivities: Floating
) -> list[tuple[NDArray[np.bool_], Floats]]:
    """For each sign: where its edges are, and their sampling probabilities."""
    result = []
    for where in (weight > 0, weight < 0):
        s = np.where(where, sensitivities, 0).astype(np.float64)
        total = s.sum(axis=1, keepdims=True)
        result.append((where, np.divide(s, total, out=s, where=total > 0)))
    return result


def _budget(weight: Floats, sensitivities: Floating, keep: float) -> Floats:
    """Draws whose expected distinct edges are `keep` of each neuron's and sign's."""
    columns = []
    for where, q in _parts(weight, sensitivities):
        target = np.minimum(keep * where.sum(axis=1), (q > 0).sum(axis=1) * (1 - 1e-9))
        with np.errstate(divide="ignore"):
            log_miss = np.log1p(-q)
        low, high = np.zeros(len(q)), np.full(len(q), 40.0)
        for _ in range(40):
            middle = 0.5 * (low + high)
            with np.errstate(invalid="ignore", under="ignore"):
                miss = np.exp(np.exp(middle)[:, None] * log_miss)
            distinct = (1 - miss).sum(axis=1)
            high = np.where(distinct >= target, middle, high)
            low = np.where(distinct >= target, low, middle)
        columns.append(np.where((q > 0).any(axis=1), np.ceil(np.exp(high)), 0.0))
    return np.stack(columns, axis=1)


def sparsify(
    weight: Floats,
    sensitivities: Floating,
    asked: Floats,
    draw: np.random.Generator,
) -> Floats:
    """Algorithm 2 for every neuron and sign of a layer at once.

    Counts are multinomial, so drawing costs O(inputs) a row however many draws.

    Args:
        weight: (outputs, inputs).
        sensitivities: (outputs, inputs).
        asked: draws for each neuron and sign, (outputs, 2).
        draw: the source of randomness.

    Returns:
        (outputs, inputs).  The sample is unbiased wherever the sensitivity is
        positive; where it has no fewer edges than were active on S, those stay as they
        are: that biases the mean, but makes the error of no draw larger.
    """
    result = np.zeros_like(weight)
    for sign, (where, q) in enumerate(_parts(weight, sensitivities)):
        m = asked[:, sign]
        drawable = np.minimum(m, _DRAWABLE)
        counts = draw.multinomial(drawable.astype(np.int64), _normalised(q))
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(q > 0, counts / (m[:, None] * q), 0.0)
        sampled = np.where(where, weight * np.nan_to_num(factor), 0.0)
        active = q.any(axis=1)
        smaller = np.count_nonzero(sampled, axis=1) < np.count_nonzero(q, axis=1)
        use = ~active | (smaller & (m <= _DRAWABLE))
        # an edge that is never active on S has no chance in the theorem, and vanishes
        result += np.where(use[:, None], sampled, np.where(q > 0, weight, 0.0))
    return result


def _normalised(q: Floats) -> Floats:
    """Rows that sum to at most 1 in floats; what a row of zeros draws is dropped."""
    total = q.sum(axis=1, keepdims=True)
    p: Floats = np.divide(q, total * (1 + 1e-12), out=np.zeros_like(q), where=total > 0)
    # multinomial gives what is missing to the last column: leave it at most 1e-12
    order = np.argmax(q, axis=1)
    rows = np.arange(len(q))
    p[rows, order] += np.maximum(1 - 1e-12 - p.sum(axis=1), 0) * (total[:, 0] > 0)
    return p
