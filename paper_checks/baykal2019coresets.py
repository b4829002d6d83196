r"""Baykal et al. (2019), Data-Dependent Coresets for Compressing Neural Networks.

First part: the constant in m, and what it leans on.  Fix a neuron, the edges W of one
sign, activations a >= 0, :math:`g_j(x) = w_j a_j(x) / \sum_k w_k a_k(x)`, sensitivities
:math:`s_j = \max_{x \in S} g_j(x)`, :math:`S = \sum_j s_j`, and draw m edges with
probabilities :math:`s_j / S`; edge j keeps the weight
:math:`\hat w_j = w_j\, \mathrm{count}_j\, S / (m s_j)`.

Lemma L1: if :math:`g_j(x) \le K s_j` for all j and the activations entering are within
half of the original ones, then for :math:`\epsilon \in (0, 1)`

.. math:: m = \Bigl\lceil \frac{8 S K \ln(8\eta/\delta)}{\epsilon^2} \Bigr\rceil
          \;\Rightarrow\; \Pr[\, |\hat z - z| > \epsilon z \,] \le \frac{\delta}{4\eta},

and the event on the sensitivities costs :math:`\delta/(8\eta)` more.  Theorem T4: with
:math:`\epsilon_l = \epsilon / (2(L-1) \prod_{k \ge l} \hat\Delta^k)`, outputs are
within :math:`1 \pm \epsilon` with probability :math:`1 - \delta`, and

.. math:: \mathrm{nnz} \le \sum_l \sum_i \Bigl( \Bigl\lceil \frac{32 (L-1)^2
          (\hat\Delta^{l\to})^2 S_i^l K \ln(8\eta/\delta)}{\epsilon^2} \Bigr\rceil + 1
          \Bigr).

The statements are recalled, not read: the derivations below are ours and close.
:math:`\eta` counts the neurons of layers 2 to L; :math:`\eta^*` is the widest layer,
which in the paper leaves the input out (`check_hidden_width_closes_the_union_bound`).
"""

import math
from fractions import Fraction
from itertools import product
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.coreset import (
    kappa,
    layer_epsilons,
    network_size,
    paper_constant,
    sample_size,
    support_size,
)
from paper_checks._digits import DIGITS
from paper_checks._verdict import Truth, Verdict

S, K, z, m, eps, Q = sympy.symbols("S K z m epsilon Q", positive=True)
eta, delta, widest, D = sympy.symbols("eta delta eta_star D", positive=True)
ceil, ln = DIGITS.ceil, DIGITS.log


def _same(a: sympy.Expr, b: sympy.Expr) -> bool:
    return bool(sympy.simplify(a - b) == 0)


def _bernstein(span: sympy.Expr, variance: sympy.Expr) -> sympy.Expr:
    """Exponent of Pr[|sum| > eps z] <= 2 exp(-exponent)."""
    return (eps * z) ** 2 / (2 * variance + 2 * span * eps * z / 3)


def check_one_draw_has_range_and_variance_3k() -> Verdict:
    s, g = sympy.symbols("s g", positive=True)
    q = s / S
    draw = z * g / (m * q)  # w_c a_c / (m q_c), with w_c a_c = z g_c
    span = draw.subs(g, 3 * K * s)
    second = q * draw**2  # summed over edges and draws; one g is at most 3 K s
    variance = m * sympy.cancel(second / g).subs(g, 3 * K * s)  # sum of the other g: 1
    good = _same(span, 3 * K * S * z / m) and _same(variance, 3 * K * S * z**2 / m)
    upstream = (1 + sympy.Rational(1, 2)) / (1 - sympy.Rational(1, 2))
    return Verdict(
        claim="With g_j <= 3 K s_j, one draw is at most 3 K S z / m and the sum of m"
        " draws has variance at most 3 K S z^2 / m.",
        truth=Truth.of(good and upstream == 3),
        expected=Truth.TRUE,
        evidence="sympy reduces both differences to 0; the 3 is (1 + 1/2)/(1 - 1/2).",
    )


