"""What the paper and the notes say of Theorem 2.1, and sizes worked by hand."""

import math
from fractions import Fraction

import sympy

from nonvacuous.bounds.finite_class import finite_class_hoeffding, finite_class_kl
from nonvacuous.bounds.noise_stability import (
    capacity,
    convolutional_capacity,
    effective_parameters,
)
from nonvacuous.evidence import ParameterClassFit
from paper_checks._verdict import Kind, Truth, Verdict, Whose

CLASS = ("finite-class-binomial", "finite-class-kl", "finite-class-hoeffding")
OF = ("arora-network",)


def _fit(errors: int, trials: int, parameters: int, values: int) -> ParameterClassFit:
    return ParameterClassFit(
        errors=errors, trials=trials, parameters=parameters, values=values
    )


def check_the_slip_of_two_in_theorem_2_1() -> Verdict:
    gamma = Fraction(1)
    f, g = (Fraction(3, 2), Fraction(0)), (Fraction(1, 2), Fraction(1))
    near = max(abs(a - b) for a, b in zip(f, g, strict=True)) <= gamma
    margins = f[0] - f[1], g[0] - g[1]
    m, fit = 60_000, _fit(0, 60_000, 50, 16)
    bound = finite_class_hoeffding.formula(fit, 0.05)
    return Verdict(
        claim="If |f(x)[y] - g(x)[y]| <= gamma on the sample, margin errors of f at"
        " gamma bound the errors of g there, as Theorem 2.1 reads.",
        kind=Kind.FINDING,
        of=CLASS,
        whose=Whose.PAPER,
        mended="They do at 2 gamma; at gamma it takes |f - g| <= gamma/2 in each"
        " output, or a distance of at most gamma/sqrt 2; we count the errors of g"
        " itself.",
        truth=Truth.of(not (near and margins[0] > gamma and margins[1] <= 0)),
        expected=Truth.FALSE,
        evidence=f"Outputs (3/2, 0) and (1/2, 1), gamma 1: the margin {margins[0]} of f"
        f" exceeds gamma, that of g is {margins[1]}; on {m} such rows the right side"
        f" would be {bound:.3f} and the risk is 1.",
    )


def check_oracles_of_theorem_2_1() -> Verdict:
    fit = _fit(0, 60_000, 50, 16)
    pairs = (
        (finite_class_hoeffding.formula(fit, 0.05), 0.03435418077),
        (finite_class_kl.formula(fit, 0.05), 0.002357635874),
        (math.sqrt(50 * math.log(16) / 60_000), 0.04806756289),
    )
    worst = max(abs(a / b - 1) for a, b in pairs)
    return Verdict(
        claim="With q = 50, r = 16, n = 60000, no errors and delta 0.05: 0.03435418077"
        " by Hoeffding, 0.002357635874 by kl, 0.04806756289 by the paper's root.",
        kind=Kind.FINDING,
        of=CLASS[1:],
        whose=Whose.NOTES,
        truth=Truth.of(worst < 3e-10),
        evidence=f"Worst relative difference {worst:.1e}.",
    )


def check_the_papers_failure_probability() -> Verdict:
    q, r, n = sympy.symbols("q r n", positive=True)
    tau = sympy.sqrt(q * sympy.log(r) / n)
    each = sympy.simplify(sympy.exp(-2 * n * tau**2) - r ** (-2 * q))
    total = sympy.simplify(r**q * r ** (-2 * q) - r**-q)
    return Verdict(
        claim="With tau = sqrt(q ln r / n) each net fails with probability"
        " e^(-2 q ln r), and any of them with e^(-q ln r).",
        kind=Kind.FINDING,
        of=CLASS[2:],
        whose=Whose.PAPER,
        truth=Truth.of(each == total == 0),
        evidence="sympy: exp(-2 n tau^2) = r^(-2q), times r^q nets is r^-q, which is"
        " what delta is there.",
    )


