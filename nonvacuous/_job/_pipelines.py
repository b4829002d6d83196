"""Which compressors ``certify`` tries, from the sizes of net and sample alone.

Nothing here looks at a row.  What is searched is free, because one code names every
net that could come out; the theorems to choose between are counted and paid for.
"""

import itertools
import math
from collections.abc import Sequence

from nonvacuous.compression import (
    CoreNet,
    FineTuning,
    MagnitudePruning,
    MatrixProject,
    NetworkSurgery,
    Pipeline,
    Quantization,
    Recipe,
    Rows,
    UnitPruning,
)
from nonvacuous.nets import Network

__all__ = ["occam_pipelines", "projections"]

_UNITS = UnitPruning(keep=0.1, least=16)
_ROWS_PER_WEIGHT = 50  # about 0.1 nats of code a row, at 7 bits a weight
_LEAST_WEIGHTS = 100  # with fewer no net of ten classes fits anything
_LARGE = 10_000  # rows from which on more levels and longer training pay
_PRUNED = (0.95, 0.75, 0.55)  # budgets in multiples of the target
_SAMPLED = (2.5, 1.5)
_ROUND = 0.75  # each round of gradual sampling keeps this share


def occam_pipelines(network: Network, rows: Rows, seed: int) -> list[Pipeline]:
    """Pruning and coreset pipelines, without and with fine-tuning.

    Args:
        network: the original net.
        rows: the training sample.
        seed: of draws and batches.

    Returns:
        Pipelines, those that begin alike next to each other.
    """
    return [
        *_plain(rows, seed),
        *_coreset(network, rows, seed),
        *_surgery(network, rows, seed),
    ]


def projections(seed: int) -> list[MatrixProject]:
    """Arora et al.'s Matrix-Project at two budgets."""
    return [MatrixProject(count=k, bits=6, seed=seed) for k in (256, 1024)]


def _plain(rows: Rows, seed: int) -> list[Pipeline]:
    """Without fine-tuning: what the selection alone is worth."""
    return [
        *(
            Pipeline(steps=(MagnitudePruning(keep=k), Quantization(levels=4)))
            for k in (0.1, 0.05)
        ),
        *(
            Pipeline(
                steps=(CoreNet(rows=rows, keep=k, seed=seed), Quantization(levels=4))
            )
            for k in (0.3, 0.1)
        ),
    ]


def _tune(rows: Rows, seed: int, longer: int = 1) -> FineTuning:
    steps = longer * (700 if len(rows.x) >= _LARGE else 400)
    recipe = Recipe(steps=steps, rate=4e-3, batch=256, seed=seed)
    return FineTuning(rows=rows, recipe=recipe)


def _finish(rows: Rows, seed: int, levels: int) -> FineTuning:
    """Fine-tuning that ends on the levels."""
    steps = 3000 if len(rows.x) >= _LARGE else 1200
    recipe = Recipe(steps=steps, rate=3e-3, batch=256, seed=seed)
    return FineTuning(rows=rows, recipe=recipe, levels=levels, bias_exponent=2)


def _narrow(network: Network) -> int:
    """Weights that are left when `_UNITS` has been applied."""
    hidden = [
        min(h, max(_UNITS.least, round(_UNITS.keep * h))) for h in network.sizes[1:-1]
    ]
    sizes = [network.sizes[0], *hidden, network.sizes[-1]]
    return sum(a * b for a, b in itertools.pairwise(sizes))


def _budgets(network: Network, rows: Rows, shares: Sequence[float]) -> list[int]:
    """Weights to keep, largest first, as many as the sample can pay for."""
    target = _LEAST_WEIGHTS + len(rows.x) / _ROWS_PER_WEIGHT
    found = {round(share * target) for share in shares}
    return sorted((n for n in found if n < _narrow(network)), reverse=True)


def _coreset(network: Network, rows: Rows, seed: int) -> list[Pipeline]:
    """Few hidden units, then rounds of sensitivity sampling, fine-tuned after each."""
    steps: list[UnitPruning | CoreNet | FineTuning] = [_UNITS, _tune(rows, seed)]
    found, count, draws = [], _narrow(network), 0
    for budget in _budgets(network, rows, _SAMPLED):
        rounds = max(1, round(math.log(budget / count) / math.log(_ROUND)))
        keep = (budget / count) ** (1 / rounds)
        for _ in range(rounds):
            draw = CoreNet(rows=rows, keep=keep, seed=seed + draws)
            steps += [draw, _tune(rows, seed)]
            draws += 1
        count = budget
        levels = 8 if len(rows.x) >= _LARGE else 2
        long = _tune(rows, seed, longer=3)
        found.append(Pipeline(steps=(*steps, long, _finish(rows, seed, levels))))
    return found


def _surgery(network: Network, rows: Rows, seed: int) -> list[Pipeline]:
    """Few hidden units, then few weights, chosen anew while the net is trained."""
    steps = 8000 if len(rows.x) >= _LARGE else 2000
    recipe = Recipe(steps=steps, rate=1.5e-3, batch=256, seed=seed)
    return [
        Pipeline(
            steps=(
                _UNITS,
                _tune(rows, seed),
                NetworkSurgery(rows=rows, recipe=recipe, count=budget),
                _finish(rows, seed, levels),
            )
        )
        for budget in _budgets(network, rows, _PRUNED)
        for levels in (2, 3)
    ]
