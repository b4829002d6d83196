"""A last layer on a representation that other rows made."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from nonvacuous.bounds import Certificate, Refusal
from nonvacuous.bounds.norms import representation_margin
from nonvacuous.evidence import Origin, RepresentationFit

some = settings(derandomize=True, max_examples=50, deadline=None)


def step(value: mpf) -> tuple[mpf, mpf]:
    j = max(int(mp.ceil(8 * mp.log(value, 2))), -256)
    weight = 1 / ((mp.pi**2 / 3 - 1) * (1 + abs(j)) ** 2)
    return mpf(2) ** (mpf(j) / 8), -mp.log(weight)


def naive(fit: RepresentationFit, delta: float, slack: mpf) -> mpf:
    b, inverse = step(slack * mpf(fit.distance)), step(slack / mpf(fit.margin))
    n = fit.trials
    return (
        mpf(fit.margin_errors) / n
        + 4 * mp.sqrt(fit.classes) * b[0] * inverse[0] * mpf(fit.feature_norm) / n
        + 3 * mp.sqrt((mp.log(2 / mpf(delta)) + b[1] + inverse[1]) / (2 * n))
    )


@some
@given(
    n=st.integers(1, 10**7),
    part=st.floats(0, 1),
    margin=st.floats(1e-3, 1e3),
    distance=st.floats(1e-4, 1e3),
    mean=st.floats(1e-3, 100),
    classes=st.integers(2, 100),
    delta=st.floats(1e-9, 0.5),
)
def test_it_is_its_statement_at_fifty_digits_rounded_up(
    n: int,
    part: float,
    margin: float,
    distance: float,
    mean: float,
    classes: int,
    delta: float,
) -> None:
    fit = RepresentationFit(
        margin_errors=int(part * n),
        trials=n,
        margin=margin,
        distance=distance,
        feature_norm=mean * math.sqrt(n),
        classes=classes,
        apart=True,
    )
    with mp.workdps(50):
        found = representation_margin.formula(fit, delta)
        least = naive(fit, delta, 1 - mpf(2) ** -40)
        most = naive(fit, delta, 1 + mpf(2) ** -40)
        assert least * (1 - mpf(1e-12)) <= found <= most * (1 + mpf(1e-9))


def test_a_number_worked_by_hand() -> None:
    """Powers of two are grid points: 4 sqrt 4 * 1/2 * 1 * 100 / 10^4 = .04."""
    fit = RepresentationFit(
        margin_errors=100,
        trials=10_000,
        margin=1.0,
        distance=0.5,
        feature_norm=100.0,
        classes=4,
        apart=True,
    )
    weight = math.log(math.pi**2 / 3 - 1)
    nats = weight + (weight + 2 * math.log(9))  # j = 0, and j = -8
    off = 3 * math.sqrt((math.log(40) + nats) / 20_000)
    assert representation_margin.formula(fit, 0.05) == pytest.approx(0.05 + off)
    outcome = representation_margin.certify(fit, delta=0.05)
    assert isinstance(outcome, Certificate)
    assert not outcome.vacuous(4)


@some
@given(seed=st.integers(0, 10**6), n=st.integers(1, 4))
def test_the_reference_costs_nothing_by_enumeration_of_signs(seed: int, n: int) -> None:
    """E sup over V of sum eps (W0 + V) phi is the dual norm: exact, W0 cancels."""
    draw = np.random.default_rng(seed)
    phi, start = draw.normal(size=(n, 3)), draw.normal(size=(2, 3))
    sums = [
        np.array(e, dtype=float).reshape(n, 2).T @ phi
        for e in itertools.product((-1, 1), repeat=2 * n)
    ]
    exact = np.mean([np.linalg.norm(s) + (start * s).sum() for s in sums])
    assert exact <= math.sqrt(2) * np.linalg.norm(phi) * (1 + 1e-12)
    assert exact == pytest.approx(np.mean([np.linalg.norm(s) for s in sums]))


def memorized(apart: bool) -> RepresentationFit:
    """Labels are fair coins; hidden units hold the label of each row seen, else 0."""
    return RepresentationFit(
        margin_errors=0,
        trials=10_000,
        margin=1.0 - 2.0**-20,
        distance=math.sqrt(2),
        feature_norm=100.0,
        classes=2,
        apart=apart,
    )


def test_a_representation_that_saw_the_rows_breaks_it_and_is_refused() -> None:
    """On new rows all outputs tie: the risk is 1, whatever the sample."""
    lie = representation_margin.certify(memorized(True), delta=0.05)
    assert isinstance(lie, Certificate)
    assert lie.upper < 0.3
    told = representation_margin.certify(memorized(False), delta=0.05)
    assert isinstance(told, Refusal)
    assert told.assumption == "representation-apart"
    origin = Origin(source="toy", role="train", digest="d", rows=10_000)
    shown = representation_margin.certify(
        replace(memorized(True), origin=origin), delta=0.05
    )
    assert isinstance(shown, Refusal)
    assert "role train" in shown.reason
