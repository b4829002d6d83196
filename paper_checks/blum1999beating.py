r"""Blum, Kalai and Langford (1999), Beating the Hold-Out.

Progressive validation: :math:`h_{i-1}` is made of the rows before row i and errs on it
with probability :math:`p_i = R(h_{i-1})` given them; k counts the errors.

.. math:: \Pr\Bigl[\, \tfrac1n \sum_i p_i \le \tfrac kn
          + \sqrt{\tfrac{\ln(1/\delta)}{2n}} \,\Bigr] \ge 1 - \delta, \qquad
          \Pr\Bigl[\, \tfrac1n \sum_i p_i \le \mathrm{kl}^{-1}\bigl(\tfrac kn,
          \tfrac1n \ln\tfrac{1}{\delta\, \pi(k)}\bigr) \,\Bigr] \ge 1 - \delta,

with :math:`\pi(k) = 6/\pi^2(k+1)^2`.  The paper compares the moments with those of a
hold-out set; that is recalled, and both bounds are derived here.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from random import Random

import sympy

from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.progressive import (
    exponential_upper,
    progressive_azuma,
    progressive_kl,
)
from nonvacuous.evidence import ProgressiveErrors
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._inverted import inverted, kl_excess, turns
from paper_checks._verdict import Kind, Truth, Verdict, Whose

KL, AZUMA = ("progressive-kl",), ("progressive-azuma",)
BOTH = KL + AZUMA
BOUNDS = (progressive_kl, progressive_azuma)


def _cases(seed: int, cases: int) -> list[tuple[int, int, float]]:
    rng, found = Random(seed), []
    for _ in range(cases):
        n = int(10 ** rng.uniform(0, 7))
        k = min(n, int((n + 1) * rng.random() ** rng.choice((1, 6))))
        found.append((k, n, rng.choice((1e-300, 1e-9, 0.05, 0.5, 0.99))))
    return found


def check_each_step_has_hoeffdings_moment() -> Verdict:
    p, s, u, n, t = sympy.symbols("p s u n t", positive=True)
    moment = sympy.log(1 - p + p * sympy.exp(-s)) + s * p
    tilted = p * sympy.exp(-s) / (1 - p + p * sympy.exp(-s))
    bend = sympy.simplify(sympy.diff(moment, s, 2) - tilted * (1 - tilted))
    starts = [sympy.simplify(f.subs(s, 0)) for f in (moment, sympy.diff(moment, s))]
    quarter = sympy.expand(
        sympy.Rational(1, 4) - u * (1 - u) - (u - sympy.Rational(1, 2)) ** 2
    )
    exponent = n * s**2 / 8 - s * n * t
    best = sympy.solve(sympy.diff(exponent, s), s)[0]
    least = sympy.simplify(exponent.subs(s, best) + 2 * n * t**2)
    return Verdict(
        claim="Given the past, ln E exp(s(p - X)) <= s^2/8 for an error X of"
        " probability p, and n such steps give exp(-2 n t^2).",
        kind=Kind.DERIVATION,
        of=AZUMA,
        truth=Truth.of(bend == 0 and starts == [0, 0] and quarter == 0 and least == 0),
        evidence="sympy: the logarithm and its slope vanish at 0, its second derivative"
        " is u(1 - u) = 1/4 - (u - 1/2)^2, and the exponent is least at s = 4t.",
    )


def check_the_product_is_largest_at_equal_risks() -> Verdict:
    p, C = sympy.symbols("p C", positive=True)
    factor = 1 - p + p * sympy.exp(-C)
    bend = sympy.diff(sympy.log(factor), p, 2)
    square = sympy.simplify(bend + (1 - sympy.exp(-C)) ** 2 / factor**2)
    mean = sympy.simplify((p * sympy.exp(-C) + (1 - p)) / factor)
    return Verdict(
        claim="e^(-CX)/(1 - p + p e^(-C)) has mean 1 given the past, and ln(1 - p +"
        " p e^(-C)) is concave in p, so the product of n is at most its value at the"
        " mean risk.",
        kind=Kind.DERIVATION,
        of=KL,
        truth=Truth.of(mean == 1 and square == 0),
        evidence="sympy simplifies the mean to 1 and the second derivative to"
        " -(1 - e^-C)^2 / (1 - p + p e^-C)^2.",
    )


def check_the_best_constant_gives_kl() -> Verdict:
    q, p, C, c, k = sympy.symbols("q p C c k", positive=True)
    solved = sympy.solve(sympy.Eq(1 - p + p * sympy.exp(-C), sympy.exp(-C * q - c)), p)
    formula = (1 - sympy.exp(-C * q - c)) / (1 - sympy.exp(-C))
    best = sympy.log(p * (1 - q) / (q * (1 - p)))
    exponent = C * q + sympy.log(1 - p + p * sympy.exp(-C))
    slope = sympy.simplify(sympy.diff(exponent, C).subs(C, best))
    kl = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    rest = sympy.expand_log(best * q + sympy.log((1 - p) / (1 - q)) + kl, force=True)
    weights = sympy.summation(6 / (sympy.pi**2 * (k + 1) ** 2), (k, 0, sympy.oo))
    return Verdict(
        claim="At a fixed C the bound is (1 - e^(-Cq - c))/(1 - e^(-C)); at the best C"
        " for k errors it is kl^-1(k/n, c), and the weights of all k sum to 1.",
        kind=Kind.DERIVATION,
        of=KL,
        truth=Truth.of(
            sympy.simplify(solved[0] - formula) == 0
            and slope == 0
            and sympy.expand(rest) == 0
            and weights == 1
        ),
        evidence="sympy solves for p, finds the slope 0 at e^(-C) = q(1-p)/p(1-q) with"
        " exponent -kl(q, p), and sums the weights to 1.",
    )


def check_progressive_azuma_is_the_rate_and_a_root() -> Verdict:
    found = compare(
        (
            (
                progressive_azuma.formula(ProgressiveErrors(errors=k, trials=n), d),
                DIGITS.mpf(k) / n + DIGITS.sqrt(-DIGITS.log(DIGITS.mpf(d)) / (2 * n)),
            )
            for k, n, d in _cases(50, 500)
        ),
        digits=14,
    )
    return Verdict(
        claim="progressive-azuma is k/n + sqrt(ln(1/delta)/2n), rounded up.",
        kind=Kind.FORMULA,
        of=AZUMA,
        digits=14,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^7, {found.words}.",
    )


def check_progressive_kl_is_the_inverse_of_kl_at_a_share() -> Verdict:
    pairs = []
    for k, n, d in _cases(51, 400):
        nats = DIGITS.log(DIGITS.pi**2 * (k + 1) ** 2 / 6) - DIGITS.log(DIGITS.mpf(d))
        if k < n:
            fit = ProgressiveErrors(errors=k, trials=n)
            pairs.append(
                (progressive_kl.formula(fit, d), kl_excess(DIGITS.mpf(k) / n, nats / n))
            )
    found = inverted(pairs, digits=13)
    return Verdict(
        claim="progressive-kl is the largest p with kl(k/n, p) <= ln(1/(delta"
        " pi(k)))/n, rounded up.",
        kind=Kind.FORMULA,
        of=KL,
        digits=13,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^7, {found.words}.",
    )


def check_a_fixed_constant_is_this_formula() -> Verdict:
    rng = Random(52)
    cases = [(k / n, n, 10 ** rng.uniform(-3, 1), d) for k, n, d in _cases(53, 300)]
    found = compare(
        (
            (
                exponential_upper(q, n, C, math.log(d)),
                -DIGITS.expm1(-DIGITS.mpf(C) * q + DIGITS.log(DIGITS.mpf(d)) / n)
                / -DIGITS.expm1(-DIGITS.mpf(C)),
            )
            for q, n, C, d in cases
        ),
        digits=13,
    )
    return Verdict(
        claim="exponential_upper is (1 - e^(-Cq - ln(1/delta)/n))/(1 - e^(-C)), rounded"
        " up.",
        kind=Kind.FORMULA,
        digits=13,
        truth=Truth.of(found.holds),
        evidence=f"With C from 0.001 to 10, {found.words}.",
    )


def check_progressive_bounds_rise_with_errors_and_fall_with_rows() -> Verdict:
    facts = [ProgressiveErrors(errors=k, trials=n) for k, n, _ in _cases(54, 150)]
    wrong = [turns(bound, facts, (1e-9, 0.05, 0.9)) for bound in BOUNDS]
    return Verdict(
        claim="Both bounds never fall when errors grow, and never rise when rows"
        " without an error are added.",
        kind=Kind.LIMIT,
        of=BOTH,
        truth=Truth.of(all(w == 0 for w, _ in wrong)),
        evidence=f"{sum(c for _, c in wrong)} seeded steps go the wrong way"
        f" {sum(w for w, _ in wrong)} times.",
    )


def check_no_error_and_many_rows() -> Verdict:
    worst = 0.0
    for n in (1, 10, 10**6):
        share = DIGITS.mpf(0.05) * 6 / DIGITS.pi**2
        exact = -DIGITS.expm1(DIGITS.log(share) / n)
        fit = ProgressiveErrors(errors=0, trials=n)
        ours = progressive_kl.formula(fit, 0.05)
        worst = max(worst, abs(float(DIGITS.mpf(ours) / exact - 1)))
    many = ProgressiveErrors(errors=10**10, trials=10**12)
    gaps = [bound.formula(many, 0.05) - 0.01 for bound in BOUNDS]
    return Verdict(
        claim="Without an error progressive-kl is 1 - (6 delta/pi^2)^(1/n), and both"
        " bounds tend to the error rate.",
        kind=Kind.LIMIT,
        of=BOTH,
        truth=Truth.of(worst < 1e-13 and all(0 < gap < 1e-5 for gap in gaps)),
        evidence=f"The worst relative difference is {worst:.1e}; at 10^12 rows and an"
        f" error rate of 0.01 the bounds lie {gaps[0]:.1e} and {gaps[1]:.1e} above it.",
    )


def _worst_learner(upper: Callable[[int], float], n: int, grid: int) -> Fraction:
    """Largest failure over all learners whose risks are multiples of 1/grid.

    A learner chooses the risk of its next hypothesis knowing every error so far, which
    is all that a rule can do; the best of them is found backwards.
    """
    limits = [Fraction(upper(k)) * n * grid for k in range(n + 1)]

    @cache
    def value(i: int, k: int, total: int) -> int:
        if i == n:
            return int(total > limits[k])
        return max(
            r * value(i + 1, k + 1, total + r) + (grid - r) * value(i + 1, k, total + r)
            for r in range(grid + 1)
        )

    return Fraction(value(0, 0, 0), grid**n)


def _upper(bound: object, n: int, delta: float) -> Callable[[int], float]:
    chosen = progressive_kl if bound is progressive_kl else progressive_azuma
    return lambda k: chosen.formula(ProgressiveErrors(errors=k, trials=n), delta)


def check_the_worst_learner_by_enumeration() -> Verdict:
    n, grid = 8, 12
    high = {"kl": 0.0, "azuma": 0.0}
    for delta in (0.02, 0.1, 0.3, 0.6):
        for name, bound in (("kl", progressive_kl), ("azuma", progressive_azuma)):
            fails = _worst_learner(_upper(bound, n, delta), n, grid)
            high[name] = max(high[name], float(fails / Fraction(delta)))
    twice = _upper(progressive_azuma, 2 * n, 0.02)
    doubled = float(_worst_learner(lambda k: twice(2 * k), n, grid)) / 0.02
    halved = float(_worst_learner(_upper(progressive_kl, n, 0.3**0.25), n, grid)) / 0.3
    return Verdict(
        claim="No learner, however it uses its past errors, exceeds a progressive bound"
        " with probability above delta.",
        kind=Kind.TRIAL,
        of=BOTH,
        truth=Truth.of(max(high.values()) <= 1 < min(doubled, halved)),
        evidence=f"The best of all rules with risks in twelfths on {n} rows, in exact"
        f" fractions, reaches {high['kl']:.3f} delta for kl and {high['azuma']:.3f} for"
        f" Azuma; with n doubled in Azuma's it would be {doubled:.2f} delta, and with"
        f" delta^(1/4) in kl's {halved:.2f}.",
    )


def check_the_best_constant_needs_no_share() -> Verdict:
    n, grid, most, where = 8, 12, 0.0, 0.0
    for delta in (0.05, 0.1, 0.2, 0.3, 0.45, 0.6):
        nats = -math.log(delta) / n

        def upper(k: int, nats: float = nats) -> float:
            return float(kl_inverse(k / n, nats))

        ratio = float(_worst_learner(upper, n, grid) / Fraction(delta))
        if ratio > most:
            most, where = ratio, delta
    return Verdict(
        claim="kl^-1(k/n, ln(1/delta)/n), without a share pi(k), bounds the average"
        " risk of every learner.",
        kind=Kind.FINDING,
        of=KL,
        whose=Whose.TEMPTING,
        mended="The constant is chosen after k is known, and each k has its share pi(k)"
        " of delta.",
        truth=Truth.of(most <= 1),
        expected=Truth.FALSE,
        evidence=f"Some rule on {n} rows, with risks in twelfths, fails with"
        f" probability {most:.3f} delta at delta {where}, in exact fractions.",
    )


def check_copies_of_a_row_count_as_rows() -> Verdict:
    n, delta = 100, 0.05
    fit = ProgressiveErrors(errors=1, trials=n)
    upper = max(bound.formula(fit, delta) for bound in BOUNDS)
    return Verdict(
        claim="The bounds hold for rows that are copies of each other.",
        kind=Kind.ASSUMPTION,
        of=BOTH,
        without="iid",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.5),
        expected=Truth.FALSE,
        evidence=f"A learner that remembers its rows errs at most once on {n} copies of"
        f" a row of fair label, on half of all others, and is given {upper:.4f}.",
    )


def check_a_second_pass_counts_as_well() -> Verdict:
    n, delta = 100, 0.05
    fit = ProgressiveErrors(errors=0, trials=n)
    upper = max(bound.formula(fit, delta) for bound in BOUNDS)
    return Verdict(
        claim="Errors may be counted on a second pass over the same rows.",
        kind=Kind.ASSUMPTION,
        of=BOTH,
        without="one-pass",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.5),
        expected=Truth.FALSE,
        evidence=f"A learner that remembers {n} rows of fair labels errs on none of"
        f" them the second time, on half of all others, and is given {upper:.4f}.",
    )


def check_losses_may_be_rounded_to_errors() -> Verdict:
    n, delta = 100, 0.05
    fit = ProgressiveErrors(errors=0, trials=n)
    upper = max(bound.formula(fit, delta) for bound in BOUNDS)
    return Verdict(
        claim="The bounds hold for a loss in [0, 1] that is rounded to 0 or 1 before"
        " it is counted.",
        kind=Kind.ASSUMPTION,
        of=BOTH,
        without="zero-one-loss",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.4),
        expected=Truth.FALSE,
        evidence=f"A loss of 2/5 on each of {n} rows counts no error, and is given"
        f" {upper:.4f}.",
    )


def check_values_of_the_notes() -> Verdict:
    fit = ProgressiveErrors(errors=1000, trials=50_000)
    pairs = (
        (progressive_azuma.formula(fit, 0.05), 0.02547332831),
        (
            exponential_upper(0.02, 50_000, math.log(2), math.log(0.05)),
            0.02765276704,
        ),
    )
    worst = max(abs(ours / theirs - 1) for ours, theirs in pairs)
    return Verdict(
        claim="1000 errors of 50000 rows give 0.02547332831 by Azuma and 0.02765276704"
        " at C = ln 2.",
        kind=Kind.FINDING,
        of=AZUMA,
        whose=Whose.NOTES,
        truth=Truth.of(worst < 5e-10),
        evidence=f"The worst relative difference is {worst:.1e}.",
    )


def check_the_last_hypothesis_is_certified() -> Verdict:
    # n - 1 rows of a hypothesis without risk, then one that always errs
    fit = ProgressiveErrors(errors=0, trials=1000)
    upper = max(bound.formula(fit, 0.05) for bound in BOUNDS)
    return Verdict(
        claim="The bounds speak of the last hypothesis.",
        kind=Kind.FINDING,
        of=BOTH,
        whose=Whose.TEMPTING,
        mended="They speak of the average risk, which is that of a hypothesis drawn at"
        " random.",
        truth=Truth.of(upper >= 1.0),
        expected=Truth.FALSE,
        evidence="A learner that never errs on 1000 rows and then becomes one that"
        f" always does is given {upper:.4f}.",
    )
