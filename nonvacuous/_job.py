"""One run of ``certify``: rows and refusals grow, everything else stays."""

import importlib.metadata
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nonvacuous._counting import count_errors
from nonvacuous._plan import occam_pipelines, projections
from nonvacuous._result import ErrorCount, Report, Row
from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.coreset import corenet_generalization
from nonvacuous.bounds.holdout import clopper_pearson, holdout_hoeffding, holdout_kl
from nonvacuous.bounds.model_compression import compress_then_evaluate
from nonvacuous.bounds.occam import occam_binomial
from nonvacuous.bounds.selection import best, share
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
from nonvacuous.data import Role, Sample
from nonvacuous.evidence import CodedFit, HoldoutErrors, Origin
from nonvacuous.fits import coreset_fit, coreset_net
from nonvacuous.nets import Network

__all__ = ["PLAN", "Job", "Progress"]

Progress = Callable[[float, str], None]
"""Called with the fraction done, 0 to 1, and a phrase that says what is next."""

PLAN: tuple[Bound[Any], ...] = (
    clopper_pearson,
    holdout_kl,
    holdout_hoeffding,
    occam_binomial,
    compress_then_evaluate,
    corenet_generalization,
)
"""The theorems that ``certify`` applies; `best` is charged for each, used or not."""

