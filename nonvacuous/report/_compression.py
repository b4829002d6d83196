"""A compressed net as a table and a few sentences, and the methods as a list."""

import itertools
from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nonvacuous._compression import Compression, LayerLine
from nonvacuous.compression import Method

__all__ = ["methods_table", "render_compression"]


def methods_table(methods: Iterable[Method]) -> RenderableType:
    """Every method on a line: its name, what it keeps, what it takes."""
    table = _table()
    for name in ("method", "what it keeps", "takes"):
        table.add_column(name, no_wrap=True)
    for method in methods:
        takes = "keep/epsilon" if method.has_theorem else "keep"
        takes += ", data" if method.needs_rows else ""
        table.add_row(method.name, method.title, takes)
    return table


def render_compression(result: Compression) -> RenderableType:
    """The whole result for ``rich``: layers, errors, sizes, and what is sure."""
    sentences = (*_errors(result), *_sizes(result), *_words(result))
    return Group(
        _head(result), _layers(result), *itertools.starmap(_sentence, sentences)
    )


def _head(result: Compression) -> Text:
    method, settings = result.method, result.settings
    head = Text()
    head.append(method.name, style="bold")
    head.append(f": {method.title} ({method.source}).\n")
    head.append(f"Net {result.original}", style="bold")
    head.append(f", {result.original.parameters:,} parameters; ")
    if settings["epsilon"] is None:
        head.append(f"keep {settings['keep']:g}")
    else:
        head.append(f"epsilon {settings['epsilon']:g}, delta {settings['delta']:g}")
    head.append(f", seed {settings['seed']}.")
    return head


def _layers(result: Compression) -> Table:
    """A row for each layer and one for all; only columns that say something."""
    lines = [*result.lines, result.total]
    columns = {
        "layer": [str(line.layer or "all") for line in lines],
        "shape": [_shape(line) for line in lines],
        "weights": [f"{line.weights:,}" for line in lines],
        "asked": [_amount(line.asked) for line in lines],
        "drawn": [_amount(line.drawn) for line in lines],
        "kept": [f"{line.kept:,}" for line in lines],
        "kept %": [f"{100 * line.kept / line.weights:.2f}" for line in lines],
        "epsilon": [_amount(line.epsilon) for line in lines],
    }
    table = _table()
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    for i, row in enumerate(zip(*shown.values(), strict=True)):
        if i + 1 == len(lines):
            table.add_section()
        table.add_row(*row)
    return table


def _errors(result: Compression) -> Iterator[tuple[str, str]]:
    for name, (before, after, rows) in result.errors.items():
        yield (
            f"{name.capitalize()} error: ",
            f"{100 * after / rows:.2f} % ({after:,} of {rows:,}); the original net"
            f" {100 * before / rows:.2f} % ({before:,}).",
        )


def _sizes(result: Compression) -> Iterator[tuple[str, str]]:
    code, sizes = result.small.code, result.sizes
    dense, arrays = sizes["dense"], sizes["arrays"]
    yield (
        "Code: ",
        f"{code.bits:,} bits, {sizes['code']:,} bytes, are"
        f" {100 * sizes['code'] / dense:.1f} % of the dense net's {dense:,} as float32,"
        f" {100 * sizes['code'] / arrays:.1f} % of the small net's {arrays:,} as raw"
        " arrays, CSR where that is smaller.",
    )
    run = result.execution
    if run is not None:
        speeds = (f"{v:.2f} at batch {rows}" for rows, v in run.speedups.items())
        yield (
            "Speed over the dense net's: ",
            f"{', '.join(speeds)} (one thread, float32; kernels"
            f" {', '.join(run.kernels)}; {run.held:,} bytes held, dense"
            f" {run.dense:,}).",
        )


def _words(result: Compression) -> Iterator[tuple[str, str]]:
    """What is sure, and what else is to be known, each in a sentence."""
    yield "Guarantee: ", result.small.report.guarantee.removesuffix(".") + "."
    if result.rows is not None:
        yield "Rows looked at: ", result.rows
    lines = result.lines
    names = dict.fromkeys(name for line in lines for name in line.facts)
    for name in names:
        values = (_amount(line.facts.get(name)) or "-" for line in lines)
        yield f"{_capital(name)}, layer by layer: ", ", ".join(values) + "."
    for name, value in result.small.report.facts.items():
        shown = _amount(value) if isinstance(value, int | float) else str(value)
        yield f"{_capital(name)}: ", shown + "."
    if result.original.note:
        yield "About the net: ", result.original.note + "."


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _shape(line: LayerLine) -> str:
    """Inputs and outputs of the small layer, and of the original where they differ."""
    after, before = ("-".join(map(str, s)) for s in (line.after, line.before))
    return after if after == before else f"{before} to {after}"


def _amount(value: float | None) -> str:
    """A count in full, or what is large or no whole number to three digits."""
    if value is None:
        return ""
    if value != value:
        return "none"
    return f"{value:,.0f}" if value < 1e7 and value == int(value) else f"{value:.3g}"


def _table() -> Table:
    return Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)
    )


def _sentence(lead: str, rest: str) -> RenderableType:
    line = Text(lead, style="italic")
    line.append(Text(rest, style="not italic"))
    return Padding(line, (0, 0, 0, 2))
