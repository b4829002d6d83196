"""Second derivatives of the loss in each weight, against differences and autograd."""

import numpy as np
import pytest
import torch

from nonvacuous.compression import _curvature
from nonvacuous.compression._curvature import curvatures
from nonvacuous.nets import Layer, Network
from nonvacuous.training import initial


def autograd(network, x, y):
    """The Hessian's diagonal by double backward, one weight at a time."""
    weights = [torch.tensor(a.weight, requires_grad=True) for a in network.layers]
    a = torch.tensor(x, dtype=torch.float64)
    for i, (weight, layer) in enumerate(zip(weights, network.layers, strict=True)):
        a = a @ weight.T
        if layer.bias is not None:
            a = a + torch.tensor(layer.bias)
        a = a.relu() if i + 1 < len(weights) else a
    loss = torch.nn.functional.cross_entropy(a, torch.tensor(y))
    gradients = torch.autograd.grad(loss, weights, create_graph=True)
    found = []
    for weight, gradient in zip(weights, gradients, strict=True):
        flat = [
            torch.autograd.grad(g, weight, retain_graph=True)[0].reshape(-1)[i].item()
            for i, g in enumerate(gradient.reshape(-1))
        ]
        found.append(np.reshape(flat, weight.shape))
    return found


def rows(seed=0, count=11):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(count, 4)), draw.integers(0, 3, count)


@pytest.mark.parametrize("sizes", [(4, 3), (4, 5, 3), (4, 6, 5, 3)])
def test_curvatures_are_the_diagonal_of_the_hessian(sizes):
    x, y = rows()
    network = initial(sizes, 1)
    pairs = zip(curvatures(network, x), autograd(network, x, y), strict=True)
    for found, wanted in pairs:
        assert found == pytest.approx(wanted, rel=1e-10, abs=1e-15)


def test_one_weight_of_two_classes_has_the_logistic_curvature():
    layer = Layer(weight=np.array([[2.0], [0.0]]), bias=None)
    (found,) = curvatures(Network(layers=(layer,)), np.array([[0.5]]))
    p = 1 / (1 + np.exp(-1.0))
    assert found == pytest.approx(np.full((2, 1), p * (1 - p) * 0.25))


def test_chunks_of_rows_do_not_matter(monkeypatch):
    x, _ = rows()
    network = initial((4, 5, 3), 1)
    whole = curvatures(network, x)
    monkeypatch.setattr(_curvature, "_CHUNK", 45)  # 3 rows at once
    for found, wanted in zip(curvatures(network, x), whole, strict=True):
        assert found == pytest.approx(wanted, rel=1e-12)


def test_inputs_that_are_always_zero_have_none():
    x, _ = rows()
    x[:, 2] = 0
    first, _ = curvatures(initial((4, 5, 3), 1), x)
    assert not first[:, 2].any()
    assert first[:, [0, 1, 3]].any(axis=0).all()
