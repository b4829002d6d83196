r"""The test-set bound for disagreements: how often a compressed net answers otherwise.

Whether two fixed nets differ on a fresh row is a coin, so that the number of differing
rows is binomial and Theorem 3.3 holds with "error" read as "disagreement".
"""

from fractions import Fraction
from itertools import product
from random import Random

import sympy

from nonvacuous.bounds.agreement import holdout_agreement
from nonvacuous.evidence import Agreement
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, exact_binomial_tail, log_tail_digits
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("holdout-agreement",)


def _upper(k: int, n: int, delta: float) -> float:
    return holdout_agreement.formula(Agreement(differing=k, trials=n), delta)


def check_disagreement_is_a_metric() -> Verdict:
    cases = list(product(range(3), repeat=3))  # original, compressed, label
    holds = all((v != y) <= (u != y) + (u != v) for u, v, y in cases)
    rate, s = sympy.symbols("rho s")
    n, k = 5, 2
    made = sympy.Poly((1 - rate + rate * s) ** n, s)  # of n independent coins
    binomial = sympy.binomial(n, k) * rate**k * (1 - rate) ** (n - k)
    same = sympy.expand(made.coeff_monomial(s**k) - binomial) == 0
    return Verdict(
        claim="Whether two fixed nets differ on a row is a coin, so the count is"
        " binomial; and a net errs at most where the other errs or the two differ.",
        truth=Truth.of(holds and same),
        evidence="The generating function of 5 coins by sympy, and all"
        f" {len(cases)} cases of two answers and a label among three classes.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_bound_inverts_the_binomial_tail() -> Verdict:
    rng, pairs = Random(31), []
    for _ in range(40):
        n = int(10 ** rng.uniform(0.5, 5))
        k = int(n * rng.random() ** 4)
        delta = 10 ** -rng.uniform(0.1, 40)
        upper = _upper(k, n, delta)
        if upper == 1 or k >= n:
            continue
        goal = DIGITS.log(DIGITS.mpf(delta))
        low, high = DIGITS.mpf(1) / (10 * n * 10**3), 1 - DIGITS.mpf("1e-30")
        for _ in range(70):
            middle = (low + high) / 2
            below = log_tail_digits(k, n, middle) > goal
            low, high = (middle, high) if below else (low, middle)
        pairs.append((upper, low))
    seen = compare(pairs, digits=11)
    return Verdict(
        claim="The certificate is the inverse of the binomial tail, rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"Bisection of the tail: {seen.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=11,
    )


def check_no_disagreement_and_many_rows() -> Verdict:
    closed = 1 - DIGITS.exp(DIGITS.log(DIGITS.mpf(0.05)) / 1000)
    none = _upper(0, 1000, 0.05)
    rise = [_upper(k, 50, 0.05) for k in range(51)]
    fall = [_upper(3, n, 0.05) for n in range(3, 200)]
    good = rise == sorted(rise) and fall == sorted(fall, reverse=True)
    return Verdict(
        claim="Without a differing row it is 1 - delta^(1/n); it rises with the count"
        " and falls with the rows.",
        truth=Truth.of(good and 0 <= none / closed - 1 < 1e-12),
        evidence=f"{none:.10f} at n = 1000; all counts of 50 rows, 3 to 199 rows.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_it_covers_by_enumeration() -> Verdict:
    worst, n = 0.0, 30
    for delta in (0.01, 0.05, 0.3):
        for tenth in range(1, 20):
            rate = Fraction(tenth, 20)
            most = sum(_upper(k, n, delta) < rate for k in range(n + 1)) - 1
            if most >= 0:
                failure = float(exact_binomial_tail(most, n, rate)) / delta
                worst = max(worst, failure)
    return Verdict(
        claim="Over the rows, the certificate lies below the rate of disagreement with"
        " probability at most delta.",
        truth=Truth.of(0.5 < worst <= 1),
        evidence=f"Every count of {n} rows in exact fractions, 19 rates and 3 deltas:"
        f" the worst failure is {worst:.3f} delta.",
        kind=Kind.TRIAL,
        of=OF,
    )


def check_disagreements_may_be_counted_on_fitted_rows() -> Verdict:
    n, delta, many, rate = 100, 0.05, 100, Fraction(1, 2)
    most = sum(_upper(k, n, delta) < rate for k in range(n + 1)) - 1
    one = float(exact_binomial_tail(most, n, rate))
    free = 1 - (1 - one) ** many
    return Verdict(
        claim="The compressed net may be the one of 100 that agrees best on the very"
        " rows.",
        truth=Truth.of(free <= delta),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"Net j differs from the original by fair bit j of x: the best of"
        f" {many} on {n} rows fails with probability {free:.3f} at delta {delta}.",
        kind=Kind.ASSUMPTION,
        of=OF,
        without="unseen",
    )


def check_agreeing_rows_may_be_copies() -> Verdict:
    upper = _upper(0, 100, 0.05)
    return Verdict(
        claim="The rows on which two nets are compared may be copies of one.",
        truth=Truth.of(not upper < 0.1),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="Two nets that differ on a tenth of inputs agree on one row, and so"
        f" on 100 copies of it, with probability 0.9, and certify {upper:.4f}.",
        kind=Kind.ASSUMPTION,
        of=OF,
        without="iid",
    )
