"""The root u(k), learners on a few points, and what it needs."""

import math
from fractions import Fraction
from random import Random

from mpmath import mpf

from nonvacuous.bounds.pick_to_learn import change_probability_upper, pick_to_learn
from nonvacuous.evidence import PickFit
from paper_checks._digits import DIGITS, exact_binomial_tail, log_tail_digits
from paper_checks._inverted import turns
from paper_checks._picked import left_side, tempting, top_points
from paper_checks._schemes import (
    failure,
    hull,
    missing_mass_failure,
    table,
    walk,
)
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.campi2023compression._proof import OF, uppers

CASES = ((0, 7, 0.05), (2, 100, 0.05), (10, 1000, 0.05), (326, 2400, 0.01))
SEEDED = 60


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


def check_learners_on_a_few_points() -> Verdict:
    rng, shares = Random(71), []
    for n in range(1, 6):
        for delta in (0.05, 0.3, 0.6):
            most = uppers(n, delta)
            for scheme in (table, hull, walk):
                weights = [rng.choice((1, 2, 5, 20, 100)) for _ in range(4)]
                masses = [Fraction(w, sum(weights)) for w in weights]
                shares.append(float(failure(scheme, masses, n, most)) / delta)
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
        point = [Fraction(math.nextafter(uppers(n, 0.3)[0], 2.0))]
        shares.append(missing_mass_failure(point, n, uppers(n, 0.3)) / 0.3)
    double = uppers(2, 0.6)
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
