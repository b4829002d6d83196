"""Does the promise of the Poisson coreset hold on fresh rows, and at which size?

On MNIST: 2,000 test rows shape the sampling probabilities, 4,000 certify, 4,000 count.
For every share of edges, the certificate made before any draw, and over 20 draws the
share of fresh rows whose answer is another, its largest value, accuracy and size.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from nonvacuous.bounds import poisson_coreset
from nonvacuous.compression import PoissonCoreset, Rows
from nonvacuous.compression._tolerance import outputs_of
from nonvacuous.data import load
from nonvacuous.fits import agreement, foretold_agreement
from nonvacuous.nets import read

HERE = Path(__file__).parent
SEEDS = 20
DELTA = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a net trained on MNIST")
    parser.add_argument("--out", type=Path, default=HERE / "poisson_coreset.json")
    asked = parser.parse_args()
    network, test = read(asked.model), load("mnist").test
    shape, certify, count = (
        test.take(slice(*ends)) for ends in ((0, 2000), (2000, 6000), (6000, 10000))
    )
    edges = sum(int(np.count_nonzero(layer.weight)) for layer in network.layers)
    right = (outputs_of(network, count.x.reshape(len(count), -1)).argmax(1)) == count.y
    rows = []
    for keep in (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9):
        maker = PoissonCoreset(rows=Rows.of(shape), keep=keep)
        said = poisson_coreset.certify(
            foretold_agreement(maker, network, certify), delta=DELTA
        )
        differ, kept, accuracy = [], [], []
        for seed in range(SEEDS):
            small = replace(maker, seed=seed).apply(network)
            seen = agreement(network, small, count)
            differ.append(seen.differing / seen.trials)
            kept.append(sum(layer.kept for layer in small.layers))
            outputs = outputs_of(small, count.x.reshape(len(count), -1))
            accuracy.append(float((outputs.argmax(1) == count.y).mean()))
        rows.append(
            {
                "keep": keep,
                "certified": said.upper,
                "mean of u": said.evidence.mean,
                "observed, mean": float(np.mean(differ)),
                "observed, largest": max(differ),
                "draws above the certified": sum(d > said.upper for d in differ),
                "edges": edges,
                "kept, mean": float(np.mean(kept)),
                "accuracy, mean": float(np.mean(accuracy)),
                "accuracy of the original": float(right.mean()),
            }
        )
        sys.stdout.write(f"{rows[-1]}\n")
    asked.out.write_text(json.dumps({"delta": DELTA, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
