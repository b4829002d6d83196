"""The verdicts of the paper checks, one table for each paper."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paper_checks import Whose

if TYPE_CHECKING:
    from paper_checks import Done

__all__ = ["ledger"]


def ledger(done: "Sequence[Done]") -> RenderableType:
    """Paper by paper: each claim, its verdict, and what was done.

    Args:
        done: checks that have run, papers together.
    """
    parts: list[RenderableType] = []
    for key, group in groupby(done, key=lambda one: one.key):
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=True)
        table.add_column("claim", ratio=1)
        table.add_column("verdict")
        table.add_column("how", ratio=1)
        for verdict in (one.verdict for one in group):
            word = str(verdict.truth)
            if not verdict.as_expected:
                word += f", recorded: {verdict.expected}"
            claim, how = verdict.claim, verdict.evidence
            if verdict.whose is not Whose.OURS:
                claim += f" ({verdict.whose})"
            if verdict.mended:
                how += f" We use: {verdict.mended}"
            style = None if verdict.as_expected else "bold red"
            table.add_row(claim, word, how, style=style)
        parts += [Text(key, style="bold"), table]
    held = sum(one.verdict.as_expected for one in done)
    parts.append(Text(f"{held} of {len(done)} verdicts are the recorded ones."))
    return Group(*parts)
