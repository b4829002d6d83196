"""Progressive validation: every row a test before it is a lesson."""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from nonvacuous.bounds import About, Bound, Certificate, Refusal
from nonvacuous.bounds.pac_bayes import kl_inverse
from nonvacuous.bounds.progressive import (
    exponential_upper,
    progressive_azuma,
    progressive_kl,
)
from nonvacuous.bounds.selection import log_weight_integer
from nonvacuous.evidence import Origin, ProgressiveErrors

some = settings(derandomize=True, max_examples=50, deadline=None)
TWO = (progressive_azuma, progressive_kl)
both = pytest.mark.parametrize("bound", TWO, ids=lambda bound: bound.name)
Rule = Callable[[tuple[int, ...]], int]


def upper(
    bound: Bound[ProgressiveErrors], k: int, n: int, delta: float = 0.05
) -> float:
    certificate = bound.certify(ProgressiveErrors(errors=k, trials=n), delta=delta)
    assert isinstance(certificate, Certificate)
    assert certificate.about is About.STOCHASTIC
    return certificate.raw


def test_agrees_with_known_values() -> None:
    value = upper(progressive_azuma, 1_000, 50_000)
    assert value == pytest.approx(0.02547332831, rel=1e-9)
    value = exponential_upper(0.02, 50_000, math.log(2), math.log(0.05))
    assert value == pytest.approx(0.02765276704, rel=1e-9)


def test_its_number_of_errors_is_paid_for() -> None:
    nats = (math.log(20) + math.log(math.pi**2 / 6) + 2 * math.log(1_001)) / 50_000
    value = upper(progressive_kl, 1_000, 50_000)
    assert value == pytest.approx(kl_inverse(0.02, nats), rel=1e-12)
    assert value >= kl_inverse(0.02, nats)
    assert value < upper(progressive_azuma, 1_000, 50_000)


@some
@given(k=st.integers(0, 200), C=st.floats(0.01, 20), delta=st.floats(1e-6, 0.9))
def test_the_best_fixed_c_is_relative_entropy(k: int, C: float, delta: float) -> None:
    """No C is better, and the C of the derivation is as good."""
    n, log_d = 200, math.log(delta)
    best = kl_inverse(k / n, -log_d / n)
    assert exponential_upper(k / n, n, C, log_d) >= best * (1 - 1e-9)
    q, p = k / n, best
    if 0 < k < n:
        optimum = math.log(p * (1 - q) / (q * (1 - p)))
        value = exponential_upper(q, n, optimum, log_d)
        assert value == pytest.approx(best, rel=1e-7)


@pytest.mark.parametrize("C", [0.1, math.log(2), 30.0])
def test_the_exponential_bound_is_its_formula_rounded_up(C: float) -> None:
    with mp.workdps(50):
        q, n, d = mpf(0.02), 777, mpf(0.05)
        exact = (1 - mp.exp(-C * q - mp.log(1 / d) / n)) / (1 - mp.exp(-mpf(C)))
        ours = exponential_upper(0.02, n, C, math.log(0.05))
        assert exact <= ours <= exact * (1 + mpf(10) ** -13)


def majority(past: tuple[int, ...]) -> int:
    return int(2 * sum(past) > len(past))


def copycat(past: tuple[int, ...]) -> int:
    return past[-1] if past else 0


def contrarian(past: tuple[int, ...]) -> int:
    """Good where it errs and bad where it does not: a martingale, not a binomial."""
    return int(sum(past) < 1)


def failures(
    top: Callable[[int], float], n: int, p: float, rule: Rule, seen: int = 0
) -> float:
    """Probability, over all sequences of n coins, that `top` of the errors is wrong.

    The rule sees the coin that it is to predict, if `seen` is 1.
    """
    wrong = 0.0
    for coins in product((0, 1), repeat=n):
        says = [rule(coins[: i + seen]) for i in range(n)]
        errors = sum(a != b for a, b in zip(says, coins, strict=True))
        risk = np.mean([p if s == 0 else 1 - p for s in says])
        if top(errors) < risk:
            wrong += p ** sum(coins) * (1 - p) ** (n - sum(coins))
    return wrong


@both
@pytest.mark.parametrize("rule", [majority, copycat, contrarian])
@pytest.mark.parametrize("p", [0.05, 0.4, 0.9])
def test_covers_exactly_over_every_sequence(
    bound: Bound[ProgressiveErrors], rule: Rule, p: float
) -> None:
    for n, delta in ((1, 0.3), (9, 0.1), (9, 0.5)):
        tops = [upper(bound, k, n, delta) for k in range(n + 1)]
        assert failures(tops.__getitem__, n, p, rule) <= delta


@pytest.mark.parametrize("C", [0.2, 1.0, 4.0])
@pytest.mark.parametrize("rule", [majority, contrarian])
def test_a_fixed_c_covers_exactly(C: float, rule: Rule) -> None:
    n, delta = 9, 0.3

    def top(k: int) -> float:
        return exponential_upper(k / n, n, C, math.log(delta))

    assert failures(top, n, 0.3, rule) <= delta


@both
def test_a_row_learned_before_it_is_predicted_breaks_the_bound(
    bound: Bound[ProgressiveErrors],
) -> None:
    """Whoever has seen the coin predicts it, and knows nothing of the next."""
    n, delta = 14, 0.1
    tops = [upper(bound, k, n, delta) for k in range(n + 1)]
    assert failures(tops.__getitem__, n, 0.5, copycat, seen=1) > 0.9
    assert failures(tops.__getitem__, n, 0.5, copycat) <= delta


def test_the_last_hypothesis_is_not_what_is_certified() -> None:
    """A learner that is right 99 times, then stops trying, has a last risk of 1."""
    n = 100
    risks = np.array([0.0] * (n - 1) + [1.0])
    assert risks.mean() <= upper(progressive_kl, 1, n) < risks[-1]


def test_an_unpaid_choice_of_c_is_cheaper_by_the_weight_of_k() -> None:
    """The weight of the number of errors is at most 1, and 6/pi^2 for none."""
    assert upper(progressive_kl, 0, 100) == pytest.approx(
        -math.expm1(-(math.log(20) - log_weight_integer(0)) / 100), rel=1e-9
    )


@both
def test_rows_that_shaped_the_first_hypothesis_are_refused(
    bound: Bound[ProgressiveErrors],
) -> None:
    for role in ("prior", "train"):
        origin = Origin(source="digits", role=role, digest="0", rows=10)
        fit = ProgressiveErrors(errors=1, trials=10, origin=origin)
        outcome = bound.certify(fit, delta=0.05)
        if role == "prior":
            assert isinstance(outcome, Refusal)
            assert outcome.assumption == "one-pass"
        else:
            assert isinstance(outcome, Certificate)


@pytest.mark.parametrize(
    ("mean", "n", "C", "log_delta"),
    [(1.1, 5, 1.0, -1.0), (0.5, 0, 1.0, -1.0), (0.5, 5, 0.0, -1.0), (0.5, 5, 1.0, 0.0)],
)
def test_impossible_arguments_are_refused(
    mean: float, n: int, C: float, log_delta: float
) -> None:
    with pytest.raises(ValueError, match="need mean in"):
        exponential_upper(mean, n, C, log_delta)
