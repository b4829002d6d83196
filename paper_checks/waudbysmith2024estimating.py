r"""Waudby-Smith and Ramdas (2024), Estimating Means of Bounded Variables by Betting.

Hedged capital, one side.  For losses in [0, 1] whose mean given the past is R(h), and
bets :math:`\lambda_i(m) \in [0, \tfrac{3/4}{1-m}]` that are functions of the losses
before i, the capital :math:`K_t(m) = \prod_{i \le t} (1 - \lambda_i(m)(x_i - m))` is a
non-negative supermartingale at every :math:`m \le R(h)`, so that by Ville's inequality

.. math:: \Pr\Bigl[\, R(h) \le \inf\bigl\{ m : \max_{t \le n} K_t(m) \ge \tfrac1\delta
          \bigr\} \,\Bigr] \ge 1 - \delta.

The bets are :math:`\lambda_t = \sqrt{2 \ln(1/\delta) / n \hat\sigma_{t-1}^2}`, cut,
with

.. math:: \hat\sigma_t^2 = \tfrac{1/4 + \sum_{i \le t} (x_i - \hat\mu_i)^2}{t + 1},
          \qquad \hat\mu_t = \tfrac{1/2 + \sum_{i \le t} x_i}{t + 1}.

Recalled, the cut 3/4 ours; the paper writes :math:`\alpha` for :math:`\delta` and bets
on both sides.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import sympy
from mpmath import mpf

from nonvacuous.bounds.betting import holdout_betting, log_capital
from nonvacuous.bounds.holdout_losses import holdout_loss_hoeffding
from nonvacuous.evidence import HoldoutLosses, OrderedLosses
from paper_checks._digits import DIGITS
from paper_checks._inverted import inverted
from paper_checks._verdict import Kind, Truth, Verdict, Whose

NAME = ("holdout-betting",)


def _bound(losses: list[float], delta: float) -> float:
    return holdout_betting.formula(OrderedLosses(losses=tuple(losses)), delta)


def _capital(losses: list[float], m: mpf, delta: float) -> mpf:
    """ln of the most capital ever held, by the definition."""
    n, nats = len(losses), -DIGITS.log(DIGITS.mpf(delta))
    total = squares = log = DIGITS.mpf(0)
    most = DIGITS.mpf("-inf")
    spread = DIGITS.mpf(1) / 4
    for t, loss in enumerate(losses, start=1):
        x = DIGITS.mpf(loss)
        bet = min(DIGITS.sqrt(2 * nats / (n * spread)), DIGITS.mpf(3) / 4 / (1 - m))
        log += DIGITS.log(1 - bet * (x - m))
        most = max(most, log)
        total += x
        mean = (DIGITS.mpf(1) / 2 + total) / (t + 1)
        squares += (x - mean) ** 2
        spread = (DIGITS.mpf(1) / 4 + squares) / (t + 1)
    return most


def _samples(seed: int, cases: int) -> list[tuple[list[float], float]]:
    rng, found = Random(seed), []
    for _ in range(cases):
        n = int(10 ** rng.uniform(0, 2.3))
        power = rng.choice((1, 4, 20))
        kind = rng.choice(("coin", "real", "zero", "mixed"))
        rate = rng.random() ** 2
        losses = [
            {
                "coin": float(rng.random() < rate),
                "real": rng.random() ** power,
                "zero": 0.0,
                "mixed": rng.choice((0.0, 1.0, rng.random())),
            }[kind]
            for _ in range(n)
        ]
        found.append((losses, rng.choice((1e-300, 1e-9, 0.05, 0.5))))
    return found


def check_a_bet_is_fair_at_the_mean_and_loses_below_it() -> Verdict:
    bet, m, risk = sympy.symbols("lambda m R", positive=True)
    x = sympy.Symbol("x")
    factor = 1 - bet * (x - m)
    # linear in x: the mean of the factor is the factor at the mean
    linear = sympy.diff(factor, x, 2)
    excess = sympy.expand(factor.subs(x, risk) - 1 + bet * (risk - m))
    return Verdict(
        claim="Given the past a factor has mean 1 - lambda (R - m), at most 1 for every"
        " m up to R, so the capital is a supermartingale there.",
        kind=Kind.DERIVATION,
        of=NAME,
        truth=Truth.of(linear == 0 and excess == 0),
        evidence="sympy: the factor is linear in x, and at x = R it is 1 - lambda (R -"
        " m).",
    )


def check_no_bet_loses_everything() -> Verdict:
    m = sympy.Symbol("m", positive=True)
    least = sympy.simplify(1 - sympy.Rational(3, 4) / (1 - m) * (1 - m))
    return Verdict(
        claim="With a bet of at most (3/4)/(1 - m) every factor is at least 1/4, so the"
        " capital stays positive.",
        kind=Kind.DERIVATION,
        of=NAME,
        truth=Truth.of(least == sympy.Rational(1, 4)),
        evidence="The factor falls with x, and at x = 1 and the largest bet sympy gives"
        " 1/4.",
    )


def check_capital_rises_with_the_mean_bet_against() -> Verdict:
    bet, m, x = sympy.symbols("lambda m x", positive=True)
    free = sympy.diff(1 - bet * (x - m), m)
    cut = sympy.diff(1 - sympy.Rational(3, 4) * (x - m) / (1 - m), m)
    slope = sympy.simplify(cut - sympy.Rational(3, 4) * (1 - x) / (1 - m) ** 2)
    return Verdict(
        claim="Every factor rises with m, whether the bet is cut or not, so all means"
        " above an excluded one are excluded.",
        kind=Kind.DERIVATION,
        of=NAME,
        truth=Truth.of(free == bet and slope == 0),
        evidence="sympy: the derivatives are lambda and (3/4)(1 - x)/(1 - m)^2; the"
        " smaller of two bets changes where both factors agree.",
    )


def _stopped(
    capital: Fraction, left: int, m: Fraction, risk: Fraction, goal: int, rng: Random
) -> tuple[Fraction, Fraction]:
    """Mean of the capital stopped at the goal, and the probability to get there."""
    if capital >= goal or not left:
        return capital, Fraction(capital >= goal)
    bet = Fraction(rng.randrange(1, 7), 8) / (1 - m)
    one, zero = (
        _stopped(capital * (1 - bet * (x - m)), left - 1, m, risk, goal, rng)
        for x in (1, 0)
    )
    mean = risk * one[0] + (1 - risk) * zero[0]
    return mean, risk * one[1] + (1 - risk) * zero[1]


def check_villes_inequality_stops_at_the_first_time() -> Verdict:
    rng, equal, below, reached = Random(72), 0, 0, Fraction(0)
    for goal in (2, 3, 5):
        for i in range(1, 8):
            m = Fraction(i, 10)
            mean, there = _stopped(Fraction(1), 6, m, m, goal, rng)
            equal += mean == 1
            reached = max(reached, there * goal)
            mean, there = _stopped(Fraction(1), 6, m, m + Fraction(1, 10), goal, rng)
            below += mean < 1
            reached = max(reached, there * goal)
    return Verdict(
        claim="Stopped when it reaches 1/delta, the capital has mean 1 at m = R and"
        " less at m < R, so it gets there with probability at most delta.",
        kind=Kind.DERIVATION,
        of=NAME,
        truth=Truth.of(equal == below == 21 and reached <= 1),
        evidence=f"All sequences of 6 coins, bets drawn anew for every past, in exact"
        f" fractions: {equal} and {below} of 21 cases, and the probability is at most"
        f" {float(reached):.3f} delta.",
    )


def _excess(losses: list[float], delta: float) -> Callable[[mpf], mpf]:
    """By how many nats the capital against m exceeds what excludes it."""
    nats = -DIGITS.log(DIGITS.mpf(delta))
    return lambda m: _capital(losses, m, delta) - nats if m < 1 else DIGITS.mpf(1)


def check_betting_upper_is_the_least_excluded_mean() -> Verdict:
    found = inverted(
        ((_bound(x, delta), _excess(x, delta)) for x, delta in _samples(70, 60)),
        digits=10,
    )
    return Verdict(
        claim="holdout-betting is the least mean against which the capital reaches"
        " 1/delta, rounded up, or 1.",
        kind=Kind.FORMULA,
        of=NAME,
        digits=10,
        truth=Truth.of(found.holds),
        evidence=f"With coins, reals and zeros of up to 200 rows and delta down to"
        f" 1e-300, {found.words}.",
    )


def check_excluded_means_are_all_those_above() -> Verdict:
    broken = count = 0
    grid = np.linspace(0.0, 0.999, 200)
    for losses, delta in _samples(71, 60):
        x = np.broadcast_to(np.array(losses), (grid.size, len(losses)))
        most = log_capital(x, grid, math.log(delta))
        excluded = most >= -math.log(delta)
        broken += bool((excluded[:-1] & ~excluded[1:]).any())
        broken += bool((np.diff(most) < -1e-9 * (1 + np.abs(most[1:]))).any())
        upper = _bound(losses, delta)
        broken += bool((excluded != (grid >= upper)).any())
        count += 1
    return Verdict(
        claim="The excluded means are those from the bound upwards.",
        kind=Kind.LIMIT,
        of=NAME,
        truth=Truth.of(broken == 0),
        evidence=f"On a grid of {grid.size} means and {count} seeded samples the"
        f" capital falls, or disagrees with the bound, {broken} times.",
    )


def check_no_loss_has_a_closed_form() -> Verdict:
    n, delta = 10, 0.05
    # every bet is cut: the capital is (1 + (3/4) m/(1-m))^n
    nats = -DIGITS.log(DIGITS.mpf(delta)) / n
    odds = DIGITS.expm1(nats) * 4 / 3
    exact = odds / (1 + odds)
    ours = _bound([0.0] * n, delta)
    excess = float(DIGITS.mpf(ours) / exact - 1)
    return Verdict(
        claim="Without loss and with every bet cut the bound solves (1 + (3/4)"
        " m/(1 - m))^n = 1/delta.",
        kind=Kind.LIMIT,
        of=NAME,
        truth=Truth.of(0 <= excess < 1e-12),
        evidence=f"10 rows at delta 0.05: {ours:.6f}, of relative excess {excess:.1e}.",
    )


def check_many_calm_rows() -> Verdict:
    n = 20_000
    losses = [0.1, 0.12] * (n // 2)
    upper = _bound(losses, 0.05)
    summary = HoldoutLosses(mean=0.11, variance=0.0001, trials=n)
    hoeffding = holdout_loss_hoeffding.formula(summary, 0.05)
    return Verdict(
        claim="On many rows of small variance the bound tends to the mean, faster than"
        " Hoeffding's.",
        kind=Kind.LIMIT,
        of=NAME,
        truth=Truth.of(0.11 < upper and upper - 0.11 < (hoeffding - 0.11) / 5),
        evidence=f"Losses of 0.1 and 0.12 in turn, n = {n}: {upper - 0.11:.5f} above"
        f" the mean, Hoeffding {hoeffding - 0.11:.5f}.",
    )


def _worst(n: int, delta: float, spent: float) -> float:
    """Largest failure over delta of the bound at `spent`, over all biases of a coin."""
    rows = [
        (Fraction(_bound(list(map(float, bits)), spent)), sum(bits))
        for bits in product((0, 1), repeat=n)
    ]
    most = Fraction(0)
    for risk in {limit for limit, _ in rows}:
        above = risk + Fraction(1, 2**60)
        if above >= 1:
            continue
        a, b = above.numerator, above.denominator
        weight = sum(a**k * (b - a) ** (n - k) for limit, k in rows if limit < above)
        most = max(most, Fraction(weight, b**n))
    return float(most / Fraction(delta))


def check_betting_by_enumeration() -> Verdict:
    high = [_worst(n, delta, delta) for n, delta in ((6, 0.3), (6, 0.1), (7, 0.5))]
    wrong = _worst(6, 0.1, 0.1**0.5)
    return Verdict(
        claim="For coins of every bias the bound fails with probability at most delta.",
        kind=Kind.TRIAL,
        of=NAME,
        truth=Truth.of(max(high) <= 1 < wrong and max(high) > 0.5),
        evidence=f"All sequences of 6 and 7 rows, risks just above every bound, in"
        f" exact fractions: at most {max(high):.3f} delta; with the root of delta it"
        f" would be {wrong:.2f} delta.",
    )


def check_the_rows_may_be_sorted() -> Verdict:
    n, delta = 40, 0.05
    fails = Fraction(0)
    for k in range(n + 1):
        if _bound([0.0] * (n - k) + [1.0] * k, delta) < 0.5:
            fails += Fraction(math.comb(n, k), 2**n)
    return Verdict(
        claim="The order of the rows may be chosen when their losses are known.",
        kind=Kind.ASSUMPTION,
        of=NAME,
        without="order-fixed",
        whose=Whose.TEMPTING,
        truth=Truth.of(fails <= Fraction(delta)),
        expected=Truth.FALSE,
        evidence=f"With the least losses first, a fair coin on {n} rows exceeds its"
        f" bound with probability {float(fails):.3f} at delta {delta}.",
    )


def check_copies_of_a_row_count_as_rows() -> Verdict:
    upper = _bound([0.0] * 100, 0.05)
    return Verdict(
        claim="The bound holds for rows that are copies of each other.",
        kind=Kind.ASSUMPTION,
        of=NAME,
        without="iid",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.25),
        expected=Truth.FALSE,
        evidence="100 copies of one row have no loss with probability 3/4 if the risk"
        f" is 1/4, and the bound is then {upper:.4f}.",
    )


def check_the_rows_may_choose_the_predictor() -> Verdict:
    n, delta, many = 20, 0.05, 10**8
    upper = _bound([0.0] * n, delta)
    failure = -math.expm1(many * math.log1p(-(2.0**-n))) if upper < 0.5 else 0.0
    return Verdict(
        claim="The bound holds for a predictor chosen on the very rows.",
        kind=Kind.ASSUMPTION,
        of=NAME,
        without="unseen",
        whose=Whose.TEMPTING,
        truth=Truth.of(failure <= delta),
        expected=Truth.FALSE,
        evidence=f"Of 10^8 fair coins one has no loss on {n} rows with probability"
        f" {failure:.4f}, and is given {upper:.4f}.",
    )


def check_losses_may_exceed_one() -> Verdict:
    n, rare = 100, Fraction(1, 1000)
    upper = _bound([0.0] * n, 0.05)
    unseen = float((1 - rare) ** n)
    return Verdict(
        claim="The bound holds for a loss that may exceed 1.",
        kind=Kind.ASSUMPTION,
        of=NAME,
        without="bounded-loss",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 1 or unseen <= 0.05),
        expected=Truth.FALSE,
        evidence="A loss of 1000 on one row of a thousand has mean 1, is unseen on"
        f" {n} rows with probability {unseen:.3f}, and is given {upper:.4f}.",
    )


def check_the_bound_is_above_the_mean_seen() -> Verdict:
    losses = [0.0] * 60 + [1.0] * 60
    upper, mean = _bound(losses, 0.05), 0.5
    return Verdict(
        claim="An upper bound on the mean lies above the mean that was seen.",
        kind=Kind.FINDING,
        of=NAME,
        whose=Whose.TEMPTING,
        mended="The most capital ever held counts, so an early run of small losses may"
        " exclude the mean of all rows.",
        truth=Truth.of(upper >= mean),
        expected=Truth.FALSE,
        evidence=f"60 losses of 0 and then 60 of 1 have mean {mean} and bound"
        f" {upper:.4f}.",
    )
