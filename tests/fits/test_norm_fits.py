"""Norms of a net, certified, at the margin that a theorem likes best."""

import math
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nonvacuous import fits
from nonvacuous._counting import count_errors, margins
from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.capacity import growth_function
from nonvacuous.bounds.norms import (
    frobenius_margin,
    golowich_margin,
    path_margin,
    representation_margin,
    row_sum_margin,
    spectral_margin,
    spectral_margin_budgets,
    spectral_margin_ratios,
    spectral_pac_bayes,
    two_layer_units,
)
from nonvacuous.data import Role, Sample, make_sample
from nonvacuous.measures import homogeneous, homogeneous_rows
from nonvacuous.nets import Layer, Network

DELTA = 0.05
ROWS = 6_000  # more than one chunk


def network(
    seed: int, sizes: tuple[int, ...] = (5, 6, 3), biased: bool = True
) -> Network:
    draw = np.random.default_rng(seed)
    return Network(
        layers=tuple(
            Layer(
                weight=draw.normal(size=(b, a)),
                bias=draw.normal(size=b) if biased else None,
            )
            for a, b in pairwise(sizes)
        )
    )


def sampled(net: Network, role: Role = Role.TRAIN, rows: int = ROWS) -> Sample:
    """Rows labelled by the net itself, but one in ten at random."""
    draw = np.random.default_rng(rows)
    x = draw.uniform(size=(rows, net.sizes[0]))
    a = x
    for i, layer in enumerate(net.layers):
        a = a @ layer.weight.T + (0 if layer.bias is None else layer.bias)
        a = np.maximum(a, 0) if i + 1 < len(net.layers) else a
    noise = draw.integers(net.sizes[-1], size=rows)
    y = np.where(draw.uniform(size=rows) < 0.1, noise, a.argmax(axis=1))
    return make_sample(x, y, role=role, source="toy")


Fitting = Callable[[Network, Sample], Any]
CASES: list[tuple[Bound[Any], Fitting]] = [
    (
        frobenius_margin,
        lambda n, s: fits.frobenius_fit(n, s, delta=DELTA),
    ),
    (
        golowich_margin,
        lambda n, s: fits.frobenius_fit(n, s, delta=DELTA, bound=golowich_margin),
    ),
    (path_margin, lambda n, s: fits.path_fit(n, s, delta=DELTA)),
    (
        row_sum_margin,
        lambda n, s: fits.row_sum_fit(n, s, delta=DELTA),
    ),
    *(
        (
            bound,
            lambda n, s, bound=bound: fits.spectral_fit(  # type: ignore[misc]
                n, s, delta=DELTA, bound=bound
            ),
        )
        for bound in (spectral_margin, spectral_margin_ratios, spectral_margin_budgets)
    ),
    (
        spectral_pac_bayes,
        lambda n, s: fits.perturbation_fit(
            n, s, delta=DELTA, radius=math.sqrt(n.sizes[0])
        ),
    ),
    (
        two_layer_units,
        lambda n, s: fits.two_layer_fit(n, s, delta=DELTA),
    ),
    (
        representation_margin,
        lambda n, s: fits.representation_fit(n, s, delta=DELTA, apart=True),
    ),
]
every_fit = pytest.mark.parametrize(
    ("bound", "fitting"), CASES, ids=[bound.name for bound, _ in CASES]
)


def test_norms_of_the_net_worked_by_hand() -> None:
    net = Network(
        layers=(
            Layer(weight=np.array([[1.0, 0], [0, 2], [1, 1]]), bias=None),
            Layer(weight=np.array([[1.0, 0, 1], [0, 1, 0]]), bias=None),
        )
    )
    x = np.full((1000, 2), [3.0, 4.0])
    y = np.zeros(1000, dtype=np.int64)
    sample = make_sample(x, y, role=Role.TRAIN, source="toy")
    here: dict[str, Any] = {"delta": DELTA}
    products = fits.frobenius_fit(net, sample, **here)
    assert products.norm == pytest.approx(math.sqrt(21))
    assert products.row_norm == pytest.approx(5 * math.sqrt(1000))
    assert (products.layers, products.classes, products.inputs) == (2, 2, 2)
    paths = fits.path_fit(net, sample, **here)
    assert (paths.norm, paths.row_norm) == pytest.approx((5.0, 4 * math.sqrt(1000)))
    assert fits.row_sum_fit(net, sample, **here).norm == pytest.approx(6.0)
    layers = fits.spectral_fit(net, sample, **here)
    assert layers.spectral == pytest.approx((2.302775638, 1.414213562))
    assert layers.distances == pytest.approx((4.414213562, 2.414213562))
    assert (layers.width, layers.reference) == (3, "zero")
    noisy = fits.perturbation_fit(net, sample, radius=5.0, **here)
    assert noisy.spectral == pytest.approx(2.302775638 * 1.414213562)
    assert noisy.stable_ranks == pytest.approx(7 / 2.302775638**2 + 3 / 2)
    two = fits.two_layer_fit(net, sample, **here)
    assert two.output_norm == pytest.approx(math.sqrt(3))
    assert two.distance == pytest.approx(math.sqrt(7))
    assert (two.initial_norm, two.hidden) == (0.0, 3)
    last = fits.representation_fit(net, sample, apart=True, **here)
    assert last.distance == pytest.approx(math.sqrt(3))
    assert last.feature_norm == pytest.approx(math.sqrt(1000 * (9 + 64 + 49)))


