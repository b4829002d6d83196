r"""Baykal et al. (2022), Sensitivity-Informed Provable Pruning (SiPP).

Nobody here could open the paper; its code was read.  What follows is derived, for one
neuron and the edges of one sign, with :math:`g_j(x) = w_j a_j(x) / \sum_k w_k a_k(x)`,
sensitivities :math:`s_j = \max_{x \in S} g_j(x)`, :math:`S = \sum_j s_j`, K such that
:math:`g_j(x) \le K s_j`, and z the sum of the terms.

Drawn m times with chances :math:`s_j / S` and reweighted:

.. math:: \Pr[\, |\hat z - z| > \epsilon z \,] \le 2 \frac{\delta}{8\eta}, \quad
          \epsilon = \tfrac b3 + \sqrt{\tfrac{b^2}9 + 2 b}, \quad
          b = \frac{S K \ln(8\eta/\delta)}{m}.

Cut to the largest sensitivities, without reweighting:

.. math:: z - \hat z \le \min\Bigl(1,\; K \sum_{dropped} s_j \Bigr) z.
"""

import math
from fractions import Fraction
from itertools import pairwise, product
from random import Random

import numpy as np
import sympy

from nonvacuous.compression import Rows, SiPPDeterministic
from nonvacuous.compression._support import bernstein_draws, bernstein_error
from nonvacuous.nets import Layer, Network
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose

S, K, Q, m, eps, b = sympy.symbols("S K Q m epsilon b", positive=True)


def _one(value: float) -> np.ndarray:
    return np.array([value])


def check_the_error_inverts_bernstein() -> Verdict:
    z = sympy.Symbol("z", positive=True)
    span, variance = K * S * z / m, K * S * z**2 / m
    exponent = (eps * z) ** 2 / (2 * variance + 2 * span * eps * z / 3)
    error = b / 3 + sympy.sqrt(b**2 / 9 + 2 * b)
    at = exponent.subs(eps, error).subs(b, S * K * Q / m)
    draws = S * K * Q * (2 + 2 * eps / 3) / eps**2
    back = sympy.simplify(exponent.subs(m, draws))
    gap = sympy.simplify(sympy.radsimp(at) - Q)
    return Verdict(
        claim="With draws of range and variance K S z/m and K S z^2/m, Bernstein's"
        " exponent is Q at eps = b/3 + sqrt(b^2/9 + 2 b), b = S K Q/m, and at m = S K Q"
        " (2 + 2 eps/3)/eps^2.",
        kind=Kind.DERIVATION,
        truth=Truth.of(gap == 0 and back == Q),
        evidence="sympy reduces the exponent to Q both ways.",
    )


def check_what_is_dropped_is_what_is_lost() -> Verdict:
    rng, broken, most = Random(0), 0, Fraction(0)
    for _ in range(200):
        edges, rows = rng.randint(2, 6), rng.randint(1, 4)
        terms = [[rng.randint(1, 9) for _ in range(edges)] for _ in range(rows)]
        g = [[Fraction(t, sum(row)) for t in row] for row in terms]
        s = [max(column) for column in zip(*g, strict=True)]
        order = sorted(range(edges), key=lambda j: s[j])
        gone = order[: rng.randint(1, edges)]
        bound = sum(s[j] for j in gone)
        for row in terms:
            lost = Fraction(sum(row[j] for j in gone), sum(row))
            broken += lost > min(bound, 1)
            most = max(most, lost / bound)
    return Verdict(
        claim="A part that is cut loses the sum of the dropped shares, at most the sum"
        " of the dropped sensitivities on S and K times it where g_j <= K s_j, and"
        " never more than 1; one row attains it.",
        kind=Kind.DERIVATION,
        truth=Truth.of(broken == 0 and most == 1),
        evidence=f"z - zhat = z sum g_j; exact fractions: {broken} rows of 200 cases"
        f" lose more, and the largest loss is {most} times the bound.",
    )


