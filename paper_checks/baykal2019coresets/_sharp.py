"""Fewer draws by the same proof: what sharp_sample_size and its relatives rest on."""

from fractions import Fraction
from itertools import product
from random import Random

import sympy

from nonvacuous.bounds.coreset import (
    layer_epsilons,
    network_size,
    sample_size,
    sharp_entering_errors,
    sharp_layer_epsilons,
    sharp_network_size,
    sharp_sample_size,
)
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.baykal2019coresets._letters import (
    K,
    Q,
    S,
    bernstein,
    eps,
    failure,
    m,
    same,
    z,
)

ceil, ln = DIGITS.ceil, DIGITS.log
D, c, e, rho, T, r = sympy.symbols("D c e rho T r", positive=True)


def check_an_error_of_r_puts_c_where_the_paper_has_3() -> Verdict:
    w, a, rest = sympy.symbols("w a rest", positive=True)
    share = w * a / (w * a + rest)  # g_j, and the largest that it can become
    worst = w * a * (1 + r) / (w * a * (1 + r) + rest * (1 - r))
    room = sympy.factor((1 + r) / (1 - r) * share - worst)
    within = sympy.simplify(
        room * (1 - r) * (a * w + rest) * (w * a * (1 + r) + rest * (1 - r))
    )
    exponent = bernstein(c * K * S * z / m, c * K * S * z**2 / m)
    (needed,) = sympy.solve(sympy.Eq(exponent.subs(m, D * S * K * Q / eps**2), Q), D)
    positive = same(within, 2 * a**2 * w**2 * r * (1 + r))
    return Verdict(
        claim="Where what enters is within r < 1, the share of an edge grows by at most"
        " c = (1 + r)/(1 - r), and m = c (2 + 2 eps/3) S K Q / eps^2 makes Bernstein's"
        " exponent Q.",
        kind=Kind.DERIVATION,
        truth=Truth.of(positive and same(needed, c * (2 + 2 * eps / 3))),
        evidence="sympy: c g_j less the largest share is a positive multiple of"
        f" {within}, and solving exponent = Q gives {sympy.factor(needed)}.",
    )


def check_errors_compose_to_one_plus_e() -> Verdict:
    n, i = sympy.symbols("n i", positive=True)  # n = L - 1, i = l - 2
    before = rho / (D * T)  # D is Delta-hat of layer l, T the product of later ones
    after = D * ((1 + e / (D * T)) * (1 + before) - 1) * T
    step = same(after, rho + e + e * rho / (D * T))
    room = sympy.simplify(rho * (1 + e) + e - after)  # at least 0 where D T >= 1
    step = step and same(room, e * rho * (1 - 1 / (D * T)))
    claim = (1 + e) ** i - 1
    grown = sympy.expand(claim * (1 + e) + e - ((1 + e) ** (i + 1) - 1))
    last = ((1 + e) ** n - 1).subs(e, (1 + eps) ** (1 / n) - 1)
    good = step and same(grown, 0) and same(last, eps)
    return Verdict(
        claim="With eps_l = e / Dhat^(l->), rho_l <= rho_(l-1) (1 + e) + e where"
        " Dhat >= 1, so that rho_L <= (1 + e)^(L-1) - 1, which is eps at e ="
        " (1 + eps)^(1/(L-1)) - 1.",
        kind=Kind.DERIVATION,
        truth=Truth.of(good),
        evidence=f"sympy: the room in a step is {sympy.factor(room)}; (1 + e)^i - 1"
        " goes to (1 + e)^(i+1) - 1, and the end reduces to eps.",
    )


def check_what_enters_is_within_less_than_epsilon() -> Verdict:
    share = sympy.Symbol("t", positive=True)  # (l-2)/(L-1) < 1
    power = (1 + eps) ** share - 1
    bend = sympy.simplify(sympy.diff(power, share, 2) / (1 + eps) ** share)
    ends = (power.subs(share, 0), sympy.simplify(power.subs(share, 1)))
    convex = same(bend, sympy.log(1 + eps) ** 2)
    worst = max(
        (r / e, r)
        for layers, e in product((1, 2, 5, 100), (1e-9, 0.3, 1.0))
        for r in sharp_entering_errors(e, [1.0] * layers)
    )
    return Verdict(
        claim="The condition r < 1 needs no more than eps <= 1 and Dhat >= 1: r_(l-1)"
        " is at most eps (l-2)/(L-1).",
        kind=Kind.DERIVATION,
        truth=Truth.of(convex and ends == (0, eps) and worst[0] < 1),
        evidence="sympy: (1 + eps)^t - 1 is convex in t, 0 at 0 and eps at 1, so below"
        f" t eps between; the code's r stays below {worst[0]:.4f} eps without any"
        " Delta-hat.",
    )


