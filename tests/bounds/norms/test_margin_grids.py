"""Grids for norms and margins, and what margin bounds share."""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.stats import binom

from nonvacuous.bounds import ALL, Bound, Certificate, Refusal
from nonvacuous.bounds.norms import (
    frobenius_margin,
    golowich_margin,
    path_margin,
    representation_margin,
    row_sum_margin,
    spectral_margin,
    spectral_margin_budgets,
    spectral_margin_fixed,
    spectral_margin_ratios,
    spectral_pac_bayes,
    two_layer_units,
)
from nonvacuous.bounds.norms._margins import deviation, fine, ladder
from nonvacuous.evidence import (
    NormFit,
    Origin,
    PerturbationFit,
    RepresentationFit,
    SpectralFit,
    TwoLayerFit,
)

some = settings(derandomize=True, max_examples=60, deadline=None)
NORMS = [
    frobenius_margin,
    golowich_margin,
    path_margin,
    row_sum_margin,
    spectral_margin,
    spectral_margin_fixed,
    spectral_margin_ratios,
    spectral_margin_budgets,
    spectral_pac_bayes,
    two_layer_units,
    representation_margin,
]
every_one = pytest.mark.parametrize("bound", NORMS, ids=lambda bound: bound.name)


def test_the_deviation_is_worked_by_hand() -> None:
    assert deviation(9, 2 / math.e**2) == pytest.approx(1.0, rel=1e-12)
    assert deviation(9, 2 / math.e, nats=1.0) == pytest.approx(1.0, rel=1e-12)
    with pytest.raises(ValueError, match="delta must lie strictly between 0 and 1"):
        deviation(9, 0.0)


@some
@given(value=st.floats(1e-9, 1e30))
def test_the_fine_grid_holds_the_value_and_wastes_a_twelfth_at_most(
    value: float,
) -> None:
    budget, nats = fine(value)
    assert value <= budget
    assert budget <= max(value, 2.0**-32) * 2 ** (1 / 8) * (1 + 1e-12)
    with mp.workdps(50):
        j = int(mp.nint(8 * mp.log(mpf(budget), 2)))
        exact = mp.log((mp.pi**2 / 3 - 1) * (1 + abs(j)) ** 2)
        assert exact <= nats <= exact * (1 + mpf(1e-12))
        assert mpf(budget) >= mpf(2) ** (mpf(j) / 8)


def test_weights_of_the_fine_grid_sum_to_one_at_most() -> None:
    """Each budget is met once, and a value a hair above a power has its own."""
    seen = {fine(2.0 ** ((j - 0.5) / 8)) for j in range(-256, 900)}
    assert len(seen) == 1156
    assert math.fsum(math.exp(-nats) for _, nats in seen) <= 1
    for j in range(-250, 900):
        for value in (2.0 ** (j / 8), math.nextafter(2.0 ** (j / 8), math.inf)):
            assert value <= fine(value)[0]
    assert fine(0.0) == fine(2.0**-32)
    assert fine(1e40) == (math.inf, math.inf)


@some
@given(value=st.floats(1e-12, 1e12), factor=st.floats(1, 100))
def test_a_greater_value_has_fewer_rungs(value: float, factor: float) -> None:
    low, high = list(ladder(value)), list(ladder(value * factor))
    assert all(value <= budget for budget, _ in low)
    assert set(high) <= set(low) or high[0][0] > 1
    assert all(nats > 0 for _, nats in low)


def test_every_norm_bound_is_in_the_list() -> None:
    assert {bound.name for bound in NORMS} <= {bound.name for bound in ALL}
    assert all(bound.uniform for bound in NORMS)