def check_bernstein_gives_the_constant_8() -> Verdict:
    exponent = _bernstein(3 * K * S * z / m, 3 * K * S * z**2 / m)
    short = _same(exponent, eps**2 * m / (2 * K * S * (eps + 3)))
    at_m = sympy.simplify(exponent.subs(m, 8 * S * K * Q / eps**2))
    factor = sympy.simplify(at_m / Q)
    iff = sympy.solve_univariate_inequality(factor >= 1, eps, relational=False)
    good = short and _same(factor, 4 / (3 + eps))
    within = iff.intersect(sympy.Interval.open(0, 9))
    good = good and within == sympy.Interval.Lopen(0, 1)
    return Verdict(
        claim="With m = 8 S K Q / eps^2, Q = ln(8 eta/delta), Bernstein's exponent is"
        " 4 Q / (3 + eps), which is at least Q if and only if eps <= 1.",
        truth=Truth.of(good),
        expected=Truth.TRUE,
        evidence=f"sympy: exponent eps^2 m / (2 K S (eps + 3)), at that m {factor}"
        f" times Q; it is at least 1 on (0, 9) exactly for eps in"
        f" ({within.start}, {within.end}].",
    )


def check_eight_is_tight() -> Verdict:
    exponent = _bernstein(K * S * z / m, K * S * z**2 / m)  # l = 2: exact inputs
    constant = sympy.solve(
        sympy.Eq(exponent.subs(m, D * S * K * Q / eps**2), Q), D, dict=True
    )[0][D]
    good = _same(constant, 2 + 2 * eps / 3)
    return Verdict(
        claim="The 8 in m cannot be lowered by the same proof.",
        truth=Truth.of(not (good and constant.subs(eps, 1) < 8)),
        expected=Truth.FALSE,
        evidence="Where the inputs are exact (l = 2) range and variance lack the 3, and"
        f" sympy solves exponent = Q for the constant {sympy.expand(constant)}.",
    )


def check_budget_of_a_neuron_closes() -> Verdict:
    bernstein = 2 * sympy.exp(-sympy.log(8 * eta / delta))
    sensitivity = delta / (8 * eta)
    delta_event = widest * 2 * sympy.exp(-sympy.log(8 * eta * widest / delta))
    neuron = 2 * (bernstein + sensitivity) + delta_event
    return Verdict(
        claim="Both signs and the Delta event of one neuron fail with delta/eta, and"
        " all neurons with delta.",
        truth=Truth.of(
            _same(bernstein + sensitivity, 3 * delta / (8 * eta))
            and _same(neuron, delta / eta)
        ),
        expected=Truth.TRUE,
        evidence="sympy: 2 (delta/4eta + delta/8eta) + delta/4eta ="
        f" {sympy.simplify(neuron)}.",
    )


def check_kappa_is_two_deviations() -> Verdict:
    c, lam = sympy.symbols("C lambda", positive=True)  # C = 2 lambda*, |S| >= C Q
    t1, t2 = sympy.sqrt(c), c * Q
    total = _same(t1 + t2, sympy.sqrt(c) * (1 + sympy.sqrt(c) * Q))
    # exponents: min(t^2/2 lambda^2, t/2 lambda) per row, worst at lambda = C/2
    quadratic = (c * Q * t1**2 / (2 * lam**2)).subs(lam, c / 2)
    linear = (c * Q * t1 / (2 * lam)).subs(lam, c / 2)
    fresh = (t2 / (2 * lam)).subs(lam, c / 2)
    enough = [_same(quadratic, 2 * Q), _same(linear, sympy.sqrt(c) * Q)]
    return Verdict(
        claim="kappa = sqrt(C) (1 + sqrt(C) Q) is the deviation sqrt(C) of the mean"
        " over |S| = C Q rows plus C Q for a fresh row, each failing with e^-Q when"
        " C >= 1.",
        truth=Truth.of(total and all(enough) and _same(fresh, Q)),
        expected=Truth.TRUE,
        evidence="sympy, tails exp(-min(t^2/2 lambda^2, t/2 lambda)) and lambda = C/2:"
        " exponents 2 Q and sqrt(C) Q for the mean, Q for the fresh row.",
    )


def check_layers_compose() -> Verdict:
    layer, layers = sympy.symbols("l L", positive=True)
    before = 2 * (layer - 2) * eps
    upper = (1 + 2 * (layer - 1) * eps) - (1 + eps) * (1 + before)
    lower = (1 - eps) * (1 - before) - (1 - 2 * (layer - 1) * eps)
    step = _same(upper, eps * (1 - before)) and _same(lower, eps * (1 + before))
    last = 2 * (layers - 1) * (eps / (2 * (layers - 1)))
    return Verdict(
        claim="If layer l - 1 errs by 2 (l-2) eps_l <= 1 and sampling by eps_l, the"
        " sign parts of layer l err by 2 (l-1) eps_l; so eps/(2 (L-1)) gives eps at"
        " the end.",
        truth=Truth.of(step and _same(last, eps)),
        expected=Truth.TRUE,
        evidence="sympy: the room left is eps_l (1 - 2 (l-2) eps_l) above and"
        " eps_l (1 + 2 (l-2) eps_l) below.",
    )


