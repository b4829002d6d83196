"""Rows about compressed nets: every pipeline's code, under one Occam bound."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from nonvacuous._job._context import Context, Outcome, Task
from nonvacuous._job._pipelines import occam_pipelines, projections
from nonvacuous.bounds import Bound
from nonvacuous.bounds.model_compression import compress_then_evaluate
from nonvacuous.bounds.occam import occam_binomial
from nonvacuous.compression import (
    Compressed,
    CompressionError,
    CoreNet,
    FineTuning,
    MagnitudePruning,
    MatrixProject,
    NetworkSurgery,
    Pipeline,
    Rows,
)
from nonvacuous.data import Sample
from nonvacuous.evidence import CodedFit
from nonvacuous.nets import Network

__all__ = ["THEOREMS", "coded", "describe", "tasks"]

THEOREMS: tuple[Bound[Any], ...] = (occam_binomial, compress_then_evaluate)


def tasks(context: Context, chosen: Sequence[Bound[Any]]) -> Iterator[Task]:
    """One per theorem and compressor."""
    for bound in chosen:
        if context.train is None:
            reason = "no training rows were given to count errors of the code on"
            refusal = context.refuse(bound, "training-sample", reason)
            yield bound.name, partial(iter, (refusal,))
            continue
        rows = Rows.of(context.train)
        compressors: Sequence[Pipeline | MatrixProject] = (
            occam_pipelines(context.network, rows, context.seed)
            if bound is occam_binomial
            else projections(context.seed)
        )
        memo: dict[str, Network] = {}
        for one in compressors:
            yield (
                describe(one),
                partial(_row, context, bound, one, context.train, memo),
            )


def _row(
    context: Context,
    bound: Bound[CodedFit],
    compressor: Pipeline | MatrixProject,
    train: Sample,
    memo: dict[str, Network],
) -> Iterator[Outcome]:
    try:
        small = (
            Compressed.of(
                compressor.apply(context.network, memo), compressor=compressor
            )
            if isinstance(compressor, Pipeline)
            else compressor.compress(context.network)
        )
    except CompressionError as error:  # too few rows for |S|, or beyond the code
        yield context.refuse(bound, "compressor", f"{describe(compressor)}: {error}")
        return
    evidence = coded(context, small, train)
    yield context.row(
        bound.certify(evidence, delta=context.delta),
        pipeline=small.pipeline,
        label=describe(compressor),
        n=evidence.trials,
        train=context.count(small.network, train),
        test=context.count(small.network, context.test),
    )


def coded(context: Context, small: Compressed, sample: Sample) -> CodedFit:
    """The errors of a decoded net, and its code."""
    seen = context.count(small.network, sample)
    assert seen is not None
    return CodedFit(
        errors=seen.errors,
        trials=seen.trials,
        bits=small.code.bits,
        code=small.code.data,
        format=small.code.format,
        decoded=True,
        origin=context.origin(sample),
    )


def describe(compressor: Pipeline | MatrixProject) -> str:
    """A few words for a table; the whole truth is the ``repr``."""
    if isinstance(compressor, MatrixProject):
        return f"Matrix-Project, k = {compressor.count:,}"
    steps = compressor.steps
    draws = [s for s in steps if isinstance(s, CoreNet)]
    last = steps[-1]
    if isinstance(last, FineTuning):
        if draws:
            return f"CoreNet x {len(draws)} on {last.levels} levels"
        (surgery,) = (s for s in steps if isinstance(s, NetworkSurgery))
        return f"pruned to {surgery.count:,} on {last.levels} levels"
    if draws:
        return f"CoreNet, keep {draws[0].keep:g}"
    (cut,) = (s for s in steps if isinstance(s, MagnitudePruning))
    return f"pruned, keep {cut.keep:g}"
