r"""CoreNet++: the best of several coresets for each neuron and sign.

For each neuron and sign, :math:`\tau` coresets are drawn, and the one is kept whose
mean error on T is least, :math:`|\langle \hat w, \hat a(x) \rangle / \langle w, a(x)
\rangle - 1|` with :math:`\hat a` what really enters the layer in the compressed net: so
layers are drawn in order.  T are rows outside S, fresh ones for each layer, because
what enters a layer hangs on the choices before it.  Errors are cut at 1: Hoeffding's
inequality, from which the size of T comes, needs them in [0, 1].

The coreset that is best on T may be the one that errs at a rare point, so CoreNet's
promise for one draw is none for the best of several.  Here it is kept by a union bound
over all that are drawn: :math:`\eta \tau` takes the place of :math:`\eta` in the draws
and in the errors (derived).
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous._numerics import plain
from nonvacuous._sizes import amplification_rows, amplification_trials
from nonvacuous.compression._activations import advance
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._statistics import Statistics
from nonvacuous.compression.corenet import Sampler
from nonvacuous.compression.corenet_plus import NeuronPruning
from nonvacuous.compression.sampling import sample
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["CoreNetPlusPlus", "amplified"]

_ENTRIES = 1 << 22  # of the candidates held at once: 32 MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreNetPlusPlus(NeuronPruning):
    """CoreNet+ with amplification.

    Its settings are those of CoreNet+; how many coresets are drawn and how many rows
    compare them follow from ``delta``.  ``keep`` is what each of them keeps in
    expectation; the best one tends to have more edges.

    Source: Baykal et al. 2019 (recalled); the union bound derived.
    """

    def facts(
        self, network: Network, start: Network, small: Network, stats: Statistics
    ) -> dict[str, Any]:
        """How many coresets were compared on how many rows."""
        return {
            **NeuronPruning.facts(self, network, start, small, stats),
            "coresets for each neuron and sign": self.trials(stats),
            "rows of each layer's T": self.comparisons(stats),
        }

    def guarantee(self) -> str:
        """CoreNet's promise, and what T adds."""
        return (
            f"{NeuronPruning.guarantee(self)}; for such rows, the mean errors (cut at"
            " 1) that T compares are within 1/4 of their expectations, except with"
            f" probability {plain(self.delta / 2)}"
        )

    def trials(self, stats: Statistics) -> int:
        """tau, coresets for each neuron and sign."""
        return amplification_trials(stats.spend(self.delta), neurons=stats.neurons)

    def comparisons(self, stats: Statistics) -> int:
        """|T|, rows that compare them in one layer."""
        return amplification_rows(
            stats.spend(self.delta), neurons=stats.neurons, trials=self.trials(stats)
        )

    def sampler(
        self,
        network: Network,
        done: list[Layer],
        stats: Statistics,
        chosen: NDArray[np.intp],
    ) -> Sampler:
        """The best of tau draws, on what enters the next layer in either net."""
        a = small = self.comparison(network, len(done), stats, chosen)
        for before, after in zip(network.layers, done, strict=False):
            a, small = advance(before, a), advance(after, small)
        if (a < 0).any():  # at the input: either sign is a point of its own
            a = small = np.concatenate([np.maximum(a, 0), np.maximum(-a, 0)])
        return partial(amplified, trials=self.trials(stats), exact=a, entering=small)

    def comparison(
        self, network: Network, i: int, stats: Statistics, chosen: NDArray[np.intp]
    ) -> Floats:
        """The rows of T for layer i, (|T|, inputs of the net).

        Raises:
            CompressionError: if there are too few rows outside S.
        """
        size = self.comparisons(stats)
        total = size * len(network.layers)
        rest = np.delete(np.arange(len(self.rows.x)), chosen)
        if total > rest.size:
            raise CompressionError(
                f"rows must be at least the {stats.support + total} that S and every"
                f" layer's T ask for, got {len(self.rows.x)}"
            )
        draw = np.random.Generator(np.random.Philox(key=[self.seed, 0]))
        taken = draw.choice(rest, total, replace=False)[i * size : (i + 1) * size]
        points: Floats = self.rows.x[taken].reshape(size, -1).astype(np.float64)
        return points


def amplified(
    weight: Floats,
    q: Floats,
    asked: Floats,
    draw: np.random.Generator,
    *,
    trials: int,
    exact: Floats,
    entering: Floats,
) -> tuple[Floats, Floats]:
    """As :func:`sampling.sample`, the best of several draws for each row.

    Args:
        weight: (rows, edges), of one sign.
        q: probabilities (rows, edges).
        asked: draws for each row, (rows,).
        draw: the source of randomness.
        trials: how often to draw.
        exact: what enters the layer in the original net, (points, edges), at least 0.
        entering: what enters it in the compressed net, (points, edges).

    Returns:
        The weights with the least mean error of each row, and their draws.
    """
    kept, drawn = np.empty_like(weight), np.empty(len(weight))
    step = max(1, _ENTRIES // (trials * weight.shape[1]))
    for start in range(0, len(weight), step):
        part = slice(start, start + step)
        rows = len(weight[part])
        candidates, draws = sample(
            np.repeat(weight[part], trials, axis=0),
            np.repeat(q[part], trials, axis=0),
            np.repeat(asked[part], trials),
            draw,
        )
        right = np.repeat(weight[part] @ exact.T, trials, axis=0)
        errors = _errors(candidates @ entering.T, right).mean(axis=1)
        best = np.arange(rows) * trials + errors.reshape(rows, trials).argmin(axis=1)
        kept[part], drawn[part] = candidates[best], draws[best]
    return kept, drawn


def _errors(found: Floats, right: Floats) -> Floats:
    """Relative errors cut at 1; where the right sum is 0, any other is off by 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(found / right - 1)
    return np.minimum(np.where(right == 0, (found != 0).astype(float), ratio), 1.0)
