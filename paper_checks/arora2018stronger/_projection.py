"""Matrix-Project: how many random matrices are enough."""

import math
from fractions import Fraction
from itertools import product
from math import comb

import sympy
from mpmath import mpf

from nonvacuous.bounds.noise_stability import (
    paper_projections,
    projections_needed,
    sign_count,
)
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("arora-network",)
eps, x, lam, k = sympy.symbols("epsilon x lambda k", positive=True)


def _chi_square_failure(draws: int, epsilon: float) -> mpf:
    """Pr[|chi^2_k / k - 1| >= eps]: Gaussian matrices, u v^T along A."""
    half = DIGITS.mpf(draws) / 2
    low = DIGITS.gammainc(half, 0, half * (1 - epsilon), regularized=True)
    high = DIGITS.gammainc(half, half * (1 + epsilon), regularized=True)
    return low + high


def _sign_failure(entries: int, draws: int, epsilon: Fraction) -> float:
    """The same for sign matrices and an A of equal entries, exactly."""
    scale = 2**entries
    step = dict.fromkeys(((entries - 2 * i) ** 2 for i in range(entries + 1)), 0)
    for i in range(entries + 1):  # entries (X + 1), and in how many ways
        step[(entries - 2 * i) ** 2] += comb(entries, i)
    sums = {0: 1}
    for _ in range(draws):
        more: dict[int, int] = {}
        for a, ways in sums.items():
            for b, other in step.items():
                more[a + b] = more.get(a + b, 0) + ways * other
        sums = more
    bad = sum(
        ways
        for value, ways in sums.items()
        if abs(Fraction(value, entries * draws) - 1) >= epsilon
    )
    return float(Fraction(bad, scale**draws))


def check_laurent_massart_gives_our_k() -> Verdict:
    root = (1 + sympy.sqrt(1 + 2 * eps)) ** 2
    u = sympy.Symbol("u", positive=True)  # u = sqrt(x/k): 2u + 2u^2 = eps
    solutions = sympy.solve(sympy.Eq(2 * u + 2 * u**2, eps), u)
    (least,) = [s for s in solutions if s.subs(eps, 1) > 0]
    ratio = sympy.simplify(least**2 - eps**2 / root)
    r, a, b = sympy.symbols("r a b", real=True)
    z1, z2 = (a + b) / sympy.sqrt(2 * (1 + r)), (a - b) / sympy.sqrt(2 * (1 - r))
    split = sympy.simplify(
        a * b - r - ((1 + r) / 2 * (z1**2 - 1) - (1 - r) / 2 * (z2**2 - 1))
    )
    weights = sympy.expand(((1 + r) / 2) ** 2 + ((1 - r) / 2) ** 2 - (1 + r**2) / 2)
    return Verdict(
        claim="By Laurent and Massart, k = (1 + sqrt(1 + 2 eps))^2 ln(2/eta)/eps^2"
        " Gaussian matrices are enough.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(split == ratio == weights == 0),
        evidence="sympy: ab - r is (1+r)/2 (Z1^2 - 1) - (1-r)/2 (Z2^2 - 1), whose"
        " squared weights sum to (1 + r^2)/2 <= 1; 2 sqrt(x/k) + 2x/k = eps at x/k ="
        " eps^2 / (1 + sqrt(1 + 2 eps))^2.",
    )


def check_chernoff_gives_our_count_of_signs() -> Verdict:
    psi = -sympy.log(1 - 2 * lam) / 2 - lam
    exponent = psi - lam * eps
    best = eps / (2 + 2 * eps)
    slope = sympy.simplify(sympy.diff(exponent, lam).subs(lam, best))
    value = sympy.simplify(
        sympy.logcombine(exponent.subs(lam, best), force=True)
        + (eps - sympy.log(1 + eps)) / 2
    )
    bennett = sympy.series(2 * (sympy.exp(lam) - 1 - lam), lam, 0, 9).removeO()
    chi = sympy.series(psi, lam, 0, 9).removeO()
    terms = [sympy.Poly(chi - bennett, lam).coeff_monomial(lam**i) for i in range(2, 9)]
    at = [(value.subs(eps, v)).evalf(50) for v in (sympy.Rational(1, 3), 2)]
    closed = all(abs(v) < 1e-45 for v in at)
    return Verdict(
        claim="With ln E e^(lambda X) <= -ln(1 - 2 lambda)/2 - lambda, Chernoff's bound"
        " is exp(-k (eps - ln(1 + eps))/2), and Bennett's term is below, term by term.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(slope == 0 and closed and min(terms) >= 0),
        evidence="sympy: the exponent is stationary at eps/(2 + 2 eps) and has that"
        " value; 2^(i-1)/i >= 2/i! for the powers i = 2 to 8, after which one side"
        " grows and the other falls.",
    )


