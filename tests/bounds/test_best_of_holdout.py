"""The best of several predictors, chosen on the rows that certify it."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from nonvacuous.bounds import Certificate, Refusal, best
from nonvacuous.bounds.best_of_holdout import best_of_holdout
from nonvacuous.bounds.holdout import binomial_tail_inverse, clopper_pearson
from nonvacuous.evidence import BestOf, HoldoutErrors, Origin


def upper(k: int, n: int, candidates: int, delta: float = 0.05) -> float:
    fit = BestOf(errors=k, trials=n, candidates=candidates)
    certificate = best_of_holdout.certify(fit, delta=delta)
    assert isinstance(certificate, Certificate)
    return certificate.raw


def test_agrees_with_a_known_value() -> None:
    assert upper(25, 10_000, 100) == pytest.approx(0.004605674183, rel=1e-9)


@pytest.mark.parametrize("k", [0, 3, 19, 20])
def test_one_candidate_is_no_choice(k: int) -> None:
    exact = binomial_tail_inverse(k, 20, math.log(0.05))
    assert upper(k, 20, 1) == pytest.approx(exact, rel=1e-12)
    assert upper(k, 20, 1) >= exact


@pytest.mark.parametrize("candidates", [2, 1000])
def test_it_is_what_selection_charges(candidates: int) -> None:
    one = clopper_pearson.certify(HoldoutErrors(errors=7, trials=100), delta=0.05)
    assert isinstance(one, Certificate)
    charged = best([one], delta=0.05, events=candidates)
    assert upper(7, 100, candidates) == pytest.approx(charged.raw, rel=1e-12)


@pytest.mark.parametrize("n", [1, 5, 20, 60])
@pytest.mark.parametrize("delta", [0.05, 0.4])
@pytest.mark.parametrize("candidates", [1, 7, 300])
def test_covers_exactly_for_independent_candidates(
    n: int, delta: float, candidates: int
) -> None:
    """No candidate at all may fall below its risk, whichever one is chosen."""
    tops = np.array([upper(k, n, candidates, delta) for k in range(n + 1)])
    for p in (1e-4, 0.01, 0.3, 0.5, 0.9, 0.9999):
        wrong = binom.pmf(np.flatnonzero(tops < p), n, p).sum()
        assert -math.expm1(candidates * math.log1p(-wrong)) <= delta


def test_without_the_union_bound_the_best_of_a_thousand_is_no_bound() -> None:
    n, delta, p = 50, 0.05, 0.3
    single = np.array([upper(k, n, 1, delta) for k in range(n + 1)])
    wrong = binom.pmf(np.flatnonzero(single < p), n, p).sum()
    assert wrong <= delta
    assert 1 - (1 - wrong) ** 1_000 > 0.99


def test_copies_of_one_row_break_the_bound() -> None:
    assert upper(0, 200, 10) < 0.5  # one coin, right half the time


@pytest.mark.parametrize("delta", [0.1, 0.3])
@pytest.mark.parametrize("p", [0.1, 0.3, 0.45])
def test_it_picks_one_hypothesis_of_an_online_learner(delta: float, p: float) -> None:
    """Every sequence of ten coins: h_i says what most of the first i coins were.

    Its errors are counted on the coins after those; no h_i may fall below its risk.
    """
    n, wrong = 10, 0.0
    tops = {
        (k, m): upper(k, m, n, delta) for m in range(1, n + 1) for k in range(m + 1)
    }
    for coins in product((0, 1), repeat=n):
        failed = False
        for i in range(n):
            says = int(2 * sum(coins[:i]) > i)
            risk = p if says == 0 else 1 - p
            errors = sum(c != says for c in coins[i:])
            failed |= tops[errors, n - i] < risk
        wrong += failed * p ** sum(coins) * (1 - p) ** (n - sum(coins))
    assert wrong <= delta


@pytest.mark.parametrize("role", ["train", "prior", "bound"])
def test_rows_that_shaped_the_candidates_are_refused(role: str) -> None:
    origin = Origin(source="digits", role=role, digest="0", rows=10)
    fit = BestOf(errors=1, trials=10, candidates=3, origin=origin)
    refusal = best_of_holdout.certify(fit, delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "candidates-fixed"
    assert role in refusal.reason


def test_no_candidates_are_refused() -> None:
    with pytest.raises(ValueError, match="candidates must be at least 1, got 0"):
        BestOf(errors=1, trials=10, candidates=0)
    with pytest.raises(TypeError):
        BestOf(errors=1, trials=10, candidates=2.5)  # type: ignore[arg-type]