def check_network_size_has_constant_32() -> Verdict:
    layers = sympy.symbols("L", positive=True)
    per_row = 8 * S * K * Q / (eps / (2 * (layers - 1) * D)) ** 2
    algebra = _same(per_row, 32 * (layers - 1) ** 2 * D**2 * S * K * Q / eps**2)
    grid = [Fraction(i, 7) for i in range(1, 30)]
    signs = all(
        math.ceil(a) + math.ceil(b) <= math.ceil(a + b) + 1
        for a, b in product(grid, grid)
    )
    return Verdict(
        claim="A row keeps at most ceil(32 (L-1)^2 D^2 S K Q / eps^2) + 1 weights, both"
        " signs together.",
        truth=Truth.of(algebra and signs),
        expected=Truth.TRUE,
        evidence="sympy: 8 / (eps / (2 (L-1) D))^2; and ceil(a) + ceil(b) <="
        f" ceil(a + b) + 1 on {len(grid) ** 2} pairs of fractions.",
    )


def check_sensitivities_sum_to_at_most_edges_and_rows() -> Verdict:
    rng, broken, tight = Random(0), 0, set()
    for edges, rows in product(range(1, 6), repeat=2):
        for trial in range(20):
            terms = [[rng.randint(0, 9) for _ in range(edges)] for _ in range(rows)]
            if trial == 0:  # each row lights one edge: equality
                terms = [
                    [int(i % edges == j) for j in range(edges)] for i in range(rows)
                ]
            share = [[Fraction(t, sum(row) or 1) for t in row] for row in terms]
            total = sum(max(column) for column in zip(*share, strict=True))
            broken += total > min(edges, rows)
            if total == min(edges, rows):
                tight.add((edges, rows))
    return Verdict(
        claim="S <= min(|W|, |S|), and nothing smaller holds.",
        truth=Truth.of(broken == 0 and len(tight) == 25),
        expected=Truth.TRUE,
        evidence="s_j <= sum over S of g_j, and each row's g sum to 1; exact fractions:"
        f" {broken} of 500 instances break it, and all {len(tight)} shapes up to 5 by 5"
        " attain it.",
    )


def check_code_computes_these_formulas() -> Verdict:
    rng, low, high = Random(1), DIGITS.mpf(9), DIGITS.mpf(0)
    for _ in range(300):
        n, w, conf = (
            rng.randint(1, 10**4),
            rng.randint(1, 10**4),
            10 ** -rng.uniform(0.01, 9),
        )
        e, c = 10 ** -rng.uniform(0, 8), rng.choice([None, rng.uniform(1, 20)])
        hats = [rng.uniform(1, 500) for _ in range(rng.randint(1, 6))]
        sums = [[rng.uniform(0.1, 40) for _ in range(3)] for _ in hats]
        k = c or paper_constant(neurons=n, widest=w)
        exact_c = DIGITS.mpf(c) if c else max(DIGITS.mpf(1), ln(n * w))
        q, big_q = ln(8 * n / DIGITS.mpf(conf)), ln(8 * n * w / DIGITS.mpf(conf))
        root, layers = DIGITS.sqrt(exact_c), len(hats)
        size, tail = DIGITS.mpf(0), DIGITS.mpf(1)
        pairs: list[tuple[float, mpf]] = []
        for hat, row, got in zip(
            reversed(hats),
            reversed(sums),
            reversed(layer_epsilons(e, hats)),
            strict=True,
        ):
            tail *= hat
            pairs.append((1 / DIGITS.mpf(got), 2 * layers * tail / DIGITS.mpf(e)))
            scale = 32 * layers**2 * tail**2 * exact_c * q / DIGITS.mpf(e) ** 2
            size += sum(ceil(scale * DIGITS.mpf(x)) + 1 for x in row)
        s = rng.uniform(0.1, 40)
        draws = sample_size(s, e, conf, neurons=n, constant=k)
        pairs += [
            (float(draws), ceil(8 * DIGITS.mpf(s) * exact_c * q / DIGITS.mpf(e) ** 2)),
            (
                support_size(conf, neurons=n, widest=w, constant=c),
                ceil(exact_c * big_q),
            ),
            (
                kappa(conf, neurons=n, widest=w, constant=c),
                root * (1 + root * big_q),
            ),
            (
                network_size(
                    e,
                    conf,
                    delta_hats=hats,
                    sensitivity_sums=sums,
                    neurons=n,
                    constant=k,
                ),
                size,
            ),
        ]
        ratios = [DIGITS.mpf(ours) / theirs for ours, theirs in pairs]
        low, high = min(low, *ratios), max(high, *ratios)
    return Verdict(
        claim="sample_size, support_size, kappa, layer_epsilons and network_size"
        " compute the expressions derived here, rounded to the safe side.",
        truth=Truth.of(low >= 1 and high <= 1 + DIGITS.mpf("1e-12")),
        expected=Truth.TRUE,
        evidence="300 seeded parameter sets at 50 digits: code over formula lies in"
        f" [1 + {float(low - 1):.1e}, 1 + {float(high - 1):.1e}].",
    )


