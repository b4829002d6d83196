"""Evidence for the noise-stability theorem, and the net that it speaks of."""

import math
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from nonvacuous._counting import count_errors, forward
from nonvacuous.bounds import Certificate, Refusal, Verdict
from nonvacuous.bounds.noise_stability import arora_network, layer_codes
from nonvacuous.data import Role, Sample, make_sample
from nonvacuous.evidence import CushionFit
from nonvacuous.fits import _cushions, cushion_fit, cushion_net
from nonvacuous.measures import cushions, homogeneous, homogeneous_rows, smoothness
from nonvacuous.nets import Layer, Network
from nonvacuous.structures._projection import sign_rows

Floats = NDArray[np.float64]


def fitted(net: Network, sample: Sample, trials: int = 0) -> CushionFit:
    return cushion_fit(net, sample, delta=0.01, seed=5, trials=trials)


def random_world(sizes: tuple[int, ...], seed: int) -> tuple[Network, Sample]:
    draw = np.random.default_rng(seed)
    layers = tuple(
        Layer(weight=draw.normal(size=(b, a)), bias=draw.normal(size=b))
        for a, b in pairwise(sizes)
    )
    x = draw.normal(size=(6, sizes[0]))
    net = Network(layers=layers)
    y = np.argmax(forward(net, x)[0], axis=1)
    return net, make_sample(x, y, role=Role.TRAIN, source="world")


@pytest.fixture(scope="module")
def digits(toy: SimpleNamespace) -> tuple[Network, Sample, CushionFit]:
    sample = make_sample(*toy.train, role=Role.TRAIN, source="toy")
    return toy.net, sample, fitted(toy.net, sample)


def test_it_is_what_was_measured_rounded_outward(
    digits: tuple[Network, Sample, CushionFit],
) -> None:
    net, sample, fit = digits
    found = cushions(net, sample.x)
    for got, exact in (
        (fit.layer_cushions, found.least_layer),
        (fit.onward_cushions, found.onward),
    ):
        assert got == pytest.approx(list(exact), rel=2e-9)
        assert (np.array(got) < exact).all()
    assert found.most_contracted < fit.contraction < found.most_contracted + 1e-6
    assert fit.widths == homogeneous(net).sizes == (7, 9, 3)
    assert fit.measured == fit.trials == 300
    assert fit.projection_delta == 0.01
    assert fit.smoothness_delta == 0.0
    outputs = forward(net, sample.x.reshape(300, -1))[0]
    gamma = math.sqrt(2) * 2.0**-fit.grid_index
    gamma *= float(np.linalg.norm(outputs, axis=1).max())
    naive = 0
    for row, label in zip(outputs, sample.y, strict=True):
        naive += row[label] - np.delete(row, label).max() <= gamma
    assert fit.margin_errors == naive
    small = cushion_net(net, fit, seed=5)
    rho = smoothness(net, small, sample.x).least
    assert fit.smoothness == pytest.approx(rho, rel=2e-9)
    assert fit.smoothness < rho


def test_no_other_epsilon_of_the_grid_has_a_smaller_bound(
    digits: tuple[Network, Sample, CushionFit],
) -> None:
    net, sample, fit = digits
    outputs = forward(net, sample.x.reshape(300, -1))[0]
    index = np.arange(300)
    own = outputs[index, sample.y].copy()
    outputs[index, sample.y] = -np.inf
    margin = own - outputs.max(axis=1)
    largest = cushions(net, sample.x).largest_output
    for j in range(24):
        gamma = math.sqrt(2) * 2.0**-j * largest * (1 + 1e-9)
        other = replace(fit, grid_index=j, margin_errors=int((margin <= gamma).sum()))
        assert arora_network.formula(fit, 0.02) <= arora_network.formula(other, 0.02)


def test_a_finer_epsilon_is_taken_where_the_best_is_not_smooth(
    monkeypatch: pytest.MonkeyPatch, digits: tuple[Network, Sample, CushionFit]
) -> None:
    net, sample, best = digits
    seen = []

    def rough_at_first(*_: object) -> SimpleNamespace:
        seen.append(1)
        return SimpleNamespace(least=5.0 if len(seen) < 4 else 70.0)

    monkeypatch.setattr(_cushions, "smoothness", rough_at_first)
    fit = fitted(net, sample)
    assert len(seen) == 4
    assert fit.smoothness == pytest.approx(70)
    assert fit.grid_index != best.grid_index
    assert isinstance(arora_network.certify(fit, delta=0.05), Certificate)
    monkeypatch.setattr(_cushions, "smoothness", lambda *_: SimpleNamespace(least=5.0))
    assert fitted(net, sample) == replace(best, smoothness=5.0 * (1 - 1e-9))


