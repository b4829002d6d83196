r"""Liebenwein et al. (2020), Provable Filter Pruning (PFP).

Nobody here could open the paper; its code was read.  For dense layers a filter is a
hidden neuron.  The sensitivity of neuron j is the largest share that it has, on S, in
any neuron and sign that reads it, :math:`s_j = \max_{i, \pm, x \in S} g_{ij}(x)`, and
:math:`S = \sum_j s_j`.  A layer draws

.. math:: m = \Bigl\lceil \frac{S K (6 + 2\epsilon) \ln(8\eta/\delta)}{\epsilon^2}
          \Bigr\rceil

neurons with chances :math:`s_j / S`, with one epsilon for all layers, and multiplies
the weights that read neuron j by :math:`\mathrm{count}_j S / (m s_j)`.  Derived: then
every reader and sign is within :math:`\epsilon` of its sum, if what enters is within
half of the original and :math:`g_{ij}(x) \le K s_j`, with

.. math:: \epsilon = b + \sqrt{b^2 + 6 b}, \qquad
          b = \frac{S K \ln(8\eta/\delta)}{m}.
"""

import math
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import sympy

from nonvacuous.compression import PFPDeterministic, PFPRandom, Rows
from nonvacuous.compression._support import bernstein_draws, bernstein_error
from nonvacuous.nets import Layer, Network
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose

S, K, Q, m, eps, b, c = sympy.symbols("S K Q m epsilon b c", positive=True)


def _one(value: float) -> np.ndarray:
    return np.array([value])


def check_six_and_two_epsilon() -> Verdict:
    z = sympy.Symbol("z", positive=True)
    half = sympy.Rational(1, 2)
    off = (1 + half) / (1 - half)  # what enters is within half
    span, variance = c * K * S * z / m, c * K * S * z**2 / m
    exponent = (eps * z) ** 2 / (2 * variance + 2 * span * eps * z / 3)
    needed = sympy.solve(sympy.Eq(exponent, Q), m)[0].subs(c, off)
    wanted = S * K * Q * (6 + 2 * eps) / eps**2
    error = b + sympy.sqrt(b**2 + 6 * b)
    back = sympy.radsimp(wanted.subs(eps, error).subs(Q, b * m / (S * K)))
    good = off == 3 and sympy.simplify(needed - wanted) == 0
    return Verdict(
        claim="6 + 2 eps is three times Bernstein's 2 + 2 eps/3, 3 = (1 + 1/2)/(1 -"
        " 1/2) for inputs off by half, and inverts to eps = b + sqrt(b^2 + 6 b).",
        kind=Kind.DERIVATION,
        truth=Truth.of(good and sympy.simplify(back - m) == 0),
        evidence=f"sympy solves exponent = Q for m = {sympy.factor(needed)}, and puts"
        " the error back.",
    )


def check_one_draw_serves_all_readers() -> Verdict:
    rng, broken, over = Random(0), 0, 0
    for _ in range(100):
        neurons, readers, rows = rng.randint(2, 5), rng.randint(1, 3), rng.randint(1, 3)
        g = []
        for _ in range(readers * rows):
            terms = [rng.randint(0, 9) for _ in range(neurons)]
            g.append([Fraction(t, sum(terms) or 1) for t in terms])
        s = [max(column) for column in zip(*g, strict=True)]
        total = sum(s)
        over += total > min(neurons, readers * rows)
        for row in g:  # m Var of a draw is at most S sum g_j^2/s_j
            second = sum(total * x * x / y for x, y in zip(row, s, strict=True) if y)
            largest = max(total * x / y for x, y in zip(row, s, strict=True) if y)
            broken += second > total or largest > total
    return Verdict(
        claim="With s_j the largest over readers, a draw has range and second moment of"
        " at most S, in units of each reader's sum, and S <= min(neurons, readers"
        " times rows).",
        kind=Kind.DERIVATION,
        truth=Truth.of(broken == over == 0),
        evidence=f"g^2/s <= g, and g sum to 1; exact fractions: {broken} readers and"
        f" {over} sums of 100 instances pass that.",
    )


def check_the_union_over_readers_fits_in_delta() -> Verdict:
    eta, delta = sympy.symbols("eta delta", positive=True)
    draws = 2 * eta * 2 * sympy.exp(-sympy.log(8 * eta / delta))
    shares = 2 * eta * delta / (8 * eta)
    total = sympy.simplify((draws + shares) / delta)
    return Verdict(
        claim="With ln(8 eta/delta), both signs of all neurons stay within epsilon on a"
        " fresh row but with probability delta, sensitivities included.",
        kind=Kind.DERIVATION,
        truth=Truth.of(total <= 1),
        evidence=f"sympy: 2 eta (2 delta/8 eta + delta/8 eta) = {total} delta.",
    )


