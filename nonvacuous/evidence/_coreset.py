"""What CoreNet's generalization bound asks of a net and a sample."""

import math
from dataclasses import dataclass
from operator import index

from nonvacuous.evidence._checks import set_counts
from nonvacuous.evidence._origin import Origin

__all__ = ["CoresetFit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoresetFit:
    r"""What CoreNet's generalization bound asks of a net and a sample P \ S.

    Attributes:
        margin_errors: rows of P \ S on which the original net's margin is at most
            sqrt(2) epsilon max ||f(x)||.
        trials: rows of P \ S.
        grid_index: j of epsilon = 2^-j, paid for inside ``theorem_delta``.
        theorem_delta: probability spent on the network theorem, over all rows.
        slots: weights and biases of the net, zero or not.
        kept_by_theorem: non-zeros that the network theorem allows, infinite on
            overflow.
        least_layer_epsilon: the smallest epsilon_l that the theorem works with.
        exceed: rows of P \ S on which, in some layer, the largest sign complexity
            exceeds Delta-hat.
        promised_exceed: the probability of that which the theorem assumes away.
        tail_index: Hill's index of the sign complexities' tail, lowest over the
            layers; a mean exists above 1 only.
        worst_layer: the layer whose tail index that is, from 1.
        independent: whether the rows of P were kept from training.
    """

    margin_errors: int
    trials: int
    grid_index: int
    theorem_delta: float
    slots: int
    kept_by_theorem: float
    least_layer_epsilon: float
    exceed: int
    promised_exceed: float
    tail_index: float
    worst_layer: int
    independent: bool
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self, "margin_errors", "trials")
        if not 0 <= index(self.exceed) <= self.trials:
            raise ValueError(f"exceed must be in [0, trials], got {self.exceed}")
        if index(self.slots) < 1:
            raise ValueError(f"slots must be at least 1, got {self.slots}")
        for name, top in (
            ("theorem_delta", 1.0),
            ("promised_exceed", math.inf),
            ("kept_by_theorem", math.inf),
            ("least_layer_epsilon", 1.0),
            ("tail_index", math.inf),
        ):
            value: float = getattr(self, name)
            if not 0 <= value <= top:
                raise ValueError(f"{name} must lie in [0, {top}], got {value}")
