"""Rows about the net as it is, from its norms or its size: vacuous on every net known.

They stand here because their papers do, so that nobody has to guess how far they are.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from nonvacuous._job._context import Context, Outcome, Task, radius, refuse
from nonvacuous.bounds import Bound
from nonvacuous.bounds.capacity import growth_function, parameter_count, vc_dimension
from nonvacuous.bounds.norms import (
    frobenius_margin,
    golowich_margin,
    path_margin,
    representation_margin,
    row_sum_margin,
    spectral_margin,
    spectral_margin_budgets,
    spectral_margin_ratios,
    spectral_pac_bayes,
    two_layer_units,
)
from nonvacuous.data import Sample
from nonvacuous.fits import (
    architecture_fit,
    frobenius_fit,
    path_fit,
    perturbation_fit,
    representation_fit,
    row_sum_fit,
    spectral_fit,
    two_layer_fit,
)

__all__ = ["THEOREMS", "tasks"]

Fit = Callable[[Context, Sample], Any]


def _measured(fit: Callable[..., Any], **settings: Any) -> Fit:
    """A fit that chooses the margin for the delta of the run."""

    def measure(context: Context, sample: Sample) -> Any:
        return fit(
            context.network,
            sample,
            delta=context.delta,
            **settings,
        )

    return measure


def _perturbation(context: Context, sample: Sample) -> Any:
    """Without a domain the theorem itself refuses."""
    known = None if sample.domain is None else radius(sample)
    return _measured(perturbation_fit, radius=known)(context, sample)


def _architecture(context: Context, sample: Sample) -> Any:
    return architecture_fit(context.network, sample)


_FITS: tuple[tuple[Bound[Any], Fit], ...] = (
    (golowich_margin, _measured(frobenius_fit, bound=golowich_margin)),
    (frobenius_margin, _measured(frobenius_fit)),
    (path_margin, _measured(path_fit)),
    (row_sum_margin, _measured(row_sum_fit)),
    (spectral_margin, _measured(spectral_fit)),
    (spectral_margin_ratios, _measured(spectral_fit, bound=spectral_margin_ratios)),
    (spectral_margin_budgets, _measured(spectral_fit, bound=spectral_margin_budgets)),
    (spectral_pac_bayes, _perturbation),
    (two_layer_units, _measured(two_layer_fit)),
    (parameter_count, _architecture),
    (growth_function, _architecture),
    (vc_dimension, _architecture),
)
_APART = representation_margin
"""Asks for rows that the hidden layers were not learnt on."""

THEOREMS: tuple[Bound[Any], ...] = (*(bound for bound, _ in _FITS), _APART)


def tasks(context: Context, chosen: Sequence[Bound[Any]]) -> Iterator[Task]:
    """One per theorem."""
    for bound, fit in _FITS:
        if bound in chosen:
            yield bound.name, partial(_row, context, bound, fit, context.train, "train")
    if _APART in chosen:
        fit = _measured(representation_fit, apart=True)
        yield _APART.name, partial(_row, context, _APART, fit, context.test, "test")


def _row(
    context: Context, bound: Bound[Any], fit: Fit, sample: Sample | None, role: str
) -> Iterator[Outcome]:
    if sample is None:
        yield refuse(bound, "sample", f"no {role} rows were given")
        return
    try:
        evidence = fit(context, sample)
    except ValueError as error:  # another architecture than the theorem's
        yield refuse(bound, "architecture", str(error))
        return
    yield context.original(bound.certify(evidence, delta=context.delta), len(sample))
