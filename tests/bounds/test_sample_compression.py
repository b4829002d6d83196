"""Predictors that a few rows of their own sample give back."""

import math
from functools import cache
from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from numpy.typing import NDArray
from scipy.stats import multinomial

from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.holdout import binomial_tail_inverse
from nonvacuous.bounds.pac_bayes import kl_inverse
from nonvacuous.bounds.sample_compression import (
    littlestone_warmuth,
    log_choose,
    order_bits,
    sample_compression_binomial,
    sample_compression_consistent,
    sample_compression_kl,
)
from nonvacuous.evidence import CompressionSetFit, CompressionSetLosses, Origin

some = settings(derandomize=True, max_examples=50, deadline=None)
Fits = Bound[CompressionSetFit]
CONSISTENT = (littlestone_warmuth, sample_compression_consistent)


def upper(
    bound: Fits, kept: int, n: int, errors: int, delta: float = 0.05, bits: int = 0
) -> float:
    fit = CompressionSetFit(kept=kept, trials=n, errors=errors, message_bits=bits)
    certificate = bound.certify(fit, delta=delta)
    assert isinstance(certificate, Certificate)
    return certificate.raw


def upper_kl(
    kept: int, n: int, mean: float, delta: float = 0.05, bits: int = 0
) -> float:
    fit = CompressionSetLosses(kept=kept, trials=n, mean=mean, message_bits=bits)
    certificate = sample_compression_kl.certify(fit, delta=delta)
    assert isinstance(certificate, Certificate)
    return certificate.raw


@pytest.mark.parametrize(
    ("bound", "errors", "known"),
    [
        (littlestone_warmuth, 0, 0.06447624706),
        (sample_compression_consistent, 0, 0.06244161624),
        (sample_compression_binomial, 0, 0.06091161449),
        (sample_compression_binomial, 20, 0.1107019592),
    ],
)
def test_agrees_with_known_values(bound: Fits, errors: int, known: float) -> None:
    assert upper(bound, 10, 1_000, errors) == pytest.approx(known, rel=1e-9)


def test_the_published_bound_for_losses_has_a_logarithm_more() -> None:
    nats = log_choose(1_000, 10) + math.log(math.pi**2 / 6 * 121 * 20)
    published = kl_inverse(20 / 990, (nats + math.log(2 * math.sqrt(990))) / 990)
    assert published == pytest.approx(0.1176316784, rel=1e-9)
    assert upper_kl(10, 1_000, 20 / 990) == pytest.approx(
        kl_inverse(20 / 990, nats / 990), rel=1e-9
    )
    assert upper_kl(10, 1_000, 20 / 990) < published


@pytest.mark.parametrize(
    ("n", "k"), [(5, 0), (5, 5), (10, 3), (1000, 10), (60_000, 999), (10**6, 999_000)]
)
def test_the_choice_is_the_exact_coefficient_rounded_up(n: int, k: int) -> None:
    with mp.workdps(60):
        exact = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
        if n <= 60_000:
            assert exact == pytest.approx(mp.log(math.comb(n, k)), abs=1e-40)
        ours = log_choose(n, k)
        assert exact - mpf(10) ** -40 <= ours <= exact * (1 + mpf(10) ** -12)


@some
@given(kept=st.integers(0, 400))
def test_the_order_of_the_kept_rows_fits_its_bits(kept: int) -> None:
    fewest = (math.factorial(kept) - 1).bit_length()
    assert fewest <= order_bits(kept) <= fewest + 1


@pytest.mark.parametrize(
    ("n", "k"), [(2**22, 2**21), (2**30, 2**20 + 1), (10**15, 10**15 - 2**21)]
)
def test_a_large_coefficient_is_rounded_up_as_well(n: int, k: int) -> None:
    with mp.workdps(50):
        exact = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
        assert exact <= log_choose(n, k) <= exact * (1 + mpf(10) ** -9)


def test_an_ordered_choice_costs_its_factorial() -> None:
    n, k = 100, 4  # n!/(n-k)! ordered choices
    ordered = math.log(math.perm(n, k))
    paid = log_choose(n, k) + order_bits(k) * math.log(2)
    assert ordered <= paid <= ordered + math.log(2)


