"""Draws what `compressors.py` found, as the paper's figures: against percent kept.

Run: python benchmarks/plot_compressors.py PLAN   (writes compressors-PLAN.png)
"""

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from compressors import KEEPS, PAPER, PLANS, records

mpl.use("agg")
from matplotlib import pyplot as plt

HERE = Path(__file__).parent
SHOWN = {
    "output-coreset": ("output coreset (ours)", "-", "#000000"),
    "corenet": ("CoreNet", "-", "#0072b2"),
    "corenet-plus": ("CoreNet+", "--", "#0072b2"),
    "corenet-plus-plus": ("CoreNet++", "-.", "#0072b2"),
    "sipp-hybrid": ("SiPP hybrid", "-", "#56b4e9"),
    "magnitude-layer": ("magnitude", "-", "#d55e00"),
    "uniform": ("uniform", ":", "#999999"),
    "l1": ("l1", "-", "#009e73"),
    "l2": ("l2", "--", "#009e73"),
    "hybrid": ("(l1 + l2) / 2", "-.", "#009e73"),
    "svd": ("SVD", "-", "#cc79a7"),
}
MARKS = dict(zip(SHOWN, "oDs^vXP<>*h", strict=True))


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
    nets = list(dict.fromkeys((r["data"], tuple(r["layers"])) for r in found))
    figure, axes = plt.subplots(
        2,
        len(nets),
        figsize=(max(7.0, 3.0 * len(nets)), 6.0),
        squeeze=False,
        sharex=True,
    )
    for column, (data, layers) in enumerate(nets):
        here = [r for r in found if (r["data"], tuple(r["layers"])) == (data, layers)]
        drop = [
            {**r, "drop": 100 * (r["base accuracy"] - r["accuracy"])}
            for r in here
            if "accuracy" in r
        ]
        top, bottom = axes[0, column], axes[1, column]
        for name in (n for n in PAPER if n in SHOWN):
            label, line, colour = SHOWN[name]
            mine = [r for r in drop if r["method"] == name]
            if not mine:
                continue
            for axis, field in ((top, "drop"), (bottom, "median relative error")):
                x, mean, spread = curve(mine, field)
                axis.plot(
                    x, mean, line, color=colour, marker=MARKS[name], ms=4, label=label
                )
                axis.fill_between(
                    x, mean - spread, mean + spread, color=colour, alpha=0.15
                )
        top.set_title(f"{data}, {'-'.join(map(str, layers))}", fontsize=9)
        top.set_yscale("symlog", linthresh=1.0)
        top.set_ylim(bottom=-0.5)
        bottom.set_yscale("log")
        bottom.set_xlabel("% of weights kept")
        for axis in (top, bottom):
            axis.set_xscale("log")
            axis.set_xticks([5, 10, 20, 30, 50], ["5", "10", "20", "30", "50"])
            axis.minorticks_off()
            axis.grid(alpha=0.3)
    axes[0, 0].set_ylabel("drop in test accuracy (points)")
    axes[1, 0].set_ylabel("median relative output error")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=6, fontsize=8)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(HERE / f"compressors-{given.plan}.png", dpi=130)


if __name__ == "__main__":
    main()
