r"""What Gaussian noise at one layer does to the outputs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.measures._cushions import preactivations, quotient
from nonvacuous.measures._homogeneous import homogeneous, homogeneous_rows
from nonvacuous.nets import Floats, Network

__all__ = ["noise_sensitivity"]

_STREAM = 0x6E6F697365  # "noise"
_CHUNK = 4096


def noise_sensitivity(
    network: Network,
    x: NDArray[np.floating[Any]],
    *,
    layer: int,
    draws: int,
    seed: int,
) -> Floats:
    r"""Mean squared relative change of the outputs when a layer's output is noisy.

    .. math:: \psi(x) = E_g \frac{\|M(x^i + \|x^i\| g) - M(x^i)\|^2}{\|M(x^i)\|^2},
       \qquad g \sim N(0, I)

    with M the rest of the net, from the pre-activation :math:`x^i` to the outputs.  Of
    the linear map :math:`J^{i,d}` instead of M it would be :math:`1/\mu_{i,d}^2`.

    Args:
        network: the net; biases are embedded first, and the unit that carries the
            constant gets noise like the others.
        x: rows (n, ...).
        layer: i, from 1 to the number of layers.
        draws: of g, for each row.
        seed: of the draws, at least 0.

    Returns:
        (n,), the mean over the draws.

    Raises:
        ValueError: if `layer` or `draws` is out of range.

    Source: Arora et al. 2018, noise sensitivity (transcribed).
    """
    matrices = [a.weight for a in homogeneous(network).layers]
    if not 1 <= layer <= len(matrices):
        raise ValueError(f"layer must lie in [1, {len(matrices)}], got {layer}")
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got {draws}")
    stream = np.random.Generator(np.random.Philox(key=[seed, _STREAM]))
    found = np.empty(len(x))
    for start in range(0, len(x), _CHUNK):
        part = slice(start, start + _CHUNK)
        z = preactivations(matrices, homogeneous_rows(network, x[part]))
        here, outputs = z[layer - 1], z[-1]
        size = np.linalg.norm(here, axis=1, keepdims=True)
        total = np.zeros(len(here))
        for _ in range(draws):
            noisy = here + size * stream.standard_normal(here.shape)
            change = _onward(matrices[layer:], noisy) - outputs
            total += (change * change).sum(axis=1)
        found[part] = quotient(total / draws, (outputs * outputs).sum(axis=1), 0.0)
    return found


def _onward(matrices: list[Floats], z: Floats) -> Floats:
    """Outputs from a pre-activation, by the layers after it."""
    return preactivations(matrices, np.maximum(z, 0.0))[-1] if matrices else z
