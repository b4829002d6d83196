"""What every family of theorems is given: the net, the samples, and how to count."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nonvacuous._counting import count_errors
from nonvacuous._result import ErrorCount, Row
from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.data import Sample
from nonvacuous.nets import Network

__all__ = [
    "Context",
    "Family",
    "Outcome",
    "Task",
    "radius",
    "refuse",
    "refused",
]

Outcome = Row | Refusal
Task = tuple[str, Callable[[], Iterable[Outcome]]]
"""A phrase that says what is done, and the doing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A net and its samples; the errors of the net are filled in once, first."""

    network: Network
    train: Sample | None
    test: Sample | None
    delta: float
    least_delta: float
    """What is left of delta where `best` recomputes a row."""
    seed: int
    classes: int
    errors: dict[str, ErrorCount | None] = field(default_factory=dict)

    def count(self, network: Network, sample: Sample | None) -> ErrorCount | None:
        """Errors of a net on a sample, if there is one."""
        if sample is None:
            return None
        return ErrorCount(
            errors=count_errors(network, sample.x, sample.y),
            trials=len(sample),
            delta=self.delta,
        )

    def original(
        self, outcome: Certificate[Any] | Refusal, n: int, label: str = ""
    ) -> Outcome:
        """A row about the net as it is."""
        return self.row(
            outcome,
            label=label or "the net as it is",
            n=n,
            train=self.errors.get("train"),
            test=self.errors.get("test"),
        )

    def row(
        self,
        outcome: Certificate[Any] | Refusal,
        *,
        label: str,
        n: int,
        train: ErrorCount | None,
        test: ErrorCount | None,
        pipeline: str | None = None,
    ) -> Outcome:
        """A row of the report, or the refusal as it came."""
        if isinstance(outcome, Refusal):
            return outcome
        return Row(
            certificate=outcome,
            pipeline=pipeline,
            label=label,
            classes=self.classes,
            n=n,
            train_error=train,
            test_error=test,
        )


Family = Callable[[Context, Sequence[Bound[Any]]], Iterator[Task]]
"""Tasks for those of a family's theorems that were asked for."""


def refuse(bound: Bound[Any], assumption: str, reason: str) -> Refusal:
    """No row, and why."""
    return Refusal(bound=bound.name, assumption=assumption, reason=reason)


def refused(bound: Bound[Any], assumption: str, reason: str) -> Task:
    """A task that only says why there is no row."""
    return bound.name, partial(iter, (refuse(bound, assumption, reason),))


def radius(sample: Sample) -> float:
    """The largest Euclidean norm that an input of the sample's domain can have.

    Raises:
        ValueError: if no domain is known.
    """
    if sample.domain is None:
        raise ValueError("the sample must have a domain, got None")
    features = sample.x[0].size
    largest = max(abs(end) for end in sample.domain)
    return math.nextafter(largest * math.sqrt(features), math.inf)
