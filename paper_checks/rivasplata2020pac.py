r"""Rivasplata et al. (2020), PAC-Bayes Analysis Beyond the Usual Bounds.

One net drawn from the posterior (Theorem 1 (i) with kl, recalled; derived here): with
:math:`\xi(n) = \sum_k \binom nk (k/n)^k (1 - k/n)^{n-k}` and M draws fixed beforehand,

.. math:: \Pr\Bigl[\, \mathrm{kl}(\hat R_S(h) \| R(h)) \le
          \frac{\ln \frac{dQ_S}{dP}(h) + \ln(M \xi(n)/\delta)}n \,\Bigr]
          \ge 1 - \delta.

Their kernel is :math:`Q_S`, their data-free distribution P.
"""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import comb, log
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.pac_bayes import (
    pac_bayes_kl_exact_constant,
    pac_bayes_single_draw,
    shifted_gaussian_ratio,
)
from nonvacuous.evidence import DrawnFit, GibbsFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, exact_binomial_tail, kl_digits
from paper_checks._verdict import Kind, Truth, Verdict, Whose

DRAW = ("pac-bayes-single-draw",)
HALF = Fraction(1, 2)


def xi_digits(n: int) -> mpf:
    """xi(n) to sixty digits, by the sum of n! / ((n - j)! n^j)."""
    term = total = DIGITS.mpf(1)
    for j in range(n):
        term *= DIGITS.mpf(n - j) / n
        total += term
        if term < DIGITS.mpf(10) ** -70:
            break
    return total


def inverse_digits(q: mpf, nats: mpf) -> mpf:
    """Largest p with kl(q, p) <= nats, by halving."""
    low, high = q, DIGITS.mpf(1)
    for _ in range(190):
        middle = (low + high) / 2
        if kl_digits(q, middle) <= nats:
            low = middle
        else:
            high = middle
    return low


def least_errors_below(k: int, n: int, nets: int) -> float:
    """Probability that one of `nets` coins shows at most k heads in n throws."""
    return float(1 - (1 - exact_binomial_tail(k, n, HALF)) ** nets) if k >= 0 else 0.0


def check_markov_under_the_posterior_leaves_the_prior() -> Verdict:
    p, phi, ratio, n, xi, d, m = sympy.symbols("p phi r n xi d M", positive=True)
    under_q = (p * ratio) * (phi / ratio)  # Q(h) times phi dP/dQ
    level = sympy.log(xi / (d / m))  # Markov with delta/M for each draw
    kl = sympy.solve(n * sympy.Symbol("k") - sympy.log(ratio) - level, "k")[0]
    stated = (sympy.log(ratio) + sympy.log(m * xi / d)) / n
    same = sympy.simplify(sympy.expand_log(kl - stated)) == 0
    return Verdict(
        claim="The mean under Q of e^(n kl) dP/dQ is that of e^(n kl) under P, and"
        " Markov with delta/M for each draw gives the statement.",
        kind=Kind.DERIVATION,
        of=DRAW,
        truth=Truth.of(sympy.simplify(under_q - p * phi) == 0 and same),
        evidence="sympy reduces both differences to 0, the first for each net.",
    )


def check_the_mean_is_xi_exactly() -> Verdict:
    n, risks, q = 5, (Fraction(1, 3), Fraction(3, 4)), Fraction(2, 7)
    total = Fraction(0)
    for ks in product(range(n + 1), repeat=2):
        chance, odd = Fraction(1), Fraction(sum(ks) + 1, 2 * n + 3)
        for k, p in zip(ks, risks, strict=True):
            chance *= comb(n, k) * p**k * (1 - p) ** (n - k)
        for k, p, prior, posterior in zip(
            ks, risks, (q, 1 - q), (odd, 1 - odd), strict=True
        ):
            a = Fraction(k, n)
            phi = a**k * (1 - a) ** (n - k) / (p**k * (1 - p) ** (n - k))
            total += chance * posterior * phi * prior / posterior
    xi = sum(Fraction(comb(n, k) * k**k * (n - k) ** (n - k), n**n) for k in range(6))
    return Verdict(
        claim="For a posterior that depends on the sample, the mean of e^(n kl) dP/dQ"
        " over sample and draw is xi(n) itself, so that no smaller constant will do"
        " for this step.",
        kind=Kind.TRIAL,
        of=DRAW,
        truth=Truth.of(total == xi),
        evidence=f"Two nets of five rows in exact fractions: {total} and {xi}.",
    )


