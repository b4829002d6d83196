"""The sample that a fact was counted on."""

from dataclasses import dataclass

__all__ = ["Origin"]

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
