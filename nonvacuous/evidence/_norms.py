"""Norms of a net beside its margin errors on a sample: what norm-based bounds ask.

All norms are those of the net without biases that computes the same function: a bias is
the weight of a constant input 1, which every hidden layer hands on.
"""

import math
from dataclasses import dataclass
from operator import index
from typing import Any

from nonvacuous.evidence._checks import check_least, set_counts
from nonvacuous.evidence._origin import Origin

__all__ = [
    "NormFit",
    "PerturbationFit",
    "RepresentationFit",
    "SpectralFit",
    "TwoLayerFit",
]

ZERO = "zero"
"""The reference that every theorem takes: matrices of zeros."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NormFit:
    """One norm of a whole net, homogeneous in its output, and its margin errors.

    Attributes:
        margin_errors: rows whose margin is at most ``margin``.
        trials: rows looked at.
        margin: the margin, above 0, chosen as one likes.
        kind: which norm it is, such as "frobenius", "path" or "row-sums".
        norm: that norm of the net as it is.
        row_norm: norm of the rows that goes with it, over the sample and not its mean.
        layers: weight layers.
        classes: outputs.
        inputs: features, the constant 1 among them.
    """

    margin_errors: int
    trials: int
    margin: float
    kind: str
    norm: float
    row_norm: float
    layers: int
    classes: int
    inputs: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _counted(self)
        _at_least(self, 1, "layers", "inputs")
        _at_least(self, 2, "classes")
        check_least(self, 0, "norm")
        _positive(self, "row_norm")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralFit:
    """Spectral norms of a net's layers and their distances to a reference.

    Attributes:
        margin_errors: rows whose margin is at most ``margin``.
        trials: rows looked at.
        margin: the margin, above 0, chosen as one likes.
        spectral: spectral norm of each layer.
        distances: for each layer, the sum over its units of the Euclidean norm of
            incoming weights minus those of the reference.
        row_norm: Frobenius norm of the sample, the constant 1 of each row included.
        width: the widest layer, input and output among them.
        reference: "zero", or the digest of a net that was there before the sample.
        fixed: whether margin and norms are budgets that were fixed before the sample.
    """

    margin_errors: int
    trials: int
    margin: float
    spectral: tuple[float, ...]
    distances: tuple[float, ...]
    row_norm: float
    width: int
    reference: str = ZERO
    fixed: bool = False
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _counted(self)
        _at_least(self, 1, "width")
        _positive(self, "row_norm")
        for name in ("spectral", "distances"):
            values = tuple(float(v) for v in getattr(self, name))
            object.__setattr__(self, name, values)
            if not values or not all(0 <= v < math.inf for v in values):
                raise ValueError(
                    f"{name} must be a finite number of at least 0 for each layer,"
                    f" got {values}"
                )
        if len(self.spectral) != len(self.distances):
            raise ValueError(
                f"distances must be one for each of {len(self.spectral)} layers, got"
                f" {len(self.distances)}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PerturbationFit:
    """What tells how far a net's outputs move when its weights do.

    Attributes:
        margin_errors: rows whose margin is at most ``margin``.
        trials: rows looked at.
        margin: the margin, above 0, chosen as one likes.
        spectral: product over the layers of their spectral norms.
        stable_ranks: sum over the layers of (Frobenius norm / spectral norm)^2.
        radius: Euclidean norm that no input exceeds, the constant 1 included.
        domain: whether the radius holds for every input that can occur, and not for
            the rows of the sample alone.
        layers: weight layers.
        width: the widest layer, input and output among them.
    """

    margin_errors: int
    trials: int
    margin: float
    spectral: float
    stable_ranks: float
    radius: float
    domain: bool
    layers: int
    width: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _counted(self)
        _at_least(self, 1, "layers", "width")
        check_least(self, 0, "spectral")
        _positive(self, "stable_ranks", "radius")


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoLayerFit:
    """Norms of a net of two layers, the first one seen from a reference.

    Attributes:
        margin_errors: rows whose margin is at most ``margin``.
        trials: rows looked at.
        margin: the margin, above 0, chosen as one likes.
        output_norm: Frobenius norm of the second layer.
        distance: Frobenius norm of the first layer minus that of the reference.
        initial_norm: Frobenius norm of what the reference's hidden units give on the
            sample, after the ReLU.
        row_norm: Frobenius norm of the sample, the constant 1 of each row included.
        hidden: hidden units, the constant one among them.
        classes: outputs.
        reference: "zero", or the digest of a net that was there before the sample.
    """

    margin_errors: int
    trials: int
    margin: float
    output_norm: float
    distance: float
    initial_norm: float
    row_norm: float
    hidden: int
    classes: int
    reference: str = ZERO
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _counted(self)
        _at_least(self, 1, "hidden")
        _at_least(self, 2, "classes")
        check_least(self, 0, "output_norm", "distance", "initial_norm")
        _positive(self, "row_norm")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentationFit:
    """The last layer of a net whose hidden layers were learnt on other rows.

    Attributes:
        margin_errors: rows whose margin is at most ``margin``.
        trials: rows looked at.
        margin: the margin, above 0, chosen as one likes.
        distance: Frobenius norm of the last layer minus that of the reference.
        feature_norm: Frobenius norm of the last hidden layer's outputs on the sample,
            a constant 1 for the bias included.
        classes: outputs.
        reference: "zero", or the digest of a net that was there before these rows.
        apart: whether the hidden layers and the reference owe nothing to these rows.
    """

    margin_errors: int
    trials: int
    margin: float
    distance: float
    feature_norm: float
    classes: int
    apart: bool
    reference: str = ZERO
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _counted(self)
        _at_least(self, 2, "classes")
        check_least(self, 0, "distance")
        _positive(self, "feature_norm")


def _counted(fact: Any) -> None:
    """Whole counts and a margin above 0.

    Raises:
        ValueError: for others.
    """
    set_counts(fact, "margin_errors", "trials")
    if not 0 < fact.margin < math.inf:
        raise ValueError(f"margin must be above 0 and finite, got {fact.margin}")


def _at_least(fact: Any, least: int, *names: str) -> None:
    for name in names:
        value = index(getattr(fact, name))
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


def _positive(fact: Any, *names: str) -> None:
    for name in names:
        value = getattr(fact, name)
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be above 0 and finite, got {value}")