def check_sharp_sizes_are_these_formulas() -> Verdict:
    rng, pairs = Random(2), []
    for _ in range(200):
        n, conf = rng.randint(1, 10**4), 10 ** -rng.uniform(0.01, 12)
        epsilon, k = 10 ** -rng.uniform(0, 8), rng.uniform(1, 20)
        low = rng.choice([1, 2, 200])
        hats = [rng.uniform(low, 500) for _ in range(rng.randint(1, 7))]
        sums = [[rng.uniform(0.1, 40) for _ in range(3)] for _ in hats]
        q, size = ln(8 * n / DIGITS.mpf(conf)), DIGITS.mpf(0)
        base = 1 + DIGITS.mpf(epsilon)
        e = base ** (DIGITS.mpf(1) / len(hats)) - 1
        found = zip(
            sharp_layer_epsilons(epsilon, hats),
            sharp_entering_errors(epsilon, hats),
            strict=True,
        )
        for i, (ours, entering) in enumerate(found):
            later = DIGITS.fprod(map(DIGITS.mpf, hats[i:]))
            r = ((1 + e) ** i - 1) / later
            pairs.append((1 / DIGITS.mpf(ours), later / e))
            if i:
                pairs.append((entering, r))
            share = (1 + r) / (1 - r) * (2 + 2 * (e / later) / 3)
            draws = [DIGITS.mpf(s) * k * q * share / (e / later) ** 2 for s in sums[i]]
            size += sum(ceil(each) + 1 for each in draws)
            own = 2 + 2 * DIGITS.mpf(ours) / 3
            own *= (1 + DIGITS.mpf(entering)) / (1 - DIGITS.mpf(entering))
            exact = DIGITS.mpf(sums[i][0]) * k * q * own / DIGITS.mpf(ours) ** 2
            m_ours = sharp_sample_size(
                sums[i][0], ours, conf, entering=entering, neurons=n, constant=k
            )
            pairs.append((float(m_ours), ceil(exact)))
        pairs.append(
            (
                sharp_network_size(
                    epsilon,
                    conf,
                    delta_hats=hats,
                    sensitivity_sums=sums,
                    neurons=n,
                    constant=k,
                ),
                size,
            )
        )
    agreed = compare(pairs, digits=12)
    return Verdict(
        claim="sharp_layer_epsilons, sharp_entering_errors, sharp_sample_size and"
        " sharp_network_size compute the expressions derived here, rounded outward.",
        kind=Kind.FORMULA,
        digits=12,
        truth=Truth.of(agreed.holds),
        evidence=f"{agreed.words}.",
    )


def check_sharp_sizes_are_never_above_the_published() -> Verdict:
    rng, broken, least, most = Random(3), 0, 99.0, 0.0
    for _ in range(400):
        n, conf, k = rng.randint(1, 9999), 10 ** -rng.uniform(0.01, 9), 4.0
        e = rng.choice([1.0, rng.random() or 1.0, 10 ** -rng.uniform(0, 6)])
        hats = [
            rng.choice([2.0, rng.uniform(2, 300)]) for _ in range(rng.randint(1, 9))
        ]
        sums = [[rng.uniform(0.1, 40)] for _ in hats]
        for old, new, r in zip(
            layer_epsilons(e, hats),
            sharp_layer_epsilons(e, hats),
            sharp_entering_errors(e, hats),
            strict=True,
        ):
            before = float(sample_size(1.0, old, conf, neurons=n, constant=k))
            after = float(
                sharp_sample_size(1.0, new, conf, entering=r, neurons=n, constant=k)
            )
            broken += int(after > before)
            least, most = min(least, before / after), max(most, before / after)
        sizes = [
            size(
                e,
                conf,
                delta_hats=hats,
                sensitivity_sums=sums,
                neurons=n,
                constant=k,
            )
            for size in (network_size, sharp_network_size)
        ]
        broken += int(sizes[1] > sizes[0])
    three = (1 + sympy.Rational(1, 2)) / (1 - sympy.Rational(1, 2))
    at_most = three * (2 + sympy.Rational(2, 3))
    return Verdict(
        claim="Where every Delta-hat is at least 2, as kappa makes it, no sharp size is"
        " above the published one.",
        kind=Kind.LIMIT,
        truth=Truth.of(broken == 0 and at_most == 8 and least > 1),
        evidence="r <= eps/2 <= 1/2 makes c at most 3 and c (2 + 2 eps/3) at most"
        f" {at_most}; over 400 seeded nets {broken} sizes are above, and the draws fall"
        f" by factors from {least:.2f} to {most:.2f}.",
    )


