"""Bounds by spectral norms, and by weights that may be perturbed."""

import math
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.bounds import Bound, Certificate, Refusal, Verdict
from nonvacuous.bounds.norms import (
    spectral_margin,
    spectral_margin_budgets,
    spectral_margin_fixed,
    spectral_margin_ratios,
    spectral_pac_bayes,
)
from nonvacuous.bounds.norms.perturbation import perturbation_kl
from nonvacuous.bounds.norms.spectral import dudley, spectral_complexity
from nonvacuous.evidence import Origin, PerturbationFit, SpectralFit

some = settings(derandomize=True, max_examples=60, deadline=None)
A1 = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
A2 = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
SPECTRAL = tuple(float(np.linalg.norm(a, 2)) for a in (A1, A2))
DISTANCES = tuple(float(np.linalg.norm(a, axis=1).sum()) for a in (A1, A2))

FIT = SpectralFit(
    margin_errors=0,
    trials=1000,
    margin=1.0,
    spectral=SPECTRAL,
    distances=DISTANCES,
    row_norm=5 * math.sqrt(1000),
    width=3,
    fixed=True,
)
NOISE = PerturbationFit(
    margin_errors=0,
    trials=1000,
    margin=1.0,
    spectral=math.prod(SPECTRAL),
    stable_ranks=sum(
        (np.linalg.norm(a) / s) ** 2 for a, s in zip((A1, A2), SPECTRAL, strict=True)
    ),
    radius=5.0,
    domain=True,
    layers=2,
    width=3,
)
AFTERWARDS = [spectral_margin, spectral_margin_ratios, spectral_margin_budgets]


def test_the_net_of_the_published_values_has_the_published_norms() -> None:
    assert SPECTRAL == pytest.approx((2.302775638, 1.414213562), rel=1e-9)
    assert DISTANCES == pytest.approx((4.414213562, 2.414213562), rel=1e-9)
    transposed = np.linalg.norm(A1, axis=0).sum()
    assert transposed == pytest.approx(math.sqrt(2) + math.sqrt(5))
    assert transposed < DISTANCES[0]  # the wrong axis would promise too much


def test_agrees_with_published_values() -> None:
    complexity = spectral_complexity(SPECTRAL, DISTANCES)
    assert complexity == pytest.approx(16.68126451, rel=1e-9)
    main = FIT.row_norm * complexity * math.log(3) / 1000
    assert main == pytest.approx(2.897633312, rel=1e-9)
    assert spectral_margin_fixed.formula(FIT, 0.05) == pytest.approx(
        2230.336561, rel=1e-9
    )
    assert spectral_margin.formula(FIT, 0.05) == pytest.approx(7042.976945, rel=1e-9)
    assert dudley(50.0, 60_000) == pytest.approx(0.0699, abs=5e-5)
    at = 4 / 60_000**1.5 + 12 * 50 / 60_000 * math.log(60_000**1.5)
    assert at == pytest.approx(0.1650, abs=5e-5)


def test_the_pac_bayes_bound_agrees_with_published_values() -> None:
    assert perturbation_kl(NOISE) == pytest.approx(1.8583699e8, abs=5)
    assert spectral_pac_bayes.formula(NOISE, 0.05) == pytest.approx(1725.2155, rel=1e-7)


def naive_lemma(fit: SpectralFit, delta: float) -> mpmath.mpf:
    with mpmath.workdps(50):
        n, gamma = mpmath.mpf(fit.trials), mpmath.mpf(fit.margin)
        x, count = mpmath.mpf(fit.row_norm), len(fit.spectral)
        product, total = mpmath.mpf(1), mpmath.mpf(0)
        logs = mpmath.log(1 / mpmath.mpf(delta)) + mpmath.log(2 * n / gamma)
        logs += 2 * mpmath.log(2 + x)
        for s, b in zip(fit.spectral, fit.distances, strict=True):
            shifted = mpmath.mpf(1) / count + mpmath.mpf(s)
            product *= shifted
            total += ((mpmath.mpf(1) / count + mpmath.mpf(b)) / shifted) ** (
                mpmath.mpf(2) / 3
            )
            logs += 2 * mpmath.log(2 + count * mpmath.mpf(b))
            logs += 2 * mpmath.log(2 + count * mpmath.mpf(s))
        main = 144 * mpmath.log(n) * mpmath.log(2 * fit.width) / (gamma * n)
        main *= product * total ** mpmath.mpf("1.5") * (1 + x)
        rest = mpmath.sqrt(9 / (2 * n)) * mpmath.sqrt(logs)
        return fit.margin_errors / n + 8 / n + main + rest


