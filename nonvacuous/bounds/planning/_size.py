"""A count that a theorem asks for, in the shape that questions are asked in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Size"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A count that a theorem asks for or allows: ``formula(facts, delta)``.

    ``about`` says what is counted; ``rises`` and ``falls`` are as in a `Bound`.
    """

    name: str
    about: str
    source: str
    formula: Callable[[Any, float], float]
    example: Any
    rises: tuple[str, ...] = ()
    falls: tuple[str, ...] = ()
