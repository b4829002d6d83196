"""What public code and the notes say of tails, inverses and budgets."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
from scipy.special import bdtr
from scipy.stats import binom, binomtest

from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.best_of_holdout import best_of_holdout
from nonvacuous.bounds.capacity import parameter_count
from nonvacuous.bounds.holdout import clopper_pearson, holdout_kl
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
from nonvacuous.bounds.pac_bayes import occam_kl
from nonvacuous.bounds.sample_compression import sample_compression_binomial
from nonvacuous.evidence import (
    ArchitectureFit,
    BestOf,
    CodedFit,
    CompressionSetFit,
    HoldoutErrors,
)
from paper_checks._digits import DIGITS, exact_binomial_tail, kl_digits, log_tail_digits
from paper_checks._verdict import Kind, Truth, Verdict, Whose


def check_scipy_logcdf_suffices() -> Verdict:
    k, n = 18946, 50000
    target = -4822.46 * math.log(2) + math.log(0.05)
    low, high = k / n, 1.0
    with np.errstate(divide="ignore"):
        while low < (middle := 0.5 * (low + high)) < high:
            enough = binom.logcdf(k, n, middle) >= target
            low, high = (middle, high) if enough else (low, middle)
    right = binomial_tail_inverse(k, n, target)
    return Verdict(
        claim="scipy.stats.binom.logcdf suffices for code lengths.",
        kind=Kind.FINDING,
        of=("occam-binomial",),
        whose=Whose.CODE,
        mended="The tail is computed in nats, by log_binomial_tail.",
        truth=Truth.of(high >= right),
        expected=Truth.FALSE,
        evidence=f"{k} errors of {n} and 4822.46 bits: it is -inf below about e^-745,"
        f" and its inverse is {high:.5f} where the bound is {right:.5f}.",
    )


def check_scipy_proportion_ci_is_outward() -> Verdict:
    below = count = 0
    for n in (10, 100, 1000):
        for k in range(0, n, n // 10):
            upper = binomtest(k, n, alternative="less").proportion_ci(0.95, "exact")
            tail = log_tail_digits(k, n, float(upper.high))
            below += tail > DIGITS.log(1 - DIGITS.mpf(0.95))
            count += 1
    return Verdict(
        claim="The upper end of scipy.stats.binomtest's exact proportion_ci is never"
        " below the exact one.",
        kind=Kind.FINDING,
        of=("holdout-binomial",),
        whose=Whose.CODE,
        mended="The end is judged once more at its float, with slack.",
        truth=Truth.of(below == 0),
        expected=Truth.FALSE,
        evidence=f"At confidence 0.95 the tail at its end is above 1 - 0.95, at 60"
        f" digits, in {below} of {count} cases.",
    )


def check_scipy_bdtr_has_twelve_digits() -> Verdict:
    worst, n = 0.0, 10**6
    for k in (100, 10_000, 100_000, 400_000):
        for shift in (-3, 0, 3):
            p = k / n + shift * math.sqrt(k) / n
            exact = DIGITS.exp(log_tail_digits(k, n, p))
            worst = max(worst, abs(float(DIGITS.mpf(float(bdtr(k, n, p))) / exact - 1)))
    return Verdict(
        claim="scipy.special.bdtr has twelve digits at n = 10^6.",
        kind=Kind.FINDING,
        of=("holdout-binomial",),
        whose=Whose.CODE,
        mended="The tail is a continued fraction in nats, of known slack.",
        truth=Truth.of(worst < 1e-12),
        expected=Truth.FALSE,
        evidence=f"Its worst relative error on 12 points is {worst:.1e}.",
    )


def _last_midpoint(q: float, c: float) -> float:
    low, high = q, 1.0
    middle = 0.5 * (low + high)
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        excess = q * math.log(q / middle) + (1 - q) * math.log((1 - q) / (1 - middle))
        low, high = (low, middle) if excess > c else (middle, high)
    return middle


def check_a_bisection_may_return_its_last_midpoint() -> Verdict:
    below = count = 0
    for i in range(1, 20):
        for c in (0.001, 0.01, 0.1, 0.5):
            q = i / 20
            below += kl_digits(q, _last_midpoint(q, c)) < c
            count += 1
    return Verdict(
        claim="A bisection for the inverse of kl may return its last midpoint.",
        kind=Kind.FINDING,
        of=("holdout-kl", "occam-kl"),
        whose=Whose.CODE,
        mended="The end of the bracket that was seen to pass is returned.",
        truth=Truth.of(below == 0),
        expected=Truth.FALSE,
        evidence=f"With a tolerance of 1e-9 it lies below the inverse in {below} of"
        f" {count} cases, at 60 digits.",
    )


def _hoeffding(bits: int) -> float:
    fit = CodedFit(errors=0, trials=60_000, bits=bits)
    return occam_hoeffding.formula(fit, 0.05)


def check_budgets_of_bits() -> Verdict:
    n = 60_000
    # at zero errors the binomial bound is 1 - (delta 2^-b)^(1/n)
    tenth = (-n * math.log1p(-0.1) + math.log(0.05)) / math.log(2)
    half = (2 * n * 0.5**2 + math.log(0.05)) / math.log(2)
    most = {
        bits: occam_binomial.formula(CodedFit(errors=0, trials=n, bits=bits), 0.05)
        for bits in (9115, 9116)
    }
    return Verdict(
        claim="Without an error on 60000 rows and at delta 0.05 a bound of 0.1 allows"
        " 9115.86 bits, by the tail.",
        kind=Kind.FINDING,
        of=("occam-binomial",),
        whose=Whose.NOTES,
        truth=Truth.of(round(tenth, 2) == 9115.86 and most[9115] <= 0.1 < most[9116]),
        evidence=f"The budget is {tenth:.2f}, and the bound passes 0.1 after 9115 bits;"
        f" Hoeffding's passes 1/2 at {half:.2f} bits.",
    )


def check_certificates_of_a_tenth_need_at_most_9116_bits() -> Verdict:
    upper = occam_binomial.formula(CodedFit(errors=0, trials=60_000, bits=9116), 0.05)
    return Verdict(
        claim="9116 bits and no error on 60000 rows give a certificate of at most 0.1.",
        kind=Kind.FINDING,
        of=("occam-binomial",),
        whose=Whose.NOTES,
        mended="9115 bits do, and 9116 do not.",
        truth=Truth.of(upper <= 0.1),
        expected=Truth.FALSE,
        evidence=f"The bound is {upper:.9f}.",
    )


def check_non_vacuous_needs_43276_bits() -> Verdict:
    at, beyond = _hoeffding(43_276), _hoeffding(43_277)
    return Verdict(
        claim="By Hoeffding, without an error on 60000 rows, a bound of at most 1/2"
        " needs at most 43276 bits.",
        kind=Kind.FINDING,
        of=("occam-hoeffding", "parameter-count"),
        whose=Whose.NOTES,
        truth=Truth.of(at <= 0.5 < beyond),
        evidence=f"43276 bits give {at:.7f} and 43277 bits {beyond:.7f}.",
    )


def check_parameters_of_a_net_of_600_units() -> Verdict:
    wide = ArchitectureFit(errors=0, trials=60_000, sizes=(784, 600, 10))
    upper = parameter_count.formula(wide, 0.05)
    return Verdict(
        claim="A 784-600-10 net in float32 has a gap of 9.3899 by its parameters.",
        kind=Kind.FINDING,
        of=("parameter-count",),
        whose=Whose.NOTES,
        truth=Truth.of(round(upper, 4) == 9.3899),
        evidence=f"{sum(wide.parameters)} parameters of 32 bits on 60000 rows give"
        f" {upper:.6f}.",
    )


def check_values_of_the_notes_by_the_bounds() -> Verdict:
    n = 10_000
    coded = CodedFit(errors=50, trials=1000, bits=100)
    pairs = (
        (
            clopper_pearson.formula(HoldoutErrors(errors=25, trials=n), 0.05),
            0.003489876426,
        ),
        (holdout_kl.formula(HoldoutErrors(errors=25, trials=n), 0.05), 0.003928408892),
        (
            best_of_holdout.formula(BestOf(errors=25, trials=n, candidates=100), 0.05),
            0.004605674183,
        ),
        (occam_binomial.formula(coded, 0.05), 0.1730993059),
        (occam_kl.formula(coded, 0.05), 0.1760651589),
        (occam_hoeffding.formula(coded, 0.05), 0.2401452738),
        (
            sample_compression_binomial.formula(
                CompressionSetFit(kept=10, trials=1000, errors=0), 0.05
            ),
            0.06091161449,
        ),
        (
            sample_compression_binomial.formula(
                CompressionSetFit(kept=10, trials=1000, errors=20), 0.05
            ),
            0.1107019592,
        ),
    )
    worst = max(abs(ours / theirs - 1) for ours, theirs in pairs)
    return Verdict(
        claim="The eight values of D1, D2 and D4 of the notes are those of our bounds.",
        kind=Kind.FINDING,
        of=(
            "holdout-binomial",
            "holdout-kl",
            "best-of-holdout",
            "occam-binomial",
            "occam-kl",
            "occam-hoeffding",
            "sample-compression-binomial",
        ),
        whose=Whose.NOTES,
        truth=Truth.of(worst < 5e-10),
        evidence=f"The worst relative difference is {worst:.1e}.",
    )


def check_everything_falls_with_rows_at_a_fixed_rate() -> Verdict:
    rows = np.arange(5, 400)
    rounded = np.rint(0.05 * rows).astype(int)
    steps = binomial_tail_inverse(rounded, rows, math.log(0.05)).tolist()
    rises = sum(b > a for a, b in pairwise(steps))
    kl = kl_inverse(0.05, -math.log(0.05) / rows).tolist()
    fixed = binomial_tail_inverse(3, rows, math.log(0.05)).tolist()
    falls = all(b <= a for line in (kl, fixed) for a, b in pairwise(line))
    return Verdict(
        claim="Every bound falls with n, the binomial one at a rounded rate too.",
        kind=Kind.FINDING,
        of=("holdout-binomial",),
        whose=Whose.NOTES,
        mended="The binomial bound falls with n at a fixed count, the kl bound at a"
        " fixed rate.",
        truth=Truth.of(rises == 0 or not falls),
        expected=Truth.FALSE,
        evidence=f"Bin(n, round(n/20), 0.05) rises at {rises} of {rows.size - 1} steps,"
        " the inverse of kl at 1/20 and Bin(n, 3, 0.05) never do.",
    )


def _two_coins(k: int, p: Fraction, q: Fraction) -> Fraction:
    """P(X + Y <= k) for independent coins of bias p and q."""
    law = [(1 - p) * (1 - q), p * (1 - q) + (1 - p) * q, p * q]
    return sum(law[: k + 1], Fraction(0))


def check_equal_risks_are_the_worst_everywhere() -> Verdict:
    # Hoeffding 1956: of unequal coins of one mean, equal ones have the larger tail
    # at k <= n mean - 1, and only there
    inside = outside = 0
    for i in range(1, 20):
        for j in range(1, 20):
            p, q = Fraction(i, 20), Fraction(j, 20)
            mean = (p + q) / 2
            for k in (0, 1):
                above = _two_coins(k, p, q) > exact_binomial_tail(k, 2, mean)
                inside += above and 2 * mean >= k + 1
                outside += above and 2 * mean < k + 1
    return Verdict(
        claim="The binomial bound may be used for errors of unequal risks, whatever"
        " delta and k.",
        kind=Kind.FINDING,
        of=("holdout-binomial",),
        whose=Whose.TEMPTING,
        mended="Hoeffding (1956) asks for n Bin(n, k, delta) >= k + 1, which holds for"
        " delta <= 1/4 and k <= n - 2; the inverse of kl needs nothing.",
        truth=Truth.of(outside == 0),
        expected=Truth.FALSE,
        evidence=f"Of two coins of biases i/20 and j/20, the tail exceeds that of equal"
        f" coins {outside} times where the mean number is below k + 1, and {inside}"
        " times elsewhere, in exact fractions.",
    )


def check_a_quarter_and_two_errors_short_suffice() -> Verdict:
    least = math.inf
    for n in range(2, 120):
        k = np.arange(n - 1)
        uppers = binomial_tail_inverse(k, n, math.log(0.25))
        least = min(least, float((n * uppers - (k + 1)).min()))
    return Verdict(
        claim="n Bin(n, k, delta) >= k + 1 for delta <= 1/4 and k <= n - 2.",
        kind=Kind.FINDING,
        of=("holdout-binomial",),
        whose=Whose.NOTES,
        truth=Truth.of(least >= -1e-12),
        evidence="At delta = 1/4, which is the least favourable, the difference is at"
        f" least {least:.4f} for all n < 120.",
    )
