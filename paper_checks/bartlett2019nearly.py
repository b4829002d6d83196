r"""Bartlett, Harvey, Liaw and Mehrabian (2019), Nearly-tight VC-dimension Bounds.

For ReLU nets of d weight layers, :math:`u_i` units in layer i, :math:`N_i` parameters
up to it and :math:`\nu = \sum_i i u_i` (Theorem 7, recalled, two pieces)

.. math:: V \le d + \sum_i N_i \log_2(8 e \nu \log_2(4 e \nu)),

from a count of sign patterns layer by layer with Warren's theorem (recalled):
:math:`G(n) \le \prod_i 2 (2 e n u_i i / N_i)^{N_i}`.  Both enter the inequality of
Vapnik and Chervonenkis (recalled),

.. math:: \Pr\bigl[\, \exists h:\; R(h) - \hat R_S(h) > \epsilon \,\bigr]
          \le 4\, G(2n)\, e^{-n \epsilon^2 / 8}.

The paper writes W for the parameters, L for d, :math:`\bar L` for
:math:`\sum N_i / W`, R for :math:`\nu`, p for the pieces of the activation.
"""

import math
from fractions import Fraction
from itertools import pairwise, product
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.capacity import (
    growth_function,
    log_growth,
    shattered,
    vc_dimension,
)
from nonvacuous.evidence import ArchitectureFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._inverted import turns
from paper_checks._verdict import Kind, Truth, Verdict, Whose

GROWTH, DIMENSION = ("growth-function",), ("vc-dimension",)
BOTH = GROWTH + DIMENSION


def _sums(sizes: tuple[int, ...]) -> list[int]:
    """N_i: weights and biases of layers up to i."""
    found, total = [], 0
    for a, b in pairwise(sizes):
        total += (a + 1) * b
        found.append(total)
    return found


def _nu(sizes: tuple[int, ...]) -> int:
    return sum(i * k for i, k in enumerate(sizes[1:], 1))


def _dimension(sizes: tuple[int, ...]) -> mpf:
    nu = _nu(sizes)
    inner = DIGITS.log(4 * DIGITS.e * nu, 2)
    return len(sizes) - 1 + sum(_sums(sizes)) * DIGITS.log(8 * DIGITS.e * nu * inner, 2)


def _nats(sizes: tuple[int, ...], n: int) -> mpf:
    total, last = DIGITS.mpf(0), len(sizes) - 1
    for i, w in enumerate(_sums(sizes), 1):
        m = n * (sizes[i] - (i == last))
        every = m * DIGITS.log(2)
        warren = DIGITS.log(2) + w * DIGITS.log(2 * DIGITS.e * m * i / w)
        total += min(every, warren) if m >= w else every
    return min(total, n * DIGITS.log(2))


def _architectures(seed: int, count: int) -> list[tuple[int, ...]]:
    rng = Random(seed)
    return [
        tuple(
            [rng.randint(1, 900)]
            + [rng.randint(1, 600) for _ in range(rng.randint(0, 4))]
            + [2]
        )
        for _ in range(count)
    ]


def check_the_deviation_solves_the_inequality() -> Verdict:
    n, delta, growth, t = sympy.symbols("n delta G t", positive=True)
    size = sympy.sqrt(8 / n * (sympy.log(growth) + sympy.log(4 / delta)))
    left = sympy.simplify(4 * growth * sympy.exp(-n * t**2 / 8).subs(t, size))
    return Verdict(
        claim="4 G(2n) exp(-n eps^2/8) = delta at eps = sqrt((8/n)(ln G(2n) +"
        " ln(4/delta))).",
        truth=Truth.of(sympy.simplify(left - delta) == 0),
        evidence="sympy reduces the left side to delta.",
        kind=Kind.DERIVATION,
        of=BOTH,
    )


