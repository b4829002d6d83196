"""Quantisation that pays for the code's bits while it chooses the levels."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous._counting import check_fits
from nonvacuous.compression._curvature import curvatures
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._rows import Rows
from nonvacuous.compression.quantizers._base import Quantizer
from nonvacuous.compression.quantizers._kernels import assign, optimal_levels
from nonvacuous.compression.quantizers._levels import on_levels, storable
from nonvacuous.nets import Floats, Network

__all__ = ["EntropyConstrainedQuantization"]

Integers = NDArray[np.int64]

_LEVEL_BITS = 16  # a level is written as a float16 number
_FLOOR = 1e-6  # of a layer's mean curvature: weights that no row reads have some too
_ROUNDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class EntropyConstrainedQuantization(Quantizer):
    r"""Round to levels of the least distortion plus `rate` times bits, layer by layer.

    The non-zero weights w of a layer and levels c minimise
    :math:`\sum_i h_i (w_i - c_{j(i)})^2 + \lambda B`, where B counts the entropy of the
    choices j and 16 bits a level, and :math:`\lambda` is `rate`.  Importances h are
    scaled so that :math:`h w^2` is 1 on average: without rows in every layer, with
    rows over the net.  So `rate` is the share of an average weight's square that a bit
    is worth.

    The minimum is a local one: from exact k-means, which is the solution at rate 0,
    neighbouring levels are merged while that pays (as Equitz 1989 does), and Lloyd's
    iterations with prices follow, in turns.  Each step lowers the sum, so before levels
    are rounded to float16 B is never more than that of exact k-means with as many
    levels, and the distortion never less.

    Attributes:
        levels: how many values a layer's non-zero weights take at most.
        rate: distortion that a bit is worth, at least 0.
        rows: if given, importances are second derivatives of the mean cross-entropy
            on these rows; labels do not enter.
        bias_exponent: biases become multiples of ``2^-bias_exponent``; None leaves
            them as they are.

    Source: Chou, Lookabaugh and Gray 1989; Choi et al. 2017 for the Hessian (both
    recalled).  Price of a level and scaling of `rate`: derived.
    """

    levels: int
    rate: float
    rows: Rows | None = None
    bias_exponent: int | None = None

    def __post_init__(self) -> None:
        if self.levels < 1:
            raise ValueError(f"levels must be at least 1, got {self.levels}")
        if not 0 <= self.rate < math.inf:
            raise ValueError(f"rate must be at least 0 and finite, got {self.rate}")

    def apply(self, network: Network) -> Network:
        """The quantised net, as a step of a pipeline."""
        importances = None
        if self.rows is not None:
            importances = _importances(network, self.rows)

        def rounded(i: int, values: Floats) -> Floats:
            scale = np.abs(values).max()
            v = values / scale  # squares of what is at most 1 are finite
            if importances is None:
                h = np.full(v.size, 1.0 / (v**2).mean())
            else:
                h = importances[i][network.layers[i].weight != 0] * scale**2
            book, index = constrained(v, h, self.levels, self.rate)
            book, where = np.unique(storable(book * scale), return_inverse=True)
            sizes = np.bincount(where[index], minlength=book.size)
            price = _prices(sizes, self.rate)
            return book[assign(v, h, book / scale, price)]

        return on_levels(network, rounded, self.bias_exponent)


def _importances(network: Network, rows: Rows) -> list[Floats]:
    """Second derivatives for each layer, times one factor for the net.

    Raises:
        CompressionError: if there are no rows, or no weight moves the loss.
    """
    if len(rows.x) == 0:
        raise CompressionError("rows must hold at least one row, got 0")
    check_fits(network, rows.x, 1)
    found = curvatures(network, rows.x)
    overall = np.concatenate([h.ravel() for h in found]).mean()
    found = [np.maximum(h, _FLOOR * (h.mean() or overall)) for h in found]
    pairs = list(zip(found, network.layers, strict=True))
    total = sum((h * layer.weight**2).sum() for h, layer in pairs)
    if not 0 < total < math.inf:
        raise CompressionError(
            f"rows must give the loss a finite curvature above 0, got {total}"
        )
    mean = total / sum(np.count_nonzero(layer.weight) for layer in network.layers)
    return [h / mean for h in found]


def constrained(
    values: Floats, importance: Floats, levels: int, rate: float
) -> tuple[Floats, Integers]:
    """Levels and choices of a low weighted distortion plus `rate` times bits.

    Args:
        values: (n,), not empty.
        importance: (n,), above 0.
        levels: how many at most.
        rate: what a bit is worth.

    Returns:
        Sorted levels that are all used, (k,), and each value's number, (n,).
    """
    book = optimal_levels(values, levels, importance)
    index = assign(values, importance, book, np.zeros(book.size))
    while True:
        book, index = _lloyd(values, importance, index, rate)
        merged = _merged(book, importance, index, rate)
        if merged is index:
            return book, index
        index = merged


def _lloyd(
    values: Floats, importance: Floats, index: Integers, rate: float
) -> tuple[Floats, Integers]:
    """Means, prices and choices in turns until no choice changes."""
    for _ in range(_ROUNDS):
        book, index = _centres(values, importance, index)
        price = _prices(np.bincount(index), rate)
        chosen = assign(values, importance, book, price)
        if (chosen == index).all():
            break
        index = chosen
    return _centres(values, importance, index)


def _centres(
    values: Floats, importance: Floats, index: Integers
) -> tuple[Floats, Integers]:
    """Weighted means of the levels in use, sorted, and the choices renumbered."""
    _, index = np.unique(index, return_inverse=True)
    mass = np.bincount(index, importance)
    book = np.bincount(index, importance * values) / mass
    order = np.argsort(book, kind="stable")
    return book[order], np.argsort(order)[index]


def _prices(sizes: Integers, rate: float) -> Floats:
    """What choosing each level costs: its ideal code length; infinite if unused."""
    if rate == 0:
        return np.zeros(sizes.size)
    with np.errstate(divide="ignore"):
        price: Floats = -rate * np.log2(sizes / sizes.sum())
    return price


def _merged(book: Floats, importance: Floats, index: Integers, rate: float) -> Integers:
    """Choices after merging neighbours, best first; the same array if none pays."""
    mass = np.bincount(index, importance)
    sizes = np.bincount(index).astype(np.float64)
    into = np.arange(book.size)
    while book.size > 1:
        both, a, b = sizes[1:] + sizes[:-1], sizes[:-1], sizes[1:]
        saved = _LEVEL_BITS + (both * np.log2(both) - a * np.log2(a) - b * np.log2(b))
        lost = mass[1:] * mass[:-1] / (mass[1:] + mass[:-1]) * np.diff(book) ** 2
        j = int(np.argmin(lost - rate * saved))
        if not lost[j] < rate * saved[j]:
            break
        total = mass[j] + mass[j + 1]
        book[j] = (mass[j] * book[j] + mass[j + 1] * book[j + 1]) / total
        mass[j], sizes[j] = total, both[j]
        book, mass = np.delete(book, j + 1), np.delete(mass, j + 1)
        sizes = np.delete(sizes, j + 1)
        into[into > j] -= 1
    return into[index] if book.size < into.size else index
