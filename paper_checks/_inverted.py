"""Inverses and monotonicity of our formulas, judged without our own inverses."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from mpmath import mpf

from nonvacuous.bounds import Bound
from paper_checks._compare import Comparison
from paper_checks._digits import (
    DIGITS,
    exact_binomial_tail,
    kl_digits,
    log_tail_digits,
)

__all__ = ["inverted", "kl_excess", "tail_excess", "turns", "worst_failure"]

Excess = Callable[[mpf], mpf]


def inverted(cases: Iterable[tuple[float, Excess]], *, digits: int) -> Comparison:
    """Upper bounds beside the root of a rising function: never below, and close.

    Args:
        cases: what the code gave, and a function that is at least 0 exactly where
            the risk is at or above the inverse.
        digits: relative excess allowed is 10^-digits.
    """
    below = loose = count = 0
    shrink = 1 - DIGITS.mpf(10) ** -digits
    for p, excess in cases:
        below += p < 1 and excess(DIGITS.mpf(p)) < 0
        loose += excess(min(DIGITS.mpf(p), DIGITS.mpf(1)) * shrink) >= 0
        count += 1
    return Comparison(
        holds=below == loose == 0 and count > 0,
        words=f"of {count} cases at {DIGITS.dps} digits {below} lie below the exact"
        f" inverse and {loose} above it by 1e-{digits} of itself",
    )


def tail_excess(k: int, n: int, nats: mpf) -> Excess:
    """By how many nats the binomial tail of k errors lies below ``-nats``."""
    return lambda p: -nats - log_tail_digits(k, n, p)


def kl_excess(q: mpf, nats: mpf) -> Excess:
    """By how much kl(q, p) exceeds ``nats``, negative where p is at most q."""
    return lambda p: kl_digits(q, p) - nats if p > q else DIGITS.mpf(-1)


def _more(value: float) -> tuple[float, ...]:
    if isinstance(value, int):
        return value + 1, 2 * value + 3
    return math.nextafter(value, 1.0), value + 0.01, 1.5 * value


def turns(
    bound: Bound[Any],
    facts: Iterable[Any],
    deltas: Iterable[float],
    *,
    slack: float = 0.0,
) -> tuple[int, int]:
    """How often the formula goes against its `rises` and `falls`, of how many steps.

    Steps are one more and about twice as much; steps out of range are left out, and a
    step back by `slack` of the bound itself is rounding.
    """
    wrong = count = 0
    ways = [(f, 1) for f in bound.rises] + [(f, -1) for f in bound.falls]
    for fact in facts:
        for delta in deltas:
            here = bound.formula(fact, delta)
            for field, sign in ways:
                for value in _more(getattr(fact, field)):
                    try:
                        moved = replace(fact, **{field: value})
                    except ValueError:
                        continue
                    wrong += sign * (bound.formula(moved, delta) - here) < -slack * here
                    count += 1
    return wrong, count


def worst_failure(bounds: list[float], n: int) -> Fraction:
    """Largest probability, over the risk, that a rising bound lies below the risk.

    Args:
        bounds: the bound after 0, 1, ..., n errors of n, which never falls.
        n: rows.

    Returns:
        The tail just above some bound, exactly: at a risk between two bounds the
        predictor fails when the errors are at most those of the lower one, and that
        tail falls with the risk.
    """
    above = [Fraction(math.nextafter(b, 2.0)) for b in bounds]
    return max(
        (exact_binomial_tail(k, n, p) for k, p in enumerate(above) if p < 1),
        default=Fraction(0),
    )
