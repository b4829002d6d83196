"""The measures by name: equation, formula, source, what they need, how to compute."""

from collections.abc import Callable
from dataclasses import dataclass

from nonvacuous.measures._facts import Facts

__all__ = ["JIANG", "NEYSHABUR", "Measure", "Need"]

JIANG, NEYSHABUR = "jiang2020fantastic", "neyshabur2017exploring"

Need = str
"""``rows``, ``initial``, ``sigma``, ``alpha``, ``log`` or ``first epoch``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number of a trained net that may go with its generalization; no guarantee.

    Attributes:
        name: permanent, in kebab case; ``log-`` where the value is a logarithm.
        equation: its number in the source, or where it stands.
        formula: of the value, in LaTeX.
        needs: beside the net: ``rows``, ``initial``, ``sigma``, ``alpha``, ``log``,
            ``first epoch``.
        source: a key of ``references.bib``.
        read: whether code of the formula was read; otherwise it is recalled.
        compute: the value of facts.
    """

    name: str
    equation: str
    formula: str
    needs: frozenset[Need]
    source: str
    read: bool
    compute: Callable[[Facts], float]

    @property
    def log(self) -> bool:
        """Whether the value is a logarithm."""
        return self.name.startswith("log-")
