"""Pruning layer by layer on the inputs that the original net gives each layer."""

from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from nonvacuous._counting import check_fits
from nonvacuous.compression._activations import gram, layer_inputs
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.compression._rows import Rows
from nonvacuous.compression._supports import budget
from nonvacuous.nets import Floats, Layer, Network
from nonvacuous.structures._base import single

__all__ = ["Damped", "Layerwise", "check_damping", "check_settings", "relative_error"]


def check_settings(rows: Rows, keep: float) -> None:
    """Refuse a sample without rows and a share outside (0, 1].

    Raises:
        ValueError: if it is.
    """
    if len(rows.x) == 0:
        raise ValueError("rows must hold at least one row, got 0")
    if not 0 < keep <= 1:
        raise ValueError(f"keep must lie in (0, 1], got {keep}")


def relative_error(weight: Floats, small: Floats, moments: Floats) -> float:
    r"""How far the outputs move, relative to their size, biases left out.

    .. math:: \mathbb E \|(W - \hat W) a\|^2 / \mathbb E \|W a\|^2

    Args:
        weight: W, (outputs, inputs).
        small: the pruned matrix, (outputs, inputs).
        moments: second moments E[a a^T], (inputs, inputs).

    Returns:
        The ratio; 0 where nothing moves.
    """
    moved, size = (float(np.vdot(w @ moments, w)) for w in (weight - small, weight))
    return moved / size if moved > 0 and size > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layerwise(Compressor):
    """Prune every layer to the same share of its weights; biases stay as they are.

    Each layer is pruned for the inputs that the original net gives it.  Weights that
    are zero stay zero.

    Attributes:
        rows: the sample whose inputs are used; labels are not.
        keep: share of each layer's weights to keep, in (0, 1], rounded to the nearest
            whole number of weights, at least 1.
    """

    rows: Rows
    keep: float

    def __post_init__(self) -> None:
        check_settings(self.rows, self.keep)

    @abstractmethod
    def prune(self, weight: Floats, moments: Floats, count: int) -> Floats:
        """The pruned matrix, of at most `count` non-zeros.

        Args:
            weight: (outputs, inputs).
            moments: second moments E[a a^T] of the inputs, (inputs, inputs).
            count: weights to keep.
        """

    def apply(self, network: Network) -> Network:
        """The pruned net, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The pruned net, and how far the outputs of each layer moved on the rows."""
        check_fits(network, self.rows.x, classes=0)
        layers, report = [], []
        inputs = layer_inputs(network, self.rows.x)
        for i, (layer, a) in enumerate(zip(network.layers, inputs, strict=True)):
            moments = gram(a)
            count = budget(self.keep, layer.weight.size)
            small = self.prune(layer.weight, moments, count)
            pruned = Layer(
                weight=small if network.double else single(small), bias=layer.bias
            )
            error = relative_error(layer.weight, pruned.weight, moments)
            layers.append(pruned)
            report.append(
                LayerReport(
                    layer=i + 1,
                    edges=int(np.count_nonzero(layer.weight)),
                    kept=pruned.kept,
                    facts={"relative squared error": error},
                )
            )
        return replace(network, layers=tuple(layers)), Report(layers=tuple(report))


@dataclass(frozen=True, slots=True, kw_only=True)
class Damped(Layerwise):
    """A layer-wise method that inverts the damped second moments.

    Attributes:
        rows: the sample whose inputs are used; labels are not.
        keep: share of each layer's weights to keep, in (0, 1].
        damping: added to the diagonal of the second moments, relative to its mean; in
            [1e-8, 1], below which float64 is not enough.
    """

    damping: float = 0.01

    def __post_init__(self) -> None:
        check_damping(self)


def check_damping(settings: Damped) -> None:
    """Refuse what a damped method cannot take.

    A function, since a slotted dataclass has no ``super()`` on 3.11.

    Raises:
        ValueError: if a setting is out of range.
    """
    check_settings(settings.rows, settings.keep)
    if not 1e-8 <= settings.damping <= 1:
        raise ValueError(f"damping must lie in [1e-8, 1], got {settings.damping}")
