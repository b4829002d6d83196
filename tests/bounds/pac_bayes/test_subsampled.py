"""Occam's bound on a few of many rows."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from nonvacuous.bounds import Bound, Refusal
from nonvacuous.bounds.pac_bayes import (
    kl_inverse,
    occam_subsampled_hoeffding,
    occam_subsampled_kl,
    smoothed_range,
    subsampled_deviation,
)
from nonvacuous.evidence import Origin, SubsampledFit

some = settings(derandomize=True, max_examples=60, deadline=None)
both = pytest.mark.parametrize(
    "bound", [occam_subsampled_hoeffding, occam_subsampled_kl], ids=lambda b: b.name
)


def test_agrees_with_the_note() -> None:
    gap = 10 * subsampled_deviation(5e4, 10**6, 10**4, 0.05)
    assert gap == pytest.approx(1.703849592, rel=1e-9)


def test_a_smoothed_net_spans_the_bits_of_its_rarest_symbol() -> None:
    # the least probability is alpha / V, the largest 1 - alpha + alpha / V
    alpha, size = 0.1, 50_257
    worst = -math.log2(alpha / size)
    best = -math.log2(1 - alpha + alpha / size)
    assert smoothed_range(alpha, size) == pytest.approx(worst - best, rel=1e-12)
    assert smoothed_range(1.0, size) == pytest.approx(0, abs=1e-300)
    for alpha, size in ((0.0, 2), (1.1, 2), (0.5, 0)):
        with pytest.raises(ValueError, match="need 0 < alpha"):
            smoothed_range(alpha, size)


@some
@given(
    q=st.floats(0, 1),
    drawn=st.integers(1, 10**5),
    n=st.integers(1, 10**7),
    bits=st.integers(0, 10**5),
    delta=st.floats(1e-6, 0.5),
)
def test_each_is_its_formula(
    q: float, drawn: int, n: int, bits: int, delta: float
) -> None:
    fit = SubsampledFit(empirical=q, drawn=drawn, trials=n, bits=bits)
    s = drawn / (drawn + n)
    many = (bits * math.log(2) + math.log(1 / (s * delta))) / n
    few = math.log(1 / (n / (drawn + n) * delta)) / drawn
    loose = q + math.sqrt(many / 2) + math.sqrt(few / 2)
    got = occam_subsampled_hoeffding.formula(fit, delta)
    assert loose * (1 - 1e-12) <= got <= loose * (1 + 1e-11)
    tight = occam_subsampled_kl.formula(fit, delta)
    assert tight == pytest.approx(kl_inverse(kl_inverse(q, few), many), rel=1e-9)
    assert tight <= got * (1 + 1e-9)


@both
@pytest.mark.parametrize("replaced", [True, False])
def test_covers_over_all_samples_and_subsamples(
    bound: Bound[Any], replaced: bool
) -> None:
    n, drawn, p = 30, 12, 0.4
    for delta in (0.1, 0.9):
        facts = [
            SubsampledFit(empirical=j / drawn, drawn=drawn, trials=n, bits=0)
            for j in range(drawn + 1)
        ]
        short = np.array([bound.formula(fact, delta) < p for fact in facts])
        j = np.arange(drawn + 1)
        wrong = 0.0
        for k in range(n + 1):
            sub = (
                binom.pmf(j, drawn, k / n)
                if replaced
                else hypergeom.pmf(j, n, k, drawn)
            )
            wrong += binom.pmf(k, n, p) * float(sub @ short)
        assert wrong <= delta


@both
def test_drawing_rows_until_they_look_good_breaks_it(
    bound: Bound[Any], best_of: Callable[..., Any]
) -> None:
    """The best of 10^20 draws of 200 rows, out of very many with half in error."""
    drawn, n, delta = 200, 10**9, 0.05
    facts = [
        SubsampledFit(empirical=j / drawn, drawn=drawn, trials=n, bits=0)
        for j in range(drawn + 1)
    ]
    short = np.array([bound.formula(fact, delta) < 0.5 for fact in facts])
    assert best_of(1, drawn, 0.5) @ short <= delta
    assert best_of(1e20, drawn, 0.5) @ short > 0.99


@both
def test_rows_that_shaped_the_code_are_refused(bound: Bound[Any]) -> None:
    rows = Origin(source="text", role="prior", digest="ab", rows=10**9)
    fact = replace(bound.example, origin=rows)
    assert isinstance(bound.certify(fact, delta=0.05), Refusal)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"drawn": 0}, "drawn must be at least 1"),
        ({"trials": 0}, "trials must be at least 1"),
        ({"bits": -1}, "bits must be at least 0"),
        ({"empirical": 2.0}, "empirical must lie in"),
    ],
)
def test_impossible_facts_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(occam_subsampled_kl.example, **changes)
