"""The binomial tail, relative entropy, and their inverses."""

import math
from functools import cache
from itertools import product
from random import Random

import numpy as np
import sympy

from nonvacuous.bounds._binomial import (
    binomial_tail_inverse,
    binomial_tail_inverse_lower,
)
from nonvacuous.bounds._kl import _SLACK, _terms, kl_inverse, kl_inverse_lower
from nonvacuous.bounds._tail import near_side
from nonvacuous.bounds.holdout import hoeffding_upper
from nonvacuous.bounds.occam import log_budget
from paper_checks._digits import DIGITS, kl_digits, log_tail_digits
from paper_checks._inverted import inverted, tail_excess
from paper_checks._verdict import Kind, Truth, Verdict, Whose

TAILS = (
    "holdout-binomial",
    "best-of-holdout",
    "occam-binomial",
    "sample-compression-binomial",
)


def _tail(n: int, k: int, p: sympy.Symbol) -> sympy.Expr:
    return sum(sympy.binomial(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))


def check_tail_falls_with_p() -> Verdict:
    p = sympy.Symbol("p")
    pairs = [(n, k) for n in range(1, 7) for k in range(n)]
    good = [
        sympy.expand(
            sympy.diff(_tail(n, k, p), p)
            + n * sympy.binomial(n - 1, k) * p**k * (1 - p) ** (n - 1 - k)
        )
        == 0
        for n, k in pairs
    ]
    return Verdict(
        claim="The derivative of Pr[Bin(n, p) <= k] in p is"
        " -n C(n-1, k) p^k (1-p)^(n-1-k), so the tail falls and its inverse is unique.",
        kind=Kind.DERIVATION,
        of=TAILS,
        truth=Truth.of(all(good)),
        evidence=f"sympy expands the difference to 0 in {sum(good)} of {len(pairs)}"
        " cases k < n <= 6.",
    )


def check_tail_is_log_concave() -> Verdict:
    p = sympy.Symbol("p")
    pairs = [(n, k) for n in range(1, 7) for k in range(n)]
    good = 0
    for n, k in pairs:
        t = _tail(n, k, p)
        bend = sympy.Poly(t * sympy.diff(t, p, 2) - sympy.diff(t, p) ** 2, p)
        for end in (sympy.Poly(p, p), sympy.Poly(1 - p, p)):
            while bend.rem(end).is_zero:
                bend = bend.quo(end)
        good += bend.count_roots(0, 1) == 0 and bool(
            bend.eval(sympy.Rational(1, 2)) < 0
        )
    return Verdict(
        claim="ln Pr[Bin(n, p) <= k] is concave in p, so Newton's method started above"
        " the inverse stays above.",
        kind=Kind.DERIVATION,
        of=TAILS,
        truth=Truth.of(good == len(pairs)),
        evidence="T T'' - T'^2, rid of its roots at 0 and 1, has no root in [0, 1] by"
        f" Sturm and is negative at 1/2 in {good} of {len(pairs)} cases k < n <= 6.",
    )


@cache
def _cases() -> tuple[tuple[int, int, float, float], ...]:
    """Seeded (k, n, ln delta, the inverse), n up to 10^6 and ln delta down to -5e4."""
    rng, cases = Random(0), []
    for _ in range(200):
        n = int(10 ** rng.uniform(0, 6))
        k = rng.randrange(n) if rng.random() < 0.5 else int(n * rng.random() ** 6)
        log_delta = -(10 ** rng.uniform(-2, math.log10(5e4)))
        cases.append((k, n, log_delta, binomial_tail_inverse(k, n, log_delta)))
    return tuple(c for c in cases if c[3] < 1)


def check_binomial_inverse_is_sound_and_tight() -> Verdict:
    found = inverted(
        ((p, tail_excess(k, n, -log_d)) for k, n, log_d, p in _cases()), digits=12
    )
    return Verdict(
        claim="binomial_tail_inverse is never below the exact inverse, nor above it by"
        " 1e-12 of itself, for n up to 10^6 and ln delta <= -0.01.",
        kind=Kind.FORMULA,
        digits=12,
        truth=Truth.of(found.holds),
        evidence=f"With seeded k, n, and ln delta down to -5e4, {found.words}.",
    )