@some
@given(n=st.integers(2, 3_000), part=st.floats(0, 1), delta=st.floats(1e-6, 0.9))
def test_no_rows_and_no_message_leave_a_test_set(
    n: int, part: float, delta: float
) -> None:
    errors = round(part * n)
    share = math.log(delta) + math.log(6 / math.pi**2)
    exact = binomial_tail_inverse(errors, n, share)
    assert upper(sample_compression_binomial, 0, n, errors, delta) == pytest.approx(
        exact, rel=1e-12
    )


@pytest.mark.parametrize("bits", [0, 1, 500])
def test_a_bit_of_message_costs_what_halving_delta_costs(bits: int) -> None:
    for bound in (sample_compression_binomial, *CONSISTENT):
        assert upper(bound, 7, 900, 0, 0.2, bits + 1) == pytest.approx(
            upper(bound, 7, 900, 0, 0.1, bits), rel=1e-12
        )
    assert upper_kl(7, 900, 0.1, 0.2, bits + 1) == pytest.approx(
        upper_kl(7, 900, 0.1, 0.1, bits), rel=1e-12
    )


@some
@given(
    n=st.integers(2, 3_000),
    share=st.floats(0, 0.99),
    part=st.floats(0, 1),
    bits=st.integers(0, 300),
    delta=st.floats(1e-6, 0.9),
)
def test_tails_are_ordered(
    n: int, share: float, part: float, bits: int, delta: float
) -> None:
    kept = int(share * n)
    errors = round(part * (n - kept))
    binomial = upper(sample_compression_binomial, kept, n, errors, delta, bits)
    mean = min(1.0, math.nextafter(errors / (n - kept), 2.0))
    assert binomial <= upper_kl(kept, n, mean, delta, bits) * (1 + 1e-7)
    closed, exact = (upper(bound, kept, n, 0, delta, bits) for bound in CONSISTENT)
    assert exact <= closed


def test_beyond_what_floats_underflow_it_is_still_a_number() -> None:
    """A choice of 500 rows costs 2797 nats, and the float exp(-2797) is 0."""
    value = upper(sample_compression_binomial, 500, 50_000, 400)
    assert math.exp(-log_choose(50_000, 500)) == 0.0
    assert 0.0806 < value < 0.0807


# A small world: three points, noisy labels, and what one or two kept rows predict.
POINTS, LABELS = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 0, 1])
CHANCES = np.array([0.3, 0.05, 0.15, 0.15, 0.02, 0.33])


