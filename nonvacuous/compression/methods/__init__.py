"""The compression methods by name: one entry each, for commands, tables and tests.

A name is permanent.  To add a method is to add its entry: everything that goes through
the methods (``nonvacuous compress``, the benchmarks, the tests that every compressor
must pass) finds it here.
"""

import difflib

from nonvacuous.compression.methods._coresets import CORESETS
from nonvacuous.compression.methods._levels import LEVELS
from nonvacuous.compression.methods._method import Ask, Method
from nonvacuous.compression.methods._selection import SELECTION
from nonvacuous.compression.methods._structured import STRUCTURED

__all__ = ["METHODS", "Ask", "Method", "find_method"]

METHODS: tuple[Method, ...] = (*CORESETS, *SELECTION, *STRUCTURED, *LEVELS)
"""In the order in which they are listed."""


def find_method(name: str) -> Method:
    """The method of that name.

    Raises:
        ValueError: if there is none; the sentence lists the nearest names.
    """
    known = {m.name: m for m in METHODS}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    said = (
        f"the nearest are {', '.join(near)}"
        if near
        else f"there are {', '.join(known)}"
    )
    raise ValueError(f"there is no method {name!r}: {said}")