def check_code_computes_the_error() -> Verdict:
    rng, pairs, apart = Random(1), [], 0.0
    for _ in range(300):
        total, draws = 10 ** rng.uniform(-3, 3), math.ceil(10 ** rng.uniform(0, 9))
        q, k = rng.uniform(1, 60), rng.uniform(1, 20)
        ours = bernstein_error(_one(total), _one(draws), log_term=q, constant=k)
        x = DIGITS.mpf(total) * k * q / draws
        pairs.append((float(ours[0]), x / 3 + DIGITS.sqrt(x * x / 9 + 2 * x)))
        error = pairs[-1][1]
        asked = bernstein_draws(_one(total), float(error), log_term=q, constant=k)
        apart = max(apart, abs(float(asked[0]) / draws - 1))
    agreed = compare(pairs, digits=11)
    return Verdict(
        claim="bernstein_error is the derived error, rounded up, and bernstein_draws"
        " its inverse, to 12 digits.",
        kind=Kind.FORMULA,
        digits=11,
        truth=Truth.of(agreed.holds and apart < 1e-12),
        evidence=f"{agreed.words}; the inverse is off by {apart:.0e} at most.",
    )


def check_the_error_falls_like_one_over_root_m() -> Verdict:
    ends = [
        float(bernstein_error(_one(1.0), _one(d), log_term=9.0, constant=3.0)[0])
        for d in (1.0, 2.0, 1e3, 1e6, 1e12)
    ]
    limit = ends[-1] / math.sqrt(2 * 27 / 1e12)
    without = bernstein_error(_one(1.0), _one(0.0), log_term=9.0, constant=3.0)[0]
    good = all(x > y for x, y in pairwise(ends))
    return Verdict(
        claim="The error falls with m, like sqrt(2 S K Q/m) in the limit, and is 1"
        " without a draw.",
        kind=Kind.LIMIT,
        truth=Truth.of(good and abs(limit - 1) < 1e-5 and 1 <= without < 1 + 1e-11),
        evidence=f"From {ends[0]:.1f} at one draw to {limit:.6f} times that root at"
        f" 10^12; {without:.1f} without.",
    )


def check_draws_by_enumeration() -> Verdict:
    target, worst, wrong, cases = Fraction(1, 8), 0.0, 0.0, 0
    q = math.log(2 / float(target))
    for draws, tenth in product((3, 10, 40), range(1, 10)):
        s = (Fraction(tenth, 10), 1 - Fraction(tenth, 20))
        total = sum(s)
        error = bernstein_error(_one(float(total)), _one(draws), log_term=q, constant=1)
        for part in range(21):
            g = (Fraction(part, 20), 1 - Fraction(part, 20))
            if all(gj <= sj for gj, sj in zip(g, s, strict=True)):
                fails = [
                    _failure(g, s, draws, Fraction(float(error[0])) / cut)
                    for cut in (1, 4)
                ]
                worst, wrong = max(worst, fails[0]), max(wrong, fails[1])
                cases += 1
    return Verdict(
        claim="m draws err by more than the error with probability at most 2 e^-Q; not"
        " so for a quarter of it.",
        kind=Kind.TRIAL,
        truth=Truth.of(worst <= target < wrong),
        evidence=f"Two edges, every outcome in exact fractions, {cases} inputs: at most"
        f" {worst:.4f} against {float(target)}, and {wrong:.3f} at a quarter.",
    )


def _failure(
    g: tuple[Fraction, ...], s: tuple[Fraction, ...], draws: int, error: Fraction
) -> float:
    """Pr[|zhat/z - 1| > error] for two edges."""
    total, failure = sum(s, Fraction(0)), Fraction(0)
    p = s[0] / total
    for count in range(draws + 1):
        ratio = total / draws * (count * g[0] / s[0] + (draws - count) * g[1] / s[1])
        if abs(ratio - 1) > error:
            failure += math.comb(draws, count) * p**count * (1 - p) ** (draws - count)
    return float(failure)


