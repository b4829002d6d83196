"""Training and fine-tuning by Adam on cross-entropy: deterministic for a seed.

One thread does it, so the same seed gives the same bytes on one machine.  Fine-tuning
keeps zeros at zero, and can keep weights on a few levels a layer and biases on a grid
(straight-through gradients), so that what comes out has a short code.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nonvacuous.nets import Floats, Layer, Network

__all__ = ["Recipe", "fine_tune", "initial"]

Progress = Callable[[float], None]
"""Called with the fraction done."""

_ASSIGN = 100  # steps between two placings of the levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to train: steps of Adam with a cosine schedule from `rate` down to 0."""

    steps: int = 1000
    rate: float = 1e-3
    batch: int = 128
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 0 or self.batch < 1 or not 0 < self.rate < math.inf:
            raise ValueError(
                "a recipe needs steps >= 0, batch >= 1 and rate > 0, got"
                f" {self.steps}, {self.batch}, {self.rate}"
            )


def initial(sizes: tuple[int, ...], seed: int) -> Network:
    """A fresh net with He's initialisation and zero biases."""
    generator = np.random.default_rng(seed)
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        weight = generator.normal(scale=math.sqrt(2 / inputs), size=(outputs, inputs))
        layers.append(Layer(weight=_single(weight), bias=np.zeros(outputs)))
    return Network(layers=tuple(layers))


