"""What the PAC-Bayes papers share: cases, naive references, and a tiny class."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement
from math import ceil, comb, exp, factorial, inf, log, prod
from random import Random

from mpmath import mpf

from nonvacuous.bounds._bound import Bound
from nonvacuous.evidence import GibbsFit
from paper_checks._compare import Comparison
from paper_checks._digits import (
    DIGITS,
    exact_binomial_tail,
    kl_digits,
    log_tail_digits,
)

__all__ = [
    "DELTA",
    "cases",
    "inverted",
    "loss_unbounded",
    "many_nets",
    "naive_nats",
    "prior_tuned",
    "rows_copied",
    "turns",
    "worst_failure",
    "xi",
]

DELTA = 0.05
Upper = Callable[[float, float], float]
"""A bound as a function of the empirical risk and of KL."""


@cache
def cases(seed: int, count: int) -> tuple[tuple[GibbsFit, float], ...]:
    """Seeded evidence and delta, extremes among them."""
    rng, found = Random(seed), []
    for _ in range(count):
        n = int(10 ** rng.uniform(0, 7))
        delta = 10 ** -rng.uniform(0.01, 12)
        fit = GibbsFit(
            empirical=rng.choice([0.0, rng.random(), rng.random() ** 8]),
            trials=n,
            kl=rng.choice([0.0, n * rng.random() ** 4, rng.random()]),
            mc_delta=rng.choice([0.0, delta * rng.random()]),
        )
        found.append((fit, delta))
    return tuple(found)


def naive_nats(fit: GibbsFit, delta: float, constant: mpf) -> mpf:
    """(KL + ln(constant/(delta - delta')))/n."""
    left = DIGITS.mpf(delta) - DIGITS.mpf(fit.mc_delta)
    return (DIGITS.mpf(fit.kl) + DIGITS.log(constant / left)) / fit.trials


def xi(n: int) -> Fraction:
    """The sum over k of C(n, k) (k/n)^k (1 - k/n)^(n-k), as it is written."""
    total = sum(comb(n, k) * k**k * (n - k) ** (n - k) for k in range(n + 1))
    return Fraction(total, n**n)


def inverted(cases: Iterable[tuple[float, mpf, mpf]], *, digits: int) -> Comparison:
    """Whether each is the largest p with kl(q, p) <= c, rounded up, given q and c.

    Judged by kl alone: at the value it is not below c, and a little lower it is.
    """
    low = close = count = 0
    for ours, q, c in cases:
        p = DIGITS.mpf(ours)
        less = p * (1 - DIGITS.mpf(10) ** -digits)
        count += 1
        low += not (ours == 1 or kl_digits(q, p) >= c)
        close += less <= q or kl_digits(q, less) < c
    return Comparison(
        holds=low == 0 and close == count > 0,
        words=f"kl at {DIGITS.dps} digits says of {count} cases that {low} lie below"
        f" the inverse and {close} within 1e-{digits} of it",
    )


def turns(bound: Bound[GibbsFit], seed: int, count: int) -> tuple[int, int]:
    """How many steps in the fields that a bound names go the wrong way, of how many."""
    wrong = steps = 0
    for fit, delta in cases(seed, count):
        here = bound.formula(fit, delta)
        up = [
            replace(fit, empirical=(1 + 9 * fit.empirical) / 10),
            replace(fit, kl=1.1 * fit.kl + 0.1),
            replace(fit, mc_delta=(fit.mc_delta + delta) / 2),
        ]
        down = replace(fit, trials=fit.trials + 1 + fit.trials // 10)
        wrong += sum(bound.formula(more, delta) < here for more in up)
        wrong += bound.formula(fit, (1 + delta) / 2) > here
        wrong += bound.formula(down, delta) > here
        steps += 5
    return wrong, steps


def _gibbs(counts: tuple[int, ...], scale: float) -> list[float]:
    """The posterior that weighs k errors by e^(-scale k); at infinity, the least."""
    least = min(counts)
    if scale == inf:
        weights = [float(k == least) for k in counts]
    else:
        weights = [exp(-scale * (k - least)) for k in counts]
    return [w / sum(weights) for w in weights]


@cache
def _posteriors(n: int, nets: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Sorted error counts of all nets, and in how many orders they come."""
    return tuple(
        (factorial(nets) // prod(factorial(ks.count(k)) for k in set(ks)), ks)
        for ks in combinations_with_replacement(range(n + 1), nets)
    )


def worst_failure(upper: Upper, n: int, nets: int) -> float:
    """Largest probability, over the risk, that some Gibbs posterior exceeds its bound.

    The prior is uniform on independent nets of one risk r; the posterior weighs them by
    e^(-t k), with t chosen on the sample among eight.  The law of the counts is a
    product of binomial laws, and is summed in exact fractions at the least r of 20 bits
    above each value that the bound takes.
    """
    least: list[tuple[float, int, tuple[int, ...]]] = []
    for orders, ks in _posteriors(n, nets):
        values = []
        for scale in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, inf):
            posterior = _gibbs(ks, scale)
            q = sum(w * k for w, k in zip(posterior, ks, strict=True)) / n
            nats = sum(w * log(w * nets) for w in posterior if w > 0)
            values.append(upper(min(q, 1.0), max(nats, 0.0)))
        least.append((min(values), orders, ks))
    risks = {Fraction(ceil(t * 2**20) + 1, 2**20) for t, _, _ in least if t < 1}
    worst = Fraction(0)
    for r in (r for r in risks if r < 1):
        law = [comb(n, k) * r**k * (1 - r) ** (n - k) for k in range(n + 1)]
        fails = (
            o * prod((law[k] for k in ks), start=Fraction(1))
            for t, o, ks in least
            if t < r
        )
        worst = max(worst, sum(fails, Fraction()))
    return float(worst)


def rows_copied(bound: Bound[GibbsFit]) -> float:
    """The bound of a net of risk 1/2 that is right on 5000 copies of one row."""
    return bound.formula(GibbsFit(empirical=0.0, trials=5000, kl=0.0), DELTA)


def prior_tuned(bound: Bound[GibbsFit], nets: int = 10**9) -> float:
    """Failure if the prior is put, afterwards, on the best of many fair nets.

    Exactly, on 400 rows: KL is 0, and the risk is 1/2.
    """
    n, half = 400, Fraction(1, 2)
    most = max(
        k
        for k in range(n // 2)
        if bound.formula(GibbsFit(empirical=k / n, trials=n, kl=0.0), DELTA) < half
    )
    one = float(exact_binomial_tail(most, n, half))
    return float(-DIGITS.expm1(nets * DIGITS.log1p(-DIGITS.mpf(one))))


def loss_unbounded(bound: Bound[GibbsFit]) -> tuple[float, float]:
    """The bound of a loss of 10^4, seen on no row of 1000, and how often that is."""
    fit = GibbsFit(empirical=0.0, trials=1000, kl=0.0)
    return bound.formula(fit, DELTA), (1 - 1e-4) ** 1000


def many_nets(upper: Upper, n: int, risk: float, nets: int) -> float:
    """Failure of point posteriors on independent nets of one risk, uniform prior.

    Exactly but for the digits: the largest count that fails is found by halving, as
    the bound rises in it.
    """
    low, high = -1, int(n * risk) + 1
    while high - low > 1:
        middle = (low + high) // 2
        fails = upper(middle / n, log(nets)) < risk
        low, high = (middle, high) if fails else (low, middle)
    if low < 0:
        return 0.0
    one = DIGITS.exp(log_tail_digits(low, n, risk))
    return float(-DIGITS.expm1(nets * DIGITS.log1p(-one)))
