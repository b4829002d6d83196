"""What ``certify`` returns: rows of certificates, refusals, and JSON of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nonvacuous import _json
from nonvacuous.bounds import Certificate, Refusal
from nonvacuous.bounds.holdout import interval

__all__ = ["FORMAT", "ErrorCount", "Report", "Row"]

FORMAT = "nonvacuous-report/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCount:
    """Errors of one net on one sample, with the exact interval for its rate."""

    errors: int
    trials: int
    delta: float

    @property
    def value(self) -> float:
        """The error rate."""
        return self.errors / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        """Two-sided Clopper-Pearson at 1 - delta, if the rows did not make the net."""
        return interval(self.errors, self.trials, self.delta)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "errors": self.errors,
            "trials": self.trials,
            "value": self.value,
            "interval": list(self.interval),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A certificate and the errors really seen of the very net that it is about."""

    certificate: Certificate[Any]
    pipeline: str | None
    label: str
    classes: int
    n: int
    train_error: ErrorCount | None
    test_error: ErrorCount | None
    name: str = ""

    @property
    def vacuous(self) -> bool:
        """No better than guessing."""
        return self.certificate.vacuous(self.classes)

    def to_dict(self, versions: Mapping[str, str]) -> dict[str, Any]:
        """The certificate as one JSON object."""
        c = self.certificate
        return {
            "bound": self.name or c.bound.name,
            **_json.plain_data(_json.certificate(c)),
            "vacuous": self.vacuous,
            "versions": dict(versions),
            "pipeline": self.pipeline,
            "n": self.n,
            "train_error": self.train_error and self.train_error.to_dict(),
            "test_error": self.test_error and self.test_error.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every certificate of a net beside the errors really seen."""

    net: Mapping[str, Any]
    data: Mapping[str, Any]
    delta: float
    seed: int
    certificates: tuple[Row, ...]
    refused: tuple[Refusal, ...]
    train_error: ErrorCount | None
    test_error: ErrorCount | None
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    def rows(self) -> tuple[Row, ...]:
        """The certificates, `best` last."""
        return self.certificates

    @property
    def best(self) -> Row | None:
        """The row charged for every row that it could have picked."""
        last = self.certificates[-1] if self.certificates else None
        return last if last is not None and last.name == "best" else None

    def to_dict(self) -> dict[str, Any]:
        """One JSON object, see the README."""
        return {
            "format": FORMAT,
            "net": dict(self.net),
            "data": dict(self.data),
            "delta": self.delta,
            "seed": self.seed,
            "train_error": self.train_error and self.train_error.to_dict(),
            "test_error": self.test_error and self.test_error.to_dict(),
            "certificates": [row.to_dict(self.versions) for row in self.certificates],
            "refused": [
                {"bound": r.bound, "reason": r.reason, "assumption": r.assumption}
                for r in self.refused
            ],
            "notes": list(self.notes),
            "interrupted": self.interrupted,
        }

    def to_json(self) -> str:
        """As :meth:`to_dict`, strict JSON with two spaces of indent."""
        return _json.text(self.to_dict())

    def __str__(self) -> str:
        from nonvacuous.report import text

        return text(self)
