"""Theorem 2.1: a class of q parameters of r values, with every constant."""

import math
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise, product
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds._bound import Bound
from nonvacuous.bounds.finite_class import (
    finite_class_binomial,
    finite_class_hoeffding,
    finite_class_kl,
)
from nonvacuous.evidence import ParameterClassFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._occam import failure, inverses_of_kl, inverses_of_tail, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

ALL = (finite_class_binomial, finite_class_kl, finite_class_hoeffding)
OF = ("finite-class-binomial", "finite-class-kl", "finite-class-hoeffding")
HALF = Fraction(1, 2)
delta, q, r, n, p, s, t, k = sympy.symbols("delta q r n p s t k", positive=True)


@cache
def _cases() -> tuple[tuple[ParameterClassFit, float], ...]:
    """Seeded classes, from one net to 2^20000 nets, n up to 10^6."""
    rng, cases = Random(0), []
    for _ in range(120):
        trials = int(10 ** rng.uniform(0.5, 6))
        errors = rng.choice([0, int(trials * rng.random() ** 4)])
        parameters = int(10 ** rng.uniform(0, 4.3)) if rng.random() < 0.9 else 0
        fit = ParameterClassFit(
            errors=errors,
            trials=trials,
            parameters=min(parameters, trials // 8),
            values=rng.choice([1, 2, 3, 16, 256]),
        )
        cases.append((fit, 10 ** -rng.uniform(0.01, 12)))
    return tuple(cases)


def _nats(fit: ParameterClassFit, conf: float) -> mpf:
    return fit.parameters * DIGITS.log(fit.values) - DIGITS.log(DIGITS.mpf(conf))


def check_shares_of_the_class_add_up() -> Verdict:
    j = sympy.Symbol("j", integer=True)
    total = sympy.summation(delta * r**-q, (j, 1, r**q))
    return Verdict(
        claim="Equal shares delta r^-q of the r^q nets of the class sum to delta.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(sympy.simplify(total - delta) == 0),
        evidence=f"sympy sums delta r^-q over r^q nets to {sympy.simplify(total)}.",
    )


def check_chernoff_ends_in_kl() -> Verdict:
    rate = sympy.Symbol("a", positive=True)
    exponent = s * rate + sympy.log(1 - p + p * sympy.exp(-s))
    best = sympy.log(p * (1 - rate) / (rate * (1 - p)))
    kl = rate * sympy.log(rate / p) + (1 - rate) * sympy.log((1 - rate) / (1 - p))
    slope = sympy.simplify(sympy.diff(exponent, s).subs(s, best))
    there = best * rate + sympy.log((1 - p) / (1 - rate))
    value = sympy.expand(sympy.expand_log(there + kl, force=True))
    bend = sympy.factor(sympy.diff(exponent, s, 2))
    at = sympy.together(sympy.simplify((1 - p + p * sympy.exp(-s)).subs(s, best)))
    same = sympy.simplify(at - (1 - p) / (1 - rate)) == 0
    convex = sympy.simplify(
        bend - p * (1 - p) * sympy.exp(-s) / (1 - p + p * sympy.exp(-s)) ** 2
    )
    holds = slope == value == 0 and same and convex == 0
    return Verdict(
        claim="The least Chernoff exponent of Pr[Bin(n, p) <= na] is -n kl(a, p).",
        kind=Kind.DERIVATION,
        of=("finite-class-kl",),
        truth=Truth.of(bool(holds)),
        evidence="sympy: the slope of s a + ln(1 - p + p e^-s) is 0 at e^s ="
        " p (1 - a) / (a (1 - p)), its bend is p (1-p) e^-s / (1 - p + p e^-s)^2 > 0,"
        " and there 1 - p + p e^-s = (1-p)/(1-a), which leaves -kl(a, p).",
    )


def check_hoeffding_solves_its_tail() -> Verdict:
    a = sympy.Symbol("a", positive=True)
    root = sympy.sqrt((q * sympy.log(r) - sympy.log(delta)) / (2 * n))
    tail = sympy.simplify(sympy.exp(-2 * n * root**2) - delta * r**-q)
    kl = a * sympy.log(a / p) + (1 - a) * sympy.log((1 - a) / (1 - p))
    slope = sympy.diff(kl - 2 * (p - a) ** 2, p)
    pinsker = sympy.simplify(slope - (p - a) * (1 - 2 * p) ** 2 / (p * (1 - p)))
    zero = sympy.simplify((kl - 2 * (p - a) ** 2).subs(p, a))
    return Verdict(
        claim="exp(-2 n t^2) = delta r^-q at t = sqrt((q ln r + ln(1/delta))/2n), and"
        " kl(a, p) >= 2 (p - a)^2.",
        kind=Kind.DERIVATION,
        of=("finite-class-hoeffding",),
        truth=Truth.of(tail == pinsker == zero == 0),
        evidence="sympy: the tail at t is the share; kl - 2(p-a)^2 is 0 at p = a and"
        " its slope in p is (p-a)(1-2p)^2/(p(1-p)), of the sign of p - a.",
    )


def check_the_tail_inverse_is_where_the_bound_fails() -> Verdict:
    pairs = [(m, c) for m in range(1, 7) for c in range(m)]
    good = 0
    for m, c in pairs:
        tail = sum(
            sympy.binomial(m, i) * p**i * (1 - p) ** (m - i) for i in range(c + 1)
        )
        slope = -m * sympy.binomial(m - 1, c) * p**c * (1 - p) ** (m - 1 - c)
        good += sympy.expand(sympy.diff(tail, p) - slope) == 0
    return Verdict(
        claim="Pr[Bin(n, p) <= k] falls in p, so that the risk exceeds the inverse at a"
        " share exactly when the tail at the risk is below the share.",
        kind=Kind.DERIVATION,
        of=("finite-class-binomial", "compress-then-evaluate"),
        truth=Truth.of(good == len(pairs)),
        evidence="sympy: the slope is -n C(n-1, k) p^k (1-p)^(n-1-k) in"
        f" {good} of {len(pairs)} cases k < n <= 6.",
    )


def check_binomial_is_the_inverse_at_the_share() -> Verdict:
    seen = inverses_of_tail(
        (
            (finite_class_binomial.formula(f, c), f.errors, f.trials, -_nats(f, c))
            for f, c in _cases()
        ),
        digits=12,
    )
    return Verdict(
        claim="finite-class-binomial is the tail inverse at delta r^-q.",
        kind=Kind.FORMULA,
        of=OF[:1],
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"Tails at 60 digits: {seen.words}.",
    )


def check_kl_is_the_inverse_at_its_nats() -> Verdict:
    seen = inverses_of_kl(
        (
            (
                finite_class_kl.formula(f, c),
                DIGITS.mpf(f.errors) / f.trials,
                _nats(f, c) / f.trials,
            )
            for f, c in _cases()
        ),
        digits=13,
    )
    return Verdict(
        claim="finite-class-kl is the inverse of kl at (q ln r + ln(1/delta))/n.",
        kind=Kind.FORMULA,
        of=OF[1:2],
        digits=13,
        truth=Truth.of(seen.holds),
        evidence=f"kl at 60 digits: {seen.words}.",
    )


def check_hoeffding_is_its_formula() -> Verdict:
    seen = compare(
        (
            (
                finite_class_hoeffding.formula(f, c),
                DIGITS.mpf(f.errors) / f.trials
                + DIGITS.sqrt(_nats(f, c) / (2 * f.trials)),
            )
            for f, c in _cases()
        ),
        digits=14,
    )
    return Verdict(
        claim="finite-class-hoeffding is the error rate and the root, rounded up.",
        kind=Kind.FORMULA,
        of=OF[2:],
        digits=14,
        truth=Truth.of(seen.holds),
        evidence=f"{seen.words}.",
    )


def check_without_errors_the_inverses_are_closed() -> Verdict:
    worst = 0.0
    for trials, many, conf in product((10, 500, 10**5), (0, 7, 60), (0.3, 1e-6)):
        fit = ParameterClassFit(errors=0, trials=trials, parameters=many, values=5)
        exact = 1 - DIGITS.exp(-_nats(fit, conf) / trials)
        worst = max(
            worst,
            *(
                abs(float(DIGITS.mpf(b.formula(fit, conf)) / exact - 1))
                for b in ALL[:2]
            ),
        )
    return Verdict(
        claim="Without errors the binomial and the kl bound are both"
        " 1 - (delta r^-q)^(1/n).",
        kind=Kind.LIMIT,
        of=OF[:2],
        truth=Truth.of(worst < 1e-13),
        evidence="18 classes, one net among them: worst relative difference"
        f" {worst:.1e} at 60 digits.",
    )


def check_the_three_stand_in_order() -> Verdict:
    values = [[b.formula(f, c) for b in ALL] for f, c in _cases()]
    good = sum(
        all(a <= b * (1 + 1e-13) or b >= 1 for a, b in pairwise(row)) for row in values
    )
    return Verdict(
        claim="The binomial bound is at most the kl bound, which is at most"
        " Hoeffding's.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == len(values)),
        evidence=f"In {good} of {len(values)} seeded classes, a float's width allowed.",
    )


def check_they_rise_with_the_class_and_fall_with_the_rows() -> Verdict:
    good, count = 0, 0
    for fit, conf in _cases()[:60]:
        e, m, w, v = fit.errors, fit.trials, fit.parameters, fit.values
        more = [
            (min(e + 1, m), m, w, v), (e, m, w + 1, v), (e, m, w, v + 1),
        ]  # fmt: skip
        for bound in ALL:
            here = bound.formula(fit, conf)
            above = [bound.formula(_fit(*a), conf) for a in more]
            below = bound.formula(_fit(e, m + m // 9 + 1, w, v), conf)
            good += min(above) >= here >= below and bound.formula(
                fit, conf / 2
            ) > here * (here < 1)
            count += 1
    return Verdict(
        claim="They rise with errors, q, r and 1/delta, and fall with n.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == count),
        evidence=f"One step in each argument: {good} of {count} seeded cases.",
    )


def _fit(errors: int, trials: int, parameters: int, values: int) -> ParameterClassFit:
    return ParameterClassFit(
        errors=errors, trials=trials, parameters=parameters, values=values
    )


def _fails(
    bound: int, m: int, w: int, v: int, conf: float, *, stated: int = -1
) -> tuple[float, float]:
    """Worst failure over delta, exact, of r^q independent nets, and at which risk."""
    worst = (0.0, 0.0)
    for tenth in range(1, 10):
        risk = Fraction(tenth, 10)
        most = violating(
            lambda e: ALL[bound].formula(
                _fit(e, m, w if stated < 0 else stated, v), conf
            ),
            m,
            risk,
        )
        worst = max(worst, (failure([(v**w, most)], m, risk) / conf, float(risk)))
    return worst


def check_coverage_of_classes_of_independent_nets() -> Verdict:
    grid = ((60, 3, 4, 0.05), (100, 2, 3, 0.3), (41, 1, 8, 0.01), (25, 0, 2, 0.1))
    right = [max(_fails(b, *case)[0] for case in grid) for b in range(3)]
    wrong = [max(_fails(b, *case, stated=0)[0] for case in grid) for b in range(3)]
    holds = max(right) <= 1 and min(wrong) > 1 and right[0] > 0.8 and right[1] > 0.1
    return Verdict(
        claim="Some net of the class exceeds its bound with probability at most delta.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(holds),
        evidence="r^q independent nets, up to 64, exactly: the worst failure is"
        f" {right[0]:.3f}, {right[1]:.3f} and {right[2]:.3f} delta (binomial, kl,"
        f" Hoeffding), and {wrong[0]:.1f}, {wrong[1]:.1f} and {wrong[2]:.1f} delta"
        " without the class term.",
    )


def _root(e: int, *, m: int, rows: int, conf: float) -> float:
    return e / m + math.sqrt((3 * math.log(4) - math.log(conf)) / (2 * rows))


def check_hoeffding_is_sharp_enough_to_catch_twice_the_rows() -> Verdict:
    m, conf = 400, 0.05
    bounds = (
        lambda e: finite_class_hoeffding.formula(_fit(e, m, 3, 4), conf),
        partial(_root, m=m, rows=2 * m, conf=conf),
    )
    found = [failure([(64, violating(b, m, HALF))], m, HALF) / conf for b in bounds]
    return Verdict(
        claim="Hoeffding's bound covers 64 independent fair nets, and with n doubled in"
        " its root it does not.",
        kind=Kind.TRIAL,
        of=OF[2:],
        truth=Truth.of(found[0] <= 1 < found[1]),
        evidence=f"Exactly, n = {m}: {found[0]:.3f} delta, and {found[1]:.1f} delta"
        " with 2n.",
    )


def _value(e: int, *, bound: Bound[ParameterClassFit], m: int, conf: float) -> float:
    return bound.formula(_fit(e, m, 0, 1), conf)


def check_the_class_may_be_chosen_on_the_rows() -> Verdict:
    m, conf = 100, 0.05
    most = [violating(partial(_value, bound=b, m=m, conf=conf), m, HALF) for b in ALL]
    fails = [failure([(10**4, c)], m, HALF) for c in most]
    return Verdict(
        claim="A class of one net may be chosen on the rows.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="class-fixed",
        truth=Truth.of(min(fails) <= conf),
        expected=Truth.FALSE,
        evidence=f"The best of 10^4 fair nets on {m} rows, as a class with q = 0, fails"
        f" with probability at least {min(fails):.4f}.",
    )


def check_what_does_close_theorem_2_1() -> Verdict:
    a, b, c = sympy.symbols("a b c", real=True)
    cauchy = 2 * (a**2 + b**2) - (a - b) ** 2 - (a + b) ** 2
    tight = (a - b).subs({a: c / sympy.sqrt(2), b: -c / sympy.sqrt(2)})
    norm = sympy.sqrt((a**2 + b**2).subs({a: c / sympy.sqrt(2), b: -c / sympy.sqrt(2)}))
    holds = sympy.expand(cauchy) == 0 and sympy.simplify(tight - sympy.sqrt(2) * c) == 0
    return Verdict(
        claim="A distance gamma/sqrt 2 moves a margin by at most gamma, and can; errors"
        " of gamma/2 in each output do too.",
        kind=Kind.DERIVATION,
        of=("finite-class-binomial", "arora-network"),
        truth=Truth.of(holds and sympy.simplify(norm - sympy.Abs(c)) == 0),
        evidence="sympy: (a - b)^2 = 2(a^2 + b^2) - (a + b)^2 for the errors a, b of"
        " two outputs, with equality at b = -a; and |a - b| <= |a| + |b|.",
    )
