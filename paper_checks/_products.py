"""Norms of whole nets: what the checks of products and of paths share."""

from collections.abc import Callable
from random import Random

from mpmath import mpf

from nonvacuous.bounds import Bound
from nonvacuous.evidence import NormFit
from paper_checks._compare import Comparison, compare
from paper_checks._digits import DIGITS
from paper_checks._norms import deviation_digits, ladder_digits, margins, rows_for

__all__ = ["at_digits", "largest_entry", "path_digits", "random_fit"]

Complexity = Callable[[NormFit], mpf]


def random_fit(rng: Random, kind: str) -> tuple[NormFit, float]:
    """Evidence with extreme values, and a delta."""
    counts, delta = margins(rng)
    return NormFit(
        **counts,
        kind=kind,
        norm=rng.choice([0.0, 10 ** rng.uniform(-12, 12)]),
        row_norm=10 ** rng.uniform(-3, 8),
        layers=rng.choice([1, 2, 3, rng.randint(4, 60)]),
        classes=rng.randint(2, 2000),
        inputs=rng.randint(1, 10**6),
    ), delta


def path_digits(fit: NormFit) -> mpf:
    """(2/n) sqrt(2 v (d ln 2 + ln(K D))), for a ratio of 1."""
    logs = fit.layers * DIGITS.log(2) + DIGITS.log(fit.classes * fit.inputs)
    return 2 * DIGITS.sqrt(2 * logs) * DIGITS.mpf(fit.row_norm) / fit.trials


def at_digits(
    bound: Bound[NormFit], complexity: Complexity, seed: int, *, digits: int
) -> Comparison:
    """The bound beside the least of its rungs, each written out."""
    rng, pairs = Random(seed), []
    for _ in range(120):
        fit, delta = random_fit(rng, bound.example.kind)
        ratio = DIGITS.mpf(fit.norm) / DIGITS.mpf(fit.margin)
        each = complexity(fit)
        gap = min(
            2 * budget * each + deviation_digits(fit.trials, delta, nats)
            for budget, nats in ladder_digits(ratio)
        )
        exact = DIGITS.mpf(fit.margin_errors) / fit.trials + gap
        pairs.append((bound.formula(fit, delta), exact))
    return compare(pairs, digits=digits)


def largest_entry(bound: Bound[NormFit]) -> NormFit:
    """A table of labels for inputs that are unit vectors, its norm said to be 1."""
    n = 100 * rows_for(bound)
    rows = 1.0 if bound.example.kind != "frobenius" else float(n) ** 0.5
    return NormFit(
        margin_errors=0,
        trials=n,
        margin=2 * (1 - 2.0**-30),
        kind=bound.example.kind,
        norm=1.0,
        row_norm=rows,
        layers=1,
        classes=2,
        inputs=10 * n,
    )
