"""Is it true?  One module per paper, named by its key in ``references.bib``.

Every ``check_*`` function asks one question of a paper, or of our reading of it, and
answers with a :class:`Verdict`.  Nothing is computed, and neither sympy nor mpmath is
imported, until :func:`checks` is called.
"""

from collections.abc import Callable
from importlib import import_module

from paper_checks._verdict import Truth as Truth
from paper_checks._verdict import Verdict as Verdict

__all__ = ["KEYS", "Check", "Truth", "Verdict", "checks"]

Check = Callable[[], Verdict]

KEYS = (
    "langford2005tutorial",
    "baykal2019coresets",
    "golowich2018size",
    "campi2023compression",
)


def checks(key: str | None = None) -> tuple[Check, ...]:
    """The checks of one paper, or of all, in source order.

    Args:
        key: a BibTeX key of :data:`KEYS`; None means every paper.

    Returns:
        Functions without arguments.

    Raises:
        ValueError: if no paper of that key is checked here.

    >>> [check.__name__ for check in checks("langford2005tutorial")][0]
    'check_tail_falls_with_p'
    """
    if key is not None and key not in KEYS:
        raise ValueError(f"key must be one of {', '.join(KEYS)}, got {key!r}")
    found: list[Check] = []
    for name in KEYS if key is None else (key,):
        module = import_module(f"{__name__}.{name}")
        found += (
            value
            for label, value in vars(module).items()
            if label.startswith("check_") and value.__module__ == module.__name__
        )
    return tuple(found)