def naive_covered(fit: SpectralFit, over: Any, nats: Any, delta: float) -> Any:
    n = mpmath.mpf(fit.trials)
    scale = 2 * over * mpmath.mpf(fit.row_norm)
    scale *= mpmath.sqrt(mpmath.log(2 * fit.width**2))
    alpha = 3 * scale / mpmath.sqrt(n) if 3 * scale < n else 1 / n
    rademacher = 4 * alpha / mpmath.sqrt(n)
    rademacher += 12 * scale / n * mpmath.log(mpmath.sqrt(n) / alpha)
    logs = mpmath.log(2 / mpmath.mpf(delta)) + nats
    return fit.margin_errors / n + 2 * rademacher + 3 * mpmath.sqrt(logs / (2 * n))


def on_grid(value: float, steps: int) -> tuple[Any, Any]:
    """The least grid point that holds the value, and its nats; ours is 2^-44 above."""
    value = mpmath.mpf(value) * (1 - mpmath.mpf(2) ** -45)
    j = int(mpmath.ceil(steps * mpmath.log(value, 2)))
    weight = 1 / ((mpmath.pi**2 / 3 - 1) * (1 + abs(j)) ** 2)
    return mpmath.mpf(2) ** (mpmath.mpf(j) / steps), -mpmath.log(weight)


def joined(ratios: list[Any]) -> Any:
    total = mpmath.fsum(r ** (mpmath.mpf(2) / 3) for r in ratios)
    return total ** mpmath.mpf("1.5")


def naive_ratios(fit: SpectralFit, delta: float) -> Any:
    with mpmath.workdps(50):
        pairs = zip(fit.distances, fit.spectral, strict=True)
        points = [on_grid(b / s, 8) for b, s in pairs]
        best, ratio = mpmath.inf, mpmath.fprod(fit.spectral) / fit.margin
        first = int(mpmath.ceil(mpmath.log(ratio, 2)))
        for j in range(first, max(first, 0) + 1):
            budget, nats = on_grid(2.0**j, 1)
            nats += mpmath.fsum(nats for _, nats in points)
            over = budget * joined([point for point, _ in points])
            best = min(best, naive_covered(fit, over, nats, delta))
        return best


def naive_budgets(fit: SpectralFit, delta: float) -> Any:
    with mpmath.workdps(50):
        s, b = ([on_grid(v, 8) for v in vs] for vs in (fit.spectral, fit.distances))
        inverse = on_grid(1 / fit.margin, 8)
        product = mpmath.fprod(point for point, _ in s)
        ratios = [q[0] / p[0] for q, p in zip(b, s, strict=True)]
        nats = mpmath.fsum(nats for _, nats in (*s, *b, inverse))
        return naive_covered(fit, inverse[0] * product * joined(ratios), nats, delta)


