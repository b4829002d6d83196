"""What the checks of Pick-to-Learn share: the sum, exact failures, tempting cases."""

from fractions import Fraction

from mpmath import mpf

from nonvacuous.bounds.pick_to_learn import pick_to_learn, pick_to_learn_closed_form
from nonvacuous.evidence import PickFit
from paper_checks._digits import DIGITS, exact_binomial_tail
from paper_checks._verdict import Kind, Truth, Verdict, Whose

__all__ = ["BOTH", "left_side", "tempting", "top_points"]

BOTH = ("pick-to-learn", "pick-to-learn-closed-form")


def left_side(k: int, n: int, delta: float, u: float) -> mpf:
    """(delta/n) sum of C(j, k)/C(n, k) (1 - u)^-(n-j) over j = k..n-1, at 60 digits."""
    ratio, total = DIGITS.mpf(1), DIGITS.mpf(0)
    rest = 1 - DIGITS.mpf(u)
    for j in range(n - 1, k - 1, -1):
        ratio *= DIGITS.mpf(j + 1 - k) / (j + 1)
        total += ratio / rest ** (n - j)
    return DIGITS.mpf(delta) / n * total


def top_points(k: int, n: int, u: float) -> float:
    """Probability that the learner of the k largest numbers is surer than it may be.

    It says "no larger than these k": one more row changes it with probability V, the
    k-th largest spacing from the top, and Pr[V > u] = Pr[Bin(n, u) <= k - 1].
    """
    return float(exact_binomial_tail(k - 1, n, Fraction(u)))


def tempting(claim: str, without: str, risk: float, story: str) -> Verdict:
    """A story whose risk is above both bounds of one row picked among 2,000."""
    fit = PickFit(picked=1, trials=2000)
    upper = max(
        b.formula(fit, 0.05) for b in (pick_to_learn, pick_to_learn_closed_form)
    )
    return Verdict(
        claim=claim,
        truth=Truth.of(not upper < risk),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"{story}: the risk is {risk:g}, the bounds of one row picked among"
        f" 2,000 are at most {upper:.3f} at delta .05.",
        kind=Kind.ASSUMPTION,
        of=BOTH,
        without=without,
    )