def check_fourth_moment_of_a_sum_of_signs() -> Verdict:
    good = 0
    for count in range(1, 6):
        w = sympy.symbols(f"w0:{count}", real=True)
        fourth = sum(
            sum(s * v for s, v in zip(signs, w, strict=True)) ** 4
            for signs in product((-1, 1), repeat=count)
        )
        fourth = sympy.expand(fourth / 2**count)
        square = sympy.expand(sum(v**2 for v in w) ** 2)
        good += sympy.expand(3 * square - fourth - 2 * sum(v**4 for v in w)) == 0
    return Verdict(
        claim="The fourth moment of a sum of signs is 3 times its squared variance"
        " minus 2 sum w^4, so that Q^2 has a variance of at most 2.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(good == 5),
        evidence=f"sympy expands the mean over all signs of up to 5 weights: {good} of"
        " 5.",
    )


def check_counts_are_their_formulas() -> Verdict:
    low, high, count = DIGITS.mpf(9), DIGITS.mpf(0), 0
    for i, j in product(range(-14, 4), range(1, 12)):
        epsilon, eta = 1.7 * 10.0 ** (i / 4), 10.0**-j
        e, nats = DIGITS.mpf(epsilon), DIGITS.log(2 / DIGITS.mpf(eta))
        for got, exact in (
            (
                projections_needed(epsilon, eta),
                (1 + DIGITS.sqrt(1 + 2 * e)) ** 2 * nats / e**2,
            ),
            (sign_count(epsilon, eta), 2 * nats / (e - DIGITS.log1p(e))),
        ):
            low = min(low, got - exact)
            high = max(high, (got - exact - 1) / exact)
            count += 1
    return Verdict(
        claim="projections_needed and sign_count are their formulas, rounded up to"
        " whole numbers.",
        kind=Kind.FORMULA,
        of=OF,
        digits=8,
        truth=Truth.of(low >= 0 and high < 1e-8),
        evidence=f"{count} counts at 60 digits: none is below the formula, and beyond"
        f" one whole number the excess is at most {max(0.0, float(high)):.1e} of it.",
    )


def check_the_count_of_signs_is_the_lesser() -> Verdict:
    pairs = [(10.0 ** (i / 5), 10.0**-j) for i in range(-12, 8) for j in (1, 4, 9)]
    good = sum(sign_count(*p) <= projections_needed(*p) for p in pairs)
    falls = sum(
        sign_count(e * 1.1, h) <= sign_count(e, h) <= sign_count(e, h / 2)
        for e, h in pairs
    )
    limit = sympy.limit(2 * eps**2 / (eps - sympy.log(1 + eps)), eps, 0)
    return Verdict(
        claim="sign_count is at most projections_needed, falls in epsilon and eta, and"
        " both tend to 4 ln(2/eta)/eps^2.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == falls == len(pairs) and limit == 4),
        evidence=f"{good} and {falls} of {len(pairs)} pairs; the limit is {limit}, by"
        " sympy.",
    )


def check_sign_matrices_fail_no_more_than_promised() -> Verdict:
    worst, naive = 0.0, 0.0
    for entries, eta, e in product((2, 8), (0.3, 0.05), (Fraction(3, 5), Fraction(1))):
        draws = sign_count(float(e), eta)
        worst = max(worst, _sign_failure(entries, draws, e) / eta)
        few = paper_projections(float(e), eta)
        naive = max(naive, _sign_failure(entries, few, e) / eta)
    return Verdict(
        claim="sign_count coefficients miss by eps with probability at most eta.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(0.01 < worst <= 1 < naive),
        evidence="A of 2 and of 8 equal entries, u v^T along A, every outcome in exact"
        f" fractions: at most {worst:.3f} eta, and {naive:.2f} eta with the paper's"
        " ln(1/eta)/eps^2.",
    )


