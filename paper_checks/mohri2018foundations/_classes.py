"""What random signs measure of a class: exact values, Massart, one draw."""

import math
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random

import sympy

from nonvacuous.bounds.rademacher import exact_complexity, massart
from paper_checks._verdict import Kind, Truth, Verdict, Whose

__all__ = ["BOTH", "CLASSIFIERS", "LOSSES", "Values", "complexity"]

CLASSIFIERS, LOSSES = ("rademacher-classifiers",), ("rademacher-losses",)
BOTH = CLASSIFIERS + LOSSES

Values = tuple[tuple[int, ...], ...]
"""A class on a domain of a few equally likely points: a row for each predictor."""


@cache
def complexity(values: Values, rows: tuple[int, ...]) -> Fraction:
    """Exactly, over all signs."""
    n = len(rows)
    total = sum(
        max(sum(s * f[x] for s, x in zip(signs, rows, strict=True)) for f in values)
        for signs in product((-1, 1), repeat=n)
    )
    return Fraction(total, n * 2**n)


def check_losses_of_classifiers_have_half_thecomplexity() -> Verdict:
    rng, wrong = Random(1), 0
    for _ in range(40):
        n = rng.randint(1, 6)
        signs = tuple(
            tuple(rng.choice((-1, 1)) for _ in range(n))
            for _ in range(rng.randint(1, 6))
        )
        labels = [rng.choice((-1, 1)) for _ in range(n)]
        losses = tuple(
            tuple(int(a != y) for a, y in zip(f, labels, strict=True)) for f in signs
        )
        rows = tuple(range(n))
        wrong += 2 * complexity(losses, rows) != complexity(signs, rows)
    return Verdict(
        claim="The 0-1 losses of a class of classifiers have half of its complexity,"
        " whatever the labels.",
        truth=Truth.of(wrong == 0),
        evidence="The loss is (1 - y h)/2 and y only renames the signs; 40 seeded"
        f" classes in exact fractions, every sign: {wrong} differ.",
        kind=Kind.DERIVATION,
        of=CLASSIFIERS,
    )


def check_massart_by_moments() -> Verdict:
    j = sympy.symbols("j", integer=True, positive=True)
    # (2j)! >= 2^j j!: equal at j = 0 and the ratio grows by 2j - 1 with each j
    growth = sympy.combsimp(
        sympy.factorial(2 * j)
        / sympy.factorial(2 * j - 2)
        / (2 * sympy.factorial(j) / sympy.factorial(j - 1))
    )
    count, norm, t = sympy.symbols("N r t", positive=True)
    cost = sympy.log(count) / t + t * norm**2 / 2
    best = sympy.sqrt(2 * sympy.log(count)) / norm
    stays = sympy.simplify(sympy.diff(cost, t).subs(t, best)) == 0
    least = sympy.simplify(cost.subs(t, best) - norm * sympy.sqrt(2 * sympy.log(count)))
    rng, broken, most = Random(5), 0, 0.0
    classes = [tuple(product((-1, 1), repeat=n)) for n in (1, 2, 3, 4)] + [
        tuple(tuple(rng.randint(-3, 3) for _ in range(4)) for _ in range(5))
        for _ in range(30)
    ]
    for values in classes:
        upper = massart([list(v) for v in values])
        size = float(complexity(values, tuple(range(len(values[0])))))
        broken += upper < size
        most = max(most, size / upper)
    return Verdict(
        claim="cosh(x) <= e^(x^2/2) makes the largest of N sums of signs at most r"
        " sqrt(2 ln N) on average, which is Massart's bound.",
        truth=Truth.of(
            sympy.simplify(growth - (2 * j - 1)) == 0
            and stays
            and least == 0
            and broken == 0
            and most > 0.8
        ),
        evidence="sympy: (2j)!/(2^j j!) grows by the factor 2j - 1, so each term of"
        " cosh is below; ln N/t + t r^2/2 is least at that; of"
        f" {len(classes)} classes, every sign, {broken} exceed ours, and one attains"
        f" {most:.2f} of it.",
        kind=Kind.DERIVATION,
    )


def check_one_draw_of_signs_is_near_its_mean() -> Verdict:
    n, c, t, delta = sympy.symbols("n c t delta", positive=True)
    solved = sympy.solve(sympy.Eq(-2 * t**2 / (n * c**2), sympy.log(delta)), t)
    want = sympy.expand_log(2 * sympy.log(1 / delta) / n, force=True)
    same = all(
        sympy.simplify(sympy.expand_log(r.subs(c, 2 / n) ** 2, force=True) - want) == 0
        for r in solved
    )
    values = tuple(product((-1, 1), repeat=2))
    values = tuple(v + w for v in values for w in ((1, 1, 1, 1), (1, -1, 1, -1)))
    rows = 6
    suprema = [
        Fraction(max(sum(s * f for s, f in zip(e, v, strict=True)) for v in values), 6)
        for e in product((-1, 1), repeat=rows)
    ]
    mean = float(sum(suprema, Fraction(0)) / len(suprema))
    worst = max(
        sum(
            side * (mean - float(s)) > math.sqrt(2 * math.log(1 / d) / rows)
            for s in suprema
        )
        / len(suprema)
        / d
        for d in (0.5, 0.7, 0.9)
        for side in (-1, 1)
    )
    bare = sum(float(s) < mean for s in suprema) / len(suprema)
    return Verdict(
        claim="One draw of signs is within sqrt(2 ln(1/delta)/n) of the complexity of"
        " classifiers, on either side, with probability 1 - delta.",
        truth=Truth.of(same and len(solved) > 0 and worst <= 1 and bare > 0.3),
        evidence="sympy solves McDiarmid's tail with differences 2/n; all signs of a"
        f" class on six rows: beyond on one side at most {worst:.2f} delta of the"
        f" time, and below at all with probability {bare:.2f}.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=BOTH,
    )


def check_a_search_can_only_prove_it_vacuous() -> Verdict:
    values = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    whole = complexity(values, (0, 1))
    found = complexity(values[:1], (0, 1))
    return Verdict(
        claim="How well training fits random signs measures the complexity.",
        truth=Truth.of(found >= whole),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"All classifiers of two points have complexity {whole}; a search"
        f" that always returns the first finds {found}.",
        kind=Kind.FINDING,
        of=BOTH,
        mended="What a search finds is a lower bound: it can show that these bounds are"
        " vacuous, never that they are not.",
    )


def check_noted_values() -> Verdict:
    values = [[1, 1], [1, -1]]
    size, bound = exact_complexity(values), massart(values)
    exact = complexity(((1, 1), (1, -1)), (0, 1))
    want = math.sqrt(2) * math.sqrt(2 * math.log(2)) / 2
    good = exact == Fraction(1, 2) and 0 <= size - 0.5 < 1e-12
    return Verdict(
        claim="The class {(1, 1), (1, -1)} has complexity .5 and Massart's bound"
        " .8325546112.",
        truth=Truth.of(good and round(bound, 10) == 0.8325546112 and bound >= want),
        evidence=f"Every sign in fractions: {exact}; ours {size:.12f} and"
        f" {bound:.12f}.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
    )
