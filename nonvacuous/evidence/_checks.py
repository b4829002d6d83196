"""What the numbers of a fact must satisfy, in one sentence each."""

from operator import index
from typing import Any

__all__ = ["check_least", "check_rates", "check_trials", "set_counts", "set_trials"]


def set_counts(fact: Any, errors: str = "errors", trials: str = "trials") -> None:
    """Make both counts plain integers and refuse impossible ones.

    Raises:
        ValueError: for those.
    """
    object.__setattr__(fact, errors, index(getattr(fact, errors)))
    set_trials(fact, trials)
    k, n = getattr(fact, errors), getattr(fact, trials)
    if not 0 <= k <= n:
        raise ValueError(f"{errors} must lie between 0 and {trials} ({n}), got {k}")


def set_trials(fact: Any, name: str = "trials") -> None:
    """Make the count of rows a plain integer and refuse an impossible one.

    Raises:
        ValueError: for one below 1 or above the rows of the origin.
    """
    object.__setattr__(fact, name, index(getattr(fact, name)))
    check_trials(fact, name)


def check_trials(fact: Any, name: str = "trials") -> None:
    """Refuse an impossible count of rows.

    Raises:
        ValueError: for one below 1 or above the rows of the origin.
    """
    rows, origin = getattr(fact, name), fact.origin
    if rows < 1:
        raise ValueError(f"{name} must be at least 1, got {rows}")
    if origin is not None and rows > origin.rows:
        raise ValueError(
            f"{name} must be at most the {origin.rows} rows of {origin.source},"
            f" got {rows}"
        )


def check_rates(fact: Any, *names: str) -> None:
    """Refuse a rate outside [0, 1], or a probability of 1 that is spent.

    Raises:
        ValueError: for either.
    """
    for name in names:
        value: float = getattr(fact, name)
        if name.endswith("_delta"):
            if not 0 <= value < 1:
                raise ValueError(f"{name} must lie in [0, 1), got {value}")
        elif not 0 <= value <= 1:
            raise ValueError(f"{name} must lie in [0, 1], got {value}")


def check_least(fact: Any, least: float, *names: str) -> None:
    """Refuse a number below `least`.

    Raises:
        ValueError: if there is one.
    """
    for name in names:
        value: float = getattr(fact, name)
        if not value >= least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