def check_capacities_worked_by_hand() -> Verdict:
    root = math.sqrt
    one = effective_parameters(
        (root(122) / (5 * root(7)), root(164) / root(366)),
        (3**-0.5, 2**-0.5),
        contraction=1.0,
        largest=root(164),
        margin=1.0,
    )
    rows = ((3, 4), (3, -1))
    first, second, stretch, largest = [], [], [], []
    for x, y in rows:
        a = (x, 2 * y, x + y)
        p = tuple(max(v, 0) for v in a)
        f = (p[0] + p[2], p[1])
        first.append(math.hypot(*a) / (root(7) * math.hypot(x, y)))
        second.append(math.hypot(*f) / (root(3) * math.hypot(*p)))
        stretch.append(math.hypot(*a) / math.hypot(*p))
        largest.append(math.hypot(*f))
    both = effective_parameters(
        (min(first), min(second)),
        (3**-0.5, 2**-0.5),
        contraction=max(stretch),
        largest=max(largest),
        margin=1.0,
    )
    lemma = capacity(
        (first[0], second[0]),
        (3**-0.5, 2**-0.5),
        contraction=1.0,
        epsilon=1 / root(328),
        rows=1000,
        widest=3,
        delta=0.05,
    )
    close = all(
        abs(a / b - 1) < 1e-8
        for a, b in ((one, 5750.95082), (both, 14425.84615), (lemma, 9685265.8))
    )
    return Verdict(
        claim="The net [[1,0],[0,2],[1,1]], [[1,0,1],[0,1,0]] has capacity 5750.95082"
        " on (3, 4), 14425.84615 with (3, -1) too, and 9685265.8 with the 72.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        truth=Truth.of(close),
        evidence=f"From the definitions, in floats: {one:.5f}, {both:.5f} and"
        f" {lemma:.1f}.",
    )


def check_a_convolution_of_width_one_is_a_matrix() -> Verdict:
    layer, onward = (0.3, 0.6), (0.2, 0.5)
    plain = effective_parameters(
        layer, onward, contraction=2.0, largest=3.0, margin=0.5
    )
    one = convolutional_capacity(
        layer, onward, contraction=2.0, largest=3.0, margin=0.5, beta=1.0,
        filters=(1, 1), strides=(1, 1),
    )  # fmt: skip
    wide = convolutional_capacity(
        layer, onward, contraction=2.0, largest=3.0, margin=0.5, beta=2.0,
        filters=(5, 5), strides=(2, 2),
    )  # fmt: skip
    return Verdict(
        claim="With beta = 1 and filters of width 1 Theorem 5.1's argument is Theorem"
        " 4.1's, and beta ceil(kappa/s) enters squared.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(math.isclose(plain, one) and math.isclose(wide, 36 * plain)),
        evidence=f"{plain:.6g} and {one:.6g}; with beta 2, widths 5 and strides 2 it is"
        f" {wide / plain:.6g} times that.",
    )


def check_the_explicit_capacity() -> Verdict:
    eps, d, h, n, delta = sympy.symbols("epsilon d h n delta", positive=True)
    factor = 36 * (1 + sympy.sqrt(1 + 2 * eps)) ** 2
    slope = sympy.diff(factor, eps)
    one, two = (sympy.N(factor.subs(eps, sympy.Rational(1, 6 * v)), 30) for v in (1, 2))
    inside = sympy.simplify(2 / (delta / (2 * d**2 * h * n)) - 4 * d**2 * h * n / delta)
    rises = slope.is_positive
    return Verdict(
        claim="Our k adds up to at most d + 167.2 c^2 d^2 ln(4 d^2 h n/delta)/eps^2"
        " sum 1/(mu mu->)^2, and 155.8 for two layers or more.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        truth=Truth.of(bool(rises) and one <= 167.2 and two <= 155.8 and inside == 0),
        evidence="sympy: 36 (1 + sqrt(1 + 2 eps_i))^2 rises, and eps_i <= 1/(6d) makes"
        f" it {float(one):.2f} for d = 1 and {float(two):.2f} for d = 2; the ceilings"
        " add d.",
    )