def check_the_share_of_a_layer_grows_by_1_39_to_2() -> Verdict:
    n = sympy.Symbol("n", positive=True)
    ratio = ((1 + eps) ** (1 / n) - 1) / (eps / (2 * n))
    small = sympy.limit(ratio, eps, 0)
    deep = sympy.limit(ratio.subs(eps, 1), n, sympy.oo)
    least = min(
        ratio.subs({eps: sympy.Rational(i, 20), n: k}).evalf()
        for i, k in product(range(1, 21), (2, 3, 10, 1000))
    )
    good = small == 2 and same(deep, 2 * sympy.log(2)) and bool(least > deep)
    return Verdict(
        claim="e is between 1.39 and 2 times eps/(2(L-1)), which divides the draws by"
        " 1.9 to 4.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        truth=Truth.of(good and 1.38 < deep < 1.39 and 1.9 < float(deep**2) < 1.93),
        evidence=f"sympy: the ratio tends to {small} as eps -> 0 and to {deep} ="
        f" {float(deep):.4f} at eps = 1 as L grows; least on a grid"
        f" {float(least):.4f}.",
    )


def check_the_8_holds_without_kappa_for_all_epsilon() -> Verdict:
    layers = 5
    last = [2 * (layers - 2) * Fraction(e) / (2 * (layers - 1)) for e in ("1/2", "1")]
    needed = [(1 + r) / (1 - r) * 2 for r in last]
    return Verdict(
        claim="Where Delta-hat is only known to be at least 1, without kappa, the"
        " constant 8 still covers what enters, for every eps up to 1.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        mended="For eps <= 1/2 it does; otherwise c_l (2 + 2 eps_l/3) stands in its"
        " place, which sharp_sample_size computes.",
        truth=Truth.of(all(each <= 8 for each in needed)),
        expected=Truth.FALSE,
        evidence=f"L = {layers}, Delta-hat = 1: r reaches {last[0]} at eps = 1/2 and"
        f" {last[1]} at eps = 1, where 2 c alone is {needed[0]} and {needed[1]}.",
    )


def check_the_sharp_lemma_holds_by_enumeration() -> Verdict:
    worst, wrong, cases = Fraction(0), Fraction(0), 0
    target = Fraction(1, 2) / 4  # delta = 1/2, eta = 1
    for k, e in product((1, 2), (Fraction(1, 2), Fraction(1))):
        for tenth in range(1, 10, 2):
            s = [Fraction(tenth, 10), 1 - Fraction(tenth, 20)]
            draws = int(
                sharp_sample_size(
                    float(sum(s)),
                    float(e),
                    0.5,
                    entering=0.0,
                    neurons=1,
                    constant=float(k),
                )
            )
            for part in range(21):
                g = [Fraction(part, 20), 1 - Fraction(part, 20)]
                if all(gj <= k * sj for gj, sj in zip(g, s, strict=True)):
                    worst = max(worst, failure(g, s, draws, e))
                    wrong = max(wrong, failure(g, s, -(-draws // 5), e))
                    cases += 1
    return Verdict(
        claim="With g_j <= K s_j and exact inputs, sharp_sample_size draws fail with"
        " probability at most delta/(4 eta); a fifth of them does not do.",
        kind=Kind.TRIAL,
        truth=Truth.of(worst <= target < wrong),
        evidence=f"Two edges, every outcome in exact fractions, {cases} inputs: the"
        f" worst failure is {float(worst):.4f} against {float(target)}, and"
        f" {float(wrong):.4f} with a fifth of the draws.",
    )


def check_errors_at_their_worst_end_at_epsilon() -> Verdict:
    worst, spoiled = Fraction(0), Fraction(0)
    for hats, e in product(([2.0], [2.0, 3.0, 2.0], [1.0] * 6), (0.01, 0.5, 1.0)):
        for factor in (1, Fraction(11, 10)):
            r = Fraction(0)
            for hat, each in zip(hats, sharp_layer_epsilons(e, hats), strict=True):
                r = Fraction(hat) * ((1 + factor * Fraction(each)) * (1 + r) - 1)
            if factor == 1:
                worst = max(worst, r / Fraction(e))
            else:
                spoiled = max(spoiled, r / Fraction(e))
    return Verdict(
        claim="If every layer errs by its eps_l in the same direction and cancels as"
        " much as Delta-hat says, outputs err by at most eps; by a tenth more, they do"
        " not.",
        kind=Kind.TRIAL,
        truth=Truth.of(1 - Fraction(1, 10**12) < worst <= 1 < spoiled),
        evidence="Exact fractions on 9 nets: the worst error is"
        f" eps (1 - {float(1 - worst):.0e}), and {float(spoiled):.3f} eps with every"
        " eps_l a tenth larger.",
    )
