"""Derivations, formulas and limits."""

import math
from fractions import Fraction
from random import Random

import sympy

from nonvacuous.bounds.holdout import holdout_hoeffding
from nonvacuous.bounds.holdout_losses import holdout_loss_hoeffding, holdout_loss_kl
from nonvacuous.bounds.pac_bayes import occam_kl_bounded
from nonvacuous.evidence import CodedLoss, HoldoutErrors, HoldoutLosses
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._inverted import inverted, kl_excess, turns
from paper_checks._verdict import Kind, Truth, Verdict, Whose

ROOTS = ("holdout-hoeffding", "holdout-loss-hoeffding")
LOSSES = ("holdout-loss-kl", "holdout-loss-hoeffding", "occam-kl-bounded")
EVERY = ("holdout-hoeffding", *LOSSES)
DELTAS = (1e-300, 1e-9, 0.05, 0.5, 0.99)
HALF = Fraction(1, 2)


def _mean(mean: float, n: int) -> HoldoutLosses:
    return HoldoutLosses(mean=mean, variance=0.0, trials=n)


def _cases(seed: int, cases: int) -> list[tuple[float, int, float]]:
    """Seeded (mean, n, delta), the mean also 0, 1 and near both."""
    rng, found = Random(seed), []
    for _ in range(cases):
        mean = rng.choice(
            (0.0, 1.0, rng.random(), 10 ** rng.uniform(-12, 0), 1 - 1e-9 * rng.random())
        )
        found.append((mean, int(10 ** rng.uniform(0, 7)), rng.choice(DELTAS)))
    return found


def check_a_bounded_loss_is_no_harder_than_a_coin() -> Verdict:
    x, C = sympy.symbols("x C", positive=True)
    chord = 1 - x + x * sympy.exp(-C)
    gap = chord - sympy.exp(-C * x)
    bend = sympy.diff(gap, x, 2)
    ends = [sympy.simplify(gap.subs(x, end)) for end in (0, 1)]
    return Verdict(
        claim="e^(-Cx) <= 1 - x + x e^(-C) on [0, 1], so the generating function of a"
        " loss of mean p is at most that of a coin of bias p.",
        kind=Kind.DERIVATION,
        of=LOSSES,
        truth=Truth.of(
            ends == [0, 0] and sympy.simplify(bend + C**2 * sympy.exp(-C * x)) == 0
        ),
        evidence="The difference vanishes at 0 and 1 and sympy finds its second"
        " derivative to be -C^2 e^(-Cx) < 0.",
    )


def check_the_best_exponent_is_kl() -> Verdict:
    q, p, C = sympy.symbols("q p C", positive=True)
    best = sympy.log(p * (1 - q) / (q * (1 - p)))
    exponent = C * q + sympy.log(1 - p + p * sympy.exp(-C))
    slope = sympy.simplify(sympy.diff(exponent, C).subs(C, best))
    mean = sympy.simplify(1 - p + p * sympy.exp(-best) - (1 - p) / (1 - q))
    kl = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    rest = sympy.expand_log(best * q + sympy.log((1 - p) / (1 - q)) + kl, force=True)
    return Verdict(
        claim="Markov's inequality for the product of n coins gives exp(-n kl(q, p)) at"
        " its best C.",
        kind=Kind.DERIVATION,
        of=LOSSES,
        truth=Truth.of(slope == 0 and mean == 0 and sympy.expand(rest) == 0),
        evidence="At e^(-C) = q(1-p)/p(1-q) sympy finds a slope of 0 and an exponent"
        " of -kl(q, p).",
    )


def check_kl_is_at_least_twice_the_square() -> Verdict:
    q, p = sympy.symbols("q p", positive=True)
    kl = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    gap = kl - 2 * (p - q) ** 2
    square = (p - q) * (1 - 2 * p) ** 2 / (p * (1 - p))
    return Verdict(
        claim="kl(q, p) >= 2 (p - q)^2, the second inequality of Theorem 1.",
        kind=Kind.DERIVATION,
        of=ROOTS,
        truth=Truth.of(
            sympy.simplify(sympy.diff(gap, p) - square) == 0
            and sympy.simplify(gap.subs(q, p)) == 0
        ),
        evidence="The difference vanishes at p = q, and its derivative in p is"
        " (p - q)(1 - 2p)^2 / p(1 - p), of the sign of p - q.",
    )


def check_hoeffding_bounds_are_a_mean_and_a_root() -> Verdict:
    pairs = []
    for mean, n, delta in _cases(40, 400):
        root = DIGITS.sqrt(-DIGITS.log(DIGITS.mpf(delta)) / (2 * n))
        k = min(int(mean * n), n)
        pairs += [
            (
                holdout_loss_hoeffding.formula(_mean(mean, n), delta),
                DIGITS.mpf(mean) + root,
            ),
            (
                holdout_hoeffding.formula(HoldoutErrors(errors=k, trials=n), delta),
                DIGITS.mpf(k) / n + root,
            ),
        ]
    found = compare(pairs, digits=14)
    return Verdict(
        claim="holdout-hoeffding and holdout-loss-hoeffding are the mean plus"
        " sqrt(ln(1/delta)/2n), rounded up.",
        kind=Kind.FORMULA,
        of=ROOTS,
        digits=14,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^7 and delta down to 1e-300, {found.words}.",
    )


