"""Sizes of Arora et al.'s Matrix-Project, in the shape that questions are asked in.

The count of projections is the safe one, not the source's, which is too small.
"""

import math
from dataclasses import dataclass

from nonvacuous.bounds.noise_stability import accuracies, projections_needed
from nonvacuous.bounds.planning._size import Size

__all__ = ["PROJECTION_SIZES", "Coefficients", "Projections"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projections:
    """What the number of random projections of one matrix depends on.

    Attributes:
        epsilon: error of u'Av over the norms of A, u and v, in (0, 1].
    """

    epsilon: float

    def __post_init__(self) -> None:
        _check_epsilon(self.epsilon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """What the size of the net that Arora et al.'s lemma promises depends on.

    Attributes:
        epsilon: relative error of the outputs, in (0, 1].
        layer_cushions: layer cushion of each weight layer, in (0, 1].
        onward_cushions: least interlayer cushion of each weight layer, in (0, 1].
        contraction: activation contraction c, at least 1.
        rows: rows that the cushions were measured on.
        widest: neurons of the widest layer, the input among them.
    """

    epsilon: float
    layer_cushions: tuple[float, ...]
    onward_cushions: tuple[float, ...]
    contraction: float
    rows: int
    widest: int

    def __post_init__(self) -> None:
        _check_epsilon(self.epsilon)
        cushions = (*self.layer_cushions, *self.onward_cushions)
        if not cushions or not all(0 < c <= 1 for c in cushions):
            raise ValueError(f"cushions must lie in (0, 1], got {cushions}")
        if len(self.layer_cushions) != len(self.onward_cushions):
            raise ValueError(
                f"onward_cushions must be {len(self.layer_cushions)} numbers, got"
                f" {len(self.onward_cushions)}"
            )
        if not self.contraction >= 1:
            raise ValueError(f"contraction must be at least 1, got {self.contraction}")
        for name in ("rows", "widest"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be at least 1, got {getattr(self, name)}"
                )


def _check_epsilon(epsilon: float) -> None:
    """The lemmas are about relative errors.

    Raises:
        ValueError: for an epsilon outside (0, 1].
    """
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must lie in (0, 1], got {epsilon}")


def _coefficients(facts: Coefficients, delta: float) -> float:
    r""":math:`\sum_i k(\epsilon \mu_i \mu_{i\to} / 6cd, \delta / 2 d^2 h n)`."""
    depth = len(facts.layer_cushions)
    each = delta / (2 * depth**2 * facts.widest * facts.rows)
    shares = accuracies(
        facts.layer_cushions,
        facts.onward_cushions,
        contraction=facts.contraction,
        epsilon=facts.epsilon,
    )
    return math.fsum(projections_needed(a, each) for a in shares)


PROJECTION_SIZES: tuple[Size, ...] = (
    Size(
        name="arora-projections",
        about="Gaussian projections of one matrix that keep u'Av, safely counted",
        source="arora2018stronger, Algorithm 3, with a count that is proved",
        formula=lambda facts, delta: float(projections_needed(facts.epsilon, delta)),
        example=Projections(epsilon=0.5),
        falls=("epsilon",),
    ),
    Size(
        name="arora-coefficients",
        about="coefficients of the net that the lemma promises, before any cap",
        source="arora2018stronger, Lemma 2, with a count that is proved",
        formula=_coefficients,
        example=Coefficients(
            epsilon=0.5,
            layer_cushions=(0.05, 0.08, 0.08),
            onward_cushions=(0.04, 0.08, 0.3),
            contraction=2.5,
            rows=60_000,
            widest=785,
        ),
        rises=("contraction", "rows", "widest"),
        falls=("epsilon",),
    ),
)
