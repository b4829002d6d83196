"""Rows about compressed nets: every pipeline's code, under one Occam bound.

The looser theorems about a code stand beside the tightest one once, on its best net.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from nonvacuous._job._context import Context, Outcome, Task, refuse, refused
from nonvacuous._job._pipelines import occam_pipelines, projections
from nonvacuous._result import Row
from nonvacuous.bounds import Bound
from nonvacuous.bounds.model_compression import compress_then_evaluate
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
from nonvacuous.bounds.pac_bayes import (
    occam_catoni_grid,
    occam_kl,
    universal_binomial,
    universal_catoni_grid,
)
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
from nonvacuous.fits import origin_of
from nonvacuous.nets import Network

__all__ = ["THEOREMS", "coded", "describe", "tasks"]

_EVERY: tuple[Bound[CodedFit], ...] = (occam_binomial, compress_then_evaluate)
"""Applied to each of their codes."""

_ONCE: tuple[Bound[CodedFit], ...] = (
    occam_kl,
    occam_hoeffding,
    occam_catoni_grid,
    universal_binomial,
    universal_catoni_grid,
)
"""Never below the first of the others; applied to the net that it does best on."""

THEOREMS: tuple[Bound[Any], ...] = (*_EVERY, *_ONCE)


def tasks(context: Context, chosen: Sequence[Bound[Any]]) -> Iterator[Task]:
    """One per theorem and compressor, then one per looser theorem."""
    if context.train is None:
        reason = "no training rows were given to count errors of the code on"
        for bound in chosen:
            yield refused(bound, "training-sample", reason)
        return
    rows = Rows.of(context.train)
    seed, found = context.seed, list[Row]()
    plans: dict[str, Callable[[], Sequence[Pipeline | MatrixProject]]] = {
        occam_binomial.name: lambda: occam_pipelines(context.network, rows, seed),
        compress_then_evaluate.name: lambda: projections(seed),
    }
    for bound in _EVERY:
        memo: dict[str, Network] = {}
        if bound in chosen:
            for one in plans[bound.name]():
                task = partial(_row, context, bound, one, context.train, memo)
                yield describe(one), partial(_kept, task, found)
    for bound in _ONCE:
        if bound in chosen:
            yield bound.name, partial(_again, context, bound, found)


def _kept(task: Callable[[], Iterator[Outcome]], found: list[Row]) -> Iterator[Outcome]:
    """The task's outcomes, and its rows remembered."""
    for outcome in task():
        if isinstance(outcome, Row):
            found.append(outcome)
        yield outcome


def _again(
    context: Context, bound: Bound[CodedFit], found: list[Row]
) -> Iterator[Outcome]:
    """A looser theorem on the net with the least certificate."""
    if not found:
        reason = "it is applied to the best code of occam-binomial, which was not run"
        yield refuse(bound, "code", reason)
        return
    row = min(found, key=lambda row: row.certificate.raw)
    yield context.row(
        bound.certify(row.certificate.evidence, delta=context.delta),
        pipeline=row.pipeline,
        label=row.label,
        n=row.n,
        train=row.train_error,
        test=row.test_error,
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
        yield refuse(bound, "compressor", f"{describe(compressor)}: {error}")
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
        origin=origin_of(sample),
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
            return f"CoreNet x {len(draws)}, {last.levels} levels"
        (surgery,) = (s for s in steps if isinstance(s, NetworkSurgery))
        return f"pruned to {surgery.count:,}, {last.levels} levels"
    if draws:
        return f"CoreNet, keep {draws[0].keep:g}"
    (cut,) = (s for s in steps if isinstance(s, MagnitudePruning))
    return f"pruned, keep {cut.keep:g}"
