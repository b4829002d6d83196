r"""Evidence for CoreNet's generalization bound, measured on rows kept from training.

P is split into S, on which sensitivities are measured, and the rest, on which the
theorem is applied at delta' = (its share) pi(j) / rows for epsilon = 2^-j, a grid
fixed beforehand: so the choice of the margin, and with it of epsilon, is paid for.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous._counting import margins
from nonvacuous.bounds.coreset import corenet_generalization
from nonvacuous.bounds.selection import log_weight_integer
from nonvacuous.compression import Compressed, CompressionError, CoreNet, Rows
from nonvacuous.compression._statistics import Statistics, measure, support_rows
from nonvacuous.compression.sensitivity import sign_complexity
from nonvacuous.data import Role, Sample
from nonvacuous.evidence import CoresetFit
from nonvacuous.fits._origin import origin_of
from nonvacuous.nets import Network

__all__ = ["coreset_fit", "coreset_net", "hill_index", "tail_count"]

_GRID = range(1, 9)


def tail_count(size: int, share: float = 0.01) -> int:
    """How many of the largest of `size` values are taken for the tail."""
    return min(size - 1, max(10, int(share * size)))


def hill_index(values: NDArray[np.floating[Any]], share: float = 0.01) -> float:
    """Hill's estimate of a tail index from the largest values.

    Args:
        values: positive numbers, any shape; infinities count as very large.
        share: fraction of them that is the tail.

    Returns:
        The index: P(X > t) falls like t^-index; a mean needs more than 1.
    """
    flat = values.ravel()
    count = tail_count(flat.size, share)
    if count < 1:
        return math.inf
    top = np.sort(np.partition(flat, flat.size - count - 1)[-count - 1 :])
    if not math.isfinite(top[0]):
        return 0.0
    logs = np.log(np.minimum(top[1:], 1e300)) - math.log(top[0])
    mean = float(logs.mean())
    return math.inf if mean == 0 else 1 / mean


def coreset_fit(
    network: Network, sample: Sample, *, delta: float, seed: int
) -> CoresetFit:
    """What the theorem asks of this net and sample, at the best epsilon of the grid.

    Args:
        network: the original net.
        sample: P.
        delta: probability to spend on the network theorem, all of the grid included.
        seed: of S.

    Returns:
        Evidence; whether it satisfies the assumptions is for the theorem to judge.

    Raises:
        CompressionError: if there are fewer rows than |S| asks for.
    """
    fits = [_at(network, sample, j, delta, seed) for j in _GRID]
    return min(fits, key=lambda fit: corenet_generalization.formula(fit, 2 * delta))


def coreset_net(
    network: Network, sample: Sample, fit: CoresetFit, *, seed: int
) -> tuple[Compressed, Sample]:
    """The net that the theorem speaks of, and P without the rows that made it.

    Args:
        network: the original net.
        sample: P.
        fit: what :func:`coreset_fit` chose.
        seed: as it was there.

    Returns:
        The compressed net, and the rows that played no part in it.
    """
    compressor = CoreNet(
        rows=Rows.of(sample),
        epsilon=2.0**-fit.grid_index,
        delta=_share(fit.theorem_delta, fit.grid_index, sample),
        seed=seed,
    )
    chosen = support_rows(network, compressor.rows, compressor.delta, seed)
    rest = np.setdiff1d(np.arange(len(sample)), chosen)
    return compressor.compress(network), sample.take(rest)


def _share(delta: float, j: int, sample: Sample) -> float:
    """What the theorem may spend on one row at the j-th epsilon, rounded down."""
    return delta * math.exp(log_weight_integer(j)) / len(sample) * (1 - 1e-12)


def _at(
    network: Network, sample: Sample, j: int, delta: float, seed: int
) -> CoresetFit:
    each = _share(delta, j, sample)
    chosen = support_rows(network, Rows.of(sample), each, seed)
    rest = np.setdiff1d(np.arange(len(sample)), chosen)
    if rest.size == 0:
        raise CompressionError(
            f"rows must be more than the {chosen.size} that |S| takes"
        )
    x = sample.x.reshape(len(sample), -1)
    stats = measure(network, x[chosen], each, signed=bool((x < 0).any()))
    exceed, index, layer, largest = _complexities(network, stats, x[rest])
    epsilon = 2.0**-j
    margin, error = margins(network, x[rest], sample.y[rest])
    gamma = math.sqrt(2) * epsilon * largest * (1 + 1e-12)
    return CoresetFit(
        margin_errors=int((~(margin - error > gamma)).sum()),
        trials=int(rest.size),
        grid_index=j,
        theorem_delta=delta,
        slots=network.parameters,
        kept_by_theorem=stats.network_size(epsilon, each)
        + sum(0 if a.bias is None else a.bias.size for a in network.layers),
        least_layer_epsilon=min(stats.epsilons(epsilon)),
        exceed=exceed,
        promised_exceed=len(network.layers) * each / (4 * stats.neurons),
        tail_index=index,
        worst_layer=layer,
        independent=sample.role is Role.HOLDOUT,
        origin=origin_of(sample),
    )


def _complexities(
    network: Network, stats: Statistics, x: NDArray[np.floating[Any]]
) -> tuple[int, float, int, float]:
    """Rows beyond Delta-hat, the heaviest tail and its layer, the largest output."""
    a = x.astype(np.float64)
    beyond = np.zeros(len(a), bool)
    indices = []
    for i, layer in enumerate(network.layers):
        delta = sign_complexity(layer.weight, layer.bias, a)
        beyond |= delta.max(axis=1) > stats.delta_hats[i]
        indices.append(hill_index(delta))
        a = a @ layer.weight.T + (0.0 if layer.bias is None else layer.bias)
        if i + 1 < len(network.layers):
            a = np.maximum(a, 0.0)
    worst = int(np.argmin(indices))
    largest = float(np.sqrt((a * a).sum(axis=1)).max())
    return int(beyond.sum()), indices[worst], worst + 1, largest
