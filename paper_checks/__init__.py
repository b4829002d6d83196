"""Is it true?  One module or package per paper, named by its key in ``references.bib``.

Every ``check_*`` function asks one question of a paper, or of our reading of it, and
answers with a :class:`Verdict`.  Nothing is computed, and neither sympy nor mpmath is
imported, until :func:`checks` is called.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from paper_checks._run import Done as Done
from paper_checks._run import decide as decide
from paper_checks._run import run as run
from paper_checks._verdict import Kind as Kind
from paper_checks._verdict import Truth as Truth
from paper_checks._verdict import Verdict as Verdict
from paper_checks._verdict import Whose as Whose

__all__ = [
    "KEYS",
    "OWED",
    "Check",
    "Done",
    "Kind",
    "Truth",
    "Verdict",
    "Whose",
    "checks",
    "decide",
    "key_of",
    "run",
]

Check = Callable[[], Verdict]

KEYS = (
    "baykal2019coresets",
    "arora2018stronger",
    "langford2005tutorial",
    "hoeffding1963probability",
    "maurer2009empirical",
    "waudbysmith2024estimating",
    "blum1999beating",
    "zhou2019nonvacuous",
    "lotfi2022pac",
    "lotfi2024nonvacuous",
    "maurer2004note",
    "germain2015risk",
    "catoni2007pac",
    "thiemann2017strongly",
    "perezortiz2021tighter",
    "jang2023tighter",
    "wu2024recursive",
    "rivasplata2020pac",
    "viallard2024general",
    "littlestone1986relating",
    "floyd1995sample",
    "bazinet2025sample",
    "campi2023compression",
    "paccagnan2023pick",
    "golowich2018size",
    "neyshabur2015norm",
    "neyshabur2018pac",
    "kawaguchi2017generalization",
    "bartlett2019nearly",
    "mohri2018foundations",
    "baykal2022sensitivity",
    "liebenwein2020provable",
)
"""In reading order."""

OWED = (
    "pac-bayes-recursive-betting",
    "pac-bayes-recursive",
    "spectral-margin",
    "spectral-margin-ratios",
    "spectral-margin-budgets",
    "spectral-margin-fixed",
    "two-layer-margin-units",
)
"""Theorems of ``bounds.ALL`` that some kind of check is still owed to."""


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
        for module in _parts(import_module(f"{__name__}.{name}")):
            found += (
                value
                for label, value in vars(module).items()
                if label.startswith("check_") and value.__module__ == module.__name__
            )
    return tuple(found)


def key_of(check: Check) -> str:
    """The paper that a check belongs to."""
    return check.__module__.split(".")[1]


def _parts(module: ModuleType) -> list[ModuleType]:
    """A module, or the parts that a package lists in its ``PARTS``, in order."""
    return [
        import_module(f"{module.__name__}.{part}")
        for part in getattr(module, "PARTS", ())
    ] or [module]