def check_code_computes_the_error_of_the_source() -> Verdict:
    rng, pairs, apart = Random(1), [], 0.0
    for _ in range(300):
        total, draws = 10 ** rng.uniform(-3, 3), math.ceil(10 ** rng.uniform(0, 9))
        q, k = rng.uniform(1, 60), rng.uniform(1, 20)
        ours = bernstein_error(_one(total), _one(draws), log_term=q, constant=3 * k)
        x = DIGITS.mpf(total) * DIGITS.mpf(k) * q / draws
        error = x + DIGITS.sqrt(x * x + 6 * x)
        pairs.append((float(ours[0]), error))
        e = float(error)
        asked = bernstein_draws(_one(total), e, log_term=q, constant=3 * k)
        exact = DIGITS.mpf(total) * k * q * (6 + 2 * DIGITS.mpf(e)) / DIGITS.mpf(e) ** 2
        apart = max(apart, abs(float(float(asked[0]) / exact - 1)))
    agreed = compare(pairs, digits=11)
    return Verdict(
        claim="With three times K, bernstein_error is b + sqrt(b^2 + 6 b), rounded up,"
        " and bernstein_draws S K Q (6 + 2 eps)/eps^2.",
        kind=Kind.FORMULA,
        digits=11,
        truth=Truth.of(agreed.holds and apart < 1e-14),
        evidence=f"{agreed.words}; draws are off by {apart:.0e} at most.",
    )


def _made() -> tuple[Network, Rows]:
    rng = np.random.default_rng(3)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in ((10, 60), (60, 4))
    ]
    rows = Rows(rng.random((250, 10)), np.zeros(250, np.int64), "0123456789abcdef")
    return Network(layers=tuple(layers), double=True), rows


def _sensitivities(net: Network, points: np.ndarray) -> np.ndarray:
    """(rows, readers and signs, neurons): shares in every reader and sign, naively."""
    first, second = net.layers
    assert first.bias is not None
    a = np.maximum(points @ first.weight.T + first.bias, 0)
    w = np.concatenate([np.maximum(second.weight, 0), np.maximum(-second.weight, 0)])
    terms = a[:, None, :] * w
    total = terms.sum(axis=2, keepdims=True)
    shares: np.ndarray = terms / np.where(total > 0, total, 1.0)
    return shares


def check_what_pfp_draws_and_says() -> Verdict:
    net, rows = _made()
    k, delta = 2.0, 0.3
    made = PFPRandom(rows=rows, keep=0.5, delta=delta, constant=k, seed=1)
    _, report = made.explain(net)
    said = report.layers[0]
    s = _sensitivities(net, made.support(net).points).max(axis=(0, 1))
    draws = round(float(said.neurons["asked"].sum()))  # a share for each neuron
    b_k = s.sum() * k * math.log(8 * 64 / delta) / draws
    pairs = (
        (said.facts["epsilon of the source"], b_k + math.sqrt(b_k**2 + 6 * b_k)),
        (said.facts["epsilon"], b_k / 3 + math.sqrt(b_k**2 / 9 + 2 * b_k)),
    )
    apart = max(abs(ours / theirs - 1) for ours, theirs in pairs)
    return Verdict(
        claim="PFPRandom says the source's error, and the smaller one for exact inputs,"
        " of the draws that it made.",
        kind=Kind.TRIAL,
        truth=Truth.of(apart < 1e-9),
        evidence=f"A net of 60 hidden neurons, naive sensitivities, {draws} draws:"
        f" both errors agree to {apart:.0e}.",
    )


def check_what_pfp_drops_and_says() -> Verdict:
    net, rows = _made()
    made = PFPDeterministic(rows=rows, keep=0.72, delta=0.3, constant=2.0)
    small, report = made.explain(net)
    g = _sensitivities(net, made.support(net).points)
    s = g.max(axis=(0, 1))
    gone = np.argsort(s, kind="stable")[: 60 - small.sizes[1]]
    lost, total = g[:, :, gone].sum(axis=2).max(), min(2.0 * s[gone].sum(), 1.0)
    said = report.layers[0].facts
    apart = max(abs(said["epsilon on S"] - lost), abs(said["epsilon"] - total))
    return Verdict(
        claim="PFPDeterministic says the largest loss of any reader on S, and K times"
        " the sum of the dropped sensitivities, at most 1.",
        kind=Kind.TRIAL,
        truth=Truth.of(bool(apart < 1e-9 and 0 < lost <= total)),
        evidence=f"{len(gone)} of 60 hidden neurons go; naive sums give {lost:.4f} on S"
        f" and {total:.4f} beyond, {apart:.0e} from the report.",
    )


