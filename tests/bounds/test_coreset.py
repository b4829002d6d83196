"""CoreNet's sizes, and its generalization bound."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.bounds import Certificate, Refusal, Verdict
from nonvacuous.bounds.coreset import (
    corenet_generalization,
    kappa,
    layer_epsilons,
    network_size,
    paper_constant,
    sample_size,
    support_size,
)
from nonvacuous.evidence import CoresetFit

exactly = settings(derandomize=True, max_examples=100, deadline=None)
NET = {"neurons": 410, "widest": 784}  # 784-300-100-10

FIT = CoresetFit(
    margin_errors=50,
    trials=59783,
    grid_index=1,
    theorem_delta=0.025,
    slots=266610,
    kept_by_theorem=1000.0,
    least_layer_epsilon=1e-6,
    exceed=0,
    promised_exceed=6e-5,
    tail_index=2.5,
    worst_layer=2,
    independent=True,
)


def test_sizes_of_the_mnist_net_agree_with_published_values() -> None:
    assert support_size(0.1, **NET) == 217
    assert round(kappa(0.1, **NET), 1) == 219.9
    assert round(kappa(0.1, neurons=410, widest=300), 1) == 192.1


def test_a_single_exact_layer_needs_no_compounding() -> None:
    assert layer_epsilons(0.5, [1.0]) == pytest.approx([0.25], rel=1e-12)
    assert float(sample_size(0.0, 0.5, 0.1, neurons=1, constant=1.0)) == 0.0
    assert paper_constant(neurons=1, widest=1) == 1.0


@exactly
@given(
    s=st.floats(0.01, 400),
    epsilon=st.floats(1e-4, 1),
    delta=st.floats(1e-9, 0.99),
    neurons=st.integers(1, 10**6),
    constant=st.floats(0.5, 30),
)
def test_sample_size_is_the_naive_formula(
    s: float, epsilon: float, delta: float, neurons: int, constant: float
) -> None:
    naive = 8 * s * constant * math.log(8 * neurons / delta) / epsilon**2
    draws = float(sample_size(s, epsilon, delta, neurons=neurons, constant=constant))
    assert draws == math.ceil(draws)
    assert naive * (1 - 1e-12) <= draws <= naive * (1 + 1e-12) + 1


@exactly
@given(
    epsilon=st.floats(1e-3, 1),
    hats=st.lists(st.floats(1, 300), min_size=1, max_size=6),
)
def test_layer_epsilons_are_the_naive_formula_rounded_down(
    epsilon: float, hats: list[float]
) -> None:
    for layer, got in enumerate(layer_epsilons(epsilon, hats)):
        naive = epsilon / (2 * len(hats) * math.prod(hats[layer:]))
        assert naive * (1 - 1e-13) <= got <= naive


def test_network_size_is_the_naive_formula() -> None:
    hats, sums = [3.0, 5.0], [[1.0, 2.5], [4.0]]
    q = math.log(8 * 3 / 0.1)
    naive = 0.0
    for layer, row in enumerate(sums):
        tail = math.prod(hats[layer:])
        for s in row:
            naive += math.ceil(32 * 4 * tail**2 * s * 2.0 * q / 0.25) + 1
    size = network_size(
        0.5, 0.1, delta_hats=hats, sensitivity_sums=sums, neurons=3, constant=2.0
    )
    assert size == pytest.approx(naive, rel=1e-14)
    assert size >= naive


@exactly
@given(
    s=st.floats(0.01, 400),
    epsilon=st.floats(1e-4, 0.9),
    delta=st.floats(1e-9, 0.9),
    neurons=st.integers(1, 10**6),
)
def test_every_demand_costs_draws(
    s: float, epsilon: float, delta: float, neurons: int
) -> None:
    here = sample_size(s, epsilon, delta, neurons=neurons, constant=3.0)
    assert here <= sample_size(2 * s, epsilon, delta, neurons=neurons, constant=3.0)
    assert here <= sample_size(s, epsilon / 2, delta, neurons=neurons, constant=3.0)
    assert here <= sample_size(s, epsilon, delta / 2, neurons=neurons, constant=3.0)
    assert here <= sample_size(s, epsilon, delta, neurons=neurons + 1, constant=3.0)
    assert here <= sample_size(s, epsilon, delta, neurons=neurons, constant=3.1)


@exactly
@given(
    delta=st.floats(1e-9, 0.9),
    neurons=st.integers(1, 10**6),
    widest=st.integers(1, 10**5),
)
def test_rows_and_kappa_grow_with_the_net_and_with_confidence(
    delta: float, neurons: int, widest: int
) -> None:
    for size in (support_size, kappa):
        here = size(delta, neurons=neurons, widest=widest)
        assert here <= size(delta / 2, neurons=neurons, widest=widest)
        assert here <= size(delta, neurons=neurons, widest=widest + 1)
        assert here <= size(delta, neurons=neurons + 1, widest=widest)


def test_the_constant_switches_rows_and_kappa_together() -> None:
    q = math.log(8 * 410 * 784 / 0.1)
    assert support_size(0.1, constant=3.0, **NET) == math.ceil(3 * q)
    assert kappa(0.1, constant=3.0, **NET) == pytest.approx(
        math.sqrt(3) * (1 + math.sqrt(3) * q), rel=1e-14
    )


def test_sums_of_any_shape_give_draws_of_that_shape() -> None:
    sums = np.array([[0.0, 1.0], [2.0, 30.0]])
    draws = sample_size(sums, 0.5, 0.1, neurons=410, constant=3.0)
    assert draws.shape == (2, 2)
    assert draws[0, 0] == 0.0
    assert draws[0, 1] == sample_size(1.0, 0.5, 0.1, neurons=410, constant=3.0)


@pytest.mark.parametrize(
    ("s", "epsilon", "delta", "constant", "name"),
    [
        (-1.0, 0.5, 0.1, 3.0, "sensitivity_sum"),
        (math.nan, 0.5, 0.1, 3.0, "sensitivity_sum"),
        (1.0, 0.0, 0.1, 3.0, "epsilon"),
        (1.0, 1.5, 0.1, 3.0, "epsilon"),
        (1.0, math.nan, 0.1, 3.0, "epsilon"),
        (1.0, 0.5, 0.0, 3.0, "delta"),
        (1.0, 0.5, 1.0, 3.0, "delta"),
        (1.0, 0.5, 0.1, 0.0, "constant"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(
    s: float, epsilon: float, delta: float, constant: float, name: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must"):
        sample_size(s, epsilon, delta, neurons=10, constant=constant)


def test_what_no_theorem_allows_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"^constant must be at least 1"):
        kappa(0.1, constant=0.5, **NET)
    with pytest.raises(ValueError, match=r"^constant must be at least 1"):
        support_size(0.1, constant=0.5, **NET)
    with pytest.raises(ValueError, match=r"^delta_hats must be at least 1"):
        layer_epsilons(0.5, [2.0, 0.5])
    with pytest.raises(ValueError, match=r"^epsilon must"):
        layer_epsilons(1.5, [2.0])


def test_the_generalization_bound_is_the_naive_formula_rounded_up() -> None:
    certificate = corenet_generalization.certify(FIT, delta=0.05)
    assert isinstance(certificate, Certificate)
    n, slots = FIT.trials, FIT.slots
    nats = 1000 * (math.log(slots) + 64 * math.log(2))
    nats += math.log(2 * (slots + 1) / 0.05)
    naive = 50 / n + math.sqrt(nats / (2 * n))
    assert certificate.raw == pytest.approx(naive, rel=1e-13)
    assert certificate.raw >= naive
    assert certificate.assumptions["sensitivity-cdf"] is Verdict.VOUCHED
    assert certificate.terms["non-zeros counted"] == 1000


def test_a_size_beyond_the_net_counts_the_whole_net() -> None:
    whole = replace(FIT, kept_by_theorem=float(FIT.slots))
    certificates = [
        corenet_generalization.certify(fit, delta=0.05)
        for fit in (whole, replace(FIT, kept_by_theorem=math.inf))
    ]
    raws = [c.raw for c in certificates if isinstance(c, Certificate)]
    assert len(raws) == 2
    assert raws[0] == raws[1] > 1
    assert all(isinstance(c, Certificate) and c.upper == 1 for c in certificates)


@exactly
@given(kept=st.floats(0, 1e6), errors=st.integers(0, 59000), j=st.integers(1, 20))
def test_non_zeros_margin_errors_and_confidence_cost(
    kept: float, errors: int, j: int
) -> None:
    def raw(fit: CoresetFit, delta: float) -> float:
        certificate = corenet_generalization.certify(fit, delta=delta)
        assert isinstance(certificate, Certificate)
        return certificate.raw

    fit = replace(FIT, kept_by_theorem=kept, margin_errors=errors, grid_index=j)
    here = raw(fit, 0.05)
    assert here <= raw(replace(fit, kept_by_theorem=kept + 1), 0.05)
    assert here <= raw(replace(fit, margin_errors=errors + 1), 0.05)
    assert here <= raw(fit, 0.04)


@pytest.mark.parametrize(
    ("fit", "assumption", "says"),
    [
        (replace(FIT, independent=False), "rows-kept-from-training", "trained"),
        (replace(FIT, exceed=30000), "sub-exponential-delta", "layer 2"),
        (
            replace(FIT, least_layer_epsilon=1e-16),
            "float64-resolves-epsilon",
            "finer than float64",
        ),
    ],
)
def test_a_violated_assumption_is_named(
    fit: CoresetFit, assumption: str, says: str
) -> None:
    refusal = corenet_generalization.certify(fit, delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == assumption
    assert says in refusal.reason


def test_a_few_rows_beyond_delta_hat_are_no_evidence_against_the_lemma() -> None:
    certificate = corenet_generalization.certify(replace(FIT, exceed=4), delta=0.05)
    assert isinstance(certificate, Certificate)


def test_delta_must_exceed_what_the_network_theorem_spent() -> None:
    with pytest.raises(ValueError, match=r"^delta must exceed the 0.025 spent"):
        corenet_generalization.certify(FIT, delta=0.025)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"margin_errors": -1}, "margin_errors"),
        ({"trials": 0}, "trials"),
        ({"exceed": 59784}, "exceed"),
        ({"kept_by_theorem": math.nan}, "kept_by_theorem"),
        ({"kept_by_theorem": -1.0}, "kept_by_theorem"),
    ],
)
def test_impossible_evidence_is_refused_by_name(
    changes: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must"):
        replace(FIT, **changes)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"theorem_delta": -1e6}, "theorem_delta"),
        ({"promised_exceed": math.nan}, "promised_exceed"),
        ({"slots": 0}, "slots"),
    ],
)
def test_evidence_that_would_loosen_the_theorem_is_refused_by_name(
    changes: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must"):
        replace(FIT, **changes)


def test_a_network_size_beyond_floats_is_infinite() -> None:
    size = network_size(
        0.5,
        0.1,
        delta_hats=[1e200, 1e200],
        sensitivity_sums=[[1.0], [1.0]],
        neurons=2,
        constant=3.0,
    )
    assert size == math.inf