def fine_tune(
    network: Network,
    x: NDArray[np.floating],
    y: NDArray[np.int64],
    recipe: Recipe,
    *,
    keep_zeros: bool = True,
    levels: int | None = None,
    bias_exponent: int | None = None,
    progress: Progress | None = None,
) -> Network:
    """The net after some steps on a training sample.

    Args:
        network: where to start.
        x: rows (n, ...), float.
        y: labels (n,).
        recipe: steps, rate, batch, seed.
        keep_zeros: weights that are zero stay zero.
        levels: if given, each layer's non-zero weights take at most that many values,
            float16 numbers, at the end and in every forward pass.
        bias_exponent: if given, biases are multiples of ``2^-bias_exponent``.
        progress: called now and then; an exception from it stops the training.

    Returns:
        A net of the same shape, in float32.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # batches are small: a second thread waits, not works
    try:
        model = _Model(network, keep_zeros, levels, bias_exponent)
        _descend(model, x, y, recipe, progress)
        return model.network(network)
    finally:
        torch.set_num_threads(threads)


def _descend(
    model: "_Model",
    x: NDArray[np.floating],
    y: NDArray[np.int64],
    recipe: Recipe,
    progress: Progress | None,
) -> None:
    """Adam on cross-entropy over shuffled batches."""
    flat = x.reshape(len(x), -1)
    # always a copy: torch takes no read-only array
    rows = torch.from_numpy(np.array(flat[:, model.columns], np.float32, order="C"))
    labels = torch.from_numpy(np.array(y))
    order = torch.Generator().manual_seed(recipe.seed)
    batches = math.ceil(len(rows) / recipe.batch)
    optimizer = torch.optim.Adam(model.parameters, lr=recipe.rate, foreach=True)
    for step in range(recipe.steps):
        if step % _ASSIGN == 0:
            model.assign()
        if step % batches == 0:
            permutation = torch.randperm(len(rows), generator=order)
        start = step % batches * recipe.batch
        batch = permutation[start : start + recipe.batch]
        cosine = math.cos(math.pi * step / recipe.steps)
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * 0.5 * (1 + cosine)
        loss = functional.cross_entropy(model(rows[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if progress is not None and step % 50 == 0:
            progress(step / recipe.steps)
    if progress is not None:
        progress(1.0)


class _Model:
    """Weights as tensors, with the mask, levels and grid that they must respect."""

    def __init__(
        self,
        network: Network,
        keep_zeros: bool,
        levels: int | None,
        bias_exponent: int | None,
    ) -> None:
        self.levels, self.bias_exponent = levels, bias_exponent
        arrays = [layer.weight for layer in network.layers]
        self.columns: NDArray[np.intp] | slice = slice(None)
        live = np.flatnonzero(arrays[0].any(axis=0))
        if keep_zeros and 0 < live.size < arrays[0].shape[1]:
            self.columns = live
            arrays[0] = arrays[0][:, live]
        self.weights = [_tensor(a) for a in arrays]
        self.masks = [w != 0 if keep_zeros else None for w in self.weights]
        self.biases = [
            None if layer.bias is None else _tensor(layer.bias)
            for layer in network.layers
        ]
        self.parameters = [*self.weights, *(b for b in self.biases if b is not None)]
        for parameter in self.parameters:
            parameter.requires_grad_(True)
        self.books: list[torch.Tensor | None] = [None] * len(self.weights)
        self.assign()

    def assign(self) -> None:
        """Place each layer's levels anew, by Lloyd's iterations from the last ones."""
        if self.levels is None:
            return
        for i, (weight, mask) in enumerate(zip(self.weights, self.masks, strict=True)):
            values = weight.detach()[mask] if mask is not None else weight.detach()
            self.books[i] = _lloyd(values.flatten(), self.levels, self.books[i])

    def effective(self, i: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Weight and bias as the forward pass sees them."""
        weight, mask, bias = self.weights[i], self.masks[i], self.biases[i]
        book = self.books[i]
        if book is not None and book.numel():
            middle = ((book[1:] + book[:-1]) / 2).contiguous()
            with torch.no_grad():
                nearest = book[torch.bucketize(weight.detach(), middle)]
            weight = weight + (nearest - weight).detach()
        if mask is not None:
            weight = weight * mask
        if bias is not None and self.bias_exponent is not None:
            step = 2.0**-self.bias_exponent
            with torch.no_grad():
                rounded = torch.round(bias / step) * step
            bias = bias + (rounded - bias).detach()
        return weight, bias

    def __call__(self, a: torch.Tensor) -> torch.Tensor:
        for i in range(len(self.weights)):
            weight, bias = self.effective(i)
            a = functional.linear(a, weight, bias)
            if i + 1 < len(self.weights):
                a = functional.relu(a)
        return a

    @torch.no_grad()
    def network(self, like: Network) -> Network:
        """What was learnt, exactly on its levels and grid."""
        layers = []
        for i, layer in enumerate(like.layers):
            weight, mask, bias, book = (
                self.weights[i],
                self.masks[i],
                self.biases[i],
                self.books[i],
            )
            if book is not None and book.numel():
                weight = book[torch.bucketize(weight, (book[1:] + book[:-1]) / 2)]
            if mask is not None:
                weight = weight * mask
            if bias is not None and self.bias_exponent is not None:
                step = 2.0**-self.bias_exponent
                bias = torch.round(bias / step) * step
            full = np.zeros(layer.weight.shape)
            full[:, slice(None) if i else self.columns] = weight.double().numpy() + 0.0
            offset = None if bias is None else bias.double().numpy() + 0.0
            layers.append(Layer(weight=full, bias=offset))
        return replace(like, layers=tuple(layers), double=False)


def _lloyd(
    values: torch.Tensor, count: int, book: torch.Tensor | None
) -> torch.Tensor:
    """At most `count` float16 levels near the values, none of them zero."""
    if values.numel() == 0:
        return values
    if book is None or book.numel() == 0:
        quantiles = (torch.arange(count, dtype=torch.float32) + 0.5) / count
        ordered = values.sort().values
        book = ordered[(quantiles * len(ordered)).long()]
    for _ in range(5):
        nearest = torch.bucketize(values, (book[1:] + book[:-1]) / 2)
        sums = torch.zeros_like(book).index_add_(0, nearest, values)
        sizes = torch.bincount(nearest, minlength=len(book))
        book = torch.where(sizes > 0, sums / sizes.clamp(min=1), book).sort().values
    book = book.half().float()
    return torch.where(book == 0, torch.full_like(book, 2.0**-24), book).unique()


def _tensor(array: Floats) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float32, order="C"))


def _single(array: Floats) -> Floats:
    return array.astype(np.float32).astype(np.float64)
