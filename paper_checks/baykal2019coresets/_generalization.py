"""The generalization corollary: its constants, our code, and the theorem run."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import sympy
from mpmath import mpf

from nonvacuous.bounds.coreset import corenet_generalization, support_size
from nonvacuous.bounds.selection import log_weight_integer
from nonvacuous.evidence import CoresetFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, exact_binomial_tail, log_tail_digits
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.baykal2019coresets._letters import K, Q, S, eps, same

OF = ("corenet-generalization",)
EXAMPLE = corenet_generalization.example
ln = DIGITS.log


def _formula(
    delta: float,
    *,
    margin_errors: int,
    trials: int,
    slots: int,
    kept_by_theorem: float,
    theorem_delta: float = 0.0,
) -> float:
    fit = replace(
        EXAMPLE,
        margin_errors=margin_errors,
        trials=trials,
        slots=slots,
        kept_by_theorem=kept_by_theorem,
        theorem_delta=theorem_delta,
        exceed=0,
    )
    return corenet_generalization.formula(fit, delta)


def check_a_margin_moves_by_sqrt_2_epsilon_of_the_norm() -> Verdict:
    a, b = sympy.symbols("a b", nonnegative=True)
    square = sympy.factor(2 * (a**2 + b**2) - (a + b) ** 2)
    attained = sympy.sqrt(2) * sympy.sqrt(a**2 + b**2) - (a + b)
    tight = sympy.simplify(attained.subs(b, a)) == 0
    return Verdict(
        claim="If every output is within 1 +- eps, a margin falls by at most eps (|f_y|"
        " + |f_i|) <= sqrt(2) eps ||f(x)||, and f_y = -f_i attains it.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(square == (a - b) ** 2 and tight),
        evidence=f"sympy: 2 (a^2 + b^2) - (a + b)^2 = {square}, which is 0 at a = b.",
    )


def check_nets_of_q_non_zeros_are_at_most_n_r_to_the_q() -> Verdict:
    rows = list(product(range(1, 5), range(1, 4)))
    good = 0
    for slots, values in rows:
        nets = [
            sum(1 for v in net if v)
            for net in product(range(values), repeat=slots)  # 0 is a value
        ]
        for q in range(slots + 1):
            count = nets.count(q)
            exact = math.comb(slots, q) * (values - 1) ** q
            good += count == exact <= (slots * values) ** q
    total = sum(slots + 1 for slots, _ in rows)
    return Verdict(
        claim="Of N slots that take r values each, 0 among them, C(N, q) (r - 1)^q <="
        " (N r)^q nets have q non-zeros.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(good == total),
        evidence=f"All nets of {len(rows)} shapes are counted: {good} of {total} counts"
        " are as said.",
    )


def check_hoeffding_and_the_union_give_the_deviation() -> Verdict:
    n, q, nets, slots, left = sympy.symbols("n q A N delta_left", positive=True)
    deviation = sympy.sqrt(
        (q * sympy.log(nets) + sympy.log((slots + 1) / left)) / 2 / n
    )
    one = sympy.exp(-2 * n * deviation**2)  # one net
    all_of_q = sympy.simplify(sympy.expand_log(sympy.log(one * nets**q), force=True))
    wanted = sympy.expand_log(sympy.log(left / (slots + 1)), force=True)
    return Verdict(
        claim="At the deviation of the corollary, nets of q non-zeros fail together"
        " with (delta - delta_T)/(N + 1), and all q = 0, ..., N with delta - delta_T.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(same(all_of_q, wanted)),
        evidence="sympy: ln of (N r)^q exp(-2 n t^2) reduces to ln(delta_left/(N+1)).",
    )


def check_64_over_2_is_32() -> Verdict:
    layers, norm, gamma, n, code, D = sympy.symbols("L B gamma n c D", positive=True)
    q = 32 * (layers - 1) ** 2 * D**2 * S * K * Q / eps**2
    at_margin = q.subs(eps, gamma / (sympy.sqrt(2) * norm))
    inside = sympy.simplify(at_margin * code / (2 * n))
    wanted = 32 * (layers - 1) ** 2 * norm**2 * D**2 * S * K * Q * code / gamma**2 / n
    sixty_four = 64 * (layers - 1) ** 2 * (norm / gamma) ** 2 * D**2 * S * K * Q
    eta, delta, rows = sympy.symbols("eta delta rows", positive=True)
    inner = sympy.simplify(8 * eta / (delta / (2 * rows)) - 16 * eta * rows / delta)
    good = same(at_margin, sixty_four) and same(inside, wanted) and inner == 0
    return Verdict(
        claim="At gamma = sqrt(2) eps B the theorem allows 64 (L-1)^2 (B/gamma)^2 non-"
        "zeros for each K ln(16 eta n/delta) sum (Dhat)^2 S, so that 32 (L-1)^2 stands"
        " under the root: the paper's O-tilde hides (L-1)^2 for L^2, K, ln(16 eta"
        " n/delta) and ln(N r).",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(good),
        evidence="sympy reduces q at that eps, q/(2 n), and 8 eta/(delta/2n) to these.",
    )


def check_the_grid_of_margins_costs_delta_t() -> Verdict:
    weights = [math.exp(log_weight_integer(j)) for j in range(1, 2000)]
    total = math.fsum(weights)
    eta, part, rows = sympy.symbols("eta delta_T n", positive=True)
    rest = sympy.log(8 * eta / (part / rows)) - sympy.log(8 * eta * rows / part)
    n, each = sympy.symbols("n pi", positive=True)
    spent = sympy.simplify(n * (part * each / n) / part)  # all rows at one eps
    good = total <= 1 and spent == each and sympy.simplify(rest) == 0
    return Verdict(
        claim="With delta' = delta_T pi(j)/n the network theorem holds on all n rows"
        " and for all eps = 2^-j of the grid but with probability delta_T.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(good),
        evidence=f"sympy: n rows at one eps cost {spent} delta_T, and the weights pi(j)"
        f" that the code gives to 1,999 points sum to {total:.4f}.",
    )


def _evidence(count: int) -> list[tuple[CoresetFit, float]]:
    rng, found = Random(4), []
    for _ in range(count):
        n, delta = int(10 ** rng.uniform(0, 8)), 10 ** -rng.uniform(0.01, 15)
        fit = replace(
            EXAMPLE,
            margin_errors=rng.choice([0, n, rng.randint(0, n)]),
            trials=n,
            exceed=0,
            slots=int(10 ** rng.uniform(0, 9)),
            kept_by_theorem=rng.choice([math.inf, 0.0, 10 ** rng.uniform(0, 12)]),
            theorem_delta=delta * rng.choice([0.0, rng.random()]),
        )
        found.append((fit, delta))
    return found


def _exact(fit: CoresetFit, delta: float) -> mpf:
    n, slots = fit.trials, DIGITS.mpf(fit.slots)
    q = min(DIGITS.mpf(fit.kept_by_theorem), slots)
    nats = q * (ln(slots) + 64 * ln(2))
    nats += ln((slots + 1) / (DIGITS.mpf(delta) - DIGITS.mpf(fit.theorem_delta)))
    return DIGITS.mpf(fit.margin_errors) / n + DIGITS.sqrt(nats / (2 * n))


def check_code_computes_the_corollary() -> Verdict:
    cases = _evidence(400)
    agreed = compare(
        [
            (corenet_generalization.formula(fit, delta), _exact(fit, delta))
            for fit, delta in cases
        ],
        digits=13,
    )
    return Verdict(
        claim="The code computes k/n + sqrt((q ln(N r) + ln((N + 1)/(delta -"
        " delta_T)))/(2n)), r = 2^64 and q at most N, rounded up.",
        kind=Kind.FORMULA,
        of=OF,
        digits=13,
        truth=Truth.of(agreed.holds),
        evidence=f"{agreed.words}.",
    )


def check_the_corollary_is_monotone_and_tends_to_the_margin_error() -> Verdict:
    broken = 0
    for fit, delta in _evidence(100):
        here = corenet_generalization.formula(fit, delta)
        n = fit.trials
        more = [
            replace(fit, kept_by_theorem=2 * fit.kept_by_theorem + 1),
            replace(fit, slots=2 * fit.slots),
            replace(fit, theorem_delta=(fit.theorem_delta + delta) / 2),
        ]
        if fit.margin_errors < n:
            more.append(replace(fit, margin_errors=fit.margin_errors + 1))
        broken += any(corenet_generalization.formula(f, delta) < here for f in more)
        larger = replace(fit, trials=10 * n)
        broken += corenet_generalization.formula(larger, delta) > here
    far = _formula(
        0.05, margin_errors=10**14, trials=10**15, slots=10, kept_by_theorem=5
    )
    return Verdict(
        claim="The corollary rises with margin errors, slots, non-zeros and delta_T,"
        " falls with rows, and tends to the margin error rate.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(broken == 0 and 0.1 < far < 0.1 + 1e-6),
        evidence=f"{broken} of 100 seeded cases break it; at 10^15 rows and an error"
        f" rate of 0.1 it is 0.1 + {far - 0.1:.1e}.",
    )


def check_the_hold_out_bound_is_below_the_corollary() -> Verdict:
    rng, broken, count = Random(5), 0, 0
    for fit, delta in _evidence(400):
        bound = corenet_generalization.formula(fit, delta)
        if bound < 1 and fit.trials < 10**6:
            k = rng.choice([fit.margin_errors, rng.randint(0, fit.margin_errors)])
            broken += log_tail_digits(k, fit.trials, bound) > ln(DIGITS.mpf(delta))
            count += 1
    return Verdict(
        claim="The net hangs on P through S and the seed only, so the binomial hold-out"
        " bound on P without S needs no q, r, K or A2, and is below the corollary"
        " wherever errors are at most margin errors.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(broken == 0 and count > 20),
        evidence=f"At the corollary's value the tail at 60 digits is at most delta in"
        f" all but {broken} of {count} seeded cases below 1.",
    )


def _failure(n: int, deviation: float, nets: mpf) -> float:
    """Pr[a best of so many fair coins of n throws has k/n + deviation < 1/2]."""
    most = math.ceil(n * (0.5 - deviation)) - 1
    if most < 0:
        return 0.0
    one = exact_binomial_tail(most, n, Fraction(1, 2))
    tail = DIGITS.mpf(one.numerator) / one.denominator
    return float(-DIGITS.expm1(nets * DIGITS.log1p(-tail)))


def check_all_nets_of_one_weight_at_once() -> Verdict:
    n, slots, delta = 1000, 4, 0.05
    right = _formula(delta, margin_errors=0, trials=n, slots=slots, kept_by_theorem=1.0)
    nets = DIGITS.mpf(slots) * DIGITS.mpf(2) ** 64
    wrong = [
        math.sqrt((math.log(slots) + math.log((slots + 1) / delta)) / (2 * n)),  # no r
        right / math.sqrt(2),  # 2 n doubled
        right * math.sqrt(0.8),  # a fifth of the nats forgotten
    ]
    fails = [_failure(n, each, nets) for each in (right, *wrong)]
    return Verdict(
        claim="If each of the 4 * 2^64 nets of one weight errs on rows of its own by a"
        " fair coin, some net passes its bound with probability at most delta; not so"
        " without r, with 4 n for 2 n, or with a fifth of the nats"
        " forgotten.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(fails[0] <= delta < min(fails[1:])),
        evidence=f"Exact binomial tails at {n} rows: {fails[0]:.4f} at delta {delta};"
        f" {fails[1]:.3f}, {fails[2]:.3f} and {fails[3]:.3f} for the wrong ones.",
    )


def check_one_row_may_be_repeated() -> Verdict:
    n, delta = 1000, 0.05
    bound = _formula(delta, margin_errors=0, trials=n, slots=2, kept_by_theorem=1.0)
    failure = Fraction(1, 2)  # the repeated row is one on which the net is right
    return Verdict(
        claim="The corollary holds for rows that are not independent.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="iid",
        truth=Truth.of(bound >= 0.5 or failure <= delta),
        expected=Truth.FALSE,
        evidence=f"One row {n} times over, a net of risk 1/2: with probability 1/2 it"
        f" errs on none, and the bound is {bound:.3f}.",
    )


def check_the_net_may_be_made_on_the_rows_of_s() -> Verdict:
    n, j, part, inputs = 10**6, 8, 0.025, 300
    each = (
        part * math.exp(log_weight_integer(j)) / n / 2
    )  # inputs of both signs: half of delta'
    rows = support_size(each, neurons=4, widest=inputs)
    x = np.random.default_rng(6).normal(size=(rows, inputs))
    u = -np.linalg.pinv(x) @ np.ones(rows)
    u /= np.linalg.norm(u)
    silent = not (x @ u > 0).any()  # s = 0 on all edges of the first unit
    # margin |z| of z = <u, x>, standard normal; outputs (2 |z|, |z|), |z| < 7
    gamma = math.sqrt(2) * 2.0**-j * math.sqrt(5) * 7
    share = 2 * math.erf(gamma / math.sqrt(2))  # twice what is expected
    bound = _formula(
        0.05,
        theorem_delta=part,
        margin_errors=math.ceil(share * n),
        trials=n,
        slots=2 * inputs + 4,
        kept_by_theorem=math.inf,
    )
    return Verdict(
        claim="The corollary holds for a net that was made on the rows of S.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="rows-kept-from-training",
        truth=Truth.of(not silent or bound >= 0.5),
        expected=Truth.FALSE,
        evidence="f = (2 |z|, |z|), |z| = relu(<u, x>) + relu(-<u, x>), x Gaussian, the"
        f" first class always right; u is so trained that <u, x> < 0 on all {rows} rows"
        " of S, so that every edge of the first unit has sensitivity 0, and without"
        f" them the net errs with probability 1/2; the bound is {bound:.3f}.",
    )


def check_float64_may_be_coarser_than_epsilon() -> Verdict:
    negative = 1 - Fraction(1, 2**53)
    draws = (
        Fraction(2, 3),
        Fraction(1, 3),
    )  # weights 1/2 and 1/2, drawn twice and once
    exact = 1 - negative
    stored = sum(Fraction(float(w)) for w in draws) - negative
    error = abs(stored / exact - 1)
    return Verdict(
        claim="The weights of the theorem may be stored in float64 whatever eps_l is.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="float64-resolves-epsilon",
        truth=Truth.of(sum(draws) - negative != exact or error <= Fraction(1, 4)),
        expected=Truth.FALSE,
        evidence="Two edges of 1/2, one drawn twice of three times, less 1 - 2^-53: the"
        " output is exact with weights 2/3 and 1/3, and off by"
        f" {error} of itself with their floats (Delta is about 2^54, eps_l 2^-57).",
    )
