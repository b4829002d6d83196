r"""Maurer (2004), A Note on the PAC-Bayesian Theorem.

For losses in [0, 1] and a prior P fixed before the sample (Theorem 5, recalled)

.. math:: \Pr\Bigl[\, \forall Q:\; \mathrm{kl}(\hat R_S(Q) \| R(Q)) \le
          \frac{\mathrm{KL}(Q \| P) + \ln(2 \sqrt n/\delta)}{n} \,\Bigr] \ge 1 - \delta,

and with Pinsker's inequality McAllester's :math:`R(Q) \le \hat R_S(Q) + \sqrt{c/2}`, c
the right side.  The paper states it for n >= 8 and writes m, or N, for n.
"""

from fractions import Fraction
from math import comb

import sympy
from mpmath import mpf

from nonvacuous.bounds.pac_bayes import pac_bayes_kl, pac_bayes_mcallester
from paper_checks._digits import DIGITS
from paper_checks._gibbs import (
    agrees,
    copies,
    fits,
    fitted_prior,
    large_losses,
    limits,
    nats,
    trial,
)
from paper_checks._inverted import inverted, kl_excess
from paper_checks._verdict import Kind, Truth, Verdict

KL, MCALLESTER = ("pac-bayes-kl",), ("pac-bayes-mcallester",)


def _two_root(n: int) -> mpf:
    return 2 * DIGITS.sqrt(n)


def check_a_posterior_pays_its_relative_entropy() -> Verdict:
    q, p, f, g = sympy.symbols("q p f g", positive=True)
    # two predictors: E_Q f - KL - ln E_P e^f, at its largest over q
    kl = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    gain = q * f + (1 - q) * g - kl
    whole = p * sympy.exp(f) + (1 - p) * sympy.exp(g)
    best = p * sympy.exp(f) / whole
    values = {p: sympy.Rational(1, 3), f: 2, g: sympy.Rational(1, 2)}
    slope = sympy.diff(gain, q).subs(q, best).subs(values)
    top = (gain.subs(q, best) - sympy.log(whole)).subs(values)
    bend = sympy.simplify(sympy.diff(gain, q, 2) + 1 / (q * (1 - q)))
    return Verdict(
        claim="E_Q f is at most KL(Q || P) + ln E_P e^f, with equality at Q = P e^f up"
        " to scale (Donsker and Varadhan).",
        truth=Truth.of(
            abs(float(slope)) < 1e-12 and abs(float(top)) < 1e-12 and bend == 0
        ),
        evidence="sympy, two predictors: E_Q f - KL has second derivative -1/(q(1-q)),"
        " slope 0 at that Q and there the value ln E_P e^f.",
        kind=Kind.DERIVATION,
        of=KL + MCALLESTER,
    )


def _xi(n: int) -> Fraction:
    powers = (comb(n, k) * k**k * (n - k) ** (n - k) for k in range(n + 1))
    return Fraction(sum(powers), n**n)


def check_the_mean_of_e_to_n_kl_is_at_most_two_root_n() -> Verdict:
    broken = sum(_xi(n) ** 2 > 4 * n for n in range(1, 60))
    n, p, mean = 4, Fraction(1, 3), Fraction(0)
    for k in range(n + 1):
        a = Fraction(k, n)
        e_n_kl = a**k * (1 - a) ** (n - k) / (p**k * (1 - p) ** (n - k))
        mean += comb(n, k) * p**k * (1 - p) ** (n - k) * e_n_kl
    exact = mean == _xi(n)
    return Verdict(
        claim="For a coin E e^(n kl) is sum C(n, k) (k/n)^k (1 - k/n)^(n-k), whatever"
        " its bias, and at most 2 sqrt n for every n from 1.",
        truth=Truth.of(broken == 0 and exact),
        evidence=f"Exact fractions: the mean at n = 4 and bias 1/3; n = 1 to 59, of"
        f" which {broken} exceed 2 sqrt n.",
        kind=Kind.DERIVATION,
        of=KL + MCALLESTER,
    )


def check_pinsker() -> Verdict:
    x, y = sympy.symbols("x y", positive=True)
    kl = x * sympy.log(x / y) + (1 - x) * sympy.log((1 - x) / (1 - y))
    slope = sympy.simplify(
        sympy.diff(kl - 2 * (x - y) ** 2, y) - (y - x) * (1 / (y * (1 - y)) - 4)
    )
    return Verdict(
        claim="kl(q, p) is at least 2 (p - q)^2.",
        truth=Truth.of(slope == 0),
        evidence="sympy: the difference has derivative (p - q)(1/(p(1-p)) - 4) in p,"
        " whose second factor is at least 0, and is 0 at p = q.",
        kind=Kind.DERIVATION,
        of=MCALLESTER,
    )


def check_kl_is_inverted() -> Verdict:
    found = inverted(
        (
            (
                pac_bayes_kl.formula(fit, d),
                kl_excess(
                    DIGITS.mpf(fit.empirical), nats(fit, d, _two_root(fit.trials))
                ),
            )
            for fit, d in fits(91, 200)
            if pac_bayes_kl.formula(fit, d) < 1
        ),
        digits=12,
    )
    return Verdict(
        claim="pac-bayes-kl is the inverse of kl at these nats, rounded up.",
        truth=Truth.of(found.holds),
        evidence=f"n up to 10^7, delta down to 1e-60: {found.words}.",
        kind=Kind.FORMULA,
        of=KL,
        digits=12,
    )


def check_mcallester_is_its_formula() -> Verdict:
    found = agrees(
        pac_bayes_mcallester,
        lambda q, c: q + DIGITS.sqrt(c / 2),
        _two_root,
        seed=92,
        digits=13,
    )
    return Verdict(
        claim="pac-bayes-mcallester is the empirical risk and the root of half of the"
        " nats, rounded up.",
        truth=Truth.of(found.holds),
        evidence=f"n up to 10^7, delta down to 1e-60: {found.words}.",
        kind=Kind.FORMULA,
        of=MCALLESTER,
        digits=13,
    )


def check_kl_moves_as_recorded() -> Verdict:
    return limits(pac_bayes_kl, None)


def check_mcallester_moves_as_recorded_above_kl() -> Verdict:
    return limits(pac_bayes_mcallester, pac_bayes_kl)


def check_kl_covers_the_best_of_many() -> Verdict:
    return trial(pac_bayes_kl)


def check_mcallester_covers_the_best_of_many() -> Verdict:
    return trial(pac_bayes_mcallester)


def check_the_prior_may_be_fitted() -> Verdict:
    return fitted_prior(pac_bayes_kl, pac_bayes_mcallester)


def check_rows_may_be_copies() -> Verdict:
    return copies(pac_bayes_kl, pac_bayes_mcallester)


def check_losses_may_exceed_one() -> Verdict:
    return large_losses(pac_bayes_kl, pac_bayes_mcallester)
