"""A theorem, and one certificate of it, in words."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nonvacuous.bounds import Bound, Certificate
from nonvacuous.bounds.planning._words import as_risk, as_value

__all__ = ["explained", "rendered", "theorems_table"]


def theorems_table(rows: Iterable[tuple[Bound[Any], Sequence[str]]]) -> RenderableType:
    """Every theorem on a line: its name, whose risk, what it needs, its source."""
    table = _table("theorem", "whose risk", "needs", "source")
    table.columns[3].no_wrap = True
    for bound, needs in rows:
        cells = (bound.name, str(bound.about), " ".join(needs), bound.source.key)
        table.add_row(*map(Text, cells))
    return table


def explained(
    bound: Bound[Any], fields: Iterable[tuple[str, str]], example: str
) -> RenderableType:
    """The theorem: statement, source, assumptions, fields and an example."""
    source = bound.source
    parts: list[RenderableType] = [
        Text.assemble((bound.name, "bold"), f", about the {bound.about} net."),
        _line("Source: ", f"{source}."),
        _line("Statement: ", bound.statement),
        Text("\nAssumptions", style="bold"),
        *(_line(f"{a.name}: ", f"{a.statement}.") for a in bound.assumptions),
        Text("\nFlags", style="bold"),
    ]
    table = _table("flag", "what it is")
    for flag, meaning in fields:
        table.add_row(Text(flag), Text(meaning))
    parts += [table, Text("\nExample", style="bold"), _line("", example)]
    return Group(*parts)


def rendered(
    certificate: Certificate[Any], beside: tuple[str, Certificate[Any]] | None
) -> RenderableType:
    """A certificate: a sentence, its terms, its assumptions, the hold-out beside it."""
    bound = certificate.bound
    parts: list[RenderableType] = [Text(str(certificate), style="bold")]
    if certificate.raw > 1:
        shown = as_value(certificate.raw, up=True, digits=3)
        parts.append(
            _line(
                "Vacuous: ",
                f"the theorem's own number is {shown}, a risk is at most 1.",
            )
        )
    if beside is not None:
        lead, other = beside
        parts.append(
            _line(f"{lead} ", f"{as_risk(other.upper)} by {other.bound.name}.")
        )
    if certificate.terms:
        parts.append(Text("\nTerms", style="bold"))
        table = _table("term", "value")
        table.columns[1].justify = "right"
        for name, value in certificate.terms.items():
            table.add_row(Text(name), as_value(float(value), up=True))
        parts.append(Padding(table, (0, 0, 0, 2)))
    parts.append(Text("\nAssumptions", style="bold"))
    for a in bound.assumptions:
        parts.append(
            _line(f"{a.name} ({certificate.assumptions[a.name]}): ", f"{a.statement}.")
        )
    parts.append(_line("Source: ", f"{bound.source}."))
    return Group(*parts)


def _table(*names: str) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)
    )
    for i, name in enumerate(names):
        table.add_column(name, no_wrap=i < 2 and len(names) > 2)
    return table


def _line(lead: str, rest: str) -> RenderableType:
    line = Text(lead, style="italic")
    line.append(Text(rest, style="not italic"))
    return Padding(line, (0, 0, 0, 2))
