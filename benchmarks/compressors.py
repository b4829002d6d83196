"""Every compressor on trained nets: accuracy and relative error against percent kept.

Run: python benchmarks/compressors.py mnist     (all methods on MNIST 784-300-100-10)
     python benchmarks/compressors.py paper     (the paper's, on three data sets)

Nothing is retrained, unless the method's name says so.  Methods that look at data see
10,000 training rows; test rows are read once, when a net is finished.  Nets and results
are kept: what is done is not done again, and an interrupted run goes on where it was.
Results: compressors-PLAN.jsonl, one line a run; compressors-PLAN.md, means and standard
deviations over the seeds.
`python benchmarks/plot_compressors.py PLAN` draws them.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nonvacuous._counting import count_errors
from nonvacuous.compression import CompressionError, Rows
from nonvacuous.compression._tolerance import output_errors
from nonvacuous.compression.methods import METHODS, find_method
from nonvacuous.data import Dataset, load
from nonvacuous.data._files import cache_dir
from nonvacuous.nets import Network, read, save

HERE = Path(__file__).parent
KEEPS = (0.05, 0.1, 0.2, 0.3, 0.5)
ROWS = 10_000
PAPER = (
    "corenet",
    "corenet-plus",
    "corenet-plus-plus",
    "uniform",
    "l1",
    "l2",
    "hybrid",
    "svd",
    "magnitude-layer",
    "sipp-hybrid",
    "output-coreset",
)


@dataclass(frozen=True)
class Plan:
    """Which nets, which methods."""

    data: tuple[str, ...]
    layers: tuple[tuple[int, ...], ...]
    seeds: tuple[int, ...]
    epochs: int
    methods: tuple[str, ...]


PLANS = {
    "mnist": Plan(
        ("mnist",), ((300, 100),), (0, 1, 2, 3, 4), 10, tuple(m.name for m in METHODS)
    ),
    "paper": Plan(
        ("mnist", "fashion-mnist", "cifar10"),
        ((100, 100), (300, 300), (100, 100, 100, 100)),
        (0, 1, 2),
        5,
        PAPER,
    ),
}


def trained(data: Dataset, layers: tuple[int, ...], seed: int, epochs: int) -> Network:
    """A net trained as `nonvacuous train` does, from the cache if it is there."""
    from nonvacuous.training import Recipe, fine_tune, initial

    name = f"{data.name}-{'-'.join(map(str, layers))}-{seed}-{epochs}.safetensors"
    path = cache_dir() / "benchmark-nets" / name
    if not path.exists():
        train = data.train
        assert train is not None
        recipe = Recipe(steps=epochs * len(train) // 128, seed=seed)
        sizes = (int(np.prod(train.x.shape[1:])), *layers, data.classes)
        net = fine_tune(
            initial(sizes, seed), train.x, train.y, recipe, keep_zeros=False
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        save(net, path)
    return read(path)


def runs(
    plan: Plan, done: set[tuple[Any, ...]], data_dir: str | None, share: tuple[int, int]
) -> Iterator[dict[str, Any]]:
    """The runs that are still to do; of `share` = (k, n), every n-th net from k."""
    # a run that is cut short has every net once before it has any twice
    nets = list(itertools.product(plan.seeds, plan.data, plan.layers))
    loaded: Dataset | None = None
    for seed, name, layers in nets[share[0] :: share[1]]:
        cells = [
            (m, keep)
            for m in plan.methods
            for keep in KEEPS
            if (name, layers, seed, m, keep) not in done
        ]
        if not cells:
            continue
        if loaded is None or loaded.name != name:
            loaded = load(name, data_dir=data_dir)
        yield from _net(loaded, layers, seed, plan.epochs, cells)


def _net(
    data: Dataset,
    layers: tuple[int, ...],
    seed: int,
    epochs: int,
    cells: list[tuple[str, float]],
) -> Iterator[dict[str, Any]]:
    train, test = data.train, data.test
    assert train is not None
    assert test is not None
    net = trained(data, layers, seed, epochs)
    chosen = np.random.default_rng(seed).permutation(len(train))[:ROWS]
    rows = Rows.of(train.take(chosen))
    base = 1 - count_errors(net, test.x, test.y) / len(test)
    weights = sum(layer.weight.size for layer in net.layers)
    for name, keep in cells:
        found: dict[str, Any] = {
            "data": data.name,
            "layers": layers,
            "seed": seed,
            "method": name,
            "keep": keep,
            "base accuracy": base,
        }
        method = find_method(name)
        try:
            start = time.perf_counter()
            small, _ = method.compressor(net, keep=keep, rows=rows, seed=seed).explain(
                net
            )
            seconds = time.perf_counter() - start
        except CompressionError as error:
            yield {**found, "refused": str(error)}
            continue
        errors = output_errors(net, small, test.x)
        yield {
            **found,
            "kept": small.kept / weights,
            "accuracy": 1 - count_errors(small, test.x, test.y) / len(test),
            "median relative error": float(np.median(errors)),
            "share within half": float((errors <= 0.5).mean()),
            "seconds": round(seconds, 2),
        }


def records(path: Path) -> list[dict[str, Any]]:
    """What is done; a last line that was cut off does not count."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def key(record: dict[str, Any]) -> tuple[Any, ...]:
    return (
        record["data"],
        tuple(record["layers"]),
        record["seed"],
        record["method"],
        record["keep"],
    )


