"""Predictors fixed before the rows: one, and the best of several."""

import math
from fractions import Fraction
from itertools import product
from random import Random

import sympy

from nonvacuous.bounds.best_of_holdout import best_of_holdout
from nonvacuous.bounds.holdout import clopper_pearson, holdout_kl
from nonvacuous.evidence import BestOf, HoldoutErrors
from paper_checks._digits import DIGITS, exact_binomial_tail
from paper_checks._inverted import (
    inverted,
    kl_excess,
    tail_excess,
    turns,
    worst_failure,
)
from paper_checks._verdict import Kind, Truth, Verdict, Whose

BOTH = ("holdout-binomial", "holdout-kl")
ALL_THREE = (*BOTH, "best-of-holdout")
HALF = Fraction(1, 2)
DELTAS = (1e-300, 1e-9, 0.01, 0.05, 0.5, 0.99)


def _counts(seed: int, cases: int) -> list[tuple[int, int, float]]:
    """Seeded (k, n, delta): k < n up to 10^6, delta from 1e-300 to nearly 1."""
    rng, found = Random(seed), []
    for _ in range(cases):
        n = int(10 ** rng.uniform(0, 6))
        k = int(n * rng.random() ** rng.choice((1, 6)))
        found.append((min(k, n - 1), n, rng.choice((*DELTAS, rng.random()))))
    return found


def check_chernoff_is_the_exponent_of_kl() -> Verdict:
    q, p, s = sympy.symbols("q p s", positive=True)
    exponent = s * q + sympy.log(1 - p + p * sympy.exp(-s))
    best = sympy.log(p * (1 - q) / (q * (1 - p)))
    slope = sympy.simplify(sympy.diff(exponent, s).subs(s, best))
    kl = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    at = {q: sympy.Rational(1, 7), p: sympy.Rational(2, 5)}
    # 1 - p + p e^-s = (1-p)/(1-q) at the best s, so the logarithms can be split
    split = sympy.simplify((1 - p + p * sympy.exp(-best)) - (1 - p) / (1 - q))
    value = best * q + sympy.log((1 - p) / (1 - q)) + kl
    rest = sympy.expand(sympy.expand_log(value, force=True))
    bend = sympy.factor(sympy.diff(exponent, s, 2))
    return Verdict(
        claim="The least exponent of Chernoff's method for the lower tail of a coin is"
        " -kl(q, p), so Pr[Bin(n, p) <= qn] <= exp(-n kl(q, p)).",
        kind=Kind.DERIVATION,
        of=("holdout-kl", "occam-kl"),
        truth=Truth.of(
            slope == 0
            and split == 0
            and rest == 0
            and bool(bend.subs(at).subs(s, 1) > 0)
        ),
        evidence="With e^-s = q(1-p)/p(1-q), sympy gives a slope of 0, a mean of"
        " (1-p)/(1-q) and an exponent of -kl, for a function convex in s.",
    )


def check_candidates_share_delta() -> Verdict:
    delta, count, j = sympy.symbols("delta M j", positive=True)
    shares = sympy.summation(delta / count, (j, 1, count))
    spent = sympy.simplify(sympy.log(delta / count) + sympy.log(count / delta))
    return Verdict(
        claim="Shares of delta/M for M candidates add up to delta, and one costs"
        " ln M nats.",
        kind=Kind.DERIVATION,
        of=("best-of-holdout",),
        truth=Truth.of(
            sympy.simplify(shares - delta) == 0
            and sympy.expand_log(spent, force=True) == 0
        ),
        evidence="sympy sums the shares to delta and the logarithms to 0.",
    )


