"""The lemma for one neuron: where 8, 3 and kappa come from."""

import sympy

from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.baykal2019coresets._letters import (
    K,
    Q,
    S,
    bernstein,
    eps,
    m,
    same,
    z,
)

eta, delta, widest, D = sympy.symbols("eta delta eta_star D", positive=True)


def check_one_draw_has_range_and_variance_3k() -> Verdict:
    s, g = sympy.symbols("s g", positive=True)
    q = s / S
    draw = z * g / (m * q)  # w_c a_c / (m q_c), with w_c a_c = z g_c
    span = draw.subs(g, 3 * K * s)
    second = q * draw**2  # summed over edges and draws; one g is at most 3 K s
    variance = m * sympy.cancel(second / g).subs(g, 3 * K * s)  # sum of the other g: 1
    good = same(span, 3 * K * S * z / m) and same(variance, 3 * K * S * z**2 / m)
    upstream = (1 + sympy.Rational(1, 2)) / (1 - sympy.Rational(1, 2))
    return Verdict(
        claim="With g_j <= 3 K s_j, one draw is at most 3 K S z / m and the sum of m"
        " draws has variance at most 3 K S z^2 / m.",
        kind=Kind.DERIVATION,
        of=("corenet-generalization",),
        truth=Truth.of(good and upstream == 3),
        evidence="sympy reduces both differences to 0; the 3 is (1 + 1/2)/(1 - 1/2).",
    )


def check_bernstein_gives_the_constant_8() -> Verdict:
    exponent = bernstein(3 * K * S * z / m, 3 * K * S * z**2 / m)
    short = same(exponent, eps**2 * m / (2 * K * S * (eps + 3)))
    at_m = sympy.simplify(exponent.subs(m, 8 * S * K * Q / eps**2))
    factor = sympy.simplify(at_m / Q)
    iff = sympy.solve_univariate_inequality(factor >= 1, eps, relational=False)
    good = short and same(factor, 4 / (3 + eps))
    within = iff.intersect(sympy.Interval.open(0, 9))
    good = good and within == sympy.Interval.Lopen(0, 1)
    return Verdict(
        claim="With m = 8 S K Q / eps^2, Q = ln(8 eta/delta), Bernstein's exponent is"
        " 4 Q / (3 + eps), which is at least Q if and only if eps <= 1.",
        kind=Kind.DERIVATION,
        of=("corenet-generalization",),
        truth=Truth.of(good),
        evidence=f"sympy: exponent eps^2 m / (2 K S (eps + 3)), at that m {factor}"
        f" times Q; it is at least 1 on (0, 9) exactly for eps in"
        f" ({within.start}, {within.end}].",
    )


def check_eight_is_tight() -> Verdict:
    exponent = bernstein(K * S * z / m, K * S * z**2 / m)  # l = 2: exact inputs
    constant = sympy.solve(
        sympy.Eq(exponent.subs(m, D * S * K * Q / eps**2), Q), D, dict=True
    )[0][D]
    good = same(constant, 2 + 2 * eps / 3)
    return Verdict(
        claim="The 8 in m cannot be lowered by the same proof.",
        kind=Kind.FINDING,
        of=("corenet-generalization",),
        whose=Whose.TEMPTING,
        mended="(2 + 2 eps / 3) (1 + r) / (1 - r), r the relative error of what enters:"
        " sharp_sample_size.",
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
        kind=Kind.DERIVATION,
        of=("corenet-generalization",),
        truth=Truth.of(
            same(bernstein + sensitivity, 3 * delta / (8 * eta))
            and same(neuron, delta / eta)
        ),
        evidence="sympy: 2 (delta/4eta + delta/8eta) + delta/4eta ="
        f" {sympy.simplify(neuron)}.",
    )


def check_kappa_is_two_deviations() -> Verdict:
    c, lam = sympy.symbols("C lambda", positive=True)  # C = 2 lambda*, |S| >= C Q
    t1, t2 = sympy.sqrt(c), c * Q
    total = same(t1 + t2, sympy.sqrt(c) * (1 + sympy.sqrt(c) * Q))
    # exponents: min(t^2/2 lambda^2, t/2 lambda) per row, worst at lambda = C/2
    quadratic = (c * Q * t1**2 / (2 * lam**2)).subs(lam, c / 2)
    linear = (c * Q * t1 / (2 * lam)).subs(lam, c / 2)
    fresh = (t2 / (2 * lam)).subs(lam, c / 2)
    enough = [same(quadratic, 2 * Q), same(linear, sympy.sqrt(c) * Q)]
    return Verdict(
        claim="kappa = sqrt(C) (1 + sqrt(C) Q) is the deviation sqrt(C) of the mean"
        " over |S| = C Q rows plus C Q for a fresh row, each failing with e^-Q when"
        " C >= 1.",
        kind=Kind.DERIVATION,
        of=("corenet-generalization",),
        truth=Truth.of(total and all(enough) and same(fresh, Q)),
        evidence="sympy, tails exp(-min(t^2/2 lambda^2, t/2 lambda)) and lambda = C/2:"
        " exponents 2 Q and sqrt(C) Q for the mean, Q for the fresh row.",
    )