def _small() -> tuple[Network, Rows]:
    rng = np.random.default_rng(2)
    layer = Layer(weight=rng.normal(size=(4, 30)), bias=rng.normal(size=4))
    x = rng.random((150, 30))
    rows = Rows(x, np.zeros(150, np.int64), "0123456789abcdef")
    return Network(layers=(layer,), double=True), rows


def _shares(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    terms = x[:, None, :] * weight
    total = terms.sum(axis=2, keepdims=True)
    shares: np.ndarray = terms / np.where(total > 0, total, 1.0)
    return shares


def check_what_sipp_reports_is_what_it_loses_and_k_times_the_sum() -> Verdict:
    net, rows = _small()
    made = SiPPDeterministic(rows=rows, keep=0.4, delta=0.5, constant=3.0)
    small, report = made.explain(net)
    support = made.support(net)
    gaps, loose = [], []
    for sign in (0, 1):
        weight = np.maximum(net.layers[0].weight * (-1) ** sign, 0)
        dropped = (small.layers[0].weight == 0) & (weight > 0)
        g = _shares(weight, support.points)
        lost = (g * dropped).sum(axis=2).max(axis=0)
        total = np.minimum(3 * (g.max(axis=0) * dropped).sum(axis=1), 1)
        said = report.layers[0].neurons
        gaps.append(said["epsilon on S"][:, sign] - lost)
        loose.append(said["epsilon"][:, sign] - total)
    both = np.abs(np.concatenate([gaps, loose]))
    return Verdict(
        claim="SiPPDeterministic reports the largest loss on S, and K times the sum of"
        " the dropped sensitivities, at most 1, on a fresh row.",
        kind=Kind.TRIAL,
        truth=Truth.of(bool(both.max() < 1e-10) and bool(np.min(loose) > -1e-14)),
        evidence="Naive sums over S for 4 neurons and both signs differ from the report"
        f" by at most {both.max():.0e}.",
    )


def check_the_allocator_of_the_authors_code_is_bernsteins() -> Verdict:
    leading = (1 + 2 * eps / 3) / (2 + 2 * eps / 3)  # of the exponent that is needed
    small = sympy.limit(leading, eps, 0)
    big_q = 8 * math.log(10)
    ratio = float(2 * sympy.exp(-float(small) * big_q) / (2 * sympy.exp(-big_q)))
    return Verdict(
        claim="The allocator of the authors' code, C S Q (1 + 2 eps/3)/eps^2, is the m"
        " of Bernstein's inequality.",
        kind=Kind.FINDING,
        whose=Whose.CODE,
        mended="2 + 2 eps/3 in place of 1 + 2 eps/3: bernstein_draws.",
        truth=Truth.of(sympy.simplify(leading - 1) == 0),
        expected=Truth.FALSE,
        evidence=f"sympy: the exponent is {sympy.factor(leading)} Q, half of it as eps"
        f" -> 0, so that a failure of 1e-8 becomes {ratio:.0e} times as likely.",
    )


def check_the_sum_of_dropped_sensitivities_holds_beyond_s() -> Verdict:
    s = (Fraction(19, 20), Fraction(1, 20))
    lost = Fraction(1)  # a fresh row lights the dropped edge only: its g is 1
    return Verdict(
        claim="On a fresh row a part that is cut loses at most the sum of the dropped"
        " sensitivities.",
        kind=Kind.FINDING,
        whose=Whose.TEMPTING,
        mended="K times that sum, if g_j <= K s_j (A1); on S the sum itself.",
        truth=Truth.of(lost <= s[1]),
        expected=Truth.FALSE,
        evidence=f"Sensitivities {s[0]} and {s[1]}; without the second, a row that"
        f" lights it alone loses {lost}, {lost / s[1]} times the sum.",
    )
