"""Training and fine-tuning by Adam on cross-entropy: deterministic for a seed.

One thread does it, so the same seed gives the same bytes on one machine.  Fine-tuning
keeps zeros at zero, or chooses anew and anew which few weights to keep; and it can end
with weights on a few levels a layer and biases on a grid, so that what comes out has a
short code.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nonvacuous.nets import Floats, Layer, Network

__all__ = ["Progress", "Recipe", "fine_tune", "initial"]

Progress = Callable[[float], None]
"""Called with the fraction done."""

_ASSIGN = 100  # steps between two placings of the levels
_CHOOSE = 20  # steps between two choices of the weights to keep
_RAMP = 0.63  # share of the steps after which no more than `count` are kept
_SETTLED = 0.9  # share of the steps after which the choice stays


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
    for inputs, outputs in itertools.pairwise(sizes):
        weight = generator.normal(scale=math.sqrt(2 / inputs), size=(outputs, inputs))
        single = weight.astype(np.float32).astype(np.float64)
        layers.append(Layer(weight=single, bias=np.zeros(outputs)))
    return Network(layers=tuple(layers))


def fine_tune(
    network: Network,
    x: NDArray[np.floating],
    y: NDArray[np.int64],
    recipe: Recipe,
    *,
    keep_zeros: bool = True,
    count: int | None = None,
    levels: int | None = None,
    bias_exponent: int | None = None,
    progress: Progress | None = None,
) -> Network:
    """The net after some steps on a training sample.

    With `count`, the largest weights of the net are kept, fewer and fewer of them; the
    others are out of the forward pass but go on learning, so that a weight dropped
    early can come back (dynamic network surgery, Guo et al. 2016).

    With `levels`, the first half of the steps pulls each layer's weights ever harder
    to the nearest of its levels, which follow them; the second half leaves every
    weight on its level and trains the levels.

    Args:
        network: where to start.
        x: rows (n, ...), float.
        y: labels (n,).
        recipe: steps, rate, batch, seed.
        keep_zeros: weights that are zero stay zero.
        count: if given, so many weights are kept at the end; not with `levels`.
        levels: if given, each layer's non-zero weights take at most that many values,
            float16 numbers.
        bias_exponent: if given, biases are multiples of ``2^-bias_exponent``.
        progress: called now and then; an exception from it stops the training.

    Returns:
        A net of the same shape, in float32.

    Raises:
        ValueError: if there are no rows, or `count` is below 1 or beside `levels`.
    """
    if count is not None and (count < 1 or levels is not None):
        raise ValueError(f"count must be at least 1 and without levels, got {count}")
    if len(x) == 0:
        raise ValueError("x must hold at least one row, got 0")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # batches are small: a second thread waits, not works
    try:
        model = _Model(network, keep_zeros, count, levels, bias_exponent)
        flat = x.reshape(len(x), -1)
        # always a copy: torch takes no read-only array
        rows = torch.from_numpy(np.array(flat[:, model.columns], np.float32, order="C"))
        _descend(model, rows, torch.from_numpy(np.array(y)), recipe, progress)
        return model.network(network)
    finally:
        torch.set_num_threads(threads)


def _descend(
    model: "_Model",
    rows: torch.Tensor,
    labels: torch.Tensor,
    recipe: Recipe,
    progress: Progress | None,
) -> None:
    """Adam on cross-entropy over shuffled batches, in one phase or in two."""
    order = torch.Generator().manual_seed(recipe.seed)
    phases = [recipe.steps]
    if model.levels is not None:
        phases = [recipe.steps - recipe.steps // 2, recipe.steps // 2]
    batches = math.ceil(len(rows) / recipe.batch)
    permutation, done = torch.empty(0, dtype=torch.long), 0
    for phase, steps in enumerate(phases):
        if phase == 1:
            model.freeze()
        optimizer = torch.optim.Adam(model.parameters(), lr=recipe.rate, foreach=True)
        for step in range(steps):
            if step % _CHOOSE == 0 and step <= _SETTLED * steps:
                model.choose(step / steps)
            if done % batches == 0:
                permutation = torch.randperm(len(rows), generator=order)
            start = done % batches * recipe.batch
            batch = permutation[start : start + recipe.batch]
            for group in optimizer.param_groups:
                cosine = math.cos(math.pi * step / steps)
                group["lr"] = recipe.rate * 0.5 * (1 + cosine)
            loss = functional.cross_entropy(model(rows[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if len(phases) == 2 and phase == 0:
                model.pull(step, steps)
            done += 1
            if progress is not None and done % 50 == 0:
                progress(done / recipe.steps)
    if model.levels is not None and not model.frozen:
        model.freeze()


class _Model:
    """Weights as tensors, with the mask, levels and grid that they must respect."""

    def __init__(
        self,
        network: Network,
        keep_zeros: bool,
        count: int | None,
        levels: int | None,
        bias_exponent: int | None,
    ) -> None:
        self.count, self.levels, self.bias_exponent = count, levels, bias_exponent
        self.frozen = False
        arrays = [layer.weight for layer in network.layers]
        self.columns: NDArray[np.intp] | slice = slice(None)
        live = np.flatnonzero(arrays[0].any(axis=0))
        if keep_zeros and 0 < live.size < arrays[0].shape[1]:
            self.columns = live
            arrays[0] = arrays[0][:, live]
        self.weights = [_tensor(a).requires_grad_() for a in arrays]
        self.masks: list[torch.Tensor | None] = [
            w.detach() != 0 if keep_zeros else None for w in self.weights
        ]
        self.biases = [
            None if layer.bias is None else _tensor(layer.bias).requires_grad_()
            for layer in network.layers
        ]
        self.books: list[torch.Tensor] = [torch.empty(0)] * len(self.weights)
        self.members: list[torch.Tensor] = []

    def parameters(self) -> list[torch.Tensor]:
        """What is trained in this phase."""
        free = self.books if self.frozen else self.weights
        return [*free, *(b for b in self.biases if b is not None)]

    @torch.no_grad()
    def choose(self, done: float) -> None:
        """Keep the largest weights: at first nearly all, in the end `count`."""
        if self.count is None:
            return
        sizes = torch.cat([weight.abs().flatten() for weight in self.weights])
        kept = sizes.numel()
        if self.count >= kept:
            return
        left = max(0.0, 1 - done / _RAMP) ** 1.5
        kept = int(self.count * (kept / self.count) ** left)
        threshold = sizes.kthvalue(sizes.numel() - kept + 1).values
        self.masks = [weight.abs() >= threshold for weight in self.weights]

    @torch.no_grad()
    def pull(self, step: int, steps: int) -> None:
        """Move every weight towards its level, at the end all the way."""
        force = ((step + 1) / steps) ** 4
        for i, (weight, mask) in enumerate(zip(self.weights, self.masks, strict=True)):
            if step % _ASSIGN == 0:
                self.books[i] = _lloyd(
                    weight[mask] if mask is not None else weight.flatten(),
                    self.levels or 1,
                    self.books[i],
                )
            if self.books[i].numel():
                nearest = self.books[i][_index(weight, self.books[i])]
                weight += force * (nearest - weight)

    @torch.no_grad()
    def freeze(self) -> None:
        """Fix which level each weight is on; from here on the levels are trained."""
        for i, (weight, mask) in enumerate(zip(self.weights, self.masks, strict=True)):
            values = weight[mask] if mask is not None else weight.flatten()
            self.books[i] = _lloyd(values, self.levels or 1, self.books[i])
            if not self.books[i].numel():
                self.books[i] = torch.ones(1)
            index = _index(weight, self.books[i])
            count = len(self.books[i])
            member = functional.one_hot(index, count).to(weight.dtype)
            if mask is not None:
                member *= mask[..., None]
            self.members.append(member)
            self.books[i].requires_grad_()
        self.frozen = True

    def effective(self, i: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Weight and bias as the forward pass sees them."""
        mask, bias = self.masks[i], self.biases[i]
        if self.frozen:
            weight = self.members[i] @ self.books[i]
        elif mask is None:
            weight = self.weights[i]
        elif self.count is None:
            weight = self.weights[i] * mask
        else:  # what is out learns as if it were in
            weight = self.weights[i] + (self.weights[i] * (~mask)).detach().neg()
        if bias is not None and self.bias_exponent is not None:
            bias = bias + (self._rounded(bias) - bias).detach()
        return weight, bias

    def _rounded(self, bias: torch.Tensor) -> torch.Tensor:
        step = 2.0 ** -(self.bias_exponent or 0)
        return torch.round(bias.detach() / step) * step

    def __call__(self, a: torch.Tensor) -> torch.Tensor:
        for i in range(len(self.weights)):
            a = functional.linear(a, *self.effective(i))
            if i + 1 < len(self.weights):
                a = functional.relu(a)
        return a

    @torch.no_grad()
    def network(self, like: Network) -> Network:
        """What was learnt, exactly on its levels and grid."""
        layers = []
        for i, layer in enumerate(like.layers):
            if self.frozen:
                self.books[i].copy_(_storable(self.books[i]))
            weight, bias = self.effective(i)
            if bias is not None and self.bias_exponent is not None:
                bias = self._rounded(bias)
            full = np.zeros(layer.weight.shape)
            full[:, slice(None) if i else self.columns] = weight.double().numpy() + 0.0
            offset = None if bias is None else bias.double().numpy() + 0.0
            layers.append(Layer(weight=full, bias=offset))
        return replace(like, layers=tuple(layers), double=False)


