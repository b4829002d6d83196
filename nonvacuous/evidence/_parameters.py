"""Errors of a net that a fixed finite class of parameters names."""

from dataclasses import dataclass
from operator import index

from nonvacuous.evidence._checks import set_counts
from nonvacuous.evidence._origin import Origin

__all__ = ["ParameterClassFit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterClassFit:
    """Errors of one of the nets that q parameters of r values each can name.

    Attributes:
        errors: rows that the net gets wrong; ties count as errors.
        trials: rows looked at.
        parameters: q, fixed before the rows were drawn.
        values: r, how many values one parameter can take, fixed likewise.
    """

    errors: int
    trials: int
    parameters: int
    values: int
    origin: Origin | None = None

    def __post_init__(self) -> None:
        set_counts(self)
        for name, least in (("parameters", 0), ("values", 1)):
            value = index(getattr(self, name))
            object.__setattr__(self, name, value)
            if not least <= value < 2**1000:
                raise ValueError(f"{name} must lie in [{least}, 2^1000), got {value}")
