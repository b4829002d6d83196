"""PAC-Bayes certificates of stochastic nets on MNIST, after Dziugaite and Roy.

Run: python benchmarks/dziugaite_roy.py [TASK ...]   (writes dziugaite_roy.json)

Every certificate holds except with probability 0.035, 0.01 of it spent on draws, as in
the papers.  Beside it stands the hold-out bound from the same rows at the same delta:
a net of the same shape trained on all rows but 10,000, judged on these; where the prior
is learnt, the net at its centre, judged on the rows that the bound counts.

Choices were made by looking at these very rows, and are paid for.  `runs` counts the
posteriors whose draws were compared: each has its share of the 0.01.  `priors` counts
the nets whose errors on the rows of the bound chose the learnt prior's shape and
training: each has its share of the other 0.025.  The same looks chose PLAIN, so that
hold-out bounds are charged for as many nets.  The recipe of the posterior and the scale
cost nothing more: the inequality covers all posteriors and the grid is in the entropy.
Some twenty shorter trials with other draws led to the recipes; none was a candidate.
"""

import json
import math
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from nonvacuous._counting import count_errors
from nonvacuous.bounds.holdout import binomial_tail_inverse
from nonvacuous.bounds.pac_bayes import majority_vote, pac_bayes_kl
from nonvacuous.bounds.selection import share
from nonvacuous.data import Role, Sample, load
from nonvacuous.fits import gibbs_fit
from nonvacuous.nets import Network
from nonvacuous.stochastic import errors_of_fresh_draws, train_posterior
from nonvacuous.training import Recipe, fine_tune, initial

DELTA, MC_DELTA, HELD, LOOKS = 0.035, 0.01, 10_000, 7
PLAIN = Recipe(steps=5_000, rate=3e-3, batch=128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A line of the table: the rows of the bound, the prior's rows, the training."""

    sizes: tuple[int, ...]
    rows: int
    recipe: Recipe
    sigma: float
    rounds: int
    prior_rows: int = 0
    runs: int = 1
    priors: int = 1
    target: str


TASKS = {
    "binary-600-prior-init": Task(
        sizes=(784, 600, 2),
        rows=55_000,
        recipe=Recipe(steps=6_000, rate=3e-3, batch=256),
        sigma=0.03,
        rounds=3,
        runs=6,
        target="Dziugaite and Roy 2017, T-600: 0.161 (recalled)",
    ),
    "mnist-300-100-prior-init": Task(
        sizes=(784, 300, 100, 10),
        rows=60_000,
        recipe=Recipe(steps=6_000, rate=5e-3, batch=256),
        sigma=0.03,
        rounds=3,
        target="Perez-Ortiz et al. 2021, 600-600-600, prior at random: 0.3155"
        " (read in a reproduction)",
    ),
    "mnist-600-600-prior-learnt": Task(
        sizes=(784, 600, 600, 10),
        rows=30_000,
        prior_rows=30_000,
        recipe=Recipe(steps=600, rate=1e-5, batch=256),
        sigma=0.006,
        rounds=10,
        runs=4,
        priors=LOOKS,
        target="Perez-Ortiz et al. 2021, 600-600-600, prior learnt on half: 0.0279"
        " (read in a reproduction)",
    ),
}


def labelled(sample: Sample, halves: bool) -> Sample:
    """Digits, or whether they are 5 or more."""
    return Sample(
        x=sample.x,
        y=(sample.y >= 5).astype(np.int64) if halves else sample.y,
        role=sample.role,
        source=sample.source,
        index=sample.index,
    )


def holdout(net: Network, rows: Sample) -> dict[str, float]:
    """The hold-out bound of a net that the rows did not shape."""
    errors = count_errors(net, rows.x, rows.y)
    upper = binomial_tail_inverse(errors, len(rows), math.log(share(DELTA, LOOKS)))
    return {"upper": upper, "errors": errors, "rows": len(rows)}


def measure(task: Task) -> dict[str, object]:
    """Train a posterior, certify it, and look at the test rows afterwards."""
    start = time.process_time()
    data = load("mnist")
    halves = task.sizes[-1] == 2
    whole, test = labelled(data.train, halves), labelled(data.test, halves)
    order = np.random.default_rng(0).permutation(len(whole))
    bound = whole.take(order[: task.rows], Role.BOUND)
    net = initial(task.sizes, 1)
    if task.prior_rows:
        before = whole.take(order[task.rows :][: task.prior_rows], Role.PRIOR)
        net = fine_tune(net, before.x, before.y, PLAIN, keep_zeros=False)
        alternative = holdout(net, bound)
    else:
        before = None
        part = bound.take(slice(HELD, None))
        plain = fine_tune(net, part.x, part.y, PLAIN, keep_zeros=False)
        alternative = holdout(plain, bound.take(slice(0, HELD), Role.HOLDOUT))
    posterior = train_posterior(
        net, bound, task.recipe, prior=net, prior_rows=before, sigma=task.sigma
    )
    trained = time.process_time() - start
    fit = gibbs_fit(
        posterior, bound, mc_delta=share(MC_DELTA, task.runs), draws=task.rounds
    )
    delta = fit.mc_delta + share(DELTA - MC_DELTA, task.priors)
    draws, vote = (b.certify(fit, delta=delta) for b in (pac_bayes_kl, majority_vote))
    wrong = errors_of_fresh_draws(posterior, test.x, test.y, rounds=1, seed=1)
    return {
        "upper": draws.raw,
        "upper of the majority vote": vote.raw,
        "target": task.target,
        "hold-out bound from the same rows": alternative,
        "empirical risk of draws, upper": fit.empirical,
        "error of draws on the test rows": wrong / len(test),
        "rows": fit.trials,
        "rows that shaped the prior": task.prior_rows,
        "relative entropy, nats": fit.kl,
        "price of the scale in it, nats": posterior.grid.price(posterior.prior_index),
        "scale of the prior": posterior.grid.sigma(posterior.prior_index),
        "parameters": posterior.mean.parameters,
        "delta": DELTA,
        "posteriors compared by draws": task.runs,
        "priors chosen among on these rows": task.priors,
        "cpu seconds, training": round(trained),
        "cpu seconds": round(time.process_time() - start),
    }


def main() -> None:
    """The tasks named, or all; results of others stay."""
    target = Path(__file__).with_suffix(".json")
    for name in sys.argv[1:] or TASKS:
        found = measure(TASKS[name])
        results = json.loads(target.read_text()) if target.exists() else {}
        results[name] = found
        results["machine"] = f"{platform.machine()}, {os.cpu_count()} cores"
        target.write_text(json.dumps(results, indent=2) + "\n")
        sys.stdout.write(f"{name}: {json.dumps(found, indent=2)}\n")


if __name__ == "__main__":
    main()
