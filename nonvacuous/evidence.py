"""What was measured: frozen facts that a theorem may use.

Counts are integers; every shape of fact validates itself and knows the sample that it
was counted on.  No torch here: evidence can come from any framework, or from a paper.
"""

import math
from dataclasses import dataclass
from operator import index
from typing import SupportsIndex

__all__ = ["CodedFit", "CoresetFit", "HoldoutErrors", "Origin"]


_ROLES = ("prior", "train", "bound", "holdout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The sample that a fact was counted on.

    ``role`` is `prior`, `train`, `bound` or `holdout`; ``promise`` says in words what
    the caller vouches for about these rows.
    """

    source: str
    role: str
    digest: str
    rows: int
    promise: str = ""

    def __post_init__(self) -> None:
        if self.role not in _ROLES:
            raise ValueError(f"role must be among {_ROLES}, got {self.role!r}")
        if self.rows < 1:
            raise ValueError(f"rows must be at least 1, got {self.rows}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutErrors:
    """Errors of one predictor on rows that did not choose it."""

    errors: int
    trials: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _set_counts(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedFit:
    """Errors, on any rows, of the net that a code of ``bits`` bits decodes to.

    ``code`` holds those bits, padded to bytes; without it the length is the caller's
    word.  ``format`` names the decoder, fixed before the rows were seen, and
    ``decoded`` says that it was run: the errors are those of the net it returned.
    """

    errors: int
    trials: int
    bits: int
    code: bytes | None = None
    format: str | None = None
    decoded: bool = False
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _set_counts(self)
        object.__setattr__(self, "bits", index(self.bits))
        if self.bits < 0:
            raise ValueError(f"bits must be at least 0, got {self.bits}")
        if self.code is not None and len(self.code) != -(-self.bits // 8):
            raise ValueError(
                f"code must hold {self.bits} bits, got {len(self.code)} bytes"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CoresetFit:
    r"""What CoreNet's generalization bound asks of a net and a sample P \\ S.

    Attributes:
        margin_errors: rows of P \\ S on which the original net's margin is at most
            sqrt(2) epsilon max ||f(x)||.
        trials: rows of P \\ S.
        grid_index: j of epsilon = 2^-j, paid for inside ``theorem_delta``.
        theorem_delta: probability spent on the network theorem, over all rows.
        slots: weights and biases of the net, zero or not.
        kept_by_theorem: non-zeros that the network theorem allows, infinite on
            overflow.
        least_layer_epsilon: the smallest epsilon_l that the theorem works with.
        exceed: rows of P \\ S on which, in some layer, the largest sign complexity
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
        _set_counts(self, "margin_errors", "trials")
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


def _set_counts(
    fact: HoldoutErrors | CodedFit | CoresetFit,
    errors: str = "errors",
    trials: str = "trials",
) -> None:
    """Make both counts plain integers and refuse impossible ones.

    Raises:
        ValueError: for those.
    """
    for name in (errors, trials):
        value: SupportsIndex = getattr(fact, name)
        object.__setattr__(fact, name, index(value))
    k, n = getattr(fact, errors), getattr(fact, trials)
    if n < 1:
        raise ValueError(f"{trials} must be at least 1, got {n}")
    if fact.origin is not None and n > fact.origin.rows:
        raise ValueError(
            f"{trials} must be at most the {fact.origin.rows} rows of"
            f" {fact.origin.source}, got {n}"
        )
    if not 0 <= k <= n:
        raise ValueError(f"{errors} must lie between 0 and {trials} ({n}), got {k}")
