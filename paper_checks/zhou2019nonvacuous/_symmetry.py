"""What the order of hidden units is worth."""

import math
from collections import Counter
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise, permutations, product
from random import Random

import sympy

from nonvacuous.bounds.occam import occam_binomial
from nonvacuous.bounds.pac_bayes import occam_binomial_symmetric, permutation_gain
from nonvacuous.bounds.pac_bayes._catoni import catoni_grid_upper
from nonvacuous.evidence import CodedFit, SymmetricFit
from paper_checks._digits import DIGITS
from paper_checks._occam import failure, inverses_of_tail, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

NAME = "occam-binomial-symmetric"
OF = (NAME,)
HALF = Fraction(1, 2)
Matrix = tuple[tuple[int, ...], ...]


def _bound(k: int, n: int, bits: int, gain: float, delta: float) -> float:
    fit = SymmetricFit(errors=k, trials=n, bits=bits, gain=gain)
    return occam_binomial_symmetric.formula(fit, delta)


def _orbit(layers: tuple[Matrix, ...]) -> int:
    """How many nets the orders of the hidden units give, by enumeration."""
    seen = set()
    for orders in product(*(permutations(range(len(w))) for w in layers[:-1])):
        before = tuple(range(len(layers[0][0])))
        net = []
        for weight, order in zip(layers, (*orders, None), strict=True):
            rows = order or tuple(range(len(weight)))
            net.append(tuple(tuple(weight[r][c] for c in before) for r in rows))
            before = rows
        seen.add(tuple(net))
    return len(seen)


def _formula(layers: tuple[Matrix, ...]) -> Fraction:
    """Product over hidden layers of h!/prod m!, from equal incoming rows."""
    return math.prod(
        (
            Fraction(
                math.factorial(len(w)),
                math.prod(math.factorial(m) for m in Counter(w).values()),
            )
            for w in layers[:-1]
        ),
        start=Fraction(1),
    )


@cache
def _nets() -> tuple[tuple[Matrix, ...], ...]:
    """Seeded nets of two hidden layers with few values, so that units coincide."""
    rng, nets = Random(5), []
    for _ in range(120):
        widths = [rng.randint(1, 2), rng.randint(1, 4), rng.randint(1, 3), 1]
        nets.append(
            tuple(
                tuple(tuple(rng.randint(0, 1) for _ in range(a)) for _ in range(b))
                for a, b in pairwise(widths)
            )
        )
    return tuple(nets)


def check_weights_of_predictors_sum_to_at_most_one() -> Verdict:
    p, q = sympy.symbols("p q", positive=True)
    good = 0
    for units in range(1, 7):
        # units of one value each, drawn with weights p and q: the sum over orbits
        total = sum(
            sympy.binomial(units, m) * p**m * q ** (units - m) for m in range(units + 1)
        )
        good += sympy.expand(total - (p + q) ** units) == 0
    return Verdict(
        claim="Weights of predictors, orbit size times 2^-|h|, sum to what the weights"
        " of all nets do.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(good == 6),
        evidence="sympy: for units of two values of weights p and q the sum over orbits"
        f" of h!/(m! (h-m)!) p^m q^(h-m) is (p + q)^h in {good} of 6 widths.",
    )


def check_the_gain_is_never_above_the_orbit() -> Verdict:
    nets = _nets()
    good = sum(_formula(net) <= _orbit(net) for net in nets)
    strict = sum(_formula(net) < _orbit(net) for net in nets)
    return Verdict(
        claim="The orbit has at least prod_l h_l!/prod_c m_lc! nets, c over equal"
        " incoming vectors.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(good == len(nets) and strict > 0),
        evidence=f"All orders of two hidden layers enumerated: {good} of {len(nets)},"
        f" and strictly more in {strict}.",
    )


def check_gain_is_its_formula() -> Verdict:
    rng, worst, high = Random(6), DIGITS.mpf(0), DIGITS.mpf(-1)
    for _ in range(100):
        layers = [
            [rng.choice([1, 1, 2, 40]) for _ in range(rng.randint(1, 300))]
            for _ in range(rng.randint(1, 3))
        ]
        exact = sum(
            DIGITS.loggamma(sum(layer) + 1) - sum(DIGITS.loggamma(m + 1) for m in layer)
            for layer in layers
        )
        got = permutation_gain(layers)
        high = max(high, got - exact)
        worst = max(worst, (exact - got) / (1 + exact))
    return Verdict(
        claim="permutation_gain is sum (ln h! - sum ln m!), rounded down.",
        kind=Kind.FORMULA,
        of=OF,
        digits=12,
        truth=Truth.of(high <= 0 and worst < 1e-12),
        evidence="100 seeded sets of multiplicities at 60 digits: never above, and at"
        f" most {float(worst):.1e} below, relatively.",
    )


