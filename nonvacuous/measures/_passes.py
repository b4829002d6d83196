"""Passes of rows through a net in single precision, and how many there were.

Rows lose the features that are zero in all of them, and the first weight loses their
columns: no row's outputs depend on those, perturbed or not.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous._counting import check_fits
from nonvacuous.nets import Network

__all__ = ["Passes", "Single"]

Single = NDArray[np.float32]

_CHUNK = 1024  # rows at a time: what belongs to them stays in cache


class Passes:
    """A net in float32 and the rows that it is run on.

    Attributes:
        parameters: weights and biases, layer by layer, without columns nobody reads.
        wrong: which rows the net gets wrong, (n,); ties are errors.
        margins: outputs at the label less the largest other, (n,).
        done: passes so far: multiply-adds over those of all rows through the net.
    """

    def __init__(
        self, network: Network, x: NDArray[np.floating[Any]], y: NDArray[np.int64]
    ) -> None:
        """The net and its rows.

        Args:
            network: the net.
            x: rows (n, ...).
            y: labels (n,).

        Raises:
            ValueError: if there are no rows or the net cannot take them.
        """
        check_fits(network, x, int(y.max(initial=0)) + 1)
        if len(x) == 0:
            raise ValueError("rows must hold at least one row, got 0")
        flat = x.reshape(len(x), -1)
        live = np.atleast_1d(flat.any(axis=0))
        live[0] |= not live.any()
        self.x: Single = np.ascontiguousarray(flat[:, live], dtype=np.float32)
        self.y = y
        self.parameters: list[tuple[Single, Single | None]] = []
        for i, layer in enumerate(network.layers):
            weight = layer.weight if i else layer.weight[:, live]
            with np.errstate(over="ignore"):  # then every row is wrong
                bias = None if layer.bias is None else layer.bias.astype(np.float32)
                kept = np.ascontiguousarray(weight, dtype=np.float32)
            self.parameters.append((kept, bias))
        self.sizes = [weight.size for weight, _ in self.parameters]
        self.done = 0.0
        self.margins = self._margins(self.parameters)
        self.wrong: NDArray[np.bool_] = ~(self.margins > 0)

    def __len__(self) -> int:
        return len(self.y)

    def count(self, rows: int, layers: slice = slice(None), times: float = 1) -> None:
        """Note that rows went through some layers."""
        self.done += (
            times * rows * sum(self.sizes[layers]) / sum(self.sizes) / len(self)
        )

    def error(self, parameters: Sequence[tuple[Single, Single | None]]) -> float:
        """Share of all rows that are wrong with these parameters."""
        return float((~(self._margins(parameters) > 0)).mean())

    def _margins(self, parameters: Sequence[tuple[Single, Single | None]]) -> Single:
        found = np.empty(len(self), np.float32)
        for start in range(0, len(self), _CHUNK):
            part = slice(start, start + _CHUNK)
            weight, bias = parameters[0]
            with np.errstate(over="ignore", invalid="ignore"):
                found[part] = margins(
                    onward(affine(self.x[part], weight, bias), parameters), self.y[part]
                )
        self.count(len(self))
        return found

    def gradient(
        self, parameters: Sequence[tuple[Single, Single | None]]
    ) -> tuple[float, list[tuple[Single, Single | None]]]:
        """Error, and the gradient of the mean cross-entropy, with these parameters."""
        wrong = 0
        total = [
            (np.zeros_like(w), None if b is None else np.zeros_like(b))
            for w, b in parameters
        ]
        for start in range(0, len(self), _CHUNK):
            part = slice(start, start + _CHUNK)
            with np.errstate(over="ignore", invalid="ignore"):
                wrong += self._add(parameters, self.x[part], self.y[part], total)
        self.count(len(self), times=2)
        self.count(len(self), slice(1, None))
        return wrong / len(self), total

    def _add(
        self,
        parameters: Sequence[tuple[Single, Single | None]],
        x: Single,
        y: NDArray[np.int64],
        total: list[tuple[Single, Single | None]],
    ) -> int:
        """Add a chunk's gradient to `total`, and count its errors."""
        inputs = [x]
        for weight, bias in parameters[:-1]:
            inputs.append(np.maximum(affine(inputs[-1], weight, bias), 0))
        outputs = affine(inputs[-1], *parameters[-1])
        delta = softmax(outputs)
        delta[np.arange(len(y)), y] -= 1
        delta /= len(self)
        for i in reversed(range(len(parameters))):
            weight, bias = total[i]
            weight += delta.T @ inputs[i]
            if bias is not None:
                bias += delta.sum(axis=0)
            if i:
                delta = delta @ parameters[i][0]
                delta *= inputs[i] > 0
        return int((~(margins(outputs, y) > 0)).sum())


def affine(a: Single, weight: Single, bias: Single | None) -> Single:
    """Rows through one layer."""
    out: Single = a @ weight.T
    if bias is not None:
        out += bias
    return out


def onward(z: Single, parameters: Sequence[tuple[Single, Single | None]]) -> Single:
    """Outputs from the first layer's sums, which are overwritten."""
    for weight, bias in parameters[1:]:
        np.maximum(z, 0, out=z)
        z = affine(z, weight, bias)
    return z


def margins(outputs: Single, y: NDArray[np.int64]) -> Single:
    """Output at the label less the largest other; `outputs` are overwritten."""
    index = np.arange(len(y))
    own = outputs[index, y]
    outputs[index, y] = -np.inf
    return np.asarray(own - outputs.max(axis=1), dtype=np.float32)


def softmax(outputs: Single) -> Single:
    """Probabilities of the classes, row by row."""
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
