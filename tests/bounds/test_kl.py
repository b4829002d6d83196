"""The binary relative entropy and its two inverses."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.bounds.pac_bayes import kl, kl_inverse, kl_inverse_lower

exactly = settings(derandomize=True, max_examples=150, deadline=None)
rates = st.floats(0, 1)
nats = st.floats(1e-9, 700)


@pytest.mark.parametrize(
    ("value", "published"),
    [
        (kl(0.1, 0.2), 0.03669001403),
        (kl_inverse(0.1, 0.05), 0.2200786011),
        (kl_inverse_lower(0.1, 0.05), 0.03127839627),
        (kl_inverse(0.0, 0.05), 0.0487705755),
        (kl_inverse(0.0025, -math.log(0.05) / 10000), 0.003928408892),
        (kl_inverse(0.05, (100 * math.log(2) - math.log(0.05)) / 1000), 0.1760651589),
        (kl_inverse(0.02, (3000 + math.log(40)) / 60000), 0.0986416868),
        (
            kl_inverse(0.0, (50 * math.log(16) - math.log(0.05)) / 60000),
            0.002357635874,
        ),
    ],
)
def test_agrees_with_published_values(value: float, published: float) -> None:
    assert value == pytest.approx(published, rel=1e-9)


@pytest.mark.parametrize("c", [1e-9, 0.05, 1.0, 30.0])
def test_a_rate_of_zero_has_a_closed_form(c: float) -> None:
    assert kl_inverse(0.0, c) == pytest.approx(-math.expm1(-c), rel=1e-14)
    assert kl_inverse(0.0, c) >= -math.expm1(-c)


@pytest.mark.parametrize("c", [1e-9, 0.05, 1.0, 30.0])
def test_a_rate_of_one_has_a_closed_form_from_below(c: float) -> None:
    assert kl_inverse_lower(1.0, c) == pytest.approx(math.exp(-c), rel=1e-12)
    assert kl_inverse_lower(1.0, c) <= math.exp(-c)


def test_a_small_lower_end_is_not_rounded_to_zero() -> None:
    assert kl_inverse_lower(1.0, 184.0) > 0.99 * math.exp(-184.0)


def test_no_nats_give_the_rate_and_infinitely_many_give_everything() -> None:
    assert kl_inverse(0.3, 0.0) == kl_inverse_lower(0.3, 0.0) == 0.3
    assert kl_inverse(0.3, -1.0) == kl_inverse(0.3, 0.0)
    assert kl_inverse(0.3, math.inf) == 1.0
    assert kl_inverse_lower(0.3, math.inf) == 0.0
    assert kl_inverse(1.0, 0.1) == 1.0
    assert kl_inverse_lower(0.0, 0.1) == 0.0


def test_a_coin_excluded_by_the_other_is_infinitely_far() -> None:
    assert kl(0.5, 0.0) == math.inf
    assert kl(0.5, 1.0) == math.inf
    assert kl(0.0, 0.0) == kl(1.0, 1.0) == 0.0


@exactly
@given(q=st.floats(0.001, 0.999), p=st.floats(0.001, 0.999))
def test_kl_is_the_naive_formula(q: float, p: float) -> None:
    naive = q * math.log(q / p) + (1 - q) * math.log((1 - q) / (1 - p))
    assert kl(q, p) == pytest.approx(naive, rel=1e-9, abs=1e-14)


@exactly
@given(q=rates, c=nats)
def test_both_inverses_lie_outside_the_ball_of_c_nats(q: float, c: float) -> None:
    upper, lower = kl_inverse(q, c), kl_inverse_lower(q, c)
    assert 0 <= lower <= q <= upper <= 1
    assert upper == 1 or kl(q, upper) >= c * (1 - 1e-12) - 1e-15
    assert lower == 0 or kl(q, lower) >= c * (1 - 1e-12) - 1e-15


@exactly
@given(q=rates, c=nats)
def test_the_lower_inverse_mirrors_the_upper_one(q: float, c: float) -> None:
    mirrored = 1 - kl_inverse(1 - q, c)
    assert kl_inverse_lower(q, c) == pytest.approx(mirrored, rel=1e-13, abs=1e-14)


@exactly
@given(q=rates, c=nats)
def test_pinsker_is_never_sharper(q: float, c: float) -> None:
    assert kl_inverse(q, c) <= min(1, q + math.sqrt(c / 2)) * (1 + 1e-14)


@exactly
@given(q=rates, c=nats, more=st.floats(1.001, 10))
def test_the_inverses_widen_with_c(q: float, c: float, more: float) -> None:
    assert kl_inverse(q, c) <= kl_inverse(q, c * more)
    assert kl_inverse_lower(q, c) >= kl_inverse_lower(q, c * more)


@exactly
@given(q=st.floats(0, 0.9), c=nats, shift=st.floats(1e-6, 0.1))
def test_the_inverses_rise_with_the_rate(q: float, c: float, shift: float) -> None:
    assert kl_inverse(q, c) <= kl_inverse(q + shift, c)
    # the lower end may give up 1e-15 to be on the safe side
    assert kl_inverse_lower(q, c) <= kl_inverse_lower(q + shift, c) + 1e-15


@pytest.mark.parametrize("function", [kl_inverse, kl_inverse_lower])
def test_scalars_give_floats_and_arrays_give_arrays(function) -> None:  # type: ignore[no-untyped-def]
    q, c = np.array([0.0, 0.1, 0.5, 1.0]), np.array([[0.01], [2.0]])
    table = function(q, c)
    assert type(function(0.1, 0.05)) is float
    assert type(kl(0.1, 0.2)) is float
    assert isinstance(table, np.ndarray)
    assert table.shape == (2, 4)
    for i in range(2):
        for j in range(4):
            assert table[i, j] == function(float(q[j]), float(c[i, 0]))


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
def test_a_rate_outside_the_unit_interval_is_refused_by_name(bad: float) -> None:
    for call in (kl, kl_inverse, kl_inverse_lower):
        with pytest.raises(ValueError, match=r"^q must lie in \[0, 1\]"):
            call(bad, 0.5)
    with pytest.raises(ValueError, match=r"^p must lie in \[0, 1\]"):
        kl(0.5, bad)


def test_nats_that_are_no_number_are_refused_by_name() -> None:
    for call in (kl_inverse, kl_inverse_lower):
        with pytest.raises(ValueError, match=r"^c must be a number"):
            call(0.5, math.nan)