def check_the_layers_join_by_concavity() -> Verdict:
    x = sympy.symbols("x", positive=True)
    concave = sympy.diff(sympy.log(x), x, 2) == -1 / x**2
    broken = 0
    for sizes in _architectures(1, 60):
        weights, n = _sums(sizes), 10**6
        terms = [2 * n * k * i for i, k in enumerate(sizes[1:], 1)]
        apart = DIGITS.fsum(
            w * DIGITS.log(DIGITS.e * DIGITS.mpf(m) / w)
            for w, m in zip(weights, terms, strict=True)
        )
        total = sum(weights)
        joined = total * DIGITS.log(2 * DIGITS.e * n * DIGITS.mpf(_nu(sizes)) / total)
        broken += apart > joined
    return Verdict(
        claim="The product of (2 e n u_i i/N_i)^N_i over layers is at most"
        " (2 e n nu/sum N)^(sum N).",
        truth=Truth.of(concave and broken == 0),
        evidence="Jensen for ln, whose second derivative sympy finds to be -1/x^2; 60"
        f" seeded architectures at 60 digits: {broken} break it.",
        kind=Kind.DERIVATION,
        of=DIMENSION,
    )


def check_more_points_than_the_dimension_are_too_many() -> Verdict:
    m, w = sympy.symbols("m w", positive=True)
    rise = sympy.diff(m * sympy.log(2) - w * sympy.log(m), m)
    slope = sympy.simplify(rise - (sympy.log(2) - w / m)) == 0
    short, slack = 0, DIGITS.inf
    for sizes in [(1, 2), (1, 1, 2), (2, 3, 2), *_architectures(2, 200)]:
        v, total = _dimension(sizes), sum(_sums(sizes))
        nu = DIGITS.mpf(_nu(sizes))
        room = (v - (len(sizes) - 1)) * DIGITS.log(2)
        room -= total * DIGITS.log(2 * DIGITS.e * nu * v / total)
        short += room < 0 or v * DIGITS.log(2) <= total
        slack = min(slack, room / (v * DIGITS.log(2)))
    return Verdict(
        claim="At V the 2^V labellings of V points are no fewer than the count of"
        " patterns allows, and beyond V they are more.",
        truth=Truth.of(slope and short == 0),
        evidence="203 architectures at 60 digits: 2^V is at least 2^d (2 e nu V/sum"
        f" N)^(sum N) in all but {short}, the least room is {float(slack):.3f} of V ln"
        " 2; sympy: the difference rises where V ln 2 > sum N.",
        kind=Kind.DERIVATION,
        of=DIMENSION,
    )


def _lines(n: int, changes: int) -> int:
    """Labellings of n points on a line with at most so many changes of sign."""
    return 2 * sum(math.comb(n - 1, j) for j in range(changes + 1))


def check_the_count_holds_on_a_line() -> Verdict:
    broken, seen = 0, set()
    for n in range(1, 60):
        for width in (1, 2, 3):
            # k kinks make k + 1 linear pieces, of which each crosses 0 once at most
            most = _lines(n, min(n - 1, width + 1))
            broken += DIGITS.log(most) > log_growth((1, width, 2), n)
    rng, zero, points = Random(3), Fraction(0), [Fraction(i) for i in range(6)]
    for _ in range(8_000):
        a, b, c, d = (rng.randint(-9, 9) for _ in range(4))
        e, f = rng.randint(-9, 9), Fraction(rng.randint(-18, 18), 2)
        seen.add(
            tuple(
                c * max(a * x + b, zero) + d * max(e - x, zero) + f > 0 for x in points
            )
        )
    return Verdict(
        claim="The labellings that nets on a line reach are no more than the count of"
        " patterns.",
        truth=Truth.of(broken == 0 and math.log(len(seen)) <= log_growth((1, 2, 2), 6)),
        evidence=f"Width 1 to 3, 1 to 59 points, kinks counted: {broken} exceed it;"
        f" 8,000 seeded nets of two hidden units reach {len(seen)} labellings of six"
        f" points, where it allows {math.exp(log_growth((1, 2, 2), 6)):.0f}.",
        kind=Kind.DERIVATION,
        of=GROWTH,
    )


def check_the_formulas_at_fifty_digits() -> Verdict:
    rng, pairs = Random(4), []
    for sizes in _architectures(5, 120):
        n = int(10 ** rng.uniform(0, 12))
        fit = ArchitectureFit(errors=rng.randint(0, n), trials=n, sizes=sizes)
        delta = 10 ** -rng.uniform(0.05, 100)
        rate = DIGITS.mpf(fit.errors) / n
        v = _dimension(sizes)
        sauer = 2 * n * DIGITS.log(2)
        if v < 2 * n:
            sauer = min(sauer, v * DIGITS.log(2 * DIGITS.e * n / v))
        for bound, nats in (
            (growth_function, _nats(sizes, 2 * n)),
            (vc_dimension, sauer),
        ):
            gap = DIGITS.sqrt(
                DIGITS.mpf(8) / n * (nats + DIGITS.log(4 / DIGITS.mpf(delta)))
            )
            pairs.append((bound.formula(fit, delta), rate + gap))
    seen = compare(pairs, digits=13)
    return Verdict(
        claim="Both formulas are the error rate and the deviation with these counts,"
        " rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"n to 10^12, delta to 10^-100, up to five layers: {seen.words}.",
        kind=Kind.FORMULA,
        of=BOTH,
        digits=13,
    )


