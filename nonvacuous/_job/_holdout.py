"""Rows from data that nobody trained on."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from nonvacuous._job._context import Context, Outcome, Task, refuse
from nonvacuous.bounds import Bound
from nonvacuous.bounds.holdout import clopper_pearson, holdout_hoeffding, holdout_kl
from nonvacuous.evidence import HoldoutErrors
from nonvacuous.fits import origin_of

__all__ = ["THEOREMS", "tasks"]

THEOREMS: tuple[Bound[Any], ...] = (clopper_pearson, holdout_kl, holdout_hoeffding)


def tasks(context: Context, chosen: Sequence[Bound[Any]]) -> Iterator[Task]:
    """One per theorem."""
    for bound in chosen:
        yield bound.name, partial(_row, context, bound)


def _row(context: Context, bound: Bound[HoldoutErrors]) -> Iterator[Outcome]:
    seen = context.errors["test"]
    if context.test is None or seen is None:
        yield refuse(bound, "unseen", "no hold-out rows were given")
        return
    evidence = HoldoutErrors(
        errors=seen.errors, trials=seen.trials, origin=origin_of(context.test)
    )
    yield context.original(bound.certify(evidence, delta=context.delta), seen.trials)
