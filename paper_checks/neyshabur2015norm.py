r"""Neyshabur, Tomioka and Srebro (2015), Norm-Based Capacity Control.

For one output, d layers and :math:`\lVert h \rVert = \prod_l \lVert W_l \rVert_F`
(recalled)

.. math:: \hat{\mathfrak R}_S \le 2^{d-1} \lVert h \rVert \max_i \lVert x_i \rVert
          / \sqrt n .

Peeling second moments costs a factor 2 for each hidden layer, hence its root in the
complexity, and several classes cost :math:`2 \sqrt{\eta^L} / \gamma` by vector
contraction (derived).  Path norms: hidden units are rescaled until the absolute weights
into each sum to 1, and those into the outputs then sum to :math:`\phi_1` (derived).
The paper writes m for n and mu for norms of groups.
"""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.norms import (
    frobenius_margin,
    golowich_margin,
    path_margin,
    row_sum_margin,
)
from nonvacuous.bounds.norms.products import frobenius_complexity
from nonvacuous.evidence import NormFit
from paper_checks._digits import DIGITS
from paper_checks._inverted import turns
from paper_checks._norms import (
    activation,
    copies,
    costs,
    coverage,
    recoded,
    signs,
    tempting,
)
from paper_checks._products import at_digits, largest_entry, path_digits
from paper_checks._verdict import Kind, Truth, Verdict, Whose

FROBENIUS, PATHS = ("frobenius-margin",), ("path-norm-margin",)
BOTH = FROBENIUS + PATHS
BOUNDS = (frobenius_margin, path_margin)
WHOSE = "the bounds of Neyshabur et al. (2015)"


def check_one_layer_costs_a_factor_of_two() -> Verdict:
    t = sympy.symbols("t", real=True)
    relu = sympy.Max(t, 0)
    split = sympy.Abs(t) ** 2 - (relu**2 + sympy.Max(-t, 0) ** 2)
    values = [sympy.simplify(split.subs(t, v)) for v in (-3, 0, sympy.Rational(5, 2))]
    d = sympy.symbols("d", integer=True, positive=True)
    root = sympy.sqrt(2 ** (d - 1)) - 2 ** ((d - 1) / 2)
    rng, broken = Random(1), 0
    for _ in range(30):
        rows = [rng.randint(-4, 4) for _ in range(5)]
        relus = peeled = Fraction(0)
        for eps in signs(5):
            sums = [_unit(eps, rows, u) for u in (-1, 1)]
            relus += max(max(0, s) ** 2 for s in sums)
            linear = sum(e * x for e, x in zip(eps, rows, strict=True))
            peeled += linear**2
        broken += relus > peeled
    return Verdict(
        claim="A norm is the larger of two signed suprema of one law, so that E g(|t|)"
        " <= 2 E g((t)_+); the ReLU's contraction costs nothing more: 2 a layer in the"
        " second moment, and 2^{(d-1)/2} in its root.",
        truth=Truth.of(not any(values) and sympy.simplify(root) == 0 and not broken),
        evidence="sympy for the split of t^2 and the root; 30 seeded samples on a line"
        f" in whole numbers, every sign: {broken} have a larger E sup (t)_+^2 after the"
        " ReLU than E t^2 before it.",
        kind=Kind.DERIVATION,
        of=FROBENIUS,
    )


def _unit(eps: tuple[int, ...], rows: list[int], u: int) -> int:
    return sum(e * max(0, u * x) for e, x in zip(eps, rows, strict=True))


def check_rescaling_makes_the_path_norm_a_product() -> Verdict:
    a, b, c, d = sympy.symbols("a b c d", positive=True)
    v, w = sympy.symbols("v w", positive=True)
    into = sympy.Matrix([[a, b], [c, d]])
    out = sympy.Matrix([[v, w]])
    sums = [sum(into.row(i)) for i in range(2)]
    inside = sympy.diag(*(1 / s for s in sums)) * into
    outside = out * sympy.diag(*sums)
    paths = sum((out * into).row(0))
    ones = all(sympy.simplify(sum(inside.row(i)) - 1) == 0 for i in range(2))
    same = sympy.simplify(outside * inside - out * into) == sympy.zeros(1, 2)
    whole = sympy.expand(sum(outside.row(0)) - paths) == 0
    s, y, k, lam = sympy.symbols("s y k lambda", positive=True)
    best = s * sympy.sqrt(2 * y * k)
    at = (k / lam + lam * y * s**2 / 2).subs(lam, sympy.sqrt(2 * k / y) / s)
    return Verdict(
        claim="After rescaling, absolute weights into each hidden unit sum to 1 and"
        " those into the output to the path norm; the best lambda gives"
        " phi_1 sqrt(2 v (d ln 2 + ln(eta^L eta^1))).",
        truth=Truth.of(ones and same and whole and sympy.simplify(at - best) == 0),
        evidence="sympy, two inputs and two hidden units of positive weights: the"
        " products along paths stay and their sum is the output's row sum.",
        kind=Kind.DERIVATION,
        of=PATHS,
    )


