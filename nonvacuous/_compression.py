"""What ``compress`` returns: a small net beside its original, as a table and JSON."""

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nonvacuous.compression import Compressed, Method
from nonvacuous.compression.execution import Execution
from nonvacuous.compression.sizes import array_bytes, dense_bytes
from nonvacuous.nets import Network

__all__ = ["FORMAT", "Compression", "LayerLine"]

FORMAT = "nonvacuous-compression/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerLine:
    """A layer in the table, or all of them as number 0; None is what is not known.

    Attributes:
        layer: its number, from 1.
        before: inputs and outputs of the original layer.
        after: inputs and outputs of the small one.
        weights: of the original layer, zero or not.
        asked: draws asked for.
        drawn: draws made.
        kept: numbers that the small layer stores.
        epsilon: the largest relative error guaranteed of a neuron, NaN where one has
            no guarantee.
        facts: further numbers by name.
    """

    layer: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    weights: int
    asked: float | None
    drawn: float | None
    kept: int
    epsilon: float | None
    facts: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compression:
    """A compressed net beside its original, and all that is to be said about it.

    Attributes:
        method: how.
        original: the net before.
        small: the net after, as it came out of the decoder, with its code.
        errors: for "train" and "test", errors of the original and of the compressed
            net and how many rows, where there are such rows.
        rows: which rows the method looked at, in a sentence; or none.
        execution: how it runs; or none.
        settings: keep, epsilon, delta and seed as they were given.
    """

    method: Method
    original: Network
    small: Compressed
    errors: dict[str, tuple[int, int, int]]
    rows: str | None
    execution: Execution | None
    settings: dict[str, Any]

    @property
    def lines(self) -> tuple[LayerLine, ...]:
        """Every layer."""
        triples = zip(
            self.small.report.layers,
            self.original.layers,
            self.small.network.layers,
            strict=True,
        )
        return tuple(
            LayerLine(
                layer=said.layer,
                before=before.weight.shape[::-1],
                after=after.weight.shape[::-1],
                weights=before.weight.size,
                asked=said.asked,
                drawn=said.drawn,
                kept=said.kept,
                epsilon=_worst(said.neurons.get("epsilon")),
                facts=said.facts,
            )
            for said, before, after in triples
        )

    @property
    def total(self) -> LayerLine:
        """All layers together."""
        lines = self.lines
        return LayerLine(
            layer=0,
            before=(),
            after=(),
            weights=sum(line.weights for line in lines),
            asked=_sum([line.asked for line in lines]),
            drawn=_sum([line.drawn for line in lines]),
            kept=sum(line.kept for line in lines),
            epsilon=None,
            facts={},
        )

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes: the dense original, the small net as raw arrays, its code."""
        return {
            "dense": dense_bytes(self.original),
            "arrays": array_bytes(self.small.network),
            "code": len(self.small.code.data),
        }

    @property
    def digest(self) -> str:
        """Of the code's bytes."""
        return f"sha256 {hashlib.sha256(self.small.code.data).hexdigest()}"

    def to_dict(self) -> dict[str, Any]:
        """One JSON object."""
        small = self.small
        names = ("original", "compressed")
        return {
            "format": FORMAT,
            "method": self.method.name,
            "pipeline": small.pipeline,
            **self.settings,
            "net": _described(self.original),
            "compressed": _described(small.network),
            "rows": self.rows,
            "layers": [
                {
                    "layer": line.layer,
                    "weights": line.weights,
                    "shape": list(line.after),
                    "asked": _number(line.asked),
                    "drawn": _number(line.drawn),
                    "kept": line.kept,
                    "epsilon": _number(line.epsilon),
                    "facts": {k: _number(v) for k, v in line.facts.items()},
                }
                for line in self.lines
            ],
            "code": {
                "bits": small.code.bits,
                "format": small.code.format,
                "digest": self.digest,
            },
            "bytes": self.sizes,
            "errors": {
                name: {
                    whose: {"errors": k, "trials": n, "value": k / n}
                    for whose, k in zip(names, counts, strict=True)
                }
                for name, (*counts, n) in self.errors.items()
            },
            "guarantee": small.report.guarantee,
            "facts": {k: _number(v) for k, v in small.report.facts.items()},
            "execution": self.execution
            and {
                "kernels": list(self.execution.kernels),
                "bytes": self.execution.held,
                "dense_bytes": self.execution.dense,
                "speedups": {str(k): v for k, v in self.execution.speedups.items()},
            },
        }

    def to_json(self) -> str:
        """As :meth:`to_dict`, strict JSON with two spaces of indent."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"


def _described(network: Network) -> dict[str, Any]:
    return {
        "layers": list(network.sizes),
        "parameters": network.parameters,
        "kept": network.kept,
        "note": network.note,
    }


def _sum(numbers: list[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _worst(epsilons: Any) -> float | None:
    return None if epsilons is None else float(np.max(epsilons))


def _number(value: Any) -> Any:
    """For strict JSON: arrays as lists, numpy's numbers as Python's, no infinities."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_number(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
