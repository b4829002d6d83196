r"""What rows that made nothing say about a compressed net's outputs.

A tolerance limit (Wilks 1941): of n fresh values of one distribution, the one that only
k exceed is at least the distribution's quantile of order 1 - p with probability at
least :math:`1 - \Pr[\mathrm{Bin}(n, p) \le k]`, whatever the distribution.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from nonvacuous.nets import Floats, Network

__all__ = ["output_errors", "outputs_of", "tolerance_limit"]

_CHUNK = 4096


def tolerance_limit(values: Floats, share: float, delta: float) -> float:
    """A number that all but a `share` of fresh values stay below or at.

    Args:
        values: (n,), independent draws that nothing was fitted to.
        share: p, in (0, 1).
        delta: probability of being wrong over the draw of the values, in (0, 1).

    Returns:
        The smallest of the values that is such a limit; infinite if they are too few.

    >>> tolerance_limit(np.arange(59.0), 0.05, 0.05)  # 0.95^59 < 0.05
    58.0
    >>> tolerance_limit(np.arange(58.0), 0.05, 0.05)
    inf
    """
    n = len(values)
    # bdtr errs by about 1e-9 of itself, so ask for a little more
    tails = bdtr(np.arange(n), n, share) * (1 + 1e-6)
    allowed = int(np.count_nonzero(tails <= delta)) - 1  # tails increase
    if allowed < 0:
        return np.inf
    return float(np.sort(values)[n - 1 - allowed])


def output_errors(
    network: Network, small: Network, x: NDArray[np.floating[Any]]
) -> Floats:
    """Relative errors |f^(x) - f(x)| / |f(x)| of the outputs, in the 2-norm.

    Args:
        network: the original net.
        small: another with as many inputs and outputs.
        x: rows (n, ...).

    Returns:
        (n,); infinite where only the original's outputs are all 0.
    """
    rows = x.reshape(len(x), -1)
    found = np.empty(len(rows))
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK].astype(np.float64)
        outputs, others = outputs_of(network, chunk), outputs_of(small, chunk)
        error = np.linalg.norm(others - outputs, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = error / np.linalg.norm(outputs, axis=1)
        found[start : start + _CHUNK] = np.where(error > 0, ratio, 0.0)
    return found


def outputs_of(network: Network, a: Floats) -> Floats:
    """Outputs of a net in plain float64, (rows, outputs)."""
    for i, layer in enumerate(network.layers):
        a = a @ layer.weight.T + (0.0 if layer.bias is None else layer.bias)
        if i + 1 < len(network.layers):
            a = np.maximum(a, 0.0)
    return a
