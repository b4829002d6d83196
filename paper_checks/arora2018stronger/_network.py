"""Theorem 4.1 with every constant: its induction, its code and what it is worth."""

import math
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.noise_stability import (
    accuracies,
    arora_network,
    capacity,
    effective_parameters,
    layer_codes,
)
from nonvacuous.evidence import CushionFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._occam import failure, inverses_of_tail, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("arora-network",)
ceil, ln = DIGITS.ceil, DIGITS.log
eps, mu, on, c, d, const = sympy.symbols("epsilon mu mu_on c d A", positive=True)
n, h, delta = sympy.symbols("n h delta", positive=True)


def _step(accuracy: sympy.Expr) -> sympy.Expr:
    """What one layer's replacement adds, over eps |x^j|, with rho = 3d."""
    a, x_i, x_j, entering = sympy.symbols("a x_i x_j phi", positive=True)
    jacobian, weight = x_j / (on * x_i), x_i / (mu * entering)
    linear = a * jacobian * weight * (2 * c * entering)
    smooth = 2 * (eps * x_i) * x_j / (3 * d * x_i)
    return sympy.simplify(((linear.subs(a, accuracy)) + smooth) / (eps * x_j))


def check_six_c_d_closes_the_induction() -> Verdict:
    total = _step(eps * mu * on / (6 * c * d))
    return Verdict(
        claim="With eps_i = eps mu_i mu_i-> / (6 c d) and rho = 3d each layer adds"
        " eps/d, so that d layers add eps.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(sympy.simplify(total - 1 / d) == 0),
        evidence="sympy: a |J| |A| |v| with |v| <= 2 c |phi| is eps/(3d), and two"
        f" linearisations add 2 eps/(3d): {total} of eps.",
    )


def check_four_c_d_closes_the_induction() -> Verdict:
    total = _step(eps * mu * on / (4 * c * d))
    excess = sympy.simplify(total * d)
    return Verdict(
        claim="eps_i = eps mu_i mu_i-> / (4 c d) closes the induction, as one place of"
        " the transcription has it.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        mended="It takes 6 c d, which is what gives 36 and then 72.",
        truth=Truth.of(excess <= 1),
        expected=Truth.FALSE,
        evidence=f"sympy: d layers then add {excess} eps.",
    )


def check_thirty_six_becomes_seventy_two() -> Verdict:
    accuracy = eps * mu * on / (6 * c * d)
    each = sympy.simplify(accuracy**-2 / (c**2 * d**2 / (eps**2 * mu**2 * on**2)))
    events = 6 * d**2 * h**2 * n / delta
    ratio = sympy.simplify((n * d * h / delta) ** 2 / events)
    return Verdict(
        claim="With eta = delta/(6 d^2 h^2 n) the paper's k adds up to at most"
        " 72 c^2 d^2 ln(n d h/delta)/eps^2 sum 1/(mu mu->)^2, where n >= 6 delta.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.PAPER,
        truth=Truth.of(each == 36 and sympy.simplify(ratio - n / (6 * delta)) == 0),
        evidence=f"sympy: 1/eps_i^2 has the factor {each}, and (n d h/delta)^2 is"
        f" {ratio} times 1/eta, so that ln(1/eta) <= 2 ln(n d h/delta).",
    )


def check_levels_of_a_coefficient() -> Verdict:
    p, a, norm, bits = sympy.symbols("p a norm b", positive=True)
    step = 2 * sympy.sqrt(p) * norm / bits  # levels span 2 sqrt(p) norm
    moved = sympy.simplify(
        (step / 2 * sympy.sqrt(p)).subs(bits, 32 * p / a) / (a * norm)
    )
    entries = 2 * norm / bits / 2 * sympy.sqrt(p)
    direct = sympy.simplify(entries.subs(bits, sympy.sqrt(p) / a) / (a * norm))
    return Verdict(
        claim="32 p/a levels for each coefficient move the matrix by a/32 of its norm,"
        " and sqrt(p)/a levels for each entry move it by a.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(moved == sympy.Rational(1, 32) and direct == 1),
        evidence=f"sympy: half a step times sqrt(p) is {moved} and {direct} of a |A|_F;"
        " the 3 levels more pay for the ends.",
    )


def check_weights_of_layer_codes_sum_to_one() -> Verdict:
    b, q = sympy.symbols("b q", integer=True, positive=True)
    one = sympy.summation(6 / (sympy.pi**2 * b**2), (b, 1, sympy.oo))
    count = sympy.simplify(2 ** (q * b) * 2 ** (-q * b))
    return Verdict(
        claim="A layer's names, a bit, b and q by 6/(pi^2 b^2), 6/(pi^2 q^2) and q b"
        " bits, have weights that sum to 1, and 1/T names a seed.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(one == 1 and count == 1),
        evidence=f"sympy: sum over b of 6/(pi^2 b^2) is {one}, and 2^(qb) words of qb"
        f" bits weigh {count}.",
    )


