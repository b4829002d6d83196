r"""Mohri, Rostamizadeh and Talwalkar (2018), Foundations of Machine Learning.

With :math:`\hat{\mathfrak R}_S(F) = E_\sigma \sup_{f \in F} \frac1n \sum_i \sigma_i
f(x_i)`, for a class of losses in [0, 1] fixed before the sample (Theorem 3.3, recalled)

.. math:: \Pr_S\Bigl[\, \forall h:\; R(h) \le \hat R_S(h) + 2 \hat{\mathfrak R}_S(\ell
          \circ H) + 3 \sqrt{\tfrac{\ln(2/\delta)}{2n}} \,\Bigr] \ge 1 - \delta,

and for classifiers of values -1 and 1 with the 0-1 loss (Theorem 3.5, recalled)
:math:`\hat{\mathfrak R}_S(H)` in place of twice the losses' complexity.  Massart:
:math:`\hat{\mathfrak R}_S(F) \le \max_v \|v\| \sqrt{2 \ln |F|} / n`.  What random signs
may have made too small, :math:`\delta_{MC}`, is taken from :math:`\delta` first.

The book writes m for n and S for the sample as we do.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from random import Random

import sympy

from nonvacuous.bounds.rademacher import (
    exact_complexity,
    massart,
    rademacher_classifiers,
    rademacher_losses,
)
from nonvacuous.evidence import RademacherFit, RademacherLosses
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._inverted import turns
from paper_checks._verdict import Kind, Truth, Verdict, Whose

CLASSIFIERS, LOSSES = ("rademacher-classifiers",), ("rademacher-losses",)
BOTH = CLASSIFIERS + LOSSES

Values = tuple[tuple[int, ...], ...]
"""A class on a domain of a few equally likely points: a row for each predictor."""


@cache
def _complexity(values: Values, rows: tuple[int, ...]) -> Fraction:
    """Exactly, over all signs."""
    n = len(rows)
    total = sum(
        max(sum(s * f[x] for s, x in zip(signs, rows, strict=True)) for f in values)
        for signs in product((-1, 1), repeat=n)
    )
    return Fraction(total, n * 2**n)


@cache
def _gap(values: Values, rows: tuple[int, ...]) -> Fraction:
    """Largest of risk minus mean on the rows."""
    points = len(values[0])
    return max(
        Fraction(sum(f), points) - Fraction(sum(f[x] for x in rows), len(rows))
        for f in values
    )


def check_the_two_deviations_sum_to_three() -> Verdict:
    n, delta, t, c = sympy.symbols("n delta t c", positive=True)
    tail = sympy.exp(-2 * t**2 / (n * c**2))  # McDiarmid, differences c
    root = sympy.solve(sympy.Eq(-2 * t**2 / (n * c**2), sympy.log(delta / 2)), t)
    size = sympy.sqrt(sympy.log(2 / delta) / (2 * n))
    found = [sympy.expand_log(r.subs(c, 1 / n) ** 2, force=True) for r in root]
    want = sympy.expand_log(size**2, force=True)
    good = all(sympy.simplify(f - want) == 0 for f in found) and tail.has(t)
    return Verdict(
        claim="McDiarmid with differences 1/n, at delta/2, gives sqrt(ln(2/delta)/2n),"
        " once for the supremum and twice for its complexity: three in all.",
        truth=Truth.of(good),
        evidence="sympy solves the tail at delta/2; the complexity of losses in [0, 1]"
        " changes by at most 1/n with a row and enters with a factor 2.",
        kind=Kind.DERIVATION,
        of=BOTH,
    )


def check_losses_of_classifiers_have_half_the_complexity() -> Verdict:
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
        wrong += 2 * _complexity(losses, rows) != _complexity(signs, rows)
    return Verdict(
        claim="The 0-1 losses of a class of classifiers have half of its complexity,"
        " whatever the labels.",
        truth=Truth.of(wrong == 0),
        evidence="The loss is (1 - y h)/2 and y only renames the signs; 40 seeded"
        f" classes in exact fractions, every sign: {wrong} differ.",
        kind=Kind.DERIVATION,
        of=CLASSIFIERS,
    )


def _but_for(points: int, most: int) -> Values:
    """Losses of 1 everywhere but on a few points: what memorising rows leaves."""
    return tuple(
        tuple(int(x not in right) for x in range(points))
        for size in range(most + 1)
        for right in combinations(range(points), size)
    )


def check_symmetrisation() -> Verdict:
    rng, broken = Random(2), 0
    classes = [(_but_for(12, 2), 2)] + [
        (tuple(tuple(rng.randint(0, 1) for _ in range(3)) for _ in range(4)), 4)
        for _ in range(12)
    ]
    shares = []
    for values, n in classes:
        samples = list(product(range(len(values[0])), repeat=n))
        gap = sum((_gap(values, s) for s in samples), Fraction(0))
        size = sum((_complexity(values, s) for s in samples), Fraction(0))
        broken += gap > 2 * size
        shares.append(float(gap / (2 * size)) if size else 0.0)
    return Verdict(
        claim="The mean of the largest gap is at most twice the mean complexity, and"
        " the 2 cannot be 1.",
        truth=Truth.of(broken == 0 and shares[0] > 0.5),
        evidence=f"{len(classes)} classes, every sample and every sign in fractions:"
        f" {broken} break it; memorisers of two of twelve points attain"
        f" {shares[0]:.2f} of the bound.",
        kind=Kind.DERIVATION,
        of=BOTH,
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
        size = float(_complexity(values, tuple(range(len(values[0])))))
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
        sum(mean - float(s) > math.sqrt(2 * math.log(1 / d) / rows) for s in suprema)
        / len(suprema)
        / d
        for d in (0.5, 0.7, 0.9)
    )
    bare = sum(float(s) < mean for s in suprema) / len(suprema)
    return Verdict(
        claim="One draw of signs is within sqrt(2 ln(1/delta)/n) of the complexity of"
        " classifiers, on either side, with probability 1 - delta.",
        truth=Truth.of(same and len(solved) > 0 and worst <= 1 and bare > 0.3),
        evidence="sympy solves McDiarmid's tail with differences 2/n; all signs of a"
        f" class on six rows: below by more at most {worst:.2f} delta of the time, and"
        f" below at all with probability {bare:.2f}.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=BOTH,
    )


def check_the_formulas_at_fifty_digits() -> Verdict:
    rng, pairs = Random(3), []
    for _ in range(150):
        n = int(10 ** rng.uniform(0, 9))
        delta = 10 ** -rng.uniform(0.05, 200)
        mc = rng.choice([0.0, delta / 2, delta / 1000])
        size = 10 ** rng.uniform(-9, 1)
        root = DIGITS.log(2 / (DIGITS.mpf(delta) - DIGITS.mpf(mc))) / (2 * n)
        spread = 3 * DIGITS.sqrt(root) + DIGITS.mpf(0)
        k, mean = rng.randint(0, n), rng.random()
        one = RademacherFit(errors=k, trials=n, complexity=size, mc_delta=mc)
        two = RademacherLosses(mean=mean, trials=n, complexity=size, mc_delta=mc)
        c = DIGITS.mpf(size)
        pairs += [
            (
                rademacher_classifiers.formula(one, delta),
                DIGITS.mpf(k) / n + c + spread,
            ),
            (rademacher_losses.formula(two, delta), mean + 2 * c + spread),
        ]
    seen = compare(pairs, digits=13)
    return Verdict(
        claim="Both formulas are error rate plus complexity, or mean loss plus twice"
        " it, plus 3 sqrt(ln(2/(delta - delta_MC))/2n), rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"n to 10^9, delta to 10^-200: {seen.words}.",
        kind=Kind.FORMULA,
        of=BOTH,
        digits=13,
    )


def check_limits_and_monotonicity() -> Verdict:
    fit, loss = rademacher_classifiers.example, rademacher_losses.example
    wrong, steps = turns(rademacher_classifiers, [fit], (0.05, 0.5))
    more, others = turns(rademacher_losses, [loss], (0.05, 0.5))
    many = replace(fit, errors=5 * 10**8, trials=10**10)
    limit = rademacher_classifiers.formula(many, 0.05)
    return Verdict(
        claim="Both bounds move as recorded in each field and fall, as n grows, to the"
        " error rate and the complexity.",
        truth=Truth.of(wrong == more == 0 and 0 < limit - 0.1 < 1e-4),
        evidence=f"{steps + others} steps, {wrong + more} the wrong way; at 10^10 rows"
        f" and a complexity of .05 beside a rate of .05 it is {limit:.6f}.",
        kind=Kind.LIMIT,
        of=BOTH,
    )


def _failure(values: Values, n: int, upper: Callable[[float], float]) -> Fraction:
    """Probability that some predictor's gap exceeds a bound on it, every sample."""
    samples = list(product(range(len(values[0])), repeat=n))
    fails = sum(_gap(values, s) > upper(float(_complexity(values, s))) for s in samples)
    return Fraction(fails, len(samples))