@every_fit
def test_a_net_with_biases_is_its_embedding(
    bound: Bound[Any], fitting: Fitting
) -> None:
    net = network(1)
    sample = sampled(net)
    wide = make_sample(
        homogeneous_rows(net, sample.x), sample.y, role=Role.TRAIN, source="toy"
    )
    ours = fitting(net, sample)
    theirs = fitting(homogeneous(net), wide)
    for field in fields(ours):
        if field.name not in ("origin",):
            a, b = getattr(ours, field.name), getattr(theirs, field.name)
            same = a == b if isinstance(a, str) else a == pytest.approx(b, rel=1e-9)
            assert same, field.name


def test_biases_that_became_zero_are_still_in_the_architecture() -> None:
    """Or the class would depend on the sample."""
    bare = network(2, biased=False)
    zeros = Network(
        layers=tuple(
            Layer(weight=layer.weight, bias=np.zeros(len(layer.weight)))
            for layer in bare.layers
        )
    )
    sample = sampled(bare)
    for _, fitting in CASES:
        without, with_zeros = fitting(bare, sample), fitting(zeros, sample)
        assert without != with_zeros
    here: dict[str, Any] = {"delta": DELTA}
    assert fits.frobenius_fit(bare, sample, **here).inputs == 5
    assert fits.frobenius_fit(zeros, sample, **here).inputs == 6
    with pytest.raises(ValueError, match="constant must be true"):
        homogeneous(network(2), constant=False)


def brute(bound: Bound[Any], fit: Any, net: Network, sample: Sample) -> float:
    """The least number over many margins, counted one by one."""
    margin, error = margins(net, sample.x, sample.y)
    sure = margin - error
    grid = [*np.geomspace(1e-6, sure.max() * 2, 1500), *np.sort(sure)[::20]]
    numbers = []
    for gamma in grid:
        if gamma <= 0:
            continue
        errors = int((sure <= gamma).sum())
        one = replace(fit, margin=float(gamma), margin_errors=errors)
        numbers.append((bound.formula(one, DELTA), errors))
    if min(n for n, _ in numbers) >= 1:
        numbers = [n for n in numbers if 2 * n[1] <= len(sample)]
    return min(n for n, _ in numbers)


@every_fit
def test_the_margin_is_the_best_of_a_brute_force_grid(
    bound: Bound[Any], fitting: Fitting
) -> None:
    net = network(3)
    sample = sampled(net)
    fit = fitting(net, sample)
    # these two have no grid of their own, and the search has eight steps an octave
    loose = bound in (spectral_margin, spectral_pac_bayes)
    found = bound.formula(fit, DELTA)
    assert found <= brute(bound, fit, net, sample) * (1.12 if loose else 1 + 1e-6)


@every_fit
def test_margin_errors_are_those_of_that_margin_ties_included(
    bound: Bound[Any], fitting: Fitting
) -> None:
    net = network(4)
    sample = sampled(net)
    fit = fitting(net, sample)
    margin, error = margins(net, sample.x, sample.y)
    assert fit.margin_errors == int((~(margin - error > fit.margin)).sum())
    assert fit.margin_errors >= count_errors(net, sample.x, sample.y)
    assert (fit.trials, fit.origin) == (ROWS, fits.origin_of(sample))
    assert isinstance(bound.certify(fit, delta=DELTA), Certificate) == (
        bound is not representation_margin  # these are rows to train on
    )


@every_fit
def test_a_net_that_errs_everywhere_has_a_fit(
    bound: Bound[Any], fitting: Fitting
) -> None:
    net = network(5)
    sample = sampled(net)
    shifted = make_sample(
        sample.x[:50], (sample.y[:50] + 1) % 3, role=Role.BOUND, source="toy"
    )
    margin, error = margins(net, shifted.x, shifted.y)
    wrong = ~(margin > error)
    shifted = make_sample(
        shifted.x[wrong], shifted.y[wrong], role=Role.BOUND, source="toy"
    )
    fit = fitting(net, shifted)
    assert fit.margin_errors == fit.trials
    assert bound.formula(fit, DELTA) > 1


