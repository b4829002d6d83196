"""Occam's bounds: a prefix code shares delta, and so do the bits of parameters."""

import math
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import sympy

from nonvacuous.bounds import Bound
from nonvacuous.bounds.capacity import parameter_count
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
from nonvacuous.bounds.pac_bayes import occam_kl
from nonvacuous.evidence import ArchitectureFit, CodedFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, exact_binomial_tail
from paper_checks._inverted import inverted, kl_excess, tail_excess, turns
from paper_checks._verdict import Kind, Truth, Verdict

OCCAM = ("occam-binomial", "occam-kl", "occam-hoeffding")
BOUNDS: tuple[Bound[CodedFit], ...] = (occam_binomial, occam_kl, occam_hoeffding)
HALF = Fraction(1, 2)
LN2 = DIGITS.log(2)


def _fits(seed: int, cases: int) -> list[tuple[CodedFit, float]]:
    """Seeded fits and deltas: n up to 10^6, up to 2n bits, delta from 1e-300."""
    rng, found = Random(seed), []
    for _ in range(cases):
        n = int(10 ** rng.uniform(0, 6))
        k = min(int(n * rng.random() ** rng.choice((1, 6))), n - 1)
        bits = rng.choice((0, 1, int(2 * n * rng.random() ** 3)))
        fit = CodedFit(errors=k, trials=n, bits=bits)
        found.append((fit, rng.choice((1e-300, 1e-9, 0.05, 0.9, rng.random()))))
    return [(fit, min(delta, 0.95)) for fit, delta in found]


def _nats(bits: int, delta: float) -> Any:
    return bits * LN2 - DIGITS.log(DIGITS.mpf(delta))


def check_words_of_a_prefix_code_share_delta() -> Verdict:
    b, delta = sympy.symbols("b delta", positive=True)
    split = sympy.simplify(2 * 2 ** (-(b + 1)) - 2**-b)
    nats = sympy.expand_log(-sympy.log(delta * 2**-b), force=True)
    return Verdict(
        claim="The weight 2^-b of a word is that of its two extensions together, so"
        " weights of a prefix code sum to at most 1, and a word of b bits costs b ln 2"
        " + ln(1/delta) nats.",
        kind=Kind.DERIVATION,
        of=OCCAM,
        truth=Truth.of(
            split == 0
            and sympy.simplify(nats - b * sympy.log(2) + sympy.log(delta)) == 0
        ),
        evidence="sympy: 2 2^-(b+1) = 2^-b, which carries the sum from the leaves of"
        " the tree to its root, and -ln(delta 2^-b) = b ln 2 - ln delta.",
    )


def check_pinsker_gives_the_two_in_hoeffding() -> Verdict:
    q, p = sympy.symbols("q p", positive=True)
    kl = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    gap = kl - 2 * (p - q) ** 2
    slope = sympy.factor(sympy.diff(gap, p))
    square = (p - q) * (1 - 2 * p) ** 2 / (p * (1 - p))
    n, nats = sympy.symbols("n c", positive=True)
    solved = sympy.simplify(2 * sympy.sqrt(nats / (2 * n)) ** 2 - nats / n)
    return Verdict(
        claim="kl(q, p) >= 2 (p - q)^2, so kl = c/n is reached within sqrt(c/2n).",
        kind=Kind.DERIVATION,
        of=("occam-hoeffding", "parameter-count"),
        truth=Truth.of(
            sympy.simplify(slope - square) == 0
            and sympy.simplify(gap.subs(q, p)) == 0
            and solved == 0
        ),
        evidence="The difference is 0 at p = q and sympy factors its derivative in p as"
        " (p - q)(1 - 2p)^2 / p(1 - p), of the sign of p - q.",
    )


