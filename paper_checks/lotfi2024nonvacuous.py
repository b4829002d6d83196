r"""Lotfi et al. (2024), Non-Vacuous Generalization Bounds for Large Language Models.

Recalled: a net of weight P(h) is trained on n examples and evaluated on n' of them.
With :math:`s = n' / (n' + n)` and losses of range :math:`\Delta`,

.. math:: R(h) \le \hat R_{S'}(h)
          + \Delta \sqrt{\frac{\ln\frac{1}{P(h)} + \ln\frac{1}{s\delta}}{2n}}
          + \Delta \sqrt{\frac{\ln\frac{1}{(1-s)\delta}}{2n'}}

with probability :math:`1 - \delta`.  Ours has :math:`\Delta = 1` and the weight
:math:`2^{-|h|}` of a prefix code; and, derived, two inverses of kl, one in the other:

.. math:: R(h) \le \mathrm{kl}^{-1}\bigl(\mathrm{kl}^{-1}(\hat R_{S'}(h),
          \tfrac1{n'} \ln\tfrac{1}{(1-s)\delta}),
          \tfrac1n (|h| \ln 2 + \ln\tfrac1{s\delta})\bigr).

A net smoothed to :math:`(1-\alpha) p + \alpha / V` has losses in bits within
:math:`\log_2(1 + (1-\alpha) V / \alpha)` of each other.  Letters: their m is n, their n
is n', their C(h) is |h|.
"""

from fractions import Fraction
from functools import cache, partial
from itertools import pairwise
from math import comb
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds._bound import Bound
from nonvacuous.bounds.pac_bayes import (
    occam_kl_bounded,
    occam_subsampled_hoeffding,
    occam_subsampled_kl,
    smoothed_range,
    subsampled_deviation,
)
from nonvacuous.evidence import CodedLoss, SubsampledFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, kl_digits
from paper_checks._occam import failure, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

KL, ROOTS = "occam-subsampled-kl", "occam-subsampled-hoeffding"
OF = (KL, ROOTS)
BOUNDS = (occam_subsampled_kl, occam_subsampled_hoeffding)
HALF = Fraction(1, 2)
DELTA = 0.05


def _fit(q: float, drawn: int, n: int, bits: int) -> SubsampledFit:
    return SubsampledFit(empirical=q, drawn=drawn, trials=n, bits=bits)


def _value(
    k: int, *, bound: Bound[SubsampledFit], drawn: int, n: int, bits: int
) -> float:
    return bound.formula(_fit(k / n, drawn, n, bits), DELTA)


@cache
def _cases() -> tuple[tuple[SubsampledFit, float], ...]:
    rng, cases = Random(9), []
    for _ in range(60):
        n = int(10 ** rng.uniform(1.5, 7))
        drawn = 1 + int(n * rng.random() ** 3)
        q = rng.choice([0.0, rng.random(), rng.random() ** 6])
        bits = int(n * rng.random() ** 3)
        cases.append((_fit(q, drawn, n, bits), 10 ** -rng.uniform(0.01, 12)))
    return tuple(cases)


def _spent(fit: SubsampledFit, delta: float) -> tuple[mpf, mpf]:
    """Nats per row: of all rows, and of the drawn ones."""
    s = DIGITS.mpf(fit.drawn) / (fit.drawn + fit.trials)
    d = DIGITS.mpf(delta)
    code = fit.bits * DIGITS.ln(2)
    return (
        (code + DIGITS.log(1 / (s * d))) / fit.trials,
        DIGITS.log(1 / ((1 - s) * d)) / fit.drawn,
    )


def _kl_root(q: mpf, c: mpf) -> mpf:
    """The p >= q with kl(q, p) = c, by halving."""
    low, high = DIGITS.mpf(q), DIGITS.mpf(1)
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (middle, high) if kl_digits(q, middle) < c else (low, middle)
    return high


