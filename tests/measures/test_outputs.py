"""Margins, entropy, Fisher-Rao norm and gradient noise against torch, row by row."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from nonvacuous import measures
from nonvacuous.data import Role, make_sample
from nonvacuous.measures._passes import Passes
from nonvacuous.nets import Layer, Network


def sample(x, y):
    return make_sample(x, y, role=Role.TRAIN)


@pytest.fixture
def rows(toy):
    return sample(*toy.train)


def gradients(network, rows):
    """Gradient of each row's loss, and <w, gradient>, by autograd in float64."""
    module = network.module().double().requires_grad_()
    found, along = [], []
    for x, y in zip(rows.x, rows.y, strict=True):
        module.zero_grad()
        outputs = module(torch.tensor(x, dtype=torch.float64).reshape(1, -1))
        functional.cross_entropy(outputs, torch.tensor([y])).backward()
        parameters = list(module.parameters())
        found.append(torch.cat([p.grad.flatten() for p in parameters]).numpy())
        along.append(sum(float((p.detach() * p.grad).sum()) for p in parameters))
    return np.array(found), np.array(along)


def test_fisher_rao_and_gradient_noise_are_those_of_autograd(toy, rows) -> None:
    some = rows.take(slice(0, 60))
    each, along = gradients(toy.net, some)
    found = measures.fisher_rao(toy.net, some)
    assert found == pytest.approx(3**2 * (along**2).mean())
    noise = ((each - each.mean(axis=0)) ** 2).sum(axis=1).mean()
    assert measures.gradient_noise(toy.net, some) == pytest.approx(noise)


def unbiased(network):
    return Network(
        layers=tuple(Layer(weight=layer.weight, bias=None) for layer in network.layers)
    )


def test_without_biases_fisher_rao_is_depth_times_output_times_slope(toy, rows) -> None:
    net = unbiased(toy.net)
    outputs = net.module().double()(torch.tensor(rows.x, dtype=torch.float64))
    slope = torch.softmax(outputs, 1)
    slope[torch.arange(len(rows)), torch.tensor(rows.y)] -= 1
    inner = 2 * (outputs * slope).sum(1)
    expected = 9 * float((inner**2).mean())
    assert measures.fisher_rao(net, rows) == pytest.approx(expected)


def test_gradients_of_nets_without_biases_have_no_share_of_them(toy, rows) -> None:
    some = rows.take(slice(0, 30))
    each, _ = gradients(unbiased(toy.net), some)
    noise = ((each - each.mean(axis=0)) ** 2).sum(axis=1).mean()
    assert measures.gradient_noise(unbiased(toy.net), some) == pytest.approx(noise)


def test_equal_rows_have_no_gradient_noise(toy, rows) -> None:
    same = sample(np.repeat(rows.x[:1], 5, axis=0), np.repeat(rows.y[:1], 5))
    assert measures.gradient_noise(toy.net, same) == pytest.approx(0, abs=1e-12)


def test_entropy_and_cross_entropy_are_those_of_torch(toy, rows) -> None:
    outputs = toy.net.module().double()(torch.tensor(rows.x, dtype=torch.float64))
    entropy = torch.distributions.Categorical(logits=outputs).entropy().mean()
    assert measures.negative_entropy(toy.net, rows) == pytest.approx(-float(entropy))
    loss = functional.cross_entropy(outputs, torch.tensor(rows.y))
    assert measures.cross_entropy(toy.net, rows) == pytest.approx(float(loss))


def test_a_net_that_says_nothing_has_the_largest_entropy(toy, rows) -> None:
    still = Network(layers=(Layer(weight=np.zeros((3, 6)), bias=None),))
    assert measures.negative_entropy(still, rows) == pytest.approx(-math.log(3))
    assert measures.cross_entropy(still, rows) == pytest.approx(math.log(3))
    assert measures.fisher_rao(still, rows) == 0


def test_margins_are_those_of_the_outputs(toy, rows) -> None:
    outputs = toy.net.module()(torch.tensor(rows.x)).detach().double().numpy()
    found = measures.margins(toy.net, rows)
    for margin, row, label in zip(found, outputs, rows.y, strict=True):
        others = max(v for k, v in enumerate(row) if k != label)
        assert margin == pytest.approx(row[label] - others, abs=1e-4)


def test_the_percentile_is_the_tenth_of_a_hundred_and_keeps_its_sign() -> None:
    values = np.random.default_rng(0).permutation(np.arange(100.0) - 50)
    assert measures.margin_percentile(values) == -41
    assert measures.margin_percentile(values, 0.5) == -1
    assert measures.margin_percentile(np.array([3.0, 4.0])) == 3
    assert measures.margin_percentile(np.arange(10.0), 0.3) == 2
    assert measures.margin_percentile(np.arange(30.0), 0.1) == 2


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, math.nan])
def test_a_percentile_of_nothing_is_refused(share) -> None:
    with pytest.raises(ValueError, match="share"):
        measures.margin_percentile(np.ones(3), share)
    with pytest.raises(ValueError, match="not be empty"):
        measures.margin_percentile(np.empty(0))


def test_rows_that_do_not_fit_are_refused(toy) -> None:
    wrong = sample(np.ones((3, 5), np.float32), [0, 1, 2])
    for function in (
        measures.margins,
        measures.fisher_rao,
        measures.gradient_noise,
        measures.negative_entropy,
        measures.noise_radius,
        measures.adversarial_radius,
    ):
        with pytest.raises(ValueError, match="takes 6 inputs"):
            function(toy.net, wrong)


def test_single_precision_passes_have_the_gradient_of_autograd(toy, rows) -> None:
    passes = Passes(toy.net, rows.x, rows.y)
    each, _ = gradients(toy.net, rows)
    error, found = passes.gradient(passes.parameters)
    flat = np.concatenate([g.ravel() for pair in found for g in pair])
    np.testing.assert_allclose(flat, each.mean(axis=0), atol=1e-6)
    assert error == passes.wrong.mean() == passes.error(passes.parameters)


def test_features_that_are_zero_in_all_rows_change_nothing(toy, rows) -> None:
    x = rows.x.copy()
    x[:, 2] = 0
    passes = Passes(toy.net, x, rows.y)
    assert passes.parameters[0][0].shape == (8, 5)
    expected = measures.margins(toy.net, sample(x, rows.y))
    np.testing.assert_allclose(passes.margins, expected, atol=1e-4)
    still = Passes(toy.net, np.zeros_like(x), rows.y)
    assert len(still) == len(rows)


def test_passes_count_multiply_adds(toy, rows) -> None:
    passes = Passes(toy.net, rows.x, rows.y)
    assert passes.done == 1
    passes.gradient(passes.parameters)
    assert passes.done == pytest.approx(3 + 24 / 72)
    passes.count(150, slice(1))
    assert passes.done == pytest.approx(3 + 24 / 72 + 0.5 * 48 / 72)
