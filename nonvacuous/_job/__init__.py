"""One run of ``certify``: rows and refusals grow, everything else stays."""

import importlib.metadata
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nonvacuous._job import (
    _codes,
    _coreset,
    _elsewhere,
    _holdout,
    _norms,
    _stability,
    _stochastic,
)
from nonvacuous._job._context import Context, Family, Task
from nonvacuous._result import Report, Row
from nonvacuous.bounds import Bound, Refusal
from nonvacuous.bounds.holdout import clopper_pearson
from nonvacuous.bounds.model_compression import compress_then_evaluate
from nonvacuous.bounds.occam import occam_binomial
from nonvacuous.bounds.pac_bayes import pac_bayes_kl_exact_constant
from nonvacuous.bounds.selection import best, share
from nonvacuous.data import Sample
from nonvacuous.fits._origin import PROMISES
from nonvacuous.nets import Network

__all__ = ["CONTENDERS", "PLAN", "Job", "Progress", "contenders"]

Progress = Callable[[float, str], None]
"""Called with the fraction done, 0 to 1, and a phrase that says what is next."""

_FAMILIES: tuple[tuple[tuple[Bound[Any], ...], Family], ...] = (
    (_holdout.THEOREMS, _holdout.tasks),
    (_codes.THEOREMS, _codes.tasks),
    (_stochastic.THEOREMS, _stochastic.tasks),
    (_coreset.THEOREMS, _coreset.tasks),
    (_stability.THEOREMS, _stability.tasks),
    (_norms.THEOREMS, _norms.tasks),
    (_elsewhere.theorems(), _elsewhere.tasks),
)

PLAN: tuple[Bound[Any], ...] = tuple(b for family, _ in _FAMILIES for b in family)
"""The theorems that ``certify`` applies."""

CONTENDERS: tuple[Bound[Any], ...] = (
    clopper_pearson,
    occam_binomial,
    compress_then_evaluate,
    pac_bayes_kl_exact_constant,
)
"""Those that `best` picks from, and is charged for, used or not: the tightest of each
family.  The others are never below one of these, or are vacuous on every net known."""


def contenders(chosen: tuple[Bound[Any], ...]) -> tuple[Bound[Any], ...]:
    """What `best` may pick when these were asked for; no row was seen by then."""
    return tuple(b for b in chosen if b in CONTENDERS) or chosen


@dataclass(slots=True, kw_only=True)
class Job:
    """One run: rows and refusals grow, everything else stays."""

    network: Network
    train: Sample | None
    test: Sample | None
    delta: float
    seed: int
    classes: int
    chosen: tuple[Bound[Any], ...]
    progress: Progress | None
    rows: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    interrupted: bool = False
    context: Context = field(init=False)

    def __post_init__(self) -> None:
        self.context = Context(
            network=self.network,
            train=self.train,
            test=self.test,
            delta=self.delta,
            least_delta=share(self.delta, len(contenders(self.chosen))),
            seed=self.seed,
            classes=self.classes,
        )

    def run(self) -> None:
        """Every planned row, then `best`; an interrupt ends the plan, not the job."""
        try:
            tasks = list(self._tasks())
            for done, (phrase, task) in enumerate(tasks):
                self._say(done / len(tasks), phrase)
                for outcome in task():
                    if isinstance(outcome, Row):
                        self.rows.append(outcome)
                    elif outcome not in self.refused:
                        self.refused.append(outcome)
            self._say(1.0, "done")
        except KeyboardInterrupt:
            self.interrupted = True
            self.refused.append(
                Refusal(
                    bound="certify",
                    assumption="finished",
                    reason=f"interrupted with {len(self.rows)} certificates computed",
                )
            )
        self._best()

    def _say(self, fraction: float, phrase: str) -> None:
        if self.progress is not None:
            self.progress(fraction, phrase)

    def _tasks(self) -> Iterator[Task]:
        yield "errors of the net", self._original
        for theorems, tasks in _FAMILIES:
            yield from tasks(self.context, [b for b in theorems if b in self.chosen])

    def _original(self) -> tuple[()]:
        for name, sample in (("train", self.train), ("test", self.test)):
            self.context.errors[name] = self.context.count(self.network, sample)
        return ()

    def _best(self) -> None:
        field_ = contenders(self.chosen)
        rows = [row for row in self.rows if row.certificate.bound in field_]
        if not rows:
            return
        certificate = best(
            [row.certificate for row in rows], delta=self.delta, events=len(field_)
        )
        source = next(
            row for row in rows if row.certificate.evidence is certificate.evidence
        )
        self.rows.append(
            Row(
                certificate=certificate,
                pipeline=source.pipeline,
                label=f"the least of these, charged for {len(field_)} theorems",
                classes=self.classes,
                n=source.n,
                train_error=source.train_error,
                test_error=source.test_error,
                name="best",
            )
        )

    def report(self, equal: int) -> Report:
        """The finished result."""
        return Report(
            net={
                "layers": list(self.network.sizes),
                "parameters": self.network.parameters,
                "nonzeros": self.network.nonzeros,
                "dtype": "float64" if self.network.double else "float32",
                "note": self.network.note,
            },
            data={
                "train": self.train and _description(self.train),
                "test": self.test and _description(self.test),
                "classes": self.classes,
                "equal_contents": equal,
            },
            delta=self.delta,
            seed=self.seed,
            certificates=tuple(self.rows),
            refused=tuple(self.refused),
            train_error=self.context.errors.get("train"),
            test_error=self.context.errors.get("test"),
            versions=_versions(),
            notes=tuple(self._notes(equal)),
            interrupted=self.interrupted,
        )

    def _notes(self, equal: int) -> Iterator[str]:
        if self.network.note:
            yield f"About the net: {self.network.note}."
        guess = 1 - 1 / self.classes
        for name, seen in self.context.errors.items():
            if seen is not None and seen.value >= guess:
                yield (
                    f"The net's {name} error is no better than guessing: check"
                    " what it is normalized by (--normalize MEAN,STD), or whether"
                    " net and data belong together."
                )
        if self.train is not None and self.test is not None:
            yield (
                f"{equal} of {len(self.test)} test rows have the contents of a"
                " training row."
            )


def _description(sample: Sample) -> dict[str, Any]:
    return {
        "source": sample.source,
        "role": str(sample.role),
        "rows": len(sample),
        "features": list(sample.x.shape[1:]),
        "digest": sample.digest,
        "promise": PROMISES[sample.role],
    }


def _versions() -> dict[str, str]:
    import torch

    names = ("nonvacuous", "numpy", "scipy", "torch")
    found = {name: importlib.metadata.version(name) for name in names}
    return {
        **found,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "threads": str(torch.get_num_threads()),
    }
