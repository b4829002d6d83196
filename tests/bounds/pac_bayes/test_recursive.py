"""Recursive PAC-Bayes."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.pac_bayes import (
    kl_inverse,
    pac_bayes_kl,
    pac_bayes_kl_exact_constant,
    pac_bayes_recursive,
    pac_bayes_recursive_betting,
)
from nonvacuous.evidence import ExcessFit, GibbsFit, Origin

some = settings(derandomize=True, max_examples=50, deadline=None)
both = pytest.mark.parametrize(
    "bound", [pac_bayes_recursive, pac_bayes_recursive_betting], ids=lambda b: b.name
)
FIT = pac_bayes_recursive.example


def naive(fit: ExcessFit, delta: float) -> float:
    """The authors' formula, with one delta for all of a step."""
    left = delta - fit.mc_delta - fit.previous_delta
    values = [-fit.gamma, 0.0, 1 - fit.gamma, 1.0]
    nats = (fit.kl + math.log(3 * 2 * math.sqrt(fit.trials) / left)) / fit.trials
    reached = [fit.reach_zero, fit.reach_rest, fit.reach_one]
    excess = values[0] + sum(
        kl_inverse(reached[j], nats) * (values[j + 1] - values[j]) for j in range(3)
    )
    return excess + fit.gamma * fit.previous


@some
@given(
    gamma=st.floats(0, 1),
    rates=st.lists(st.floats(0, 1), min_size=3, max_size=3),
    kl=st.floats(0, 1e4),
    previous=st.floats(0, 1),
)
def test_is_the_published_formula(
    gamma: float, rates: list[float], kl: float, previous: float
) -> None:
    one, rest, zero = sorted(rates)
    fit = replace(
        FIT,
        gamma=gamma,
        reach_zero=zero,
        reach_rest=rest,
        reach_one=one,
        kl=kl,
        previous=previous,
    )
    slow = naive(fit, 0.05)
    got = pac_bayes_recursive.formula(fit, 0.05)
    assert slow - 1e-13 <= got
    assert got == pytest.approx(max(slow, 0.0), abs=1e-9)
    bet = pac_bayes_recursive_betting.formula(fit, 0.05)
    assert bet <= got + 1e-8


def test_no_part_of_the_prior_leaves_pac_bayes_kl() -> None:
    plain = GibbsFit(empirical=0.03, trials=30_000, kl=400.0)
    fit = ExcessFit(
        previous=1.0,
        previous_delta=0.0,
        gamma=0.0,
        reach_zero=1.0,
        reach_rest=0.03,
        reach_one=0.03,
        trials=30_000,
        kl=400.0,
    )
    exact = pac_bayes_kl_exact_constant.formula(plain, 0.05)
    assert pac_bayes_recursive_betting.formula(fit, 0.05) == pytest.approx(exact)
    # the published one pays for three inequalities
    assert pac_bayes_recursive.formula(fit, 0.15) == pytest.approx(
        pac_bayes_kl.formula(plain, 0.05), rel=1e-9
    )


@both
def test_a_chain_of_certificates_adds_its_deltas(bound: Bound[Any]) -> None:
    first = pac_bayes_kl.certify(
        GibbsFit(empirical=0.1, trials=60_000, kl=200.0), delta=0.02
    )
    assert isinstance(first, Certificate)
    fit = replace(FIT, previous=first.upper, previous_delta=first.delta)
    second = bound.certify(fit, delta=0.05)
    assert isinstance(second, Certificate)
    assert second.upper < first.upper
    with pytest.raises(ValueError, match="delta must exceed"):
        bound.certify(fit, delta=0.025)


def law(n: int, p: float, r: float) -> list[tuple[float, int, int]]:
    """Errors of a prior and of a posterior that corrects some of them, all samples."""
    return [
        (float(binom.pmf(a, n, p) * binom.pmf(b, a, r)), a, b)
        for a in range(n + 1)
        for b in range(a + 1)
    ]


def fact(n: int, a: int, b: int, **changes: Any) -> ExcessFit:
    """The prior errs on a rows, the posterior on b of them, gamma one half."""
    whole = {"previous": 0.5, "previous_delta": 0.0, "gamma": 0.5, "kl": 0.0}
    return ExcessFit(
        reach_zero=min(1.0, (n - a + b) / n * (1 + 1e-15)),
        reach_rest=b / n,
        reach_one=0.0,
        trials=n,
        **(whole | changes),
    )


@both
@pytest.mark.parametrize("delta", [0.1, 0.9])
def test_covers_over_all_samples(bound: Bound[Any], delta: float) -> None:
    n, p, r = 20, 0.5, 0.6
    wrong = sum(
        w
        for w, a, b in law(n, p, r)
        if bound.formula(fact(n, a, b, previous=p), delta) < p * r
    )
    assert wrong <= delta


@both
def test_a_step_on_rows_that_the_prior_saw_breaks_it(
    bound: Bound[Any], best_of: Callable[..., Any]
) -> None:
    """A prior memorised the rows and stays: fresh rows hold, the old ones do not."""
    n, delta = 200, 0.05

    def short(a: int) -> bool:
        # posterior and prior are one net of risk one half, certified at one half
        fit = ExcessFit(
            previous=0.5,
            previous_delta=0.0,
            gamma=0.5,
            reach_zero=1.0,
            reach_rest=a / n,
            reach_one=0.0,
            trials=n,
            kl=0.0,
        )
        return bound.formula(fit, delta) < 0.5

    shorts = np.array([short(a) for a in range(n + 1)])
    assert best_of(1, n, 0.5) @ shorts <= delta
    assert best_of(1e20, n, 0.5) @ shorts > 0.99


@both
def test_rows_of_the_prior_are_refused(bound: Bound[Any]) -> None:
    rows = Origin(source="mnist", role="train", digest="ab", rows=60_000)
    fit = replace(FIT, origin=rows, prior=rows)
    assert isinstance(bound.certify(fit, delta=0.05), Refusal)


@pytest.mark.parametrize(
    "name", ["previous", "gamma", "reach_zero", "reach_rest", "reach_one", "mc_delta"]
)
def test_rates_outside_their_range_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must lie in"):
        replace(FIT, **{name: 1.5})
