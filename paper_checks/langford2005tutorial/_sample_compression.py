"""Predictors that a few rows of the sample and a message give back."""

import math
from fractions import Fraction
from itertools import product
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.holdout import clopper_pearson
from nonvacuous.bounds.sample_compression import sample_compression_binomial
from nonvacuous.evidence import CompressionSetFit, HoldoutErrors
from paper_checks._digits import DIGITS, exact_binomial_tail
from paper_checks._inverted import inverted, tail_excess, turns
from paper_checks._verdict import Kind, Truth, Verdict, Whose

NAME = ("sample-compression-binomial",)


def _fits(seed: int, cases: int) -> list[tuple[CompressionSetFit, float]]:
    rng, found = Random(seed), []
    for _ in range(cases):
        n = int(10 ** rng.uniform(0.5, 5))
        kept = int((n - 1) * rng.random() ** rng.choice((1, 6)))
        fit = CompressionSetFit(
            kept=kept,
            trials=n,
            errors=int((n - kept - 1) * rng.random() ** 3),
            message_bits=rng.choice((0, 1, rng.randrange(1, 200))),
        )
        found.append((fit, rng.choice((1e-300, 1e-9, 0.05, 0.9))))
    return found


def _nats(fit: CompressionSetFit, delta: float) -> mpf:
    choose = (
        DIGITS.loggamma(fit.trials + 1)
        - DIGITS.loggamma(fit.kept + 1)
        - DIGITS.loggamma(fit.trials - fit.kept + 1)
    )
    size = DIGITS.log(DIGITS.pi**2 * (fit.kept + 1) ** 2 / 6)
    message = fit.message_bits * DIGITS.log(2)
    return choose + size + message - DIGITS.log(DIGITS.mpf(delta))


def check_sizes_subsets_and_messages_share_delta() -> Verdict:
    k, n = sympy.symbols("k n", integer=True, nonnegative=True)
    sizes = sympy.summation(6 / (sympy.pi**2 * (k + 1) ** 2), (k, 0, sympy.oo))
    subsets = sympy.simplify(sympy.binomial(n, k) / sympy.binomial(n, k))
    good = sum(
        sympy.summation(sympy.binomial(m, k), (k, 0, m)) == 2**m for m in range(12)
    )
    return Verdict(
        claim="The weights pi(k) of the sizes sum to 1, and C(n, k) subsets of size k"
        " with a share of pi(k)/C(n, k) each spend pi(k), so that delta is spent once.",
        kind=Kind.DERIVATION,
        of=NAME,
        truth=Truth.of(sizes == 1 and subsets == 1 and good == 12),
        evidence="sympy sums 6/(pi^2 (k+1)^2) over all k to 1, and counts 2^m subsets"
        " of m rows by their sizes for m < 12.",
    )


def check_rows_outside_are_fresh() -> Verdict:
    # uniform rows of 0..2; h errs on z' unless z' is what the kept row says
    values, n, good = 3, 4, 0
    tables = list(product((0, 1), repeat=values))
    for table in tables:
        errs = [[table[(z - kept) % values] for z in range(values)] for kept in (0, 1)]
        for row in errs:
            law = [0] * n
            for rest in product(range(values), repeat=n - 1):
                law[sum(row[z] for z in rest)] += 1
            risk = Fraction(sum(row), values)
            good += all(
                Fraction(law[e], values ** (n - 1))
                == math.comb(n - 1, e) * risk**e * (1 - risk) ** (n - 1 - e)
                for e in range(n)
            )
    return Verdict(
        claim="Given the rows at fixed places, the errors of what they give back on the"
        " other n - k rows are Bin(n - k, R).",
        kind=Kind.DERIVATION,
        of=NAME,
        truth=Truth.of(good == 2 * len(tables)),
        evidence=f"In {good} of {2 * len(tables)} reconstructions from one of 4 rows of"
        " three values the law of the errors is binomial, in exact fractions.",
    )


def check_sample_compression_is_the_inverse_tail_at_a_share() -> Verdict:
    found = inverted(
        (
            (
                sample_compression_binomial.formula(fit, delta),
                tail_excess(fit.errors, fit.trials - fit.kept, _nats(fit, delta)),
            )
            for fit, delta in _fits(30, 200)
        ),
        digits=11,
    )
    return Verdict(
        claim="sample-compression-binomial is the largest risk whose tail on n - k rows"
        " is at least delta pi(k) 2^-b / C(n, k), rounded up.",
        kind=Kind.FORMULA,
        of=NAME,
        digits=11,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^5 and delta down to 1e-300, {found.words}.",
    )


def check_nothing_kept_is_the_holdout_bound() -> Verdict:
    worst = 0.0
    for n, k, delta in product((10, 1000), (0, 3, 8), (1e-9, 0.05, 0.9)):
        none = CompressionSetFit(kept=0, trials=n, errors=k)
        ours = sample_compression_binomial.formula(none, delta)
        share = delta * 6 / math.pi**2
        theirs = clopper_pearson.formula(HoldoutErrors(errors=k, trials=n), share)
        worst = max(worst, abs(ours / theirs - 1))
    closed = 0.0
    for fit, delta in _fits(31, 60):
        clean = CompressionSetFit(kept=fit.kept, trials=fit.trials, errors=0)
        rest = fit.trials - fit.kept
        exact = -DIGITS.expm1(-_nats(clean, delta) / rest)
        ours = sample_compression_binomial.formula(clean, delta)
        closed = max(closed, abs(float(DIGITS.mpf(ours) / exact - 1)))
    return Verdict(
        claim="With no row kept it is the hold-out bound at 6 delta/pi^2, and without"
        " an error 1 - (delta pi(k) / C(n, k))^(1/(n-k)).",
        kind=Kind.LIMIT,
        of=NAME,
        truth=Truth.of(worst < 1e-12 and closed < 1e-11),
        evidence=f"The worst relative differences are {worst:.1e} and {closed:.1e}.",
    )