def check_code_is_the_formula() -> Verdict:
    rng, pairs = Random(7), []
    for _ in range(60):
        n = rng.choice((1, 2, 30, 1000, 8192, 8193, 60_000, 10**6))
        k = rng.choice((0, n // 50, n // 3, n - 1))
        fit = DrawnFit(
            errors=k,
            trials=n,
            log_ratio=rng.choice((0.0, -0.5, 1e-9, 0.1 * n * rng.random())),
            draws=rng.choice((1, 3, 1000)),
        )
        delta = rng.choice((0.05, 1e-12, 0.4))
        nats = fit.log_ratio + DIGITS.log(fit.draws * xi_digits(n) / DIGITS.mpf(delta))
        exact = inverse_digits(DIGITS.mpf(k) / n, nats / n)
        ours = pac_bayes_single_draw.formula(fit, delta)
        if ours < 1:  # at 1 there is nothing to round
            pairs.append((ours, exact))
    found = compare(pairs, digits=12)
    return Verdict(
        claim="The code is kl's inverse at the derived nats, rounded up.",
        kind=Kind.FORMULA,
        of=DRAW,
        digits=12,
        truth=Truth.of(found.holds and len(pairs) > 40),
        evidence=f"Seeded evidence: {found.words}.",
    )


def check_limits_and_order() -> Verdict:
    fit = DrawnFit(errors=20, trials=1000, log_ratio=30.0)
    value = pac_bayes_single_draw.formula
    base = value(fit, 0.05)
    same = pac_bayes_kl_exact_constant.formula(
        GibbsFit(empirical=0.02, trials=1000, kl=30.0), 0.05
    )
    more = [
        value(replace(fit, errors=21), 0.05),
        value(replace(fit, log_ratio=31.0), 0.05),
        value(replace(fit, draws=2), 0.05),
        value(fit, 0.049),
    ]
    clear = value(DrawnFit(errors=0, trials=1000, log_ratio=30.0), 0.05)
    closed = 1 - DIGITS.exp(-(30 + DIGITS.log(xi_digits(1000) * 20)) / 1000)
    good = abs(clear / closed - 1) < 1e-12 and abs(base / same - 1) < 1e-12
    return Verdict(
        claim="The bound rises with errors, density and draws and as delta falls, is"
        " the bound on averages where the density is e^KL, and is 1 - e^(-nats) without"
        " errors.",
        kind=Kind.LIMIT,
        of=DRAW,
        truth=Truth.of(good and min(more) > base),
        evidence=f"{base:.6f} rises to at least {min(more):.6f}; without errors"
        f" {clear:.6f}, to 1e-12.",
    )


def _failing(n: int, delta: float, log_ratio: float) -> int:
    """Most errors at which the bound is below a risk of one half, or -1."""
    fits = (DrawnFit(errors=k, trials=n, log_ratio=log_ratio) for k in range(n))
    return sum(pac_bayes_single_draw.formula(f, delta) < 0.5 for f in fits) - 1


def check_the_theorem_holds_where_the_density_left_out_does_not() -> Verdict:
    right = least_errors_below(_failing(20, 0.5, log(64)), 20, 64)
    wrong = least_errors_below(_failing(20, 0.5, 0.0), 20, 64)
    return Verdict(
        claim="A posterior on the best of 64 coins fails with probability below delta,"
        " and above it if the density's 64 is left out.",
        kind=Kind.TRIAL,
        of=DRAW,
        truth=Truth.of(0 < right <= 0.5 < wrong),
        evidence=f"Exact, n = 20 and delta = 0.5: {right:.4f}, and {wrong:.4f} without"
        " ln 64.",
    )


def _picked(without: str, claim: str, how: str) -> Verdict:
    failure = least_errors_below(_failing(20, 0.5, 0.0), 20, 64)
    return Verdict(
        claim=claim,
        kind=Kind.ASSUMPTION,
        of=DRAW,
        whose=Whose.TEMPTING,
        without=without,
        truth=Truth.of(failure <= 0.5),
        expected=Truth.FALSE,
        evidence=f"{how}: it fails with probability {failure:.3f}, exact, at n = 20 and"
        " delta = 0.5.",
    )


def check_a_net_redrawn_until_it_looks_good() -> Verdict:
    return _picked(
        "drawn-from-posterior",
        "The best of many draws is bounded as if it were the first.",
        "P = Q draws fair coins, and the best of 64 is kept with M = 1",
    )


def check_a_prior_fitted_to_the_rows() -> Verdict:
    return _picked(
        "prior-fixed",
        "The prior may be the posterior, so that the density is 1.",
        "P = Q_S sits on the best of 64 fair coins",
    )


def check_rows_that_are_copies() -> Verdict:
    k = _failing(20, 0.3, 0.0)
    failure = 0.5 if k >= 0 else 0.0
    return Verdict(
        claim="The rows may be copies of one another.",
        kind=Kind.ASSUMPTION,
        of=DRAW,
        whose=Whose.TEMPTING,
        without=pac_bayes_single_draw.assumptions[0].name,
        truth=Truth.of(failure <= 0.3),
        expected=Truth.FALSE,
        evidence="Twenty copies of one row of a net of risk 1/2 show no error half of"
        " the time, and the bound is then below 1/2: 0.5 against delta = 0.3.",
    )


def check_the_notes_ratio_of_two_gaussians() -> Verdict:
    first = Fraction(4, 100) / (2 * Fraction(1, 100))
    noted = first + Fraction(2, 100)
    mended = first + Fraction(2, 100) / Fraction(1, 10)
    got = shifted_gaussian_ratio(0.04, 0.1, 0.02)
    same = abs(got - float(mended)) < 1e-13
    return Verdict(
        claim="For squared shift 0.04, sigma 0.1 and inner product of noise and shift,"
        " divided by sigma, of 0.02, ln dQ/dP is 2.2.",
        kind=Kind.FINDING,
        of=DRAW,
        whose=Whose.NOTES,
        mended="It is 2.02; 2.2 is for an inner product of 0.02 not yet divided.",
        truth=Truth.of(noted == Fraction(22, 10) or not same),
        expected=Truth.FALSE,
        evidence=f"In fractions {noted}, and {mended} where 0.02 is yet to be divided"
        " by sigma, as the notes' correction 2.14 has it and our code gives to 1e-13.",
    )