@cache
def world(n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every sample of n rows, as counts of the six atoms, and its probability."""
    grid = np.array([c for c in product(range(n + 1), repeat=5) if sum(c) <= n])
    counts = np.column_stack([grid, n - grid.sum(axis=1)])
    return counts, multinomial.pmf(counts, n, CHANCES)


def predictors() -> list[tuple[NDArray[np.int64], NDArray[np.bool_], float]]:
    """Kept rows (counts), where their nearest neighbour errs, and its risk."""
    found = []
    for k in range(3):
        for kept in combinations_with_replacement(range(6), k):
            label = [
                min((abs(POINTS[a] - x), POINTS[a], LABELS[a]) for a in kept)[2]
                if kept
                else 0
                for x in POINTS
            ]
            errs = np.array(label) != LABELS
            counts = np.bincount(np.array(kept, dtype=int), minlength=6)
            found.append((counts, errs, float(CHANCES[errs].sum())))
    return found


def failure(n: int, top: dict[tuple[int, int], float]) -> float:
    """Probability that some kept rows of the sample get a bound below their risk."""
    counts, chances = world(n)
    wrong = np.zeros(len(counts), dtype=bool)
    for kept, errs, risk in predictors():
        k = int(kept.sum())
        outside = counts - kept
        there = (outside >= 0).all(axis=1)
        errors = (outside * errs).sum(axis=1)
        tops = np.array([top.get((k, e), 1.0) for e in range(-2, n + 1)])
        wrong |= there & (tops[errors + 2] < risk)
    return float(chances[wrong].sum())


@pytest.mark.parametrize("delta", [0.1, 0.6, 0.95])
@pytest.mark.parametrize("n", [5, 11])
def test_covers_exactly_every_choice_of_kept_rows(n: int, delta: float) -> None:
    assert world(n)[1].sum() == pytest.approx(1.0, rel=1e-9)
    top = {
        (k, e): upper(sample_compression_binomial, k, n, e, delta)
        for k in range(3)
        for e in range(n - k + 1)
    }
    assert failure(n, top) <= delta
    for bound in CONSISTENT:
        consistent = {(k, 0): upper(bound, k, n, 0, delta) for k in range(3)}
        assert failure(n, consistent) <= delta


@pytest.mark.parametrize("delta", [0.1, 0.6])
def test_losses_cover_exactly_every_choice_of_kept_rows(delta: float) -> None:
    """Values 0, 1/2, 1: the kept row is the prediction, the distance is the loss."""
    n, values = 12, np.array([0.0, 0.5, 1.0])
    counts = np.array(
        [(i, j, n - i - j) for i in range(n + 1) for j in range(n + 1 - i)]
    )
    for p in ((0.2, 0.5, 0.3), (0.05, 0.0, 0.95), (0.4, 0.2, 0.4)):
        chances = multinomial.pmf(counts, n, p)
        wrong = np.zeros(len(counts), dtype=bool)
        for kept in (-1, 0, 1, 2):
            k = int(kept >= 0)
            loss = np.abs(values - values[max(kept, 0)])
            outside = counts - k * np.eye(3, dtype=int)[max(kept, 0)]
            there = (outside >= 0).all(axis=1)
            means = np.clip(outside @ loss / (n - k), 0, 1)
            tops = np.array([upper_kl(k, n, q, delta) for q in means])
            wrong |= there & (tops < loss @ p)
        assert chances[wrong].sum() <= delta


def test_dropping_the_choice_of_rows_breaks_the_bound() -> None:
    """Two rows of eleven are few, but there are 55 such sets to choose from."""
    n, delta = 11, 0.1
    unpaid = {
        (k, e): binomial_tail_inverse(e, n - k, math.log(delta))
        for k in range(3)
        for e in range(n - k + 1)
    }
    assert failure(n, unpaid) > 1.3 * delta


def test_counting_the_kept_rows_as_passed_tests_breaks_the_bound() -> None:
    """A learner that keeps half of the sample knows those rows by heart."""
    n, kept, risk = 40, 36, 0.5
    # it errs like a coin on the rest: with probability 1/16 on none of the four
    counted = binomial_tail_inverse(0, n, math.log(0.05))
    assert counted < risk
    assert 2.0 ** -(n - kept) > 0.05
    assert upper(sample_compression_binomial, kept, n, 0) > risk


def test_a_reconstruction_that_remembers_the_sample_breaks_the_bound() -> None:
    """A table of all labels errs on no row, keeps none, and guesses the next label."""
    assert upper(sample_compression_binomial, 0, 200, 0) < 0.5
    assert upper(sample_compression_consistent, 0, 200, 0) < 0.5
    assert upper_kl(0, 200, 0.0) < 0.5


def test_copies_of_one_row_break_the_bound() -> None:
    """The kept row stands for all its copies; the next row is another."""
    assert upper(sample_compression_binomial, 1, 200, 0) < 0.5


@pytest.mark.parametrize("bound", CONSISTENT, ids=lambda bound: bound.name)
def test_errors_outside_are_refused_by_bounds_for_none(bound: Fits) -> None:
    fit = CompressionSetFit(kept=3, trials=50, errors=2)
    refusal = bound.certify(fit, delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "consistent"
    assert "errs on 2 rows" in refusal.reason


def test_rows_that_shaped_the_reconstruction_are_refused() -> None:
    for role, kind in (("prior", Refusal), ("train", Certificate)):
        origin = Origin(source="digits", role=role, digest="0", rows=50)
        fit = CompressionSetFit(kept=3, trials=50, errors=2, origin=origin)
        assert isinstance(sample_compression_binomial.certify(fit, delta=0.05), kind)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"kept": 50}, "kept must lie between 0 and trials - 1 .49., got 50"),
        ({"kept": -1}, "kept must lie"),
        ({"errors": 48}, "errors must be counted on the 47 rows outside"),
        ({"message_bits": -1}, "message_bits must lie in"),
        ({"errors": -1}, "errors must lie"),
    ],
)
def test_impossible_facts_are_refused_by_name(
    facts: dict[str, int], message: str
) -> None:
    base = {"kept": 3, "trials": 50, "errors": 2}
    with pytest.raises(ValueError, match=message):
        CompressionSetFit(**{**base, **facts})


def test_impossible_losses_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"mean must lie in \[0, 1\], got 2"):
        CompressionSetLosses(kept=3, trials=50, mean=2.0)
    with pytest.raises(ValueError, match="kept must lie"):
        CompressionSetLosses(kept=50, trials=50, mean=0.1)
    with pytest.raises(ValueError, match="need 0 <= k <= n"):
        log_choose(3, 4)
