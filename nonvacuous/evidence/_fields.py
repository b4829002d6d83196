"""The fields of a fact, in the words of its own docstring."""

import inspect
import math
import re
from dataclasses import fields
from typing import Any

__all__ = ["describe", "spent"]


def describe(kind: type) -> dict[str, str]:
    """What each field of an evidence class means, one sentence each.

    Args:
        kind: an evidence class, with an ``Attributes`` section in its docstring.

    Returns:
        Field name to sentence; a field that the docstring leaves out is left out.

    >>> from nonvacuous.evidence import HoldoutErrors
    >>> describe(HoldoutErrors)["trials"]
    'rows looked at.'
    """
    _, _, section = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")
    entries = re.split(r"^    (?=\w+: )", section, flags=re.MULTILINE)[1:]
    said = dict(entry.split(": ", 1) for entry in entries)
    return {
        f.name: " ".join(said[f.name].replace("``", "").split())
        for f in fields(kind)
        if f.name in said
    }


def spent(fact: Any) -> float:
    """Probability of failure that the fact has used up: its ``..._delta`` fields."""
    names = [f.name for f in fields(fact) if f.name.endswith("_delta")]
    return math.fsum(getattr(fact, name) for name in names)
