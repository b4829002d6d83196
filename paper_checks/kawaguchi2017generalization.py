r"""Kawaguchi, Kaelbling and Bengio (2017), Generalization in Deep Learning.

Some rows fix the hidden layers :math:`\Phi`; on n others (recalled in form, constants
derived) the ramp of :math:`(W^0 + V) \Phi` with :math:`\lVert V \rVert_F \le \tau` has
complexity at most :math:`2 \sqrt{\eta^L} \tau \lVert \Phi \rVert_F / (\gamma n)`.
Budgets for tau and 1/gamma are on grids :math:`2^{j/8}`.
"""

import math
from dataclasses import replace
from itertools import product
from random import Random

import sympy

from nonvacuous.bounds.norms import representation_margin
from nonvacuous.evidence import RepresentationFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._inverted import turns
from paper_checks._norms import (
    copies,
    costs,
    coverage,
    deviation_digits,
    fine_digits,
    margins,
    recoded,
    signs,
    tempting,
    world,
)
from paper_checks._verdict import Kind, Truth, Verdict

OF = ("representation-margin",)
BOUNDS = (representation_margin,)


def check_lipschitz_and_contraction_give_two() -> Verdict:
    gamma = sympy.symbols("gamma", positive=True)
    gradient = sympy.Matrix([1, -1])  # of f_y - f_k, the margin's
    lipschitz = sympy.sqrt(gradient.dot(gradient)) / gamma
    whole = sympy.simplify(sympy.sqrt(2) * lipschitz - 2 / gamma)
    return Verdict(
        claim="The ramp of the margin is sqrt(2)/gamma-Lipschitz, and vector"
        " contraction's sqrt(2) makes it 2/gamma.",
        truth=Truth.of(whole == 0),
        evidence="sympy, from the gradient of a difference of two outputs.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_formula_at_sixty_digits() -> Verdict:
    rng, pairs = Random(1), []
    for _ in range(150):
        counts, delta = margins(rng)
        fit = RepresentationFit(
            **counts,
            distance=rng.choice([0.0, 10 ** rng.uniform(-11, 9)]),
            feature_norm=10 ** rng.uniform(-3, 8),
            classes=rng.randint(2, 2000),
            apart=True,
        )
        (tau, one), (inverse, two) = (
            fine_digits(fit.distance),
            fine_digits(1 / fit.margin),
        )
        size = (
            4 * DIGITS.sqrt(fit.classes) * tau * inverse * DIGITS.mpf(fit.feature_norm)
        )
        exact = DIGITS.mpf(fit.margin_errors) / fit.trials + size / fit.trials
        exact += deviation_digits(fit.trials, delta, one + two)
        pairs.append((representation_margin.formula(fit, delta), exact))
    seen = compare(pairs, digits=12)
    return Verdict(
        claim="The bound is margin error, 4 sqrt(eta^L) tau ||Phi|| / (gamma n) and the"
        " deviation with the price of two grids, rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"n to 10^12, delta to 10^-200: {seen.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=12,
    )


def check_limits_and_monotonicity() -> Verdict:
    fit = representation_margin.example
    wrong, steps = turns(representation_margin, [fit], (0.05, 0.5), slack=1e-12)
    many = replace(fit, trials=10**14, margin_errors=10**13, feature_norm=1e7)
    end = representation_margin.formula(many, 0.05)
    return Verdict(
        claim="The bound moves as recorded and falls to the margin error.",
        truth=Truth.of(wrong == 0 and 0 < end - 0.1 < 1e-4),
        evidence=f"{steps} steps, {wrong} the wrong way; at 10^14 rows {end:.7f}.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_the_complexity_by_enumeration() -> Verdict:
    rng, shares = Random(2), []
    for _ in range(12):
        rows = [[rng.randint(-3, 3) for _ in range(2)] + [1] for _ in range(5)]
        size = math.sqrt(2 * sum(x * x for row in rows for x in row))
        total = 0.0
        for eps in product(signs(5), repeat=2):
            squares = sum(
                sum(e * row[j] for e, row in zip(one, rows, strict=True)) ** 2
                for one in eps
                for j in range(3)
            )
            total += math.sqrt(squares)
        shares.append(total / 4**5 / size)
    return Verdict(
        claim="E || sum of eps_ik Phi_i || is at most sqrt(eta^L) ||Phi||, and .9 of"
        " that would be too small.",
        truth=Truth.of(0.9 < max(shares) <= 1),
        evidence="Twelve seeded samples of two classes, every sign: from"
        f" {min(shares):.3f} to {max(shares):.3f} of the bound.",
        kind=Kind.TRIAL,
        of=OF,
    )


def check_coverage_in_a_world_of_two_inputs() -> Verdict:
    return coverage(BOUNDS, "the bound of Kawaguchi et al. lies")


def check_rows_may_be_copies() -> Verdict:
    return copies(BOUNDS, "the bound of Kawaguchi et al.")


def check_an_error_may_cost_more() -> Verdict:
    return costs(BOUNDS, "the bound of Kawaguchi et al.")


def check_features_may_be_made_from_the_labels() -> Verdict:
    return recoded(BOUNDS, "the bound of Kawaguchi et al.")


def check_hidden_layers_may_have_seen_the_rows() -> Verdict:
    n = 10**7
    fit = world(representation_margin, 0, n)
    return tempting(
        "The hidden layers may have learnt from the rows that are counted on.",
        "representation-apart",
        [(representation_margin, fit)],
        "They learnt each row by heart, its feature is its label, and labels are coins",
    )
