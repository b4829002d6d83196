"""Pick-to-Learn: the corrected epsilon(k), and how wrong the published code was."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.special import betainc
from scipy.stats import binom

from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.pick_to_learn import (
    change_probability_upper,
    pick_to_learn,
    pick_to_learn_closed_form,
)
from nonvacuous.evidence import Origin, PickFit

some = settings(derandomize=True, max_examples=50, deadline=None)
KNOWN = [
    # k, n, delta, one-sided, two-sided, before the erratum, closed form
    (10, 1_000, 0.05, 0.02166254365, 0.02299072782, 0.01428, 0.06128136003),
    (1, 3, 0.1, 0.8828956443, 0.9196735581, 0.5101, None),
    (326, 24_000, 0.01, 0.01652102857, 0.01667944293, 0.01517527663, 0.0266627683),
    (237, 10_612, 0.01, 0.02797201782, 0.02828504027, 0.02530114504, 0.04743812971),
    (0, 100, 0.05, 0.04386477817, None, None, None),
]


def upper(bound: Bound[PickFit], k: int, n: int, delta: float) -> float:
    certificate = bound.certify(PickFit(picked=k, trials=n), delta=delta)
    assert isinstance(certificate, Certificate)
    return certificate.raw


def published(k: int, n: int, delta: float, *, erratum: bool) -> float:
    """The authors' two-sided code, before or after its erratum of December 2025."""
    low, high = k / n, 1.0
    while high - low > 1e-13:
        t = (low + high) / 2
        first = betainc(k + 1, n - k, t)
        half = delta / 2 - delta / 6
        left = half * first if erratum else half + first
        left += delta / 6 * betainc(k + 1, 4 * n + 1 - k, t)
        right = (1 + delta / 6 / n) * t * n * (betainc(k, n - k + 1, t) - first)
        if left > right:
            high = t
        else:
            low = t
    return high


@pytest.mark.parametrize("case", KNOWN)
def test_agrees_with_known_values(case: tuple[float, ...]) -> None:
    k, n, delta, one, two, bug, closed = case
    k, n = int(k), int(n)
    assert upper(pick_to_learn, k, n, delta) == pytest.approx(one, rel=1e-9)
    if two:
        assert published(k, n, delta, erratum=True) == pytest.approx(two, rel=1e-8)
        assert upper(pick_to_learn, k, n, delta) < two
    if bug:
        assert published(k, n, delta, erratum=False) == pytest.approx(bug, rel=3e-4)
    value = upper(pick_to_learn_closed_form, k, n, delta)
    if closed:
        assert value == pytest.approx(closed, rel=1e-9)
    elif two:
        assert value > 1


@pytest.mark.parametrize(
    ("k", "n", "delta"), [(0, 7, 0.05), (3, 20, 1e-6), (19, 20, 0.5), (5, 300, 0.01)]
)
def test_it_is_the_root_at_fifty_digits_rounded_up(
    k: int, n: int, delta: float
) -> None:
    def total(epsilon: mpf) -> mpf:
        terms = [
            mpf(math.comb(m, k)) / math.comb(n, k) * (1 - epsilon) ** (m - n)
            for m in range(k, n)
        ]
        return mpf(delta) / n * sum(terms, mpf(0))

    with mp.workdps(50):
        ours = mpf(change_probability_upper(k, n, math.log(delta)))
        assert total(ours) >= 1
        assert total(ours * (1 - mpf(10) ** -9)) < 1


@pytest.mark.parametrize("delta", [0.05, 1e-300, 0.999, 1 - 2.0**-53])
@pytest.mark.parametrize(
    ("k", "n"),
    [(0, 1), (0, 10**12), (1, 10**9), (7, 8), (99, 10**6), (6_000, 9_000)],
)
def test_many_rows_are_the_root_of_the_binomial_form(
    k: int, n: int, delta: float
) -> None:
    def left(u: mpf) -> mpf:
        few = term = mpf(1)
        for i in range(1, k + 1):
            term *= (k - i + 1) * (1 - u) / ((n - k + i) * u)
            few += term
        choices = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
        point = mp.exp(choices + k * mp.log(u) + (n - k) * mp.log1p(-u))
        return point * (n * u / mpf(delta) + few)

    with mp.workdps(50):
        ours = mpf(change_probability_upper(k, n, math.log(delta)))
        assert ours == 1 or left(ours) <= 1
        if delta < 1 - 1e-9:  # where 1 - delta is a rounding error it may be larger
            assert left(ours * (1 - mpf(10) ** -9)) > 1


def test_a_number_of_rows_that_no_memory_holds_is_no_obstacle() -> None:
    half = change_probability_upper(2**49, 2**50, math.log(0.05))
    assert 0.5 < half < 0.5 + 1e-6


@some
@given(n=st.integers(1, 400), part=st.floats(0, 1), delta=st.floats(1e-9, 0.9))
def test_more_picks_and_more_confidence_cost(n: int, part: float, delta: float) -> None:
    k = round(part * n)
    here = upper(pick_to_learn, k, n, delta)
    assert here <= upper(pick_to_learn, min(k + 1, n), n, delta) * (1 + 1e-12)
    assert here <= upper(pick_to_learn, k, n, delta / 2) * (1 + 1e-12)
    assert upper(pick_to_learn, k, n + 1, delta) <= here * (1 + 1e-12)
    assert here <= max(1.0, upper(pick_to_learn_closed_form, k, n, delta))


