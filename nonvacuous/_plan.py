"""Which compressors ``certify`` tries, from the sizes of net and sample alone.

Nothing here looks at a row.  What is searched is free, because one code names every
net that could come out; the theorems to choose between are counted and paid for.
"""

import math
from collections.abc import Sequence

from nonvacuous.compression import (
    CoreNet,
    FineTuning,
    MagnitudePruning,
    MatrixProject,
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
_BUDGETS = (3.0, 1.5, 1.1, 0.8)
_STAGE = 0.7  # each stage of gradual pruning keeps this share


def occam_pipelines(network: Network, rows: Rows, seed: int) -> list[Pipeline]:
    """Pruning and coreset pipelines, without and with fine-tuning.

    Args:
        network: the original net.
        rows: the training sample.
        seed: of draws and batches.

    Returns:
        Pipelines, those that begin alike next to each other.
    """
    weights = sum(layer.weight.size for layer in network.layers)
    target = max(8, len(rows.x) // _ROWS_PER_WEIGHT)
    budgets = [n for n in (round(b * target) for b in _BUDGETS) if n < weights]
    return [
        *_plain(rows, seed),
        *_coreset(weights, budgets[:3:2], rows, seed),
        *_gradual(network, budgets, rows, seed),
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


def _tune(rows: Rows, seed: int, steps: int = 600, rate: float = 3e-3) -> FineTuning:
    return FineTuning(
        rows=rows, recipe=Recipe(steps=steps, rate=rate, batch=256, seed=seed)
    )


def _finish(rows: Rows, seed: int) -> FineTuning:
    """Fine-tuning on the levels themselves, before the net is encoded."""
    return FineTuning(
        rows=rows,
        recipe=Recipe(steps=1500, rate=2e-3, batch=512, seed=seed),
        levels=4 if len(rows.x) >= 10_000 else 2,
        bias_exponent=1,
    )


def _coreset(
    weights: int, budgets: Sequence[int], rows: Rows, seed: int
) -> list[Pipeline]:
    """Sampling by sensitivity in four rounds, fine-tuned after each."""
    found = []
    for budget in budgets:
        keep = (budget / weights) ** 0.25
        steps: list[CoreNet | FineTuning] = []
        for round_ in range(4):
            draw = CoreNet(rows=rows, keep=keep, seed=seed + round_)
            steps += [draw, _tune(rows, seed)]
        found.append(Pipeline(steps=(*steps, _finish(rows, seed))))
    return found


def _gradual(
    network: Network, budgets: Sequence[int], rows: Rows, seed: int
) -> list[Pipeline]:
    """Few hidden units, then ever fewer weights, fine-tuned after each stage."""
    hidden = [min(h, max(16, round(0.1 * h))) for h in network.sizes[1:-1]]
    sizes = [network.sizes[0], *hidden, network.sizes[-1]]
    weights = sum(a * b for a, b in zip(sizes, sizes[1:], strict=False))
    steps: list[UnitPruning | MagnitudePruning | FineTuning] = [
        _UNITS,
        _tune(rows, seed),
    ]
    found, count = [], float(weights)
    for budget in sorted(budgets, reverse=True):
        stages = max(1, math.ceil(math.log(budget / count) / math.log(_STAGE)))
        for stage in range(1, stages + 1):
            step = round(count * (budget / count) ** (stage / stages))
            steps += [MagnitudePruning(count=step), _tune(rows, seed)]
        count = float(budget)
        found.append(Pipeline(steps=(*steps, _finish(rows, seed))))
    return found