def check_binomial_lower_inverse_is_sound_and_tight() -> Verdict:
    unsound = loose = count = 0
    for k, n, log_d, _ in _cases():
        p = binomial_tail_inverse_lower(k, n, log_d)
        if not p > 1e-30:  # 1 - p has 60 digits
            continue
        more = DIGITS.mpf(p) * (1 + 1e-12)
        # Pr[Bin(n, p) >= k] = Pr[Bin(n, 1 - p) <= n - k]
        unsound += log_tail_digits(n - k, n, 1 - DIGITS.mpf(p)) > log_d
        loose += log_tail_digits(n - k, n, 1 - more) <= log_d
        count += 1
    return Verdict(
        claim="binomial_tail_inverse_lower is never above the exact inverse, nor below"
        " it by 1e-12 of itself, for n up to 10^6 and ln delta <= -0.01.",
        kind=Kind.FORMULA,
        digits=12,
        truth=Truth.of(unsound == loose == 0),
        evidence=f"Over {count} seeded cases at 50 digits: {unsound} above, {loose}"
        " loose.",
    )


def check_binomial_slack_covers_the_arithmetic() -> Verdict:
    rng, worst = Random(1), 0.0
    for k, n, _, p in _cases():
        near = min(max(k / n * (1 + rng.gauss(0, 0.01)), 1e-9), 1 - 1e-9)
        for x in (p, near, rng.random()):
            with np.errstate(all="ignore"):
                lower, value, slack, _, _ = near_side(
                    *(np.array([float(a)]) for a in (k, n, x))
                )
            if lower[0]:
                exact = log_tail_digits(k, n, x)
            else:
                exact = log_tail_digits(n - k - 1, n, 1 - DIGITS.mpf(x))
            error = abs(DIGITS.mpf(float(value[0])) - exact)
            worst = max(worst, float(error / DIGITS.mpf(float(slack[0]))))
    return Verdict(
        claim="The float logarithm of the tail is within a fifth of its slack of the"
        " exact one.",
        kind=Kind.FINDING,
        truth=Truth.of(worst < 0.2),
        evidence=f"The worst ratio over {3 * len(_cases())} seeded points at 50 digits"
        f" is {worst:.3f}.",
    )


@cache
def _rates() -> tuple[tuple[float, float], ...]:
    """Seeded (q, c): q in [0, 1], near both ends too, c from 1e-12 to 700."""
    rng, cases = Random(2), []
    for _ in range(1200):
        q = rng.choice(
            [rng.random(), 10 ** rng.uniform(-300, 0), 1 - 10 ** rng.uniform(-16, 0)]
        )
        q = rng.choice([q, q, q, q, q, q, q, q, 0.0, 1.0])
        cases.append((q, 10 ** rng.uniform(-12, math.log10(700))))
    return tuple(cases)


def check_kl_slack_covers_the_arithmetic() -> Verdict:
    rng, worst, count = Random(3), 0.0, 0
    for q, _ in _rates():
        near = q * (1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-15, -1))
        for p in (rng.random(), 10 ** rng.uniform(-300, 0), near):
            if not 0 < p < 1 or q in (0, 1, p):
                continue
            parts = (q, 1 - q, p - q, 1 - p) if p > q else (1 - q, q, q - p, p)
            right, left = _terms(*map(np.asarray, parts))
            if right + left < 1e-290:  # the inverses start at 1e-90: no underflow
                continue
            error = abs(DIGITS.mpf(float(right - left)) - kl_digits(q, p))
            slack = DIGITS.mpf(float(right + left)) * _SLACK
            worst, count = max(worst, float(error / slack)), count + 1
    return Verdict(
        claim="The float kl(q, p) is within a quarter of its slack, 2^-49 times the"
        " sum of its terms, of the exact one; 15/16 is proved for any log1p within 4"
        " units in the last place.",
        kind=Kind.FINDING,
        truth=Truth.of(worst < 0.25),
        evidence=f"The worst ratio over {count} seeded points at 50 digits is"
        f" {worst:.3f}.",
    )


def check_kl_inverse_is_sound_and_tight() -> Verdict:
    unsound = loose = 0
    ps = kl_inverse(*np.array(_rates()).T).tolist()
    for (q, c), p in zip(_rates(), ps, strict=True):
        less = p * (1 - 1e-14)
        unsound += p < q or (p < 1 and kl_digits(q, p) < c)
        loose += less > q and kl_digits(q, less) >= c
    return Verdict(
        claim="kl_inverse is never below the exact inverse, nor above it by 1e-14 of"
        " itself.",
        kind=Kind.FORMULA,
        digits=14,
        truth=Truth.of(unsound == loose == 0),
        evidence=f"Over {len(_rates())} seeded (q, c) at 50 digits, q near 0 and 1 too"
        f" and c from 1e-12 to 700: {unsound} below, {loose} loose.",
    )