def check_the_two_parts_of_delta() -> Verdict:
    a, n, h, delta = sympy.symbols("a n h delta", positive=True)
    s = a / (a + n)
    parts = sympy.simplify(2**h * (2**-h * s * delta) + (1 - s) * delta - delta)
    logs = [
        sympy.simplify(sympy.log(1 / (s * delta)) - sympy.log((a + n) / (a * delta))),
        sympy.simplify(1 / ((1 - s) * delta) - (a + n) / (n * delta)),
    ]
    return Verdict(
        claim="2^|h| codes at s delta 2^-|h| and the drawn rows at (1-s) delta spend"
        " delta, and 1/s = (n' + n)/n', 1/(1-s) = (n' + n)/n.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(parts == logs[0] == logs[1] == 0),
        evidence="sympy: the parts sum to delta, and the two logarithms are those of"
        " the code.",
    )


def check_roots_solve_hoeffdings_tails() -> Verdict:
    n, code, s, delta = sympy.symbols("n c s delta", positive=True)
    root = sympy.sqrt((code + sympy.log(1 / (s * delta))) / (2 * n))
    tail = sympy.simplify(sympy.exp(-2 * n * root**2) - s * delta * sympy.exp(-code))
    return Verdict(
        claim="exp(-2 n t^2) is s delta P(h) at the first root, and (1-s) delta at the"
        " second.",
        kind=Kind.DERIVATION,
        of=(ROOTS,),
        truth=Truth.of(tail == 0),
        evidence="sympy: with P(h) = e^-c; the second is the same with c = 0, n' and 1"
        " - s.",
    )


def check_inverses_of_kl_may_be_nested() -> Verdict:
    q, p = sympy.symbols("q p", positive=True)
    kl = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    falls = sympy.simplify(sympy.diff(kl, q) - sympy.log(q * (1 - p) / (p * (1 - q))))
    at = sympy.expand_log(falls, force=True)
    slope = sympy.simplify(sympy.diff(kl, p) - (p - q) / (p * (1 - p)))
    return Verdict(
        claim="kl(q, p) falls in q and rises in p where q <= p, so that its inverse"
        " rises in q: an upper bound on the loss on all rows may be put in.",
        kind=Kind.DERIVATION,
        of=(KL,),
        truth=Truth.of(sympy.simplify(at) == 0 and slope == 0),
        evidence="sympy: the slope in q is ln(q(1-p)/(p(1-q))) <= 0, in p it is"
        " (p-q)/(p(1-p)) >= 0.",
    )


def check_roots_are_their_formula() -> Verdict:
    pairs = []
    for fit, delta in _cases():
        rows, few = _spent(fit, delta)
        exact = DIGITS.mpf(fit.empirical) + DIGITS.sqrt(rows / 2) + DIGITS.sqrt(few / 2)
        pairs.append((occam_subsampled_hoeffding.formula(fit, delta), exact))
    seen = compare(pairs, digits=13)
    return Verdict(
        claim="occam-subsampled-hoeffding is the loss and the two roots, rounded up.",
        kind=Kind.FORMULA,
        of=(ROOTS,),
        digits=13,
        truth=Truth.of(seen.holds),
        evidence=f"{seen.words}.",
    )


def check_nested_inverses_are_their_formula() -> Verdict:
    pairs = []
    for fit, delta in _cases():
        rows, few = _spent(fit, delta)
        got = occam_subsampled_kl.formula(fit, delta)
        if got < 1:
            inner = _kl_root(DIGITS.mpf(fit.empirical), few)
            pairs.append((got, _kl_root(inner, rows)))
    seen = compare(pairs, digits=12)
    return Verdict(
        claim="occam-subsampled-kl is one inverse of kl in the other, rounded up.",
        kind=Kind.FORMULA,
        of=(KL,),
        digits=12,
        truth=Truth.of(seen.holds and len(pairs) > 30),
        evidence=f"Both by halving: {seen.words}.",
    )