def check_epsilon_is_half_the_margin() -> Verdict:
    gamma, largest = sympy.symbols("gamma f", positive=True)
    root = sympy.sqrt(gamma**2 / (2 * largest**2))
    ours = sympy.simplify(root * largest - gamma / sympy.sqrt(2))
    printed = sympy.simplify(gamma / (2 * largest**2) * largest - gamma / sympy.sqrt(2))
    return Verdict(
        claim="eps = gamma/(2 max |f|^2) brings outputs within gamma/sqrt 2, as the"
        " transcription prints.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        mended="eps^2 = gamma^2/(2 max |f|^2) does.",
        truth=Truth.of(not (ours == 0 and printed.subs({gamma: 1, largest: 0.1}) > 0)),
        expected=Truth.FALSE,
        evidence="sympy: eps max |f| is gamma/sqrt 2 for the square, and gamma/(2 max"
        " |f|) for the misprint, which is 5 gamma at max |f| = 0.1.",
    )


@cache
def _cases() -> tuple[tuple[CushionFit, float], ...]:
    rng, cases = Random(2), []
    for number in range(90):
        trials = int(10 ** rng.uniform(3, 7))
        wide = number % 3 == 0  # then a projection is shorter
        depth = 1 if wide else rng.randint(1, 3)
        widths = [rng.randint(1, 9) for _ in range(depth + 1)]
        if wide:
            widths = [rng.randint(10**5, 10**6), 1]
            trials *= 1000
        least = 0.9 if wide else 0.2
        fit = CushionFit(
            margin_errors=int(trials * rng.random() ** 6),
            trials=trials,
            measured=trials,
            grid_index=0 if wide else rng.randint(0, 5),
            widths=tuple(widths),
            layer_cushions=tuple(rng.uniform(least, 1) for _ in range(depth)),
            onward_cushions=tuple(rng.uniform(least, 1) * w**-0.5 for w in widths[1:]),
            contraction=1.0 if wide else rng.uniform(1, 3),
            smoothness=9.0,
            smoothness_delta=rng.choice([0.0, 0.003]),
            projection_delta=rng.uniform(1e-6, 0.004),
            seeds=rng.choice([1, 1, 17]),
        )
        cases.append((fit, rng.uniform(0.01, 0.5)))
    return tuple(cases)


def _layers(fit: CushionFit) -> list[tuple[mpf, bool]]:
    """Nats of each layer's shorter code, and whether that projects; naively."""
    depth, found = len(fit.layer_cushions), []
    j, pi2 = fit.grid_index, DIGITS.pi**2 / 6
    events = fit.seeds * fit.trials * depth**2 * max(fit.widths)
    eta = DIGITS.mpf(fit.projection_delta) / (pi2 * (j + 1) ** 2) / events
    for i, size in enumerate(a * b for a, b in pairwise(fit.widths)):
        cushions = DIGITS.mpf(fit.layer_cushions[i]) * DIGITS.mpf(
            fit.onward_cushions[i]
        )
        a = cushions / (6 * DIGITS.mpf(fit.contraction) * depth) / 2**j
        b = int(ceil(DIGITS.log(DIGITS.sqrt(size) / a + 3, 2)))
        direct = size * b * DIGITS.ln(2) + ln(pi2 * b**2)
        b = int(ceil(DIGITS.log(32 * size / a + 3, 2)))
        share = a * 31 / 32
        q = int(ceil(2 * ln(2 / eta) / (share - DIGITS.log1p(share))))
        projected = q * b * DIGITS.ln(2) + ln(pi2 * b**2) + ln(pi2 * q**2)
        found.append((min(direct, projected) + DIGITS.ln(2), projected < direct))
    return found


def check_network_bound_is_its_formula() -> Verdict:
    cases, shorter = [], 0
    for fit, conf in _cases():
        layers = _layers(fit)
        shorter += any(projected for _, projected in layers)
        left = DIGITS.mpf(conf) - fit.projection_delta - fit.smoothness_delta
        share = ln(left) - sum(nats for nats, _ in layers) - ln(fit.seeds)
        got = arora_network.formula(fit, conf)
        cases.append((got, fit.margin_errors, fit.trials, share))
    seen = inverses_of_tail(cases, digits=8)
    return Verdict(
        claim="arora-network is the tail inverse at the share that its statement"
        " names.",
        kind=Kind.FORMULA,
        of=OF,
        digits=8,
        truth=Truth.of(seen.holds and shorter > 5),
        evidence=f"{len(cases)} seeded nets, {shorter} of them with a projected layer,"
        f" tails at 60 digits: {seen.words}.",
    )