def check_limits_and_monotonicity() -> Verdict:
    fit = growth_function.example
    steps = [turns(b, [fit], (0.05, 0.5)) for b in (growth_function, vc_dimension)]
    many = ArchitectureFit(errors=10**13, trials=10**14, sizes=(2, 3, 2))
    ends = [b.formula(many, 0.05) - 0.1 for b in (growth_function, vc_dimension)]
    few = all(log_growth((2, 3, 2), n) <= n * math.log(2) * 1.001 for n in (1, 5, 50))
    return Verdict(
        claim="Both move as recorded in each field, fall to the error rate as n grows,"
        " and no count exceeds 2^n.",
        truth=Truth.of(
            all(wrong == 0 for wrong, _ in steps)
            and all(0 < e < 1e-4 for e in ends)
            and few
        ),
        evidence=f"{sum(n for _, n in steps)} steps; at 10^14 rows the larger excess is"
        f" {max(ends):.1e}.",
        kind=Kind.LIMIT,
        of=BOTH,
    )


def check_the_count_is_not_idle() -> Verdict:
    n, width = 60, 3
    reached = math.log(_lines(n, width))  # a polyline turns after each change of sign
    whole = log_growth((1, width, 2), n)
    one = math.log(2) + math.log(2 * math.e * n)  # a single parameter in all
    return Verdict(
        claim="The count covers three hidden units on 60 points of a line, and a count"
        " for a single parameter does not.",
        truth=Truth.of(one < reached <= whole),
        evidence=f"A constant piece and three sloped ones reach {_lines(n, width):,}"
        f" labellings, {reached:.2f} nats: the count allows {whole:.2f}, one parameter"
        f" {one:.2f}.",
        kind=Kind.TRIAL,
        of=GROWTH,
    )


def check_the_dimension_is_not_idle() -> Verdict:
    widths = range(1, 300)
    good = all(w + 1 <= shattered((1, w, 2)) for w in widths)
    few = [_dimension((1, w, 2)) / sum(_sums((1, w, 2))) for w in widths]
    broken = sum(w + 1 > 2 + 2 * f for w, f in zip(widths, few, strict=True))
    return Verdict(
        claim="k hidden units on a line shatter k + 1 points, which the bound allows,"
        " and a bound that forgot the parameters would not.",
        truth=Truth.of(good and broken > 0),
        evidence="k + 1 points have labellings of at most k changes of sign, which k"
        f" sloped pieces reach; k to {len(widths)}, of which {broken} break a bound"
        " with two parameters in all.",
        kind=Kind.TRIAL,
        of=DIMENSION,
    )


def check_the_inequality_by_enumeration() -> Verdict:
    points, n, delta = 4, 4, 0.5
    cuts = [tuple(int(x >= c) for x in range(points)) for c in range(points + 1)]
    labels = (0, 1, 0, 1)
    losses = [tuple(int(a != b) for a, b in zip(h, labels, strict=True)) for h in cuts]
    fit = ArchitectureFit(errors=0, trials=n, sizes=(1, 2))
    gap = min(b.formula(fit, delta) for b in (growth_function, vc_dimension))
    samples = list(product(range(points), repeat=n))

    def failure(size: float) -> float:
        fails = sum(
            any(sum(f) / points - sum(f[x] for x in s) / n > size for f in losses)
            for s in samples
        )
        return fails / len(samples)

    whole, part = failure(gap), failure(gap / 20)
    return Verdict(
        claim="Over the sample, some threshold's risk exceeds its bound with"
        " probability at most delta.",
        truth=Truth.of(whole <= delta < part),
        evidence=f"Thresholds on four points, each sample of four rows: {whole:.3f} at"
        f" delta {delta}; with a twentieth of the gap {part:.3f}.",
        kind=Kind.TRIAL,
        of=BOTH,
    )