def check_coverage_by_enumeration() -> Verdict:
    values, n = _but_for(8, 3), 3
    fails = []
    for delta in (0.3, 0.6, 0.9):

        def upper(size: float, delta: float = delta) -> float:
            fit = RademacherLosses(mean=0.0, trials=n, complexity=size)
            return rademacher_losses.formula(fit, delta)

        fails.append(float(_failure(values, n, upper)) / delta)
    bare = float(_failure(values, n, lambda size: size))
    return Verdict(
        claim="Over the sample, some predictor's risk exceeds its bound with"
        " probability at most delta.",
        truth=Truth.of(max(fails) <= 1 and bare > 0.9),
        evidence="Memorisers of three of eight points, each sample of three rows and"
        f" each sign: the worst failure is {max(fails):.3f} delta; the complexity once"
        f" and no deviation fails with probability {bare:.3f}.",
        kind=Kind.TRIAL,
        of=BOTH,
    )


_N = 100


def _empty(complexity: float = 0.0) -> tuple[float, float]:
    """Both bounds at delta .05 for no error on 100 rows."""
    return (
        rademacher_classifiers.formula(
            RademacherFit(errors=0, trials=_N, complexity=complexity), 0.05
        ),
        rademacher_losses.formula(
            RademacherLosses(mean=0.0, trials=_N, complexity=complexity), 0.05
        ),
    )


