r"""How far a compressed net can be from the original, anywhere in the domain.

Two ways, both sound, and the smaller is taken.

*Norms*, on the ball :math:`\|x\| \le r`: with :math:`s, \hat s` at least the spectral
norms (:mod:`nonvacuous.fits._certified_norms`),

.. math:: e_i = s_i e_{i-1} + \|W_i - \hat W_i\| \hat r_{i-1} + \|b_i - \hat b_i\|,
   \qquad \hat r_i = \hat s_i \hat r_{i-1} + \|\hat b_i\|, \qquad e_0 = 0,\;
   \hat r_0 = r.

Without biases :math:`e_d = r \sum_i \prod_{j<i} \hat s_j \prod_{j>i} s_j \|W_i -
\hat W_i\|`; original norms alone would not do.  With biases the same is done for the
matrices that hold them (:func:`nonvacuous.measures.homogeneous`), which can be less.

*Intervals*, on a box: bounds on every unit of the compressed net, and on the difference
of the two nets at every unit; ReLU keeps a difference between 0 and what it was.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous._counting import margins
from nonvacuous.compression import Compressed
from nonvacuous.data import Sample
from nonvacuous.evidence import DistanceFit
from nonvacuous.fits._certified_norms import spectral
from nonvacuous.fits._origin import origin_of
from nonvacuous.measures import homogeneous
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["ball_distance", "box_distance", "distance_fit"]

_UNIT = 2.0**-53
_SLACK = 1e-9


def distance_fit(
    network: Network,
    compressed: Compressed,
    sample: Sample,
    *,
    radius: float,
    box: tuple[float, float] | None = None,
) -> DistanceFit:
    """Evidence for a bound on the original net, from a compressed one.

    Args:
        network: the original net.
        compressed: the coded one, of the same shape.
        sample: rows to count margin errors on.
        radius: the largest Euclidean norm that a row of the *domain* can have, known
            before the sample.
        box: lowest and highest value of a feature in the domain, if there are such.

    Returns:
        Evidence, with theta the least float32 that the theorem allows.

    Raises:
        ValueError: if a row of the sample lies outside the domain, the nets have
            different shapes, or the distance is beyond float32.
    """
    x = sample.x.reshape(len(sample), -1).astype(np.float64)
    _check_domain(x, radius, box)
    small = compressed.network
    distance = ball_distance(network, small, radius=radius)
    if box is not None:
        distance = min(distance, box_distance(network, small, box=box))
    theta = _single_above(math.sqrt(2) * distance * (1 + 2.0**-50))
    margin, error = margins(small, sample.x, sample.y)
    return DistanceFit(
        margin_errors=int((~(margin - error > theta)).sum()),
        trials=len(sample),
        bits=compressed.code.bits,
        margin=theta,
        distance=distance,
        origin=origin_of(sample),
    )


def ball_distance(network: Network, compressed: Network, *, radius: float) -> float:
    """A bound on ||f(x) - g(x)|| over the ball of a radius.

    Args:
        network: f.
        compressed: g, of the same shape.
        radius: largest ||x||.

    Returns:
        The bound, rounded up.

    Raises:
        ValueError: if the shapes differ.
    """
    found = [_telescoped(_pairs(network, compressed), radius)]
    old, new = homogeneous(network), homogeneous(compressed)
    if old.sizes == new.sizes and old.sizes != network.sizes:
        reach = math.hypot(radius, 1.0) * (1 + _SLACK)
        found.append(_telescoped(_pairs(old, new), reach))
    return min(found)


def box_distance(
    network: Network, compressed: Network, *, box: tuple[float, float]
) -> float:
    """A bound over a box on any change of a difference of two outputs, by sqrt(2).

    Args:
        network: f.
        compressed: g, of the same shape.
        box: lowest and highest value of each feature.

    Returns:
        The bound, rounded up.

    Raises:
        ValueError: if the shapes differ.
    """
    inputs = network.sizes[0]
    low, high = np.full(inputs, box[0]), np.full(inputs, box[1])
    less, more = np.zeros(inputs), np.zeros(inputs)
    pairs = _pairs(network, compressed)
    for i, (old, new) in enumerate(pairs):
        (w, b), (v, c) = _affine(old), _affine(new)
        carried, own = (
            _through(w, 0.0 * b, less, more),
            _through(w - v, b - c, low, high),
        )
        less = np.nextafter(carried[0] + own[0], -np.inf)
        more = np.nextafter(carried[1] + own[1], np.inf)
        low, high = _through(v, c, low, high)
        if i + 1 < len(pairs):
            low, high = np.maximum(low, 0.0), np.maximum(high, 0.0)
            less, more = np.minimum(less, 0.0), np.maximum(more, 0.0)
    apart = more[:, None] - less[None, :]
    np.fill_diagonal(apart, 0.0)
    return float(apart.max()) / math.sqrt(2) * (1 + _SLACK)


def _telescoped(pairs: list[tuple[Layer, Layer]], radius: float) -> float:
    error, reach = 0.0, radius
    for old, new in pairs:
        (w, b), (v, c) = _affine(old), _affine(new)
        error = spectral(w) * error + spectral(w - v) * reach + _length(b - c)
        reach = spectral(v) * reach + _length(c)
        error, reach = error * (1 + _SLACK), reach * (1 + _SLACK)
    return error


def _pairs(network: Network, compressed: Network) -> list[tuple[Layer, Layer]]:
    if network.sizes != compressed.sizes:
        raise ValueError(f"compressed must be {network} as well, got {compressed}")
    return list(zip(network.layers, compressed.layers, strict=True))


def _affine(layer: Layer) -> tuple[Floats, Floats]:
    bias = np.zeros(len(layer.weight)) if layer.bias is None else layer.bias
    return layer.weight, bias


def _length(vector: Floats) -> float:
    largest = float(np.abs(vector).max())  # so that no square underflows
    return largest * float(np.linalg.norm(vector / (largest or 1.0))) * (1 + _SLACK)


def _through(w: Floats, b: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Where w a + b can lie for low <= a <= high, rounded outward."""
    middle, half = (low + high) / 2, (high - low) / 2
    centre = w @ middle + b
    spread = np.abs(w) @ half
    gamma = (w.shape[1] + 8) * _UNIT * 1.01
    size = np.abs(w) @ (np.abs(middle) + half) + np.abs(b)
    spread = spread + 4 * gamma * size + 1e-290
    return centre - spread, centre + spread


def _check_domain(
    x: NDArray[np.floating[Any]], radius: float, box: tuple[float, float] | None
) -> None:
    longest = float(np.linalg.norm(x, axis=1).max())
    if not longest <= radius:
        raise ValueError(
            f"radius must be at least the sample's {longest}, got {radius}"
        )
    if box is not None and not (box[0] <= x.min() and x.max() <= box[1]):
        raise ValueError(
            f"box must hold the sample's values, {x.min()} to {x.max()}, got {box}"
        )


def _single_above(value: float) -> float:
    """The least float32 not below a number.

    Raises:
        ValueError: if there is none to be had.
    """
    if not value < 2.0**126:
        raise ValueError(f"the distance must lie below 2^126, got {value}")
    single = np.float32(value)
    if float(single) >= value:  # a comparison with a float32 would be in float32
        return float(single)
    return float(np.nextafter(single, np.float32(np.inf)))