def check_accuracies_and_capacities_are_their_formulas() -> Verdict:
    pairs: list[tuple[float, mpf]] = []
    for fit, conf in _cases():
        layer, onward, c0 = fit.layer_cushions, fit.onward_cushions, fit.contraction
        depth, e = len(layer), 0.37
        products = [
            DIGITS.mpf(m) * DIGITS.mpf(o) for m, o in zip(layer, onward, strict=True)
        ]
        scale = (DIGITS.mpf(c0) * depth / DIGITS.mpf(e)) ** 2
        got = capacity(
            layer, onward, contraction=c0, epsilon=e, rows=99, widest=7, delta=conf
        )
        exact = (
            72
            * scale
            * ln(99 * depth * 7 / DIGITS.mpf(conf))
            * sum(p**-2 for p in products)
        )
        pairs.append((got * (1 + 1e-14), exact))
        got = effective_parameters(layer, onward, contraction=c0, largest=1.0, margin=e)
        pairs.append((got * (1 + 1e-14), scale * sum(p**-2 for p in products)))
        ours = accuracies(layer, onward, contraction=c0, epsilon=e)
        pairs += [
            (float(1 / DIGITS.mpf(a)), 6 * DIGITS.mpf(c0) * depth / (e * p))
            for a, p in zip(ours, products, strict=True)
        ]
    seen = compare(pairs, digits=13)
    return Verdict(
        claim="accuracies, capacity and effective_parameters are their formulas, the"
        " accuracies rounded down.",
        kind=Kind.FORMULA,
        of=OF,
        digits=13,
        truth=Truth.of(seen.holds),
        evidence=f"{seen.words}, 1e-14 allowed for the two measures.",
    )


def _one(cushion: float, k: int, rows: int, **more: float) -> CushionFit:
    """A net of one weight."""
    return CushionFit(
        margin_errors=k,
        trials=rows,
        measured=rows,
        grid_index=0,
        widths=(1, 1),
        layer_cushions=(cushion,),
        onward_cushions=(1.0,),
        contraction=1.0,
        smoothness=3.0,
        smoothness_delta=0.0,
        projection_delta=1e-6,
        seeds=int(more.get("seeds", 1)),
    )


def _bound_of_one(k: int, *, cushion: float, rows: int, conf: float) -> float:
    return arora_network.formula(_one(cushion, k, rows), conf)


def check_limits_of_the_network_bound() -> Verdict:
    good, count = 0, 0
    for fit, conf in _cases()[:60]:
        base = {name: getattr(fit, name) for name in fit.__slots__}
        here = arora_network.formula(fit, conf)
        for name, value in (
            ("margin_errors", min(fit.margin_errors + 1, fit.trials)),
            ("contraction", fit.contraction * 1.5),
            ("grid_index", fit.grid_index + 1),
            ("seeds", fit.seeds * 4),
            ("smoothness_delta", fit.smoothness_delta + 0.002),
        ):
            good += (
                arora_network.formula(CushionFit(**{**base, name: value}), conf) >= here
            )
            count += 1
    empty = arora_network.formula(_one(0.0, 0, 100), 0.5)
    rest = 0.5 - 1e-6
    (b,) = (code.bits for code in layer_codes(_one(1.0, 0, 500)))
    names = 2 * 2**b * b**2 * DIGITS.pi**2 / 6
    exact = 1 - (DIGITS.mpf(rest) / names) ** (DIGITS.mpf(1) / 500)
    close = abs(arora_network.formula(_one(1.0, 0, 500), 0.5) / exact - 1) < 1e-11
    return Verdict(
        claim="It rises with what it is said to rise with, is infinite at a cushion of"
        " 0, and for one weight and no errors it is closed.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == count and math.isinf(empty) and bool(close)),
        evidence=f"{good} of {count} steps; one weight of {b} bits is 1 minus the n-th"
        " root of delta over 2^(b+1) b^2 pi^2/6, within 1e-11.",
    )


def check_coverage_of_nets_of_one_weight() -> Verdict:
    rows, conf, half = 300, 0.3, Fraction(1, 2)
    cushions = {}
    for i in range(200):  # the cushion decides b
        cushion = 2.0 ** (-i / 16)
        (code,) = layer_codes(_one(cushion, 0, rows))
        cushions[code.bits] = cushion
    nets, free = [], []
    for b, cushion in cushions.items():
        most = violating(
            partial(_bound_of_one, cushion=cushion, rows=rows, conf=conf),
            rows,
            half,
        )
        nets.append((2**b, most))
        log_share = math.log(conf)
        tail = [k for k in range(rows // 2) if _log_half_tail(k, rows) <= log_share]
        free.append((2**b, max(tail)))
    right, wrong = failure(nets, rows, half), failure(free, rows, half)
    return Verdict(
        claim="Over all nets of one weight, of every precision, some risk exceeds its"
        " bound with probability at most delta.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(0.02 * conf < right <= conf < wrong),
        evidence=f"Precisions of {min(cushions)} to {max(cushions)} bits, each word an"
        f" independent fair net, exactly: {right / conf:.3f} delta, as a layer's first"
        f" bit is not used and the precisions left out are not either; {wrong:.2f} if"
        " the names cost nothing.",
    )


def _log_half_tail(k: int, rows: int) -> float:
    return math.log(sum(math.comb(rows, i) for i in range(k + 1))) - rows * math.log(2)