@pytest.mark.parametrize("margin", [0.03, 1.0, 7.3, 5e3, 1e7])
@pytest.mark.parametrize("rows", [1000, 10**9])
def test_each_bound_is_its_statement_rounded_up(margin: float, rows: int) -> None:
    fit = replace(FIT, margin=margin, trials=rows, margin_errors=rows // 7)
    for bound, naive in (
        (spectral_margin_ratios, naive_ratios),
        (spectral_margin_budgets, naive_budgets),
    ):
        exact, value = naive(fit, 0.05), bound.formula(fit, 0.05)
        assert exact <= value <= exact * (1 + 1e-9)
    if margin <= rows:
        exact, value = naive_lemma(fit, 0.05), spectral_margin.formula(fit, 0.05)
        assert exact <= value <= exact * (1 + 1e-9)
    else:
        capped = replace(fit, margin=float(rows))
        assert spectral_margin.formula(fit, 0.05) == spectral_margin.formula(
            capped, 0.05
        )


@some
@given(scale=st.floats(1e-6, 1e6), n=st.integers(2, 10**7))
def test_the_best_integral_is_never_above_any_other(scale: float, n: int) -> None:
    root = math.sqrt(n)
    value = dudley(scale, n)
    if 3 * scale >= n:
        assert value >= 4 * (1 - 1e-12)  # the loss is at most 1: it says nothing
        return
    for alpha in (1 / n, scale / root, 3 * scale / root, 0.9 * root, root):
        other = 4 * alpha / root + 12 * scale / n * math.log(root / alpha)
        assert value <= other * (1 + 1e-12)


def test_what_is_chosen_afterwards_costs_more_than_what_was_fixed() -> None:
    for n in (1000, 10**7, 10**11):
        fit = replace(FIT, trials=n, row_norm=5 * math.sqrt(n))
        fixed = spectral_margin_fixed.formula(fit, 0.05)
        for bound in AFTERWARDS:
            assert bound.formula(fit, 0.05) > fixed


def test_rescaled_layers_are_one_net_to_the_ratios() -> None:
    moved = replace(
        FIT,
        spectral=(SPECTRAL[0] * 4, SPECTRAL[1] / 4),
        distances=(DISTANCES[0] * 4, DISTANCES[1] / 4),
    )
    for fit in (moved, replace(moved, trials=10**9)):
        base = replace(FIT, trials=fit.trials)
        assert spectral_margin_ratios.formula(fit, 0.05) == pytest.approx(
            spectral_margin_ratios.formula(base, 0.05), rel=1e-12
        )


def test_enough_rows_make_it_say_something() -> None:
    n = 10**13
    fit = replace(FIT, trials=n, row_norm=5 * math.sqrt(n))
    for bound in (*AFTERWARDS, spectral_margin_fixed):
        assert bound.formula(fit, 0.05) < 0.5
    noise = replace(NOISE, trials=10**12)
    assert spectral_pac_bayes.formula(noise, 0.05) < 0.1


def test_a_reference_that_learnt_the_rows_breaks_the_bound() -> None:
    """A memorising net is at distance 0 of itself: the bound then promises next to
    nothing wrong, and on random labels the net errs half of the time."""
    memorised = replace(FIT, trials=10_000, distances=(0.0, 0.0), reference="itself")
    assert spectral_margin_budgets.formula(memorised, 0.05) < 0.3 < 0.5
    fixed = spectral_margin_fixed.formula(memorised, 0.05)
    assert fixed < 0.1 < 0.5
    outcome = spectral_margin_budgets.certify(memorised, delta=0.05)
    assert isinstance(outcome, Certificate)
    assert outcome.assumptions["reference-fixed"] is Verdict.VOUCHED
    zero = spectral_margin_budgets.certify(FIT, delta=0.05)
    assert isinstance(zero, Certificate)
    assert zero.assumptions["reference-fixed"] is Verdict.CHECKED


def refused(bound: Bound[Any], fit: Any) -> Refusal:
    outcome = bound.certify(fit, delta=0.05)
    assert isinstance(outcome, Refusal)
    return outcome


def test_norms_measured_on_the_trained_net_are_no_budgets() -> None:
    refusal = refused(spectral_margin_fixed, replace(FIT, fixed=False))
    assert refusal.assumption == "budgets-fixed"
    assert "trained net" in refusal.reason
    for bound in AFTERWARDS:
        assert isinstance(
            bound.certify(replace(FIT, fixed=False), delta=0.05), Certificate
        )


def test_ratios_want_reference_zero() -> None:
    refusal = refused(spectral_margin_ratios, replace(FIT, reference="abc"))
    assert refusal.assumption == "reference-zero"


def test_the_samples_radius_is_not_the_domains() -> None:
    sample = replace(NOISE, domain=False, radius=1.0)
    refusal = refused(spectral_pac_bayes, sample)
    assert refusal.assumption == "domain-radius"
    assert "every input that can occur" in refusal.reason
    # what it would have said
    assert spectral_pac_bayes.formula(sample, 0.05) < spectral_pac_bayes.formula(
        NOISE, 0.05
    )


def test_margins_beyond_what_the_radius_allows_are_refused() -> None:
    beyond = replace(NOISE, margin=100.0, margin_errors=999)
    assert refused(spectral_pac_bayes, beyond).assumption == "domain-radius"
    every = replace(beyond, margin_errors=1000)
    assert isinstance(spectral_pac_bayes.certify(every, delta=0.05), Certificate)


def test_small_and_large_spectral_norms_are_vacuous_as_the_grid_needs() -> None:
    """Outside the range of the paper's grid the bound must say at least 1 by itself."""
    for n in (10, 1000, 10**6):
        edge = math.sqrt(n) / 2
        large = replace(NOISE, trials=n, spectral=edge, radius=1.0, stable_ranks=2.0)
        assert spectral_pac_bayes.formula(large, 0.05) > 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"spectral": ()}, "spectral must be"),
        ({"spectral": (1.0, math.nan)}, "spectral must be"),
        ({"distances": (1.0, math.inf)}, "distances must be"),
        ({"distances": (1.0,)}, "distances must be one for each of 2 layers"),
        ({"width": 0}, "width must be at least 1"),
        ({"row_norm": 0.0}, "row_norm must be above 0"),
        ({"margin": -1.0}, "margin must be above 0"),
    ],
)
def test_impossible_facts_are_refused_by_name(change: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(FIT, **change)


def test_impossible_radii_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="radius must be above 0"):
        replace(NOISE, radius=0.0)
    with pytest.raises(ValueError, match="stable_ranks must be above 0"):
        replace(NOISE, stable_ranks=math.inf)


def test_one_row_and_overflow_say_infinity() -> None:
    assert spectral_pac_bayes.formula(replace(NOISE, trials=1), 0.05) == math.inf
    assert spectral_pac_bayes.formula(replace(NOISE, spectral=1e300), 0.05) == math.inf
    tiny = replace(FIT, margin=1e-310)
    for bound in (*AFTERWARDS, spectral_margin_fixed):
        assert bound.formula(tiny, 0.05) == math.inf


def test_rows_of_the_prior_are_refused() -> None:
    origin = Origin(source="digits", role="prior", digest="0", rows=1000)
    for bound in AFTERWARDS:
        refusal = refused(bound, replace(FIT, origin=origin))
        assert refusal.assumption == "class-fixed"