def check_parameters_are_a_code_of_fixed_length() -> Verdict:
    N, b, delta = sympy.symbols("N b delta", positive=True)
    count = sympy.expand_log(sympy.log((2**b) ** N / delta), force=True)
    nets = sympy.simplify((2**b) ** N * 2 ** (-b * N))
    return Verdict(
        claim="N parameters of r = 2^b values name r^N nets, whose weights 2^-bN sum to"
        " 1, and N ln r + ln(1/delta) = bN ln 2 + ln(1/delta).",
        kind=Kind.DERIVATION,
        of=("parameter-count",),
        truth=Truth.of(
            sympy.expand(count - N * b * sympy.log(2) + sympy.log(delta)) == 0
            and nets == 1
        ),
        evidence="sympy simplifies the sum of the weights to 1 and the nats to"
        " bN ln 2 - ln delta.",
    )


def check_occam_binomial_is_the_inverse_tail() -> Verdict:
    found = inverted(
        (
            (
                occam_binomial.formula(fit, delta),
                tail_excess(fit.errors, fit.trials, _nats(fit.bits, delta)),
            )
            for fit, delta in _fits(20, 150)
        ),
        digits=12,
    )
    return Verdict(
        claim="occam-binomial is the largest risk whose tail is at least delta 2^-b,"
        " rounded up.",
        kind=Kind.FORMULA,
        of=("occam-binomial",),
        digits=12,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^6 and up to 2n bits, {found.words}.",
    )


def check_occam_kl_is_the_inverse_of_kl() -> Verdict:
    found = inverted(
        (
            (
                occam_kl.formula(fit, delta),
                kl_excess(
                    DIGITS.mpf(fit.errors) / fit.trials,
                    _nats(fit.bits, delta) / fit.trials,
                ),
            )
            for fit, delta in _fits(21, 300)
        ),
        digits=13,
    )
    return Verdict(
        claim="occam-kl is the largest p with kl(k/n, p) <= (b ln 2 + ln(1/delta))/n,"
        " rounded up.",
        kind=Kind.FORMULA,
        of=("occam-kl",),
        digits=13,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^6 and up to 2n bits, {found.words}.",
    )


def check_occam_hoeffding_is_the_rate_and_a_root() -> Verdict:
    found = compare(
        (
            (
                occam_hoeffding.formula(fit, delta),
                DIGITS.mpf(fit.errors) / fit.trials
                + DIGITS.sqrt(_nats(fit.bits, delta) / (2 * fit.trials)),
            )
            for fit, delta in _fits(22, 500)
        ),
        digits=14,
    )
    return Verdict(
        claim="occam-hoeffding is k/n + sqrt((b ln 2 + ln(1/delta))/2n), rounded up.",
        kind=Kind.FORMULA,
        of=("occam-hoeffding",),
        digits=14,
        truth=Truth.of(found.holds),
        evidence=f"On seeded fits {found.words}.",
    )


def _nets(seed: int, cases: int) -> list[ArchitectureFit]:
    rng, found = Random(seed), []
    for _ in range(cases):
        n = int(10 ** rng.uniform(0, 7))
        sizes = [rng.randrange(1, 1000) for _ in range(rng.randrange(1, 6))]
        fit = ArchitectureFit(
            errors=rng.randrange(n + 1),
            trials=n,
            sizes=(*sizes, rng.randrange(2, 100)),
            biases=rng.random() < 0.5,
            precision=rng.choice((1, 8, 32, 64)),
        )
        found.append(fit)
    return found


def _parameters(fit: ArchitectureFit) -> int:
    return sum(
        fit.sizes[i] * fit.sizes[i + 1] + (fit.sizes[i + 1] if fit.biases else 0)
        for i in range(len(fit.sizes) - 1)
    )


def check_parameter_count_is_the_rate_and_a_root() -> Verdict:
    deltas = (1e-300, 1e-9, 0.05, 0.9)
    found = compare(
        (
            (
                parameter_count.formula(fit, delta),
                DIGITS.mpf(fit.errors) / fit.trials
                + DIGITS.sqrt(
                    _nats(fit.precision * _parameters(fit), delta) / (2 * fit.trials)
                ),
            )
            for fit in _nets(23, 200)
            for delta in deltas
        ),
        digits=13,
    )
    return Verdict(
        claim="parameter-count is k/n + sqrt((bN ln 2 + ln(1/delta))/2n), rounded up.",
        kind=Kind.FORMULA,
        of=("parameter-count",),
        digits=13,
        truth=Truth.of(found.holds),
        evidence=f"On seeded nets of up to five weight layers {found.words}.",
    )