def _index(weight: torch.Tensor, book: torch.Tensor) -> torch.Tensor:
    """The nearest level of each weight; `book` is sorted."""
    middle = ((book[1:] + book[:-1]) / 2).contiguous()
    return torch.bucketize(weight.detach().contiguous(), middle)


def _lloyd(values: torch.Tensor, count: int, book: torch.Tensor) -> torch.Tensor:
    """At most `count` sorted levels near the values, starting from the last ones."""
    if values.numel() == 0:
        return values
    if book.numel() == 0:
        quantiles = (torch.arange(count, dtype=torch.float32) + 0.5) / count
        ordered = values.sort().values
        book = ordered[(quantiles * len(ordered)).long()]
    for _ in range(5):
        nearest = _index(values, book)
        sums = torch.zeros_like(book).index_add_(0, nearest, values)
        sizes = torch.bincount(nearest, minlength=len(book))
        book = torch.where(sizes > 0, sums / sizes.clamp(min=1), book).sort().values
    found: torch.Tensor = _storable(book).unique()  # type: ignore[no-untyped-call]
    return found


def _storable(book: torch.Tensor) -> torch.Tensor:
    """Levels as float16 numbers that are finite and not zero."""
    book = book.detach().clamp(-65504.0, 65504.0).half().float()
    return torch.where(book == 0, torch.full_like(book, 2.0**-24), book)


def _tensor(array: Floats) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float32, order="C"))