@every_one
def test_rows_that_shaped_the_class_are_refused(bound: Bound[Any]) -> None:
    origin = Origin(source="toy", role="prior", digest="d", rows=10**6)
    outcome = bound.certify(replace(bound.example, origin=origin), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "class-fixed"
    assert "prior" in outcome.reason


@every_one
def test_rows_of_the_prior_cannot_be_counted_in(bound: Bound[Any]) -> None:
    """The sample of the bound has so many rows, and the fact speaks of more."""
    rows = bound.example.trials - 1
    origin = Origin(source="toy", role="bound", digest="d", rows=rows)
    with pytest.raises(ValueError, match="trials must be at most the"):
        replace(bound.example, origin=origin)


@every_one
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("margin", 0.0, "margin must be above 0 and finite, got 0.0"),
        ("margin", math.nan, "margin must be above 0 and finite, got nan"),
        ("margin_errors", -1, "margin_errors must lie between"),
        ("trials", 0, "trials must be at least 1"),
    ],
)
def test_evidence_refuses_what_is_none(
    bound: Bound[Any], field: str, value: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(bound.example, **{field: value})


@pytest.mark.parametrize(
    ("bound", "field", "value"),
    [
        (frobenius_margin, "norm", math.nan),
        (frobenius_margin, "row_norm", 0.0),
        (frobenius_margin, "classes", 1),
        (frobenius_margin, "layers", 0),
        (spectral_margin, "spectral", (1.0, -1.0)),
        (spectral_margin, "distances", (1.0,)),
        (spectral_margin, "width", 0),
        (spectral_pac_bayes, "radius", math.inf),
        (spectral_pac_bayes, "stable_ranks", 0.0),
        (two_layer_units, "hidden", 0),
        (two_layer_units, "distance", -1.0),
        (representation_margin, "feature_norm", math.nan),
    ],
)
def test_evidence_names_the_field_it_refuses(
    bound: Bound[Any], field: str, value: object
) -> None:
    with pytest.raises(ValueError, match=f"{field} must be"):
        replace(bound.example, **{field: value})


# A world of two inputs, 1 and -1, whose labels are flipped with probability .1, and
# nets (a x, -a x): on every sample of n rows, k of them flipped, the winner is known.


def linear(bound: Bound[Any], k: int, n: int) -> Any:
    """Evidence of the better of both nets at a = 1, a little below its margin."""
    common: dict[str, Any] = {
        "margin_errors": min(k, n - k),
        "trials": n,
        "margin": 2 * (1 - 2.0**-30),
    }
    kind = type(bound.example)
    if kind is NormFit:
        name = bound.example.kind
        norm = math.sqrt(2.0) if name == "frobenius" else 2.0
        rows = {"row_norm": math.sqrt(n), "layers": 1, "classes": 2, "inputs": 1}
        return NormFit(kind=name, norm=norm, **rows, **common)
    if kind is SpectralFit:
        return SpectralFit(
            spectral=(math.sqrt(2.0),),
            distances=(2.0,),
            row_norm=math.sqrt(n),
            width=2,
            fixed=bound is spectral_margin_fixed,
            **common,
        )
    if kind is PerturbationFit:
        return PerturbationFit(
            spectral=math.sqrt(2.0),
            stable_ranks=1.0,
            radius=1.0,
            domain=True,
            layers=1,
            width=2,
            **common,
        )
    if kind is RepresentationFit:
        return RepresentationFit(
            distance=math.sqrt(2.0),
            feature_norm=math.sqrt(n),
            classes=2,
            apart=True,
            **common,
        )
    return TwoLayerFit(  # (x)_+ and (-x)_+ below, at their reference
        output_norm=2.0,
        distance=0.0,
        initial_norm=math.sqrt(n),
        row_norm=math.sqrt(n),
        hidden=2,
        classes=2,
        reference="x and -x",
        **common,
    )


ENOUGH = {
    "spectral-margin": 10**10,
    "spectral-margin-fixed": 10**6,
    "spectral-margin-ratios": 10**7,
    "spectral-margin-budgets": 10**7,
    "spectral-pac-bayes": 10**8,
}


@every_one
def test_all_samples_of_a_world_of_two_inputs_are_covered(bound: Bound[Any]) -> None:
    n, flipped, delta = ENOUGH.get(bound.name, 10_000), 0.1, 0.05
    far = 9 * math.sqrt(n * flipped * (1 - flipped))
    # the number rises with k below n / 2, so that the k with a failure are an interval
    low, high = int(n * flipped - far), int(n * flipped + far)
    ends = [bound.certify(linear(bound, k, n), delta=delta) for k in (low, high)]
    assert all(isinstance(c, Certificate) for c in ends)
    raws = [c.raw for c in ends if isinstance(c, Certificate)]
    assert raws[0] <= raws[1] < 0.7  # and far from vacuous
    while high - low > 1:
        middle = (low + high) // 2
        if bound.formula(linear(bound, middle, n), delta) < flipped:
            low = middle
        else:
            high = middle
    first = bound.formula(linear(bound, 0, n), delta)
    failing = -1 if first >= flipped else low
    assert float(binom.cdf(failing, n, flipped)) <= delta


@every_one
def test_copies_of_rows_break_it(bound: Bound[Any]) -> None:
    """Ten rows, each counted many times over, are not so many independent rows."""
    rows, flipped, delta = 10, 0.4, 0.05
    copies = 10 * ENOUGH.get(bound.name, 10_000)
    failure = math.fsum(
        float(binom.pmf(k, rows, flipped))
        for k in range(rows + 1)
        if bound.formula(linear(bound, k * copies, rows * copies), delta)
        < (flipped if 2 * k <= rows else 1 - flipped)
    )
    assert failure > 4 * delta


def test_vector_contraction_holds_on_a_finite_class_by_enumeration() -> None:
    """Maurer: the ramp's sum is at most 2 / gamma times that of the outputs."""
    draw = np.random.default_rng(7)
    for gamma in (0.3, 1.0, 4.0):
        outputs = draw.normal(size=(12, 3, 2))  # nets, rows, classes
        margin = outputs[:, :, 0] - outputs[:, :, 1]
        ramp = np.clip(1 - margin / gamma, 0, 1)
        left = np.mean(
            [(ramp @ np.array(s)).max() for s in itertools.product((-1, 1), repeat=3)]
        )
        flat = outputs.reshape(12, 6)
        right = np.mean(
            [(flat @ np.array(s)).max() for s in itertools.product((-1, 1), repeat=6)]
        )
        assert 0 < left <= 2 / gamma * right
