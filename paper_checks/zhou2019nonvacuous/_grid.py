"""Catoni's bound on a geometric grid of temperatures."""

import math
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random

import numpy as np
import sympy
from mpmath import mpf

from nonvacuous.bounds.pac_bayes import (
    occam_catoni_grid,
    occam_kl,
    pac_bayes_catoni_grid,
)
from nonvacuous.bounds.pac_bayes._catoni import catoni_upper
from nonvacuous.evidence import CodedFit, GibbsFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, kl_digits
from paper_checks._occam import failure, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OCCAM, GIBBS = "occam-catoni-grid", "pac-bayes-catoni-grid"
OF = (OCCAM, GIBBS)
HALF = Fraction(1, 2)
exp, ln = DIGITS.exp, DIGITS.log
C, p, lam, alpha = sympy.symbols("C p lambda alpha", positive=True)


def _least_on_grid(q: mpf, nats: mpf, n: int) -> mpf:
    """The least over lambda > 1, by a scan and thirds; alpha is the float 1.0001."""
    a = DIGITS.mpf(1 + 1e-4)

    def value(t: mpf) -> mpf:
        c = exp(t) / n
        penalty = 2 * ln((2 * ln(a) + t) / ln(a))
        up = 1 - exp(-(c * q + a * (nats + penalty) / n))
        return up / (1 - exp(-c))

    points = np.linspace(1e-6, math.log(50.0 * n), 400)
    c = np.exp(points) / n
    log_a = math.log(float(a))
    index = 2 * np.log((2 * log_a + points) / log_a)
    scan = np.expm1(-(c * float(q) + float(a) * (float(nats) + index) / n))
    best = int(np.argmin(scan / np.expm1(-c)))
    low = DIGITS.mpf(float(points[max(best - 1, 0)]))
    high = DIGITS.mpf(float(points[min(best + 1, 399)]))
    for _ in range(52):
        third = (high - low) / 3
        if value(low + third) < value(high - third):
            high -= third
        else:
            low += third
    return value((low + high) / 2)


@cache
def _cases() -> tuple[tuple[int, int, int, float], ...]:
    """Seeded errors, rows, bits and delta."""
    rng, cases = Random(3), []
    for _ in range(40):
        n = int(10 ** rng.uniform(2, 6))
        k = rng.choice([0, int(n * rng.random() ** 4)])
        cases.append((k, n, rng.randrange(n), 10 ** -rng.uniform(0.01, 12)))
    return tuple(cases)


def _occam(k: int, n: int, bits: int, delta: float) -> float:
    return occam_catoni_grid.formula(CodedFit(errors=k, trials=n, bits=bits), delta)


def _gibbs(q: float, n: int, kl: float, delta: float, mc: float = 0.0) -> float:
    fit = GibbsFit(empirical=q, trials=n, kl=kl, mc_delta=mc)
    return pac_bayes_catoni_grid.formula(fit, delta)


def check_catonis_function_and_its_inverse() -> Verdict:
    y = sympy.Symbol("y", positive=True)
    (root,) = sympy.solve(sympy.Eq(1 - p * (1 - sympy.exp(-C)), sympy.exp(-C * y)), p)
    inverse = sympy.simplify(root - (1 - sympy.exp(-C * y)) / (1 - sympy.exp(-C)))
    x = sympy.Symbol("x")
    chord = 1 - x * (1 - sympy.exp(-C)) - sympy.exp(-C * x)
    ends = [sympy.simplify(chord.subs(x, v)) for v in (0, 1)]
    bend = sympy.simplify(sympy.diff(chord, x, 2) + C**2 * sympy.exp(-C * x))
    return Verdict(
        claim="E e^(-CX) <= 1 - p (1 - e^-C) for X in [0, 1] of mean p, and the inverse"
        " of Phi_C is (1 - e^-Cy)/(1 - e^-C).",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(inverse == bend == 0 and ends == [0, 0]),
        evidence="sympy: the chord minus e^(-Cx) is 0 at 0 and 1 and bends by"
        " -C^2 e^(-Cx); solving Phi_C(p) = y for p gives the inverse.",
    )


def check_weights_and_penalty_of_the_grid() -> Verdict:
    j, u = sympy.symbols("j u", nonnegative=True)
    whole = sympy.summation(1 / ((j + 1) * (j + 2)), (j, 0, sympy.oo))
    index = sympy.expand_log(sympy.log(alpha ** (2 + j + u)), force=True)
    index = sympy.simplify(index / sympy.log(alpha))
    spare = sympy.expand(index**2 - (j + 1) * (j + 2))
    positive = all(c > 0 for c in sympy.Poly(spare, j, u).coeffs())
    return Verdict(
        claim="The weights 1/((j+1)(j+2)) sum to 1, and for lambda = alpha^(j+u) their"
        " inverse is at most (ln(alpha^2 lambda)/ln alpha)^2.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(whole == 1 and index == 2 + j + u and positive),
        evidence=f"sympy: the sum is {whole}; (2 + j + u)^2 - (j+1)(j+2) is {spare}, of"
        " positive coefficients.",
    )


