"""The original net's bound from its distance to a coded one."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from nonvacuous.bounds import About, Certificate, Refusal, Verdict
from nonvacuous.bounds.occam import occam_binomial
from nonvacuous.bounds.output_distance import original_by_distance
from nonvacuous.evidence import CodedFit, DistanceFit, Origin

some = settings(derandomize=True, max_examples=50, deadline=None)
FIT = DistanceFit(
    margin_errors=6_000, trials=60_000, bits=6_540, margin=1.5, distance=1.0
)


def test_the_margin_costs_thirty_two_bits() -> None:
    certificate = original_by_distance.certify(FIT, delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.about is About.ORIGINAL
    assert round(certificate.raw, 10) == 0.2542538931  # 6572 bits, 6000 errors
    coded = CodedFit(errors=6_000, trials=60_000, bits=6_572)
    assert certificate.raw == occam_binomial.formula(coded, 0.05)
    assert certificate.assumptions["margin-covers-distance"] is Verdict.CHECKED
    assert certificate.assumptions["distance-on-the-domain"] is Verdict.VOUCHED


def test_a_margin_that_rounding_brought_below_root_two_beta_is_refused() -> None:
    below = float(np.float32(math.sqrt(2)))
    if below * below >= 2:
        below = float(np.nextafter(np.float32(below), np.float32(0)))
    above = float(np.nextafter(np.float32(below), np.float32(2)))
    outcome = original_by_distance.certify(replace(FIT, margin=below), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "margin-covers-distance"
    passed = original_by_distance.certify(replace(FIT, margin=above), delta=0.05)
    assert isinstance(passed, Certificate)
    endless = replace(FIT, distance=math.inf)
    assert isinstance(original_by_distance.certify(endless, delta=0.05), Refusal)


@some
@given(
    f=st.lists(st.floats(-5, 5), min_size=3, max_size=3),
    move=st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    label=st.integers(0, 2),
)
def test_where_the_original_errs_the_margin_is_within_root_two_beta(
    f: list[float], move: list[float], label: int
) -> None:
    a, g = np.array(f), np.array(f) + np.array(move)
    others = np.arange(3) != label
    theta = math.sqrt(2) * float(np.linalg.norm(a - g)) * (1 + 1e-9) + 1e-12
    if a[label] <= a[others].max():
        assert g[label] - g[others].max() <= theta


def test_covers_exactly_over_coded_nets_and_margins() -> None:
    """Every (g, theta) is an event of its own: 2^(b + 32) of them, independent."""
    n, p, bits = 120, 0.5, 4
    uppers = np.array(
        [
            original_by_distance.formula(
                replace(FIT, margin_errors=k, trials=n, bits=bits), 0.05
            )
            for k in range(n + 1)
        ]
    )
    wrong = float(binom.pmf(np.flatnonzero(uppers < p), n, p).sum())
    events = 2.0 ** (bits + 32)
    assert 0 < wrong * events <= 0.05
    free = np.array(
        [
            occam_binomial.formula(CodedFit(errors=k, trials=n, bits=bits), 0.05)
            for k in range(n + 1)
        ]
    )
    wrong = float(binom.pmf(np.flatnonzero(free < p), n, p).sum())
    assert -math.expm1(events * math.log1p(-wrong)) > 0.05  # theta chosen, not coded


def test_a_distance_measured_on_the_sample_alone_breaks_it() -> None:
    """F equals g on the rows of S and errs everywhere else; g never errs."""
    fit = DistanceFit(margin_errors=0, trials=1000, bits=8, margin=0.0, distance=0.0)
    certificate = original_by_distance.certify(fit, delta=0.05)
    assert isinstance(certificate, Certificate)
    risk_of_f = 1.0  # the rows of S have probability 0
    assert certificate.upper < 0.04 < risk_of_f


def test_a_decoder_that_the_rows_shaped_is_refused() -> None:
    origin = Origin(source="s", role="prior", digest="d", rows=60_000)
    outcome = original_by_distance.certify(replace(FIT, origin=origin), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "code-fixed"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"bits": -1}, "bits"),
        ({"distance": -1.0}, "distance"),
        ({"distance": math.nan}, "distance"),
        ({"margin": 0.1}, "margin"),
        ({"margin": -1.0}, "margin"),
        ({"margin": 1e39}, "margin"),
        ({"margin_errors": 60_001}, "margin_errors"),
    ],
)
def test_impossible_evidence_is_refused_by_name(
    changes: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must"):
        replace(FIT, **changes)