_PROMISES = {
    Role.TRAIN: "i.i.d.",
    Role.HOLDOUT: "i.i.d. and unseen by whoever made or chose the net",
}


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
    errors: dict[str, ErrorCount | None] = field(default_factory=dict)

    def run(self) -> None:
        """Every planned row, then `best`; an interrupt ends the plan, not the job."""
        tasks = list(self._tasks())
        try:
            for done, (phrase, task) in enumerate(tasks):
                self._say(done / len(tasks), phrase)
                task()
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

    def _tasks(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "errors of the net", self._original
        for bound in (clopper_pearson, holdout_kl, holdout_hoeffding):
            if bound in self.chosen:
                yield bound.name, partial(self._holdout, bound)
        if occam_binomial in self.chosen:
            yield from self._coded(occam_binomial)
        if compress_then_evaluate in self.chosen:
            yield from self._coded(compress_then_evaluate)
        if corenet_generalization in self.chosen:
            yield "CoreNet's theorem", self._corenet

    def _original(self) -> None:
        self.errors = {
            "train": self._count(self.network, self.train),
            "test": self._count(self.network, self.test),
        }

    def _count(self, network: Network, sample: Sample | None) -> ErrorCount | None:
        if sample is None:
            return None
        return ErrorCount(
            errors=count_errors(network, sample.x, sample.y),
            trials=len(sample),
            delta=self.delta,
        )

    def _refuse(self, bound: Bound[Any], assumption: str, reason: str) -> None:
        refusal = Refusal(bound=bound.name, assumption=assumption, reason=reason)
        if refusal not in self.refused:
            self.refused.append(refusal)

    def _add(
        self,
        outcome: Certificate[Any] | Refusal,
        *,
        pipeline: str | None,
        label: str,
        n: int,
        train: ErrorCount | None,
        test: ErrorCount | None,
    ) -> None:
        if isinstance(outcome, Refusal):
            self.refused.append(outcome)
            return
        self.rows.append(
            Row(
                certificate=outcome,
                pipeline=pipeline,
                label=label,
                classes=self.classes,
                n=n,
                train_error=train,
                test_error=test,
            )
        )

    def _holdout(self, bound: Bound[HoldoutErrors]) -> None:
        seen = self.errors["test"]
        if self.test is None or seen is None:
            self._refuse(bound, "unseen", "no hold-out rows were given")
            return
        evidence = HoldoutErrors(
            errors=seen.errors, trials=seen.trials, origin=_origin(self.test)
        )
        self._add(
            bound.certify(evidence, delta=self.delta),
            pipeline=None,
            label="the net as it is",
            n=seen.trials,
            train=self.errors["train"],
            test=seen,
        )

    def _coded(
        self, bound: Bound[CodedFit]
    ) -> Iterator[tuple[str, Callable[[], None]]]:
        if self.train is None:
            reason = "no training rows were given to count errors of the code on"
            yield bound.name, lambda: self._refuse(bound, "training-sample", reason)
            return
        rows = Rows.of(self.train)
        compressors: list[Pipeline] | list[MatrixProject] = (
            occam_pipelines(self.network, rows, self.seed)
            if bound is occam_binomial
            else projections(self.seed)
        )
        memo: dict[str, Network] = {}
        for compressor in compressors:
            yield (
                describe(compressor),
                partial(self._compressed, bound, compressor, memo),
            )

    def _compressed(
        self,
        bound: Bound[CodedFit],
        compressor: Pipeline | MatrixProject,
        memo: dict[str, Network],
    ) -> None:
        train = self.train
        if train is None:
            return
        try:
            small = (
                Compressed.of(
                    compressor.apply(self.network, memo), compressor=compressor
                )
                if isinstance(compressor, Pipeline)
                else compressor.compress(self.network)
            )
        except CompressionError as error:  # too few rows for |S|, or beyond the code
            self._refuse(bound, "compressor", f"{describe(compressor)}: {error}")
            return
        fit = self._count(small.network, train)
        if fit is None:
            return
        evidence = CodedFit(
            errors=fit.errors,
            trials=fit.trials,
            bits=small.code.bits,
            code=small.code.data,
            format=small.code.format,
            decoded=True,
            origin=_origin(train),
        )
        self._add(
            bound.certify(evidence, delta=self.delta),
            pipeline=small.pipeline,
            label=describe(compressor),
            n=fit.trials,
            train=fit,
            test=self._count(small.network, self.test),
        )

    def _corenet(self) -> None:
        bound = corenet_generalization
        if self.test is None:
            self._refuse(
                bound,
                "rows-kept-from-training",
                "the theorem needs rows that the net was not trained on",
            )
            return
        try:
            evidence = coreset_fit(
                self.network,
                self.test,
                # half of the least delta at which the row is ever asked for
                delta=share(self.delta, self.events) / 2,
                seed=self.seed,
                origin=_origin(self.test),
            )
        except CompressionError as error:
            self._refuse(bound, "support-size", str(error))
            return
        outcome = bound.certify(evidence, delta=self.delta)
        if isinstance(outcome, Refusal):
            self.refused.append(outcome)
            return
        small, rest = coreset_net(self.network, self.test, evidence, seed=self.seed)
        self._add(
            outcome,
            pipeline=small.pipeline,
            label=f"CoreNet, epsilon 2^-{evidence.grid_index}",
            n=evidence.trials,
            train=self._count(small.network, self.train),
            test=self._count(small.network, rest),
        )

    @property
    def events(self) -> int:
        """One for each theorem of the plan, whether it gave a row or not."""
        return len(self.chosen)

    def _best(self) -> None:
        if not self.rows:
            return
        certificate = best(
            [row.certificate for row in self.rows],
            delta=self.delta,
            events=self.events,
        )
        source = next(
            row for row in self.rows if row.certificate.evidence is certificate.evidence
        )
        self.rows.append(
            Row(
                certificate=certificate,
                pipeline=source.pipeline,
                label=f"the least of these, charged for {self.events} theorems",
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
            train_error=self.errors.get("train"),
            test_error=self.errors.get("test"),
            versions=_versions(),
            notes=tuple(self._notes(equal)),
            interrupted=self.interrupted,
        )

    def _notes(self, equal: int) -> Iterator[str]:
        if self.network.note:
            yield f"About the net: {self.network.note}."
        guess = 1 - 1 / self.classes
        for name, seen in self.errors.items():
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


def _origin(sample: Sample) -> Origin:
    return Origin(
        source=sample.source,
        role=str(sample.role),
        digest=sample.digest,
        rows=len(sample),
        promise=_PROMISES[sample.role],
    )


def _description(sample: Sample) -> dict[str, Any]:
    return {
        "source": sample.source,
        "role": str(sample.role),
        "rows": len(sample),
        "features": list(sample.x.shape[1:]),
        "digest": sample.digest,
        "promise": _PROMISES[sample.role],
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
