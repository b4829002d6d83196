"""Wall time, CPU time and peak memory of the README's two certify runs.

Run: python benchmarks/certify.py   (writes benchmarks/certify.json)
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [sys.executable, "-m", "nonvacuous.cli"]


def measure(arguments: list[str]) -> dict[str, float]:
    """One process from outside: seconds, CPU seconds, peak GiB (of all so far)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run([*COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu, 1),
        "peak_gib": round(after.ru_maxrss / 2**20, 2),
    }


def main() -> None:
    """Bundled first, so that its peak is its own; MNIST is the larger one."""
    results: dict[str, object] = {}
    results["bundled, kernels compiled or not"] = measure(["certify"])
    results["bundled, kernels cached"] = measure(["certify"])
    with tempfile.TemporaryDirectory() as folder:
        net = str(Path(folder) / "net.safetensors")
        train = ["train", "--data", "mnist", "--layers", "300,100", "--out", net]
        results["train mnist 300,100"] = measure(train)
        report = str(Path(folder) / "report.json")
        results["certify mnist"] = measure(
            ["certify", net, "--data", "mnist", "--json", report]
        )
        rows = json.loads(Path(report).read_text())["certificates"]
    coded = [r for r in rows if r["bound"] == "occam-binomial"]
    least = min(coded, key=lambda row: row["upper"])
    results["least occam-binomial"] = {
        "upper": least["upper"],
        "bits": least["evidence"]["bits"],
        "train": least["train_error"]["value"],
        "test": least["test_error"]["value"],
    }
    results["machine"] = f"{platform.machine()}, {os.cpu_count()} cores"
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(results, indent=2) + "\n")
    sys.stdout.write(target.read_text())


if __name__ == "__main__":
    main()
