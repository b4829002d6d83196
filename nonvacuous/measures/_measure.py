"""All measures of a net at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nonvacuous import nets
from nonvacuous.data import Sample
from nonvacuous.measures._adversarial import Ascent
from nonvacuous.measures._exploring_list import ALL_NEYSHABUR
from nonvacuous.measures._facts import Facts
from nonvacuous.measures._formulas import adjust
from nonvacuous.measures._gaussian import Search, SequentialSearch, Sharpness
from nonvacuous.measures._jiang import ALL_JIANG
from nonvacuous.measures._optimisation import TrainingLog
from nonvacuous.measures._registry import JIANG, Measure

__all__ = ["MEASURES", "Measures", "measure"]

MEASURES: Mapping[str, Measure] = {m.name: m for m in (*ALL_JIANG, *ALL_NEYSHABUR)}
"""Every measure by name: those of Jiang et al. 2020, then Neyshabur et al. 2017."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measures(Mapping[str, float]):
    """Measures of one net by name; of those named ``log-...``, logarithms.

    Attributes:
        values_by_name: the measures.
        rows: how many rows they were computed on.
        radii: how sigma and alpha were found, by ``sigma``, ``sigma-magnitude``,
            ``alpha`` and ``alpha-magnitude``, where they were needed.
    """

    values_by_name: dict[str, float]
    rows: int
    radii: dict[str, Sharpness] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    def adjusted(self) -> dict[str, float]:
        r"""The measures of Jiang et al. for the number of rows: :math:`\sqrt{\mu/m}`.

        Returns:
            Values by name, logarithms of it for those named ``log-...``.
        """
        return {
            name: adjust(value, self.rows, log=MEASURES[name].log)
            for name, value in self.values_by_name.items()
            if MEASURES[name].source == JIANG
        }


def measure(
    network: Any,
    rows: Sample,
    initial: Any = None,
    *,
    names: Sequence[str] | None = None,
    log: TrainingLog | None = None,
    search: Search | None = None,
    ascent: Ascent | None = None,
    share: float = 0.1,
    delta: float = 0.05,
    seed: int = 0,
) -> Measures:
    """Measures of a trained net: numbers, not certificates.

    Args:
        network: what :func:`nonvacuous.nets.read` takes.
        rows: the rows that it was trained on.
        initial: the net that training started from; left out, measures that need it
            are left out.
        names: of the measures; left out, all that can be computed.
        log: of the training; left out, measures that need it are left out.
        search: how sigma is found; left out, ``SequentialSearch()``.
        ascent: how alpha is found; left out, ``Ascent()``.
        share: of the rows, in (0, 1), that gives the margin; 0.1 is its 10th
            percentile.
        delta: in (0, 1), of the bounds that some measures are taken from.
        seed: of the noise.

    Returns:
        The measures, a mapping from name to value.

    Raises:
        ValueError: for a name that is unknown or needs what was left out, a net that
            cannot take the rows, a weight matrix that is zero, or a setting out of
            its range.
    """
    net = nets.read(network)
    if not 0 < delta < 1:
        raise ValueError(f"delta must lie strictly between 0 and 1, got {delta}")
    for i, layer in enumerate(net.layers):
        if not layer.weight.any():
            raise ValueError(f"every weight must have entries, layer {i} is zero")
    facts = Facts(
        network=net,
        rows=rows,
        initial=None if initial is None else nets.read(initial),
        log=log,
        search=search or SequentialSearch(),
        ascent=ascent or Ascent(),
        share=share,
        delta=delta,
        seed=seed,
    )
    chosen = _chosen(names, _missing(facts))
    values = {m.name: float(m.compute(facts)) for m in chosen}
    kept = ("sigma", "sigma_magnitude", "alpha", "alpha_magnitude")
    radii = {
        name.replace("_", "-"): facts.__dict__[name]
        for name in kept
        if name in facts.__dict__
    }
    return Measures(values_by_name=values, rows=len(rows), radii=radii)


def _missing(facts: Facts) -> set[str]:
    """What measures may need and is not there."""
    missing = set()
    if facts.initial is None:
        missing.add("initial")
    if facts.log is None:
        missing |= {"log", "first epoch"}
    elif facts.log.first_epoch is None:
        missing.add("first epoch")
    return missing


def _chosen(names: Sequence[str] | None, missing: set[str]) -> list[Measure]:
    if names is None:
        return [m for m in MEASURES.values() if not m.needs & missing]
    for name in names:
        if name not in MEASURES:
            raise ValueError(f"names must be of MEASURES, got {name!r}")
        if lacking := MEASURES[name].needs & missing:
            raise ValueError(f"{name} needs {', '.join(sorted(lacking))}")
    return [MEASURES[name] for name in names]
