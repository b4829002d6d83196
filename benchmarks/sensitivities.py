"""Edge sensitivities of a layer: our kernels, torch's operations, and the limit.

Run: python benchmarks/sensitivities.py   (writes benchmarks/sensitivities.json)

The limit is one multiplication and one maximum for each edge and point, in blocks that
stay in cache: once point by point, and once eight points at a time, which loads and
stores what belongs to an edge an eighth as often.  Ratios are of the least of many runs
taken in turn, on one thread: machines are shared, and the least is what is disturbed
least.

What the file says under "torchprune" was measured apart and is kept as it is: medians
of runs in turn, one process, one thread, torchprune at commit 14b392c, of which only
the files that prune were loaded, with np.Inf set to np.inf; Python 3.11.7, torch
2.13.0, numpy 2.4.6, cvxpy 1.9.3, numba 0.68.1.  The net is 784-300-100-10, trained on
MNIST or as torch initialises it, the points are MNIST's.  Its tracker runs in single
precision and without gradients; its compression is SiPP by sampling, the whole of
``compress(0.3)``; ours is ``CoreNet(rows=..., keep=0.3, delta=0.1).explain(network)``,
without the code.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import torch
from numba import njit

from nonvacuous.compression.sensitivity import edge_sensitivities

OUTPUTS, INPUTS = 300, 784
PEER = "torchprune"


@njit(cache=True, fastmath=True)
def limit(a, scales, out):
    """One multiplication and one maximum for each edge and point, in cache."""
    for start in range(0, a.shape[0], 32):
        for i in range(out.shape[0]):
            row = out[i]
            for x in range(start, min(a.shape[0], start + 32)):
                point, scale = a[x], scales[i, x]
                for j in range(point.size):
                    value = point[j] * scale
                    row[j] = value if value > row[j] else row[j]


@njit(cache=True, fastmath=True)
def limit_of_eight(a, scales, out):
    """The same, eight points at a time."""
    for x in range(0, a.shape[0], 8):
        a0, a1, a2, a3, a4, a5, a6, a7 = eight(a, x)
        for i in range(out.shape[0]):
            row = out[i]
            s0, s1, s2, s3, s4, s5, s6, s7 = eight(scales[i], x)
            for j in range(row.size):
                best = max(a0[j] * s0, a1[j] * s1)
                best = max(best, max(a2[j] * s2, a3[j] * s3))
                best = max(best, max(a4[j] * s4, a5[j] * s5))
                best = max(best, max(a6[j] * s6, a7[j] * s7))
                row[j] = max(row[j], best)


@njit(cache=True)
def eight(v, x):
    return v[x], v[x + 1], v[x + 2], v[x + 3], v[x + 4], v[x + 5], v[x + 6], v[x + 7]


def with_torch(weight: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """Point by point with torch's own operations on whole matrices."""
    plus, minus = weight.clamp(min=0), (-weight).clamp(min=0)
    best = torch.zeros_like(weight)
    for point in a:
        for part in (plus, minus):
            g = part * point
            best = torch.maximum(best, g / g.sum(1, keepdim=True).clamp(min=1e-30))
    return best


def least(count: int, *runs: Callable[[], object]) -> list[float]:
    """Least seconds of each, taken in turn."""
    found = [float("inf")] * len(runs)
    for _ in range(count):
        for i, run in enumerate(runs):
            start = time.perf_counter()
            run()
            found[i] = min(found[i], time.perf_counter() - start)
    return found


def aligned(matrix: np.ndarray) -> np.ndarray:
    """A copy that starts at a cache line: the limit is no slower than it need be."""
    memory = np.zeros(matrix.size + 16, matrix.dtype)
    start = -memory.ctypes.data % 64 // matrix.itemsize
    copy = memory[start : start + matrix.size].reshape(matrix.shape)
    copy[:] = matrix
    return copy


def main() -> None:
    """Ratios of least times, all in one process and on one thread."""
    torch.set_num_threads(1)
    numba.config.NUMBA_NUM_THREADS = 1
    target = Path(__file__).with_suffix(".json")
    results = {PEER: json.loads(target.read_text())[PEER]}
    draw = np.random.default_rng(0)
    for kind in (np.float32, np.float64):
        weight = draw.normal(size=(OUTPUTS, INPUTS)).astype(kind)
        for points in (64, 216, 1024):
            a = np.maximum(draw.normal(size=(points, INPUTS)), 0).astype(kind)
            w, t = torch.from_numpy(weight), torch.from_numpy(a)
            even, out = aligned(a), aligned(np.zeros_like(weight))
            scales = np.full((OUTPUTS, points), 1.5, kind)
            ours, one, of_eight = least(
                100,
                lambda weight=weight, a=a: edge_sensitivities(weight, a),
                lambda even=even, scales=scales, out=out: limit(even, scales, out),
                lambda e=even, s=scales, out=out: limit_of_eight(e, s, out),
            )
            (theirs,) = least(7, lambda w=w, t=t: with_torch(w, t))
            gap = np.abs(edge_sensitivities(weight, a) - with_torch(w, t).numpy()).max()
            results[f"{points} points, {np.dtype(kind)}"] = {
                "torch / ours": round(theirs / ours, 1),
                "ours / limit": round(ours / one, 2),
                "ours / limit of eight": round(ours / of_eight, 2),
                "largest difference": float(gap),
            }
    target.write_text(json.dumps(results, indent=2) + "\n")
    sys.stdout.write(target.read_text())


if __name__ == "__main__":
    main()