def test_a_reference_is_subtracted_biases_and_all() -> None:
    net, start = network(6), network(7)
    sample = sampled(net)
    here: dict[str, Any] = {
        "delta": DELTA,
        "reference": start,
    }
    differences = [
        np.column_stack([a.weight - b.weight, np.subtract(a.bias, b.bias)])
        for a, b in zip(net.layers, start.layers, strict=True)
    ]
    layers = fits.spectral_fit(net, sample, **here)
    assert layers.distances == pytest.approx(
        tuple(float(np.linalg.norm(d, axis=1).sum()) for d in differences), rel=1e-12
    )
    assert len(layers.reference) == 64
    two = fits.two_layer_fit(net, sample, **here)
    assert two.distance == pytest.approx(np.linalg.norm(differences[0]), rel=1e-12)
    first = start.layers[0]
    hidden = np.maximum(sample.x @ first.weight.T + first.bias, 0)
    assert two.initial_norm == pytest.approx(
        math.sqrt((hidden**2).sum() + ROWS), rel=1e-9
    )
    assert (two.hidden, two.reference) == (7, layers.reference)
    last = fits.representation_fit(net, sample, apart=True, **here)
    assert last.distance == pytest.approx(np.linalg.norm(differences[1]), rel=1e-12)
    ours = net.layers[0]
    features = np.maximum(sample.x @ ours.weight.T + ours.bias, 0)
    assert last.feature_norm == pytest.approx(
        math.sqrt((features**2).sum() + ROWS), rel=1e-9
    )


def test_the_net_itself_as_reference_is_at_distance_zero() -> None:
    net = network(8)
    sample = sampled(net)
    fit = fits.spectral_fit(net, sample, delta=DELTA, reference=net)
    assert fit.distances == (0.0, 0.0)
    refused = spectral_margin_ratios.certify(fit, delta=DELTA)
    assert isinstance(refused, Refusal)


def test_a_reference_of_other_sizes_is_refused() -> None:
    net = network(9)
    sample = sampled(net)
    other = network(9, (5, 7, 3))
    here: dict[str, Any] = {
        "delta": DELTA,
        "reference": other,
    }
    for fitting in (fits.spectral_fit, fits.two_layer_fit):
        with pytest.raises(ValueError, match="reference must have the net's sizes"):
            fitting(net, sample, **here)
    with pytest.raises(ValueError, match="reference must have the net's sizes"):
        fits.representation_fit(net, sample, apart=True, **here)
    with pytest.raises(ValueError, match="the net must have 2 layers, got 3"):
        fits.two_layer_fit(network(9, (5, 4, 4, 3)), sample, delta=DELTA)


def test_a_linear_net_stands_on_its_rows() -> None:
    net = network(10, (5, 3))
    sample = sampled(net, Role.BOUND)
    fit = fits.representation_fit(net, sample, delta=DELTA, apart=True)
    assert fit.feature_norm == pytest.approx(
        math.sqrt((sample.x**2).sum() + ROWS), rel=1e-9
    )
    assert isinstance(representation_margin.certify(fit, delta=DELTA), Certificate)


def test_without_a_radius_the_sample_has_only_its_own_and_that_is_refused() -> None:
    """Rows in [0, 1] do not tell that all inputs are."""
    net = network(11)
    sample = sampled(net)
    here: dict[str, Any] = {"delta": DELTA}
    seen = fits.perturbation_fit(net, sample, **here)
    longest = float(np.linalg.norm(sample.x, axis=1).max())
    assert not seen.domain
    assert seen.radius == pytest.approx(math.hypot(longest, 1), rel=1e-12)
    refused = spectral_pac_bayes.certify(seen, delta=DELTA)
    assert isinstance(refused, Refusal)
    assert refused.assumption == "domain-radius"
    known = fits.perturbation_fit(net, sample, radius=5.0, **here)
    assert known.domain
    assert known.radius >= math.hypot(5, 1)
    assert spectral_pac_bayes.formula(known, DELTA) > spectral_pac_bayes.formula(
        seen, DELTA
    )
    with pytest.raises(ValueError, match="radius must be finite and at least"):
        fits.perturbation_fit(net, sample, radius=longest * 0.99, **here)


def test_an_architecture_is_sizes_biases_and_number_format() -> None:
    net = network(12)
    sample = sampled(net)
    fit = fits.architecture_fit(net, sample)
    assert (fit.sizes, fit.biases, fit.precision) == ((5, 6, 3), True, 64)
    assert fit.errors == count_errors(net, sample.x, sample.y)
    assert isinstance(growth_function.certify(fit, delta=DELTA), Certificate)
    single = Network(
        layers=tuple(
            Layer(weight=a.weight.astype(np.float32).astype(np.float64), bias=None)
            for a in net.layers
        )
    )
    fit = fits.architecture_fit(single, sample)
    assert (fit.biases, fit.precision) == (False, 32)
    assert fit.parameters == (30, 18)


def test_a_net_with_large_margins_and_small_norms_is_certified_for_real() -> None:
    """Two inputs, 1 and -1, told apart by a linear net: far from vacuous."""
    draw = np.random.default_rng(0)
    x = draw.choice([-1.0, 1.0], size=(60_000, 1))
    y = (x[:, 0] > 0).astype(np.int64)
    sample = make_sample(x, y, role=Role.TRAIN, source="toy")
    net = Network(layers=(Layer(weight=np.array([[-1.0], [1.0]]), bias=None),))
    here: dict[str, Any] = {"delta": DELTA}
    fit = fits.frobenius_fit(net, sample, **here)
    assert fit.margin_errors == 0
    for bound in (frobenius_margin, golowich_margin):
        certificate = bound.certify(fit, delta=DELTA)
        assert isinstance(certificate, Certificate)
        assert certificate.upper < 0.1
