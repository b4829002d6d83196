"""Both Rademacher bounds: steps, formulas, every sample, what they need."""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from random import Random

import sympy

from nonvacuous.bounds.rademacher import (
    rademacher_classifiers,
    rademacher_losses,
)
from nonvacuous.evidence import RademacherFit, RademacherLosses
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._inverted import turns
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.mohri2018foundations._classes import (
    BOTH,
    CLASSIFIERS,
    LOSSES,
    Values,
    complexity,
)


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
        size = sum((complexity(values, s) for s in samples), Fraction(0))
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
    fails = sum(_gap(values, s) > upper(float(complexity(values, s))) for s in samples)
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


def check_one_predictor_alone() -> Verdict:
    n, delta, risk = 100, 0.05, Fraction(1, 2)
    rates = {}
    for share in (Fraction(1), Fraction(1, 6)):
        fails = Fraction(0)
        for k in range(n + 1):
            fit = RademacherFit(errors=k, trials=n, complexity=0.0)
            upper = Fraction(rademacher_classifiers.formula(fit, delta))
            if Fraction(k, n) + (upper - Fraction(k, n)) * share < risk:
                fails += Fraction(math.comb(n, k), 2**n)
        rates[share] = float(fails) / delta
    whole, part = rates.values()
    return Verdict(
        claim="A class of one predictor, whose complexity is 0, exceeds its bound with"
        " probability at most delta.",
        truth=Truth.of(whole <= 1 < part),
        evidence="Risk 1/2, 100 rows, delta .05, in fractions:"
        f" {whole:.0e} delta; half a deviation in place of three fails with"
        f" {part:.2f} delta.",
        kind=Kind.TRIAL,
        of=CLASSIFIERS,
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
