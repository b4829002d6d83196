"""Choices made after seeing the sample."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.bounds import Certificate, best
from nonvacuous.bounds.holdout import clopper_pearson, holdout_kl
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
from nonvacuous.bounds.selection import (
    log_weight_integer,
    log_weight_positive_real,
    share,
)
from nonvacuous.evidence import CodedFit, HoldoutErrors, Origin

exactly = settings(derandomize=True, max_examples=100, deadline=None)
TRAIN = Origin(source="digits", role="train", digest="d1", rows=1000)
OTHER = Origin(source="digits", role="train", digest="d2", rows=1000)


def seen(k: int, n: int = 10000) -> Certificate[HoldoutErrors]:
    evidence = HoldoutErrors(errors=k, trials=n)
    certificate = clopper_pearson.certify(evidence, delta=0.05)
    assert isinstance(certificate, Certificate)
    return certificate


def coded(
    k: int, bits: int, origin: Origin | None = TRAIN, form: str | None = "f"
) -> Certificate[CodedFit]:
    fit = CodedFit(errors=k, trials=1000, bits=bits, origin=origin, format=form)
    certificate = occam_binomial.certify(fit, delta=0.05)
    assert isinstance(certificate, Certificate)
    return certificate


def test_the_best_of_a_hundred_agrees_with_the_published_value() -> None:
    chosen = best([seen(25), seen(80)], delta=0.05, events=100)
    assert chosen.raw == pytest.approx(0.004605674183, rel=1e-9)
    assert chosen.delta == 0.05


def test_weights_agree_with_published_values_and_sum_to_one() -> None:
    assert -log_weight_positive_real(6) == pytest.approx(4.72031453, rel=1e-8)
    assert log_weight_positive_real(-6) == log_weight_positive_real(6)
    assert log_weight_integer(0) == pytest.approx(math.log(6 / math.pi**2))
    far = 1500
    real = sum(math.exp(log_weight_positive_real(j)) for j in range(-far, far + 1))
    whole = sum(math.exp(log_weight_integer(k)) for k in range(far))
    assert 1 - 2 / far < real <= 1
    assert 1 - 2 / far < whole <= 1


def test_no_weight_is_rounded_up() -> None:
    from paper_checks._digits import DIGITS

    for k in range(5000):
        exact = DIGITS.log(6 / DIGITS.pi**2) - 2 * DIGITS.log(k + 1)
        assert log_weight_integer(k) <= exact


def test_one_event_is_free() -> None:
    assert share(0.05, 1) == 0.05
    alone = best([seen(25)], delta=0.05, events=1)
    assert alone.raw == seen(25).raw


def test_charges_are_the_theorem_at_delta_over_events() -> None:
    chosen = best([seen(80), seen(25), seen(600)], delta=0.05, events=7)
    again = clopper_pearson.certify(chosen.evidence, delta=share(0.05, 7))
    assert isinstance(again, Certificate)
    assert chosen.evidence.errors == 25
    assert chosen.raw == again.raw
    assert chosen.terms["events charged"] == 7.0
    assert chosen.terms["delta each"] == share(0.05, 7)


def test_the_delta_that_a_certificate_came_with_does_not_matter() -> None:
    loose = clopper_pearson.certify(seen(25).evidence, delta=0.9)
    assert isinstance(loose, Certificate)
    two = best([loose, seen(80)], delta=0.05, events=2)
    assert two.raw == best([seen(25), seen(80)], delta=0.05, events=2).raw


@exactly
@given(delta=st.floats(1e-300, 0.999), events=st.integers(1, 10**9))
def test_the_shares_never_exceed_the_whole(delta: float, events: int) -> None:
    numerator, denominator = share(delta, events).as_integer_ratio()
    whole_n, whole_d = delta.as_integer_ratio()
    assert numerator * events * whole_d <= whole_n * denominator


@exactly
@given(k=st.integers(0, 9000), events=st.integers(1, 1000))
def test_more_events_cost(k: int, events: int) -> None:
    here = best([seen(k)], delta=0.05, events=events)
    assert here.raw <= best([seen(k)], delta=0.05, events=events + 1).raw


@pytest.mark.parametrize("p", [0.02, 0.3, 0.5])
@pytest.mark.parametrize("many", [1, 2, 20])
def test_choosing_among_independent_predictors_covers_exactly(
    p: float, many: int
) -> None:
    """The least of `many` counts: exact by order statistics, nothing simulated."""
    n, delta = 20, 0.2
    fails = [
        k for k in range(n + 1) if best([seen(k, n)], delta=delta, events=many).raw < p
    ]
    one = float(binom.cdf(max(fails, default=-1), n, p))
    assert 1 - (1 - one) ** many <= delta


def test_a_theorem_for_all_predictors_at_once_counts_once() -> None:
    many = [coded(5, 20), coded(4, 30), coded(3, 40)]
    chosen = best(many, delta=0.05, events=1)
    assert chosen.raw == min(c.raw for c in many)


def test_other_samples_theorems_and_unknown_samples_count_each() -> None:
    again = occam_hoeffding.certify(coded(5, 20).evidence, delta=0.05)
    assert isinstance(again, Certificate)
    bare = coded(5, 20, origin=None)
    for pair in (
        [coded(5, 20), again],
        [coded(5, 20), coded(5, 20, origin=OTHER)],
        [bare, bare],
    ):
        with pytest.raises(ValueError, match=r"^events must count each of 2, got 1"):
            best(pair, delta=0.05, events=1)
        best(pair, delta=0.05, events=2)


def test_some_of_the_rows_are_another_sample_than_all_of_them() -> None:
    part = CodedFit(errors=0, trials=900, bits=20, origin=TRAIN, format="f")
    certificate = occam_binomial.certify(part, delta=0.05)
    assert isinstance(certificate, Certificate)
    with pytest.raises(ValueError, match=r"^events must count each of 2, got 1"):
        best([coded(5, 20), certificate], delta=0.05, events=1)


def test_two_codes_count_each() -> None:
    with pytest.raises(ValueError, match=r"^events must"):
        best([coded(5, 20, form="a"), coded(4, 8, form="b")], delta=0.05, events=1)


def test_a_theorem_for_one_predictor_counts_for_each() -> None:
    kl = holdout_kl.certify(seen(80).evidence, delta=0.05)
    assert isinstance(kl, Certificate)
    with pytest.raises(ValueError, match=r"^events must count each of 3, got 2"):
        best([seen(25), seen(80), kl], delta=0.05, events=2)


def test_what_cannot_be_chosen_from_or_charged_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^certificates must not be empty"):
        best([], delta=0.05, events=1)
    with pytest.raises(ValueError, match=r"^delta must lie strictly"):
        best([seen(25)], delta=1.0, events=1)
    with pytest.raises(ValueError, match=r"^events must be at least 1"):
        share(0.05, 0)
    with pytest.raises(ValueError, match=r"^k must be at least 0"):
        log_weight_integer(-1)
