r"""Norms of the weight matrices, layer by layer, and path norms.

A norm (p, q) of a weight is the q-norm, over its outputs, of the p-norms of their
incoming weights; a Schatten p-norm is the p-norm of the singular values.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nonvacuous.nets import Floats, Network

__all__ = ["Weights", "group_norm", "log_path_norm", "schatten_norm", "spectral_norms"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Weights:
    """The weight matrices of a net, or how far they are from those of another.

    Attributes:
        matrices: one a layer.
    """

    matrices: tuple[Floats, ...]

    @classmethod
    def of(cls, network: Network) -> "Weights":
        """Those of a net."""
        return cls(matrices=tuple(layer.weight for layer in network.layers))

    @classmethod
    def moved(cls, network: Network, initial: Network) -> "Weights":
        """Those of a net less those of another of the same sizes.

        Raises:
            ValueError: if the sizes differ.
        """
        if network.sizes != initial.sizes:
            raise ValueError(f"initial must be a net of sizes {network}, got {initial}")
        pairs = zip(network.layers, initial.layers, strict=True)
        return cls(matrices=tuple(a.weight - b.weight for a, b in pairs))

    @cached_property
    def vector(self) -> Floats:
        """All entries."""
        return np.concatenate([matrix.ravel() for matrix in self.matrices])

    @cached_property
    def singular(self) -> tuple[Floats, ...]:
        """Singular values of each matrix, largest first."""
        return tuple(_singular(matrix) for matrix in self.matrices)

    @cached_property
    def spectral(self) -> Floats:
        """Largest singular value of each."""
        return np.array([values[0] for values in self.singular])

    @cached_property
    def frobenius(self) -> Floats:
        """Frobenius norm of each."""
        return np.array([np.linalg.norm(matrix) for matrix in self.matrices])

    def group(self, p: float, q: float) -> Floats:
        """Norm (p, q) of each."""
        return np.array([group_norm(matrix, p, q) for matrix in self.matrices])

    def schatten(self, p: float) -> Floats:
        """Schatten p-norm of each."""
        return np.array([np.linalg.norm(values, p) for values in self.singular])


def spectral_norms(network: Network) -> Floats:
    """Largest singular value of each weight, by a full decomposition."""
    return Weights.of(network).spectral


def group_norm(weight: Floats, p: float, q: float) -> float:
    """The q-norm over outputs of the p-norms of their incoming weights.

    Args:
        weight: (outputs, inputs).
        p: of incoming weights, at least 1, may be infinite.
        q: of outputs, at least 1, may be infinite.

    Returns:
        The norm.
    """
    return float(np.linalg.norm(np.linalg.norm(weight, p, axis=1), q))


def schatten_norm(weight: Floats, p: float) -> float:
    """The p-norm of the singular values.

    Args:
        weight: (outputs, inputs).
        p: at least 1, may be infinite.

    Returns:
        The norm.
    """
    return float(np.linalg.norm(_singular(weight), p))


def log_path_norm(network: Network, p: float = 2.0) -> float:
    r"""Logarithm of the sum of the outputs, on a row of ones, of the net of ``|w|^p``.

    .. math:: \ln \sum_k f_{|w|^p}(\mathbf{1})_k

    Biases are taken to the power p too.  For p = 2 this is the logarithm of equation
    (44) of Jiang et al. 2020; ``/ p`` makes it that of the p-path norm.  Values are
    carried as logarithms, so that products do not overflow.

    Args:
        network: the net.
        p: the power, above 0.

    Returns:
        The logarithm, -inf if every path has a zero.

    Source: Neyshabur et al. 2015 and 2017 (recalled), as in ``lp_path_norm`` of
    bneyshabur/generalization-bounds at db8e3e7, read.
    """
    log_value = np.zeros(network.sizes[0])
    with np.errstate(divide="ignore"):
        for layer in network.layers:
            top = float(log_value.max())
            if top == -np.inf:  # only biases are left
                top = 0.0
            size = float(np.abs(layer.weight).max())
            if size > 0:
                sums = np.abs(layer.weight / size) ** p @ np.exp(log_value - top)
                log_value = np.log(sums) + top + p * np.log(size)
            else:
                log_value = np.full(len(layer.weight), -np.inf)
            if layer.bias is not None:
                log_value = np.logaddexp(log_value, p * np.log(np.abs(layer.bias)))
        top = float(log_value.max())
        if top == -np.inf:
            return top
        return float(np.log(np.exp(log_value - top).sum()) + top)


def _singular(weight: Floats) -> Floats:
    return np.asarray(np.linalg.svd(weight, compute_uv=False), dtype=np.float64)
