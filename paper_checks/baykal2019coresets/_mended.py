r"""A network theorem that works: moments of the noise in margins.

Let f be a ReLU net of d weight layers that is fixed, and let every edge of layer l be
kept independently with probability :math:`p_{ij}` as :math:`w_{ij}/p_{ij}`, biases
staying.  Write :math:`\zeta^l_i = \sum_j (\hat w_{ij} - w_{ij}) \hat a_j^{l-1}`, D for
the neurons active in f at x, and H for the derivatives of the margin of f's answer c
over a class k by the hidden activations.  Then

.. math:: \hat m_k - m_k = \zeta^d_c - \zeta^d_k + \sum_{l < d} H^l
          (\delta^l - D^l W^l \delta^{l-1}), \qquad
          \delta^l - D^l W^l \delta^{l-1} = D^l \zeta^l + r^l,

with :math:`0 \le r^l_i \le (|\Delta^l_i| - |z^l_i|)_+`.  Given the layers before,
:math:`D \zeta + r` is a mean :math:`\bar r \ge 0` plus independent noise of variance
at most :math:`v_i = \sum_j w_{ij}^2 (1/p_{ij} - 1) E \hat a_j^2`.  So

.. math:: \Pr[\hat m_k \le 0] \le \min_\theta\; \frac{V}{V + (1 - \theta)^2 G^2}
          + \min\Bigl(\frac{R_1}{\theta G}, \frac{R_2^2}{\theta^2 G^2}\Bigr),
          \quad G = m_k - \sum_i (H^1_i)_- E r^1_i,

with V the sum of the variances times squared slopes, :math:`R_1, R_2` the first norms
of the kinks of deeper layers, and the fourth moment :math:`E M^4 / (1-\theta)^4 G^4`
where that is less.  Summed over k it is u(x), which depends on x, f and p alone: its
mean over fresh rows, by Chernoff's bound for [0, 1], is ``poisson-coreset``.  No
assumption on sensitivities (A1) or sign complexities (A2) is made.
"""

from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import sympy

from paper_checks._verdict import Kind, Truth, Verdict
from paper_checks.baykal2019coresets._toys import bias as _bias
from paper_checks.baykal2019coresets._toys import toy as _toy

OF = ("poisson-coreset",)
p, z, t, E, mu, V = sympy.symbols("p z t E mu V", positive=True)


def _same(a: sympy.Expr, b: sympy.Expr) -> bool:
    return bool(sympy.simplify(a - b) == 0)


