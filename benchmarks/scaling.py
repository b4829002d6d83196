"""Edge sensitivities of square layers: time for an edge and point, and peak memory.

Run: python benchmarks/scaling.py   (writes benchmarks/scaling.json; some minutes, 2 GB)

Time is the least of several runs, in nanoseconds for an edge and point, on one thread:
constant means linear in both.  Memory is the peak of what numpy allocates, the result
included; the weights, which are the caller's, are counted to it: the promise is twice
the weights and a chunk.  The columns of one row of results were measured together.
"""

import json
import sys
import time
import tracemalloc
from pathlib import Path

import numba
import numpy as np

from nonvacuous.compression.sensitivity import edge_sensitivities

WIDTHS = (500, 1000, 2000, 4000, 8000)
POINTS = (64, 256, 1024)
MIB = 2.0**20


def seconds(weight: np.ndarray, a: np.ndarray, runs: int) -> float:
    """The least of several runs."""
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        edge_sensitivities(weight, a)
        found.append(time.perf_counter() - start)
    return min(found)


def peak(weight: np.ndarray, a: np.ndarray) -> int:
    """Bytes that are held at most while the sensitivities are found."""
    tracemalloc.start()
    edge_sensitivities(weight, a)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def main() -> None:
    """All widths and sample sizes, double precision."""
    numba.config.NUMBA_NUM_THREADS = 1
    draw = np.random.default_rng(0)
    edge_sensitivities(np.ones((1, 1)), np.ones((1, 1)))  # compiled
    results = {}
    for width in WIDTHS:
        weight = draw.standard_normal((width, width))
        a = np.abs(draw.standard_normal((max(POINTS), width)))
        for points in POINTS:
            runs = max(3, 10**9 // (width * width * points))
            each = seconds(weight, a[:points], runs) / (weight.size * points)
            held = weight.nbytes + peak(weight, a[:points])
            results[f"width {width}, {points} points"] = {
                "ns for an edge and point": round(each * 1e9, 3),
                "peak / weights": round(held / weight.nbytes, 3),
                "peak beyond twice the weights, MiB": round(
                    (held - 2 * weight.nbytes) / MIB, 1
                ),
            }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(results, indent=2) + "\n")
    sys.stdout.write(target.read_text())


if __name__ == "__main__":
    main()
