r"""Arora et al.'s Matrix-Project: a matrix as a few coefficients of seeded signs.

The sign matrices :math:`M_l` are fixed by a seed before anything is seen.  A layer is
replaced by :math:`\hat A = \frac1k \sum_l z_l M_l` with
:math:`z_l = \langle A, M_l \rangle` on a grid of :math:`2^b` steps, so that the layer
is named by its seed, ``k``, ``b``, a float16 scale and ``k`` integers of ``b`` bits.

There is no Gaussian variant: bits are the same for ever, logarithms and cosines of a
library are not, and signs need no more coefficients (:func:`sign_count`).
"""

import math
from dataclasses import dataclass

import numpy as np

from nonvacuous.compression._base import Compressor
from nonvacuous.nets import Floats, Layer, Network
from nonvacuous.structures import Projection
from nonvacuous.structures._projection import sign_rows

__all__ = ["MatrixProject", "gaussian_count", "project", "sign_count"]


def project(weight: Floats, *, seed: int, layer: int, count: int, bits: int) -> Layer:
    """The projected layer of a weight matrix, with its coefficients on the grid.

    Args:
        weight: (outputs, inputs).
        seed: of the helper matrices.
        layer: index of the layer.
        count: k, coefficients.
        bits: b, bits of each, 2 to 16.

    Returns:
        A layer without bias that knows its projection.
    """
    flat = weight.ravel()
    z = np.concatenate([m @ flat for m in sign_rows(seed, layer, flat.size, count)])
    largest = float(np.abs(z).max(initial=0.0))
    # the scale is a float16 first; coefficients are rounded with that very number
    scale = float(np.float16(min(max(largest, 6e-8), 65000.0)))
    half = 2 ** (bits - 1)
    t = np.clip(np.rint(z / scale * half), -half, half - 1).astype(np.int64)
    projection = Projection(seed=seed, bits=bits, scale=scale, coefficients=t)
    outputs, inputs = weight.shape
    return Layer.of(projection, layer=layer, shape=(outputs, inputs), bias=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixProject(Compressor):
    """Project every layer on ``count`` sign matrices; biases are dropped.

    :func:`sign_count` says how many are enough for a given error; no layer takes more
    than it has weights, whatever that says.

    Source: Arora et al. 2018, Algorithm 3, with +-1 entries.
    """

    count: int = 1024
    bits: int = 6
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 2**15:
            raise ValueError(f"count must lie in [1, 32768], got {self.count}")
        if not 2 <= self.bits <= 16:
            raise ValueError(f"bits must lie in [2, 16], got {self.bits}")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed must lie in [0, 2^32), got {self.seed}")

    def apply(self, network: Network) -> Network:
        """The projected net, as a step of a pipeline."""
        layers = tuple(
            project(
                layer.weight,
                seed=self.seed,
                layer=i,
                # more coefficients than entries would describe a matrix twice over
                count=min(self.count, layer.weight.size),
                bits=self.bits,
            )
            for i, layer in enumerate(network.layers)
        )
        return Network(layers=layers)


def gaussian_count(epsilon: float, eta: float) -> int:
    r"""Coefficients that are enough when the matrices are standard Gaussian.

    .. math:: k = \left\lceil (1 + \sqrt{1 + 2 \epsilon})^2\,
       \frac{\ln(2 / \eta)}{\epsilon^2} \right\rceil

    gives :math:`\Pr\bigl[ | u^\top (\hat A - A) v | \ge \epsilon \lVert A \rVert_F
    \lVert u \rVert \lVert v \rVert \bigr] \le \eta` for fixed u and v, coefficients not
    rounded.  (The :math:`\ln(1/\eta)/\epsilon^2` of Arora et al. 2018 is too few.)

    Args:
        epsilon: error over norms, above 0.
        eta: failure probability, in (0, 1).

    Returns:
        k.

    Raises:
        ValueError: if a setting is out of range.

    Source: derived, by the tails of Laurent and Massart 2000 (recalled).

    >>> gaussian_count(0.5, 0.05)
    87
    """
    _check(epsilon, eta)
    root = 1 + math.sqrt(1 + 2 * epsilon)
    return _whole(root**2 * (math.log(2) - math.log(eta)) / epsilon**2)


def sign_count(epsilon: float, eta: float) -> int:
    r"""Coefficients that are enough when the matrices are of signs, as here.

    .. math:: k = \left\lceil \frac{2 \ln(2 / \eta)}{\epsilon - \ln(1 + \epsilon)}
       \right\rceil

    gives what :func:`gaussian_count` says, and holds for Gaussian matrices too.  Proof:
    let a and b be the unit vectors along A and :math:`u v^\top`, :math:`r = \langle a,
    b \rangle`, :math:`\theta = (1 + r)/2`, and M one sign matrix.  With
    :math:`2 P = \langle a + b, M \rangle` and :math:`2 Q = \langle a - b, M \rangle`

    .. math:: X = \langle a, M \rangle \langle b, M \rangle - r
       = (P^2 - \theta) - (Q^2 - (1 - \theta)),

    where :math:`\theta = E P^2` and :math:`1 - \theta = E Q^2`.  Hoelder's inequality
    with exponents :math:`1/\theta` and :math:`1/(1-\theta)` bounds :math:`\ln E
    e^{\lambda X}`, :math:`0 < \lambda < 1/2`, by the mean with weights
    :math:`\theta, 1 - \theta` of two terms.  One is :math:`\ln E \exp(\lambda(P^2/
    \theta - 1)) \le \psi(\lambda) = -\frac12 \ln(1 - 2 \lambda) - \lambda`: write the
    exponential of a square as a Gaussian mean and use :math:`\cosh t \le e^{t^2/2}`.
    The other, :math:`\ln E \exp(\lambda (1 - Q^2/(1 - \theta)))`, is of a variable of
    mean 0, at most 1 and of variance at most 2 (the fourth moment of a sum of signs is
    at most three times its squared variance), so by Bennett's lemma it is at most
    :math:`2 (e^\lambda - 1 - \lambda) \le \psi(\lambda)`, term by term.  Hence
    :math:`\ln E e^{\lambda X} \le \psi(\lambda)`, and Chernoff's bound at
    :math:`\lambda = \epsilon / (2 + 2 \epsilon)` is :math:`\exp(-k (\epsilon - \ln(1 +
    \epsilon)) / 2)`.  The other side is the same for :math:`-b`.

    Args:
        epsilon: error over norms, above 0.
        eta: failure probability, in (0, 1).

    Returns:
        k, never more than that of :func:`gaussian_count`.

    Raises:
        ValueError: if a setting is out of range.

    Source: derived.

    >>> sign_count(0.5, 0.05)
    79
    """
    _check(epsilon, eta)
    # for a tiny epsilon the difference has no digits: its series is e^2/2 - e^3/3 + ...
    series = epsilon**2 * (0.5 - epsilon / 3)
    rate = series if epsilon < 1e-4 else epsilon - math.log1p(epsilon)
    return _whole(2 * (math.log(2) - math.log(eta)) / rate)


def _whole(count: float) -> int:
    """Rounded up, and no rounding error below."""
    return math.ceil(count * (1 + 1e-9))


def _check(epsilon: float, eta: float) -> None:
    """Refuse an error or a failure probability that means nothing.

    Raises:
        ValueError: if one is out of range.
    """
    if not 1e-100 < epsilon < 1e100:  # its square is a float
        raise ValueError(f"epsilon must lie in (1e-100, 1e100), got {epsilon}")
    if not 0 < eta < 1:
        raise ValueError(f"eta must lie in (0, 1), got {eta}")
