r"""What a net says of its rows: margins, entropy, Fisher-Rao norm, gradient noise.

All in float64, by chunks of rows.
"""

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nonvacuous._counting import check_fits
from nonvacuous._counting import margins as counted_margins
from nonvacuous.data import Sample
from nonvacuous.nets import Floats, Layer, Network

__all__ = [
    "cross_entropy",
    "fisher_rao",
    "gradient_noise",
    "margin_percentile",
    "margins",
    "negative_entropy",
]

_CHUNK = 2048


def margins(network: Network, rows: Sample) -> Floats:
    """Output at the label less the largest other output, for each row.

    Args:
        network: the net.
        rows: the rows.

    Returns:
        Margins (n,), negative where the net errs.

    Raises:
        ValueError: if the net cannot take the rows.
    """
    check_fits(network, rows.x, int(rows.y.max()) + 1)
    return counted_margins(network, rows.x, rows.y)[0]


def margin_percentile(margins: Floats, share: float = 0.1) -> float:
    r"""The margin that a share of the rows do not exceed: the 10th percentile.

    It is the :math:`\lfloor n \cdot` share :math:`\rfloor`-th smallest, or the smallest
    if that is none; its sign is kept.  (nitarshan/robust-generalization-measures takes
    its absolute value, which makes a net that errs on most rows look confident.)

    Args:
        margins: (n,).
        share: in (0, 1).

    Returns:
        The margin.

    Raises:
        ValueError: if there are no margins or `share` is not in (0, 1).
    """
    if not (0 < share < 1) or len(margins) == 0:
        raise ValueError(
            f"share must lie in (0, 1) and margins not be empty, got {share} and"
            f" {len(margins)}"
        )
    # 0.1 * 30 is 3.0000000000000004, and 0.3 * 10 is 3 - 4e-16
    place = max(1, int(np.floor(len(margins) * share + 1e-9)))
    return float(np.partition(margins, place - 1)[place - 1])


def negative_entropy(network: Network, rows: Sample) -> float:
    r"""Mean over rows of the negative entropy of the softmax, in nats.

    .. math:: \frac{1}{n} \sum_i \sum_k p_k(x_i) \ln p_k(x_i)

    Args:
        network: the net.
        rows: the rows.

    Returns:
        A number between minus the logarithm of the number of classes and 0.

    Source: Jiang et al. 2020, equation (23), recalled.
    """

    def part(x: Floats, y: NDArray[np.int64]) -> float:
        logs = _log_softmax(_forward(network, x)[-1])
        return float((np.exp(logs) * logs).sum())

    return _mean(network, rows, part)


def cross_entropy(network: Network, rows: Sample) -> float:
    """Mean cross-entropy of the softmax on the rows, in nats.

    Args:
        network: the net.
        rows: the rows.

    Returns:
        The mean.
    """

    def part(x: Floats, y: NDArray[np.int64]) -> float:
        logs = _log_softmax(_forward(network, x)[-1])
        return float(-logs[np.arange(len(y)), y].sum())

    return _mean(network, rows, part)


def fisher_rao(network: Network, rows: Sample) -> float:
    r"""Mean square of the derivative of the loss along the weights, times depth.

    .. math:: \frac{(d + 1)^2}{n} \sum_i \langle w, \nabla_w \ell(f_w(x_i), y_i)
       \rangle^2

    with d weight layers, cross-entropy :math:`\ell`, and w all weights and biases.
    The derivative is carried forwards with the rows, so no gradient of w is formed.
    Without biases :math:`\langle w, \nabla_w f \rangle = d f`.

    Args:
        network: the net.
        rows: the rows.

    Returns:
        The measure.

    Source: Jiang et al. 2020, equation (45), recalled; the Fisher-Rao norm of Liang et
    al. 2019 (recalled) has no factor before the mean of the squares.
    """

    def part(x: Floats, y: NDArray[np.int64]) -> float:
        a, along = x, np.zeros_like(x)
        for i, layer in enumerate(network.layers):
            z = _affine(a, layer)
            along = z + along @ layer.weight.T  # the weights move along themselves
            if i + 1 < len(network.layers):
                a, along = np.maximum(z, 0), along * (z > 0)
        slope = np.exp(_log_softmax(z))
        slope[np.arange(len(y)), y] -= 1
        return float(((slope * along).sum(axis=1) ** 2).sum())

    return (len(network.layers) + 1) ** 2 * _mean(network, rows, part)


def gradient_noise(network: Network, rows: Sample) -> float:
    r"""Variance over rows of the gradient of the loss: the trace of its covariance.

    .. math:: \frac{1}{n} \sum_i \|\nabla_w \ell_i\|^2
       - \Big\|\frac{1}{n} \sum_i \nabla_w \ell_i\Big\|^2

    Norms of single gradients are products of the norms of inputs and errors of each
    layer, so none of them is formed.

    Args:
        network: the net, after the first epoch or at the end.
        rows: the rows.

    Returns:
        The variance.

    Source: Jiang et al. 2020, one of equations (63) to (67), recalled.
    """
    total = [
        np.zeros((outputs, inputs + 1))
        for inputs, outputs in itertools.pairwise(network.sizes)
    ]

    def part(x: Floats, y: NDArray[np.int64]) -> float:
        inputs = _forward(network, x)
        delta = np.exp(_log_softmax(inputs[-1]))
        delta[np.arange(len(y)), y] -= 1
        squares = 0.0
        for i in reversed(range(len(network.layers))):
            layer, a = network.layers[i], inputs[i]
            biased = 0 if layer.bias is None else 1
            sizes = (a**2).sum(axis=1) + biased
            squares += float(((delta**2).sum(axis=1) * sizes).sum())
            total[i][:, :-1] += delta.T @ a
            total[i][:, -1] += biased * delta.sum(axis=0)
            delta = (delta @ layer.weight) * (a > 0)
        return squares

    squares = _mean(network, rows, part)
    mean = sum(float(((t / len(rows)) ** 2).sum()) for t in total)
    return max(0.0, squares - mean)


def _mean(
    network: Network, rows: Sample, part: Callable[[Floats, NDArray[np.int64]], float]
) -> float:
    """Mean over rows of what `part` sums over a chunk."""
    check_fits(network, rows.x, int(rows.y.max()) + 1)
    x = rows.x.reshape(len(rows), -1)
    total = 0.0
    for start in range(0, len(rows), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        total += part(x[chunk].astype(np.float64), rows.y[chunk])
    return total / len(rows)


def _affine(a: Floats, layer: Layer) -> Floats:
    z = a @ layer.weight.T
    return z if layer.bias is None else z + layer.bias


def _forward(network: Network, x: Floats) -> list[Floats]:
    """The inputs of each layer, and the outputs."""
    found = [x]
    for i, layer in enumerate(network.layers):
        z = _affine(found[-1], layer)
        found.append(np.maximum(z, 0) if i + 1 < len(network.layers) else z)
    return found


def _log_softmax(outputs: Floats) -> Floats:
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    logs: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs
