"""Two layers, seen from a reference."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from nonvacuous.bounds import ALL, Certificate, Verdict
from nonvacuous.bounds.norms import golowich_margin, two_layer_units
from nonvacuous.bounds.norms.two_layer import two_layer_capacity
from nonvacuous.evidence import NormFit, TwoLayerFit

some = settings(derandomize=True, max_examples=50, deadline=None)

HAND = TwoLayerFit(
    margin_errors=0,
    trials=1000,
    margin=1.0,
    output_norm=math.sqrt(3),
    distance=math.sqrt(7),
    initial_norm=0.0,
    row_norm=5 * math.sqrt(1000),
    hidden=3,
    classes=2,
)


def test_the_number_of_the_authors_worked_by_hand() -> None:
    capacity = two_layer_capacity(HAND, 0.05)
    assert capacity == pytest.approx(258750.6225, rel=1e-9)
    assert math.sqrt(capacity / 1000) == pytest.approx(16.08572729, rel=1e-9)


def test_the_number_of_the_authors_is_no_theorem_here() -> None:
    assert "two-layer-margin" not in {bound.name for bound in ALL}


def step(value: mpf) -> tuple[mpf, mpf]:
    j = max(int(mp.ceil(8 * mp.log(value, 2))), -256)
    weight = 1 / ((mp.pi**2 / 3 - 1) * (1 + abs(j)) ** 2)
    return mpf(2) ** (mpf(j) / 8), -mp.log(weight)


def naive(fit: TwoLayerFit, delta: float, slack: mpf) -> mpf:
    a, b, inverse = (
        step(slack * v)
        for v in (mpf(fit.output_norm), mpf(fit.distance), 1 / mpf(fit.margin))
    )
    n, h = fit.trials, fit.hidden
    reach = mpf(9) / 8 * mp.sqrt(2) * b[0] * mpf(fit.row_norm)
    reach += 3 / mp.sqrt(8) * mpf(fit.initial_norm)
    logs = mp.log(2 / mpf(delta)) + 2 * h * (1 + mp.log(9)) + a[1] + b[1] + inverse[1]
    return (
        mpf(fit.margin_errors) / n
        + 4 * mp.sqrt(fit.classes) * inverse[0] / n * a[0] * reach
        + 3 * mp.sqrt(logs / (2 * n))
    )


@some
@given(
    n=st.integers(1, 10**7),
    part=st.floats(0, 1),
    margin=st.floats(1e-3, 1e3),
    norms=st.tuples(*[st.floats(1e-3, 1e3)] * 4),
    hidden=st.integers(1, 5000),
    classes=st.integers(2, 100),
    delta=st.floats(1e-9, 0.5),
)
def test_it_is_its_statement_at_fifty_digits_rounded_up(
    n: int,
    part: float,
    margin: float,
    norms: tuple[float, float, float, float],
    hidden: int,
    classes: int,
    delta: float,
) -> None:
    fit = TwoLayerFit(
        margin_errors=int(part * n),
        trials=n,
        margin=margin,
        output_norm=norms[0],
        distance=norms[1],
        initial_norm=norms[2] * math.sqrt(n),
        row_norm=norms[3] * math.sqrt(n),
        hidden=hidden,
        classes=classes,
    )
    with mp.workdps(50):
        found = two_layer_units.formula(fit, delta)
        least = naive(fit, delta, 1 - mpf(2) ** -40)
        most = naive(fit, delta, 1 + mpf(2) ** -40)
        assert least * (1 - mpf(1e-12)) <= found <= most * (1 + mpf(1e-9))


@some
@given(seed=st.integers(0, 10**6), h=st.integers(1, 30))
def test_the_units_budgets_hold_and_are_few(seed: int, h: int) -> None:
    draw = np.random.default_rng(seed)
    norms = draw.exponential(size=h) ** 3
    a2 = float((norms**2).sum())
    m = np.maximum(np.ceil(8 * h * norms**2 / a2), 1)
    assert (norms**2 <= a2 * m / (8 * h) * (1 + 1e-12)).all()
    assert m.sum() <= 9 * h + 1e-9
    assert (a2 * m / (8 * h)).sum() <= a2 * (1 + 1 / 8) * (1 + 1e-12)


def test_the_vectors_of_budgets_are_counted_by_binomials() -> None:
    for h, q in ((1, 8), (2, 3), (3, 2)):
        most = (q + 1) * h
        vectors = itertools.product(range(1, most + 1), repeat=h)
        count = sum(1 for m in vectors if sum(m) <= most)
        assert count == math.comb(most, h) <= (math.e * (q + 1)) ** h


@settings(derandomize=True, max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), move=st.floats(0, 2))
def test_the_sum_over_units_by_enumeration_of_signs(seed: int, move: float) -> None:
    """E sup sum eps f <= sqrt K sum_j alpha_j (sqrt 2 beta_j ||X|| + c_j)."""
    draw = np.random.default_rng(seed)
    n, classes, hidden, nets = 3, 2, 2, 400
    x, start = draw.normal(size=(n, 2)), draw.normal(size=(hidden, 2))
    alpha, beta = draw.exponential(size=hidden), move * draw.exponential(size=hidden)
    turn = draw.normal(size=(nets, hidden, 2))
    turn *= beta[:, None] / np.linalg.norm(turn, axis=2, keepdims=True)
    units = np.maximum(np.einsum("thd,nd->thn", start + turn, x), 0)
    total, count = 0.0, 0
    for e in itertools.product((-1, 1), repeat=n * classes):
        sums = units @ np.array(e, dtype=float).reshape(n, classes)
        best = (np.linalg.norm(sums, axis=2) @ alpha).max()  # the best output weights
        total, count = total + float(best), count + 1
    c = np.linalg.norm(np.maximum(start @ x.T, 0), axis=1)
    reach = alpha @ (math.sqrt(2) * beta * np.linalg.norm(x) + c)
    assert total / count <= math.sqrt(classes) * reach
    if move == 0:
        assert total / count >= 0.5 * math.sqrt(classes) * reach * 0.5


def test_a_reference_near_by_pays() -> None:
    near = replace(HAND, trials=10**6, row_norm=5e3, distance=0.01, initial_norm=50.0)
    assert two_layer_units.formula(near, 0.05) < two_layer_units.formula(
        replace(near, distance=math.sqrt(7), initial_norm=0.0), 0.05
    )
    norm = NormFit(
        margin_errors=0,
        trials=10**6,
        margin=1.0,
        kind="frobenius",
        norm=math.sqrt(21),
        row_norm=5e3,
        layers=2,
        classes=2,
        inputs=2,
    )
    assert two_layer_units.formula(near, 0.05) < golowich_margin.formula(norm, 0.05)


def test_a_reference_is_a_word_and_zero_is_none() -> None:
    for reference, verdict in (("zero", Verdict.CHECKED), ("abc", Verdict.VOUCHED)):
        fit = replace(HAND, reference=reference)
        outcome = two_layer_units.certify(fit, delta=0.05)
        assert isinstance(outcome, Certificate)
        assert outcome.assumptions["reference-fixed"] is verdict