def check_order_and_limits() -> Verdict:
    good = 0
    for fit, delta in _cases():
        q, m, n, b = fit.empirical, fit.drawn, fit.trials, fit.bits
        kl, roots = (bound.formula(fit, delta) for bound in BOUNDS)
        steps = [
            bound.formula(more, delta) >= bound.formula(fit, delta)
            for bound in BOUNDS
            for more in (_fit(q + (1 - q) / 9, m, n, b), _fit(q, m, n, b + 1))
        ]
        good += kl <= min(roots, 1) * (1 + 1e-12) and all(steps)
    many = occam_subsampled_kl.formula(_fit(0.1, 10**12, 10**4, 500), DELTA)
    whole = occam_kl_bounded.formula(
        CodedLoss(empirical=0.1, trials=10**4, bits=500), DELTA
    )
    return Verdict(
        claim="Two inverses of kl are below two roots, both rise with the loss and the"
        " bits, and for n' beyond all bounds Occam's bound is left.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == len(_cases()) and whole <= many < whole + 1e-5),
        evidence=f"{good} of {len(_cases())} seeded cases; at n' = 10^12 it is"
        f" {many - whole:.1e} above the bound on all {10**4} rows.",
    )


ROWS, NETS = 400, 2**8


@cache
def _least() -> tuple[float, ...]:
    """Law of the least count of errors of 256 independent fair nets on 400 rows."""
    counts = [comb(ROWS, i) for i in range(ROWS + 1)]
    above = [float(Fraction(sum(counts[k:]), 2**ROWS)) for k in range(ROWS + 2)]
    return tuple(a**NETS - b**NETS for a, b in pairwise(above))


def _failure(
    bound: Bound[SubsampledFit], *, drawn: int, stated: int, bits: int
) -> float:
    """Exactly, for the net that errs least; `stated` and `bits` are what is claimed."""
    n, least = ROWS, _least()
    seen = violating(
        lambda j: bound.formula(_fit(j / drawn, stated, n, bits), DELTA), drawn, HALF
    )
    total = 0.0
    for k, weight in enumerate(least):
        if weight < 1e-30:  # 400 of them are nothing beside delta
            continue
        ways = sum(comb(k, j) * comb(n - k, drawn - j) for j in range(seen + 1))
        total += weight * ways / comb(n, drawn)
    return total


def check_coverage_of_the_best_net_on_few_rows() -> Verdict:
    right, told, free = [], [], []
    for bound in BOUNDS:
        right.append(_failure(bound, drawn=399, stated=399, bits=8))
        told.append(_failure(bound, drawn=40, stated=10**6, bits=8))
        free.append(_failure(bound, drawn=400, stated=10**4, bits=0))
    return Verdict(
        claim="The net that errs least on the sample, seen on rows drawn from it,"
        " exceeds its bound with probability at most delta.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(max(right) <= DELTA < min(*told, *free)),
        evidence="The best of 256 independent fair nets on 400 rows, exactly: seen on"
        f" 399, {right[0]:.1e} and {right[1]:.1e} at delta {DELTA};"
        f" {min(told):.3f} if seen on 40 without the term of these, and, on all rows,"
        f" {min(free):.3f} if the code is.",
    )


def check_coverage_of_many_nets_each_on_its_rows() -> Verdict:
    n, bits = 400, 8
    found = []
    for stated in (bits, 0):
        most = violating(
            partial(_value, bound=occam_subsampled_kl, drawn=10**9, n=n, bits=stated),
            n,
            HALF,
        )
        found.append(failure([(2**bits, most)], n, HALF))
    return Verdict(
        claim="Where the drawn rows are beyond counting, 256 nets exceed the nested"
        " inverses with probability at most delta.",
        kind=Kind.TRIAL,
        of=(KL,),
        truth=Truth.of(0.05 * DELTA < found[0] <= DELTA < found[1]),
        evidence=f"256 independent fair nets on {n} rows, exactly:"
        f" {found[0] / DELTA:.3f} delta, and {found[1] / DELTA:.1f} delta without the"
        " code.",
    )


def check_rows_may_be_copies_of_one() -> Verdict:
    most = max(b.formula(_fit(0.0, 1000, 5000, 9), DELTA) for b in BOUNDS)
    return Verdict(
        claim="The examples need not be independent.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="iid",
        truth=Truth.of(most >= HALF),
        expected=Truth.FALSE,
        evidence="5000 copies of one draw: a fixed net of risk 1/2 makes no error with"
        f" probability 1/2, not {DELTA}, and then the bounds are at most {most:.3f}.",
    )