def check_catonis_function_falls_with_the_temperature() -> Verdict:
    g = -sympy.log(1 - p * (1 - sympy.exp(-C)))
    numerator = C * sympy.diff(g, C) - g  # of C^2 times the slope of g/C
    slope = sympy.simplify(sympy.diff(numerator, C) - C * sympy.diff(g, C, 2))
    bend = sympy.diff(g, C, 2) * (1 - p * (1 - sympy.exp(-C))) ** 2
    shown = sympy.simplify(bend + p * (1 - p) * sympy.exp(-C))
    start = sympy.limit(numerator, C, 0)
    return Verdict(
        claim="Phi_C(p) falls in C, so that the bound at a grid point alpha^j <= lambda"
        " holds at lambda, with alpha/lambda for 1/lambda_j.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(slope == shown == start == 0),
        evidence="sympy: C^2 times its slope is 0 at C = 0 and has the slope C g'',"
        " where g'' (1 - p(1 - e^-C))^2 = -p (1 - p) e^-C.",
    )


def check_a_point_mass_costs_its_code() -> Verdict:
    b = sympy.Symbol("b", positive=True, integer=True)
    weight = 2**-b
    kl = sympy.expand_log(sympy.log(1 / weight), force=True)
    return Verdict(
        claim="A point mass on a net of weight 2^-|h| has relative entropy |h| ln 2.",
        kind=Kind.DERIVATION,
        of=(OCCAM,),
        truth=Truth.of(sympy.simplify(kl - b * sympy.log(2)) == 0),
        evidence=f"sympy: 1 times ln(1/2^-b) is {kl}.",
    )


def check_occam_on_the_grid_is_its_formula() -> Verdict:
    pairs = []
    for k, n, bits, delta in _cases():
        nats = bits * DIGITS.ln(2) - ln(DIGITS.mpf(delta))
        exact = _least_on_grid(DIGITS.mpf(k) / n, nats, n)
        pairs.append((_occam(k, n, bits, delta), exact))
    seen = compare(pairs, digits=12)
    return Verdict(
        claim="occam-catoni-grid is the least over lambda > 1 of Theorem 4.1 for a"
        " point mass, rounded up.",
        kind=Kind.FORMULA,
        of=(OCCAM,),
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"A search of our own: {seen.words}.",
    )


def check_gibbs_on_the_grid_is_its_formula() -> Verdict:
    rng, pairs = Random(4), []
    for k, n, bits, delta in _cases():
        kl, mc = bits * rng.random(), delta * rng.choice([0, 0.3])
        nats = DIGITS.mpf(kl) - ln(DIGITS.mpf(delta) - DIGITS.mpf(mc))
        exact = _least_on_grid(DIGITS.mpf(k / n), nats, n)
        pairs.append((_gibbs(k / n, n, kl, delta, mc), exact))
    seen = compare(pairs, digits=12)
    return Verdict(
        claim="pac-bayes-catoni-grid is the least over lambda > 1 of Theorem 4.1,"
        " rounded up, at what is left of delta.",
        kind=Kind.FORMULA,
        of=(GIBBS,),
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"A search of our own: {seen.words}.",
    )


def check_the_grid_is_above_kl() -> Verdict:
    good = 0
    for k, n, bits, delta in _cases():
        fit = CodedFit(errors=k, trials=n, bits=bits)
        here = _occam(k, n, bits, delta)
        good += occam_kl.formula(fit, delta) <= here and math.isclose(
            here, _gibbs(k / n, n, bits * math.log(2), delta), rel_tol=1e-9
        )
    return Verdict(
        claim="Occam's kl bound is at most Catoni's on the grid, which for a point mass"
        " is the PAC-Bayes bound.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == len(_cases())),
        evidence=f"{good} of {len(_cases())} seeded cases.",
    )


def check_the_grid_bounds_are_monotone() -> Verdict:
    good = 0
    for k, n, bits, delta in _cases():
        here = _occam(k, n, bits, delta)
        gibbs = _gibbs(k / n, n, float(bits), delta)
        good += (
            _occam(k + 1, n, bits, delta) > here > k / n
            and _occam(k, n, bits + 1, delta) > here > _occam(k, 2 * n, bits, delta)
            and _gibbs(k / n + 1e-3 * (1 - k / n), n, bits, delta) > gibbs
            and _gibbs(k / n, n, bits + 0.5, delta) > gibbs
            and _gibbs(k / n, n, bits, delta, delta / 2) > gibbs
            and gibbs > _gibbs(k / n, 2 * n, bits, delta)
        )
    return Verdict(
        claim="They rise with the error, the code or KL and what the draws spent, and"
        " fall with n.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == len(_cases())),
        evidence=f"{good} of {len(_cases())} seeded cases, each strictly.",
    )