def check_holdout_binomial_is_the_inverse_tail() -> Verdict:
    found = inverted(
        (
            (
                clopper_pearson.formula(HoldoutErrors(errors=k, trials=n), delta),
                tail_excess(k, n, -DIGITS.log(DIGITS.mpf(delta))),
            )
            for k, n, delta in _counts(10, 150)
            if delta < 0.98
        ),
        digits=12,
    )
    return Verdict(
        claim="holdout-binomial is the largest risk whose tail is at least delta,"
        " rounded up.",
        kind=Kind.FORMULA,
        of=("holdout-binomial",),
        digits=12,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^6 and delta down to 1e-300, {found.words}.",
    )


def check_best_of_holdout_is_the_inverse_tail_at_a_share() -> Verdict:
    rng = Random(11)
    cases = [(*c, int(10 ** rng.uniform(0, 9))) for c in _counts(12, 150)]
    found = inverted(
        (
            (
                best_of_holdout.formula(
                    BestOf(errors=k, trials=n, candidates=many), delta
                ),
                tail_excess(k, n, DIGITS.log(many) - DIGITS.log(DIGITS.mpf(delta))),
            )
            for k, n, delta, many in cases
            if delta < 0.98
        ),
        digits=12,
    )
    return Verdict(
        claim="best-of-holdout is the largest risk whose tail is at least delta/M,"
        " rounded up.",
        kind=Kind.FORMULA,
        of=("best-of-holdout",),
        digits=12,
        truth=Truth.of(found.holds),
        evidence=f"With M up to 10^9 and delta down to 1e-300, {found.words}.",
    )


def check_holdout_kl_is_the_inverse_of_kl() -> Verdict:
    found = inverted(
        (
            (
                holdout_kl.formula(HoldoutErrors(errors=k, trials=n), delta),
                kl_excess(DIGITS.mpf(k) / n, -DIGITS.log(DIGITS.mpf(delta)) / n),
            )
            for k, n, delta in _counts(13, 300)
        ),
        digits=13,
    )
    return Verdict(
        claim="holdout-kl is the largest p with kl(k/n, p) <= ln(1/delta)/n, rounded"
        " up.",
        kind=Kind.FORMULA,
        of=("holdout-kl",),
        digits=13,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^6 and delta down to 1e-300, {found.words}.",
    )


def check_no_error_and_all_errors() -> Verdict:
    worst, ones = DIGITS.mpf(0), True
    for n, delta in product((1, 2, 10, 1000, 10**6), DELTAS):
        none, every = (HoldoutErrors(errors=k, trials=n) for k in (0, n))
        d = DIGITS.mpf(delta)
        exact = -DIGITS.expm1(DIGITS.log(d) / n)
        share = -DIGITS.expm1(DIGITS.log(d / 7) / n)
        chosen = BestOf(errors=0, trials=n, candidates=7)
        for ours, theirs in (
            (clopper_pearson.formula(none, delta), exact),
            (holdout_kl.formula(none, delta), exact),
            (best_of_holdout.formula(chosen, delta), share),
        ):
            worst = max(worst, abs(DIGITS.mpf(ours) / theirs - 1))
        ones &= clopper_pearson.formula(every, delta) == 1.0
        ones &= holdout_kl.formula(every, delta) == 1.0
    return Verdict(
        claim="Without an error the binomial and the kl bound are 1 - delta^(1/n), with"
        " delta/M among M candidates; if every row is an error they are 1.",
        kind=Kind.LIMIT,
        of=ALL_THREE,
        truth=Truth.of(worst < 1e-12 and ones),
        evidence=f"Over n up to 10^6 and delta from 1e-300 to 0.99 the worst relative"
        f" difference is {float(worst):.1e}.",
    )


