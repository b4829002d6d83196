"""An audit of CoreNet's theorem as four pictures in one file."""

import io
from typing import TYPE_CHECKING

from nonvacuous._audit import Audit
from nonvacuous._audit._corenet import CoreNetAudit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_audit"]

# Okabe and Ito: told apart by colour-blind eyes; markers differ too
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS = "osD^vP"
_GREY = "#999999"


def draw_audit(audit: Audit, kind: str) -> bytes:
    """The picture as bytes.

    Args:
        audit: one in which CoreNet's theorem could be audited.
        kind: png, svg or pdf.

    Raises:
        ValueError: if S takes too many rows.
    """
    from matplotlib.figure import Figure

    found = audit.corenet
    if found is None:
        raise ValueError("nothing to draw: S takes more rows than there are")
    figure = Figure(figsize=(11.0, 8.0), layout="constrained")
    axes = figure.subplots(2, 2)
    _tails(axes[0, 0], found)
    _edges(axes[0, 1], found)
    _errors(axes[1, 0], found)
    _failures(axes[1, 1], found)
    name = "-".join(map(str, audit.net["layers"]))
    figure.suptitle(f"CoreNet's theorem on net {name} and {audit.data['source']}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=150)
    return buffer.getvalue()


def _tails(axes: "Axes", found: CoreNetAudit) -> None:
    for layer in found.layers:
        tail, style = layer.tail, (layer.layer - 1) % len(_COLOURS)
        points = [(t, share) for t, share in tail.curve if t < float("inf")]
        axes.plot(
            *zip(*points, strict=True),
            _MARKERS[style],
            color=_COLOURS[style],
            markersize=3.5,
            label=f"layer {layer.layer}: index {tail.index:.2f}"
            f" [{tail.interval[0]:.2f}, {tail.interval[1]:.2f}]",
        )
        if 0 < tail.index < float("inf"):
            end, top = points[-1][0], tail.order / tail.exceed.of
            line = [
                (t, top * (t / tail.start) ** -tail.index) for t in (tail.start, end)
            ]
            axes.plot(*zip(*line, strict=True), color=_COLOURS[style], linewidth=1)
        if tail.delta_hat < float("inf"):
            axes.axvline(tail.delta_hat, color=_COLOURS[style], linestyle=":")
    axes.set(xscale="log", yscale="log", title="A2: tail of the sign complexity")
    axes.set_ylim(0.5 / found.exceed.of, 2.0)
    axes.set_xlabel("t (dotted: Delta-hat of the layer)")
    axes.set_ylabel("share of rows with max Delta ≥ t")
    axes.grid(alpha=0.3)
    axes.legend(title="points seen, line by Hill", fontsize=8, title_fontsize=8)


def _edges(axes: "Axes", found: CoreNetAudit) -> None:
    names = [f"layer {a.layer}" for a in found.layers]
    left = [0.0] * len(names)
    for label, attribute, colour, hatch in (
        ("surely break it", "fail", _COLOURS[1], "//"),
        ("cannot be known", "unknown", "#DDDDDD", ""),
        ("surely hold", "hold", _COLOURS[0], ".."),
    ):
        shares = [
            100 * getattr(a.edges, attribute) / max(1, a.edges.live)
            for a in found.layers
        ]
        axes.barh(
            names, shares, left=left, label=label, color=colour, hatch=hatch, ec="white"
        )
        left = [a + b for a, b in zip(left, shares, strict=True)]
    for row, layer in enumerate(found.layers):
        share = 100 * layer.edges.fail / max(1, layer.edges.live)
        axes.annotate(
            f"{share:.1f} %", (share, row), (4, 0), textcoords="offset points"
        )
    axes.invert_yaxis()
    axes.set(
        xlim=(0, 100), xlabel="live edges, %", title="A1: F_j(M_j / K) ≤ exp(-1/K)"
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, fontsize=8)


def _errors(axes: "Axes", found: CoreNetAudit) -> None:
    rows = found.comparisons
    places = range(len(rows))
    top = max(10.0, *(c.guaranteed for c in rows if c.guaranteed < float("inf")))
    said = [min(c.guaranteed, 10 * top) for c in rows]  # infinite at the top
    axes.plot(
        _beside(places, -1),
        said,
        "s",
        color=_COLOURS[1],
        label="guaranteed by the theorem",
    )
    axes.errorbar(
        _beside(places, 1),
        [c.median for c in rows],
        yerr=[[0.0] * len(rows), [max(0.0, c.high - c.median) for c in rows]],
        fmt="o",
        color=_COLOURS[0],
        capsize=4,
        label="observed: median, up to 95 %",
    )
    axes.axhline(1.0, color=_GREY, linestyle="--", label="above: the theorem is silent")
    axes.set_yscale("symlog", linthresh=1e-2)
    axes.set_ylim(-2e-3, 100 * top)
    axes.set_ylabel("relative error of the outputs")
    axes.set_title("Error: guaranteed and observed")
    _settings(axes, found)


def _failures(axes: "Axes", found: CoreNetAudit) -> None:
    rows = found.comparisons
    places = range(len(rows))
    axes.plot(
        _beside(places, -1),
        [100 * c.promised for c in rows],
        "s",
        color=_COLOURS[1],
        label="allowed by the theorem (100: it says nothing)",
    )
    means = [100 * c.failed for c in rows]
    ends = [[100 * end for end in c.failed_range] for c in rows]
    axes.errorbar(
        places,
        means,
        yerr=[
            [max(0.0, m - low) for m, (low, _) in zip(means, ends, strict=True)],
            [max(0.0, high - m) for m, (_, high) in zip(means, ends, strict=True)],
        ],
        fmt="o",
        color=_COLOURS[0],
        capsize=4,
        label="observed: mean, and range over nets",
    )
    axes.plot(
        _beside(places, 1),
        [100 * c.error for c in rows],
        "D",
        color=_COLOURS[2],
        label="wrong predictions",
    )
    axes.set(ylim=(-3, 108), ylabel="%", title="Failures: outputs outside 1 ± epsilon")
    _settings(axes, found)


def _beside(places: range, side: int) -> list[float]:
    """Left or right of the observed, so that neither hides the other."""
    return [place + 0.12 * side for place in places]


def _settings(axes: "Axes", found: CoreNetAudit) -> None:
    names = [
        f"keep\n{c.keep:g}" if c.keep is not None else f"epsilon\n{c.epsilon:g}"
        for c in found.comparisons
    ]
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.grid(alpha=0.3, axis="y")
    axes.legend(fontsize=8)
