r"""What CoreNet's theorem says of sampled nets, beside what they do.

The draws that a neuron and sign made guarantee an error of its part; by the main
theorem the outputs err by at most

.. math:: \epsilon = 2 (L - 1) \max_l \epsilon_l \hat\Delta^{l\to}

if that is below 1, and otherwise nothing is said.  S stays, the draws are fresh.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nonvacuous._counting import count_errors
from nonvacuous._numerics import up
from nonvacuous._sizes import guaranteed_epsilon, layer_epsilons
from nonvacuous.compression import CoreNet
from nonvacuous.compression._statistics import Statistics
from nonvacuous.compression._tolerance import output_errors, outputs_of
from nonvacuous.compression.corenet import sparsify
from nonvacuous.data import Sample
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["Comparison", "compare"]

_ROUNDING = 1e-9  # of an output, next to which sums in another order are nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One setting of CoreNet, and many nets that it sampled.

    Attributes:
        keep: share of the edges of a budget, or none.
        epsilon: error that the theorem was asked for, or none.
        judged: the error beyond which a row counts as a failure.
        draws: nets sampled.
        rows: outside S, on which they ran.
        kept: mean share of the edges kept.
        guaranteed: error of the outputs that the theorem guarantees, rounded up; from 1
            on it guarantees nothing.
        exceeded: share of nets and rows with some output outside (1 +- guaranteed), up
            to roundings; the theorem allows delta.
        promised: probability of a failure that the theorem allows; 1 where it says
            nothing about `judged`.
        failed: share of nets and rows with some output outside (1 +- judged).
        failed_range: the least and the largest such share of one net.
        median: of |f^ - f| / |f| over nets and rows.
        high: its 95 % quantile.
        error: mean error rate.
        error_range: the least and the largest of one net.
        original: error rate of the net itself on these rows.
    """

    keep: float | None
    epsilon: float | None
    judged: float
    draws: int
    rows: int
    kept: float
    guaranteed: float
    exceeded: float
    promised: float
    failed: float
    failed_range: tuple[float, float]
    median: float
    high: float
    error: float
    error_range: tuple[float, float]
    original: float


def compare(
    network: Network,
    stats: Statistics,
    compressors: Sequence[CoreNet],
    rest: Sample,
    *,
    judged: float,
    draws: int,
    said: Callable[[float], None],
) -> Iterator[Comparison]:
    """Sample nets by each compressor, and run them on rows outside S.

    Args:
        network: the original net.
        stats: what was measured on S.
        compressors: the settings.
        rest: rows outside S.
        judged: the error that failures are counted at, where none was asked for.
        draws: nets for each setting.
        said: told the fraction done.

    Yields:
        One comparison for each compressor.
    """
    x = rest.x.reshape(len(rest), -1).astype(np.float64)
    outputs = outputs_of(network, x)
    original = count_errors(network, rest.x, rest.y) / len(rest)
    edges = network.nonzeros - sum(
        0 if a.bias is None else np.count_nonzero(a.bias) for a in network.layers
    )
    for number, compressor in enumerate(compressors):
        epsilon = compressor.epsilon or judged
        asked = [
            compressor.asked(stats, layer, i) for i, layer in enumerate(network.layers)
        ]
        kept, failed, wrong, relative = [], [], [], []
        guaranteed, largest = 0.0, []
        for draw in range(draws):
            seed = np.random.SeedSequence([compressor.seed, number, draw])
            small, drawn = _sampled(network, stats, asked, np.random.default_rng(seed))
            kept.append(sum(np.count_nonzero(a.weight) for a in small.layers) / edges)
            worst = _worst(outputs_of(small, x), outputs)
            failed.append(float((worst > epsilon).mean()))
            largest.append(worst)
            wrong.append(count_errors(small, rest.x, rest.y) / len(rest))
            relative.append(output_errors(network, small, rest.x))
            theirs = _guaranteed(stats, drawn, compressor.delta)
            guaranteed = max(guaranteed, theirs)
            said((number + (draw + 1) / draws) / len(compressors))
        errors = np.concatenate(relative)
        yield Comparison(
            keep=compressor.keep,
            epsilon=compressor.epsilon,
            judged=epsilon,
            draws=draws,
            rows=len(rest),
            kept=math.fsum(kept) / draws,
            guaranteed=guaranteed,
            exceeded=float((np.stack(largest) > guaranteed + _ROUNDING).mean()),
            promised=compressor.delta if guaranteed <= epsilon else 1.0,
            failed=math.fsum(failed) / draws,
            failed_range=(min(failed), max(failed)),
            median=float(np.median(errors)),
            high=float(np.quantile(errors, 0.95)),
            error=math.fsum(wrong) / draws,
            error_range=(min(wrong), max(wrong)),
            original=original,
        )


def _worst(others: Floats, outputs: Floats) -> Floats:
    """The largest relative error of an output, (rows,); infinite where 0 is missed."""
    gap = np.abs(others - outputs)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(gap > 0, gap / np.abs(outputs), 0.0)
    largest: Floats = ratio.max(axis=1)
    return largest


def _sampled(
    network: Network, stats: Statistics, asked: list[Floats], draw: np.random.Generator
) -> tuple[Network, list[Floats]]:
    """A net, and the draws that each neuron and sign made."""
    layers, drawn = [], []
    for layer, found, wanted in zip(
        network.layers, stats.sensitivities, asked, strict=True
    ):
        weight, made = sparsify(layer.weight, found, wanted, draw)
        layers.append(Layer(weight=weight, bias=layer.bias))
        drawn.append(made)
    return Network(layers=tuple(layers)), drawn


def _guaranteed(stats: Statistics, drawn: list[Floats], delta: float) -> float:
    """The least epsilon of the outputs whose layers' epsilons these draws keep to."""
    found = 0.0
    for sums, made, share in zip(
        stats.sums, drawn, layer_epsilons(1.0, stats.delta_hats), strict=True
    ):
        epsilon = guaranteed_epsilon(
            sums,
            made,
            stats.spend(delta),
            neurons=stats.neurons,
            constant=stats.constant,
        ).max(initial=0.0)
        if epsilon > 0:
            found = max(found, up(epsilon / share, ulps=1) if share else np.inf)
    return float(found)