def check_holdout_bounds_rise_with_errors_and_fall_with_rows() -> Verdict:
    some = [(k, n) for k, n, _ in _counts(14, 10)]
    ones = [HoldoutErrors(errors=k, trials=n) for k, n in some]
    many = [BestOf(errors=k, trials=n, candidates=1 + k % 50) for k, n in some]
    wrong = [
        turns(clopper_pearson, ones, (1e-9, 0.05, 0.9)),
        turns(holdout_kl, ones, (1e-9, 0.05, 0.9)),
        turns(best_of_holdout, many, (1e-9, 0.05, 0.9)),
    ]
    return Verdict(
        claim="The hold-out bounds never fall when errors or candidates grow, and"
        " never rise when rows without an error are added.",
        kind=Kind.LIMIT,
        of=ALL_THREE,
        truth=Truth.of(all(w == 0 for w, _ in wrong)),
        evidence=f"{sum(c for _, c in wrong)} seeded steps, of one and of twofold, go"
        f" the wrong way {sum(w for w, _ in wrong)} times.",
    )


def check_one_candidate_is_the_holdout_bound() -> Verdict:
    good = all(
        0
        <= best_of_holdout.formula(BestOf(errors=k, trials=n, candidates=1), delta)
        - clopper_pearson.formula(HoldoutErrors(errors=k, trials=n), delta)
        <= 1e-13
        for k, n, delta in _counts(15, 80)
        if delta < 0.98
    )
    return Verdict(
        claim="With one candidate best-of-holdout is holdout-binomial.",
        kind=Kind.LIMIT,
        of=("best-of-holdout", "holdout-binomial"),
        truth=Truth.of(good),
        evidence="On 80 seeded cases they differ by at most 1e-13, on the safe side.",
    )


def check_test_set_bounds_by_enumeration() -> Verdict:
    ratios: dict[str, list[float]] = {"binomial": [], "kl": []}
    for n, delta in product((1, 2, 5, 12, 30), (0.001, 0.05, 0.3, 0.9)):
        for name, bound in (("binomial", clopper_pearson), ("kl", holdout_kl)):
            limits = [
                bound.formula(HoldoutErrors(errors=k, trials=n), delta)
                for k in range(n + 1)
            ]
            ratios[name].append(float(worst_failure(limits, n) / Fraction(delta)))
    low = {name: min(r) for name, r in ratios.items()}
    high = {name: max(r) for name, r in ratios.items()}
    return Verdict(
        claim="At the worst risk the binomial bound and the kl bound fail with"
        " probability at most delta, and with nearly delta.",
        kind=Kind.TRIAL,
        of=BOTH,
        truth=Truth.of(
            max(high.values()) <= 1
            and low["binomial"] > 1 - 1e-9
            and low["kl"] > 1 - 1e-9
        ),
        evidence="Exact tails just above every bound, n up to 30: the failure over"
        f" delta is at least 1 - {1 - low['binomial']:.0e} and 1 - {1 - low['kl']:.0e},"
        " and at most 1, so that no smaller bound of either form would do.",
    )


