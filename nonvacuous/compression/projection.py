r"""Arora et al.'s Matrix-Project: a matrix as a few coefficients of seeded signs.

The sign matrices :math:`M_l` are fixed by a seed before anything is seen.  A layer is
replaced by :math:`\hat A = \frac1k \sum_l z_l M_l` with
:math:`z_l = \langle A, M_l \rangle` on a grid of :math:`2^b` steps, so that the layer
is named by its seed, ``k``, ``b``, a float16 scale and ``k`` integers of ``b`` bits.

There is no Gaussian variant: bits are the same for ever, logarithms and cosines of a
library are not, and signs need no more coefficients (:func:`sign_count`).
"""

from dataclasses import dataclass

import numpy as np

from nonvacuous._projections import gaussian_count, sign_count
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