def check_hidden_width_closes_the_union_bound() -> Verdict:
    n, fan_in, conf, missed = 410, 784, 0.1, {}
    for width in (300, 784):
        one = DIGITS.exp(
            -support_size(conf, neurons=n, widest=width) / ln(n * width)
        )  # all of S misses one edge, F_j(M_j/K) = exp(-1/K')
        missed[width] = (float(fan_in * one), float(1 - (1 - one) ** fan_in))
    target = conf / (8 * n)
    return Verdict(
        claim="eta* may be the widest hidden layer, as in the paper: |S| rows then miss"
        " no edge but with probability delta/(8 eta).",
        truth=Truth.of(missed[300][1] <= target),
        expected=Truth.FALSE,
        evidence=f"784-300-100-10, delta 0.1: with eta* = 300 the union bound is"
        f" {missed[300][0]:.1e} and independent edges attain {missed[300][1]:.1e},"
        f" above {target:.1e}; with eta* = 784 it is {missed[784][0]:.1e}.",
    )


def _failure(g: list[Fraction], s: list[Fraction], draws: int, e: Fraction) -> Fraction:
    """Pr[|zhat/z - 1| > e], exactly, over every outcome of the draws for two edges."""
    total = sum(s)
    worth = [total * gj / (draws * sj) for gj, sj in zip(g, s, strict=True)]
    p, failure = s[0] / total, Fraction(0)
    for count in range(draws + 1):
        ratio = count * worth[0] + (draws - count) * worth[1]
        if abs(ratio - 1) > e:
            failure += math.comb(draws, count) * p**count * (1 - p) ** (draws - count)
    return failure


def check_lemma_holds_by_enumeration() -> Verdict:
    worst, cases, most = Fraction(0), 0, 0
    target = Fraction(1, 2) / 4  # delta = 1/2, eta = 1
    for tenth, k, e in product(range(1, 10), (1, 2), (Fraction(1, 2), Fraction(1))):
        s = [Fraction(tenth, 10), 1 - Fraction(tenth, 20)]
        draws = int(
            sample_size(float(sum(s)), float(e), 0.5, neurons=1, constant=float(k))
        )
        most = max(most, draws)
        for part in range(41):
            g = [Fraction(part, 40), 1 - Fraction(part, 40)]
            if all(gj <= 3 * k * sj for gj, sj in zip(g, s, strict=True)):
                worst, cases = max(worst, _failure(g, s, draws, e)), cases + 1
    return Verdict(
        claim="With g_j <= 3 K s_j, m draws fail with probability at most"
        " delta/(4 eta).",
        truth=Truth.of(worst <= target),
        expected=Truth.TRUE,
        evidence=f"Two edges, every outcome of up to {most} draws in exact fractions,"
        f" {cases} inputs: the worst failure is {float(worst):.1e}, against"
        f" {float(target)}.",
    )


def check_k_may_be_too_small() -> Verdict:
    s, e = [Fraction(19, 20), Fraction(1, 20)], Fraction(1, 2)
    g = [Fraction(0), Fraction(1)]  # a fresh input lights the second edge only: K = 20
    target, failures = Fraction(1, 2) / 4, []
    for k in (1.0, 20.0):
        draws = int(sample_size(1.0, 0.5, 0.5, neurons=1, constant=k))
        failures.append(float(_failure(g, s, draws, e)))
    return Verdict(
        claim="The lemma survives a K smaller than the true one.",
        truth=Truth.of(failures[0] <= target),
        expected=Truth.FALSE,
        evidence=f"Two edges, exact: where K is truly 20, using 1 fails with"
        f" probability {failures[0]:.3f} against {float(target)}, and using 20 with"
        f" {failures[1]:.1e}.",
    )