def check_a_kept_edge_has_these_moments() -> Verdict:
    def moment(k: int) -> sympy.Expr:
        return p * (1 / p - 1) ** k + (1 - p) * (-1) ** k

    fourth = (1 - p) * ((1 - p) ** 3 / p**3 + 1)
    good = _same(moment(1), 0) and _same(moment(2), 1 / p - 1)
    return Verdict(
        claim="An edge kept with probability p as w/p errs by w (B/p - 1), of mean 0,"
        " second moment w^2 (1/p - 1), fourth w^4 (1-p) ((1-p)^3/p^3 + 1).",
        truth=Truth.of(good and _same(moment(4), fourth)),
        evidence="sympy reduces the three differences to 0.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_fourth_moments_add_like_this() -> Verdict:
    a, b, c = (sympy.symbols(f"{n}_2 {n}_3 {n}_4") for n in "abc")
    powers = sympy.symbols("A B C")
    total = sympy.expand(sum(powers) ** 4)

    def mean(term: sympy.Expr) -> sympy.Expr:
        value = sympy.Integer(1)
        for symbol, moments in zip(powers, (a, b, c), strict=True):
            k = sympy.degree(term, symbol) if term.has(symbol) else 0
            value *= (1, 0, *moments)[k]
        return value * sympy.LC(term, *powers)

    found = sum(mean(term) for term in total.args)
    spread = a[0] + b[0] + c[0]
    wanted = 3 * spread**2 + sum(m[2] - 3 * m[0] ** 2 for m in (a, b, c))
    twin = sympy.expand((powers[0] - powers[1]) ** 4)
    other = sum(mean(term).subs(dict(zip(b, a, strict=True))) for term in twin.args)
    return Verdict(
        claim="Independent terms of mean 0 have E (sum)^4 = 3 (sum of variances)^2 +"
        " sum (E X^4 - 3 Var^2), and E (X - X')^4 = 2 E X^4 + 6 Var^2.",
        truth=Truth.of(
            sympy.expand(found - wanted) == 0
            and sympy.expand(other - 2 * a[2] - 6 * a[0] ** 2) == 0
        ),
        evidence=f"sympy expands the fourth power of three terms, {len(total.args)}"
        " monomials, those with a single factor of mean 0: both differences are 0.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_a_kink_adds_only_near_zero() -> Verdict:
    grid = [Fraction(i, 3) for i in range(-12, 13)]
    broken, zero = 0, Fraction(0)
    for s, move in product(grid, grid):
        d = s > 0
        r = max(s + move, zero) - max(s, zero) - (move if d else 0)
        broken += not 0 <= r <= max(abs(move) - abs(s), zero)
    u = sympy.symbols("u", positive=True)
    ratio = (u - t) ** 2 / u**4
    top = [x for x in sympy.solve(sympy.diff(ratio, u), u) if x != t]
    good = top == [2 * t] and _same(ratio.subs(u, 2 * t), 1 / (16 * t**2))
    return Verdict(
        claim="relu(z + D) - relu(z) is D where z > 0, else 0, plus r with 0 <= r <="
        " (|D| - |z|)_+, whose square is at most D^4 / (16 z^2).",
        truth=Truth.of(broken == 0 and good),
        evidence=f"{broken} of {len(grid) ** 2} exact cases break it, which are all of"
        " them up to scale and order; sympy: (u - t)^2/u^4 has its top 1/(16 t^2) at"
        " 2 t.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_mean_of_a_kink() -> Verdict:
    g = sympy.sqrt(z**2 + 2 * z * mu + E) - z - mu
    slope, top = (f.subs(mu, -E / (2 * z)) for f in (sympy.diff(g, mu), g))
    cube = (z**2 + 2 * z * mu + E) ** sympy.Rational(3, 2)
    bend = sympy.simplify(sympy.diff(g, mu, 2) * cube)
    return Verdict(
        claim="E r <= (sqrt(z^2 + 2 z mu + E) - z - mu)/2 with mu the mean and E the"
        " second moment of the error, concave in mu with its top E/(4 z) at"
        " mu = -E/(2 z).",
        truth=Truth.of(
            _same(slope, 0) and _same(top, E / (2 * z)) and bool(bend.is_negative)
        ),
        evidence="sympy: the derivative vanishes there, the value is E/(2 z), halved"
        f" E/(4 z); the second derivative times a positive root cubed is {bend}.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_cantelli_is_the_best_shift() -> Verdict:
    b = sympy.symbols("b", positive=True)
    shifted = (V + b**2) / (t + b) ** 2
    best = sympy.solve(sympy.diff(shifted, b), b)
    good = best == [V / t] and _same(shifted.subs(b, V / t), V / (V + t**2))
    return Verdict(
        claim="Noise of mean 0 and variance V passes t with probability at most"
        " V / (V + t^2).",
        truth=Truth.of(good),
        evidence="Markov for (M + b)^2; sympy: the best b is V/t.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def _fractions(m: np.ndarray) -> list[list[Fraction]]:
    return [[Fraction(float(v)) for v in row] for row in np.atleast_2d(m)]


def _times(m: list[list[Fraction]], a: list[Fraction]) -> list[Fraction]:
    return [sum((w * v for w, v in zip(r, a, strict=True)), Fraction(0)) for r in m]


def check_a_margin_moves_by_exactly_this() -> Verdict:
    rng, wrong, cases = Random(5), 0, 40
    for _ in range(cases):
        net = _toy((2, 3, 3, 2), rng)
        ws = [_fractions(layer.weight) for layer in net.layers]
        bs = [[Fraction(float(v)) for v in _bias(layer)] for layer in net.layers]
        hats = [[[w * rng.choice([0, 2]) for w in r] for r in m] for m in ws]
        a = hat = [Fraction(rng.randint(-9, 9)) for _ in range(2)]
        delta, terms, ds = [Fraction(0)] * 2, [], []
        for depth, (m, h, bias) in enumerate(zip(ws, hats, bs, strict=True)):
            s = [x + c for x, c in zip(_times(m, a), bias, strict=True)]
            new = [x + c for x, c in zip(_times(h, hat), bias, strict=True)]
            noise = [x - y for x, y in zip(_times(h, hat), _times(m, hat), strict=True)]
            if depth == 2:
                break
            d = [x > 0 for x in s]
            through = [
                x if on else 0 for x, on in zip(_times(m, delta), d, strict=True)
            ]
            a = [max(x, Fraction(0)) for x in s]
            hat = [max(x, Fraction(0)) for x in new]
            delta = [x - y for x, y in zip(hat, a, strict=True)]
            terms.append([x - y for x, y in zip(delta, through, strict=True)])
            ds.append(d)
        c = max(range(2), key=lambda i: s[i])
        k = 1 - c
        h2 = [x - y for x, y in zip(ws[2][c], ws[2][k], strict=True)]
        back = [x if on else Fraction(0) for x, on in zip(h2, ds[1], strict=True)]
        h1 = _times([list(col) for col in zip(*ws[1], strict=True)], back)
        said = noise[c] - noise[k]
        for slope, term in ((h1, terms[0]), (h2, terms[1])):
            said += sum(x * y for x, y in zip(slope, term, strict=True))
        wrong += said != (new[c] - new[k]) - (s[c] - s[k])
    return Verdict(
        claim="A margin moves by the noise of the outputs plus the true slopes times"
        " what each hidden layer adds to the linear map of the original's active"
        " neurons.",
        truth=Truth.of(wrong == 0),
        evidence=f"{cases} seeded nets of three weight layers in exact fractions:"
        f" {wrong} differ.",
        kind=Kind.DERIVATION,
        of=OF,
    )