def check_the_code_may_come_after_the_rows() -> Verdict:
    n, fails = 2000, []
    for bound in BOUNDS:
        most = violating(partial(_value, bound=bound, drawn=n, n=n, bits=1), n, HALF)
        fails.append(failure([(10**15, most)], n, HALF))
    return Verdict(
        claim="The code may be made after the rows were seen.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="code-before-rows",
        truth=Truth.of(min(fails) <= DELTA),
        expected=Truth.FALSE,
        evidence="The best of 10^15 fair nets, named by one bit and seen on all rows,"
        f" fails with probability {min(fails):.4f} or more, exactly.",
    )


def check_the_rows_looked_at_may_be_picked() -> Verdict:
    n, drawn = 10_000, 1000
    most = max(b.formula(_fit(0.0, drawn, n, 9), DELTA) for b in BOUNDS)
    few = sum(comb(n, k) for k in range(drawn)) / 2**n
    return Verdict(
        claim="The rows looked at may be picked by their losses, or drawn again until"
        " they please.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="drawn-apart",
        truth=Truth.of(not (most < HALF and 1 - few > DELTA)),
        expected=Truth.FALSE,
        evidence=f"A net of risk 1/2 is right on {drawn} of {n} rows but with"
        f" probability {few:.0e}; seen on these the bounds are at most {most:.3f}.",
    )


def check_losses_may_exceed_one() -> Verdict:
    n, loss = 1000, 10_000
    silent = (1 - 1 / loss) ** n
    most = max(b.formula(_fit(0.0, n, n, 9), DELTA) for b in BOUNDS)
    return Verdict(
        claim="Losses in bits need no smoothing: the bound holds whatever their range.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="bounded-loss",
        truth=Truth.of(not (silent > DELTA and most < 1)),
        expected=Truth.FALSE,
        evidence=f"A loss of {loss} with probability 1/{loss} has the risk 1 and is not"
        f" seen on {n} rows with probability {silent:.3f}; the bounds are at most"
        f" {most:.3f}.",
    )


def check_oracle_of_the_two_roots() -> Verdict:
    got = 10 * subsampled_deviation(5e4, 10**6, 10**4, 0.05)
    return Verdict(
        claim="With range 10, 5e4 nats, n = 10^6, n' = 10^4 and delta 0.05 the two"
        " terms are 1.703849592.",
        kind=Kind.FINDING,
        of=(ROOTS,),
        whose=Whose.NOTES,
        truth=Truth.of(abs(got - 1.703849592) < 5.1e-10),
        evidence=f"{got:.9f}.",
    )


def check_two_logarithms_of_the_length_suffice() -> Verdict:
    c = sympy.Symbol("c", integer=True, positive=True)
    total = sympy.summation(c**-2, (c, 1, sympy.oo))
    return Verdict(
        claim="ln 1/P(h) <= C(h) ln 2 + 2 ln C(h) for a prior over all words of C(h)"
        " bits.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.PAPER,
        mended="It takes ln(pi^2/6) more, or a prefix code, which needs no 2 ln C(h).",
        truth=Truth.of(total <= 1),
        expected=Truth.FALSE,
        evidence=f"sympy: such weights sum to {total} over words of at least one bit.",
    )


def check_range_of_a_smoothed_net() -> Verdict:
    a, v = sympy.symbols("alpha V", positive=True)
    low, high = a / v, 1 - a + a / v
    ratio = sympy.simplify(high / low - (1 + (1 - a) * v / a))
    pairs = []
    for alpha, vocabulary in ((0.5, 7), (1e-3, 50_257), (0.1, 2), (1e-9, 10**6)):
        x = DIGITS.mpf(alpha)
        pairs.append(
            (
                smoothed_range(alpha, vocabulary),
                DIGITS.log(1 + (1 - x) * vocabulary / x, 2),
            )
        )
    seen = compare(pairs, digits=14)
    return Verdict(
        claim="The losses in bits of a smoothed net span log2(1 + (1 - alpha)"
        " V/alpha).",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.PAPER,
        truth=Truth.of(ratio == 0 and seen.holds),
        evidence="sympy: the probabilities lie in [alpha/V, 1 - alpha + alpha/V];"
        f" smoothed_range: {seen.words}.",
    )
