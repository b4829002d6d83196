"""Incremental network quantization: powers of two, in portions, the rest retrained."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nonvacuous._counting import check_fits
from nonvacuous._descent import Descent, Progress, Recipe, one_thread
from nonvacuous._tensors import Tensors
from nonvacuous.compression._rows import Rows
from nonvacuous.compression.quantizers._base import Quantizer
from nonvacuous.nets import Floats, Network

__all__ = ["IncrementalQuantization", "exponents", "powers_of_two"]

_MOST_BITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementalQuantization(Quantizer):
    r"""Weights become 0 or :math:`\pm 2^p`, largest first, the others are retrained.

    Each layer's p lie in a range of :math:`2^{b-2}` exponents whose largest is
    :math:`\lfloor \log_2 (4 \max|W| / 3) \rfloor`, fixed before the first retraining.
    At each portion the largest weights that are still free are rounded and stay so;
    after each portion below 1 the free weights and the biases are trained.  Zeros stay
    zero and count for no portion; small weights become zero when their turn comes.

    Attributes:
        rows: the training sample.
        recipe: of the retraining after each portion.
        bits: b, from 2 to 8: one for zero, the others for sign and exponent.
        portions: accumulated shares of each layer's non-zero weights that are
            quantised, increasing, the last 1.
        bias_exponent: biases become multiples of ``2^-bias_exponent``; None trains
            them as float32 numbers.

    Source: Zhou et al. 2017, pruning-inspired partition (recalled).
    """

    rows: Rows
    recipe: Recipe
    bits: int = 5
    portions: tuple[float, ...] = (0.5, 0.75, 0.875, 1.0)
    bias_exponent: int | None = None

    def __post_init__(self) -> None:
        if not 2 <= self.bits <= _MOST_BITS:
            raise ValueError(f"bits must lie in [2, {_MOST_BITS}], got {self.bits}")
        steps = (0.0, *self.portions)
        rising = all(a < b for a, b in zip(steps, self.portions, strict=False))
        if not rising or steps[-1] != 1:
            raise ValueError(
                f"portions must increase from above 0 to 1, got {self.portions}"
            )

    def apply(self, network: Network, progress: Progress | None = None) -> Network:
        """The quantised net, as a step of a pipeline."""
        check_fits(network, self.rows.x, int(self.rows.y.max(initial=0)) + 1)
        with one_thread():
            tensors = Tensors(network, bias_exponent=self.bias_exponent)
            layers = [_Frozen(weight, self.bits) for weight in tensors.weights]
            steps = self.recipe.steps * (len(self.portions) - 1)
            rows = tensors.rows(self.rows.x)
            descent = Descent(
                rows, self.rows.y, self.recipe, steps=steps, progress=progress
            )
            for portion in self.portions:
                for layer in layers:
                    layer.freeze(portion)
                if portion < 1:
                    descent.run(
                        [([*tensors.weights, *tensors.free_biases()], 1.0)],
                        lambda x, y: tensors.learn([a.free() for a in layers], x, y),
                        self.recipe.steps,
                    )
            return tensors.network(tensors.weights)


class _Frozen:
    """A weight matrix of which ever more is quantised for good."""

    def __init__(self, weight: torch.Tensor, bits: int) -> None:
        self.weight = weight
        values = weight.detach().double().numpy()
        self._range = exponents(values, bits)
        self._fixed = values == 0
        self._zeros = int(self._fixed.sum())

    def free(self) -> torch.Tensor:
        """The matrix as the forward pass sees it: what is fixed has no gradient."""
        fixed = torch.from_numpy(self._fixed)
        return torch.where(fixed, self.weight.detach(), self.weight)

    @torch.no_grad()
    def freeze(self, portion: float) -> None:
        """Quantise the largest free weights until `portion` of all are fixed."""
        values = self.weight.double().numpy()
        count = round(portion * (values.size - self._zeros)) + self._zeros
        more = count - int(self._fixed.sum())
        chosen = largest(np.abs(values), ~self._fixed, more)
        values[chosen] = powers_of_two(values[chosen], *self._range)
        self._fixed |= chosen
        self.weight.copy_(torch.from_numpy(values))


def largest(sizes: Floats, among: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Where the `count` largest of some entries are; of equal ones the first."""
    order = np.argsort(np.where(among, -sizes, np.inf), axis=None, kind="stable")
    chosen = np.zeros(sizes.size, np.bool_)
    chosen[order[:count]] = True
    return chosen.reshape(sizes.shape)


def exponents(weight: Floats, bits: int) -> tuple[int, int]:
    r"""The least and the greatest exponent, :math:`n_2` and :math:`n_1`.

    .. math:: n_1 = \lfloor \log_2 (4 \max|W| / 3) \rfloor, \quad
              n_2 = n_1 + 1 - 2^{b-2}

    Args:
        weight: any shape.
        bits: b.

    Returns:
        n_2 and n_1, exact: no logarithm is taken.

    Source: Zhou et al. 2017 (recalled).
    """
    fraction, exponent = np.frexp(np.abs(weight).max())
    greatest = int(exponent) - int(fraction < 0.75)
    return greatest + 1 - 2 ** (bits - 2), greatest


def powers_of_two(values: Floats, least: int, greatest: int) -> Floats:
    r"""The nearest of 0 and :math:`\pm 2^p`, least <= p <= greatest.

    Halfway cases go to the larger power, and what is below half the smallest power to
    0; what is above the largest power goes to it.

    Args:
        values: any shape.
        least: smallest p.
        greatest: largest p.

    Returns:
        As `values`.
    """
    fraction, exponent = np.frexp(np.abs(values))
    power = np.clip(exponent - (fraction < 0.75), least, greatest)
    kept = np.abs(values) >= 2.0 ** (least - 1)
    found: Floats = np.where(kept, np.copysign(np.ldexp(1.0, power), values), 0.0)
    return found
