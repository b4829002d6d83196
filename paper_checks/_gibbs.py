"""What the checks of bounds for a posterior share: worlds of coins, tempting cases.

P is uniform on 2^20 predictors of risk 1/2, and Q sits on the one that errs least on n
rows, so that KL(Q || P) = 20 ln 2 and every failure is a binomial tail.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

from mpmath import mpf

from nonvacuous.bounds import Bound
from nonvacuous.evidence import GibbsFit
from paper_checks._compare import Comparison, compare
from paper_checks._digits import DIGITS, exact_binomial_tail
from paper_checks._verdict import Kind, Truth, Verdict, Whose

__all__ = [
    "agrees",
    "copies",
    "fits",
    "fitted_prior",
    "large_losses",
    "limits",
    "nats",
    "trial",
]

NETS, ROWS, DELTA = 2**20, 60, 0.5
Formula = Callable[[GibbsFit, float], float]


def fits(seed: int, cases: int) -> list[tuple[GibbsFit, float]]:
    """Seeded evidence, and a delta for each."""
    rng, found = Random(seed), []
    for _ in range(cases):
        n = int(10 ** rng.uniform(0, 7))
        delta = 10 ** -rng.uniform(0.1, 60)
        fit = GibbsFit(
            empirical=rng.choice((0.0, rng.random(), rng.random() ** 6)),
            trials=n,
            kl=rng.choice((0.0, n * rng.random() / 4, 10 ** rng.uniform(-6, 2))),
            mc_delta=rng.choice((0.0, delta / 2)),
        )
        found.append((fit, delta))
    return found


def nats(fit: GibbsFit, delta: float, constant: mpf) -> mpf:
    """(KL + ln(constant/(delta - mc_delta)))/n, to sixty digits."""
    left = DIGITS.mpf(delta) - DIGITS.mpf(fit.mc_delta)
    return (DIGITS.mpf(fit.kl) + DIGITS.log(constant / left)) / fit.trials


def agrees(
    bound: Bound[Any],
    exact: Callable[[mpf, mpf], mpf],
    constant: Callable[[int], mpf],
    *,
    seed: int,
    digits: int,
) -> Comparison:
    """A bound beside its expression in the empirical risk and the nats per row."""
    pairs = [
        (bound.formula(fit, d), exact(DIGITS.mpf(fit.empirical), nats(fit, d, c)))
        for fit, d in fits(seed, 150)
        for c in [constant(fit.trials)]
    ]
    return compare([(a, b) for a, b in pairs if a < 1 or b > 1], digits=digits)


def failure(formula: Formula, kl: float, risk: float = 0.5) -> float:
    """Probability that the bound lies below a risk for the best of the predictors."""
    seen = [GibbsFit(empirical=k / ROWS, trials=ROWS, kl=kl) for k in range(ROWS + 1)]
    most = sum(formula(fit, DELTA) < risk for fit in seen) - 1
    if most < 0:
        return 0.0
    one = float(exact_binomial_tail(most, ROWS, Fraction(1, 2)))
    return -math.expm1(NETS * math.log1p(-one))


def trial(bound: Bound[Any]) -> Verdict:
    """The theorem in that world, and without its relative entropy."""
    right, wrong = (failure(bound.formula, kl) for kl in (math.log(NETS), 0.0))
    return Verdict(
        claim="A posterior on the best of 2^20 coins is above its bound with a"
        " probability of at most delta, and more often if its relative entropy is left"
        " out.",
        truth=Truth.of(right <= DELTA < wrong),
        evidence=f"Exact, {ROWS} rows and delta {DELTA}: {right:.4f}, and {wrong:.4f}"
        " without 20 ln 2.",
        kind=Kind.TRIAL,
        of=(bound.name,),
    )


def fitted_prior(*bounds: Bound[Any]) -> Verdict:
    """The prior sits where the posterior does."""
    least = min(failure(bound.formula, 0.0) for bound in bounds)
    return Verdict(
        claim="The prior may be fitted to the rows, so that it is the posterior.",
        truth=Truth.of(least <= DELTA),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="P = Q on the best of 2^20 fair coins, exact: the bound fails with"
        f" probability {least:.3f} or more at delta {DELTA}.",
        kind=Kind.ASSUMPTION,
        of=tuple(bound.name for bound in bounds),
        without="prior-fixed",
    )


def copies(*bounds: Bound[Any]) -> Verdict:
    """All rows are one row."""
    fit = GibbsFit(empirical=0.0, trials=1000, kl=0.0)
    most = max(bound.formula(fit, 0.05) for bound in bounds)
    return Verdict(
        claim="The rows of a posterior's risk may be copies of one.",
        truth=Truth.of(not most < 0.1),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="A predictor that errs on a tenth of inputs errs on none of 1,000"
        f" copies with probability 0.9 and is given at most {most:.4f}.",
        kind=Kind.ASSUMPTION,
        of=tuple(bound.name for bound in bounds),
        without="iid",
    )


def large_losses(*bounds: Bound[Any]) -> Verdict:
    """A loss that is rarely met and large."""
    fit = GibbsFit(empirical=0.0, trials=1000, kl=0.0)
    most = max(bound.formula(fit, 0.05) for bound in bounds)
    return Verdict(
        claim="The losses of a posterior may exceed 1.",
        truth=Truth.of(not most < 1),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="A loss of 10^5 on 10^-5 of inputs has mean 1, is met by none of 1,000"
        f" rows with probability {(1 - 1e-5) ** 1000:.2f}, and is given at most"
        f" {most:.4f}.",
        kind=Kind.ASSUMPTION,
        of=tuple(bound.name for bound in bounds),
        without="bounded-loss",
    )


def limits(bound: Bound[Any], above: Bound[Any] | None) -> Verdict:
    """Monotone in its fields, to the empirical risk with n, above another bound."""
    base = GibbsFit(empirical=0.1, trials=2000, kl=20.0, mc_delta=0.01)
    value = bound.formula(base, 0.05)
    more = [
        bound.formula(moved, 0.05)
        for moved in (
            replace(base, empirical=0.11),
            replace(base, kl=21.0),
            replace(base, mc_delta=0.02),
        )
    ]
    less = bound.formula(replace(base, trials=2100), 0.05)
    far = bound.formula(replace(base, trials=10**12), 0.05)
    good = min(more) > value > less and 0 < far - 0.1 < 1e-4
    below = 0
    if above is not None:
        below = sum(
            bound.formula(f, d) < above.formula(f, d) * (1 - 1e-12)
            for f, d in fits(90, 100)
        )
    order = f"; of 100 cases {below} lie below {above.name}" if above else ""
    return Verdict(
        claim="The bound rises with empirical risk, relative entropy and what draws"
        " have spent, and falls with the rows to the empirical risk"
        + (f", and is never below {above.name}." if above else "."),
        truth=Truth.of(good and below == 0),
        evidence=f"{value:.6f} rises to {min(more):.6f} or more and falls to"
        f" {less:.6f}; {far:.7f} at 10^12 rows{order}.",
        kind=Kind.LIMIT,
        of=(bound.name,),
    )
