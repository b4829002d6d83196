r"""Campi and Garatti (2023), Compression, Generalization and Learning.

For a preferent compression of n rows to k, the probability that one more row changes
it exceeds :math:`u(k)` with probability at most :math:`\delta`, where (recalled)

.. math:: \frac\delta n \sum_{j=k}^{n-1} \frac{\binom jk}{\binom nk}
          (1 - u)^{-(n-j)} = 1.

Proof (derived): with :math:`F_k` the law of the change probability v of k rows that
compress to themselves, :math:`\sum_{k \le j} \binom jk \int (1 - v)^{j-k} dF_k = 1` for
every sample size j, since one subset is the compression; and where v > u(k) the left
side above is at least 1, so that :math:`\sum_k \binom nk \int_{v > u(k)} (1 - v)^{n-k}
dF_k` is at most :math:`\delta/n` times n such sums.  Where rows can be equal, several
subsets may be the compression and the sums exceed 1: give each row a uniform number,
and let the least keep for its copies.  Then one subset is the compression, and v, which
a lesser copy now counts towards, has only grown.

Letters: their N is n, their :math:`\epsilon(k)` is :math:`u(k)`.
"""

import math
from fractions import Fraction
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.pick_to_learn import change_probability_upper, pick_to_learn
from nonvacuous.evidence import PickFit
from paper_checks._digits import DIGITS, exact_binomial_tail, log_tail_digits
from paper_checks._inverted import turns
from paper_checks._picked import left_side, tempting, top_points
from paper_checks._schemes import (
    failure,
    hull,
    median,
    missing_mass_failure,
    preference_breaks,
    table,
    walk,
)
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("pick-to-learn",)
CASES = ((0, 7, 0.05), (2, 100, 0.05), (10, 1000, 0.05), (326, 2400, 0.01))
SEEDED = 60


