r"""Errors of a net, counted so that rounding can only add some.

The net runs in float64 with a running bound on the rounding error of its outputs; a
row counts as an error unless its margin exceeds that bound on both sides.  So the
count is never below the count in exact arithmetic, ties are errors, and it could
differ between machines only on a margin within about 1e-10 of the threshold.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.nets import Floats, Layer, Network

__all__ = ["check_fits", "compacted", "count_errors", "forward", "margins"]

Rows = NDArray[np.floating[Any]]

_CHUNK = 4096
_UNIT = 2.0**-53
_UNDERFLOW = 1e-290
"""Absolute: 2^20 products below the normal numbers lose less than 1e-300."""


def check_fits(network: Network, x: Rows, classes: int) -> None:
    """Refuse rows that the net cannot take.

    Raises:
        ValueError: if features or classes do not fit.
    """
    features = int(np.prod(x.shape[1:]))
    if features != network.sizes[0]:
        raise ValueError(
            f"the net takes {network.sizes[0]} inputs, the data have {features}"
            f" features (rows of shape {x.shape[1:]})"
        )
    if network.sizes[-1] < 2:
        raise ValueError("the net has 1 output, a classifier needs at least 2")
    if classes > network.sizes[-1]:
        raise ValueError(
            f"the net has {network.sizes[-1]} outputs, the data have {classes} classes"
        )


def compacted(network: Network) -> Network:
    """The same function without hidden units that nothing reads or that stay 0."""
    layers = list(network.layers)
    changed = True
    while changed:
        changed = False
        for i in range(len(layers) - 1):
            here, after = layers[i], layers[i + 1]
            silent = ~here.weight.any(axis=1)
            if here.bias is not None:
                silent &= here.bias <= 0
            live = after.weight.any(axis=0) & ~silent
            if live.all() or live.size == 1:
                continue
            if not live.any():
                live = np.arange(live.size) == 0
            if live.all():
                continue
            changed = True
            bias = None if here.bias is None else here.bias[live]
            layers[i] = Layer(weight=here.weight[live], bias=bias)
            layers[i + 1] = Layer(weight=after.weight[:, live], bias=after.bias)
    return Network(layers=tuple(layers), double=network.double, note=network.note)


def forward(network: Network, x: Rows) -> tuple[Floats, Floats]:
    """Outputs in float64, and a bound on their rounding error for each row.

    Args:
        network: the net.
        x: rows (n, features), float.

    Returns:
        Outputs (n, classes); errors (n,), each at least the largest error of the row.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # then no margin exceeds it
        return _forward(network, x.astype(np.float64))


def _forward(network: Network, a: Floats) -> tuple[Floats, Floats]:
    error = np.zeros(len(a))
    for i, layer in enumerate(network.layers):
        columns = np.flatnonzero(layer.weight.any(axis=0))
        weight, live = layer.weight, a
        if columns.size < layer.weight.shape[1]:
            weight, live = layer.weight[:, columns], a[:, columns]
        size = np.abs(live).max(axis=1, initial=0.0)
        # gamma_n of a dot product of n terms in any order, rounded up generously
        gamma = (columns.size + 4) * _UNIT * 1.01
        reach = float(np.abs(weight).sum(axis=1).max(initial=0.0)) * (1 + 1e-9)
        offset = 0.0 if layer.bias is None else float(np.abs(layer.bias).max())
        error = reach * error + gamma * (reach * (size + error) + offset)
        error = error * (1 + 1e-9) + _UNDERFLOW
        a = live @ weight.T
        if layer.bias is not None:
            a += layer.bias
        if i + 1 < len(network.layers):
            np.maximum(a, 0.0, out=a)
    return a, error


def margins(network: Network, x: Rows, y: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Margins f(x)_y - max of the others (n,), and their rounding errors (n,)."""
    network = compacted(network)
    rows = x.reshape(len(x), -1)
    margin, error = np.empty(len(rows)), np.empty(len(rows))
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        outputs, slack = forward(network, rows[part])
        index = np.arange(len(outputs))
        own = outputs[index, y[part]]
        outputs[index, y[part]] = -np.inf
        with np.errstate(over="ignore", invalid="ignore"):
            margin[part] = own - outputs.max(axis=1)
        # both outputs may be off, and so may their difference
        error[part] = 2 * slack + 2 * _UNIT * np.abs(margin[part])
    return margin, error


def count_errors(network: Network, x: Rows, y: NDArray[np.int64]) -> int:
    """Rows that the net gets wrong, ties and doubtful roundings included.

    Args:
        network: the net.
        x: rows (n, ...), float.
        y: labels (n,), below the net's outputs.

    Returns:
        A count, never below that of exact arithmetic.
    """
    margin, error = margins(network, x, y)
    return int((~(margin > error)).sum())