def check_symmetric_bound_is_the_inverse_at_its_share() -> Verdict:
    rng, cases = Random(7), []
    for _ in range(80):
        n = int(10 ** rng.uniform(1, 6))
        k = rng.choice([0, int(n * rng.random() ** 4)])
        bits, delta = rng.randrange(n), 10 ** -rng.uniform(0.01, 12)
        gain = rng.choice([0.0, rng.uniform(0, 0.9) * bits * math.log(2), 1e9])
        log_d = DIGITS.log(DIGITS.mpf(delta))
        share = min(log_d, log_d - bits * DIGITS.ln(2) + DIGITS.mpf(gain))
        cases.append((_bound(k, n, bits, gain, delta), k, n, share))
    seen = inverses_of_tail(cases, digits=12)
    return Verdict(
        claim="occam-binomial-symmetric is the tail inverse at delta 2^-|h| e^g, and at"
        " delta where the gain is beyond the code.",
        kind=Kind.FORMULA,
        of=OF,
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"Tails at 60 digits: {seen.words}.",
    )


def check_limits_of_the_symmetric_bound() -> Verdict:
    good, count = 0, 0
    for k, n, bits, delta in product((0, 3), (90, 5000), (5, 60), (0.4, 1e-5)):
        here = _bound(k, n, bits, 2.0, delta)
        plain = occam_binomial.formula(CodedFit(errors=k, trials=n, bits=bits), delta)
        good += (
            math.isclose(_bound(k, n, bits, 0.0, delta), plain, rel_tol=1e-13)
            and math.isclose(
                _bound(k, n, bits + 1, 2 + math.log(2), delta), here, rel_tol=1e-12
            )
            and _bound(k + 1, n, bits, 2.0, delta)
            > here
            > _bound(k, n, bits, 2.1, delta)
            and _bound(k, n, bits + 1, 2.0, delta)
            > here
            > _bound(k, n + 9, bits, 2.0, delta)
        )
        count += 1
    alone = permutation_gain([[1] * 9]) > 0 == permutation_gain([[9], [1]])
    return Verdict(
        claim="Without gain it is Occam's bound, ln 2 of gain pays for a bit, equal"
        " units gain nothing, and it is monotone.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == count and alone),
        evidence=f"{good} of {count} cases.",
    )


def _units() -> tuple[tuple[int, float, int], ...]:
    """Orbits of ten units of one bit each: (predictors, gain, bits)."""
    return tuple(
        (1, permutation_gain([[m for m in (k, 10 - k) if m]]), 10) for k in range(11)
    )


def check_coverage_with_the_gain() -> Verdict:
    n, delta, right, sharp = 60, 0.5, 0.0, 0.0
    for tenth in (3, 5, 7):
        risk = Fraction(tenth, 10)
        for full in (False, True):
            nets = []
            for many, gain, bits in _units():
                g = math.lgamma(11) if full else gain
                most = violating(
                    partial(_bound, n=n, bits=bits, gain=g, delta=delta), n, risk
                )
                nets.append((many, most))
            if full:
                sharp = max(sharp, failure(nets, n, risk))
            else:
                right = max(right, failure(nets, n, risk))
    return Verdict(
        claim="Over all predictors of ten exchangeable units of one bit, some risk"
        " exceeds its bound with probability at most delta.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(0.2 * delta < right <= delta < sharp),
        evidence="11 predictors, independent, exactly: at most"
        f" {right / delta:.3f} delta, and {sharp / delta:.2f} delta if each is given ln"
        " 10!.",
    )


def check_equal_units_gain_as_much() -> Verdict:
    n, delta, bits = 200, 0.05, 16
    gain = math.lgamma(9)  # eight units, all alike: one order
    most = violating(lambda k: _bound(k, n, bits, gain, delta), n, HALF)
    fails = failure([(2**bits, most)], n, HALF)
    return Verdict(
        claim="ln h! may be claimed for units that are alike, or for a code whose"
        " length depends on their order.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="order-free-code",
        truth=Truth.of(fails <= delta),
        expected=Truth.FALSE,
        evidence=f"2^{bits} independent fair nets whose orders are one net each, with"
        f" ln 8! claimed: {fails:.3f} at delta {delta}, exactly.",
    )


