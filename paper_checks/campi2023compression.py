r"""Campi and Garatti (2023), Compression, Generalization and Learning.

For a preferent compression of n rows to k, the probability that one more row changes
it exceeds :math:`u(k)` with probability at most :math:`\delta`, where (recalled)

.. math:: \frac\delta n \sum_{j=k}^{n-1} \frac{\binom jk}{\binom nk}
          (1 - u)^{-(n-j)} = 1.

Letters: their N is n, their :math:`\epsilon(k)` is :math:`u(k)`.
"""

import math
from fractions import Fraction

from mpmath import mpf

from nonvacuous.bounds.pick_to_learn import change_probability_upper
from paper_checks._digits import DIGITS, exact_binomial_tail
from paper_checks._verdict import Kind, Truth, Verdict, Whose

CASES = ((0, 7, 0.05), (2, 100, 0.05), (10, 1000, 0.05), (326, 2400, 0.01))


def _sum(k: int, n: int, delta: float, u: float) -> mpf:
    """The left side, at 60 digits."""
    ratio, total = DIGITS.mpf(1), DIGITS.mpf(0)
    rest = 1 - DIGITS.mpf(u)
    for j in range(n - 1, k - 1, -1):
        ratio *= DIGITS.mpf(j + 1 - k) / (j + 1)
        total += ratio / rest ** (n - j)
    return DIGITS.mpf(delta) / n * total


def check_the_root_is_on_the_safe_side() -> Verdict:
    good = 0
    for k, n, delta in CASES:
        u = change_probability_upper(k, n, math.log(delta))
        inside = _sum(k, n, delta, u * (1 - 1e-9))
        good += _sum(k, n, delta, u) >= 1 > inside
    return Verdict(
        claim="change_probability_upper is the root u(k), rounded up.",
        kind=Kind.FORMULA,
        of=("pick-to-learn",),
        digits=9,
        truth=Truth.of(good == len(CASES)),
        evidence=f"The sum at 60 digits is at least 1 there and below 1 at 1e-9 of it"
        f" less, in {good} of {len(CASES)} cases.",
    )


def check_what_was_simulated_of_an_interval_learner() -> Verdict:
    u = change_probability_upper(2, 100, math.log(0.05))
    failure = float(exact_binomial_tail(1, 100, Fraction(u)))
    return Verdict(
        claim="The learner that keeps the two ends of an interval exceeds u(2), for n ="
        " 100 and delta = 0.05, with probability 0.0013, as a simulation had it.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        mended="It is 0.0014.",
        truth=Truth.of(round(failure, 4) == 0.0013),
        expected=Truth.FALSE,
        evidence="The probability that one more row changes the ends is Beta(2, 99)"
        f" distributed, so that it is Pr[Bin(100, u) <= 1] = {failure:.5f}.",
    )
