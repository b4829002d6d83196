"""What the number of rows of a fact must satisfy, where no errors are counted."""

from operator import index
from typing import Any

__all__ = ["check_trials", "set_trials"]


def set_trials(fact: Any) -> None:
    """Make the number of rows a plain integer and refuse an impossible one.

    Raises:
        ValueError: for one below 1 or above the rows of the origin.
    """
    object.__setattr__(fact, "trials", index(fact.trials))
    check_trials(fact)


def check_trials(fact: Any) -> None:
    """Refuse an impossible number of rows.

    Raises:
        ValueError: for one below 1 or above the rows of the origin.
    """
    if fact.trials < 1:
        raise ValueError(f"trials must be at least 1, got {fact.trials}")
    if fact.origin is not None and fact.trials > fact.origin.rows:
        raise ValueError(
            f"trials must be at most the {fact.origin.rows} rows of"
            f" {fact.origin.source}, got {fact.trials}"
        )
