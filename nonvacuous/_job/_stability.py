"""Arora et al.'s theorem, and the original net through a compressed one."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from nonvacuous._counting import count_errors
from nonvacuous._job._context import Context, Outcome, Task, radius, refuse, refused
from nonvacuous._result import ErrorCount
from nonvacuous.bounds import Bound, Refusal
from nonvacuous.bounds.noise_stability import arora_network
from nonvacuous.bounds.output_distance import original_by_distance
from nonvacuous.compression import CompressionError, Pipeline, Quantization
from nonvacuous.data import Sample
from nonvacuous.fits import cushion_fit, cushion_net, distance_fit
from nonvacuous.measures import homogeneous_rows
from nonvacuous.nets import Network

__all__ = ["THEOREMS", "tasks"]

THEOREMS: tuple[Bound[Any], ...] = (arora_network, original_by_distance)

_LEVELS = 16
"""Of the net that the original is compared with; more are nearer, and cost more."""


def tasks(context: Context, chosen: Sequence[Bound[Any]]) -> Iterator[Task]:
    """One per theorem."""
    for bound, row in ((arora_network, _network), (original_by_distance, _distance)):
        if bound not in chosen:
            continue
        if context.train is None:
            yield refused(bound, "sample", "no train rows were given")
        else:
            yield bound.name, partial(row, context, context.train)


def _network(context: Context, train: Sample) -> Iterator[Outcome]:
    evidence = cushion_fit(
        context.network,
        train,
        delta=context.least_delta / 2,
        seed=context.seed,
    )
    outcome = arora_network.certify(evidence, delta=context.delta)
    if isinstance(outcome, Refusal):
        yield outcome
        return
    small = cushion_net(context.network, evidence, seed=context.seed)
    yield context.row(
        outcome,
        label=f"noise-stable, eps 2^-{evidence.grid_index}",
        n=evidence.trials,
        train=_errors(context, small, train),
        test=_errors(context, small, context.test),
    )


def _errors(
    context: Context, small: Network, sample: Sample | None
) -> ErrorCount | None:
    """Errors of a net whose matrices hold the biases."""
    if sample is None:
        return None
    x = homogeneous_rows(context.network, sample.x)
    return ErrorCount(
        errors=count_errors(small, x, sample.y),
        trials=len(sample),
        delta=context.delta,
    )


def _distance(context: Context, train: Sample) -> Iterator[Outcome]:
    if train.domain is None:
        reason = (
            "the distance must hold for every input that can occur, and nothing says"
            " how large those can be; a `Sample` with a `domain` does"
        )
        yield refuse(original_by_distance, "distance-on-the-domain", reason)
        return
    try:
        small = Pipeline(steps=(Quantization(levels=_LEVELS),)).compress(
            context.network
        )
    except CompressionError as error:
        yield refuse(original_by_distance, "compressor", str(error))
        return
    evidence = distance_fit(
        context.network,
        small,
        train,
        radius=radius(train),
        box=train.domain,
    )
    yield context.original(
        original_by_distance.certify(evidence, delta=context.delta),
        evidence.trials,
        f"the net, from {_LEVELS} levels",
    )