def _peeled(fit: NormFit) -> mpf:
    factor = DIGITS.mpf(2) ** (DIGITS.mpf(fit.layers - 1) / 2)
    root = DIGITS.sqrt(fit.classes)
    return 2 * root * factor * DIGITS.mpf(fit.row_norm) / fit.trials


def check_the_frobenius_bound_at_sixty_digits() -> Verdict:
    seen = at_digits(frobenius_margin, _peeled, 3, digits=12)
    return Verdict(
        claim="The Frobenius bound is margin error, 4 sqrt(eta^L) 2^j 2^{(d-1)/2} ||X||"
        " / n and the deviation with the grid's price, at the best rung, rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"n to 10^12, delta to 10^-200, d to 60: {seen.words}.",
        kind=Kind.FORMULA,
        of=FROBENIUS,
        digits=12,
    )


def check_the_path_bound_at_sixty_digits() -> Verdict:
    seen = at_digits(path_margin, path_digits, 4, digits=12)
    return Verdict(
        claim="The path bound is margin error, (4/n) 2^j sqrt(2 v (d ln 2 + ln(eta^L"
        " eta^1))) and the deviation, at the best rung, rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"n to 10^12, delta to 10^-200, d to 60: {seen.words}.",
        kind=Kind.FORMULA,
        of=PATHS,
        digits=12,
    )


def check_limits_and_order() -> Verdict:
    wrong = steps = 0
    for bound in BOUNDS:
        deep = replace(bound.example, layers=9, norm=40.0)
        some, more = turns(bound, [bound.example, deep], (0.05, 0.5), slack=1e-12)
        wrong, steps = wrong + some, steps + more
    shallow = replace(frobenius_margin.example, layers=1)
    alike = [b.formula(shallow, 0.05) for b in (frobenius_margin, golowich_margin)]
    sums = replace(path_margin.example, kind="row-sums")
    same = path_margin.formula(path_margin.example, 0.05) == row_sum_margin.formula(
        sums, 0.05
    )
    none = replace(frobenius_margin.example, norm=0.0, margin_errors=0, trials=10**12)
    return Verdict(
        claim="Both bounds move as recorded; one layer costs nothing by peeling, and"
        " paths and row sums have one formula.",
        truth=Truth.of(
            wrong == 0
            and alike[0] < alike[1]
            and same
            and frobenius_margin.formula(none, 0.05) < 1e-4
        ),
        evidence=f"{steps} steps, {wrong} the wrong way; at d = 1 {alike[0]:.3f} beside"
        f" {alike[1]:.3f} with kappa(0); a net of norm 0 without errors has at most"
        f" {frobenius_margin.formula(none, 0.05):.1e} at 10^12 rows.",
        kind=Kind.LIMIT,
        of=BOTH,
    )


def check_second_moments_by_enumeration() -> Verdict:
    broken, shares = 0, []
    for rows in ((1,) * 10, (1,) * 6 + (-1,) * 6, (3, 2, 1, -1, -2, -3), (5, -4)):
        squares = [
            max(_unit(eps, list(rows), u) ** 2 for u in (-1, 1))
            for eps in signs(len(rows))
        ]
        moment = Fraction(sum(squares), len(squares))
        size = sum(x * x for x in rows)
        broken += moment > 2 * size
        shares.append(float(moment / size))
    rng, linear = Random(2), 0.0
    for _ in range(10):  # one layer, two classes, rows in the plane
        rows2 = [(rng.randint(-3, 3), rng.randint(-3, 3)) for _ in range(4)]
        size = sum(x * x + y * y for x, y in rows2)
        if not size:
            continue
        total = 0
        for eps in product(signs(4), repeat=2):
            for one in eps:
                for j in (0, 1):
                    total += sum(e * r[j] for e, r in zip(one, rows2, strict=True)) ** 2
        linear = max(linear, abs(total / 4**4 / (2 * size) - 1))
    return Verdict(
        claim="E T^2 is at most 2 ||X||^2 after one ReLU layer, and equal to eta^L"
        " ||X||^2 for a linear layer of eta^L classes.",
        truth=Truth.of(broken == 0 and max(shares) > 0.999 and linear == 0),
        evidence=f"Four samples on a line and ten in the plane, every sign: {broken}"
        f" break it, E T^2 reaches {max(shares):.3f} ||X||^2, and the linear layer is"
        f" off by {linear:g}.",
        kind=Kind.TRIAL,
        of=FROBENIUS,
    )