def check_occam_bounds_rise_with_bits_and_fall_with_rows() -> Verdict:
    fits = [fit for fit, _ in _fits(24, 20)]
    wrong = [turns(bound, fits, (1e-9, 0.05)) for bound in BOUNDS]
    wrong.append(turns(parameter_count, _nets(25, 60), (1e-9, 0.05)))
    return Verdict(
        claim="Occam's bounds and the parameter count never fall when errors or bits"
        " grow, and never rise when rows without an error are added.",
        kind=Kind.LIMIT,
        of=(*OCCAM, "parameter-count"),
        truth=Truth.of(all(w == 0 for w, _ in wrong)),
        evidence=f"{sum(c for _, c in wrong)} seeded steps, of one and of twofold, go"
        f" the wrong way {sum(w for w, _ in wrong)} times.",
    )


def check_occam_bounds_are_ordered() -> Verdict:
    least, count = math.inf, 0
    for fit, delta in _fits(26, 200):
        a, b, c = (bound.formula(fit, delta) for bound in BOUNDS)
        least, count = min(least, b - a, c - b if c < 1 else 0.0), count + 1
    return Verdict(
        claim="occam-binomial is at most occam-kl, which is at most occam-hoeffding"
        " where that is below 1.",
        kind=Kind.LIMIT,
        of=OCCAM,
        truth=Truth.of(least > -1e-12),
        evidence=f"On {count} seeded fits the least difference is {least:.1e}.",
    )


def check_a_bit_costs_what_halving_delta_costs() -> Verdict:
    worst = 0.0
    for fit, delta in _fits(27, 100):
        if delta < 1e-200:
            continue
        more = CodedFit(errors=fit.errors, trials=fit.trials, bits=fit.bits + 3)
        for bound in BOUNDS:
            a, b = bound.formula(more, delta), bound.formula(fit, delta / 8)
            worst = max(worst, abs(a / b - 1))
    wide = ArchitectureFit(errors=9, trials=100, sizes=(3, 2), precision=8)
    coded = CodedFit(errors=9, trials=100, bits=64)
    same = parameter_count.formula(wide, 0.05) / occam_hoeffding.formula(coded, 0.05)
    return Verdict(
        claim="Three bits cost what an eighth of delta costs, and N parameters of b"
        " bits are a code of bN bits.",
        kind=Kind.LIMIT,
        of=(*OCCAM, "parameter-count"),
        truth=Truth.of(worst < 1e-12 and 1 <= same < 1 + 1e-12),
        evidence=f"The worst relative difference is {worst:.1e}; (3 + 1) 2 parameters"
        " of 8 bits have the bound of 64 bits.",
    )


LENGTHS = (1, 2, 3, 4, 5, 6, 6)
"""A prefix code whose weights sum to 1."""


def _union(bound: Bound[CodedFit], n: int, delta: float, spent: bool) -> Fraction:
    """Exact failure of independent nets, each at the risk that is worst for it."""
    survive = Fraction(1)
    for bits in LENGTHS:
        worst = Fraction(0)
        for k in range(n):
            fit = CodedFit(errors=k, trials=n, bits=bits if spent else 0)
            risk = Fraction(math.nextafter(bound.formula(fit, delta), 2.0))
            if risk < 1:
                worst = max(worst, exact_binomial_tail(k, n, risk))
        survive *= 1 - worst
    return 1 - survive


def check_occam_bounds_by_enumeration() -> Verdict:
    share = {
        bound.name: [
            float(_union(bound, n, delta, True) / Fraction(delta))
            for n, delta in product((3, 12), (0.01, 0.3))
        ]
        for bound in BOUNDS
    }
    free = min(float(_union(b, 12, 0.01, False)) / 0.01 for b in BOUNDS)
    high = max(max(values) for values in share.values())
    binomial, kl, hoeffding = (max(values) for values in share.values())
    return Verdict(
        claim="Seven nets with independent errors, named by a full prefix code and each"
        " at its worst risk, exceed an Occam bound with probability at most delta; the"
        " binomial and the kl bound reach 0.99 delta.",
        kind=Kind.TRIAL,
        of=OCCAM,
        truth=Truth.of(
            high <= 1 and min(binomial, kl) > 0.99 and hoeffding > 0.2 and free > 1.2
        ),
        evidence=f"In exact fractions the failure reaches {binomial:.3f},"
        f" {kl:.3f} and {hoeffding:.3f} delta for tail, kl and Hoeffding; were the bits"
        f" free it would be at least {free:.2f} delta.",
    )