def check_dual_weights_add_up_to_delta() -> Verdict:
    n, j, k = sympy.symbols("n j k", integer=True, positive=True)
    v, delta = sympy.symbols("v delta", positive=True)
    weight = sympy.binomial(j, k) / sympy.binomial(n, k) * (1 - v) ** (-(n - j))
    whole = sympy.binomial(n, k) * (1 - v) ** (n - k) * weight
    target = sympy.binomial(j, k) * (1 - v) ** (j - k)
    same = sympy.powsimp(whole / target, force=True)
    spent = sympy.simplify(n * delta / n)
    rises = all(
        left_side(3, 40, 0.05, a) < left_side(3, 40, 0.05, b)
        for a, b in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.9))
    )
    return Verdict(
        claim="Weights delta/n on the sample sizes below n are feasible where v > u(k)"
        " and cost delta in all.",
        truth=Truth.of(sympy.simplify(same) == 1 and spent == delta and rises),
        evidence="sympy: C(n, k) (1 - v)^(n-k) times a term of the sum is C(j, k)"
        " (1 - v)^(j-k); n weights of delta/n are delta; the sum rises with v, as each"
        " term does.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_sizes_of_a_compression_sum_to_one() -> Verdict:
    # the two largest numbers: v of two rows is 1 minus the lower, uniform
    v = sympy.symbols("v", positive=True)
    sums = [
        sympy.integrate(sympy.binomial(j, 2) * (1 - v) ** (j - 2) * 2 * v, (v, 0, 1))
        for j in range(2, 9)
    ]
    return Verdict(
        claim="The probabilities that a subset is the compression of j rows sum to 1.",
        truth=Truth.of(all(s == 1 for s in sums)),
        evidence="The learner of the two largest of j uniform numbers, j = 2 to 8, by"
        f" sympy's integrals: {sums[0]} each time.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_ties_are_broken_by_numbers_of_the_rows() -> Verdict:
    p, w = sympy.symbols("p w", positive=True)
    sums = []
    for j in range(1, 9):  # one point of mass p to pick; the least w keeps, v = p w
        kept = j * sympy.integrate(p * (1 - p * w) ** (j - 1), (w, 0, 1))
        sums.append(sympy.expand((1 - p) ** j + kept))
    return Verdict(
        claim="With a uniform number on each row, of which the least keeps for its"
        " copies, the sizes of a compression sum to 1 where rows can be equal.",
        truth=Truth.of(all(s == 1 for s in sums)),
        evidence="The learner that remembers one point of mass p, j = 1 to 8, by"
        f" sympy's integrals: {sums[0]} each time; v is p w, where it was 0.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_sum_is_a_binomial_tail() -> Verdict:
    u = sympy.symbols("u")
    wrong = count = 0
    for n in range(1, 10):
        for k in range(n):
            early = sum(
                sympy.binomial(j, k) * u ** (k + 1) * (1 - u) ** (j - k)
                for j in range(k, n)
            )
            tail = sum(
                sympy.binomial(n, i) * u**i * (1 - u) ** (n - i)
                for i in range(k + 1, n + 1)
            )
            wrong += sympy.expand(early - tail) != 0
            count += 1
    return Verdict(
        claim="The sum over j of C(j, k) u^(k+1) (1 - u)^(j-k) is Pr[Bin(n, u) > k], so"
        " the equation is n u Pr[B = k]/delta + Pr[B <= k] = 1.",
        truth=Truth.of(wrong == 0),
        evidence="Success k + 1 comes at trial j + 1; as polynomials by sympy, n to 9,"
        f" {count} pairs: {wrong} differ.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def _spare(k: int, n: int, delta: float, u: mpf) -> mpf:
    """(delta Pr[B > k])/(n u Pr[B = k]), which is the sum, at 60 digits."""
    more = -DIGITS.expm1(log_tail_digits(k, n, u))
    point = DIGITS.loggamma(n + 1) - DIGITS.loggamma(k + 1)
    point += k * DIGITS.log(u) if k else 0
    point += (n - k) * DIGITS.log1p(-u) - DIGITS.loggamma(n - k + 1)
    return DIGITS.mpf(delta) * more / (n * u * DIGITS.exp(point))


def check_the_root_is_on_the_safe_side() -> Verdict:
    good = 0
    for k, n, delta in CASES:
        u = pick_to_learn.formula(PickFit(picked=k, trials=n), delta)
        inside = left_side(k, n, delta, u * (1 - 1e-9))
        good += left_side(k, n, delta, u) >= 1 > inside
    rng, below, loose = Random(70), 0, 0
    for _ in range(SEEDED):
        n = int(10 ** rng.uniform(0, 7))
        k = rng.choice((0, n - 1, int((n - 1) * rng.random() ** 6)))
        delta = rng.choice((1e-300, 1e-9, 0.05, 0.9, 0.999))
        exact = DIGITS.mpf(pick_to_learn.formula(PickFit(picked=k, trials=n), delta))
        if exact < 1:
            below += _spare(k, n, delta, exact) < 1
            loose += _spare(k, n, delta, exact * (1 - DIGITS.mpf(10) ** -9)) >= 1
    return Verdict(
        claim="pick-to-learn is the root u(k), rounded up.",
        truth=Truth.of(good == len(CASES) and below == loose == 0),
        evidence="The sum at 60 digits is at least 1 there and below 1 at 1e-9 of it"
        f" less, in {good} of {len(CASES)} cases; as a binomial tail, n to 10^7, delta"
        f" to 1e-300, {SEEDED} seeded cases: {below} below the root, {loose} too far"
        " above.",
        kind=Kind.FORMULA,
        of=OF,
        digits=9,
    )


def check_limits_and_monotonicity() -> Verdict:
    fits = [PickFit(picked=k, trials=n) for k, n, _ in CASES]
    wrong, steps = turns(pick_to_learn, fits, (1e-6, 0.05), slack=1e-12)
    whole = change_probability_upper(50, 50, math.log(0.05))
    single = change_probability_upper(0, 1, math.log(0.05))
    return Verdict(
        claim="u rises with the rows picked and falls with the rows, is 1 where all are"
        " picked, and 1 - delta for one row that was not.",
        truth=Truth.of(wrong == 0 and whole == 1 and abs(single - 0.95) < 1e-9),
        evidence=f"{steps} steps, {wrong} the wrong way; {whole:g} and {single:.10f}.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_learners_of_the_largest_numbers() -> Verdict:
    shares = []
    for k, n, delta in ((1, 10, 0.3), (2, 100, 0.05), (10, 1000, 0.05), (1, 2, 0.5)):
        u = change_probability_upper(k, n, math.log(delta))
        shares.append(top_points(k, n, u) / delta)
    bare = top_points(10, 1000, 0.01428) / 0.05
    return Verdict(
        claim="The learner of the k largest numbers is changed by one more row with"
        " probability above u(k) at most delta of the time.",
        truth=Truth.of(max(shares) <= 1 < bare),
        evidence="Binomial tails in exact fractions, four (k, n, delta): at most"
        f" {max(shares):.3f} delta; .01428, what the authors' code once printed for 10"
        f" of 1,000, fails with {bare:.2f} delta.",
        kind=Kind.TRIAL,
        of=OF,
    )


def _uppers(n: int, delta: float) -> list[float]:
    return [change_probability_upper(k, n, math.log(delta)) for k in range(n + 1)]


def check_pick_to_learn_is_preferent() -> Verdict:
    seen = [preference_breaks(scheme, 4, 5) for scheme in (table, hull, walk)]
    kept, _ = preference_breaks(median, 4, 5)
    return Verdict(
        claim="If pick(U) is in V and V in U, then pick(V) = pick(U).",
        truth=Truth.of(all(b == 0 for b, _ in seen) and kept > 0),
        evidence="Learners that remember points, span them and walk down to them, all"
        f" samples of up to five of four points: of {sum(c for _, c in seen)} pairs"
        f" {sum(b for b, _ in seen)} break it; keeping the median row breaks {kept}.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_learners_on_a_few_points() -> Verdict:
    rng, shares = Random(71), []
    for n in range(1, 6):
        for delta in (0.05, 0.3, 0.6):
            uppers = _uppers(n, delta)
            for scheme in (table, hull, walk):
                weights = [rng.choice((1, 2, 5, 20, 100)) for _ in range(4)]
                masses = [Fraction(w, sum(weights)) for w in weights]
                shares.append(float(failure(scheme, masses, n, uppers)) / delta)
    free = float(failure(table, [Fraction(1, 4)] * 4, 5, [k / 5 for k in range(6)]))
    return Verdict(
        claim="Learners that pick none to four of a few points, which rows repeat, are"
        " changed by one more row with probability above u(k) at most delta of the"
        " time.",
        truth=Truth.of(0.5 < max(shares) <= 1 < free / 0.05),
        evidence=f"Every sample in fractions, n to 5, {len(shares)} laws and learners:"
        f" at most {max(shares):.2f} delta; at delta .05 the share picked in place of"
        f" u(k) fails with {free / 0.05:.1f} delta.",
        kind=Kind.TRIAL,
        of=OF,
    )


def check_one_point_that_may_stay_unseen() -> Verdict:
    shares = []
    for n in (1, 2, 5, 20):
        point = [Fraction(math.nextafter(_uppers(n, 0.3)[0], 2.0))]
        shares.append(missing_mass_failure(point, n, _uppers(n, 0.3)) / 0.3)
    double = _uppers(2, 0.6)
    point = [Fraction(math.nextafter(double[0], 2.0))]
    wrong = missing_mass_failure(point, 2, double) / 0.3
    return Verdict(
        claim="No smaller u(0) than 1 - delta holds for one row, and a point of mass"
        " just above u(0) stays unseen at most delta of the time.",
        truth=Truth.of(0.999 < max(shares) <= 1 < wrong),
        evidence=f"n = 1, 2, 5, 20, in fractions: {shares[0]:.4f} to {shares[-1]:.2f}"
        f" delta; u at twice delta fails with {wrong:.2f} delta for two rows.",
        kind=Kind.TRIAL,
        of=OF,
    )


def check_rows_may_be_copies() -> Verdict:
    return tempting(
        "Rows that are picked from may be copies of one.",
        "iid",
        0.5,
        "One pick settles 2,000 copies of a row of fair label, and fresh labels are"
        " coins",
    )


def check_the_model_may_see_rows_that_were_not_picked() -> Verdict:
    return tempting(
        "The model may be a function of rows that were not picked.",
        "preferent",
        0.5,
        "After one pick the learner remembers all 2,000 rows of fair labels",
    )


def check_the_learner_may_stop_early() -> Verdict:
    return tempting(
        "The learner may stop before no row is wrong.",
        "picked-to-the-end",
        0.5,
        "It stops after one pick and answers by a coin",
    )


def check_ties_may_count_as_right() -> Verdict:
    return tempting(
        "A tie may count as not wrong when rows are picked.",
        "zero-one-loss",
        1.0,
        "A constant net ties on every row and stops after its first pick",
    )


def check_what_was_simulated_of_an_interval_learner() -> Verdict:
    u = change_probability_upper(2, 100, math.log(0.05))
    failure = float(exact_binomial_tail(1, 100, Fraction(u)))
    return Verdict(
        claim="The learner that keeps the two ends of an interval exceeds u(2), for n ="
        " 100 and delta = 0.05, with probability 0.0013, as a simulation had it.",
        truth=Truth.of(round(failure, 4) == 0.0013),
        expected=Truth.FALSE,
        whose=Whose.NOTES,
        evidence="The probability that one more row changes the ends is Beta(2, 99)"
        f" distributed, so that it is Pr[Bin(100, u) <= 1] = {failure:.5f}.",
        kind=Kind.FINDING,
        of=OF,
        mended="It is 0.0014.",
    )


def check_equal_rows_need_numbers_in_the_proof() -> Verdict:
    p = Fraction(1, 2)  # of the one point to pick; once picked, no row changes it
    sums = [(1 - p) ** j + j * p for j in range(1, 6)]
    return Verdict(
        claim="The sizes of a compression sum to 1 over subsets where rows can be"
        " equal, without more.",
        truth=Truth.of(all(s == 1 for s in sums)),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="A learner that remembers one point of mass 1/2: each copy alone is"
        f" the compression, and the sum over subsets of two rows is {sums[1]}.",
        kind=Kind.FINDING,
        of=OF,
        mended="Uniform numbers on the rows break ties; then they sum to 1, and the"
        " probability that one more row changes the picked ones only grows.",
    )


def check_the_dual_bound_is_attained() -> Verdict:
    least, shares = Fraction(1), []
    for n in (1, 2, 5, 20):
        for delta in (0.01, 0.3):
            us, weights = [Fraction(u) for u in _uppers(n, delta)], list[Fraction]()
            for j in range(n + 1):  # what is left for j rows that keep all
                weights.append(1 - _whole(j, us, weights))
            shares.append(float(_whole(n, us, weights[:n])) / delta)
            least = min(least, *weights)
    good = least > 0 and all(1 - 1e-9 < s <= 1 for s in shares)
    return Verdict(
        claim="The one-sided u(k) is tight: a law that meets the proof's equations for"
        " all sizes to n fails with probability delta.",
        truth=Truth.of(good),
        evidence="All change probabilities of k rows at u(k), masses from one size to"
        f" the next in fractions, n to 20: the least is {float(least):.4f}, and they"
        f" fail with 1 - {1 - min(shares):.0e} delta or more.  No learner with that"
        " law was sought.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=OF,
    )


def _whole(j: int, us: list[Fraction], weights: list[Fraction]) -> Fraction:
    """Sum of C(j, k) (1 - u(k))^(j-k) w_k."""
    return sum(
        (math.comb(j, k) * (1 - us[k]) ** (j - k) * w for k, w in enumerate(weights)),
        Fraction(0),
    )


def check_noted_values() -> Verdict:
    noted = (
        (10, 1000, 0.05, 0.02166254365),
        (1, 3, 0.1, 0.8828956443),
        (326, 24000, 0.01, 0.01652102857),
        (237, 10612, 0.01, 0.02797201782),
        (0, 100, 0.05, 0.04386477818),
    )
    worst = max(
        abs(change_probability_upper(k, n, math.log(d)) / u - 1) for k, n, d, u in noted
    )
    return Verdict(
        claim="u(k) has the five values that were noted, to nine digits.",
        truth=Truth.of(worst < 1e-9),
        evidence=f"The worst relative difference is {worst:.1e}.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=OF,
    )
