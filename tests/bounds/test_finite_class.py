"""Finite classes of nets: the binomial, kl and Hoeffding forms."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from scipy.stats import binom

from nonvacuous.bounds import Bound, Certificate, Refusal, Verdict
from nonvacuous.bounds.finite_class import (
    finite_class_binomial,
    finite_class_hoeffding,
    finite_class_kl,
    log_share,
)
from nonvacuous.bounds.occam import occam_binomial
from nonvacuous.evidence import CodedFit, Origin, ParameterClassFit
from paper_checks._digits import exact_binomial_tail, kl_digits

some = settings(derandomize=True, max_examples=50, deadline=None)
FORMS = (finite_class_binomial, finite_class_kl, finite_class_hoeffding)
FIT = ParameterClassFit(errors=0, trials=60_000, parameters=50, values=16)


@pytest.mark.parametrize(
    ("bound", "value"),
    [
        (finite_class_binomial, 0.002357635874),
        (finite_class_kl, 0.002357635874),
        (finite_class_hoeffding, 0.03435418077),
    ],
)
def test_fifty_parameters_of_four_bits(
    bound: Bound[ParameterClassFit], value: float
) -> None:
    certificate = bound.certify(FIT, delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.raw == pytest.approx(value, rel=1e-9)
    assert certificate.raw < math.sqrt(50 * math.log(16) / 60_000)  # the paper's
    assert certificate.assumptions["class-fixed"] is Verdict.VOUCHED


@some
@given(
    n=st.integers(1, 10**6),
    part=st.floats(0, 1),
    q=st.integers(0, 2000),
    r=st.integers(1, 2**64),
    delta=st.floats(1e-9, 0.9),
)
def test_each_is_its_definition_at_fifty_digits_rounded_up(
    n: int, part: float, q: int, r: int, delta: float
) -> None:
    k = int(part * n)
    fit = ParameterClassFit(errors=k, trials=n, parameters=q, values=r)
    with mp.workdps(50):
        nats = q * mp.log(r) - mp.log(mp.mpf(delta))
        exact = mp.mpf(k) / n + mp.sqrt(nats / (2 * n))
        assert -nats * (1 + mp.mpf(10) ** -14) <= log_share(q, r, delta) <= -nats
        hoeffding = finite_class_hoeffding.formula(fit, delta)
        assert exact <= hoeffding <= exact * (1 + mp.mpf(10) ** -12)
        by_kl = finite_class_kl.formula(fit, delta)
        if by_kl < 1:
            assert kl_digits(k / n, by_kl) >= nats / n
            assert kl_digits(k / n, by_kl * (1 - 1e-9)) < nats / n or by_kl <= k / n
    by_tail = finite_class_binomial.formula(fit, delta)
    assert by_tail <= by_kl * (1 + 1e-9)
    assert by_kl <= hoeffding * (1 + 1e-9)


def test_the_binomial_form_inverts_the_exact_tail() -> None:
    fit = ParameterClassFit(errors=3, trials=40, parameters=2, values=3)
    p = finite_class_binomial.formula(fit, 0.05)
    share = Fraction(0.05) / 9
    assert exact_binomial_tail(3, 40, Fraction(p)) <= share
    assert exact_binomial_tail(3, 40, Fraction(p * (1 - 1e-9))) > share


def test_a_class_of_bits_is_a_code_of_that_length() -> None:
    fit = replace(FIT, errors=500, parameters=300, values=2)
    coded = CodedFit(errors=500, trials=60_000, bits=300)
    assert finite_class_binomial.formula(fit, 0.05) == pytest.approx(
        occam_binomial.formula(coded, 0.05), rel=1e-13
    )


def test_a_class_of_one_costs_nothing() -> None:
    single = replace(FIT, errors=100, parameters=0, values=1)
    for bound in FORMS:
        assert bound.formula(single, 0.05) == pytest.approx(
            bound.formula(replace(single, parameters=7), 0.05), rel=1e-15
        )


def wrong(bound: Bound[ParameterClassFit], n: int, p: float, q: int, r: int) -> float:
    """Probability that one net of risk p gets a certificate below p."""
    uppers = np.array(
        [
            bound.formula(
                ParameterClassFit(errors=k, trials=n, parameters=q, values=r), 0.05
            )
            for k in range(n + 1)
        ]
    )
    return float(binom.pmf(np.flatnonzero(uppers < p), n, p).sum())


def some_of(count: int, p: float) -> float:
    """Probability that one of so many independent events of probability p happens."""
    return -math.expm1(count * math.log1p(-p))


@pytest.mark.parametrize("bound", FORMS, ids=lambda bound: bound.name)
@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_covers_exactly_over_a_class_of_independent_nets(
    bound: Bound[ParameterClassFit], p: float
) -> None:
    for q, r in ((0, 1), (2, 2), (3, 4), (5, 3)):
        assert some_of(r**q, wrong(bound, 60, p, q, r)) <= 0.05


def test_a_class_chosen_by_the_sample_breaks_it() -> None:
    """The best of 4000 helper strings, counted as one: each is a class of its own."""
    missed = wrong(finite_class_binomial, 60, 0.5, 3, 2)
    assert some_of(4000 * 8, missed) > 0.5
    paid = wrong(finite_class_binomial, 60, 0.5, 15, 2)  # 2^12 strings named
    assert 0 < some_of(4000 * 8, paid) <= 0.05


@some
@given(
    f=st.lists(st.floats(-5, 5), min_size=3, max_size=3),
    move=st.lists(st.floats(-1, 1), min_size=3, max_size=3),
    gamma=st.floats(0.01, 2),
)
def test_which_errors_a_margin_of_gamma_allows(
    f: list[float], move: list[float], gamma: float
) -> None:
    a, d = np.array(f), np.array(move)
    for change in (
        d * gamma / math.sqrt(2) / max(1.0, float(np.linalg.norm(d))),
        d * gamma / 2,
    ):
        g = a + change * (1 - 1e-9)
        for label in range(3):
            others = np.arange(3) != label
            if a[label] > gamma + a[others].max():
                assert g[label] > g[others].max()


def test_an_error_of_gamma_in_each_output_is_too_much_for_a_margin_of_gamma() -> None:
    f, g, gamma = (1.5, 0.0), (0.5, 1.0), 1.0
    assert max(abs(a - b) for a, b in zip(f, g, strict=True)) <= gamma
    assert f[0] - f[1] > gamma
    assert g[0] < g[1]


def test_a_sample_that_shaped_the_prior_is_refused() -> None:
    origin = Origin(source="s", role="prior", digest="d", rows=60_000)
    for bound in FORMS:
        outcome = bound.certify(replace(FIT, origin=origin), delta=0.05)
        assert isinstance(outcome, Refusal)
        assert outcome.assumption == "class-fixed"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"parameters": -1}, "parameters"),
        ({"values": 0}, "values"),
        ({"values": 2**1000}, "values"),
        ({"errors": -1}, "errors"),
    ],
)
def test_impossible_evidence_is_refused_by_name(
    changes: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must"):
        replace(FIT, **changes)


def test_the_largest_class_has_a_certificate_of_one() -> None:
    huge = replace(FIT, parameters=2**999, values=2**999)
    assert finite_class_binomial.formula(huge, 0.05) == 1.0
    assert finite_class_kl.formula(huge, 0.05) == 1.0
    assert math.isfinite(finite_class_hoeffding.formula(huge, 0.05))
