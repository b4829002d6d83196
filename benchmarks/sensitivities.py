"""Edge sensitivities of a layer: our kernel, torch's operations, and the limit.

Run: python benchmarks/sensitivities.py   (writes benchmarks/sensitivities.json)
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numba import njit

from nonvacuous.compression.sensitivity import edge_sensitivities

OUTPUTS, INPUTS, RUNS = 300, 784, 7


@njit(cache=True, fastmath=True)
def limit(a, out):
    """One multiplication and one maximum for each edge and point, in cache."""
    for start in range(0, a.shape[0], 32):
        for i in range(out.shape[0]):
            row = out[i]
            for x in range(start, min(a.shape[0], start + 32)):
                point = a[x]
                for j in range(point.size):
                    value = point[j] * np.float32(1.5)
                    row[j] = value if value > row[j] else row[j]


def with_torch(weight: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """Point by point with torch's own operations on whole matrices."""
    plus, minus = weight.clamp(min=0), (-weight).clamp(min=0)
    best = torch.zeros_like(weight)
    for point in a:
        for part in (plus, minus):
            g = part * point
            best = torch.maximum(best, g / g.sum(1, keepdim=True).clamp(min=1e-30))
    return best


def median(run: Callable[[], object]) -> float:
    """Median seconds of several runs, after one that does not count."""
    run()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Ratios of medians, all in one process and on one thread."""
    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    weight = draw.normal(size=(OUTPUTS, INPUTS)).astype(np.float32)
    results = {}
    for points in (64, 256, 1024):
        a = np.maximum(draw.normal(size=(points, INPUTS)), 0).astype(np.float32)
        w, t = torch.from_numpy(weight), torch.from_numpy(a)
        ours = median(lambda a=a: edge_sensitivities(weight, a))
        theirs = median(lambda w=w, t=t: with_torch(w, t))
        out = np.zeros_like(weight)
        bound = median(lambda a=a, out=out: limit(a, out))
        gap = np.abs(edge_sensitivities(weight, a) - with_torch(w, t).numpy()).max()
        results[f"{points} points"] = {
            "torch / ours": round(theirs / ours, 1),
            "ours / limit": round(ours / bound, 2),
            "largest difference": float(gap),
        }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(results, indent=2) + "\n")
    sys.stdout.write(target.read_text())


if __name__ == "__main__":
    main()