def check_kl_bounds_are_the_inverse_of_kl() -> Verdict:
    rng, pairs = Random(41), []
    for mean, n, delta in _cases(42, 400):
        if mean == 1:
            continue
        bits = rng.choice((0, 1, rng.randrange(1, 3 * n + 2)))
        fit = CodedLoss(empirical=mean, trials=n, bits=bits)
        nats = -DIGITS.log(DIGITS.mpf(delta))
        q = DIGITS.mpf(mean)
        pairs += [
            (
                holdout_loss_kl.formula(_mean(mean, n), delta),
                kl_excess(q, nats / n),
            ),
            (
                occam_kl_bounded.formula(fit, delta),
                kl_excess(q, (bits * DIGITS.log(2) + nats) / n),
            ),
        ]
    found = inverted(pairs, digits=13)
    return Verdict(
        claim="holdout-loss-kl and occam-kl-bounded are the largest p with kl(q, p) at"
        " most ln(1/delta)/n, and (b ln 2 + ln(1/delta))/n, rounded up.",
        kind=Kind.FORMULA,
        of=("holdout-loss-kl", "occam-kl-bounded"),
        digits=13,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^7 and delta down to 1e-300, {found.words}.",
    )


def check_hoeffding_bounds_rise_with_losses_and_fall_with_rows() -> Verdict:
    some = _cases(43, 60)
    coded = [CodedLoss(empirical=q, trials=n, bits=n % 99) for q, n, _ in some]
    counted = [HoldoutErrors(errors=int(q * n), trials=n) for q, n, _ in some]
    means = [_mean(q, n) for q, n, _ in some]
    wrong = [
        turns(holdout_hoeffding, counted, (1e-9, 0.5)),
        turns(holdout_loss_hoeffding, means, (1e-9, 0.5)),
        turns(holdout_loss_kl, means, (1e-9, 0.5)),
        turns(occam_kl_bounded, coded, (1e-9, 0.5)),
    ]
    return Verdict(
        claim="The bounds never fall when losses or bits grow, and never rise when"
        " rows are added at the same mean, or without an error.",
        kind=Kind.LIMIT,
        of=EVERY,
        truth=Truth.of(all(w == 0 for w, _ in wrong)),
        evidence=f"{sum(c for _, c in wrong)} seeded steps go the wrong way"
        f" {sum(w for w, _ in wrong)} times.",
    )


def check_kl_is_below_hoeffding_and_equals_it_near_one_half() -> Verdict:
    least, near = math.inf, 0.0
    for mean, n, delta in _cases(44, 300):
        kl = holdout_loss_kl.formula(_mean(mean, n), delta)
        root = holdout_loss_hoeffding.formula(_mean(mean, n), delta)
        free = occam_kl_bounded.formula(
            CodedLoss(empirical=mean, trials=n, bits=0), delta
        )
        least = min(least, root - kl)
        near = max(near, abs(free - kl))
    n = 10**10
    ratio = (holdout_loss_kl.formula(_mean(0.5, n), 0.05) - 0.5) / (
        holdout_loss_hoeffding.formula(_mean(0.5, n), 0.05) - 0.5
    )
    return Verdict(
        claim="The kl bound is at most Hoeffding's and tends to it at a mean of 1/2,"
        " where the constant 2 is best; a code of no bits is free.",
        kind=Kind.LIMIT,
        of=EVERY,
        truth=Truth.of(least >= 0 and near < 1e-12 and 1 - 1e-8 < ratio <= 1),
        evidence=f"The least of 300 differences is {least:.1e}; at n = 10^10 and a mean"
        f" of 1/2 the deviations have a ratio of 1 - {1 - ratio:.0e}.",
    )


def check_values_of_the_notes() -> Verdict:
    counted = HoldoutErrors(errors=25, trials=10_000)
    pairs = (
        (holdout_hoeffding.formula(counted, 0.05), 0.01473873415),
        (holdout_loss_hoeffding.formula(_mean(0.0025, 10_000), 0.05), 0.01473873415),
        (holdout_loss_kl.formula(_mean(0.02, 60_000), 0.01), 0.02178396053),
        (
            occam_kl_bounded.formula(
                CodedLoss(empirical=0.05, trials=1000, bits=100), 0.05
            ),
            0.1760651589,
        ),
    )
    worst = max(abs(ours / theirs - 1) for ours, theirs in pairs)
    return Verdict(
        claim="The values of C2, D1 and D2 of the notes, 0.01473873415, 0.02178396053"
        " and 0.1760651589, are those of our bounds.",
        kind=Kind.FINDING,
        of=EVERY,
        whose=Whose.NOTES,
        truth=Truth.of(worst < 5e-10),
        evidence=f"The worst relative difference is {worst:.1e}.",
    )
