"""A network's parameters as tensors that can be trained, and back again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nonvacuous.nets import Layer, Network

__all__ = ["Tensors", "storable"]


class Tensors:
    """Weights and biases in float32, masks of the live weights, and the bias grid.

    Attributes:
        weights: one tensor a layer, without the inputs of the net that no weight reads.
        masks: where each weight was not zero; None where zeros may move.
        biases: one tensor a layer, or None.
    """

    def __init__(
        self,
        network: Network,
        *,
        keep_zeros: bool = True,
        bias_exponent: int | None = None,
    ) -> None:
        """The parameters of a net, as copies that require gradients.

        Args:
            network: the net.
            keep_zeros: whether weights that are zero are masked.
            bias_exponent: if given, biases are multiples of ``2^-bias_exponent``.
        """
        self._like, self._exponent = network, bias_exponent
        arrays = [layer.weight for layer in network.layers]
        self._columns: NDArray[np.intp] | slice = slice(None)
        live = np.flatnonzero(arrays[0].any(axis=0))
        if keep_zeros and 0 < live.size < arrays[0].shape[1]:
            self._columns = live
            arrays[0] = arrays[0][:, live]
        self.weights = [_tensor(a).requires_grad_() for a in arrays]
        self.masks: list[torch.Tensor | None] = [
            w.detach() != 0 if keep_zeros else None for w in self.weights
        ]
        self.biases = [
            None if layer.bias is None else _tensor(layer.bias).requires_grad_()
            for layer in network.layers
        ]

    def __len__(self) -> int:
        return len(self.weights)

    def free_biases(self) -> list[torch.Tensor]:
        """The biases that there are."""
        return [bias for bias in self.biases if bias is not None]

    def rows(self, x: NDArray[np.floating[Any]]) -> torch.Tensor:
        """Rows (n, ...) as the first weight takes them.

        Raises:
            ValueError: if there are none.
        """
        if len(x) == 0:
            raise ValueError("x must hold at least one row, got 0")
        # always a copy: torch takes no read-only array
        return _tensor(x.reshape(len(x), -1)[:, self._columns])

    def forward(self, weights: Sequence[torch.Tensor], a: torch.Tensor) -> torch.Tensor:
        """Outputs with these weights; rounding a bias to its grid passes gradients."""
        for i, (weight, bias) in enumerate(zip(weights, self.biases, strict=True)):
            if bias is not None and self._exponent is not None:
                bias = bias + (self._rounded(bias) - bias).detach()
            a = functional.linear(a, weight, bias)
            if i + 1 < len(self):
                a = functional.relu(a)
        return a

    def learn(
        self, weights: Sequence[torch.Tensor], rows: torch.Tensor, labels: torch.Tensor
    ) -> None:
        """Add the gradients of a batch's cross-entropy with these weights."""
        loss = functional.cross_entropy(self.forward(weights, rows), labels)
        loss.backward()  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def network(self, weights: Sequence[torch.Tensor]) -> Network:
        """The net with these weights, its biases exactly on their grid.

        Raises:
            ValueError: if a weight or a bias is not finite.
        """
        if not all(a.isfinite().all() for a in [*weights, *self.free_biases()]):
            raise ValueError(
                "training must end in finite weights, got NaN or infinity: the rate or"
                " the net's weights are too large"
            )
        layers = []
        pairs = zip(self._like.layers, weights, self.biases, strict=True)
        for i, (layer, weight, bias) in enumerate(pairs):
            if bias is not None and self._exponent is not None:
                bias = self._rounded(bias)
            full = np.zeros(layer.weight.shape)
            full[:, slice(None) if i else self._columns] = weight.double().numpy() + 0.0
            offset = None if bias is None else bias.double().numpy() + 0.0
            layers.append(Layer(weight=full, bias=offset))
        return replace(self._like, layers=tuple(layers), double=False)

    def _rounded(self, bias: torch.Tensor) -> torch.Tensor:
        step = 2.0 ** -(self._exponent or 0)
        return torch.round(bias.detach() / step) * step


def storable(book: torch.Tensor) -> torch.Tensor:
    """Levels as float16 numbers that are finite and not zero."""
    book = book.detach().clamp(-65504.0, 65504.0).half().float()
    return torch.where(book == 0, torch.full_like(book, 2.0**-24), book)


def _tensor(array: NDArray[np.floating[Any]]) -> torch.Tensor:
    with np.errstate(over="ignore"):  # then training ends in infinity, and is refused
        return torch.from_numpy(np.array(array, np.float32, order="C"))
