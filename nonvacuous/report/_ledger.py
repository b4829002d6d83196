"""The verdicts of the paper checks as a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from paper_checks import Verdict

__all__ = ["ledger"]


def ledger(verdicts: "Sequence[tuple[str, str, Verdict]]") -> Table:
    """One row for each check: paper, claim, verdict, what was done."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=True)
    table.add_column("paper", max_width=12)
    table.add_column("claim", ratio=3)
    table.add_column("verdict")
    table.add_column("how", ratio=3)
    for key, _, verdict in verdicts:
        word = str(verdict.truth)
        if not verdict.as_expected:
            word += f", recorded: {verdict.expected}"
        table.add_row(
            key,
            verdict.claim,
            word,
            verdict.evidence,
            style=None if verdict.as_expected else "bold red",
        )
    return table
