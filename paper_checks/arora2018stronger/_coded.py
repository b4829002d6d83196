"""Compress, then evaluate; and what a coded net says of the original one."""

import math
from fractions import Fraction
from functools import cache, partial
from itertools import product
from random import Random

import sympy

from nonvacuous.bounds.model_compression import compress_then_evaluate
from nonvacuous.bounds.output_distance import original_by_distance
from nonvacuous.evidence import CodedFit, DistanceFit
from paper_checks._digits import DIGITS
from paper_checks._occam import failure, inverses_of_tail, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

CODED, DISTANT = "compress-then-evaluate", "original-by-distance"
HALF = Fraction(1, 2)


@cache
def _cases() -> tuple[tuple[int, int, int, float], ...]:
    """Seeded errors, rows, bits and delta."""
    rng, cases = Random(1), []
    for _ in range(100):
        n = int(10 ** rng.uniform(0.5, 6))
        k = rng.choice([0, int(n * rng.random() ** 4)])
        cases.append((k, n, rng.randrange(n // 2 + 1), 10 ** -rng.uniform(0.01, 12)))
    return tuple(cases)


def _coded(k: int, n: int, bits: int, delta: float) -> float:
    fit = CodedFit(errors=k, trials=n, bits=bits)
    return compress_then_evaluate.formula(fit, delta)


def _distant(k: int, n: int, bits: int, delta: float, beta: float = 0.0) -> float:
    margin = float(math.ceil(2 * beta))
    fit = DistanceFit(
        margin_errors=k, trials=n, bits=bits, margin=margin, distance=beta
    )
    return original_by_distance.formula(fit, delta)


def check_lengths_of_the_certificates_code_are_a_prefix_code() -> Verdict:
    k, d = sympy.symbols("k d", integer=True, positive=True)
    entries, bits = sympy.symbols("entries bits", integer=True, positive=True)
    # a layer: 4 bits of k_i, 16 of its scale; 4 bits of b once; b for each coefficient
    coefficients = sympy.summation(2**-bits, (entries, 1, 2**bits))
    headers = 2**4 * 2**16 * sympy.Rational(1, 2**20)
    whole = sympy.simplify((headers**d) * sympy.Rational(2**4, 2**4) * coefficients**k)
    length = 2 * 20 + 4 + 6 * (1024 + 64)
    return Verdict(
        claim="Fields of 20 bits a layer, 4 bits for b and b bits a coefficient give"
        " all nets weights 2^-|A| that sum to 1.",
        kind=Kind.DERIVATION,
        of=(CODED,),
        truth=Truth.of(whole == 1 and length == 6572),
        evidence="sympy: each field of t bits sums to 2^t 2^-t, their product is"
        f" {whole}; for d = 2, k = (1024, 64), b = 6 the length is {length} bits.",
    )


def check_a_margin_moves_by_root_two_of_the_distance() -> Verdict:
    y, j, rest = sympy.symbols("y j rest", real=True)
    square = 2 * (y**2 + j**2 + rest**2) - (y - j) ** 2
    left = sympy.expand(square - (y + j) ** 2 - 2 * rest**2)
    b = sympy.Symbol("beta", positive=True)
    at = {y: b / sympy.sqrt(2), j: -b / sympy.sqrt(2), rest: 0}
    return Verdict(
        claim="A difference of two outputs moves by at most sqrt(2) times the Euclidean"
        " distance, and can move by that.",
        kind=Kind.DERIVATION,
        of=(DISTANT,),
        truth=Truth.of(
            left == 0 and sympy.simplify((y - j).subs(at)) == sympy.sqrt(2) * b
        ),
        evidence="sympy: 2 |e|^2 - (e_y - e_j)^2 = (e_y + e_j)^2 + 2 (the rest)^2 >= 0,"
        " and is 0 at e_y = -e_j, where the difference is sqrt(2) beta.",
    )


def check_theta_is_worth_thirty_two_bits() -> Verdict:
    h = sympy.Symbol("h", positive=True, integer=True)
    pairs = sympy.simplify(2**32 * 2**h * 2 ** (-h - 32))
    return Verdict(
        claim="All pairs of a net of h bits and a float32 have weights 2^(-h - 32) that"
        " sum to at most 1.",
        kind=Kind.DERIVATION,
        of=(DISTANT,),
        truth=Truth.of(pairs == 1),
        evidence=f"sympy: 2^32 thetas times 2^h nets of h bits sum to {pairs}.",
    )


def check_coded_certificate_is_the_inverse_at_its_share() -> Verdict:
    seen = inverses_of_tail(
        (
            (_coded(*c), c[0], c[1], DIGITS.log(DIGITS.mpf(c[3])) - c[2] * DIGITS.ln(2))
            for c in _cases()
        ),
        digits=12,
    )
    return Verdict(
        claim="compress-then-evaluate is the tail inverse at delta 2^-|A|.",
        kind=Kind.FORMULA,
        of=(CODED,),
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"Tails at 60 digits: {seen.words}.",
    )


def check_distance_certificate_is_the_inverse_at_its_share() -> Verdict:
    seen = inverses_of_tail(
        (
            (
                _distant(*c, beta=3.5),
                c[0],
                c[1],
                DIGITS.log(DIGITS.mpf(c[3])) - (c[2] + 32) * DIGITS.ln(2),
            )
            for c in _cases()
        ),
        digits=12,
    )
    return Verdict(
        claim="original-by-distance is the tail inverse at delta 2^(-|g| - 32).",
        kind=Kind.FORMULA,
        of=(DISTANT,),
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"Tails at 60 digits: {seen.words}.",
    )


def check_limits_of_coded_certificates() -> Verdict:
    worst, good, count = 0.0, 0, 0
    for n, bits, delta in product((9, 400, 10**5), (0, 1, 200), (0.4, 1e-7)):
        for got, extra in (
            (_coded(0, n, bits, delta), 0),
            (_distant(0, n, bits, delta), 32),
        ):
            share = DIGITS.mpf(delta) * DIGITS.mpf(2) ** (-bits - extra)
            worst = max(worst, abs(float(got / (1 - share ** (DIGITS.mpf(1) / n)) - 1)))
    for k, n, bits, delta in _cases()[:40]:
        for bound in (_coded, _distant):
            here = bound(k, n, bits, delta)
            good += (
                bound(min(k + 1, n), n, bits, delta) >= here >= k / n
                and bound(k, n, bits + 1, delta) >= here >= bound(k, 2 * n, bits, delta)
                and math.isclose(
                    bound(k, n, bits + 1, delta), bound(k, n, bits, delta / 2)
                )
            )
            count += 1
    return Verdict(
        claim="Without errors both are 1 minus the n-th root of the share; they rise"
        " with errors and bits, fall with n, and a bit costs what halving delta does.",
        kind=Kind.LIMIT,
        of=(CODED, DISTANT),
        truth=Truth.of(worst < 1e-12 and good == count),
        evidence=f"Closed form within {worst:.1e} in 36 cases; {good} of {count} seeded"
        " cases are monotone.",
    )


def check_coverage_of_all_words_of_a_length() -> Verdict:
    n, bits, right, wrong = 120, 8, 0.0, 0.0
    for delta, tenth in product((0.05, 0.2), range(2, 9)):
        risk = Fraction(tenth, 10)
        for stated in (bits, 4):
            most = violating(partial(_coded, n=n, bits=stated, delta=delta), n, risk)
            ratio = failure([(2**bits, most)], n, risk) / delta
            if stated == bits:
                right = max(right, ratio)
            else:
                wrong = max(wrong, ratio)
    return Verdict(
        claim="Some net of a prefix code exceeds its certificate with probability at"
        " most delta.",
        kind=Kind.TRIAL,
        of=(CODED,),
        truth=Truth.of(0.5 < right <= 1 < wrong),
        evidence=f"256 independent nets of 8 bits, exactly: at most {right:.3f} delta,"
        f" and {wrong:.2f} delta if half of the bits are counted.",
    )


def check_coverage_of_originals_at_the_full_distance() -> Verdict:
    # g's margin on a row is an independent uniform number of 0..9, at theta = 4 the
    # original errs wherever sqrt(2) beta allows it: on margins of at most 4
    n, bits, delta = 120, 8, 0.05
    theta, risk = 4, Fraction(5, 10)
    beta = theta / math.sqrt(2) * (1 - 1e-15)
    most = violating(partial(_distant, n=n, bits=bits, delta=delta, beta=beta), n, risk)
    right = failure([(2**bits, most)], n, risk)
    most = violating(partial(_coded, n=n, bits=0, delta=delta), n, risk)
    uncoded = failure([(2**bits, most)], n, risk)
    # margin errors counted at beta, without the root: margins 3 and 4 are missed
    seen = Fraction(math.floor(beta) + 1, 10)
    big = violating(
        partial(_distant, n=20 * n, bits=bits, delta=delta, beta=beta), n * 20, risk
    )
    unrooted = failure([(1, big)], n * 20, seen)
    return Verdict(
        claim="The risk of an original that errs wherever the distance allows it"
        " exceeds its certificate with probability at most delta.",
        kind=Kind.TRIAL,
        of=(DISTANT,),
        truth=Truth.of(right <= delta < min(uncoded, unrooted)),
        evidence="256 independent coded nets, margins uniform on 0..9, theta 4,"
        f" exactly: {right:.1e} at delta {delta}; {uncoded:.2f} without the code, and,"
        f" on {n * 20} rows, {unrooted:.2f} for one net whose margins are counted at"
        " beta instead of sqrt(2) beta.",
    )


def check_the_decoder_may_come_after_the_rows() -> Verdict:
    n, delta = 400, 0.05
    fails = []
    for bound, bits in ((_coded, 1), (_distant, 1)):
        most = violating(partial(bound, n=n, bits=bits, delta=delta), n, HALF)
        fails.append(failure([(10**16, most)], n, HALF))
    return Verdict(
        claim="The decoder may be made after the rows were seen, so that one bit names"
        " the net that fits them.",
        kind=Kind.ASSUMPTION,
        of=(CODED, DISTANT),
        whose=Whose.TEMPTING,
        without="code-fixed",
        truth=Truth.of(min(fails) <= delta),
        expected=Truth.FALSE,
        evidence="The best of 10^16 fair nets, named by one bit, fails with probability"
        f" {fails[0]:.4f} and {fails[1]:.4f} on {n} rows.",
    )


def check_words_need_not_be_prefix_free() -> Verdict:
    n, delta, longest = 100, 0.05, 14
    nets = [
        (2**b, violating(partial(_coded, n=n, bits=b, delta=delta), n, HALF))
        for b in range(longest + 1)
    ]
    fails = failure(nets, n, HALF)
    return Verdict(
        claim="All words of bits may name nets, prefix-free or not.",
        kind=Kind.ASSUMPTION,
        of=(CODED,),
        whose=Whose.TEMPTING,
        without="prefix-code",
        truth=Truth.of(fails <= delta),
        expected=Truth.FALSE,
        evidence=f"All words of at most {longest} bits, a Kraft sum of {longest + 1},"
        f" fail with probability {fails:.3f} at delta {delta}, exactly.",
    )


def check_a_margin_of_the_distance_is_enough() -> Verdict:
    beta, n = 1.0, 1000
    e = Fraction(7, 10)  # g = (0.6, -0.6) has margin 1.2 > beta; f = g - (e, -e)
    g = Fraction(6, 10)
    far = math.sqrt(2 * e * e)
    bound = _distant(0, n, 100, 0.05, beta)
    broken = far <= beta < 2 * g and 2 * (g - e) <= 0
    return Verdict(
        claim="A margin above the distance itself keeps the original right.",
        kind=Kind.ASSUMPTION,
        of=(DISTANT,),
        whose=Whose.TEMPTING,
        without="margin-covers-distance",
        truth=Truth.of(not (broken and bound < 1)),
        expected=Truth.FALSE,
        evidence=f"g = (0.6, -0.6) everywhere has margin 1.2, f = (-0.1, 0.1) is"
        f" {far:.3f} away and always wrong; on {n} rows the bound is {bound:.3f}.",
    )


def check_a_distance_on_the_sample_is_enough() -> Verdict:
    n, bound = 1000, _distant(0, 1000, 100, 0.05)
    points = 10**6
    return Verdict(
        claim="The largest distance on the sample may stand for that on the domain.",
        kind=Kind.ASSUMPTION,
        of=(DISTANT,),
        whose=Whose.TEMPTING,
        without="distance-on-the-domain",
        truth=Truth.of(1 - n / points <= bound),
        expected=Truth.FALSE,
        evidence=f"x uniform on {points} points; g is right everywhere, f is g on the"
        f" {n} rows and wrong elsewhere: its risk is at least {1 - n / points}, always,"
        f" and the bound is {bound:.3f}.",
    )


def check_oracle_of_the_certificate() -> Verdict:
    got = _coded(6000, 60_000, 6572, 0.05), _coded(6000, 60_000, 6568, 0.05)
    good = abs(got[0] - 0.2542538931) < 1e-10 and abs(got[1] - 0.2541970887) < 1e-10
    return Verdict(
        claim="d = 2, k = (1024, 64), b = 6 and 6000 errors of 60000 give 0.2542538931"
        " with 6572 bits and 0.2541970887 with 6568.",
        kind=Kind.FINDING,
        of=(CODED,),
        whose=Whose.NOTES,
        truth=Truth.of(good),
        evidence=f"{got[0]:.10f} and {got[1]:.10f}.",
    )


def check_original_norms_suffice_in_the_telescope() -> Verdict:
    a, b, depth = Fraction(1), Fraction(3, 2), 3
    true = b**depth - a**depth
    original = depth * a ** (depth - 1) * (b - a)
    both = sum(b**i * a ** (depth - 1 - i) * (b - a) for i in range(depth))
    x, w = sympy.symbols("x w")
    telescoped = sum(x**i * w ** (depth - 1 - i) * (x - w) for i in range(depth))
    exact = sympy.expand(telescoped - (x**depth - w**depth)) == 0
    return Verdict(
        claim="The distance of two nets is at most B times the sum over layers of"
        " |A^i - Ahat^i| times the other layers' original norms.",
        kind=Kind.FINDING,
        of=(DISTANT,),
        whose=Whose.NOTES,
        mended="The compressed norms stand before layer i and the original ones after"
        " it, or the larger of both everywhere.",
        truth=Truth.of(not (exact and original < true == both)),
        expected=Truth.FALSE,
        evidence=f"A = 1, Ahat = 1.5, three layers: the nets are {float(true)} apart,"
        f" the original norms give {float(original)}, the mixed product {float(both)}.",
    )