def _tempting(
    claim: str, without: str, sizes: tuple[int, ...], risk: float, story: str
) -> Verdict:
    fit = ArchitectureFit(errors=0, trials=10**6, sizes=sizes)
    upper = max(b.formula(fit, 0.05) for b in (growth_function, vc_dimension))
    return Verdict(
        claim=claim,
        truth=Truth.of(not upper < risk),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"{story}: risk {risk:g}, bound {upper:.3f} from 10^6 rows at delta"
        " .05.",
        kind=Kind.ASSUMPTION,
        of=BOTH,
        without=without,
    )


def check_rows_may_be_one_row_repeated() -> Verdict:
    return _tempting(
        "The rows of a capacity bound may be copies of one.",
        "iid",
        (1, 2),
        0.5,
        "A net that is right on half of the inputs is, with probability 1/2, right on"
        " all copies",
    )


def check_the_inputs_may_be_made_from_the_rows() -> Verdict:
    return _tempting(
        "The features that the net sees may be made from the rows.",
        "class-fixed",
        (1, 2),
        0.5,
        "The one feature is the label where a row is known and 0 elsewhere, labels are"
        " coins, and the linear net on it makes no error",
    )


def check_units_may_be_sines() -> Verdict:
    # sin(pi w 2^i), w = sum of b_i 2^-i: the bit i of w decides the sign
    wrong = 0
    for bits in product((0, 1), repeat=8):
        w = Fraction(1, 2 ** (len(bits) + 2)) + sum(
            (Fraction(b, 2 ** (i + 1)) for i, b in enumerate(bits)), Fraction(0)
        )
        signs = [int((w * 2 ** (i + 1)) % 2 < 1) for i in range(len(bits))]
        wrong += signs != [1 - b for b in bits]
    return _tempting(
        "The hidden unit may be a sine.",
        "affine-relu",
        (1, 1, 2),
        0.5,
        "One sine of one frequency labels the points 2, 4, 8, ... in every way (all"
        f" 2^8 labellings of eight points in fractions, {wrong} wrong), and labels are"
        " coins",
    )


def check_ties_may_count_as_right() -> Verdict:
    return _tempting(
        "A tie of the outputs may count as a right answer.",
        "zero-one-loss",
        (1, 2),
        1.0,
        "A net of zeros ties on every row and names no class",
    )


def check_two_layers_as_noted() -> Verdict:
    d, h, c = sympy.symbols("D H C", positive=True)
    up_to = ((d + 1) * h, (d + 1) * h + (h + 1) * c)
    wrong = int(sympy.expand(sum(up_to) - 2 * (d + 1) * h - (h + 1) * c) != 0)
    for a, k, m in ((1, 1, 2), (2, 3, 2), (784, 600, 10)):
        inner = DIGITS.log(4 * DIGITS.e * (k + 2 * m), 2)
        logs = DIGITS.log(8 * DIGITS.e * (k + 2 * m) * inner, 2)
        exact = 2 + (2 * (a + 1) * k + (k + 1) * m) * logs
        wrong += not 0 <= DIGITS.mpf(shattered((a, k, m))) / exact - 1 < 1e-12
    return Verdict(
        claim="For two layers V is 2 + (2(D + 1)H + (H + 1)C) log2(8e(H + 2C)"
        " log2(4e(H + 2C))).",
        truth=Truth.of(wrong == 0),
        evidence="sympy adds the parameters; three nets of ours lie 1e-12 above.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=DIMENSION,
    )


def check_noted_values() -> Verdict:
    v = shattered((2, 3, 2))
    fit = ArchitectureFit(errors=0, trials=60_000, sizes=(2, 3, 2))
    gap, large = vc_dimension.formula(fit, 0.05), shattered((784, 600, 10))
    return Verdict(
        claim="For 2-3-2 V is 259.2418598 and the gap at 60,000 rows .4972882546; for"
        " 784-600-10 V is 1.64837e7.",
        truth=Truth.of(
            abs(v - 259.2418598) < 1e-6
            and abs(gap - 0.4972882546) < 1e-8
            and abs(large / 1.64837e7 - 1) < 1e-5
        ),
        evidence=f"{v:.8f}, {gap:.10f} and {large:.5e}.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=DIMENSION,
    )