@pytest.mark.parametrize("delta", [0.001, 0.05, 0.4])
def test_the_closed_form_is_above(delta: float) -> None:
    for n in (50, 3_000):
        for k in {0, 1, 5, n // 10, n // 2}:
            closed = upper(pick_to_learn_closed_form, k, n, delta)
            assert upper(pick_to_learn, k, n, delta) <= closed


def test_all_rows_picked_say_nothing() -> None:
    assert upper(pick_to_learn, 5, 5, 0.05) == 1.0


def largest_kept(k: int, n: int, top: float) -> float:
    """Probability that the change of compression exceeds `top`.

    The k largest of n reals are kept; one more changes them if it exceeds the least of
    them, which has probability Beta(k, n - k + 1).
    """
    return float(binom.cdf(k - 1, n, top))


@pytest.mark.parametrize("delta", [0.01, 0.05, 0.5])
@pytest.mark.parametrize("n", [5, 60, 1_000])
def test_covers_exactly_where_the_picks_are_a_fixed_number(
    n: int, delta: float
) -> None:
    for k in {1, 2, n // 4, n - 1}:
        assert largest_kept(k, n, upper(pick_to_learn, k, n, delta)) <= delta


def test_an_interval_learner_agrees_with_its_known_failure() -> None:
    top = upper(pick_to_learn, 2, 100, 0.05)
    assert top == pytest.approx(0.08520213, rel=1e-6)
    assert largest_kept(2, 100, top) == pytest.approx(0.00140, abs=5e-6)


def test_the_code_before_its_erratum_was_no_bound() -> None:
    """It fails for one learner with ten picks twice as often as it may."""
    k, n, delta = 10, 1_000, 0.05
    wrong = largest_kept(k, n, published(k, n, delta, erratum=False))
    assert wrong > 1.9 * delta
    assert largest_kept(k, n, published(k, n, delta, erratum=True)) <= delta
    k, n, delta = 326, 24_000, 0.01
    assert largest_kept(k, n, published(k, n, delta, erratum=False)) > delta


def collector(
    weights: list[float], n: int, top: Callable[[int], float], counted: float = 1.0
) -> float:
    """Failure of a learner that picks each value once and knows only what it picked.

    The number picked is random; the risk is the mass of the values not yet seen.
    """
    values = len(weights)
    chance = np.zeros(2**values)
    chance[0] = 1.0
    mass = np.array(
        [sum(w for i, w in enumerate(weights) if s >> i & 1) for s in range(2**values)]
    )
    for _ in range(n):
        new = chance * mass
        for i, w in enumerate(weights):
            without = [s for s in range(2**values) if not s >> i & 1]
            for s in without:
                new[s | 1 << i] += chance[s] * w
        chance = new
    wrong = 0.0
    for s in range(2**values):
        k = round(counted * s.bit_count())
        if top(k) < 1 - mass[s] - 1e-12:
            wrong += float(chance[s])
    return wrong


@pytest.mark.parametrize("delta", [0.05, 0.3])
@pytest.mark.parametrize(
    "weights",
    [[0.125] * 8, [0.6, 0.2, 0.1, 0.05, 0.05], [0.9, 0.02, 0.02, 0.02, 0.02, 0.02]],
)
def test_covers_exactly_where_the_number_of_picks_is_random(
    weights: list[float], delta: float
) -> None:
    """Every set of values seen, with its exact probability."""
    for n in (3, 12, 30):
        tops = [upper(pick_to_learn, k, n, delta) for k in range(min(9, n + 1))]
        tops += [1.0] * (9 - len(tops))
        assert collector(weights, n, tops.__getitem__) <= delta


def test_picks_that_are_not_counted_break_the_bound() -> None:
    """The learner confesses to none of the values that it knows."""
    n, delta = 60, 0.05
    tops = [upper(pick_to_learn, k, n, delta) for k in range(13)]
    weights = [0.03] * 10 + [0.7]
    assert collector(weights, n, tops.__getitem__) <= delta
    assert collector(weights, n, tops.__getitem__, counted=0.0) > 2 * delta


def test_stopping_early_breaks_the_bound() -> None:
    """One pick of an interval is a point, which errs on everything."""
    assert upper(pick_to_learn, 1, 100, 0.05) < 0.1
    refusal = pick_to_learn.certify(
        PickFit(picked=1, trials=100, errors=98), delta=0.05
    )
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "picked-to-the-end"
    assert "98 of 100" in refusal.reason


def test_copies_of_one_row_break_the_bound() -> None:
    assert upper(pick_to_learn, 1, 200, 0.05) < 0.5  # the next row is another


@pytest.mark.parametrize("bound", [pick_to_learn, pick_to_learn_closed_form])
def test_rows_that_shaped_the_start_are_refused(bound: Bound[PickFit]) -> None:
    origin = Origin(source="digits", role="prior", digest="0", rows=50)
    refusal = bound.certify(PickFit(picked=3, trials=50, origin=origin), delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "preferent"


def test_impossible_facts_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="picked must lie between 0 and trials"):
        PickFit(picked=6, trials=5)
    with pytest.raises(ValueError, match="need 0 <= k <= n"):
        change_probability_upper(6, 5, -1.0)
