"""A report as a table and a few sentences, for a terminal or as plain text."""

import io
from collections.abc import Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nonvacuous._result import ErrorCount, Report, Row
from nonvacuous.bounds import Verdict
from nonvacuous.bounds._bound import percent, plain

__all__ = ["render", "text"]

WIDTH = 100


def text(report: Report, width: int = WIDTH) -> str:
    """The report without colours, lines at most `width` wide."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(render(report))
    return captured.get()


def render(report: Report) -> RenderableType:
    """The whole report for ``rich``: net, table, verdicts, refusals, small print."""
    parts: list[RenderableType] = [_head(report)]
    if report.certificates:
        parts.append(_table(report))
    parts += [_paragraph(*line) for line in _verdicts(report)]
    for elsewhere, title in (
        (False, "Refused"),
        (True, "For other evidence than a net and its rows"),
    ):
        lines = list(_refusals(report, elsewhere))
        if lines:
            parts.append(Text(f"\n{title}", style="bold"))
            parts += [_paragraph(*line) for line in lines]
    parts.append(Text("\nAssumptions and small print", style="bold"))
    parts += [_paragraph(*line) for line in _small_print(report)]
    return Group(*parts)


def _head(report: Report) -> Text:
    layers = "-".join(map(str, report.net["layers"]))
    head = Text()
    head.append(f"Net {layers}", style="bold")
    head.append(f", {report.net['parameters']:,} parameters.")
    for name, seen in (("Train", report.train_error), ("Test", report.test_error)):
        if seen is not None:
            head.append(f"  {name} error {_count(seen)}")
            if name == "Test":
                low, high = seen.interval
                head.append(
                    f", interval [{_floor(low)}, {percent(high)}] % at delta"
                    f" {plain(seen.delta)}"
                )
            head.append(".")
    return head


def _table(report: Report) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column("theorem", no_wrap=True)
    table.add_column("whose risk", no_wrap=True)
    for name in ("bits", "train %", "test %", "risk ≤ %"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in report.rows():
        if row.name == "best":
            table.add_section()
        table.add_row(*_cells(row), style="dim" if row.vacuous else None)
    return table


def _cells(row: Row) -> tuple[str, ...]:
    certificate = row.certificate
    bits = certificate.terms.get("bits")
    name = row.name or certificate.bound.name
    label = row.label
    if row.name == "best":
        name, label = "best", f"the {certificate.about} net"
    return (
        name,
        label,
        "" if bits is None else f"{int(bits):,}",
        "" if row.train_error is None else f"{100 * row.train_error.value:.2f}",
        "" if row.test_error is None else f"{100 * row.test_error.value:.2f}",
        percent(certificate.upper),
        _vacuous(row),
    )


def _vacuous(row: Row) -> str:
    """The word, or the theorem's own number where that is above 1."""
    if not row.vacuous:
        return ""
    raw = row.certificate.raw
    return "vacuous" if raw <= 1 else plain(raw)


def _verdicts(report: Report) -> Iterator[tuple[str, str]]:
    """What the rows come to, each in a sentence."""
    coded = [
        row
        for row in report.rows()
        if row.certificate.bound.name == "occam-binomial" and row.name != "best"
    ]
    if coded:
        least = min(coded, key=lambda row: row.certificate.upper)
        size = least.certificate.terms["bits"] / 8 / 1024
        word = "vacuous" if least.vacuous else "not vacuous"
        yield (
            "From the training sample alone: ",
            f"a compressed net ({least.label}, {size:.1f} KiB) errs on at most"
            f" {percent(least.certificate.upper)} % of unseen data, {word}; the code"
            " pays for the search, so the least occam-binomial row needs no more.",
        )
    for row in report.rows():
        if row.certificate.bound.name == "pac-bayes-kl-exact" and row.name != "best":
            word = "vacuous" if row.vacuous else "not vacuous"
            yield (
                "From the training sample alone: ",
                "a stochastic net, its weights drawn anew for each row, errs on at most"
                f" {percent(row.certificate.upper)} % of unseen data, {word}.",
            )
    held = [r for r in report.rows() if r.certificate.bound.name == "holdout-binomial"]
    if held:
        yield (
            "From the hold-out: ",
            f"the net as it is errs on at most {percent(held[0].certificate.upper)} %"
            " of unseen data.  A training-sample certificate is worth having where"
            " there is no such hold-out.",
        )
    if report.best is not None:
        chosen = report.best.certificate
        charged = int(chosen.terms["events charged"])
        yield (
            "best: ",
            f"{chosen.bound.name}, recomputed at delta / {charged} for the"
            f" {charged} theorems that it could have been picked from.",
        )
    if any(row.certificate.raw > 1 for row in report.rows()):
        yield (
            "A number in the last column ",
            "is the theorem's own, where that is above 1 and so vacuous.",
        )


def _refusals(report: Report, elsewhere: bool) -> Iterator[tuple[str, str]]:
    """One paragraph for each reason, with all that it refuses."""
    names: dict[str, list[str]] = {}
    for r in report.refused:
        if r.elsewhere is not elsewhere:
            continue
        names.setdefault(f"{r.assumption}: {r.reason}.", []).append(r.bound)
    for reason, refused in names.items():
        yield ", ".join(dict.fromkeys(refused)) + ": ", reason


def _small_print(report: Report) -> Iterator[tuple[str, str]]:
    yield (
        "Each row ",
        f"is wrong with probability at most {plain(report.delta)} on its own; errors"
        " are counted in float64 on the decoded net (those on few 'levels' are"
        " fine-tuned on the training rows, which their codes pay for), ties and"
        " doubtful roundings count as errors, every bound is rounded up.",
    )
    seen: dict[str, tuple[str, Verdict]] = {}
    for row in report.rows():
        for assumption in row.certificate.bound.assumptions:
            verdict = row.certificate.assumptions[assumption.name]
            before = seen.get(assumption.name)
            if before is None or before[1] is Verdict.CHECKED:  # the weaker one stays
                seen[assumption.name] = (assumption.statement, verdict)
    for name, (statement, verdict) in seen.items():
        yield f"{name} ({verdict}): ", statement + "."
    for name in ("train", "test"):
        sample = report.data[name]
        if sample is not None:
            yield (
                f"{name} rows: ",
                f"{sample['rows']:,} of {sample['source']}, vouched by the caller to be"
                f" {sample['promise'].removesuffix('.')}.",
            )
    for note in report.notes:
        yield "", note


def _paragraph(lead: str, rest: str) -> RenderableType:
    line = Text(lead, style="italic")
    line.append(Text(rest, style="not italic"))
    return Padding(line, (0, 0, 0, 2))


def _count(seen: ErrorCount) -> str:
    return f"{100 * seen.value:.2f} % ({seen.errors:,} of {seen.trials:,})"


def _floor(value: float) -> str:
    """A percentage rounded down: the lower end of an interval goes outward."""
    up = percent(-value)
    return up[1:] if up.startswith("-") else up
