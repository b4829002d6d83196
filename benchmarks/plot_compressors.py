"""Draws what `compressors.py` found, as the paper's figures: against percent kept.

Run: python benchmarks/plot_compressors.py PLAN   (writes compressors-PLAN.png)
"""

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from compressors import KEEPS, PLANS, records

mpl.use("agg")
from matplotlib import pyplot as plt

HERE = Path(__file__).parent
SHOWN = {
    "output-coreset": ("output coreset (ours)", "-", "#000000"),
    "corenet": ("CoreNet", "-", "#0072b2"),
    "corenet-plus": ("CoreNet+", "--", "#0072b2"),
    "corenet-plus-plus": ("CoreNet++", "-.", "#0072b2"),
    "sipp-hybrid": ("SiPP hybrid", "-", "#56b4e9"),
    "magnitude": ("magnitude, whole net", "--", "#d55e00"),
    "magnitude-layer": ("magnitude, by layer", "-", "#d55e00"),
    "uniform": ("uniform", ":", "#999999"),
    "l1": ("l1", "-", "#009e73"),
    "l2": ("l2", "--", "#009e73"),
    "hybrid": ("(l1 + l2) / 2", "-.", "#009e73"),
    "svd": ("SVD", "-", "#cc79a7"),
}
MARKS = dict(zip(SHOWN, "oDs^vpXP<>*h", strict=True))


def curve(found: list[dict[str, Any]], field: str) -> tuple[Any, Any, Any]:
    """Mean and one standard deviation over the seeds, where the method ran."""
    kept = [k for k in KEEPS if any(r["keep"] == k and field in r for r in found)]
    values = [[r[field] for r in found if r["keep"] == k and field in r] for k in kept]
    return (
        100 * np.array(kept),
        np.array([np.mean(v) for v in values]),
        np.array([np.std(v, ddof=1) if len(v) > 1 else 0.0 for v in values]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", choices=PLANS)
    given = parser.parse_args()
    found = records(HERE / f"compressors-{given.plan}.jsonl")
    data = list(dict.fromkeys(r["data"] for r in found))
    layers = list(dict.fromkeys(tuple(r["layers"]) for r in found))
    size = (max(7.0, 3.6 * len(layers)), 1 + 5.2 * len(data))
    figure, axes = plt.subplots(
        2 * len(data), len(layers), figsize=size, squeeze=False, sharex=True
    )
    for row, name in enumerate(data):
        for column, hidden in enumerate(layers):
            here = [
                r
                for r in found
                if (r["data"], tuple(r["layers"])) == (name, hidden) and "accuracy" in r
            ]
            pair = axes[2 * row : 2 * row + 2, column]
            draw(*pair, here)
            pair[0].set_title(f"{name}, {'-'.join(map(str, hidden))}", fontsize=9)
        axes[2 * row, 0].set_ylabel("drop in accuracy (points)")
        axes[2 * row + 1, 0].set_ylabel("relative output error")
    for axis in axes[-1]:
        axis.set_xlabel("% of weights kept")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncol=4, fontsize=8)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.75 / size[1]))
    figure.savefig(HERE / f"compressors-{given.plan}.png", dpi=110)


def draw(top: Any, bottom: Any, found: list[dict[str, Any]]) -> None:
    """One net's two panels."""
    drop = [{**r, "drop": 100 * (r["base accuracy"] - r["accuracy"])} for r in found]
    for name, (label, line, colour) in SHOWN.items():
        mine = [r for r in drop if r["method"] == name]
        if not mine:
            continue
        for axis, field in ((top, "drop"), (bottom, "median relative error")):
            x, mean, spread = curve(mine, field)
            mark = {"marker": MARKS[name], "ms": 4}
            axis.plot(x, mean, line, color=colour, label=label, **mark)
            # a band that would reach 0 has no lower edge on a log axis
            low = np.maximum(mean - spread, mean / 3 if field != "drop" else -9)
            axis.fill_between(x, low, mean + spread, color=colour, alpha=0.15)
    top.set_yscale("symlog", linthresh=1.0)
    top.set_ylim(bottom=-0.5)
    top.set_yticks([0, 1, 10, 50], ["0", "1", "10", "50"])
    bottom.set_yscale("log")
    for axis in (top, bottom):
        axis.set_xscale("log")
        axis.set_xticks([5, 10, 20, 30, 50], ["5", "10", "20", "30", "50"])
        axis.minorticks_off()
        axis.grid(alpha=0.3)


if __name__ == "__main__":
    main()