def work(plan: str, path: Path, data_dir: str | None, share: tuple[int, int]) -> None:
    """One process: every result is appended as soon as it is there."""
    done = {key(r) for r in records(path)}
    for record in runs(PLANS[plan], done, data_dir, share):
        with path.open("a") as file:
            file.write(json.dumps(record) + "\n")
        said = record.get("accuracy", record.get("refused"))
        sys.stderr.write(f"{' '.join(map(str, key(record)))}: {said}\n")


def table(found: list[dict[str, Any]]) -> str:
    """Markdown: for each net and method, accuracy and relative error at each budget."""
    lines = []
    for name, layers in dict.fromkeys((r["data"], tuple(r["layers"])) for r in found):
        here = [r for r in found if (r["data"], tuple(r["layers"])) == (name, layers)]
        seeds = {r["seed"] for r in here}
        base = [next(r["base accuracy"] for r in here if r["seed"] == s) for s in seeds]
        lines += [
            f"## {name}, hidden layers {'-'.join(map(str, layers))}",
            "",
            f"{len(seeds)} nets, test accuracy {100 * np.mean(base):.2f} %. Accuracy in"
            " % ± one standard deviation over the nets, and the median relative error"
            " of the outputs; seconds are the median of one compression at 10 % on one"
            " shared core.",
            "",
            f"| method | {' | '.join(f'{100 * k:g} %' for k in KEEPS)} | s |",
            f"| --- |{' --- |' * len(KEEPS)} ---: |",
        ]
        for method in dict.fromkeys(r["method"] for r in here):
            mine = [r for r in here if r["method"] == method]
            cells = [_cell([r for r in mine if r["keep"] == k]) for k in KEEPS]
            times = [r["seconds"] for r in mine if r["keep"] == 0.1 and "seconds" in r]
            slow = f"{np.median(times):.1f}" if times else ""
            lines.append(f"| {method} | {' | '.join(cells)} | {slow} |")
        lines.append("")
    return "\n".join(lines)


def _cell(found: list[dict[str, Any]]) -> str:
    counted = [r for r in found if "accuracy" in r]
    if not counted:
        return "refused" if found else ""
    accuracy = 100 * np.array([r["accuracy"] for r in counted])
    spread = f" ± {accuracy.std(ddof=1):.1f}" if len(accuracy) > 1 else ""
    error = np.mean([r["median relative error"] for r in counted])
    return f"{accuracy.mean():.1f}{spread}, {error:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("--data-dir")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="only write the table")
    given = parser.parse_args()
    path = HERE / f"compressors-{given.plan}.jsonl"
    if not given.table:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ[variable] = "1"  # read by the processes that are spawned
        shares = [(k, given.jobs) for k in range(given.jobs)]
        spawn = multiprocessing.get_context("spawn")
        jobs = [
            spawn.Process(target=work, args=(given.plan, path, given.data_dir, share))
            for share in shares
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
    order = {m.name: i for i, m in enumerate(METHODS)}
    found = sorted(records(path), key=lambda r: (order[r["method"]], r["keep"]))
    path.with_suffix(".md").write_text(table(found))


if __name__ == "__main__":
    main()
