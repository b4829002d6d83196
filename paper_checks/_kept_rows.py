"""What the checks of sample compression share: evidence, costs, worst cases."""

import math
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

from mpmath import mpf

from nonvacuous.bounds import Bound
from nonvacuous.evidence import CompressionSetFit
from paper_checks._digits import DIGITS, exact_binomial_tail
from paper_checks._verdict import Kind, Truth, Verdict, Whose

__all__ = ["choice", "clean_fits", "independent", "tempting"]


def clean_fits(seed: int, cases: int) -> list[tuple[CompressionSetFit, float]]:
    """Seeded evidence without an error, and a delta for each."""
    rng, found = Random(seed), []
    for _ in range(cases):
        n = int(10 ** rng.uniform(0.5, 5))
        kept = int((n - 1) * rng.random() ** rng.choice((1, 6)))
        fit = CompressionSetFit(
            kept=kept,
            trials=n,
            errors=0,
            message_bits=rng.choice((0, 1, rng.randrange(1, 200))),
        )
        found.append((fit, rng.choice((1e-300, 1e-9, 0.05, 0.9))))
    return found


def choice(fit: Any) -> mpf:
    """ln C(n, k) and the message, in nats, to sixty digits."""
    return (
        DIGITS.loggamma(fit.trials + 1)
        - DIGITS.loggamma(fit.kept + 1)
        - DIGITS.loggamma(fit.trials - fit.kept + 1)
        + fit.message_bits * DIGITS.log(2)
    )


def independent(
    n: int,
    most_errors: Callable[[int], int],
    upper: Callable[[int, int], float],
    *,
    ways: Callable[[int, int], int] = math.comb,
) -> Fraction:
    """Failure when all subsets of all sizes give back independent predictors.

    A row is a real number, which names predictors, and coins; the predictor of a set
    of rows reads a coin of its own, whose bias is just above a bound.

    Args:
        n: rows.
        most_errors: by rows outside, the largest count that the bound speaks of.
        upper: the bound, of the rows kept and the errors on the others.
        ways: predictors of n and of the rows kept, `math.perm` if order matters.
    """
    survive = Fraction(1)
    for kept in range(n):
        worst, rest = Fraction(0), n - kept
        for errors in range(most_errors(rest) + 1):
            risk = Fraction(math.nextafter(upper(kept, errors), 2.0))
            if risk < 1:
                worst = max(worst, exact_binomial_tail(errors, rest, risk))
        survive *= (1 - worst) ** ways(n, kept)
    return 1 - survive


def tempting(
    bound: Bound[Any],
    fit: Any,
    *,
    claim: str,
    without: str,
    risk: float,
    story: str,
    delta: float = 0.05,
) -> Verdict:
    """A story in which the risk is above what the bound says of such evidence."""
    upper = bound.formula(fit, delta)
    return Verdict(
        claim=claim,
        truth=Truth.of(not upper < risk),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"{story}: the risk is {risk:g}, the bound {upper:.3f} at delta"
        f" {delta:g}.",
        kind=Kind.ASSUMPTION,
        of=(bound.name,),
        without=without,
    )
