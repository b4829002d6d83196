r"""Viallard et al. (2024), A General Framework for the Practical Disintegration of
PAC-Bayesian Bounds.

One net drawn from the posterior, by the divergence of order 2 (Theorem 2, recalled;
derived here), :math:`D_2(Q \| P) = \ln E_P (dQ/dP)^2`, with M draws fixed beforehand:

.. math:: \Pr\Bigl[\, \mathrm{kl}(\hat R_S(h) \| R(h)) \le
          \frac{D_2(Q_S \| P) + 2 \ln(2M/\delta) + \ln(2\xi(n)/\delta)}n \,\Bigr]
          \ge 1 - \delta.

Their m is n.
"""

from dataclasses import replace
from math import log
from random import Random

import sympy

from nonvacuous.bounds.pac_bayes import pac_bayes_renyi_draw, pac_bayes_single_draw
from nonvacuous.evidence import DrawnFit, RenyiFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.rivasplata2020pac import (
    inverse_digits,
    least_errors_below,
    xi_digits,
)

DRAW = ("pac-bayes-renyi-draw",)
MANY = 2**13


def check_markov_twice_and_cauchy_schwarz() -> Verdict:
    p, r1, r2, f1, f2 = sympy.symbols("p r1 r2 f1 f2", positive=True)
    gap = (p * r1**2 + (1 - p) * r2**2) * (p * f1**2 + (1 - p) * f2**2)
    gap -= (p * r1 * f1 + (1 - p) * r2 * f2) ** 2
    square = p * (1 - p) * (r1 * f2 - r2 * f1) ** 2
    d2, xi, d, m, x = sympy.symbols("D2 xi delta M x", positive=True)
    # e^(x/2) <= (2M/delta) e^(D2/2) (2 xi/delta)^(1/2), x = n kl
    right = sympy.log(2 * m / d) + d2 / 2 + sympy.log(2 * xi / d) / 2
    (nats,) = sympy.solve(x / 2 - right, x)
    stated = d2 + 2 * sympy.log(2 * m / d) + sympy.log(2 * xi / d)
    same = sympy.simplify(sympy.expand_log(nats - stated)) == 0
    return Verdict(
        claim="Markov for the draw with delta/(2M), Cauchy and Schwarz, and Markov for"
        " the sample with delta/2 give the statement.",
        kind=Kind.DERIVATION,
        of=DRAW,
        truth=Truth.of(sympy.expand(gap - square) == 0 and same),
        evidence="sympy reduces the solved nats less the stated ones to 0; for two nets"
        " the gap of Cauchy and Schwarz is p (1 - p) (r1 f2 - r2 f1)^2.",
    )