def _tempting(
    claim: str, without: str, risk: float, story: str, of: tuple[str, ...]
) -> Verdict:
    upper = max(_empty())
    return Verdict(
        claim=claim,
        truth=Truth.of(not upper < risk),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"{story}: risk {risk:g}, bound {upper:.3f} from {_N} rows at delta"
        " .05.",
        kind=Kind.ASSUMPTION,
        of=of,
        without=without,
    )


def check_rows_may_be_one_row_repeated() -> Verdict:
    return _tempting(
        "The rows of a Rademacher bound may be copies of one.",
        "iid",
        0.45,
        "One predictor, right on the row with probability .55 and then on all copies",
        BOTH,
    )


def check_the_class_may_be_what_training_chose() -> Verdict:
    return _tempting(
        "The class may be the one net that training chose, of complexity 0.",
        "class-fixed",
        0.5,
        "It memorised its rows, and labels of fresh ones are coins",
        BOTH,
    )


def check_a_search_may_stand_for_the_supremum() -> Verdict:
    return _tempting(
        "The complexity may be what a search fits to random signs.",
        "supremum",
        0.5,
        "A search that finds 0, in a class that can memorise all rows and did so with"
        " labels that are coins",
        BOTH,
    )


def check_ties_may_count_as_right() -> Verdict:
    return _tempting(
        "Ties of outputs may count as right answers.",
        "zero-one-loss",
        1.0,
        "A constant net ties on every row and names no class",
        CLASSIFIERS,
    )


def check_losses_may_exceed_one() -> Verdict:
    return _tempting(
        "The losses of a Rademacher bound may exceed 1.",
        "bounded-loss",
        1.0,
        "A loss of 1,000 on a thousandth of inputs, none of which is among the rows"
        f" with probability {0.999**_N:.2f}",
        LOSSES,
    )


def check_a_search_can_only_prove_it_vacuous() -> Verdict:
    values = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    whole = _complexity(values, (0, 1))
    found = _complexity(values[:1], (0, 1))
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
    exact = _complexity(((1, 1), (1, -1)), (0, 1))
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
