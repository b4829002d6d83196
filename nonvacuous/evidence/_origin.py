"""The sample that a fact was counted on, and what counts must satisfy."""

from dataclasses import dataclass
from operator import index
from typing import Any, SupportsIndex

__all__ = ["Origin", "set_counts"]

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


def set_counts(fact: Any, errors: str = "errors", trials: str = "trials") -> None:
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