def test_where_the_net_is_smooth_the_outputs_move_by_epsilon_at_most() -> None:
    """The lemma itself, on nets whose layers are written entry by entry."""
    smooth = 0
    for seed in range(30):
        net, sample = random_world((*(3, 5, 4, 2)[: 2 + seed % 3], 3), seed)
        base = fitted(net, sample)
        if min(base.layer_cushions) == 0 or math.isinf(base.contraction):
            continue
        for j in (0, 2, 6):
            fit = replace(base, grid_index=j)
            small = cushion_net(net, fit, seed=seed)
            found = smoothness(net, small, sample.x)
            if found.least < 3 * len(net.layers):
                continue
            smooth += 1
            assert found.distance.max() <= 2.0**-j
            assert found.distance.max() > 0
    assert smooth > 20


def test_the_compressed_net_errs_only_where_the_margin_was_small(
    digits: tuple[Network, Sample, CushionFit],
) -> None:
    net, sample, fit = digits
    certificate = arora_network.certify(fit, delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.assumptions["interlayer-smoothness"] is Verdict.CHECKED
    small = cushion_net(net, fit, seed=5)
    wide = homogeneous_rows(net, sample.x)
    assert count_errors(small, wide, sample.y) <= fit.margin_errors


def test_cushions_averaged_over_the_rows_break_the_compression() -> None:
    """One row of ten is almost in the kernel, where the average is not."""
    draw = np.random.default_rng(0)
    matrix = draw.normal(size=(2, 20))
    kernel = np.linalg.svd(matrix)[2][-1]
    aligned = draw.normal(size=(9, 2)) @ matrix
    x = np.concatenate([aligned, [kernel + 1e-4 * aligned[0]]])
    net = Network(layers=(Layer(weight=matrix, bias=None),))
    sample = make_sample(x, np.zeros(10, int), role=Role.TRAIN)
    least = fitted(net, sample)
    found = cushions(net, sample.x)
    mean = replace(least, layer_cushions=tuple(found.layer.mean(axis=0)))
    assert mean.layer_cushions[0] > 100 * least.layer_cushions[0]
    for fit, holds in ((least, True), (mean, False)):
        coarse = replace(fit, grid_index=1)
        moved = smoothness(net, cushion_net(net, coarse, seed=0), sample.x).distance
        assert bool(moved.max() <= 0.5) is holds


def test_a_net_that_is_not_smooth_breaks_the_lemma_and_is_refused() -> None:
    """A unit that is just off, and loud: no Jacobian sees it, the grid turns it on."""
    x = np.array([[1.0, 0.9]])
    sample = make_sample(x, np.array([0]), role=Role.TRAIN)

    def net(step: float) -> Network:
        first = np.array([[1.0, 1.0], [0.6 * step, -0.7 * step]])
        second = np.array([[1.0, 1e12], [0.5, 1e12]])
        return Network(
            layers=(Layer(weight=first, bias=None), Layer(weight=second, bias=None))
        )

    coarse = replace(fitted(net(0.0), sample), grid_index=0)
    bits = layer_codes(coarse)[0].bits
    loud = net(2 * math.sqrt(2) / (2**bits - 3))
    fit = replace(fitted(loud, sample), grid_index=0)
    assert layer_codes(fit)[0].bits == bits
    found = smoothness(loud, cushion_net(loud, fit, seed=0), x)
    assert found.distance.max() > 1e6
    outcome = arora_network.certify(replace(fit, smoothness=found.least), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "interlayer-smoothness"


def test_a_layer_written_entry_by_entry_is_on_its_grid() -> None:
    net, sample = random_world((3, 4, 2), 2)
    fit = fitted(net, sample)
    codes, old = layer_codes(fit), homogeneous(net).layers
    for code, layer, new in zip(
        codes, old, cushion_net(net, fit, seed=0).layers, strict=True
    ):
        assert not code.projected
        norm = float(np.linalg.norm(layer.weight))
        step = 2 * norm / (2**code.bits - 3)
        t = new.weight / step
        assert np.abs(t - np.rint(t)).max() < 1e-6
        assert np.abs(np.rint(t)).max() <= 2 ** (code.bits - 1) - 1
        assert np.abs(new.weight - layer.weight).max() <= step / 2 * (1 + 1e-9)


def test_a_wide_layer_is_projected_as_the_naive_sum_and_stays_close() -> None:
    draw = np.random.default_rng(1)
    w = draw.normal(size=10_000)
    net = Network(layers=(Layer(weight=np.stack([w, -w]), bias=None),))
    sample = make_sample(np.stack([w, -2 * w]), np.array([0, 1]), role=Role.TRAIN)
    fit = replace(fitted(net, sample), grid_index=0)
    (code,) = layer_codes(fit)
    assert code.projected
    small = cushion_net(net, fit, seed=5)
    assert smoothness(net, small, sample.x).distance.max() <= 1.0
    flat = net.layers[0].weight.ravel()
    step = 2 * math.sqrt(flat.size) * float(np.linalg.norm(flat)) / (2**code.bits - 3)
    total = np.zeros(flat.size)
    for signs in sign_rows(5, 0, flat.size, code.count):
        for row in signs[:3]:  # the range holds, whatever the signs
            assert abs(round(float(row @ flat) / step)) <= 2 ** (code.bits - 1) - 1
        total += np.rint(signs @ flat / step) @ signs
    naive = step / code.count * total
    np.testing.assert_allclose(small.layers[0].weight.ravel(), naive, rtol=1e-12)
    exact = np.zeros(flat.size)  # without rounding: within a 32nd of the accuracy
    for signs in sign_rows(5, 0, flat.size, code.count):
        exact += (signs @ flat) @ signs / code.count
    accuracy = fit.layer_cushions[0] * fit.onward_cushions[0] / 6
    rounding = np.linalg.norm(naive - exact) / np.linalg.norm(flat)
    assert rounding <= accuracy / 32


def test_smoothness_estimated_on_fresh_compressions_pays_for_what_it_did_not_see(
    digits: tuple[Network, Sample, CushionFit],
) -> None:
    net, sample, seen = digits
    fit = fitted(net, sample, trials=50)
    naive = 0.01 + 1 - 0.01 ** (1 / 50)
    assert naive <= fit.smoothness_delta <= naive * (1 + 1e-8)
    assert replace(fit, smoothness=0.0, smoothness_delta=0.0) == replace(
        seen, smoothness=0.0
    )
    certificate = arora_network.certify(fit, delta=0.2)
    assert isinstance(certificate, Certificate)
    assert certificate.assumptions["interlayer-smoothness"] is Verdict.VOUCHED
    with pytest.raises(ValueError, match="delta must exceed"):
        arora_network.certify(fit, delta=0.05)


def test_what_fifty_good_compressions_say_of_the_next_is_wrong_that_often() -> None:
    """If each fails with p, all N are good with (1 - p)^N: delta at the p claimed."""
    delta, trials = 0.01, 50
    claimed = 1 - delta ** (1 / trials)
    for p in (claimed * 1.001, claimed * 2):
        assert (1 - p) ** trials < delta
    assert (1 - claimed / 1.001) ** trials > delta


def test_a_row_that_a_layer_maps_to_zero_leaves_nothing_to_compress() -> None:
    crossed = Layer(weight=np.array([[1.0, -1], [2, -2]]), bias=None)
    after = Layer(weight=np.eye(2), bias=None)
    x = np.array([[1.0, 1], [1, 0], [0, 1]])
    sample = make_sample(x, np.array([0, 1, 0]), role=Role.TRAIN)
    for layers, rows in (((crossed,), slice(0, 2)), ((crossed, after), slice(1, 3))):
        fit = fitted(Network(layers=layers), sample.take(rows))
        outcome = arora_network.certify(fit, delta=0.05)
        assert isinstance(outcome, Refusal)
        assert outcome.assumption == "cushions-positive"


def test_a_layer_of_zeros_stays_one() -> None:
    net, sample = random_world((3, 4, 2), 2)
    fit = fitted(net, sample)
    nothing = Network(
        layers=tuple(
            Layer(weight=np.zeros((b, a)), bias=None)
            for a, b in pairwise(homogeneous(net).sizes)
        )
    )
    for layer in cushion_net(nothing, fit, seed=0).layers:
        assert not layer.weight.any()
