"""Cushions of 784-300-100-10 on all 60,000 rows of MNIST: time, and what they say.

Run: OMP_NUM_THREADS=1 python benchmarks/cushions.py [NET]
(writes benchmarks/cushions.json; needs MNIST; a net is trained first if none is given)

The limit is the matrix products that any way through the Jacobians needs: the
pre-activations, and for each row the 10 rows of the output's Jacobian pulled back
through the second layer.  Ratios are of the least of runs taken in turn on the first
`ROWS` rows.
"""

import json
import os
import platform
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

from nonvacuous._counting import count_errors
from nonvacuous.bounds import Certificate
from nonvacuous.bounds.holdout import clopper_pearson
from nonvacuous.bounds.noise_stability import (
    arora_network,
    capacity,
    effective_parameters,
    layer_codes,
)
from nonvacuous.bounds.output_distance import original_by_distance
from nonvacuous.compression import MagnitudePruning
from nonvacuous.data import load
from nonvacuous.evidence import HoldoutErrors
from nonvacuous.fits import (
    ball_distance,
    box_distance,
    cushion_fit,
    cushion_net,
    distance_fit,
)
from nonvacuous.measures import (
    cushions,
    homogeneous,
    homogeneous_rows,
    noise_sensitivity,
    smoothness,
)
from nonvacuous.measures._cushions import chunk_rows
from nonvacuous.nets import Network, read
from nonvacuous.training import Recipe, fine_tune, initial

ROWS = 6000
DELTA = 0.05


def trained(x: np.ndarray, y: np.ndarray) -> Network:
    """About a minute of Adam, as the command line does it by default."""
    recipe = Recipe(steps=4000, rate=1e-3, batch=128, seed=0)
    return fine_tune(initial((784, 300, 100, 10), 0), x, y, recipe, keep_zeros=False)


def products(network: Network, x: np.ndarray) -> None:
    """The matrix products of `cushions` and nothing else, in its chunks."""
    first, second, third = (a.weight for a in homogeneous(network).layers)
    step = chunk_rows([first, second, third])
    back = np.ones((step * len(third), third.shape[1]))
    for start in range(0, len(x), step):
        a = x[start : start + step]
        for matrix in (first, second, third):
            a = a @ matrix.T
        back[: len(a) * len(third)] @ second


def least(count: int, *runs) -> list[float]:
    """Least seconds of each, taken in turn."""
    found = [float("inf")] * len(runs)
    for _ in range(count):
        for i, run in enumerate(runs):
            start = time.perf_counter()
            run()
            found[i] = min(found[i], time.perf_counter() - start)
    return found


def digits(values: np.ndarray) -> list[float]:
    return [float(f"{v:.4g}") for v in np.atleast_1d(values)]


def said(outcome) -> float | str:
    """The certified number, or why there is none."""
    return outcome.raw if isinstance(outcome, Certificate) else str(outcome)


def times(network: Network, x: np.ndarray) -> dict[str, object]:
    few = x[:ROWS]
    wide = homogeneous_rows(network, few)
    ours, alone = least(
        7, lambda: cushions(network, few), lambda: products(network, wide)
    )
    start = time.perf_counter()
    cushions(network, x)
    whole = time.perf_counter() - start
    tracemalloc.start()
    cushions(network, x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    first, second, third = (a.weight for a in homogeneous(network).layers)
    flops = 2 * (first.size + second.size + third.size + len(third) * second.size)
    return {
        "all rows, seconds": round(whole, 2),
        "ours / matrix products alone": round(ours / alone, 2),
        "products, Gflop/s": round(flops * ROWS / alone / 1e9, 1),
        "peak memory beside the rows, MiB": round(peak / 2**20, 1),
    }


def findings(network: Network, train, test) -> dict[str, object]:
    found = cushions(network, train.x)
    fit = cushion_fit(network, train, delta=0.01, seed=0)
    small = cushion_net(network, fit, seed=0)
    moved = smoothness(network, small, train.x)
    sizes = {"contraction": found.most_contracted}
    epsilon = 2.0**-fit.grid_index
    gamma = 2**0.5 * epsilon * found.largest_output
    pruned = MagnitudePruning(keep=0.5).compress(network)
    apart = distance_fit(network, pruned, train, radius=28.0, box=(0.0, 1.0))
    holdout = HoldoutErrors(
        errors=count_errors(network, test.x, test.y), trials=len(test)
    )
    noise = noise_sensitivity(network, train.x[:2000], layer=1, draws=20, seed=0)
    return {
        "mu_i, least": digits(found.least_layer),
        "mu_i, attained at row": found.layer_rows.tolist(),
        "mu_i, median row": digits(np.median(found.layer, axis=0)),
        "mu_i->, least": digits(found.onward),
        "mu_12, mu_13, mu_23, least": digits(
            found.least_interlayer[[0, 0, 1], [1, 2, 2]]
        ),
        "mu_12, mu_13, mu_23, median row": digits(
            np.median(found.interlayer, axis=0)[[0, 0, 1], [1, 2, 2]]
        ),
        "c": digits(np.array(found.most_contracted))[0],
        "c, median row": digits(np.median(found.contraction, axis=0)),
        "noise sensitivity of the net from layer 1, median of 2000 rows": digits(
            np.median(noise)
        )[0],
        "1 / mu_13^2 of the same rows": digits(
            np.median(found.interlayer[:2000, 0, 2] ** -2.0)
        )[0],
        "margin gamma, epsilon": digits(np.array([gamma, epsilon])),
        "margin errors at gamma": fit.margin_errors,
        "effective parameters, the O~ argument, no bound": digits(
            effective_parameters(
                found.least_layer,
                found.onward,
                largest=found.largest_output,
                margin=gamma,
                **sizes,
            )
        )[0],
        "parameters by the lemma, exact reals": digits(
            capacity(
                found.least_layer,
                found.onward,
                epsilon=epsilon,
                rows=len(train),
                widest=max(fit.widths),
                delta=DELTA,
                **sizes,
            )
        )[0],
        "parameters of the net": network.parameters,
        "layers written entry by entry, bits an entry": [
            code.bits for code in layer_codes(fit) if not code.projected
        ],
        "smoothness at the points of that net, 3d = 9 needed": digits(moved.least)[0],
        "its outputs move by, relative, most": digits(moved.distance.max())[0],
        "arora-network, code in nats a row": digits(
            arora_network.terms(fit, DELTA)["code, nats per row"]
        )[0],
        "arora-network": said(arora_network.certify(fit, delta=DELTA)),
        "half the weights pruned: distance by norms, by intervals": digits(
            np.array(
                [
                    ball_distance(network, pruned.network, radius=28.0),
                    box_distance(network, pruned.network, box=(0.0, 1.0)),
                ]
            )
        ),
        "its largest output": digits(found.largest_output)[0],
        "original-by-distance": said(original_by_distance.certify(apart, delta=DELTA)),
        "holdout-binomial, for comparison": said(
            clopper_pearson.certify(holdout, delta=DELTA)
        ),
    }


def main() -> None:
    data = load("mnist")
    train, test = data.train, data.test
    given = sys.argv[1:]
    network = read(given[0]) if given else trained(train.x, train.y)
    results = {
        "time": times(network, train.x),
        "findings": findings(network, train, test),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, threads: "
        + os.environ.get("OMP_NUM_THREADS", "all"),
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(results, indent=2) + "\n")
    sys.stdout.write(target.read_text())


if __name__ == "__main__":
    main()
