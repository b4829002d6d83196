r"""Littlestone and Warmuth (1986), Relating Data Compression and Learnability.

A reconstruction fixed beforehand turns k kept rows and a message of b bits into a
predictor.  If it is right on all other rows (recalled for one message, each of n sizes
weighed by 1/n),

.. math:: R(h_{S_k, b}) \le \frac{\ln \binom nk + |b| \ln 2 + \ln(n/\delta)}{n - k}

with probability :math:`1 - \delta` for all choices at once.  The paper writes m for n.
"""

import sympy

from nonvacuous.bounds.sample_compression import (
    littlestone_warmuth,
    sample_compression_consistent,
)
from nonvacuous.evidence import CompressionSetFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._inverted import turns
from paper_checks._kept_rows import choice, clean_fits, independent, tempting
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("sample-compression-littlestone-warmuth",)
FIT = CompressionSetFit(kept=1, trials=100, errors=0)


def check_a_clean_predictor_of_that_risk_is_rare() -> Verdict:
    r, m, choices, n, delta = sympy.symbols("r m C n delta", positive=True)
    bound = sympy.log(choices * n / delta) / m
    tail = sympy.exp(-m * bound)
    shares = sympy.simplify(n * choices * tail - delta)
    slope = sympy.diff(sympy.exp(-r) - (1 - r), r)
    return Verdict(
        claim="A predictor of risk r is right on m rows with probability (1 - r)^m <="
        " e^(-r m), which over C choices of each of n sizes adds up to delta.",
        truth=Truth.of(shares == 0 and sympy.simplify(slope - 1 + sympy.exp(-r)) == 0),
        evidence="sympy: C n e^(-r m) is delta at the bound; e^-r - 1 + r has"
        " derivative 1 - e^-r, above 0 for r > 0, and is 0 at 0.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_formula_at_fifty_digits() -> Verdict:
    seen = compare(
        [
            (
                littlestone_warmuth.formula(fit, delta),
                (choice(fit) + DIGITS.log(fit.trials) - DIGITS.log(DIGITS.mpf(delta)))
                / (fit.trials - fit.kept),
            )
            for fit, delta in clean_fits(50, 200)
        ],
        digits=13,
    )
    return Verdict(
        claim="The code is ln(C(n, k) 2^b n/delta)/(n - k), rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"n up to 10^5, delta down to 1e-300: {seen.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=13,
    )


def check_order_and_monotonicity() -> Verdict:
    fits = clean_fits(51, 60)
    wrong, steps = turns(littlestone_warmuth, [f for f, _ in fits], (1e-9, 0.05))
    above = sum(
        littlestone_warmuth.formula(f, d) < sample_compression_consistent.formula(f, d)
        for f, d in fits
    )
    return Verdict(
        claim="It rises with the message and is never below the bound that keeps"
        " 1 - (.)^(1/(n-k)).",
        truth=Truth.of(wrong == 0 and above == 0),
        evidence=f"{steps} seeded steps, {wrong} the wrong way; of {len(fits)} cases"
        f" {above} lie below the other bound.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_coverage_of_independent_predictors() -> Verdict:
    n, delta = 8, 0.3

    def upper(kept: int, errors: int) -> float:
        fit = CompressionSetFit(kept=kept, trials=n, errors=errors)
        return littlestone_warmuth.formula(fit, delta)

    whole = float(independent(n, lambda rest: 0, upper)) / delta
    free = independent(
        n,
        lambda rest: 0,
        lambda k, e: float(DIGITS.log(1 / DIGITS.mpf(delta)) / (n - k)),
    )
    return Verdict(
        claim="If every subset of the rows gives back a predictor of its own, some"
        " clean one exceeds its bound with probability at most delta.",
        truth=Truth.of(0 < whole <= 1 and float(free) / delta > 2),
        evidence=f"All 255 proper subsets of 8 rows, exactly: {whole:.4f} delta, and"
        f" without the price of the choice {float(free) / delta:.0f} delta.",
        kind=Kind.TRIAL,
        of=OF,
    )


def check_rows_may_be_copies() -> Verdict:
    return tempting(
        littlestone_warmuth,
        FIT,
        claim="The rows that one of them tells may be copies of it.",
        without="iid",
        risk=0.5,
        story="One of 100 copies of a row of fair label tells the others, and fresh"
        " labels are coins",
    )


def check_the_reconstruction_may_know_all_rows() -> Verdict:
    return tempting(
        littlestone_warmuth,
        FIT,
        claim="A reconstruction written when all rows are known may be consistent.",
        without="reconstruction-fixed",
        risk=0.5,
        story="It returns what remembers 100 rows of fair labels, whichever row is"
        " kept",
    )


def check_consistency_may_be_of_the_kept_rows() -> Verdict:
    return tempting(
        littlestone_warmuth,
        CompressionSetFit(kept=100, trials=1000, errors=0),
        claim="It is enough to be right on the kept rows.",
        without="counted-outside",
        risk=0.5,
        story="What remembers 100 of 1,000 rows of fair labels is right on those",
    )


def check_ties_may_count_as_right() -> Verdict:
    return tempting(
        littlestone_warmuth,
        FIT,
        claim="A tie on a row outside may count as right.",
        without="zero-one-loss",
        risk=1.0,
        story="A constant net ties on every row and names no class",
    )


def check_a_few_errors_do_not_matter() -> Verdict:
    return tempting(
        littlestone_warmuth,
        FIT,
        claim="Errors on rows outside the kept ones may be looked over.",
        without="consistent",
        risk=0.5,
        story="A net that answers by a coin errs on half of 99 rows, which the formula"
        " does not ask",
    )


def check_noted_value() -> Verdict:
    fit = CompressionSetFit(kept=10, trials=1000, errors=0)
    ours = littlestone_warmuth.formula(fit, 0.05)
    return Verdict(
        claim="For 10 of 1,000 rows at delta .05 it is .06447624706.",
        truth=Truth.of(abs(ours - 0.06447624706) < 1e-10),
        evidence=f"{ours:.12f}.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=OF,
    )