def check_kl_inverse_lower_is_sound_and_tight() -> Verdict:
    unsound = loose = 0
    ps = kl_inverse_lower(*np.array(_rates()).T).tolist()
    for (q, c), p in zip(_rates(), ps, strict=True):
        least = max(p, 1e-307)
        more = least * (1 + 1e-14 * (1 + math.log(q / least))) if q else q
        unsound += p > q or (p > 0 and kl_digits(q, p) < c)
        loose += more < q and kl_digits(q, more) >= c
    return Verdict(
        claim="kl_inverse_lower is never above the exact inverse p, nor below it by"
        " 1e-14 (1 + ln(q/p)) of itself, down to 1e-307.",
        kind=Kind.FORMULA,
        digits=11,
        truth=Truth.of(unsound == loose == 0),
        evidence=f"Over {len(_rates())} seeded (q, c) at 50 digits, q near 0 and 1 too"
        f" and c from 1e-12 to 700: {unsound} above, {loose} loose.",
    )


def check_published_values() -> Verdict:
    lg = math.log
    d05, d100 = lg(0.05), lg(0.05 / 100)
    code, size = log_budget(100, 0.05), 10000
    pairs = (
        (kl_inverse(0.1, 0.05), 0.2200786011),
        (kl_inverse_lower(0.1, 0.05), 0.03127839627),
        (kl_inverse(0.0, 0.05), 0.0487705755),
        (binomial_tail_inverse(0, 10, d05), 0.2588655509),
        (binomial_tail_inverse(1, 10, d05), 0.3941633024),
        (binomial_tail_inverse(25, size, d05), 0.003489876426),
        (kl_inverse(0.0025, -d05 / size), 0.003928408892),
        (hoeffding_upper(25, size, d05), 0.01473873415),
        (binomial_tail_inverse(25, size, d100), 0.004605674183),
        (binomial_tail_inverse(80, size, d05), 0.009627115812),
        (binomial_tail_inverse(600, size, d05), 0.06405217611),
        (binomial_tail_inverse(50, size, d05), 0.006324499771),
        (binomial_tail_inverse(50, size, lg(0.035)), 0.006462606429),
        (binomial_tail_inverse(50, 1000, code), 0.1730993059),
        (kl_inverse(0.05, -code / 1000), 0.1760651589),
        (hoeffding_upper(50, 1000, code), 0.2401452738),
        (binomial_tail_inverse(0, 1000, code), 0.06975794297),
        (binomial_tail_inverse(6000, 60000, log_budget(6572, 0.05)), 0.2542538931),
        (kl_inverse(0.0, -log_budget(200, 0.05) / 60000), 0.002357635874),
    )
    worst = max(abs(ours / theirs - 1) for ours, theirs in pairs)
    return Verdict(
        claim="The inverses agree with values computed elsewhere in high precision.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        truth=Truth.of(worst < 5e-10),
        evidence=f"{len(pairs)} values of ten digits, worst relative difference"
        f" {worst:.1e}.",
    )


def check_binomial_is_below_kl_is_below_hoeffding() -> Verdict:
    rng, broken, count = Random(4), 0, 0
    for n, nats in product((1, 7, 100, 5000, 10**6), (1e-3, 0.1, 3.0, 50.0, 2e4)):
        for k in {0, 1, n // 2, *(rng.randrange(n) for _ in range(8))} - {n}:
            chernoff = kl_inverse(math.nextafter(k / n, 1.0), nats / n)
            hoeffding = hoeffding_upper(k, n, -nats)
            broken += chernoff < 1 and log_tail_digits(k, n, chernoff) > -nats
            broken += (
                hoeffding < 1
                and kl_digits(DIGITS.mpf(k) / n, hoeffding) < DIGITS.mpf(nats) / n
            )
            count += 1
    return Verdict(
        claim="The binomial inverse is at most the kl inverse, which is at most"
        " Hoeffding's bound.",
        kind=Kind.LIMIT,
        of=("holdout-binomial", "holdout-kl", "holdout-hoeffding"),
        truth=Truth.of(broken == 0),
        evidence=f"The tail at the kl inverse and kl at Hoeffding's bound, both at 50"
        f" digits, break the chain {broken} times on {count} grid points, n up to 10^6"
        " and ln delta down to -2e4.",
    )
