"""Weights that share values, trained together, and Deep Compression as a whole."""

from dataclasses import dataclass

import numpy as np
import torch

from nonvacuous._counting import check_fits, compacted
from nonvacuous._descent import Descent, Progress, Recipe, one_thread, stretch
from nonvacuous._tensors import Tensors, storable
from nonvacuous.compression._rows import Rows
from nonvacuous.compression.fine_tuning import FineTuning
from nonvacuous.compression.pruning import MagnitudePruning
from nonvacuous.compression.quantizers._base import Quantizer
from nonvacuous.compression.quantizers._k_means import WeightSharing
from nonvacuous.nets import Network

__all__ = ["CentroidTraining", "DeepCompression"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CentroidTraining(Quantizer):
    """Train the values that weights share; which weight has which value stays.

    Every distinct non-zero weight of a layer is a shared value, so this follows a
    quantiser.  The gradient of a value is the sum over the weights that share it.
    Values end as float16 numbers other than 0; zeros stay zero.

    Attributes:
        rows: the training sample.
        recipe: steps, rate, batch, seed.
        bias_exponent: biases become multiples of ``2^-bias_exponent``; None trains
            them as float32 numbers.

    Source: trained quantisation of Han et al. 2016 (recalled).
    """

    rows: Rows
    recipe: Recipe
    bias_exponent: int | None = None

    def apply(self, network: Network, progress: Progress | None = None) -> Network:
        """The net with trained values, as a step of a pipeline."""
        check_fits(network, self.rows.x, int(self.rows.y.max(initial=0)) + 1)
        with one_thread():
            tensors = Tensors(network, bias_exponent=self.bias_exponent)
            shared = [_Shared(weight) for weight in tensors.weights]
            rows = tensors.rows(self.rows.x)
            descent = Descent(rows, self.rows.y, self.recipe, progress=progress)
            books = [each.book for each in shared]
            descent.run(
                [([*books, *tensors.free_biases()], 1.0)],
                lambda x, y: tensors.learn([each.weight() for each in shared], x, y),
                self.recipe.steps,
            )
            with torch.no_grad():
                for book in books:
                    book.copy_(storable(book))
                return tensors.network([each.weight() for each in shared])


class _Shared:
    """A weight matrix as a book of values and, for each entry, its place in it."""

    def __init__(self, weight: torch.Tensor) -> None:
        values, places = np.unique(weight.detach().numpy(), return_inverse=True)
        live = values != 0
        number = np.where(live, np.cumsum(live), 0)  # zeros read entry 0
        self.book = torch.from_numpy(values[live]).requires_grad_()
        self._places = torch.from_numpy(number[places.ravel()])
        self._shape = weight.shape

    def weight(self) -> torch.Tensor:
        """The matrix that the book gives."""
        padded = torch.cat([torch.zeros(1), self.book])
        return padded.index_select(0, self._places).view(self._shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepCompression(Quantizer):
    """Prune, retrain, share weights, retrain the shared values; then the code.

    The largest weights of the whole net are kept, hidden units that nothing reads are
    dropped, each layer's weights are put on levels by Lloyd's iterations from equally
    spaced ones.  The adaptive arithmetic code of the indices stands for Huffman's.

    Attributes:
        rows: the training sample.
        keep: share of the net's weights to keep, in (0, 1].
        levels: how many values a layer's non-zero weights take at most.
        recipe: of each of the two trainings.
        bias_exponent: biases become multiples of ``2^-bias_exponent`` in the second
            training; None trains them as float32 numbers.

    Source: Han, Mao and Dally 2016 (recalled; there pruning has a threshold a layer).
    """

    rows: Rows
    keep: float
    levels: int
    recipe: Recipe
    bias_exponent: int | None = None

    def __post_init__(self) -> None:
        # the steps refuse settings of theirs, each in a sentence that names it
        MagnitudePruning(keep=self.keep)
        WeightSharing(levels=self.levels)

    def apply(self, network: Network, progress: Progress | None = None) -> Network:
        """The net after the four steps, as a step of a pipeline."""
        check_fits(network, self.rows.x, int(self.rows.y.max(initial=0)) + 1)
        first, second = stretch(progress, 0.0, 0.5), stretch(progress, 0.5, 1.0)
        pruned = compacted(MagnitudePruning(keep=self.keep).apply(network))
        retrain = FineTuning(rows=self.rows, recipe=self.recipe)
        shared = WeightSharing(levels=self.levels).apply(retrain.apply(pruned, first))
        train = CentroidTraining(
            rows=self.rows, recipe=self.recipe, bias_exponent=self.bias_exponent
        )
        return train.apply(shared, second)
