"""Two layers near a reference, and a last layer on a representation."""

import itertools
import math
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest

from nonvacuous.bounds import Certificate, Refusal
from nonvacuous.bounds.norms import (
    representation_margin,
    two_layer_margin,
    two_layer_units,
)
from nonvacuous.bounds.norms.two_layer import two_layer_capacity
from nonvacuous.evidence import Origin, RepresentationFit, TwoLayerFit

FIT = TwoLayerFit(
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
LAST = RepresentationFit(
    margin_errors=100,
    trials=10_000,
    margin=1.0,
    distance=0.7,
    feature_norm=100.0,
    classes=2,
    apart=True,
)


def on_grid(value: float) -> tuple[Any, Any]:
    value = mpmath.mpf(value) * (1 - mpmath.mpf(2) ** -45)
    j = int(mpmath.ceil(8 * mpmath.log(value, 2)))
    nats = mpmath.log(mpmath.pi**2 / 3 - 1) + 2 * mpmath.log(1 + abs(j))
    return mpmath.mpf(2) ** (mpmath.mpf(j) / 8), nats


def test_the_authors_capacity_agrees_with_published_values() -> None:
    assert two_layer_capacity(FIT, 0.05) == pytest.approx(258750.6225, rel=1e-9)
    assert two_layer_margin.formula(FIT, 0.05) == pytest.approx(16.08572729, rel=1e-9)


def test_the_units_bound_is_its_statement_rounded_up() -> None:
    for margin, initial in ((1.0, 0.0), (0.013, 77.0), (350.0, 3.0)):
        fit = replace(FIT, margin=margin, initial_norm=initial, margin_errors=10)
        with mpmath.workdps(50):
            a, b, inverse = map(on_grid, (math.sqrt(3), math.sqrt(7), 1 / margin))
            inner = mpmath.sqrt(2) * 9 / 8 * b[0] * mpmath.mpf(fit.row_norm)
            inner += 3 / mpmath.sqrt(8) * initial
            complexity = 4 * mpmath.sqrt(2) * inverse[0] / 1000 * a[0] * inner
            logs = mpmath.log(40) + 6 * (1 + mpmath.log(9)) + a[1] + b[1] + inverse[1]
            exact = 10 / mpmath.mpf(1000) + complexity + 3 * mpmath.sqrt(logs / 2000)
        value = two_layer_units.formula(fit, 0.05)
        assert exact <= value <= exact * (1 + 1e-9)


def test_the_last_layers_bound_is_its_statement_rounded_up() -> None:
    for margin in (1.0, 0.2, 30.0):
        with mpmath.workdps(50):
            b, inverse = on_grid(0.7), on_grid(1 / margin)
            exact = mpmath.mpf(100) / 10_000
            exact += 4 * mpmath.sqrt(2) * b[0] * inverse[0] * 100 / 10_000
            logs = mpmath.log(40) + b[1] + inverse[1]
            exact += 3 * mpmath.sqrt(logs / 20_000)
        value = representation_margin.formula(replace(LAST, margin=margin), 0.05)
        assert exact <= value <= exact * (1 + 1e-9)


def test_whole_multiples_never_exceed_the_vectors_that_are_paid_for() -> None:
    """Budgets m_j >= 1 with sum at most (q+1) H: there are C((q+1) H, H) of them."""
    for hidden in range(1, 60):
        count = math.comb(9 * hidden, hidden)
        assert math.log(count) <= hidden * (1 + math.log(9))
    # by enumeration: q = 2, H = 3
    vectors = [m for m in itertools.product(range(1, 10), repeat=3) if sum(m) <= 9]
    assert len(vectors) == math.comb(9, 3)


def test_rounded_budgets_hold_every_vector_of_units() -> None:
    draw = np.random.default_rng(2)
    for _ in range(200):
        norms = draw.exponential(size=12) ** 3
        a = np.linalg.norm(norms)
        m = np.maximum(1, np.ceil(norms**2 * 8 * 12 / a**2))
        assert m.sum() <= 9 * 12
        budgets = a * np.sqrt(m / (8 * 12))
        assert (budgets >= norms * (1 - 1e-12)).all()
        assert (budgets**2).sum() <= a**2 * (1 + 1 / 8) * (1 + 1e-12)


def test_one_unit_around_its_reference_lies_below_what_contraction_says() -> None:
    """Enumerate every sign; search the unit's ball of radius beta on a fine grid."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    ball = np.concatenate(
        [r * np.stack([np.cos(angle), np.sin(angle)]) for r in (0.0, 0.2, 0.5, 0.8, 1)],
        axis=1,
    )
    draw = np.random.default_rng(4)
    for classes, n in ((2, 5), (3, 4)):
        x = draw.normal(size=(n, 2))
        start = draw.normal(size=(2, 1))
        hidden = np.maximum(x @ (start + 0.7 * ball), 0.0)
        every = itertools.product((-1.0, 1.0), repeat=n * classes)
        signs = np.array(list(every)).reshape(-1, n, classes)
        sums = np.einsum("sik,id->skd", signs, hidden)
        sup = np.sqrt((sums**2).sum(1)).max(axis=1).mean()
        initial = np.linalg.norm(np.maximum(x @ start, 0.0))
        claimed = math.sqrt(classes) * (
            math.sqrt(2) * 0.7 * np.linalg.norm(x) + initial
        )
        assert 0.3 * claimed < sup <= claimed


def test_nearer_the_reference_is_better() -> None:
    for bound in (two_layer_margin, two_layer_units):
        near = replace(FIT, distance=FIT.distance / 4)
        assert bound.formula(near, 0.05) < bound.formula(FIT, 0.05)
    near_last = replace(LAST, distance=LAST.distance / 4)
    assert representation_margin.formula(
        near_last, 0.05
    ) < representation_margin.formula(LAST, 0.05)


def test_a_representation_covers_on_a_toy_world_and_says_much() -> None:
    """Last layers on fixed features, the worst of 60 on each of 300 samples."""
    draw = np.random.default_rng(13)
    features = np.array([[1.0, 0.0], [0.6, 0.8], [-0.8, 0.6], [0.0, -1.0]])
    chance = np.array([0.97, 0.9, 0.04, 0.5])
    mass = np.array([0.45, 0.3, 0.2, 0.05])
    nets = draw.normal(size=(2, 60))
    nets /= np.linalg.norm(nets, axis=0)
    score = features @ nets
    wrong = np.where(score > 0, 1 - chance[:, None], chance[:, None])
    risk = mass @ wrong
    n = 20_000
    cells = draw.multinomial(n, mass, size=300)
    ones = draw.binomial(cells, chance)
    least = 1.0
    for margin in (0.1, 0.3, 0.6):
        errors = ones @ (score <= margin) + (cells - ones) @ (-score <= margin)
        fit = RepresentationFit(
            margin_errors=0,
            trials=n,
            margin=margin,
            distance=math.sqrt(0.5),
            feature_norm=math.sqrt(n),
            classes=2,
            apart=True,
        )
        upper = errors / n + representation_margin.formula(fit, 0.05)
        assert (upper >= risk).all()
        least = min(least, float(upper.min()))
    assert least < 0.4


def test_a_reference_that_learnt_the_rows_breaks_both_bounds() -> None:
    """On random labels a net that memorised them errs half of the time; measured from
    itself it has distance 0, and both bounds promise less."""
    itself = replace(LAST, margin_errors=0, distance=0.0, reference="itself")
    assert representation_margin.formula(itself, 0.05) < 0.3 < 0.5
    two = replace(FIT, trials=10**6, distance=0.0, reference="itself")
    assert two_layer_units.formula(two, 0.05) < 0.3 < 0.5


def test_rows_that_shaped_the_representation_are_refused() -> None:
    refusal = representation_margin.certify(replace(LAST, apart=False), delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "representation-apart"
    train = Origin(source="digits", role="train", digest="0", rows=10_000)
    refusal = representation_margin.certify(replace(LAST, origin=train), delta=0.05)
    assert isinstance(refusal, Refusal)
    assert "role train" in refusal.reason
    bound = Origin(source="digits", role="bound", digest="0", rows=10_000)
    outcome = representation_margin.certify(replace(LAST, origin=bound), delta=0.05)
    assert isinstance(outcome, Certificate)
    assert outcome.raw < 0.15


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hidden": 0}, "hidden must be at least 1"),
        ({"output_norm": -1.0}, "output_norm must be at least 0"),
        ({"distance": math.nan}, "distance must be at least 0"),
        ({"row_norm": math.inf}, "row_norm must be above 0 and finite"),
    ],
)
def test_impossible_facts_are_refused_by_name(change: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(FIT, **change)
