"""Measures of a net: time against the matrix products alone, passes, and agreement.

Run: python benchmarks/measures.py [NET]   (writes benchmarks/measures.json; minutes)

NET is a file of a net for MNIST's pixels; left out, 784-300-100-10 is trained for some
seconds.  The rows are the first 5,000 of MNIST's training images.  All runs are on one
thread, in turn and in one process; times are of the processor, and ratios are of the
least of each.

"Products alone" are the matrix products of the passes that the radii took, of the same
shapes, chunks and precision, with nothing between them.  A pass is as many
multiply-adds as all rows take through the net once.  The fixed search is the protocol
of nitarshan/robust-generalization-measures, at most 15 steps of 10 draws on all rows.
The initial net, which some measures need, is one that training did not start from where
NET is given.

"Mean increase" is that of the error at the sigma found, over 200 other draws on all
rows; the target is 0.1, the tolerance 0.01, and the standard error is given beside it.
"""

import json
import os
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

from nonvacuous import nets  # noqa: E402
from nonvacuous.data import load  # noqa: E402
from nonvacuous.measures import (  # noqa: E402
    FixedSearch,
    SequentialSearch,
    measure,
    noise_radius,
)
from nonvacuous.measures._gaussian import Spread, _noisy  # noqa: E402
from nonvacuous.measures._passes import Passes  # noqa: E402
from nonvacuous.training import Recipe, fine_tune, initial  # noqa: E402

ROWS, RUNS, SEEDS, DRAWS = 5000, 3, range(3), 200
SEARCHES = {"fixed": FixedSearch(), "sequential": SequentialSearch()}
CHUNK = 1024


def trained(x, y):
    """A net of the usual sizes, fitted to all of MNIST's training images."""
    recipe = Recipe(steps=3000, rate=1e-3, batch=128, seed=0)
    return fine_tune(initial((784, 300, 100, 10), 0), x, y, recipe)


def products(passes, forward, gradients):
    """Nothing but the matrix products of so many passes and gradients."""
    weights = [weight for weight, _ in passes.parameters]
    for count, backward in ((forward, False), (gradients, True)):
        for _ in range(count):
            for start in range(0, len(passes), CHUNK):
                inputs = [passes.x[start : start + CHUNK]]
                for weight in weights:
                    inputs.append(inputs[-1] @ weight.T)
                delta = inputs[-1]
                for i in reversed(range(len(weights) * backward)):
                    delta.T @ inputs[i]
                    delta = delta @ weights[i] if i else delta


def counts(passes, found):
    """Passes forwards, and gradients, of radii."""
    deep = sum(passes.sizes[1:]) / sum(passes.sizes)
    forward = gradients = 0
    for name, radius in found.radii.items():
        taken = radius.draws if name.startswith("alpha") else 0
        gradients += taken
        forward += radius.passes - taken * (2 + deep)
    return round(forward), gradients


def increase(passes, sigma, spread):
    """Mean increase of the error at a sigma, and its standard error."""
    draw = np.random.Generator(np.random.Philox(key=[20201124, 1]))
    base = passes.wrong.mean()
    found = [
        passes.error(_noisy(passes, spread, sigma, draw)) - base for _ in range(DRAWS)
    ]
    return {
        "mean": round(float(np.mean(found)), 4),
        "standard error": round(float(np.std(found, ddof=1)) / DRAWS**0.5, 4),
    }


def seconds(run):
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def times(net, rows, passes):
    """Least times of all measures, by search, and of the products of the fixed one."""
    start = initial(net.sizes, 0)
    least, found = {}, {}
    for _ in range(RUNS):
        for name, search in SEARCHES.items():
            took, found[name] = seconds(
                lambda search=search: measure(net, rows, start, search=search)
            )
            least[name] = min(took, least.get(name, np.inf))
        forward, gradients = counts(passes, found["fixed"])
        took, _ = seconds(lambda f=forward, g=gradients: products(passes, f, g))
        least["products"] = min(took, least.get("products", np.inf))
    return least, forward, gradients, len(found["fixed"])


def main() -> None:
    """Ratios of times, and what each search finds."""
    data = load("mnist").train
    x = data.x.reshape(len(data), -1)
    net = nets.load(sys.argv[1]) if len(sys.argv) > 1 else trained(x, data.y)
    rows = data.take(slice(0, ROWS))
    passes = Passes(net, rows.x, rows.y)
    least, forward, gradients, count = times(net, rows, passes)
    results = {
        "net": f"{net}, {ROWS} rows, error {passes.wrong.mean():.4f}",
        "all measures": {
            "how many": count,
            "passes forwards of the radii": forward,
            "gradients of the radii": gradients,
            "fixed / its products alone": round(least["fixed"] / least["products"], 2),
            "sequential / products alone of fixed": round(
                least["sequential"] / least["products"], 2
            ),
            "fixed / sequential": round(least["fixed"] / least["sequential"], 2),
        },
    }
    for magnitude in (False, True):
        spread = Spread(magnitude=magnitude, floor=1e-3)
        kind = "sigma by magnitude" if magnitude else "sigma"
        results[kind] = {}
        for name, search in SEARCHES.items():
            for seed in SEEDS:
                took, found = seconds(
                    lambda s=search, m=magnitude, seed=seed: noise_radius(
                        net, rows, magnitude=m, search=s, seed=seed
                    )
                )
                results[kind][f"{name}, seed {seed}"] = {
                    "value": round(found.value, 5),
                    "passes": round(found.passes, 1),
                    "draws": found.draws,
                    "time / products of 100 passes": round(
                        took / seconds(lambda: products(passes, 100, 0))[0], 2
                    ),
                    "mean increase": increase(passes, found.value, spread),
                }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(results, indent=2) + "\n")
    sys.stdout.write(target.read_text())


if __name__ == "__main__":
    main()
