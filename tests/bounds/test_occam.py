"""Occam's bound."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.bounds import About, Bound, Certificate, Verdict
from nonvacuous.bounds.holdout import binomial_tail_inverse
from nonvacuous.bounds.model_compression import compress_then_evaluate
from nonvacuous.bounds.occam import log_budget, occam_binomial, occam_hoeffding
from nonvacuous.evidence import CodedFit

exactly = settings(derandomize=True, max_examples=100, deadline=None)


def upper(
    bound: Bound[CodedFit], k: int, n: int, bits: int, delta: float = 0.05
) -> float:
    fit = CodedFit(errors=k, trials=n, bits=bits)
    certificate = bound.certify(fit, delta=delta)
    assert isinstance(certificate, Certificate)
    return certificate.raw


@pytest.mark.parametrize(
    ("bound", "k", "n", "bits", "published"),
    [
        (occam_binomial, 50, 1000, 100, 0.1730993059),
        (occam_hoeffding, 50, 1000, 100, 0.2401452738),
        (occam_binomial, 0, 1000, 100, 0.06975794297),
        (occam_binomial, 6000, 60000, 6572, 0.2542538931),
        (occam_binomial, 6000, 60000, 6568, 0.2541970887),
        (occam_hoeffding, 0, 60000, 200, 0.03435418077),
        (compress_then_evaluate, 6000, 60000, 6572, 0.2542538931),
    ],
)
def test_agrees_with_published_values(
    bound: Bound[CodedFit], k: int, n: int, bits: int, published: float
) -> None:
    assert upper(bound, k, n, bits) == pytest.approx(published, rel=1e-9)


def test_bits_allowed_for_a_tenth_without_errors() -> None:
    # 9115.86 bits for 60,000 rows
    assert upper(occam_binomial, 0, 60000, 9115) < 0.1
    assert upper(occam_binomial, 0, 60000, 9116) > 0.1


@pytest.mark.parametrize("k", [0, 3, 500])
def test_no_bits_leave_the_test_set_bound(k: int) -> None:
    exact = binomial_tail_inverse(k, 1000, math.log(0.05))
    assert upper(occam_binomial, k, 1000, 0) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("bound", [occam_binomial, occam_hoeffding])
def test_a_bit_costs_what_halving_delta_costs(bound: Bound[CodedFit]) -> None:
    assert upper(bound, 5, 1000, 11, 0.2) == pytest.approx(
        upper(bound, 5, 1000, 10, 0.1), rel=1e-13
    )


def test_the_budget_is_the_naive_formula_rounded_down() -> None:
    naive = math.log(0.05) - 100 * math.log(2)
    assert naive * (1 + 1e-14) <= log_budget(100, 0.05) <= naive


def test_hoeffding_is_its_formula_rounded_up() -> None:
    naive = 50 / 1000 + math.sqrt((100 * math.log(2) + math.log(20)) / 2000)
    assert naive <= upper(occam_hoeffding, 50, 1000, 100) <= naive * (1 + 1e-14)


@exactly
@given(
    n=st.integers(2, 5000),
    part=st.floats(0, 0.99),
    bits=st.integers(0, 5000),
    delta=st.floats(1e-6, 0.5),
)
def test_errors_bits_and_confidence_cost(
    n: int, part: float, bits: int, delta: float
) -> None:
    k = int(part * n)
    for bound in (occam_binomial, occam_hoeffding):
        here = upper(bound, k, n, bits, delta)
        assert here <= upper(bound, k + 1, n, bits, delta)
        assert here <= upper(bound, k, n, bits + 1, delta)
        assert here <= upper(bound, k, n, bits, delta / 2)
        assert upper(bound, k, n + 1, bits, delta) <= here
    assert upper(occam_binomial, k, n, bits, delta) <= upper(
        occam_hoeffding, k, n, bits, delta
    ) * (1 + 1e-7)


@pytest.mark.parametrize("delta", [0.05, 0.5])
@pytest.mark.parametrize("p", [0.1, 0.5])
def test_covers_exactly_over_a_class_of_independent_nets(
    delta: float, p: float
) -> None:
    """Enumerate every count of every net of a prefix code, 2^b nets of 2b+1 bits."""
    n, survive = 30, 1.0
    for b in range(9):
        bounds = [upper(occam_binomial, k, n, 2 * b + 1, delta) for k in range(n + 1)]
        assert all(x <= y for x, y in pairwise(bounds))
        wrong = float(binom.pmf(np.flatnonzero(np.array(bounds) < p), n, p).sum())
        survive *= (1 - wrong) ** (2**b)
    assert 1 - survive <= delta


def test_the_certificate_is_about_the_decoded_net() -> None:
    for bound in (occam_binomial, occam_hoeffding, compress_then_evaluate):
        assert bound.uniform
        assert bound.about is About.COMPRESSED


def test_a_length_without_its_code_is_the_callers_word() -> None:
    word = CodedFit(errors=1, trials=10, bits=9)
    certificate = occam_binomial.certify(word, delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.assumptions["prefix-code"] is Verdict.VOUCHED


@pytest.mark.parametrize(
    ("bits", "code", "message"),
    [
        (-1, None, "bits must be at least 0, got -1"),
        (9, b"x", "code must hold 9 bits, got 1 bytes"),
        (8, b"xy", "code must hold 8 bits, got 2 bytes"),
    ],
)
def test_impossible_codes_are_refused_by_name(
    bits: int, code: bytes | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        CodedFit(errors=1, trials=10, bits=bits, code=code)


def test_a_length_that_is_not_whole_is_the_wrong_kind() -> None:
    with pytest.raises(TypeError):
        CodedFit(errors=1, trials=10, bits=2.5)  # type: ignore[arg-type]
