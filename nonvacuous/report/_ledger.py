"""The verdicts of the paper checks, one table for each paper."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from paper_checks import Verdict

__all__ = ["ledger"]


def ledger(verdicts: "Sequence[tuple[str, Verdict]]") -> RenderableType:
    """Paper by paper: each claim, its verdict, and what was done.

    Args:
        verdicts: pairs of a paper's key and a verdict, papers together.
    """
    parts: list[RenderableType] = []
    for key, group in groupby(verdicts, key=lambda pair: pair[0]):
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=True)
        table.add_column("claim", ratio=1)
        table.add_column("verdict")
        table.add_column("how", ratio=1)
        for _, verdict in group:
            word = str(verdict.truth)
            if not verdict.as_expected:
                word += f", recorded: {verdict.expected}"
            style = None if verdict.as_expected else "bold red"
            table.add_row(verdict.claim, word, verdict.evidence, style=style)
        parts += [Text(key, style="bold"), table]
    held = sum(verdict.as_expected for _, verdict in verdicts)
    parts.append(Text(f"{held} of {len(verdicts)} verdicts are the recorded ones."))
    return Group(*parts)