def check_gaussian_matrices_fail_no_more_than_promised() -> Verdict:
    worst = 0.0
    for i, eta in product(range(-8, 5), (0.3, 0.05, 1e-3)):
        e = 10.0 ** (i / 5)
        draws = projections_needed(e, eta)
        fails = _chi_square_failure(draws, DIGITS.mpf(e)) if e < 1 else 0
        worst = max(worst, float(fails / eta))
    return Verdict(
        claim="projections_needed Gaussian coefficients miss by eps with probability at"
        " most eta, for u v^T along A.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(0.01 < worst <= 1),
        evidence=f"Exact chi-square tails: at most {worst:.3f} eta for eps from 0.025"
        " to 0.63.",
    )


def check_the_papers_k_is_enough() -> Verdict:
    few, ours = paper_projections(0.5, 0.05), projections_needed(0.5, 0.05)
    fails = _chi_square_failure(few, DIGITS.mpf("0.5"))
    safe = _chi_square_failure(ours, DIGITS.mpf("0.5"))
    return Verdict(
        claim="ln(1/eta)/eps^2 random matrices are enough, as Matrix-Project says.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.PAPER,
        mended="(1 + sqrt(1 + 2 eps))^2 ln(2/eta)/eps^2 Gaussian ones are, or"
        " 2 ln(2/eta)/(eps - ln(1 + eps)) of signs.",
        truth=Truth.of(fails <= 0.05),
        expected=Truth.FALSE,
        evidence=f"At eps 0.5, eta 0.05 and k = {few} Gaussian matrices fail with"
        f" probability {float(fails):.4f}, by the exact chi-square law; our {ours} with"
        f" {float(safe):.4f}.",
    )


def check_the_variance_of_a_summand() -> Verdict:
    r = sympy.Symbol("r", real=True)
    a, b = sympy.symbols("a b", real=True)
    moments = sympy.expand(
        (a * (r * a + b)) ** 2
    )  # b of variance 1 - r^2, apart from a
    table = {(4, 0): 3, (2, 2): 1 - r**2, (3, 1): 0}
    mean = sum(c * table[p] for p, c in sympy.Poly(moments, a, b).terms())
    variance = sympy.expand(mean - r**2)
    return Verdict(
        claim="The variance of a summand of Matrix-Project is at most 1.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.TEMPTING,
        mended="It is 1 + r^2 for Gaussian matrices, r the cosine of A and u v^T, and"
        " so up to 2.",
        truth=Truth.of(variance.subs(r, 1) <= 1),
        expected=Truth.FALSE,
        evidence=f"sympy: the variance is {variance}.",
    )


def check_projected_nets_have_fewer_numbers() -> Verdict:
    mu = math.sqrt(122) / (5 * math.sqrt(7)), math.sqrt(164) / math.sqrt(3 * 122)
    epsilon = 1 / math.sqrt(2 * 164)
    eta = 0.05 / (2 * 2**2 * 3 * 1000)
    counts = [
        projections_needed(epsilon * m * on / 12, eta)
        for m, on in zip(mu, (1 / math.sqrt(3), 1 / math.sqrt(2)), strict=True)
    ]
    wanted = (11223785, 11640984)
    close = all(abs(a - b) <= 1 for a, b in zip(counts, wanted, strict=True))
    return Verdict(
        claim="The two-layer net of 12 weights is compressed to fewer numbers than it"
        " has.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.TEMPTING,
        mended="It takes about 10^7 coefficients a layer, so that a layer is written"
        " directly where that is shorter.",
        truth=Truth.of(not (close and sum(counts) > 12)),
        expected=Truth.FALSE,
        evidence=f"x = (3, 4), n = 1000, delta 0.05: k = {counts[0]} and {counts[1]}.",
    )
