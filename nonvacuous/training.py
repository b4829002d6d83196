"""Training and fine-tuning by Adam on cross-entropy: deterministic for a seed.

One thread does it, so the same seed gives the same bytes on one machine.  Fine-tuning
keeps zeros at zero, or chooses anew and anew which few weights to keep; and it can end
with weights on a few levels a layer and biases on a grid, so that what comes out has a
short code.
"""

import itertools
import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nonvacuous._counting import check_fits
from nonvacuous._descent import Descent, Progress, Recipe, one_thread
from nonvacuous._tensors import Tensors, storable
from nonvacuous.nets import Layer, Network

__all__ = ["Progress", "Recipe", "fine_tune", "initial"]

_ASSIGN = 100  # steps between two placings of the levels
_CHOOSE = 20  # steps between two choices of the weights to keep
_RAMP = 0.63  # share of the steps after which no more than `count` are kept
_SETTLED = 0.9  # share of the steps after which the choice stays


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
        ValueError: if there are no rows, the net cannot take them or their labels, or
            `count` is below 1 or beside `levels`.
    """
    if count is not None and (count < 1 or levels is not None):
        raise ValueError(f"count must be at least 1 and without levels, got {count}")
    check_fits(network, x, int(y.max(initial=0)) + 1)
    with one_thread():
        tensors = Tensors(network, keep_zeros=keep_zeros, bias_exponent=bias_exponent)
        model = _Model(tensors, count, levels)
        _descend(model, Descent(tensors.rows(x), y, recipe, progress=progress))
        return model.network()


def _descend(model: "_Model", descent: Descent) -> None:
    """Adam on cross-entropy, in one phase or, with levels, in two."""
    steps = descent.steps
    if model.levels is None:
        descent.run(
            model.groups(), model.learn, steps, before=lambda s: model.choose(s, steps)
        )
        model.settle()
        return
    pulled = steps - steps // 2
    descent.run(
        model.groups(), model.learn, pulled, after=lambda s: model.pull(s, pulled)
    )
    model.freeze()
    descent.run(model.groups(), model.learn, steps // 2)


class _Model:
    """A net's tensors, with the masks and levels that they must respect."""

    def __init__(self, tensors: Tensors, count: int | None, levels: int | None) -> None:
        self.tensors, self.count, self.levels = tensors, count, levels
        self.weights, self.masks = tensors.weights, tensors.masks
        self.frozen = False
        self.books: list[torch.Tensor] = [torch.empty(0)] * len(self.weights)
        self.members: list[torch.Tensor] = []

    def groups(self) -> list[tuple[list[torch.Tensor], float]]:
        """What is trained in this phase."""
        free = self.books if self.frozen else self.weights
        return [([*free, *self.tensors.free_biases()], 1.0)]

    def learn(self, rows: torch.Tensor, labels: torch.Tensor) -> None:
        """Add the gradients of a batch."""
        self.tensors.learn(self.effective(), rows, labels)

    @torch.no_grad()
    def choose(self, step: int, steps: int) -> None:
        """Keep the largest weights: at first nearly all, in the end `count`."""
        if self.count is None or step % _CHOOSE or step > _SETTLED * steps:
            return
        sizes = torch.cat([weight.abs().flatten() for weight in self.weights])
        kept = sizes.numel()
        if self.count >= kept:
            return
        left = max(0.0, 1 - step / steps / _RAMP) ** 1.5
        kept = int(self.count * (kept / self.count) ** left)
        threshold = sizes.kthvalue(sizes.numel() - kept + 1).values
        self.masks = [weight.abs() >= threshold for weight in self.weights]

    @torch.no_grad()
    def settle(self) -> None:
        """Keep only `count` where there were few steps or equal weights."""
        sizes = torch.cat([weight.abs().flatten() for weight in self.effective()])
        if self.count is None or int((sizes > 0).sum()) <= self.count:
            return
        kept = torch.zeros_like(sizes, dtype=torch.bool)
        kept[sizes.argsort(descending=True, stable=True)[: self.count]] = True
        parts = torch.split(kept, [weight.numel() for weight in self.weights])
        pairs = zip(parts, self.weights, strict=True)
        self.masks = [part.view_as(weight) for part, weight in pairs]

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

    def effective(self) -> list[torch.Tensor]:
        """Each weight as the forward pass sees it."""
        return [self._effective(i) for i in range(len(self.weights))]

    def _effective(self, i: int) -> torch.Tensor:
        mask = self.masks[i]
        if self.frozen:
            return self.members[i] @ self.books[i]
        if mask is None:
            return self.weights[i]
        if self.count is None:
            return self.weights[i] * mask
        # what is out learns as if it were in
        return self.weights[i] + (self.weights[i] * (~mask)).detach().neg()

    @torch.no_grad()
    def network(self) -> Network:
        """What was learnt, exactly on its levels and grid."""
        if self.frozen:
            for book in self.books:
                book.copy_(storable(book))
        return self.tensors.network(self.effective())


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
    found: torch.Tensor = storable(book).unique()  # type: ignore[no-untyped-call]
    return found