def check_code_is_the_formula() -> Verdict:
    rng, pairs = Random(8), []
    for _ in range(60):
        n = rng.choice((2, 30, 1000, 8192, 8193, 60_000, 10**6))
        k = rng.choice((0, n // 50, n // 3, n - 1))
        fit = RenyiFit(
            errors=k,
            trials=n,
            renyi=rng.choice((0.0, 1e-9, 0.1 * n * rng.random())),
            draws=rng.choice((1, 3, 1000)),
        )
        delta = rng.choice((0.05, 1e-12, 0.4))
        d = DIGITS.mpf(delta)
        nats = fit.renyi + 2 * DIGITS.log(2 * fit.draws / d)
        nats += DIGITS.log(2 * xi_digits(n) / d)
        ours = pac_bayes_renyi_draw.formula(fit, delta)
        if ours < 1:  # at 1 there is nothing to round
            pairs.append((ours, inverse_digits(DIGITS.mpf(k) / n, nats / n)))
    found = compare(pairs, digits=12)
    return Verdict(
        claim="The code is kl's inverse at the derived nats, rounded up.",
        kind=Kind.FORMULA,
        of=DRAW,
        digits=12,
        truth=Truth.of(found.holds and len(pairs) > 40),
        evidence=f"Seeded evidence: {found.words}.",
    )


def check_limits_and_order() -> Verdict:
    fit, value = (
        RenyiFit(errors=20, trials=1000, renyi=30.0),
        pac_bayes_renyi_draw.formula,
    )
    base = value(fit, 0.05)
    more = [
        value(replace(fit, errors=21), 0.05),
        value(replace(fit, renyi=31.0), 0.05),
        value(replace(fit, draws=2), 0.05),
        value(replace(fit, trials=999), 0.05),
        value(fit, 0.049),
    ]
    extra = 3 * log(2) - 2 * log(0.05)  # nats beyond the bound by the density
    drawn = DrawnFit(errors=20, trials=1000, log_ratio=30.0 + extra)
    same = pac_bayes_single_draw.formula(drawn, 0.05)
    return Verdict(
        claim="The bound rises with errors, divergence and draws, falls with rows and"
        " delta, and is the bound by the density at 3 ln 2 + 2 ln(1/delta) nats more.",
        kind=Kind.LIMIT,
        of=DRAW,
        truth=Truth.of(min(more) > base and abs(base / same - 1) < 1e-12),
        evidence=f"{base:.6f} rises to at least {min(more):.6f}, and equals the other"
        " to 1e-12.",
    )


def _failure(delta: float, renyi: float, nets: int) -> float:
    """Chance that the best of `nets` fair coins of 40 throws breaks the bound."""
    fits = (RenyiFit(errors=k, trials=40, renyi=renyi) for k in range(40))
    k = sum(pac_bayes_renyi_draw.formula(f, delta) < 0.5 for f in fits) - 1
    return least_errors_below(k, 40, nets)


def check_the_theorem_holds_where_the_divergence_left_out_does_not() -> Verdict:
    right, wrong = _failure(0.5, log(MANY), MANY), _failure(0.5, 0.0, MANY)
    return Verdict(
        claim="A posterior on the best of 8192 coins fails with probability below"
        " delta, and above it if the divergence is left out.",
        kind=Kind.TRIAL,
        of=DRAW,
        truth=Truth.of(0 < right <= 0.5 < wrong),
        evidence=f"Exact, n = 40 and delta = 0.5: {right:.1e}, and {wrong:.4f} without"
        " D_2 = ln 8192.",
    )


def _picked(without: str, claim: str, how: str) -> Verdict:
    failure = _failure(0.5, 0.0, MANY)
    return Verdict(
        claim=claim,
        kind=Kind.ASSUMPTION,
        of=DRAW,
        whose=Whose.TEMPTING,
        without=without,
        truth=Truth.of(failure <= 0.5),
        expected=Truth.FALSE,
        evidence=f"{how}: it fails with probability {failure:.3f}, exact, at n = 40 and"
        " delta = 0.5.",
    )


def check_a_net_redrawn_until_it_looks_good() -> Verdict:
    return _picked(
        "drawn-from-posterior",
        "The best of many draws is bounded as if it were the first.",
        "P = Q draws fair coins, and the best of 8192 is kept with M = 1",
    )


def check_a_prior_fitted_to_the_rows() -> Verdict:
    return _picked(
        "prior-fixed",
        "The prior may be the posterior, so that the divergence is 0.",
        "P = Q_S sits on the best of 8192 fair coins",
    )


def check_rows_that_are_copies() -> Verdict:
    clear = pac_bayes_renyi_draw.formula(RenyiFit(errors=0, trials=20, renyi=0.0), 0.3)
    failure = 0.5 if clear < 0.5 else 0.0
    return Verdict(
        claim="The rows may be copies of one another.",
        kind=Kind.ASSUMPTION,
        of=DRAW,
        whose=Whose.TEMPTING,
        without=pac_bayes_renyi_draw.assumptions[0].name,
        truth=Truth.of(failure <= 0.3),
        expected=Truth.FALSE,
        evidence="Twenty copies of one row of a net of risk 1/2 show no error half of"
        f" the time, and the bound is then {clear:.3f}: 0.5 against delta = 0.3.",
    )
