r"""Errors of nets drawn from a Gaussian, counted so that rounding can only add some.

A fresh net for every row needs no weights: given the inputs a of a layer, its outputs
are independent, each :math:`N(\langle\mu, a\rangle + b,\,
\sum_i \sigma_i^2 a_i^2 + \sigma_b^2)`, so that only they are drawn (the local
reparameterisation of Kingma, Salimans and Welling 2015).  That is exact for fully
connected layers, because no two rows share a weight and no two outputs of a row do.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous._counting import check_fits, count_errors
from nonvacuous.nets import Floats
from nonvacuous.stochastic._network import GaussianNetwork

__all__ = ["errors_of_fresh_draws", "errors_of_whole_draws"]

Rows = NDArray[np.floating[Any]]

_CHUNK = 4096
_UNIT = 2.0**-53
_UNDERFLOW = 1e-140
"""Absolute: 2^20 squares below the normal numbers have a root below 1e-150."""


def errors_of_whole_draws(
    network: GaussianNetwork,
    x: Rows,
    y: NDArray[np.int64],
    *,
    draws: int,
    seed: int,
) -> int:
    """Errors on all rows of `draws` nets, together.

    Args:
        network: what to draw from.
        x: rows (n, ...).
        y: labels (n,).
        draws: nets, at least 1.
        seed: of the draws.

    Returns:
        A count of at most n `draws`, ties and doubtful roundings included.

    Raises:
        ValueError: if the rows do not fit the net, or `draws` is below 1.
    """
    _check(network, x, y, "draws", draws)
    return sum(
        count_errors(network.draw(_generator(seed, i)), x, y) for i in range(draws)
    )


def errors_of_fresh_draws(
    network: GaussianNetwork,
    x: Rows,
    y: NDArray[np.int64],
    *,
    rounds: int,
    seed: int,
) -> int:
    """Errors on all rows, in every round a fresh net for each row.

    Args:
        network: what to draw from.
        x: rows (n, ...).
        y: labels (n,).
        rounds: times that all rows are looked at, at least 1.
        seed: of the draws.

    Returns:
        A count of at most n `rounds`, ties and doubtful roundings included.

    Raises:
        ValueError: if the rows do not fit the net, or `rounds` is below 1.
    """
    _check(network, x, y, "rounds", rounds)
    rows, layers = x.reshape(len(x), -1), _layers(network)
    count = 0
    for i in range(rounds):
        generator = _generator(seed, i)
        for start in range(0, len(rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            outputs, error = _forward(layers, rows[part], generator)
            count += _wrong(outputs, error, y[part])
    return count


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Layer:
    """A layer's means and variances, and how far they can carry an error."""

    weight: Floats
    bias: Floats
    variance: Floats
    bias_variance: Floats
    reach: float
    spread: float
    gamma: float

    @property
    def offset(self) -> float:
        return float(np.abs(self.bias).max())

    @property
    def jitter(self) -> float:
        return float(np.sqrt(self.bias_variance.max())) * (1 + 1e-9)


def _layers(network: GaussianNetwork) -> list[_Layer]:
    found = []
    for layer, (sigma, bias_sigma) in zip(
        network.mean.layers, network.deviations(), strict=True
    ):
        outputs, inputs = layer.weight.shape
        zeros = np.zeros(outputs)
        variance = sigma * sigma
        found.append(
            _Layer(
                weight=layer.weight,
                bias=zeros if layer.bias is None else layer.bias,
                variance=variance,
                bias_variance=zeros if bias_sigma is None else bias_sigma**2,
                reach=float(np.abs(layer.weight).sum(axis=1).max()) * (1 + 1e-9),
                spread=float(np.sqrt(variance.sum(axis=1).max())) * (1 + 1e-9),
                # of a dot product in any order, a root, a product and a sum
                gamma=(inputs + 12) * _UNIT * 1.01,
            )
        )
    return found


def _forward(
    layers: list[_Layer], x: Rows, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    r"""Outputs of a fresh net for each row, and a bound on their rounding errors.

    The error in the inputs moves a mean by at most its size times the sum of the
    weights' magnitudes, and a standard deviation, which is a Euclidean norm of
    :math:`\sigma \circ a`, by at most its size times the norm of sigma.
    """
    a = x.astype(np.float64)
    error = np.zeros(len(a))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for i, layer in enumerate(layers):
            size = np.abs(a).max(axis=1, initial=0.0)
            deviation = np.sqrt((a * a) @ layer.variance.T + layer.bias_variance)
            noise = generator.standard_normal(deviation.shape)
            largest = np.abs(noise).max(axis=1)
            reach = layer.reach + largest * layer.spread
            offset = layer.offset + largest * layer.jitter
            error = reach * error + layer.gamma * (reach * (size + error) + offset)
            error = error * (1 + 1e-9) + _UNDERFLOW * (1 + size)
            a = a @ layer.weight.T + layer.bias + deviation * noise
            if i + 1 < len(layers):
                np.maximum(a, 0.0, out=a)
    return a, error


def _wrong(outputs: Floats, error: Floats, y: NDArray[np.int64]) -> int:
    """Rows whose margin does not exceed its rounding error."""
    index = np.arange(len(outputs))
    own = outputs[index, y]
    outputs[index, y] = -np.inf
    with np.errstate(over="ignore", invalid="ignore"):
        margin = own - outputs.max(axis=1)
        slack = 2 * error + 2 * _UNIT * np.abs(margin)
    return int((~(margin > slack)).sum())


def _check(
    network: GaussianNetwork, x: Rows, y: NDArray[np.int64], name: str, value: int
) -> None:
    check_fits(network.mean, x, int(y.max(initial=0)) + 1)
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def _generator(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, stream]))
