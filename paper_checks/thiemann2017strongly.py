r"""Thiemann, Igel, Wintenberger and Seldin (2017), A Strongly Quasiconvex Bound.

Theorem 3 (recalled): with :math:`c = (\mathrm{KL}(Q \| P) + \ln(2\sqrt n/\delta))/n`,
for all :math:`\lambda \in (0, 2)` at once,

.. math:: R(Q) \le \frac{\hat R_S(Q)}{1 - \lambda/2}
          + \frac{c}{\lambda (1 - \lambda/2)},
          \qquad \lambda^* = \frac{2}{\sqrt{2 \hat R_S(Q)/c + 1} + 1}.
"""

import sympy
from mpmath import mpf

from nonvacuous.bounds.pac_bayes import pac_bayes_kl, pac_bayes_lambda
from paper_checks._digits import DIGITS
from paper_checks._gibbs import (
    agrees,
    copies,
    fitted_prior,
    large_losses,
    limits,
    trial,
)
from paper_checks._verdict import Kind, Truth, Verdict

OF = ("pac-bayes-lambda",)


def _exact(q: mpf, c: mpf) -> mpf:
    """The best of the theorem at empirical risk q and c nats per row."""
    best = 2 / (DIGITS.sqrt(2 * q / c + 1) + 1)
    return q / (1 - best / 2) + c / (best * (1 - best / 2))


def check_kl_is_at_least_a_square_over_2p() -> Verdict:
    x, y = sympy.symbols("x y", positive=True)
    kl = x * sympy.log(x / y) + (1 - x) * sympy.log((1 - x) / (1 - y))
    bend = sympy.diff(kl, x, 2) - 1 / (x * (1 - x))
    start = sympy.simplify(sympy.diff(kl, x).subs(x, y))
    return Verdict(
        claim="kl(q, p) is at least (p - q)^2/(2 p) for q <= p.",
        truth=Truth.of(sympy.simplify(bend) == 0 and start == 0),
        evidence="sympy: in q it has second derivative 1/(q(1-q)), at least 1/p for q"
        " <= p up to the factor 1 - q < 1, and value and slope 0 at q = p; Taylor.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_every_lambda_follows_and_one_is_best() -> Verdict:
    q, c, lam, u = sympy.symbols("q c lambda u", positive=True)
    bound = q / (1 - lam / 2) + c / (lam * (1 - lam / 2))
    best = 2 / (sympy.sqrt(2 * q / c + 1) + 1)
    slope = sympy.diff(bound, lam)
    points = [(1, 3), (2, 1), (5, 7), (1, 100)]
    zero = all(
        sympy.simplify(slope.subs(lam, best).subs({q: a, c: b})) == 0 for a, b in points
    )
    square = (sympy.sqrt(q + c / 2) + sympy.sqrt(c / 2)) ** 2
    same = all(
        sympy.simplify((bound.subs(lam, best) - square).subs({q: a, c: b})) == 0
        for a, b in points
    )
    # sqrt(2 p c) <= lambda p/2 + c/lambda, a square
    room = sympy.expand((lam * u**2 / 2 + c / lam - u * sympy.sqrt(2 * c)) * 2 * lam)
    gap = sympy.simplify(room - (lam * u - sympy.sqrt(2 * c)) ** 2)
    return Verdict(
        claim="p - q <= sqrt(2 p c) <= lambda p/2 + c/lambda for every lambda, so all"
        " hold at once, and the best is the quadratic bound.",
        truth=Truth.of(zero and same and gap == 0),
        evidence="sympy: the room is a square over 2 lambda; at lambda* the slope is 0"
        f" and the value the quadratic bound at {len(points)} exact points.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_code_is_the_formula() -> Verdict:
    found = agrees(
        pac_bayes_lambda,
        _exact,
        lambda n: 2 * DIGITS.sqrt(n),
        seed=93,
        digits=12,
    )
    return Verdict(
        claim="pac-bayes-lambda is the derived expression, rounded up.",
        truth=Truth.of(found.holds),
        evidence=f"n up to 10^7, delta down to 1e-60: {found.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=12,
    )


def check_it_moves_as_recorded_above_kl() -> Verdict:
    return limits(pac_bayes_lambda, pac_bayes_kl)


def check_it_covers_the_best_of_many() -> Verdict:
    return trial(pac_bayes_lambda)


def check_the_prior_may_be_fitted() -> Verdict:
    return fitted_prior(pac_bayes_lambda)


def check_rows_may_be_copies() -> Verdict:
    return copies(pac_bayes_lambda)


def check_losses_may_exceed_one() -> Verdict:
    return large_losses(pac_bayes_lambda)
