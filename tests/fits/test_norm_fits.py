"""Evidence for norm-based bounds."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.capacity import growth_function, parameter_count
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
    two_layer_margin,
    two_layer_units,
)
from nonvacuous.data import Role, Sample, make_sample
from nonvacuous.evidence import Origin
from nonvacuous.fits import (
    architecture_fit,
    frobenius_fit,
    path_fit,
    perturbation_fit,
    representation_fit,
    row_sum_fit,
    spectral_fit,
    two_layer_fit,
)
from nonvacuous.fits._homogeneous import embedded, rows_norm
from nonvacuous.fits._margin_grid import MarginCounts
from nonvacuous.nets import Layer, Network
from nonvacuous.training import initial

DELTA = 0.05


def net(sizes: tuple[int, ...] = (6, 5, 3), biases: bool = True) -> Network:
    draw = np.random.default_rng(len(sizes))
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        bias = draw.normal(size=outputs).astype(np.float32).astype(float)
        weight = draw.normal(size=(outputs, inputs)).astype(np.float32).astype(float)
        layers.append(Layer(weight=weight, bias=bias if biases else None))
    return Network(layers=tuple(layers))


def outputs(network: Network, x: np.ndarray) -> np.ndarray:
    a = x.reshape(len(x), -1).astype(float)
    for i, layer in enumerate(network.layers):
        a = a @ layer.weight.T + (0.0 if layer.bias is None else layer.bias)
        if i + 1 < len(network.layers):
            a = np.maximum(a, 0.0)
    return a


def world(network: Network, rows: int = 500, role: Role = Role.TRAIN) -> Sample:
    """Rows that the net labels right nine times in ten."""
    draw = np.random.default_rng(9)
    x = draw.uniform(size=(rows, 2, network.sizes[0] // 2)).astype(np.float32)
    y = outputs(network, x).argmax(1)
    flipped = draw.random(rows) < 0.1
    y[flipped] = draw.integers(0, network.sizes[-1], flipped.sum())
    return make_sample(x, y, role=role, source="world")


def origin(sample: Sample) -> Origin:
    return Origin(
        source=sample.source,
        role=sample.role.value,
        digest=sample.digest,
        rows=len(sample),
    )


def naive_count(network: Network, sample: Sample, gamma: float) -> int:
    count = 0
    for scores, label in zip(outputs(network, sample.x), sample.y, strict=True):
        others = [s for k, s in enumerate(scores) if k != label]
        count += scores[label] <= gamma + max(others)
    return count


def kinds(network: Network, sample: Sample) -> list[tuple[Bound[Any], Any]]:
    common: dict[str, Any] = {"delta": DELTA, "origin": origin(sample)}
    start = initial(network.sizes, 3)
    found: list[tuple[Bound[Any], Any]] = [
        (frobenius_margin, frobenius_fit(network, sample, **common)),
        (
            golowich_margin,
            frobenius_fit(network, sample, bound=golowich_margin, **common),
        ),
        (path_margin, path_fit(network, sample, **common)),
        (row_sum_margin, row_sum_fit(network, sample, **common)),
        (spectral_margin, spectral_fit(network, sample, reference=start, **common)),
        (spectral_margin_ratios, spectral_fit(network, sample, **common)),
        (
            spectral_margin_budgets,
            spectral_fit(network, sample, bound=spectral_margin_budgets, **common),
        ),
        (spectral_pac_bayes, perturbation_fit(network, sample, **common)),
    ]
    if len(network.layers) == 2:
        two = two_layer_fit(network, sample, reference=start, **common)
        found += [(two_layer_units, two), (two_layer_margin, two)]
    return found


@pytest.mark.parametrize("sizes", [(6, 3), (6, 5, 3), (6, 4, 4, 3)])
@pytest.mark.parametrize("biases", [True, False])
def test_every_fit_is_certified_and_counts_its_margin_errors(
    sizes: tuple[int, ...], biases: bool
) -> None:
    network = net(sizes, biases)
    sample = world(network)
    for bound, fit in kinds(network, sample):
        certificate = bound.certify(fit, delta=DELTA)
        assert isinstance(certificate, Certificate)
        assert certificate.raw > 1
        assert fit.margin_errors == naive_count(network, sample, fit.margin)
        assert 2 * fit.margin_errors <= fit.trials == 500


def test_the_net_without_biases_is_the_same_function() -> None:
    network = net((6, 4, 4, 3))
    x = np.random.default_rng(1).normal(size=(20, 6))
    a = np.column_stack([x, np.ones(20)])
    matrices = embedded(network, True)
    for i, matrix in enumerate(matrices):
        a = a @ matrix.T
        a = a if i + 1 == len(matrices) else np.maximum(a, 0.0)
    assert a == pytest.approx(outputs(network, x), rel=1e-12)
    assert [m.shape for m in embedded(network, False)] == [(4, 6), (4, 4), (3, 4)]


def test_norms_are_those_of_a_naive_reading() -> None:
    network = net()
    sample = world(network)
    (w, b), (v, c) = ((a.weight, a.bias) for a in network.layers)
    assert b is not None
    assert c is not None
    first = np.block([[w, b[:, None]], [np.zeros((1, 6)), np.ones((1, 1))]])
    last = np.column_stack([v, c])
    x = np.column_stack([sample.x.reshape(500, -1).astype(float), np.ones(500)])
    common: dict[str, Any] = {"delta": DELTA, "origin": origin(sample)}

    fit = frobenius_fit(network, sample, **common)
    product = np.linalg.norm(first) * np.linalg.norm(last)
    assert product <= fit.norm <= product * (1 + 1e-9)
    assert np.linalg.norm(x) <= fit.row_norm <= np.linalg.norm(x) * (1 + 1e-9)
    assert (fit.layers, fit.classes, fit.inputs) == (2, 3, 7)

    paths = path_fit(network, sample, **common)
    assert paths.norm == pytest.approx((np.abs(last) @ np.abs(first)).sum(), rel=1e-9)
    assert paths.row_norm == pytest.approx(math.sqrt((x**2).sum(0).max()), rel=1e-9)
    sums = row_sum_fit(network, sample, **common)
    largest = np.abs(first).sum(1).max() * np.abs(last).sum()
    assert sums.norm == pytest.approx(largest, rel=1e-9)
    assert paths.norm <= sums.norm

    start = initial((6, 5, 3), 8)
    spectral = spectral_fit(network, sample, reference=start, **common)
    assert spectral.spectral == pytest.approx(
        [np.linalg.norm(m, 2) for m in (first, last)], rel=1e-9
    )
    moved = [
        np.column_stack([a.weight - r.weight, a.bias])
        for a, r in zip(network.layers, start.layers, strict=True)
    ]
    assert spectral.distances == pytest.approx(
        [np.linalg.norm(m, axis=1).sum() for m in moved], rel=1e-9
    )
    assert len(spectral.reference) == 64
    assert spectral.width == 7

    two = two_layer_fit(network, sample, reference=start, **common)
    hidden = np.maximum(x[:, :6] @ start.layers[0].weight.T, 0.0)
    assert two.initial_norm == pytest.approx(
        math.sqrt((hidden**2).sum() + 500), rel=1e-9
    )
    assert two.distance == pytest.approx(np.linalg.norm(moved[0]), rel=1e-9)
    assert two.output_norm == pytest.approx(np.linalg.norm(last), rel=1e-9)
    assert two.hidden == 6

    noise = perturbation_fit(network, sample, **common)
    ratios = [(np.linalg.norm(m) / np.linalg.norm(m, 2)) ** 2 for m in (first, last)]
    assert noise.stable_ranks == pytest.approx(sum(ratios), rel=1e-9)
    assert noise.radius == pytest.approx(math.sqrt(7), rel=1e-9)


def test_without_biases_nothing_is_appended() -> None:
    network = net(biases=False)
    sample = world(network)
    common: dict[str, Any] = {"delta": DELTA, "origin": origin(sample)}
    assert frobenius_fit(network, sample, **common).inputs == 6
    assert perturbation_fit(network, sample, **common).radius == pytest.approx(
        math.sqrt(6)
    )
    flat = sample.x.reshape(500, -1)
    assert rows_norm(sample, False) == pytest.approx(np.linalg.norm(flat), rel=1e-6)


def test_the_margin_is_the_best_of_its_grid() -> None:
    network = net()
    sample = world(network)
    counts = MarginCounts.of(network, sample)
    fit = frobenius_fit(network, sample, delta=DELTA, origin=origin(sample))
    value = golowich_margin.formula(fit, DELTA)
    rung = fit.norm / fit.margin
    assert rung == pytest.approx(2.0 ** round(math.log2(rung)), rel=1e-9)
    for margin in np.geomspace(1e-3, counts.top, 50):
        errors = counts.at(float(margin))
        if 2 * errors > 500:
            continue
        other = type(fit)(
            **{
                **{name: getattr(fit, name) for name in type(fit).__slots__},
                "margin": float(margin),
                "margin_errors": errors,
            }
        )
        assert golowich_margin.formula(other, DELTA) >= value * (1 - 1e-9)


def test_rescaled_units_change_no_path_and_no_margin() -> None:
    network = net()
    (w, b), (v, c) = ((a.weight, a.bias) for a in network.layers)
    assert b is not None
    scale = 2.0 ** np.arange(-2, 3)
    moved = Network(
        layers=(
            Layer(weight=w * scale[:, None], bias=b * scale),
            Layer(weight=v / scale, bias=c),
        )
    )
    sample = world(network)
    common: dict[str, Any] = {"delta": DELTA, "origin": origin(sample)}
    here, there = (path_fit(n, sample, **common) for n in (network, moved))
    assert here.norm == pytest.approx(there.norm, rel=1e-12)
    assert here.margin_errors == there.margin_errors
    assert row_sum_fit(moved, sample, **common).norm > 1.5 * here.norm


def test_a_sample_outside_the_unit_cube_has_no_domain_of_its_own() -> None:
    network = net()
    inside = world(network)
    wide = make_sample(inside.x * 3, inside.y, role=Role.TRAIN, source="wide")
    common: dict[str, Any] = {"delta": DELTA, "origin": origin(wide)}
    fit = perturbation_fit(network, wide, **common)
    refusal = spectral_pac_bayes.certify(fit, delta=DELTA)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "domain-radius"
    fit = perturbation_fit(network, wide, radius=9.0, **common)
    assert fit.radius == pytest.approx(math.hypot(9, 1))
    assert isinstance(spectral_pac_bayes.certify(fit, delta=DELTA), Certificate)
    with pytest.raises(ValueError, match="radius must be finite and at least"):
        perturbation_fit(network, wide, radius=1.0, **common)
    with pytest.raises(ValueError, match="radius must be finite"):
        perturbation_fit(network, wide, radius=math.inf, **common)


def test_budgets_of_a_trained_net_are_refused() -> None:
    network = net()
    sample = world(network)
    fit = spectral_fit(network, sample, delta=DELTA, origin=origin(sample))
    assert not fit.fixed
    assert isinstance(spectral_margin_fixed.certify(fit, delta=DELTA), Refusal)


def test_a_last_layer_on_other_rows_says_something() -> None:
    """The representation is fixed; only a small step of the last layer is new."""
    network = net()
    sample = world(network, rows=30_000, role=Role.BOUND)
    small = Network(layers=(network.layers[0], network.layers[1]))
    nudged = Network(
        layers=(
            network.layers[0],
            Layer(
                weight=network.layers[1].weight + 2.0**-7,
                bias=network.layers[1].bias,
            ),
        )
    )
    common: dict[str, Any] = {"delta": DELTA, "origin": origin(sample), "apart": True}
    fit = representation_fit(nudged, sample, reference=small, **common)
    hidden = np.maximum(outputs(Network(layers=network.layers[:1]), sample.x), 0.0)
    assert fit.feature_norm == pytest.approx(
        math.sqrt((hidden**2).sum() + 30_000), rel=1e-9
    )
    assert fit.distance == pytest.approx(math.sqrt(15) * 2.0**-7, rel=1e-9)
    certificate = representation_margin.certify(fit, delta=DELTA)
    assert isinstance(certificate, Certificate)
    wrong = naive_count(nudged, sample, 0.0) / 30_000
    assert wrong < certificate.raw < wrong + 0.15
    far = representation_fit(nudged, sample, **common)
    assert far.reference == "zero"
    assert representation_margin.formula(far, DELTA) > certificate.raw


def test_one_layer_is_its_own_representation() -> None:
    network = net((6, 3))
    sample = world(network, role=Role.BOUND)
    fit = representation_fit(
        network, sample, delta=DELTA, origin=origin(sample), apart=True
    )
    assert fit.feature_norm == pytest.approx(rows_norm(sample, True), rel=1e-12)


def test_architectures_are_read_off_the_net() -> None:
    network = net()
    sample = world(network)
    fit = architecture_fit(network, sample, origin=origin(sample))
    assert (fit.sizes, fit.biases, fit.precision) == ((6, 5, 3), True, 32)
    assert sum(fit.parameters) == network.parameters
    assert fit.errors == naive_count(network, sample, 0.0)
    assert not architecture_fit(net(biases=False), sample, origin=origin(sample)).biases
    for bound in (growth_function, parameter_count):
        assert isinstance(bound.certify(fit, delta=DELTA), Certificate)


def test_a_net_that_is_always_wrong_still_has_evidence() -> None:
    network = net()
    zero = Network(
        layers=tuple(
            Layer(weight=np.zeros_like(a.weight), bias=None) for a in network.layers
        )
    )
    sample = world(network)
    for bound, fit in kinds(zero, sample):
        assert fit.margin_errors == 500
        assert bound.formula(fit, DELTA) > 1


def test_references_and_layers_that_do_not_fit_are_refused() -> None:
    network = net()
    sample = world(network)
    common: dict[str, Any] = {"delta": DELTA, "origin": origin(sample)}
    with pytest.raises(ValueError, match="reference must have the net's sizes 6-5-3"):
        spectral_fit(network, sample, reference=initial((6, 4, 3), 0), **common)
    with pytest.raises(ValueError, match="the net must have 2 layers, got 1"):
        two_layer_fit(net((6, 3)), sample, **common)
    with pytest.raises(ValueError, match="the net takes 8 inputs"):
        frobenius_fit(net((8, 3)), sample, **common)


def test_margins_are_exact_counts_at_every_threshold() -> None:
    network = net()
    sample = world(network)
    counts = MarginCounts.of(network, sample)
    assert (np.diff(counts.ordered) >= 0).all()
    for gamma in (-1.0, 0.0, 0.3, 2.0, 1e9):
        assert counts.at(gamma) == naive_count(network, sample, gamma)