def check_sample_compression_rises_with_errors_and_message() -> Verdict:
    fits = [fit for fit, _ in _fits(32, 25)]
    wrong, count = turns(sample_compression_binomial, fits, (1e-9, 0.05, 0.9))
    return Verdict(
        claim="sample-compression-binomial never falls when errors or message grow.",
        kind=Kind.LIMIT,
        of=NAME,
        truth=Truth.of(wrong == 0),
        evidence=f"{count} seeded steps go the wrong way {wrong} times.",
    )


def _independent(n: int, delta: float, charged: bool) -> float:
    """Failure when all subsets of all sizes give back independent predictors.

    A row is a real number, which names predictors, and coins; the predictor of a set
    of rows reads a coin of its own, whose bias is just above a bound.
    """
    survive = Fraction(1)
    for kept in range(n):
        worst, rest = Fraction(0), n - kept
        for errors in range(rest):
            fit = CompressionSetFit(kept=kept, trials=n, errors=errors)
            if charged:
                upper = sample_compression_binomial.formula(fit, delta)
            else:
                seen = HoldoutErrors(errors=errors, trials=rest)
                share = delta * 6 / (math.pi * (kept + 1)) ** 2
                upper = clopper_pearson.formula(seen, share)
            risk = Fraction(math.nextafter(upper, 2.0))
            if risk < 1:
                worst = max(worst, exact_binomial_tail(errors, rest, risk))
        survive *= (1 - worst) ** math.comb(n, kept)
    return float((1 - survive) / Fraction(delta))


def check_sample_compression_by_independent_predictors() -> Verdict:
    shares = [_independent(8, delta, True) for delta in (0.01, 0.05, 0.3)]
    free = _independent(8, 0.01, False)
    return Verdict(
        claim="If each subset of the rows gives back a predictor with errors of its own"
        " at its worst risk, some bound fails with probability at most delta, and with"
        " 0.75 delta.",
        kind=Kind.TRIAL,
        of=NAME,
        truth=Truth.of(max(shares) <= 1 and min(shares) > 0.75 and free > 2),
        evidence=f"All 255 proper subsets of 8 rows, exactly: between {min(shares):.3f}"
        f" and {max(shares):.3f} delta; without C(n, k) it would be {free:.1f} delta.",
    )


def check_the_reconstruction_may_know_all_rows() -> Verdict:
    n, delta = 100, 0.05
    fit = CompressionSetFit(kept=1, trials=n, errors=0)
    upper = sample_compression_binomial.formula(fit, delta)
    return Verdict(
        claim="The reconstruction may be written when all rows are known.",
        kind=Kind.ASSUMPTION,
        of=NAME,
        without="reconstruction-fixed",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.5),
        expected=Truth.FALSE,
        evidence=f"One that returns the net that remembers {n} rows of fair labels,"
        f" whichever row is kept, errs half of the time and is given {upper:.3f}.",
    )


def check_errors_may_be_counted_on_the_kept_rows() -> Verdict:
    n, kept, delta = 1000, 100, 0.05
    fit = CompressionSetFit(kept=kept, trials=n, errors=0)
    upper = sample_compression_binomial.formula(fit, delta)
    return Verdict(
        claim="Errors may be counted on the kept rows.",
        kind=Kind.ASSUMPTION,
        of=NAME,
        without="counted-outside",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.5),
        expected=Truth.FALSE,
        evidence=f"What remembers {kept} of {n} rows of fair labels has no error on"
        f" those, errs half of the time, and is given {upper:.3f}.",
    )


def check_copies_of_a_row_may_be_compressed() -> Verdict:
    n, delta = 100, 0.05
    fit = CompressionSetFit(kept=1, trials=n, errors=0)
    upper = sample_compression_binomial.formula(fit, delta)
    return Verdict(
        claim="The bound holds for rows that are copies of each other.",
        kind=Kind.ASSUMPTION,
        of=NAME,
        without="iid",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.5),
        expected=Truth.FALSE,
        evidence=f"{n} copies of a row of fair label are told by one of them; the net"
        f" that remembers it errs half of the time, and is given {upper:.3f}.",
    )


def check_kept_rows_may_round_losses() -> Verdict:
    n, delta = 100, 0.05
    fit = CompressionSetFit(kept=1, trials=n, errors=0)
    upper = sample_compression_binomial.formula(fit, delta)
    return Verdict(
        claim="The bound holds for a loss in [0, 1] that is rounded to 0 or 1 before"
        " it is counted.",
        kind=Kind.ASSUMPTION,
        of=NAME,
        without="zero-one-loss",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.4),
        expected=Truth.FALSE,
        evidence=f"A loss of 2/5 on every row counts no error, and is given"
        f" {upper:.3f}.",
    )
