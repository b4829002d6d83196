r"""Evidence for Arora et al.'s noise-stability bound, and the net that it speaks of.

Cushions are worst cases over every row.  :math:`\epsilon = 2^{-j}` is the one of the
grid with the smallest bound at which the net is smooth enough, measured at the points
of the very compression that the seed gives; the grid is paid for, the choice is free.
Or smoothness is estimated on fresh compressions, after the choice.

Rounding: cushions and smoothness are lowered, contraction and outputs raised, by a
relative 1e-9; float64 is off by some 1e-13 (measured against 64-bit mantissas, not
proved).
"""

import math
from dataclasses import replace

import numpy as np

from nonvacuous._counting import margins
from nonvacuous.bounds.noise_stability import LayerCode, arora_network, layer_codes
from nonvacuous.data import Sample
from nonvacuous.evidence import CushionFit
from nonvacuous.fits._origin import origin_of
from nonvacuous.measures import cushions, homogeneous, smoothness
from nonvacuous.nets import Floats, Layer, Network
from nonvacuous.structures._projection import sign_rows

__all__ = ["cushion_fit", "cushion_net"]

_GRID = range(24)
_SLACK = 1e-9


def cushion_fit(
    network: Network,
    sample: Sample,
    *,
    delta: float,
    seed: int,
    trials: int = 0,
) -> CushionFit:
    """What the theorem asks of this net and sample, at the best epsilon of the grid.

    Args:
        network: the original net; biases are embedded.
        sample: the rows that it was trained on, or others; all are looked at.
        delta: probability to spend on the projections, in (0, 1).
        seed: of the sign matrices, fixed before training.
        trials: compressions with other seeds on which to estimate smoothness instead
            of measuring it on this one, 0 for none; the next one's rho is below the
            least of theirs with probability at most 1 - delta^(1 / trials), except
            with probability delta, and both are written on the evidence as spent.

    Returns:
        Evidence; whether it satisfies the assumptions is for the theorem to judge.
    """
    found = cushions(network, sample.x)
    largest = found.largest_output * (1 + _SLACK)
    margin, error = margins(network, sample.x, sample.y)
    layer = np.minimum(found.least_layer, 1.0) * (1 - _SLACK)
    onward = found.onward * (1 - _SLACK)

    def at(j: int) -> CushionFit:
        gamma = math.sqrt(2) * 2.0**-j * largest
        return CushionFit(
            margin_errors=int((~(margin - error > gamma)).sum()),
            trials=len(sample),
            measured=len(sample),
            grid_index=j,
            widths=homogeneous(network).sizes,
            layer_cushions=tuple(layer),
            onward_cushions=tuple(onward),
            contraction=found.most_contracted * (1 + _SLACK),
            smoothness=0.0,
            smoothness_delta=0.0,
            projection_delta=delta,
            origin=origin_of(sample),
        )

    ranked = sorted((at(j) for j in _GRID), key=_worth)
    if not min(*layer, *onward) > 0 or math.isinf(found.most_contracted):
        return ranked[0]  # nothing can be compressed, which the theorem will say

    def smooth(fit: CushionFit, seed: int) -> float:
        small = cushion_net(network, fit, seed=seed)
        return smoothness(network, small, sample.x).least * (1 - _SLACK)

    if trials:
        least = min(smooth(ranked[0], seed + 1 + t) for t in range(trials))
        unseen = delta - math.expm1(math.log(delta) / trials)
        spent = min(1.0, unseen * (1 + _SLACK))
        return replace(ranked[0], smoothness=least, smoothness_delta=spent)
    fits = (replace(fit, smoothness=smooth(fit, seed)) for fit in ranked)
    first = next(fits)
    needed = 3 * len(layer)
    if first.smoothness >= needed:
        return first
    # a finer epsilon may do: all of the grid is paid for, projections included
    return next((fit for fit in fits if fit.smoothness >= needed), first)


def cushion_net(network: Network, fit: CushionFit, *, seed: int) -> Network:
    """The compressed net that the theorem speaks of.

    Args:
        network: the original net.
        fit: its cushions and epsilon, as :func:`cushion_fit` found them.
        seed: of the sign matrices.

    Returns:
        Matrices without biases, in the shape of `nonvacuous.measures.homogeneous`.

    Raises:
        ValueError: if a cushion is 0.
    """
    layers = homogeneous(network).layers
    return Network(
        layers=tuple(
            Layer(weight=_written(layer.weight, code, seed, i), bias=None)
            for i, (layer, code) in enumerate(
                zip(layers, layer_codes(fit), strict=True)
            )
        )
    )


def _written(weight: Floats, code: LayerCode, seed: int, layer: int) -> Floats:
    """The weight as its code's integers say it, coefficients on a grid around 0."""
    reach = code.reach * float(np.linalg.norm(weight))
    if reach == 0:
        return weight
    step = 2 * reach / (2.0**code.bits - 3)
    if not code.projected:
        return np.rint(weight / step) * step
    total, flat = np.zeros(weight.size), weight.ravel()
    for signs in sign_rows(seed, layer, weight.size, code.count):
        total += np.rint((signs @ flat) / step) @ signs
    return (total * (step / code.count)).reshape(weight.shape)


def _worth(fit: CushionFit) -> tuple[float, float]:
    """The bound, and where it is 1 what it would be without the kink at 1."""
    delta = min(2 * fit.projection_delta, (1 + fit.projection_delta) / 2)
    terms = arora_network.terms(fit, delta)
    loose = terms["margin error"] + math.sqrt(terms["code, nats per row"] / 2)
    return arora_network.formula(fit, delta), loose
