"""A mixture prior over weights: its density, its merging, and what it finds."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from nonvacuous._counting import count_errors
from nonvacuous._descent import Descent
from nonvacuous.compression import (
    CentroidTraining,
    CompressionError,
    Recipe,
    Rows,
    SoftWeightSharing,
)
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.quantizers import _mixture as _mixture
from nonvacuous.compression.quantizers._mixture import Mixture, Prior
from nonvacuous.data import load
from nonvacuous.nets import Layer, Network, bundled
from nonvacuous.training import initial

exactly = settings(derandomize=True, max_examples=20, deadline=None)


def mixture(means, deviations, shares):
    return Mixture(
        means=np.array(means, float),
        variances=np.array(deviations, float) ** 2,
        shares=np.array(shares, float),
    )


def a_prior():
    prior = Prior(-1.0, 2.0, 4, 0.9, 0.1)
    with torch.no_grad():
        prior.means += torch.tensor([0.1, -0.2, 0.3])
        prior.precisions += torch.tensor([1.0, 0.5, -0.5, 2.0])
        prior.logits += torch.tensor([0.3, -0.4, 0.9])
    return prior


def test_the_mixture_starts_evenly_spaced_with_the_share_of_zero_fixed():
    found = Prior(-1.0, 2.0, 5, 0.96, 0.02).mixture()
    assert found.means.tolist() == [0, -1, 0, 1, 2]
    assert found.variances == pytest.approx([0.0004, *[0.25] * 4], rel=1e-6)
    assert found.shares == pytest.approx([0.96, 0.01, 0.01, 0.01, 0.01], rel=1e-6)


def test_gradients_are_those_of_the_naive_log_density():
    """Central differences of minus sum_i ln sum_j pi_j N(w_i; mu_j, sigma_j)."""
    values = np.array([-0.8, 0.01, 0.4, 1.9])

    def slow(w, means, precisions, logits):
        shares = np.exp(logits) / np.exp(logits).sum() * (1 - 0.9)
        total = 0.0
        for value in w:
            density = 0.9 * stats.norm.pdf(value, 0, math.exp(-precisions[0] / 2))
            for mu, p, share in zip(means, precisions[1:], shares, strict=True):
                density += share * stats.norm.pdf(value, mu, math.exp(-p / 2))
            total -= math.log(density)
        return 0.25 * total

    prior = a_prior()
    leaves = (prior.means, prior.precisions, prior.logits)
    point = [values, *(leaf.detach().double().numpy() for leaf in leaves)]
    found = [prior.learn(torch.from_numpy(values).float(), 0.25)]
    found += [leaf.grad for leaf in leaves]
    for k, gradient in enumerate(found):
        for i in range(point[k].size):
            ends = []
            for h in (1e-5, -1e-5):
                moved = [array.copy() for array in point]
                moved[k][i] += h
                ends.append(slow(*moved))
            slope = (ends[0] - ends[1]) / 2e-5
            assert gradient[i].item() == pytest.approx(slope, rel=2e-4, abs=2e-5)


def test_gradients_do_not_depend_on_how_many_values_are_held_at_once(monkeypatch):
    values = torch.linspace(-1, 2, 11)
    whole, parts = a_prior(), a_prior()
    wanted = whole.learn(values, 1.0)
    monkeypatch.setattr(_mixture, "_CHUNK", 3)
    assert torch.allclose(parts.learn(values, 1.0), wanted, rtol=1e-5)
    assert torch.allclose(parts.means.grad, whole.means.grad, rtol=1e-4)
    numbers = values.double().numpy()
    chosen = parts.mixture().chosen(numbers)
    monkeypatch.undo()
    assert (chosen == whole.mixture().chosen(numbers)).all()


def test_priors_of_precisions_are_gamma_densities():
    prior = Prior(-1.0, 1.0, 3, 0.9, 0.1)
    prior.learn_priors(0.5)
    for i, shape in enumerate((5000, 250, 250)):
        gamma = stats.gamma(shape, scale=1 / (shape * 0.1**2))
        assert gamma.mean() == pytest.approx(0.1**-2)
        log = prior.precisions[i].item()
        h = 1e-5
        ends = [gamma.logpdf(math.exp(log + s * h)) for s in (1, -1)]
        slope = -0.5 * (ends[0] - ends[1]) / (2 * h)
        assert prior.precisions.grad[i].item() == pytest.approx(slope, rel=1e-3)


def test_the_most_responsible_component_is_chosen():
    found = mixture([0, 0.5, 3], [0.1, 0.2, 1], [0.9, 0.05, 0.05])
    values = np.linspace(-2, 4, 41)
    parts = [
        p * stats.norm.pdf(values, m, s)
        for p, m, s in zip(
            found.shares, found.means, np.sqrt(found.variances), strict=True
        )
    ]
    assert (found.chosen(values) == np.argmax(parts, axis=0)).all()
    assert set(found.chosen(values)) == {0, 1, 2}


def test_a_component_without_a_share_is_chosen_by_nobody():
    found = mixture([0, 1, 2], [1, 1, 1], [0.5, 0.0, 0.5])
    assert 1 not in found.chosen(np.linspace(-5, 5, 99))


def test_divergences_are_those_of_two_gaussians_both_ways():
    found = mixture([0, 0.7], [0.5, 1.25], [0.5, 0.5]).divergences()
    one, two = stats.norm(0, 0.5), stats.norm(0.7, 1.25)

    def kl(p, q):
        return integrate.quad(
            lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), -12, 12, limit=200
        )[0]

    assert found[0, 1] == found[1, 0] == pytest.approx(kl(one, two) + kl(two, one))
    assert found[0, 0] == found[1, 1] == 0


def test_near_components_become_one_of_the_same_moments():
    found = mixture([0, 1.0, 1.02, -3], [0.1, 0.2, 0.2, 0.3], [0.5, 0.1, 0.3, 0.1])
    merged = found.merged(0.1)
    assert merged.means == pytest.approx([0, 1.015, -3])
    assert merged.shares == pytest.approx([0.5, 0.4, 0.1])
    second = 0.25 * (0.2**2 + 1.0**2) + 0.75 * (0.2**2 + 1.02**2)
    assert merged.variances[1] + merged.means[1] ** 2 == pytest.approx(second)
    assert merged.variances[[0, 2]] == pytest.approx([0.01, 0.09])


def test_what_merges_with_zero_stays_at_zero():
    merged = mixture([0, 0.01, 2], [0.1, 0.1, 0.1], [0.6, 0.2, 0.2]).merged(0.1)
    assert merged.means.tolist() == [0, 2]
    assert merged.shares == pytest.approx([0.8, 0.2])
    assert merged.variances[0] == pytest.approx(0.75 * 0.01 + 0.25 * (0.01 + 1e-4))


def test_nothing_merges_below_0_and_everything_below_infinity():
    found = mixture([0, 0, 5], [1, 1, 1], [0.4, 0.3, 0.3])
    assert found.merged(0.0).means.size == 3
    assert found.merged(math.inf).means.tolist() == [0]


def clusters(seed=0, centres=(-0.5, 0.75), count=120):
    """A net whose weights are drawn about two numbers, and rows that say nothing."""
    draw = np.random.default_rng(seed)
    which = draw.integers(0, len(centres), (count // 10, 10))
    weight = np.asarray(centres)[which] + 0.03 * draw.normal(size=which.shape)
    bias = np.zeros(count // 10)
    net = Network(layers=(Layer(weight=weight.astype(np.float32), bias=bias),))
    rows = Rows(np.zeros((20, 10), np.float32), np.zeros(20, np.int64), "0" * 16)
    return net, rows, which


@pytest.mark.parametrize("components", [3, 4])
def test_the_means_of_two_clusters_of_values_are_found(components):
    net, _, which = clusters(count=500)
    weight = net.layers[0].weight.ravel()
    values = torch.tensor(weight, dtype=torch.float32)
    prior = Prior(float(weight.min()), float(weight.max()), components, 0.1, 0.02)

    def learn(x, y):
        prior.learn(values, 1.0)
        prior.learn_priors(1.0)

    descent = Descent(torch.zeros(1, 1), np.zeros(1, np.int64), Recipe(rate=0.02))
    groups = [([prior.means], 1.0), ([prior.precisions, prior.logits], 4.0)]
    descent.run(groups, learn, 300)
    merged = prior.mixture().merged(10.0)  # the clusters are 40 deviations apart
    chosen = merged.means[merged.chosen(weight)]
    for cluster in (0, 1):
        mine = which.ravel() == cluster
        found = np.unique(chosen[mine])
        assert found == pytest.approx([weight[mine].mean()], abs=0.003)


@pytest.mark.parametrize("components", [3, 6])
def test_each_of_two_clusters_of_weights_ends_on_a_value_near_it(components):
    net, rows, which = clusters()
    small = SoftWeightSharing(
        rows=rows,
        recipe=Recipe(steps=600, rate=1e-2, batch=20),
        components=components,
        strength=1.0,
        zero_share=0.9,
    ).apply(net)
    weight, before = small.layers[0].weight, net.layers[0].weight
    for cluster in (0, 1):
        found = np.unique(weight[which == cluster])
        assert found == pytest.approx([before[which == cluster].mean()], abs=0.05)


def test_weights_about_zero_become_zero():
    net, rows, which = clusters(centres=(0.0, 0.75))
    small = SoftWeightSharing(
        rows=rows,
        recipe=Recipe(steps=600, rate=1e-2, batch=20),
        components=4,
        strength=1.0,
        zero_share=0.9,
    ).apply(net)
    assert ((small.layers[0].weight == 0) == (which == 0)).all()


def toy_rows(seed=0, count=60):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(count, 7)).astype(np.float32)
    y = draw.integers(0, 3, count)
    x[np.arange(count), y] += 3
    return Rows(x, y, "fedcba9876543210")


@exactly
@given(
    seed=st.integers(0, 10**6),
    components=st.integers(2, 6),
    exponent=st.sampled_from([None, 2]),
    steps=st.integers(0, 5),
)
def test_levels_are_few_float16_numbers_of_the_whole_net_and_zeros_stay(
    seed, components, exponent, steps
):
    draw = np.random.default_rng(seed)
    start = initial((7, 6, 3), seed)
    layers = tuple(
        Layer(weight=a.weight * (draw.random(a.weight.shape) < 0.7), bias=a.bias)
        for a in start.layers
    )
    small = SoftWeightSharing(
        rows=toy_rows(seed),
        recipe=Recipe(steps=steps, rate=1e-2, batch=16, seed=seed),
        components=components,
        bias_exponent=exponent,
    ).apply(Network(layers=layers))
    assert not small.double
    values = np.unique(np.concatenate([a.weight.ravel() for a in small.layers]))
    values = values[values != 0]
    assert values.size <= components - 1
    assert (values.astype(np.float16).astype(float) == values).all()
    for found, layer in zip(small.layers, layers, strict=True):
        assert not found.weight[layer.weight == 0].any()
        if exponent is not None:
            assert (found.bias * 4 == np.rint(found.bias * 4)).all()


def test_the_digits_net_is_pruned_and_shared_and_its_means_can_be_trained():
    train, net = load("digits").train, bundled()
    rows, x = Rows.of(train), train.x.astype(float)
    share = SoftWeightSharing(
        rows=rows, recipe=Recipe(steps=150, rate=2e-3, batch=128), components=9
    )
    small, report = share.explain(net)
    assert 0 < small.kept < 0.8 * net.kept
    assert all(layer.facts["levels"] <= 8 for layer in report.layers)
    assert report.facts["code bits a weight"] < 4
    recipe = Recipe(steps=100, rate=2e-3, batch=128)
    tuned = CentroidTraining(rows=rows, recipe=recipe).apply(small)
    errors = [count_errors(found, x, train.y) for found in (small, tuned)]
    assert errors[1] < min(errors[0], 0.03 * len(x))


def test_the_code_gives_back_the_net_and_the_input_is_unchanged():
    net = initial((7, 6, 3), 4)
    c = SoftWeightSharing(rows=toy_rows(), recipe=Recipe(steps=9, batch=16))
    before = [a.tobytes() for a in net.arrays()]
    one, two = c.compress(net), c.compress(net)
    assert one.code == two.code
    assert one.pipeline == repr(c)
    for name in ("components=17", "strength=0.005", "zero_share=0.99", "merge=0.1"):
        assert name in repr(c)
    for data in (one.code.data, one.code.data + b"\x31junk"):
        back, bits = decode_network(data)
        assert bits == one.code.bits
        for found, kept in zip(back.arrays(), one.network.arrays(), strict=True):
            assert found.tobytes() == kept.tobytes()
    assert [a.tobytes() for a in net.arrays()] == before


class StoppedError(Exception):
    """Raised by a progress callback."""


def test_progress_is_told_and_can_stop_the_training():
    seen, threads = [], torch.get_num_threads()
    c = SoftWeightSharing(rows=toy_rows(), recipe=Recipe(steps=100, batch=16))
    c.apply(initial((7, 3), 0), seen.append)
    assert seen == [0.5, 1.0]

    def stop(fraction):
        raise StoppedError

    with pytest.raises(StoppedError):
        c.apply(initial((7, 3), 0), stop)
    assert torch.get_num_threads() == threads


def test_a_net_of_equal_weights_is_no_trouble():
    net = Network(layers=(Layer(weight=np.full((3, 7), 0.5), bias=None),))
    c = SoftWeightSharing(rows=toy_rows(), recipe=Recipe(steps=0), components=2)
    assert c.apply(net).layers[0].weight.tolist() in ([[0.5] * 7] * 3, [[0.0] * 7] * 3)


def test_a_net_of_zeros_is_refused():
    net = Network(layers=(Layer(weight=np.zeros((3, 7)), bias=None),))
    c = SoftWeightSharing(rows=toy_rows(), recipe=Recipe(steps=1))
    with pytest.raises(CompressionError, match="no weight other than zero"):
        c.apply(net)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"components": 1}, "components must be at least 2, got 1"),
        ({"strength": 0.0}, "strength must be above 0"),
        ({"strength": math.inf}, "strength must be above 0"),
        ({"zero_share": 0.0}, "zero_share must lie in .0, 1., got 0"),
        ({"zero_share": 1.0}, "zero_share must lie"),
        ({"deviation": 0.0}, "deviation must be above 0"),
        ({"deviation": math.nan}, "deviation must be above 0"),
        ({"merge": -1.0}, "merge must be at least 0"),
        ({"merge": math.nan}, "merge must be at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        SoftWeightSharing(rows=toy_rows(), recipe=Recipe(), **options)


@pytest.mark.parametrize(
    ("sizes", "match"), [((6, 3), "takes 6 inputs"), ((7, 2), "has 2 outputs")]
)
def test_rows_of_other_nets_are_refused(sizes, match):
    c = SoftWeightSharing(rows=toy_rows(), recipe=Recipe(steps=1))
    with pytest.raises(ValueError, match=match):
        c.apply(initial(sizes, 0))
