r"""Neyshabur, Bhojanapalli and Srebro (2018), PAC-Bayes and spectral norms.

Their Lemma 1 and the size of the noise are recalled, the constants derived:

.. math:: \mathrm{KL} = \tfrac{42^2 e^2}{2} d^2 B^2 \eta^* \ln(4 d \eta^*) \gamma^{-2}
          \prod_i \|W_i\|_2^2 \sum_i \|W_i\|_F^2 / \|W_i\|_2^2 .

The paper writes h for the width and m for n.
"""

import math
from random import Random

import numpy as np
import sympy

from nonvacuous.bounds.norms import spectral_pac_bayes
from nonvacuous.bounds.norms.perturbation import perturbation_kl
from nonvacuous.evidence import PerturbationFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._inverted import turns
from paper_checks._norms import activation, copies, costs, coverage, margins, recoded
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("spectral-pac-bayes",)
BOUNDS = (spectral_pac_bayes,)


def check_the_constant_of_the_divergence() -> Verdict:
    d, r, h, g, b = sympy.symbols("d B eta gamma beta", positive=True)
    grid = sympy.E ** (1 / (d - 1)) * b  # the farthest grid point above beta
    root = sympy.sqrt(h * sympy.log(4 * d * h))
    sigma = g / (42 * d * r * grid ** (d - 1) * root)
    found = sympy.powsimp(sympy.expand_power_base(b**2 / (2 * sigma**2)), force=True)
    want = 42**2 * sympy.E**2 / 2 * d**2 * r**2 * h * sympy.log(4 * d * h)
    want *= b ** (2 * d) / g**2
    enough = bool(42 >= 4 * sympy.sqrt(2) * sympy.E**2)
    same = abs(sympy.N((found / want).subs({d: 3, r: 2, h: 5, g: 7, b: 11}), 40) - 1)
    return Verdict(
        claim="Noise for a grid point up to e^{1/(d-1)} beta has divergence"
        " ||W||^2/(2 sigma^2) with 42^2 e^2/2, and 42 is at least 4 sqrt(2) e^2.",
        truth=Truth.of(enough and same < 1e-30),
        evidence="sympy: beta^2/(2 sigma^2) is the constant times beta^{2d}/gamma^2,"
        f" and 4 sqrt(2) e^2 = {4 * math.sqrt(2) * math.e**2:.4f}.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_formula_at_sixty_digits() -> Verdict:
    rng, pairs = Random(1), []
    for _ in range(150):
        counts, delta = margins(rng)
        fit = PerturbationFit(
            **counts,
            spectral=10 ** rng.uniform(-9, 9),
            stable_ranks=10 ** rng.uniform(0, 4),
            radius=10 ** rng.uniform(-2, 3),
            domain=True,
            layers=rng.randint(1, 40),
            width=rng.randint(1, 5000),
        )
        n, d, m = fit.trials, fit.layers, DIGITS.mpf
        kl = m(42) ** 2 * DIGITS.e**2 / 2 * d**2 * m(fit.radius) ** 2 * fit.width
        kl *= DIGITS.log(4 * d * fit.width) * m(fit.stable_ranks)
        kl *= (m(fit.spectral) / m(fit.margin)) ** 2
        logs = DIGITS.log(6 * d * m(n) ** (1 + m(1) / (2 * d)) / m(delta))
        exact = m(fit.margin_errors) / n + 4 * DIGITS.sqrt((kl + logs) / (n - 1))
        pairs.append((spectral_pac_bayes.formula(fit, delta), exact))
    seen = compare(pairs, digits=12)
    return Verdict(
        claim="The bound is margin error plus 4 sqrt((KL + ln(6 d n^{1 + 1/2d}/delta))"
        "/(n - 1)), rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"n to 10^12, delta to 10^-200: {seen.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=12,
    )


def check_monotonicity() -> Verdict:
    fit = spectral_pac_bayes.example
    wrong, steps = turns(spectral_pac_bayes, [fit], (0.05, 0.5), slack=1e-12)
    return Verdict(
        claim="The spectral PAC-Bayes bound moves as recorded in each field.",
        truth=Truth.of(wrong == 0),
        evidence=f"{steps} steps, {wrong} the wrong way.",
        kind=Kind.LIMIT,
        of=OF,
    )


def _moved(constant: float, reach: float) -> float:
    """Share of noise that moves an output by gamma/4 = 1/4 at an input of norm reach.

    Two layers of spectral norm 1, width 4, noise for the radius 1.
    """
    rng = np.random.default_rng(3)
    first, second = np.eye(4), np.eye(4)
    x = np.full(4, reach / 2)
    sigma = 1 / (constant * 2 * math.sqrt(4 * math.log(4 * 2 * 4)))
    one = first + sigma * rng.normal(size=(2000, 4, 4))
    two = second + sigma * rng.normal(size=(2000, 4, 4))
    out = np.einsum("sij,sj->si", two, np.maximum(one @ x, 0))
    return float(np.mean(np.abs(out - x).max(axis=1) >= 0.25))


def check_noise_of_that_size_moves_no_output() -> Verdict:
    ours, wrong = _moved(42, 1), _moved(1, 1)
    return Verdict(
        claim="Noise of the bound's size moves an output by gamma/4 with probability"
        " below 1/2; at 1 in place of 42 it would not.",
        truth=Truth.of(ours < 0.45 and wrong > 0.55),
        evidence="Two layers of width 4, 2,000 seeded draws (Hoeffding: .05 off with"
        f" probability below 10^-4): {ours:.3f}, and {wrong:.3f} for the constant 1.",
        kind=Kind.TRIAL,
        of=OF,
    )


def check_coverage_in_a_world_of_two_inputs() -> Verdict:
    return coverage(BOUNDS, "the bound of Neyshabur et al. (2018) lies")


def check_rows_may_be_copies() -> Verdict:
    return copies(BOUNDS, "the bound of Neyshabur et al. (2018)")


def check_an_error_may_cost_more() -> Verdict:
    return costs(BOUNDS, "the bound of Neyshabur et al. (2018)")


def check_features_may_be_made_from_the_labels() -> Verdict:
    return recoded(BOUNDS, "the bound of Neyshabur et al. (2018)")


def check_any_activation_may_do() -> Verdict:
    return activation(BOUNDS, "the bound of Neyshabur et al. (2018)")


def check_the_radius_may_be_the_samples() -> Verdict:
    far = _moved(42, 1000)
    return Verdict(
        claim="Noise sized for the sample's radius moves no output of an unseen input"
        " by gamma/4 with probability 1/2 or more.",
        truth=Truth.of(far < 0.5),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"Rows of norm 1 and an unseen input of norm 1,000: {far:.3f} of 2,000"
        " draws move it; the lemma's premise fails.",
        kind=Kind.ASSUMPTION,
        of=OF,
        without="domain-radius",
    )


def check_the_noted_values() -> Verdict:
    s = (math.sqrt((7 + math.sqrt(13)) / 2), math.sqrt(2))
    fit = PerturbationFit(
        margin_errors=0,
        trials=1000,
        margin=1.0,
        spectral=math.prod(s),
        stable_ranks=7 / s[0] ** 2 + 3 / s[1] ** 2,
        radius=5.0,
        domain=True,
        layers=2,
        width=3,
    )
    kl, gap = perturbation_kl(fit), spectral_pac_bayes.formula(fit, 0.05)
    return Verdict(
        claim="The net of the notes has a KL of 1.8583699e8 and a gap of 1725.2155.",
        truth=Truth.of(f"{kl:.7e}" == "1.8583699e+08" and abs(gap - 1725.2155) < 5e-5),
        evidence=f"Found {kl:.7e} and {gap:.4f}.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
    )