def check_occam_covers_by_enumeration() -> Verdict:
    points = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 8)]
    lengths = [2, 3, 3, 4, 4, 4, *[5] * 5, *[6] * 5]
    nets = sorted(product((0, 1), repeat=4), key=sum)
    n, worst = 10, Fraction(0)
    kraft = sum(Fraction(1, 2**b) for b in lengths)
    for delta in (0.01, 0.9):
        limit = []
        for h, bits in zip(nets, lengths, strict=True):
            risk = sum(p for p, wrong in zip(points, h, strict=True) if wrong)
            uppers = [
                occam_binomial.formula(CodedFit(errors=k, trials=n, bits=bits), delta)
                for k in range(n + 1)
            ]
            limit.append(sum(Fraction(p) < risk for p in uppers) - 1)
        failure = Fraction(0)
        for a, b, c in product(range(n + 1), repeat=3):
            if (d := n - a - b - c) < 0:
                continue
            rows = (a, b, c, d)
            if any(
                sum(r for r, wrong in zip(rows, h, strict=True) if wrong) <= most
                for h, most in zip(nets, limit, strict=True)
            ):
                ways = math.factorial(n) // math.prod(map(math.factorial, rows))
                failure += ways * math.prod(
                    p**r for p, r in zip(points, rows, strict=True)
                )
        worst = max(worst, failure / Fraction(delta))
    return Verdict(
        claim="With a prefix code, some net of a class of all labellings of four points"
        " exceeds its Occam bound with probability at most delta.",
        kind=Kind.TRIAL,
        of=("occam-binomial",),
        truth=Truth.of(kraft <= 1 and 0 < worst <= 1),
        evidence=f"All 16 nets on 4 points (Kraft sum {float(kraft):.3f}) and every"
        " sample of 10 rows, in exact fractions: for deltas of 0.01 and 0.9 the"
        f" failure is at most {float(worst):.3f} delta.",
    )


def check_parameter_count_by_enumeration() -> Verdict:
    # rows are (x, y) in {-1, 1}^3; a net of two outputs and weights +-1 errs unless
    # the margin y (w1 - w2) x is positive
    nets = {
        tuple(
            y * ((w[0] - w[2]) * x1 + (w[1] - w[3]) * x2) <= 0
            for x1, x2, y in product((-1, 1), repeat=3)
        )
        for w in product((-1, 1), repeat=4)
    }
    n, high, free = 5, 0.0, 0.0
    for delta in (0.3, 0.8):
        uppers = [
            parameter_count.formula(
                ArchitectureFit(
                    errors=k, trials=n, sizes=(2, 2), biases=False, precision=1
                ),
                delta,
            )
            for k in range(n + 1)
        ]
        alone = [k / n + math.sqrt(-math.log(delta) / (2 * n)) for k in range(n + 1)]
        for uniform in (uppers, alone):
            fails = 0
            limits = [(h, sum(u < sum(h) / 8 for u in uniform) - 1) for h in nets]
            for rows in product(range(8), repeat=n):
                fails += any(sum(h[r] for r in rows) <= top for h, top in limits)
            share = fails / 8**n / delta
            if uniform is uppers:
                high = max(high, share)
            else:
                free = max(free, share)
    return Verdict(
        claim="Some net of two inputs, two outputs and weights of one bit exceeds the"
        " parameter count with probability at most delta.",
        kind=Kind.TRIAL,
        of=("parameter-count",),
        truth=Truth.of(high <= 1 < free),
        evidence=f"All 16 nets and all samples of {n} rows of three fair signs, over 2"
        f" deltas: at most {high:.3f} delta; without the bits it would be"
        f" {free:.2f} delta.",
    )
