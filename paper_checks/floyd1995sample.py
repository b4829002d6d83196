r"""Floyd and Warmuth (1995), Sample Compression, Learnability, and the VC Dimension.

Theorem 6 (recalled), before 1 - x is replaced by e^-x: if what k kept rows and a
message of b bits give back is right on all other rows,

.. math:: R(h_{S_k, b}) \le 1 - \Bigl(\tfrac{\delta\, 2^{-|b|}}{n \binom nk}
          \Bigr)^{1/(n-k)}

with probability :math:`1 - \delta` for all choices at once, each of n sizes weighed by
1/n.  The paper writes m for n, d for k and :math:`\epsilon` for the risk.
"""

import math

import sympy

from nonvacuous.bounds.sample_compression import (
    littlestone_warmuth,
    order_bits,
    sample_compression_consistent,
)
from nonvacuous.evidence import CompressionSetFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._inverted import turns
from paper_checks._kept_rows import choice, clean_fits, independent, tempting
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("sample-compression-consistent",)
FIT = CompressionSetFit(kept=1, trials=100, errors=0)


def check_a_clean_predictor_of_that_risk_is_rare() -> Verdict:
    m, choices, n, delta = sympy.symbols("m C n delta", positive=True)
    bound = 1 - (delta / (n * choices)) ** (1 / m)
    shares = sympy.powsimp(n * choices * (1 - bound) ** m - delta, force=True)
    return Verdict(
        claim="A predictor of risk r is right on m rows with probability (1 - r)^m,"
        " which over C choices of each of n sizes adds up to delta at the bound.",
        truth=Truth.of(sympy.simplify(shares) == 0),
        evidence="sympy: n C (1 - r)^m is delta there.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_formula_at_fifty_digits() -> Verdict:
    pairs = []
    for fit, delta in clean_fits(60, 200):
        nats = choice(fit) + DIGITS.log(fit.trials) - DIGITS.log(DIGITS.mpf(delta))
        exact = -DIGITS.expm1(-nats / (fit.trials - fit.kept))
        pairs.append((sample_compression_consistent.formula(fit, delta), exact))
    seen = compare(pairs, digits=13)
    return Verdict(
        claim="The code is 1 - (delta 2^-b/(n C(n, k)))^(1/(n-k)), rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"n up to 10^5, delta down to 1e-300: {seen.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=13,
    )


def check_order_and_monotonicity() -> Verdict:
    fits = clean_fits(61, 60)
    wrong, steps = turns(
        sample_compression_consistent, [f for f, _ in fits], (1e-9, 0.05)
    )
    above = sum(
        sample_compression_consistent.formula(f, d) > littlestone_warmuth.formula(f, d)
        for f, d in fits
    )
    none = CompressionSetFit(kept=0, trials=1, errors=0)
    limit = sample_compression_consistent.formula(none, 0.3)
    return Verdict(
        claim="It rises with the message, is never above Littlestone and Warmuth's"
        " bound, and is 1 - delta for one row of which none is kept.",
        truth=Truth.of(wrong == 0 and above == 0 and abs(limit - 0.7) < 1e-12),
        evidence=f"{steps} seeded steps, {wrong} the wrong way; of {len(fits)} cases"
        f" {above} lie above the other bound; {limit:.12f} at delta .3.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_coverage_of_independent_predictors() -> Verdict:
    n, delta = 8, 0.01

    def upper(kept: int, errors: int) -> float:
        fit = CompressionSetFit(kept=kept, trials=n, errors=errors)
        return sample_compression_consistent.formula(fit, delta)

    whole = float(independent(n, lambda rest: 0, upper)) / delta
    free = independent(n, lambda rest: 0, lambda k, e: 1 - delta ** (1 / (n - k)))
    return Verdict(
        claim="If every subset of the rows gives back a predictor of its own, some"
        " clean one exceeds its bound with probability at most delta.",
        truth=Truth.of(0.5 < whole <= 1 and float(free) / delta > 2),
        evidence=f"All 255 proper subsets of 8 rows, exactly: {whole:.4f} delta, and"
        f" without the price of the choice {float(free) / delta:.0f} delta.",
        kind=Kind.TRIAL,
        of=OF,
    )


def check_rows_may_be_copies() -> Verdict:
    return tempting(
        sample_compression_consistent,
        FIT,
        claim="The rows that one of them tells may be copies of it.",
        without="iid",
        risk=0.5,
        story="One of 100 copies of a row of fair label tells the others, and fresh"
        " labels are coins",
    )


def check_the_reconstruction_may_know_all_rows() -> Verdict:
    return tempting(
        sample_compression_consistent,
        FIT,
        claim="A reconstruction written when all rows are known may be consistent.",
        without="reconstruction-fixed",
        risk=0.5,
        story="It returns what remembers 100 rows of fair labels, whichever row is"
        " kept",
    )


def check_consistency_may_be_of_the_kept_rows() -> Verdict:
    return tempting(
        sample_compression_consistent,
        CompressionSetFit(kept=100, trials=1000, errors=0),
        claim="It is enough to be right on the kept rows.",
        without="counted-outside",
        risk=0.5,
        story="What remembers 100 of 1,000 rows of fair labels is right on those",
    )


def check_ties_may_count_as_right() -> Verdict:
    return tempting(
        sample_compression_consistent,
        FIT,
        claim="A tie on a row outside may count as right.",
        without="zero-one-loss",
        risk=1.0,
        story="A constant net ties on every row and names no class",
    )


def check_a_few_errors_do_not_matter() -> Verdict:
    return tempting(
        sample_compression_consistent,
        FIT,
        claim="Errors on rows outside the kept ones may be looked over.",
        without="consistent",
        risk=0.5,
        story="A net that answers by a coin errs on half of 99 rows, which the formula"
        " does not ask",
    )


def check_the_order_of_kept_rows_may_be_free() -> Verdict:
    n, delta = 6, 0.01

    def upper(kept: int, errors: int, *, paid: bool) -> float:
        fit = CompressionSetFit(
            kept=kept,
            trials=n,
            errors=errors,
            message_bits=order_bits(kept) if paid else 0,
        )
        return sample_compression_consistent.formula(fit, delta)

    free, paid = (
        float(
            independent(
                n,
                lambda rest: 0,
                lambda k, e, p=p: upper(k, e, paid=p),  # type: ignore[misc]
                ways=math.perm,
            )
        )
        / delta
        for p in (False, True)
    )
    return Verdict(
        claim="A reconstruction that reads the order of the kept rows pays C(n, k)"
        " alone.",
        truth=Truth.of(not (free > 1 >= paid)),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="All 1,237 proper ordered subsets of 6 rows, each with a predictor of"
        f" its own, exactly: {free:.1f} delta, and {paid:.3f} delta where the order is"
        " in the message.",
        kind=Kind.FINDING,
        of=OF,
        mended="The order is a message of log2 k! bits, rounded up.",
    )


def check_noted_value() -> Verdict:
    fit = CompressionSetFit(kept=10, trials=1000, errors=0)
    ours = sample_compression_consistent.formula(fit, 0.05)
    return Verdict(
        claim="For 10 of 1,000 rows at delta .05 it is .06244161624.",
        truth=Truth.of(abs(ours - 0.06244161624) < 1e-10),
        evidence=f"{ours:.12f}.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=OF,
    )
