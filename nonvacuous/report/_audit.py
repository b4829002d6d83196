"""An audit in words: verdicts, and the tables that they were made of."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nonvacuous._audit import Audit, Standing
from nonvacuous._audit._corenet import CoreNetAudit
from nonvacuous._audit._findings import Share
from nonvacuous._audit._reality import Comparison
from nonvacuous.bounds._bound import percent, plain
from nonvacuous.bounds.planning._words import as_percent

__all__ = ["render_audit"]

_STYLES = {Standing.HOLDS: "green", Standing.FAILS: "red", Standing.UNKNOWN: "yellow"}


def render_audit(audit: Audit) -> RenderableType:
    """The whole audit for ``rich``."""
    parts: list[RenderableType] = [_head(audit), *_findings(audit)]
    if audit.corenet is not None:
        parts += _corenet(audit.corenet)
    parts += _arora(audit)
    return Group(*parts)


def _head(audit: Audit) -> Text:
    data = audit.data
    head = Text()
    head.append(f"Net {'-'.join(map(str, audit.net['layers']))}", style="bold")
    head.append(f", {audit.net['parameters']:,} parameters, audited on")
    head.append(f" {data['rows']:,} rows of {data['source']} (role {data['role']});")
    head.append(f" delta {plain(audit.delta)}, seed {audit.seed}.\n")
    return head


def _findings(audit: Audit) -> Iterator[RenderableType]:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("assumption", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("what is assumed: what was found", ratio=1)
    for finding in audit.findings:
        verdict = Text(finding.verdict, style=_STYLES[finding.verdict])
        why = Text(f"{finding.statement}: ", style="italic")
        why.append(Text(f"{finding.sentence}.", style="not italic"))
        table.add_row(finding.name, verdict, why)
    yield table
    groups: dict[tuple[str, ...], list[str]] = {}
    for finding in audit.findings:
        groups.setdefault(finding.theorems, []).append(finding.name)
    yield Text("\nWho leans on them", style="bold")
    for theorems, names in groups.items():
        yield _sentence(f"{', '.join(theorems)}: ", f"{', '.join(names)}.")


def _corenet(found: CoreNetAudit) -> Iterator[RenderableType]:
    yield Text("\nCoreNet's theorem, layer by layer", style="bold")
    yield _sentence(
        "Parameters: ",
        f"|S| = {found.support:,} of {found.rows:,} rows; K = K' = ln(eta eta*) ="
        f" {found.constant:.2f} with eta = {found.neurons:,} and eta* ="
        f" {found.widest:,}; kappa = {found.kappa:.1f}; m is for an epsilon of"
        f" {found.epsilon:g}"
        + ("; inputs have both signs, so delta is halved." if found.signed else "."),
    )
    layers = found.layers
    yield _table(
        ("layer", [str(a.layer) for a in layers]),
        ("shape", [f"{a.inputs}-{a.outputs}" for a in layers]),
        ("S_i", [_short(a.sensitivity) for a in layers]),
        ("m", [_short(a.draws) for a in layers]),
        ("m, Delta-hat 1", [_short(a.draws_without) for a in layers]),
        ("m / fan-in", [_short(a.draws / a.inputs) for a in layers]),
        ("epsilon_l", [_short(a.epsilon) for a in layers]),
        ("dead on S", [_short(a.dead_on_support) for a in layers]),
        ("dead", [_short(a.dead) for a in layers]),
    )
    yield _sentence("", "S_i and m are medians over neurons, both signs together.")
    yield from _edges(found)
    yield from _tails(found)
    yield from _comparisons(found)


def _edges(found: CoreNetAudit) -> Iterator[RenderableType]:
    edges = [a.edges for a in found.layers]
    rows = edges[0].rows
    yield Text("\nA1: does an edge often come near its largest importance?", "bold")
    yield _table(
        ("layer", [str(a.layer) for a in found.layers]),
        ("live edges", [f"{e.live:,}" for e in edges]),
        ("seen to", [_part(e.seen, e.live) for e in edges]),
        ("surely break it", [_part(e.fail, e.live) for e in edges]),
        ("not known", [_part(e.unknown, e.live) for e in edges]),
        ("surely keep it", [_part(e.hold, e.live) for e in edges]),
        ("all at once", [_part(e.surely, e.live) for e in edges]),
        ("above K s_j", [_part(e.above, e.live) for e in edges]),
    )
    yield _sentence(
        "",
        f"Counted on {rows:,} rows; M_j is taken from the others.  Seen to: the share"
        " of rows breaks it.  Surely: by Clopper-Pearson, each edge at delta"
        f" {plain(found.delta)} on its own; all at once: they break it, delta"
        " split over all live edges.  Above K s_j: on a row that gave M_j.",
    )


def _tails(found: CoreNetAudit) -> Iterator[RenderableType]:
    tails = [a.tail for a in found.layers]
    yield Text("\nA2: the tail of the sign complexity Delta", style="bold")
    yield _table(
        ("layer", [str(a.layer) for a in found.layers]),
        ("Hill index", [f"{t.index:.2f}" for t in tails]),
        ("interval", [f"[{t.interval[0]:.2f}, {t.interval[1]:.2f}]" for t in tails]),
        ("Delta-hat", [f"{t.delta_hat:.0f}" for t in tails]),
        ("above it %", [f"{100 * t.exceed.value:.2f}" for t in tails]),
        ("interval", [_interval(t.exceed) for t in tails]),
        ("promised %", [percent(t.promised, 4) for t in tails]),
        ("infinite", [f"{t.infinite.count:,}" for t in tails]),
    )
    some = found.exceed
    yield _sentence(
        "",
        f"Hill from the {tails[0].order:,} largest of {some.of:,} values of max_i"
        " Delta_i, one a row; its interval is for a Pareto tail.  Above it: rows where"
        " some neuron's Delta is above Delta-hat, in some layer"
        f" {100 * some.value:.2f} %.  Infinite: rows.",
    )
    yield _table(
        ("layer", [str(a.layer) for a in found.layers]),
        *(
            (f"t = {float(name):,.0f}", [f"{t.means[name]:.1f}" for t in tails])
            for name in tails[0].means
        ),
    )
    yield _sentence(
        "",
        "Mean of min(Delta, t) over rows and neurons: where Delta has no mean it rises"
        " with t for ever.",
    )


def _comparisons(found: CoreNetAudit) -> Iterator[RenderableType]:
    rows = found.comparisons
    yield Text("\nWhat the theorem says of sampled nets, and what they do", "bold")
    yield _table(
        ("setting", [_setting(c) for c in rows]),
        ("kept %", [f"{100 * c.kept:.1f}" for c in rows]),
        ("error ≤", [_said(c.guaranteed) for c in rows]),
        ("past %", [f"{100 * c.exceeded:.2f}" for c in rows]),
        ("median", [f"{c.median:.2g}" for c in rows]),
        ("95 %", [f"{c.high:.2g}" for c in rows]),
        ("allowed %", [_promised(c) for c in rows]),
        ("seen %", [_range(c.failed, c.failed_range) for c in rows]),
        ("wrong %", [_range(c.error, c.error_range) for c in rows]),
    )
    first = rows[0]
    yield _sentence(
        "",
        f"{first.draws} nets each, all of one S, on {first.rows:,} rows outside it."
        "  Error ≤: of every output, by the theorem; from 1 on it says nothing, and 0"
        " means that no edge seen active on S went.  Past: nets and rows with an output"
        f" beyond that; the theorem allows {as_percent(found.delta)} %, over draws of S"
        " too.  Median, 95 %: of |f^ - f| / |f|.  Allowed, seen: nets and rows with an"
        f" output outside 1 +- epsilon, {found.epsilon:g} at budgets.  In brackets: the"
        " least and the largest of one net.  Wrong: the net itself on"
        f" {100 * first.original:.2f} %.",
    )


def _arora(audit: Audit) -> Iterator[RenderableType]:
    found, norms = audit.arora, audit.norms
    yield Text("\nCushions and norms, layer by layer", style="bold")
    yield _table(
        ("layer", [str(i + 1) for i in range(len(found.cushions))]),
        ("mu_i", [f"{v:.4f}" for v in found.cushions]),
        ("at row", [f"{r:,}" for r in found.cushion_rows]),
        ("mu_i->", [f"{v:.4f}" for v in found.onward]),
        ("at row", ["all" if r is None else f"{r:,}" for r in found.onward_rows]),
        ("Frobenius", [plain(v) for v in norms.frobenius]),
        ("spectral", [plain(v) for v in norms.spectral]),
    )
    known = "unknown" if norms.radius is None else plain(norms.radius)
    yield _sentence(
        "",
        f"Over {found.rows:,} rows of {found.source}; c = {found.contraction:.3g}, rho"
        f" = {found.smoothness:.3g} against 3 d = {found.needed}; radius of the domain"
        f" {known}, largest row {plain(norms.largest_row)}.",
    )


def _setting(c: Comparison) -> str:
    return f"keep {c.keep:g}" if c.keep is not None else f"eps {c.epsilon:g}"


def _promised(c: Comparison) -> str:
    return "nothing" if c.promised >= 1 else f"≤ {as_percent(c.promised)}"


def _said(value: float) -> str:
    return plain(value) if 0 < value < float("inf") else f"{value:g}"


def _range(mean: float, ends: tuple[float, float]) -> str:
    low, high = (f"{100 * v:.1f}" if v < 0.1 else f"{100 * v:.0f}" for v in ends)
    return f"{100 * mean:.2f} ({low}-{high})"


def _interval(share: Share) -> str:
    return f"[{100 * share.low:.2f}, {percent(share.high)}]"


def _part(count: int, whole: int) -> str:
    return f"{100 * count / whole:.1f} %" if whole else "none"


def _short(value: float) -> str:
    if value < 1e4 and value == int(value):
        return f"{int(value)}"
    return f"{value:.3g}".replace("e+", "e")


def _table(*columns: tuple[str, Sequence[str]]) -> RenderableType:
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)
    )
    for name, _ in columns:
        table.add_column(name, justify="right")
    for row in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*row)
    return Padding(table, (0, 0, 0, 2))


def _sentence(lead: str, rest: str) -> RenderableType:
    line = Text(lead, style="italic")
    line.append(Text(rest, style="not italic"))
    return Padding(line, (0, 0, 0, 2))
