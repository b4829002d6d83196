r"""A coreset of edges for the outputs of the whole net, refitted.

CoreNet measures an edge against its neuron, and pays for it: its sample is unbiased but
noisy, and one line of magnitude pruning does better.  Here edges are measured against
the outputs (:mod:`.output_sensitivity`), the budget is split over layers and neurons by
one threshold, and what is kept gets the best weights in layer order (:mod:`.refit`).
Edges go in rounds, each with fresh sensitivities of the net as it is by then.  In the
last round every neuron chooses among several coresets, as in CoreNet++: one takes its
most sensitive edges; the others take most of these for certain and draw the rest.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous._numerics import plain
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.compression._rows import Rows
from nonvacuous.compression._statistics import support_rows
from nonvacuous.compression._supports import Support
from nonvacuous.compression._tolerance import output_errors, tolerance_limit
from nonvacuous.compression.output_sensitivity import output_sensitivities
from nonvacuous.compression.refit import Target, refit
from nonvacuous.nets import Floats, Network

__all__ = ["OutputCoreset"]

_ROUND = 0.7  # each round keeps about this share of the edges
_CERTAIN = 0.8  # share of a neuron's edges that the drawn candidates keep for certain
_CHECKED = 0.2  # share of the rows that the guarantee is measured on
_MOST_CHECKED = 2000
_EXCEED = 0.05  # share of rows that may exceed the stated error


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputCoreset(Compressor):
    """Edges that the outputs are most sensitive to, with the best weights on them.

    The rows are split by the seed: S, whose size is CoreNet's, measures sensitivities;
    all but a fifth (at most 2,000) fit weights and choose among candidates; that fifth
    only measures the guarantee.  The guarantee is on relative errors of the outputs,
    from a tolerance limit; it holds with probability 1 - `delta` for fresh rows if the
    rows are independent and played no part in making the net.

    Attributes:
        rows: the points.
        keep: share of the net's weights to keep, in (0, 1].
        trials: drawn candidates for each neuron in the last round, at least 0.
        delta: probability that the guarantee is wrong, in (0, 1).
        seed: of the split and of the draws.

    Source: derived here; sensitivities after Baykal et al. 2019.
    """

    rows: Rows
    keep: float
    trials: int = 8
    delta: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.keep <= 1:
            raise ValueError(f"keep must lie in (0, 1], got {self.keep}")
        if self.trials < 0:
            raise ValueError(f"trials must be at least 0, got {self.trials}")
        if not 0 < self.delta < 1:
            raise ValueError(f"delta must lie in (0, 1), got {self.delta}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must lie in [0, 2^63), got {self.seed}")

    def apply(self, network: Network) -> Network:
        """The coreset's net, as a step of a pipeline."""
        return self._build(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The coreset's net, and how far its outputs are from the original's."""
        small, fitted, checked = self._build(network)
        errors = output_errors(network, small, self.rows.x[checked])
        limit = tolerance_limit(errors, _EXCEED, self.delta)
        layers = tuple(
            LayerReport(
                layer=i + 1,
                edges=int(np.count_nonzero(before.weight)),
                kept=after.kept,
                neurons={
                    "distinct": np.count_nonzero(after.weight, axis=1).astype(float)
                },
            )
            for i, (before, after) in enumerate(
                zip(network.layers, small.layers, strict=True)
            )
        )
        facts = {
            "rows fitted": len(fitted),
            "rows checked": len(checked),
            "median relative error on them": float(np.median(errors)),
            "relative error of 95 % of fresh rows": limit,
        }
        return small, Report(
            layers=layers, guarantee=_sentence(limit, self), facts=facts
        )

    def _build(
        self, network: Network
    ) -> tuple[Network, NDArray[np.intp], NDArray[np.intp]]:
        """The net, and the indices of the rows that fitted and that check it.

        Raises:
            CompressionError: if there are too few rows.
        """
        support = support_rows(network, self.rows, self.delta, self.seed)
        draw = np.random.Generator(np.random.Philox(key=[self.seed, 1000]))
        rest = draw.permutation(np.setdiff1d(np.arange(len(self.rows.x)), support))
        count = min(_MOST_CHECKED, int(_CHECKED * len(self.rows.x)))
        checked, fitted = np.sort(rest[:count]), np.sort(rest[count:])
        if fitted.size == 0:
            raise CompressionError(
                f"rows must be more than the {support.size + count} that S and the"
                f" guarantee take, got {len(self.rows.x)}"
            )
        points, x = self.rows.x[support], self.rows.x[fitted]
        weights = sum(layer.weight.size for layer in network.layers)
        rounds = max(1, math.ceil(math.log(self.keep) / math.log(_ROUND) - 1e-9))
        small, target = network, Target.of(network, x)
        for r in range(1, rounds + 1):
            scores = output_sensitivities(small, points)
            supports = _largest(scores, round(self.keep ** (r / rounds) * weights))
            if r < rounds:
                small = refit(target, [[s] for s in supports])
        candidates = [
            _candidates(s, kept, self.trials, draw)
            for s, kept in zip(scores, supports, strict=True)
        ]
        return refit(target, candidates), fitted, checked


def _largest(scores: tuple[Floats, ...], count: int) -> list[Support]:
    """The `count` largest positive scores of the net, ties by position."""
    flat = np.concatenate([s.ravel() for s in scores])
    order = np.argsort(-flat, kind="stable")[: max(1, count)]
    kept = np.zeros(flat.size, np.bool_)
    kept[order] = flat[order] > 0
    ends = np.cumsum([s.size for s in scores])[:-1]
    return [
        part.reshape(s.shape)
        for part, s in zip(np.split(kept, ends), scores, strict=True)
    ]


def _candidates(
    scores: Floats, kept: Support, trials: int, draw: np.random.Generator
) -> list[Support]:
    """The most sensitive edges of each neuron, and as many drawn ones, `trials` times.

    A drawn candidate keeps most of them for certain and draws the rest, without
    replacement and with chances as the scores, among three times as many.
    """
    rank = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
    size = kept.sum(axis=1, keepdims=True)
    certain = np.ceil(_CERTAIN * size)
    window = (rank >= certain) & (rank < certain + 3 * (size - certain)) & (scores > 0)
    found = [kept]
    for _ in range(trials):
        # the largest of log score + Gumbel noise are successive draws by the scores
        with np.errstate(divide="ignore"):
            keys = np.log(scores) + draw.gumbel(size=scores.shape)
        keys = np.where(window, keys, np.where(rank < certain, np.inf, -np.inf))
        drawn = np.argsort(np.argsort(-keys, axis=1, kind="stable"), axis=1) < size
        found.append(drawn & (scores > 0))
    return found


def _sentence(limit: float, settings: OutputCoreset) -> str:
    if math.isinf(limit):
        return (
            "nothing is guaranteed about its errors: too few rows to check it on, or"
            " outputs that are all 0"
        )
    return (
        f"except with probability {plain(settings.delta)} over the rows, at least"
        f" {1 - _EXCEED:.0%} of fresh rows have outputs within {plain(limit)} of the"
        " original's, relative in the 2-norm, if the rows are independent and played no"
        " part in making the net"
    )
