"""CoreNet's own generalization bound, on rows that the net was not trained on."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from nonvacuous._job._context import Context, Outcome, Task, refuse
from nonvacuous.bounds import Bound, Refusal
from nonvacuous.bounds.coreset import corenet_generalization
from nonvacuous.compression import CompressionError
from nonvacuous.fits import coreset_fit, coreset_net

__all__ = ["THEOREMS", "tasks"]

THEOREMS: tuple[Bound[Any], ...] = (corenet_generalization,)


def tasks(context: Context, chosen: Sequence[Bound[Any]]) -> Iterator[Task]:
    """One, if it was asked for."""
    if chosen:
        yield "CoreNet's theorem", partial(_row, context)


def _row(context: Context) -> Iterator[Outcome]:
    bound, test = corenet_generalization, context.test
    if test is None:
        reason = "the theorem needs rows that the net was not trained on"
        yield refuse(bound, "rows-kept-from-training", reason)
        return
    try:
        evidence = coreset_fit(
            context.network,
            test,
            # half of the least delta at which the row is ever asked for
            delta=context.least_delta / 2,
            seed=context.seed,
        )
    except CompressionError as error:
        yield refuse(bound, "support-size", str(error))
        return
    outcome = bound.certify(evidence, delta=context.delta)
    if isinstance(outcome, Refusal):
        yield outcome
        return
    small, rest = coreset_net(context.network, test, evidence, seed=context.seed)
    yield context.row(
        outcome,
        pipeline=small.pipeline,
        label=f"CoreNet, epsilon 2^-{evidence.grid_index}",
        n=evidence.trials,
        train=context.count(small.network, context.train),
        test=context.count(small.network, rest),
    )