def check_the_full_factorial_is_always_gained() -> Verdict:
    masses = sum(
        min(Fraction(1), Fraction(math.factorial(10), 2**10)) for _ in _units()
    )
    ours = sum(Fraction(math.comb(10, k), 2**10) for k in range(11))
    chain = (
        ((1,), (1,), (1,)),
        ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        ((1, 1, 1),),
    )
    orbit, formula = _orbit(chain), _formula(chain)
    return Verdict(
        claim="Every hidden layer gains ln h_l!, as the published program subtracts.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.CODE,
        mended="Each gains ln h! less the ln m! of units of equal incoming vectors, if"
        " the code's length does not depend on the order.",
        truth=Truth.of(masses <= 1 and orbit == 36),
        expected=Truth.FALSE,
        evidence=f"Ten units in {{0, 1}}: claimed weights, cut at 1, sum to {masses},"
        f" ours to {ours}; W1 = 1 (3x1), W2 = I, W3 = 1 has {orbit} orders of 36, and"
        f" our formula gives {formula}.",
    )


def check_mixed_multiplicities_need_one_hidden_layer() -> Verdict:
    net = (
        ((1,), (1,)),
        ((1, 0), (0, 1)),
        ((1, 1),),
    )
    outgoing = [tuple(zip(*w, strict=True)) for w in net[1:]]
    mixed = math.prod(
        (
            Fraction(
                math.factorial(len(w)),
                math.prod(
                    math.factorial(m)
                    for m in Counter(zip(w, out, strict=True)).values()
                ),
            )
            for w, out in zip(net, outgoing, strict=False)
        ),
        start=Fraction(1),
    )
    orbit = _orbit(net)
    return Verdict(
        claim="Units alike in incoming and in outgoing weights alone need be counted as"
        " alike, in nets of any depth.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.TEMPTING,
        mended="With more than one hidden layer multiplicities are those of incoming"
        " vectors.",
        truth=Truth.of(mixed <= orbit),
        expected=Truth.FALSE,
        evidence=f"W1 = 1 (2x1), W2 = I, W3 = 1: mixed multiplicities claim {mixed}"
        f" nets, there are {orbit}, and incoming vectors give {_formula(net)}.",
    )


def check_published_gains() -> Verdict:
    six = permutation_gain([[1] * 600])
    lenet = permutation_gain([[1] * 20, [1] * 50, [1] * 500]) / math.log(2)
    good = (
        abs(six - 3242.275335) < 1e-6
        and abs(six / math.log(2) - 4677.6) < 0.06
        and abs(lenet / 8192 - 0.4935) < 6e-5
    )
    return Verdict(
        claim="ln 600! is 3242.275335 nats or 4677.6 bits, and LeNet's units (20, 50,"
        " 500) are worth 0.4935 KiB.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        truth=Truth.of(good),
        evidence=f"{six:.6f} nats, {six / math.log(2):.1f} bits, {lenet / 8192:.4f}"
        " KiB.",
    )


def check_lenet_and_mobilenet() -> Verdict:
    nats = 6.23 * 8192 * math.log(2)
    gain = permutation_gain([[1] * 20, [1] * 50, [1] * 500])
    plain = catoni_grid_upper(0.015, nats, 60_000, 0.05)
    less = catoni_grid_upper(0.015, nats - gain, 60_000, 0.05)
    imagenet = catoni_grid_upper(0.35, 350 * 8192 * math.log(2), 1_281_167, 0.05)
    good = (round(plain, 4), round(less, 4), round(imagenet, 4))
    return Verdict(
        claim="LeNet-5 of 6.23 KiB and 1.5 % training error has the bound 0.4868,"
        " 0.4615 with its symmetry, and MobileNet of 350 KiB and 35 % has 0.9654.",
        kind=Kind.FINDING,
        of=("occam-catoni-grid", NAME),
        whose=Whose.NOTES,
        truth=Truth.of(good == (0.4868, 0.4615, 0.9654)),
        evidence=f"On the grid at delta 0.05: {plain:.4f}, {less:.4f} and"
        f" {imagenet:.4f}; 1281167 rows for ImageNet.",
    )
