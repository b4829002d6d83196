r"""Layers in square blocks that are constant along their diagonals.

A block of p rows and columns stores p numbers if its diagonals wrap around, which makes
it circulant, and 2p - 1 if they do not, which makes it Toeplitz.  The least squares fit
to W takes the mean of W along each diagonal: the orthogonal projection on such
matrices.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._base import Compressor
from nonvacuous.compression._layerwise import check_keep, layerwise
from nonvacuous.compression._report import Report
from nonvacuous.nets import Floats, Network
from nonvacuous.structures import Diagonals, Tied
from nonvacuous.structures._base import single
from nonvacuous.structures._tied import gathered

__all__ = ["BlockCirculant", "BlockToeplitz"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCirculant(Compressor):
    r"""Each layer in circulant blocks, its weights averaged along their diagonals.

    Each layer takes the block size that stores most numbers within its share: near
    :math:`p = 1 / \mathrm{keep}`.  No layer stores fewer numbers than the larger of its
    width and height; where that is beyond its share it stores the fewest possible.
    Blocks at the edges are cut off.  Biases are kept.

    Attributes:
        keep: numbers stored, over weights, in (0, 1]; a layer with so few already
            stays as it is.

    Source: Cheng et al. 2015 (recalled), there trained and with random signs on the
    inputs, here fitted and without.
    """

    keep: float

    def __post_init__(self) -> None:
        check_keep(self.keep)

    def apply(self, network: Network) -> Network:
        """The net of circulant blocks, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The net of circulant blocks, and each layer's relative error."""
        return _averaged(network, self.keep, wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockToeplitz(Compressor):
    r"""Each layer in Toeplitz blocks, its weights averaged along their diagonals.

    Each layer takes the block size that stores most numbers within its share: near
    :math:`p = 2 / \mathrm{keep}`.  A layer of m outputs and n inputs stores no fewer
    than m + n - 1; where that is beyond its share it stores the fewest possible.
    Blocks at the edges are cut off.  Biases are kept.

    Attributes:
        keep: numbers stored, over weights, in (0, 1]; a layer with so few already
            stays as it is.

    Source: the simplest of the structured matrices of Sindhwani et al. 2015 (recalled),
    there trained, here fitted.
    """

    keep: float

    def __post_init__(self) -> None:
        check_keep(self.keep)

    def apply(self, network: Network) -> Network:
        """The net of Toeplitz blocks, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The net of Toeplitz blocks, and each layer's relative error."""
        return _averaged(network, self.keep, wrap=False)


def _averaged(network: Network, keep: float, *, wrap: bool) -> tuple[Network, Report]:
    def fit(i: int, weight: Floats, numbers: int) -> Tied:
        rows, columns = weight.shape
        pattern = _pattern((rows, columns), numbers, wrap)
        sums, terms = gathered(pattern, weight, layer=i)
        return Tied(pattern=pattern, values=single(sums / np.maximum(terms, 1)))

    return layerwise(network, keep, fit)


def _pattern(shape: tuple[int, int], numbers: int, wrap: bool) -> Diagonals:
    """Of the block sizes that a code can name, the one nearest below the budget."""
    sizes = np.arange(1, max(shape) + 1)
    slots = -(-shape[0] // sizes) * -(-shape[1] // sizes)
    slots *= sizes if wrap else 2 * sizes - 1
    entries = shape[0] * shape[1]
    stored = np.where(slots <= entries, _stored(sizes, shape, wrap), entries)
    within = stored <= numbers
    best = np.argmax(np.where(within, stored, -stored))
    return Diagonals(block=int(sizes[best]), wrap=wrap)


def _stored(
    p: NDArray[np.int64], shape: tuple[int, int], wrap: bool
) -> NDArray[np.int64]:
    """Diagonals that hold an entry, for each block size.

    A block cut to a rows and b columns has a + b - 1 diagonals, of which p are
    different if they wrap; that is less than p in the corner only.
    """
    m, n = shape
    down, across = -(-m // p), -(-n // p)
    if not wrap:
        return across * m + down * n - down * across
    corner = (m - 1) % p + (n - 1) % p + 1
    return down * across * p - np.maximum(p - corner, 0)
