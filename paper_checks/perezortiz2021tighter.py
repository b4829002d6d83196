r"""Perez-Ortiz et al. (2021), Tighter Risk Certificates for Neural Networks.

PAC-Bayes-quadratic (recalled): with :math:`c = (\mathrm{KL}(Q \| P) + \ln(2\sqrt n/
\delta))/n`, from :math:`\mathrm{kl}(q, p) \ge (p - q)^2/(2p)`,

.. math:: R(Q) \le \bigl(\sqrt{\hat R_S(Q) + c/2} + \sqrt{c/2}\bigr)^2.
"""

import sympy
from mpmath import mpf

from nonvacuous.bounds.pac_bayes import pac_bayes_kl, pac_bayes_quadratic
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

OF = ("pac-bayes-quadratic",)


def _exact(q: mpf, c: mpf) -> mpf:
    """The best of the theorem at empirical risk q and c nats per row."""
    return (DIGITS.sqrt(q + c / 2) + DIGITS.sqrt(c / 2)) ** 2


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


def check_the_square_is_the_root_of_the_quadratic() -> Verdict:
    q, c, p = sympy.symbols("q c p", positive=True)
    top = (sympy.sqrt(q + c / 2) + sympy.sqrt(c / 2)) ** 2
    gap = sympy.simplify(sympy.expand(((p - q) ** 2 - 2 * p * c).subs(p, top)))
    roots = sympy.solve((p - q) ** 2 - 2 * p * c, p)
    return Verdict(
        claim="(p - q)^2 = 2 p c has its larger root at (sqrt(q + c/2) + sqrt(c/2))^2.",
        truth=Truth.of(gap == 0 and len(roots) == 2),
        evidence="sympy expands the difference to 0; the other root is below q.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_code_is_the_formula() -> Verdict:
    found = agrees(
        pac_bayes_quadratic,
        _exact,
        lambda n: 2 * DIGITS.sqrt(n),
        seed=93,
        digits=12,
    )
    return Verdict(
        claim="pac-bayes-quadratic is the derived expression, rounded up.",
        truth=Truth.of(found.holds),
        evidence=f"n up to 10^7, delta down to 1e-60: {found.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=12,
    )


def check_it_moves_as_recorded_above_kl() -> Verdict:
    return limits(pac_bayes_quadratic, pac_bayes_kl)


def check_it_covers_the_best_of_many() -> Verdict:
    return trial(pac_bayes_quadratic)


def check_the_prior_may_be_fitted() -> Verdict:
    return fitted_prior(pac_bayes_quadratic)


def check_rows_may_be_copies() -> Verdict:
    return copies(pac_bayes_quadratic)


def check_losses_may_exceed_one() -> Verdict:
    return large_losses(pac_bayes_quadratic)
