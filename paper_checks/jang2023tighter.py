r"""Jang et al. (2023), Tighter PAC-Bayes Bounds Through Coin-Betting.

Here for one n and the averaged law (recalled; derived here): with :math:`w_b(x) =
b\,x/m + (1 - b)(1 - x)/(1 - m)`, m = R(Q) and :math:`\hat P_Q` the averaged law,

.. math:: \Pr\Bigl[\, \forall Q:\; \max_b E_{\hat P_Q} \ln w_b \le
          \frac{\mathrm{KL}(Q \| P) + \ln(\xi(n)/\delta)}n \,\Bigr] \ge 1 - \delta.
"""

from fractions import Fraction
from itertools import pairwise
from math import comb, log
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.pac_bayes import pac_bayes_betting
from nonvacuous.evidence import LossLaw
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.rivasplata2020pac import inverse_digits, xi_digits

BET = ("pac-bayes-betting",)
NETS, ROWS, DELTA = 2**14, 20, 0.5
value = pac_bayes_betting.formula


def _law(
    values: tuple[float, ...], reached: tuple[float, ...], n: int, kl: float
) -> LossLaw:
    return LossLaw(values=values, reached=reached, trials=n, kl=kl, mc_delta=0.0)


def _best(law: LossLaw, m: mpf) -> mpf:
    """The best bet's mean log wealth, by ternary search of a concave function."""
    x = [DIGITS.mpf(v) for v in (0.0, *law.values)]
    share = [DIGITS.mpf(v) for v in (1.0, *law.reached, 0.0)]
    mass = [a - b for a, b in pairwise(share)]

    def wealth(b: mpf) -> mpf:
        bets = (b * v / m + (1 - b) * (1 - v) / (1 - m) for v in x)
        return sum(p * DIGITS.log(w) for p, w in zip(mass, bets, strict=True))

    low, high = DIGITS.mpf(0), DIGITS.mpf(1)
    for _ in range(110):
        a, b = (2 * low + high) / 3, (low + 2 * high) / 3
        low, high = (a, high) if wealth(a) < wealth(b) else (low, b)
    return wealth(low if low else high)


def check_a_bet_is_fair_and_k_over_n_is_the_best() -> Verdict:
    b, m, k, n = sympy.symbols("b m k n", positive=True)
    fair = b * m / m + (1 - b) * (1 - m) / (1 - m)
    slope = sympy.diff(k * sympy.log(b) + (n - k) * sympy.log(1 - b), b)
    best = sympy.solve(slope, b)
    return Verdict(
        claim="A bet on a loss of mean m has mean 1, and b^k (1 - b)^(n - k) is largest"
        " at b = k/n, so that the n rows cost xi(n).",
        kind=Kind.DERIVATION,
        of=BET,
        truth=Truth.of(sympy.simplify(fair - 1) == 0 and best == [k / n]),
        evidence=f"sympy: the mean less 1 is 0, and the slope's only root is {best}.",
    )


def check_code_is_the_formula() -> Verdict:
    rng, good, cases = Random(3), 0, 8
    for _ in range(cases):
        n = rng.choice((100, 1000, 60_000))
        reached = tuple(sorted((rng.random() / 2 for _ in range(3)), reverse=True))
        law = _law((0.25, 0.5, 1.0), reached, n, 0.1 * n * rng.random())
        nats = (law.kl + DIGITS.log(xi_digits(n) / DIGITS.mpf(0.05))) / n
        upper = DIGITS.mpf(value(law, 0.05))
        below = _best(law, upper * (1 - DIGITS.mpf(10) ** -10))
        good += _best(law, upper) >= nats > below
    return Verdict(
        claim="The code is the largest mean that no bet refutes, rounded up.",
        kind=Kind.FORMULA,
        of=BET,
        digits=10,
        truth=Truth.of(good == cases),
        evidence=f"At 60 digits the best bet refutes it, and not 1e-10 of it less, in"
        f" {good} of {cases} seeded cases.",
    )


def check_a_coin_gives_kl_and_more_rows_help() -> Verdict:
    coin = value(_law((1.0,), (0.1,), 1000, 30.0), 0.05)
    nats = (30 + DIGITS.log(xi_digits(1000) * 20)) / 1000
    ratio = float(coin / inverse_digits(DIGITS.mpf(0.1), nats)) - 1
    half = value(_law((0.5, 1.0), (0.2, 0.0), 1000, 30.0), 0.05)
    more = min(
        value(_law((0.5, 1.0), (0.2, 0.0), 1000, 31.0), 0.05),
        value(_law((0.5, 1.0), (0.2, 0.0), 999, 30.0), 0.05),
    )
    return Verdict(
        claim="For a 0-1 loss the bound is the inverse of kl; it is lower for losses of"
        " 1/2 of the same mean, rises with KL and falls with rows.",
        kind=Kind.LIMIT,
        of=BET,
        truth=Truth.of(abs(ratio) < 1e-10 and half < min(coin, more)),
        evidence=f"{coin:.6f}, kl's to {abs(ratio):.0e}; {half:.6f} for halves.",
    )


def _failure(kl: float) -> float:
    """Chance that the worst of NETS nets, losses 0, 1/2, 1 alike, breaks the bound."""
    one = Fraction(0)
    for ones in range(ROWS + 1):
        for halves in range(ROWS + 1 - ones):
            reached = ((ones + halves) / ROWS, ones / ROWS)
            if value(_law((0.5, 1.0), reached, ROWS, kl), DELTA) < 0.5:
                ways = comb(ROWS, ones) * comb(ROWS - ones, halves)
                one += Fraction(ways, 3**ROWS)
    return 1 - (1 - float(one)) ** NETS


def check_the_theorem_holds_where_kl_left_out_does_not() -> Verdict:
    right, wrong = _failure(log(NETS)), _failure(0.0)
    return Verdict(
        claim="A net of 16384 breaks the bound with probability below delta, and above"
        " it if KL is left out.",
        kind=Kind.TRIAL,
        of=BET,
        truth=Truth.of(0 < right <= DELTA < wrong),
        evidence=f"Every outcome of 20 rows, delta = 0.5: {right:.1e}; {wrong:.3f}.",
    )


def check_rows_that_are_copies() -> Verdict:
    clear = value(_law((1.0,), (0.0,), 20, 0.0), 0.3)
    return Verdict(
        claim="The rows may be copies of one another.",
        kind=Kind.ASSUMPTION,
        of=BET,
        whose=Whose.TEMPTING,
        without=pac_bayes_betting.assumptions[0].name,
        truth=Truth.of(clear >= 0.5),
        expected=Truth.FALSE,
        evidence="Copies of one row of a net of risk 1/2 show no loss half of the time,"
        f" more than delta = 0.3, and the bound is then {clear:.3f}.",
    )


def check_a_prior_fitted_to_the_rows() -> Verdict:
    failure = _failure(0.0)
    return Verdict(
        claim="The prior may be the posterior, so that KL is 0.",
        kind=Kind.ASSUMPTION,
        of=BET,
        whose=Whose.TEMPTING,
        without="prior-fixed",
        truth=Truth.of(failure <= DELTA),
        expected=Truth.FALSE,
        evidence=f"P = Q_S on the worst of 16384 nets fails with {failure:.3f}.",
    )
