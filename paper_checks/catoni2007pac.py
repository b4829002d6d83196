r"""Catoni (2007), PAC-Bayesian Supervised Classification.

Theorem 1.2.6 (recalled): for a temperature C > 0 fixed beforehand,

.. math:: \Pr\Bigl[\, \forall Q:\; R(Q) \le \frac{1 - \exp(-C \hat R_S(Q) -
          (\mathrm{KL}(Q \| P) + \ln(1/\delta))/n)}{1 - e^{-C}} \,\Bigr]
          \ge 1 - \delta,

here with C = 1.  The monograph writes :math:`\lambda/N` for C, N for n.
"""

import sympy

from nonvacuous.bounds.pac_bayes import pac_bayes_catoni
from paper_checks._digits import DIGITS, kl_digits
from paper_checks._gibbs import (
    agrees,
    copies,
    fitted_prior,
    large_losses,
    trial,
)
from paper_checks._inverted import turns
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("pac-bayes-catoni-1",)


def check_the_moment_of_a_coin_is_one() -> Verdict:
    p, c, n, kl, delta, q = sympy.symbols("p C n KL delta q", positive=True)
    moment = (1 - p + p * sympy.exp(-c)) / (1 - p * (1 - sympy.exp(-c)))
    right = (1 - sympy.exp(-c * q - (kl + sympy.log(1 / delta)) / n)) / (
        1 - sympy.exp(-c)
    )
    back = -sympy.log(1 - right * (1 - sympy.exp(-c))) - c * q
    gap = sympy.simplify(
        sympy.expand_log(back - (kl + sympy.log(1 / delta)) / n, force=True)
    )
    convex = sympy.diff(-sympy.log(1 - p * (1 - sympy.exp(-c))), p, 2)
    sign = sympy.simplify(
        convex - (1 - sympy.exp(-c)) ** 2 / (1 - p * (1 - sympy.exp(-c))) ** 2
    )
    return Verdict(
        claim="E e^(-C loss) is 1 - p (1 - e^-C) for a coin, so n (Phi(R) - C R^) has"
        " exponential moment 1; Markov, the change of measure and convexity of Phi give"
        " the bound.",
        truth=Truth.of(sympy.simplify(moment) == 1 and gap == 0 and sign == 0),
        evidence="sympy: the moment is 1, solving for R(Q) gives the bound, and"
        " -ln(1 - p (1 - e^-C)) has second derivative (1 - e^-C)^2/(...)^2 > 0 in p.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_code_is_the_formula() -> Verdict:
    found = agrees(
        pac_bayes_catoni,
        lambda q, c: DIGITS.expm1(-(q + c)) / DIGITS.expm1(-1),
        lambda n: DIGITS.mpf(1),
        seed=94,
        digits=13,
    )
    return Verdict(
        claim="pac-bayes-catoni-1 is the expression at C = 1, rounded up.",
        truth=Truth.of(found.holds),
        evidence=f"n up to 10^7, delta down to 1e-60: {found.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=13,
    )


def check_it_moves_as_recorded() -> Verdict:
    wrong, steps = turns(
        pac_bayes_catoni, [pac_bayes_catoni.example], (0.05, 0.5), slack=1e-14
    )
    return Verdict(
        claim="The bound moves as recorded in each field.",
        truth=Truth.of(wrong == 0 and steps > 5),
        evidence=f"{steps} steps, {wrong} the wrong way.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_the_best_temperature_inverts_kl() -> Verdict:
    q, c = DIGITS.mpf("0.02"), (3000 + DIGITS.log(40)) / 60000
    best = min(
        DIGITS.expm1(-(t * q + c)) / DIGITS.expm1(-t)
        for t in (DIGITS.mpf(i) / 1000 for i in range(1500, 1900))
    )
    return Verdict(
        claim="Over all temperatures the least of the expression is the inverse of kl.",
        truth=Truth.of(abs(kl_digits(q, best) / c - 1) < 1e-6),
        evidence=f"On a grid around it the least is {float(best):.10f}, where kl is the"
        " nats to 1e-6.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_it_covers_the_best_of_many() -> Verdict:
    return trial(pac_bayes_catoni)


def check_the_prior_may_be_fitted() -> Verdict:
    return fitted_prior(pac_bayes_catoni)


def check_rows_may_be_copies() -> Verdict:
    return copies(pac_bayes_catoni)


def check_losses_may_exceed_one() -> Verdict:
    return large_losses(pac_bayes_catoni)


def check_noted_values() -> Verdict:
    fit = pac_bayes_catoni.example
    ours = pac_bayes_catoni.formula(fit, 0.025 + fit.mc_delta)
    return Verdict(
        claim="For an empirical risk of .02, 3,000 nats, 60,000 rows and delta .025 it"
        " is .1070420859.",
        truth=Truth.of(abs(ours - 0.1070420859) < 1e-9),
        evidence=f"{ours:.11f}.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=OF,
    )
