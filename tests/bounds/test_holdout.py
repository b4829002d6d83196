"""Certificates from a hold-out set."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.bounds import ALL, Bound, Certificate, Refusal, Verdict
from nonvacuous.bounds.holdout import (
    clopper_pearson,
    hoeffding_upper,
    holdout_hoeffding,
    holdout_kl,
    interval,
)
from nonvacuous.evidence import HoldoutErrors, Origin

exactly = settings(derandomize=True, max_examples=100, deadline=None)
THREE = (clopper_pearson, holdout_kl, holdout_hoeffding)


def upper(bound: Bound[HoldoutErrors], k: int, n: int, delta: float) -> float:
    certificate = bound.certify(HoldoutErrors(errors=k, trials=n), delta=delta)
    assert isinstance(certificate, Certificate)
    return certificate.raw


@pytest.mark.parametrize(
    ("bound", "k", "delta", "published"),
    [
        (clopper_pearson, 25, 0.05, 0.003489876426),
        (holdout_kl, 25, 0.05, 0.003928408892),
        (holdout_hoeffding, 25, 0.05, 0.01473873415),
        (clopper_pearson, 80, 0.05, 0.009627115812),
        (clopper_pearson, 600, 0.05, 0.06405217611),
        (clopper_pearson, 50, 0.05, 0.006324499771),
        (clopper_pearson, 50, 0.035, 0.006462606429),
    ],
)
def test_agrees_with_published_values(
    bound: Bound[HoldoutErrors], k: int, delta: float, published: float
) -> None:
    assert upper(bound, k, 10000, delta) == pytest.approx(published, rel=1e-9)


def test_the_two_sided_interval_agrees_with_r() -> None:
    # R: binom.test(7, 20)$conf.int
    low, high = interval(7, 20, 0.05)
    assert low == pytest.approx(0.1539092, abs=1e-7)
    assert high == pytest.approx(0.5921885, abs=1e-7)


def test_no_errors_have_a_closed_form() -> None:
    exact = -math.expm1(math.log(0.05) / 100)
    assert upper(clopper_pearson, 0, 100, 0.05) == pytest.approx(exact, rel=1e-9)
    assert upper(holdout_kl, 0, 100, 0.05) == pytest.approx(exact, rel=1e-9)
    assert interval(0, 100, 0.05)[0] == 0.0
    assert interval(100, 100, 0.05)[1] == 1.0


def test_hoeffding_is_its_formula() -> None:
    naive = 25 / 10000 + math.sqrt(math.log(20) / 20000)
    assert naive <= hoeffding_upper(25, 10000, math.log(0.05)) <= naive * (1 + 1e-14)


@exactly
@given(n=st.integers(1, 3000), part=st.floats(0, 1), delta=st.floats(1e-6, 0.9))
def test_binomial_is_below_kl_is_below_hoeffding(
    n: int, part: float, delta: float
) -> None:
    k = round(part * n)
    values = [upper(bound, k, n, delta) for bound in THREE]
    assert values[0] <= values[1] * (1 + 1e-7)
    assert values[1] <= values[2] * (1 + 1e-7)


@exactly
@given(n=st.integers(2, 3000), part=st.floats(0, 0.99), delta=st.floats(1e-6, 0.5))
def test_more_errors_and_more_confidence_cost(
    n: int, part: float, delta: float
) -> None:
    k = int(part * n)
    for bound in THREE:
        here = upper(bound, k, n, delta)
        assert here <= upper(bound, k + 1, n, delta)
        assert here <= upper(bound, k, n, delta / 2)
        assert upper(bound, k, n + 1, delta) <= here


@pytest.mark.parametrize("bound", THREE, ids=lambda bound: bound.name)
@pytest.mark.parametrize("n", [1, 4, 25])
@pytest.mark.parametrize("delta", [0.01, 0.2])
@pytest.mark.parametrize("p", [0.003, 0.1, 0.5, 0.97])
def test_covers_exactly(
    bound: Bound[HoldoutErrors], n: int, delta: float, p: float
) -> None:
    """Enumerate every count: no simulation, no tolerance, no flakes."""
    wrong = sum(
        float(binom.pmf(k, n, p)) for k in range(n + 1) if upper(bound, k, n, delta) < p
    )
    assert wrong <= delta


@pytest.mark.parametrize("bound", THREE, ids=lambda bound: bound.name)
@pytest.mark.parametrize("role", ["train", "prior"])
def test_rows_that_shaped_the_predictor_are_refused(
    bound: Bound[HoldoutErrors], role: str
) -> None:
    origin = Origin(source="digits", role=role, digest="0", rows=10)
    seen = HoldoutErrors(errors=1, trials=10, origin=origin)
    refusal = bound.certify(seen, delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "unseen"
    assert role in refusal.reason
    assert str(refusal).startswith(f"{bound.name}: refused, unseen: ")


def test_held_out_rows_and_bare_numbers_are_vouched_for() -> None:
    origin = Origin(source="digits", role="holdout", digest="0", rows=10)
    for where in (origin, None):
        seen = HoldoutErrors(errors=1, trials=10, origin=where)
        certificate = clopper_pearson.certify(seen, delta=0.05)
        assert isinstance(certificate, Certificate)
        assert certificate.assumptions["unseen"] is Verdict.VOUCHED
        assert certificate.assumptions["iid"] is Verdict.VOUCHED


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused_by_name(k: int, n: int) -> None:
    with pytest.raises(ValueError, match=r"^(errors|trials) must"):
        HoldoutErrors(errors=k, trials=n)


def test_a_count_that_is_not_whole_is_the_wrong_kind() -> None:
    with pytest.raises(TypeError):
        HoldoutErrors(errors=1.0, trials=5)  # type: ignore[arg-type]


def test_the_hold_out_theorems_come_first() -> None:
    assert ALL[:3] == THREE