def check_best_of_independent_candidates() -> Verdict:
    low, high, free = 1.0, 0.0, math.inf
    for n, many, delta in product((5, 20), (2, 10, 100), (0.01, 0.05, 0.3)):
        for k in range(n // 2):
            seen = BestOf(errors=k, trials=n, candidates=many)
            risk = Fraction(math.nextafter(best_of_holdout.formula(seen, delta), 2))
            one = exact_binomial_tail(k, n, risk)
            some = float((1 - (1 - one) ** many) / Fraction(delta))
            low, high = min(low, some), max(high, some)
        none = HoldoutErrors(errors=0, trials=n)
        alone = Fraction(math.nextafter(clopper_pearson.formula(none, delta), 2))
        one = exact_binomial_tail(0, n, alone)
        free = min(free, float((1 - (1 - one) ** many) / Fraction(delta)))
    return Verdict(
        claim="Of M candidates with errors independent of each other some candidate"
        " exceeds its bound with probability at most delta, and above 0.86 delta.",
        kind=Kind.TRIAL,
        of=("best-of-holdout",),
        truth=Truth.of(high <= 1 and low > 0.86 and free > 1.5),
        evidence=f"In exact fractions, risks just above a bound: between {low:.3f} and"
        f" {high:.3f} delta; with delta for each candidate it would be at least"
        f" {free:.2f} delta.",
    )


def _largest_violating(limits: list[float], risk: Fraction) -> int:
    return sum(Fraction(p) < risk for p in limits) - 1


def check_the_rows_may_choose_the_predictor() -> Verdict:
    n, delta, many = 100, 0.05, 100
    fails = []
    for bound, share in (
        (clopper_pearson, delta),
        (holdout_kl, delta),
        (clopper_pearson, delta / many),
    ):
        limits = [
            bound.formula(HoldoutErrors(errors=k, trials=n), share)
            for k in range(n + 1)
        ]
        one = exact_binomial_tail(_largest_violating(limits, HALF), n, HALF)
        fails.append(float(1 - (1 - one) ** many))
    return Verdict(
        claim="The test-set bound holds for a predictor chosen on the very rows it is"
        " counted on.",
        kind=Kind.ASSUMPTION,
        of=BOTH,
        without="unseen",
        whose=Whose.TEMPTING,
        truth=Truth.of(min(fails[:2]) <= delta),
        expected=Truth.FALSE,
        evidence=f"Predictor j answers with fair bit j of x; the best of {many} on"
        f" {n} rows exceeds its binomial bound with probability {fails[0]:.4f} and its"
        f" kl bound with {fails[1]:.4f} at delta {delta}, and {fails[2]:.4f} once"
        f" delta is divided by {many}.",
    )


def check_candidates_may_be_made_of_the_rows() -> Verdict:
    n, delta = 100, 0.05
    upper = best_of_holdout.formula(BestOf(errors=0, trials=n, candidates=1), delta)
    return Verdict(
        claim="A predictor made of the rows may be counted as one candidate.",
        kind=Kind.ASSUMPTION,
        of=("best-of-holdout",),
        without="candidates-fixed",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.5),
        expected=Truth.FALSE,
        evidence=f"What remembers {n} rows of a continuous x with fair labels errs on"
        f" none of them and on half of all others, and is given {upper:.4f}.",
    )


def check_copies_of_a_row_count_as_rows() -> Verdict:
    n, delta, risk = 100, 0.05, Fraction(1, 4)
    uppers = (
        clopper_pearson.formula(HoldoutErrors(errors=0, trials=n), delta),
        holdout_kl.formula(HoldoutErrors(errors=0, trials=n), delta),
        best_of_holdout.formula(BestOf(errors=0, trials=n, candidates=2), delta),
    )
    failure = 1 - risk if max(uppers) < risk else Fraction(0)
    return Verdict(
        claim="The hold-out bounds hold for rows that are copies of each other.",
        kind=Kind.ASSUMPTION,
        of=ALL_THREE,
        without="iid",
        whose=Whose.TEMPTING,
        truth=Truth.of(failure <= delta),
        expected=Truth.FALSE,
        evidence=f"{n} copies of one row have no error with probability 3/4 if the risk"
        f" is 1/4, and the bounds are then at most {max(uppers):.4f}.",
    )


def check_losses_may_be_rounded_to_errors() -> Verdict:
    n, delta, loss = 20, 0.5, Fraction(2, 5)
    # each row loses 2/5; a row is an error if its loss is at least one half
    uppers = (
        clopper_pearson.formula(HoldoutErrors(errors=0, trials=n), delta),
        holdout_kl.formula(HoldoutErrors(errors=0, trials=n), delta),
        best_of_holdout.formula(BestOf(errors=0, trials=n, candidates=2), delta),
    )
    return Verdict(
        claim="The bounds hold for a loss in [0, 1] whose values are rounded to 0 and"
        " 1 before they are counted.",
        kind=Kind.ASSUMPTION,
        of=ALL_THREE,
        without="zero-one-loss",
        whose=Whose.TEMPTING,
        truth=Truth.of(min(uppers) >= loss),
        expected=Truth.FALSE,
        evidence=f"A loss of 2/5 on every row counts no error, and the bounds on it"
        f" are at most {max(uppers):.4f} for {n} rows.",
    )
