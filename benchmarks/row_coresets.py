"""Relative cost error of row coresets of MNIST for k-means, against their size.

Run: python benchmarks/row_coresets.py   (writes benchmarks/row_coresets.json)
"""

import json
import os
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

from nonvacuous.compression import KMeansCoreset, LightweightCoreset  # noqa: E402
from nonvacuous.data import load  # noqa: E402

SIZES, SEEDS, DIMENSIONS, ITERATIONS = (200, 1000, 5000), range(5), 20, 10


def pixels() -> np.ndarray:
    """The training images on their first principal axes, (60000, 20)."""
    images = load("mnist").train.x.reshape(60_000, -1).astype(np.float64)
    images -= images.mean(axis=0)
    axes = np.linalg.eigh(images.T @ images)[1][:, ::-1]
    return images @ axes[:, :DIMENSIONS]


def lloyd(x, weights, centres):
    """Some iterations of weighted k-means from the centres given."""
    centres = centres.copy()
    for _ in range(ITERATIONS):
        gaps = (centres**2).sum(axis=1) - 2 * x @ centres.T
        near = gaps.argmin(axis=1)
        mass = np.bincount(near, weights, minlength=len(centres))
        sums = np.stack(
            [np.bincount(near, weights * c, minlength=len(centres)) for c in x.T], 1
        )
        centres[mass > 0] = sums[mass > 0] / mass[mass > 0, None]
    return centres


def cost(x, centres):
    """Squared distance of each row to its nearest centre."""
    gaps = (centres**2).sum(axis=1) - 2 * x @ centres.T
    return np.maximum(gaps.min(axis=1) + (x**2).sum(axis=1), 0)


def uniform(n, size, seed):
    """Indices and weights of draws with equal probabilities."""
    draw = np.random.Generator(np.random.Philox(key=[seed, 2]))
    counts = draw.multinomial(size, np.full(n, 1 / n))
    kept = np.flatnonzero(counts)
    return kept, counts[kept] * n / size


def built(setting, x):
    """Indices, weights and seconds of a coreset."""
    start = time.perf_counter()
    core = setting.build(x)
    return core.indices, core.weights, time.perf_counter() - start, core.report


def main() -> None:
    """Errors over queries and seeds, on MNIST and with rare far rows added."""
    start, rare = time.perf_counter(), pixels()
    x, draw = rare.copy(), np.random.default_rng(0)
    rare[:60] += 100 * draw.normal(size=DIMENSIONS)  # one row in a thousand, far away
    results: dict[str, object] = {}
    for title, rows in (("MNIST", x), ("MNIST, 60 rows far away", rare)):
        for k in (10, 50):
            seeds = [rows[draw.choice(len(rows), k, replace=False)] for _ in range(4)]
            trained = lloyd(rows, np.ones(len(rows)), seeds[0])
            table = np.stack([cost(rows, q) for q in [trained, *seeds]])
            total = table.sum(axis=1)
            for size in SIZES:
                cells: dict[str, dict[str, float]] = {}
                for name in ("uniform", "lightweight", "sensitivity"):
                    errors, ratios, seconds = [], [], 0.0
                    for seed in SEEDS:
                        if name == "uniform":
                            kept, weights = uniform(len(rows), size, seed)
                        else:
                            kind = (
                                LightweightCoreset
                                if name == "lightweight"
                                else KMeansCoreset
                            )
                            kept, weights, spent, report = built(
                                kind(k=k, size=size, queries=1, seed=seed), rows
                            )
                            seconds += spent / len(SEEDS)
                        estimate = table[:, kept] @ weights
                        errors.append(np.abs(estimate / total - 1))
                        first = np.random.default_rng(seed).choice(len(kept), k, False)
                        mine = lloyd(rows[kept], weights, rows[kept][first])
                        ratios.append(cost(rows, mine).sum() / total[0])
                    cells[name] = {
                        "mean error": round(float(np.mean(errors)), 4),
                        "largest error": round(float(np.max(errors)), 4),
                        "cost of centres trained on it / on all rows": round(
                            float(np.mean(ratios)), 3
                        ),
                    }
                    if name != "uniform":
                        cells[name] |= {
                            "seconds to build": round(seconds, 2),
                            "total sensitivity": round(report.total_sensitivity, 1),
                            "epsilon proved for one query": report.epsilon,
                        }
                results[f"{title}, k = {k}, {size} draws"] = cells
    sys.stderr.write(f"{time.perf_counter() - start:.0f} s\n")
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(results, indent=2) + "\n")
    sys.stdout.write(target.read_text())


if __name__ == "__main__":
    main()