def check_the_best_temperature_is_the_kl_inverse() -> Verdict:
    q, nats, best, at = sympy.symbols("q c P C", positive=True)
    value = (1 - sympy.exp(-at * q - nats)) / (1 - sympy.exp(-at))
    temperature = sympy.log(best * (1 - q) / (q * (1 - best)))
    kl = q * sympy.log(q / best) + (1 - q) * sympy.log((1 - q) / (1 - best))
    numbers = {q: sympy.Rational(1, 50), best: sympy.Rational(1, 10)}
    there = value.subs(nats, kl).subs(at, temperature) - best
    slope = sympy.diff(value, at).subs(nats, kl).subs(at, temperature)
    zero = [abs(sympy.N(e.subs(numbers), 60)) < 1e-55 for e in (there, slope)]
    c = (3000 + math.log(40)) / 60_000
    float_best = min(catoni_upper(0.02, c, 1.6 + i / 1000) for i in range(160))
    target = DIGITS.mpf("0.0986416868")
    near = abs(kl_digits(0.02, target) - c) < 1e-9
    return Verdict(
        claim="The least of Catoni's bound over C is the inverse of kl: 0.0986416868 at"
        " q = 0.02 and (3000 + ln 40)/60000 nats.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(all(zero) and near and abs(float_best - 0.0986416868) < 1e-8),
        evidence="At C = ln(P (1-q)/(q (1-P))) the value is P and the slope 0 at 60"
        f" digits; the least over a scan is {float_best:.10f}.",
    )


def check_markovs_variable_has_mean_one() -> Verdict:
    n, worst, doubled = 40, DIGITS.mpf(0), DIGITS.mpf(9)
    for a, c in product((Fraction(1, 10), HALF, Fraction(9, 10)), (0.01, 0.7, 5.0)):
        risk, t = DIGITS.mpf(a.numerator) / a.denominator, DIGITS.mpf(c)
        base = 1 - risk * (1 - exp(-t))
        pmf = [math.comb(n, k) * risk**k * (1 - risk) ** (n - k) for k in range(n + 1)]
        mean = sum(w * exp(-t * k) / base**n for k, w in enumerate(pmf))
        twice = sum(w * exp(-2 * t * k) / base ** (2 * n) for k, w in enumerate(pmf))
        worst = max(worst, abs(mean - 1))
        doubled = min(doubled, twice - 1)
    return Verdict(
        claim="E exp(-C n (q - Phi_C(p))) is exactly 1 for errors, the one step of the"
        " proof that is tight.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(worst < 1e-50 and doubled > 1e-5),
        evidence=f"All outcomes of {n} rows at 60 digits: within {float(worst):.0e} of"
        f" 1; with n doubled it exceeds 1 by {float(doubled):.1e} or more.",
    )


def check_coverage_of_the_grid() -> Verdict:
    n, bits, delta = 400, 60, 0.9
    fails = []
    for bound in (
        lambda k: _occam(k, n, bits, delta),
        lambda k: _gibbs(k / n, n, bits * math.log(2), delta),
        lambda k: _occam(k, n, 0, delta),
        lambda k: _gibbs(k / n, n, 0.0, delta),
    ):
        fails.append(failure([(2**bits, violating(bound, n, HALF))], n, HALF))
    return Verdict(
        claim="The best of all nets of a prefix code, or the point mass on it, exceeds"
        " its bound with probability at most delta.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(max(fails[:2]) <= delta < min(fails[2:])),
        evidence=f"2^{bits} independent fair nets on {n} rows, exactly: {fails[0]:.1e}"
        f" and {fails[1]:.1e} at delta {delta}, and {min(fails[2:]):.3f} where the code"
        " or KL is left out.",
    )


def check_the_temperature_may_be_chosen_afterwards() -> Verdict:
    n = 100
    mean = DIGITS.mpf(0)
    for k in range(n + 1):
        weight = DIGITS.mpf(math.comb(n, k)) / 2**n
        rate = DIGITS.mpf(k) / n
        mean += weight * (exp(n * kl_digits(rate, DIGITS.mpf(0.5))) if 2 * k < n else 1)
    return Verdict(
        claim="Catoni's proof covers the temperature that is best on the rows, so that"
        " no grid is paid for.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.CODE,
        mended="A grid fixed beforehand is paid for; for one net at a time the inverse"
        " of kl needs no grid, by Chernoff and a union bound.",
        truth=Truth.of(mean <= 1),
        expected=Truth.FALSE,
        evidence="The mean that must be at most 1 is E exp(n kl+(q, p)) ="
        f" {float(mean):.3f} for p = 1/2 and n = {n}, exactly; it grows like the root"
        " of n.",
    )


def check_oracles_of_the_grid() -> Verdict:
    pairs = (
        (_gibbs(0.02, 60_000, 3000.0, 0.05), 0.09907321169),
        (catoni_upper(0.02, (3000 + math.log(40)) / 60_000, 1.0), 0.1070420859),
    )
    worst = max(abs(a / b - 1) for a, b in pairs)
    return Verdict(
        claim="With q = 0.02, n = 60000, KL 3000: 0.09907321169 on the grid at delta"
        " 0.05, 0.1070420859 at C = 1 and delta 0.025.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        truth=Truth.of(worst < 1e-9),
        evidence=f"Worst relative difference {worst:.1e}.",
    )