def check_draws_with_inputs_off_by_half() -> Verdict:
    q, worst, wrong = math.log(16), 0.0, 0.0  # 2 e^-Q = 1/8
    for error, tenth in product((Fraction(1, 2), Fraction(1)), range(1, 10, 2)):
        s = (Fraction(tenth, 10), 1 - Fraction(tenth, 20))
        total = sum(s, Fraction(0))
        exact = bernstein_draws(
            _one(float(total)), float(error), log_term=q, constant=3.0
        )
        for part in range(21):
            g = (Fraction(part, 20), 1 - Fraction(part, 20))
            if all(gj <= 3 * sj for gj, sj in zip(g, s, strict=True)):
                for share in (1, 10):
                    draws = math.ceil(float(exact[0]) / share)
                    p, fails = s[0] / total, Fraction(0)
                    for n in range(draws + 1):
                        ratio = (
                            total
                            / draws
                            * (n * g[0] / s[0] + (draws - n) * g[1] / s[1])
                        )
                        if abs(ratio - 1) > error:
                            ways = math.comb(draws, n)
                            fails += ways * p**n * (1 - p) ** (draws - n)
                    if share == 1:
                        worst = max(worst, float(fails))
                    else:
                        wrong = max(wrong, float(fails))
    return Verdict(
        claim="Where shares are up to three times the sensitivities, m fails with"
        " probability at most 2 e^-Q; a tenth of it does not do.",
        kind=Kind.TRIAL,
        truth=Truth.of(worst <= 0.125 < wrong),
        evidence=f"Two neurons, every outcome in exact fractions: at most {worst:.4f}"
        f" against 0.125, and {wrong:.3f} with a tenth of the draws.",
    )


def check_epsilon_falls_with_m() -> Verdict:
    ends = [
        float(bernstein_error(_one(2.0), _one(d), log_term=9.0, constant=9.0)[0])
        for d in (1.0, 10.0, 1e4, 1e12)
    ]
    less = float(bernstein_error(_one(2.0), _one(1e12), log_term=9.0, constant=3.0)[0])
    ratio = ends[-1] / less
    return Verdict(
        claim="The source's error falls with m, and is sqrt(3) times that for exact"
        " inputs in the limit.",
        kind=Kind.LIMIT,
        truth=Truth.of(ends == sorted(ends, reverse=True) and abs(ratio**2 - 3) < 1e-4),
        evidence=f"From {ends[0]:.0f} to {ends[-1]:.1e}; the ratio squared is"
        f" {ratio**2:.5f} at 10^12 draws.",
    )


def check_m_needs_a_factor_eta() -> Verdict:
    eta = sympy.Symbol("eta", positive=True)
    draws = S * K * Q * (6 + 2 * eps) / eps**2
    exponent = sympy.simplify(eps**2 * draws / (S * K * (6 + 2 * eps)))
    with_eta = sympy.simplify(eps**2 * eta * draws / (S * K * (6 + 2 * eps)))
    return Verdict(
        claim="m needs the number of neurons as a factor, as in a third-party script"
        " for PFP: (6 + 2 eps) S K eta ln(4 eta/delta)/eps^2.",
        kind=Kind.FINDING,
        whose=Whose.CODE,
        mended="eta stands inside the logarithm only, where the union bound puts it.",
        truth=Truth.of(exponent != Q),
        expected=Truth.FALSE,
        evidence=f"sympy: without it Bernstein's exponent is {exponent}, with it"
        f" {with_eta}.",
    )


def check_six_may_be_two_where_inputs_are_off() -> Verdict:
    g, others = Fraction(1, 10), Fraction(9, 10)
    half = Fraction(1, 2)
    share = g * (1 + half) / (g * (1 + half) + others * (1 - half))
    return Verdict(
        claim="A neuron's share stays within K s_j in a net whose earlier layers are"
        " pruned too.",
        kind=Kind.FINDING,
        whose=Whose.TEMPTING,
        mended="It may grow threefold where what enters is within half: the 6 in 6 + 2"
        " eps; 'epsilon' is said of readers that the original net feeds.",
        truth=Truth.of(share <= g),
        expected=Truth.FALSE,
        evidence=f"A share of {g} becomes {share} when its input errs up by half and"
        " the others down.",
    )