def check_the_path_complexity_by_enumeration() -> Verdict:
    broken, shares = 0, []
    for rows in ((1,) * 9, (1,) * 5 + (-1,) * 5, (2, 1, 1, -1, -1, -2), (1,)):
        v = sum(x * x for x in rows)
        total = 0
        for eps in signs(len(rows)):
            total += max(abs(_unit(eps, list(rows), u)) for u in (-1, 1))
        mean = total / 2 ** len(rows)
        shares.append(mean / math.sqrt(2 * v * 2 * math.log(2)))
        broken += shares[-1] > 1
    return Verdict(
        claim="Two layers of path norm 1 on a line have E sup |sum| at most"
        " sqrt(2 v 2 ln 2), and half of that would be too small.",
        truth=Truth.of(broken == 0 and max(shares) > 0.5),
        evidence=f"Four samples, every sign: {broken} break it, the largest is"
        f" {max(shares):.3f} of the bound.",
        kind=Kind.TRIAL,
        of=PATHS,
    )


def check_coverage_in_a_world_of_two_inputs() -> Verdict:
    return coverage(BOUNDS, WHOSE + " lie")


def check_rows_may_be_copies() -> Verdict:
    return copies(BOUNDS, WHOSE)


def check_an_error_may_cost_more() -> Verdict:
    return costs(BOUNDS, "a bound of Neyshabur et al. (2015)")


def check_features_may_be_made_from_the_labels() -> Verdict:
    return recoded(BOUNDS, WHOSE)


def check_any_activation_may_do() -> Verdict:
    return activation(BOUNDS, WHOSE)


def check_any_norm_may_do() -> Verdict:
    return tempting(
        "The path or Frobenius norm may be the largest weight of each layer.",
        "this-norm",
        [(bound, largest_entry(bound)) for bound in BOUNDS],
        "A table of coin labels for inputs that are unit vectors has weights 1 and -1",
    )


def _paths(net: list[list[list[int]]], power: int) -> int:
    """Sum over paths of the product of weights' powers, by listing them."""
    first, second = net
    return sum(
        abs(out[j] * first[j][i]) ** power
        for out in second
        for j in range(len(first))
        for i in range(len(first[j]))
    )


def check_the_noted_values() -> Verdict:
    net = [[[1, 0], [0, 2], [1, 1]], [[1, 0, 1], [0, 1, 0]]]
    each = tuple(_paths([net[0], [out]], 1) for out in net[1])
    second = math.sqrt(_paths(net, 2))
    bound = frobenius_complexity(math.sqrt(21), 5.0, 1000, 2)
    good = each == (3, 2) and abs(second - 2.645751311) < 1e-9
    return Verdict(
        claim="The net of the notes has a complexity of 1.449137675, path norms 3 and 2"
        " of its outputs, and phi_2 = 2.645751311.",
        truth=Truth.of(good and abs(bound - 1.449137675) < 1e-9),
        evidence=f"Paths listed one by one: {each}, {second:.9f}; complexity"
        f" {bound:.9f}.",
        kind=Kind.FINDING,
        of=BOTH,
        whose=Whose.NOTES,
    )


def check_the_power_of_two_is_needed() -> Verdict:
    d = 6
    ours, theirs = 2 ** ((d - 1) / 2), 2 ** (d - 1)
    return Verdict(
        claim="Peeling the first moment, at 2^{d-1}, is the best that peeling gives.",
        truth=Truth.of(ours >= theirs),
        expected=Truth.FALSE,
        evidence=f"Of six layers the second moment asks for {ours:.3f} and the first"
        f" for {theirs}.",
        kind=Kind.FINDING,
        of=FROBENIUS,
        whose=Whose.TEMPTING,
        mended="The second moment is peeled, at a factor 2 for its square.",
    )
