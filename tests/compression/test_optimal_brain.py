"""Optimal brain damage: curvatures against loops and against torch's Hessians."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import OptimalBrainDamage, Rows
from nonvacuous.compression.second_order import _damage as optimal_brain
from nonvacuous.compression.second_order._damage import curvatures
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=20, deadline=None)


def random_net(seed, sizes, *, single=False):
    """A random net; with `single`, each hidden neuron feeds one other only."""
    rng = np.random.default_rng(seed)
    layers = []
    for i, (a, b) in enumerate(itertools.pairwise(sizes)):
        weight = rng.normal(size=(b, a))
        if single and i:
            weight *= np.arange(b)[:, None] == rng.integers(0, b, a)
        layers.append(Layer(weight=weight, bias=rng.normal(size=b)))
    return Network(layers=tuple(layers))


def hessian_diagonals(network, x, y):
    """Of the mean cross-entropy by torch, one matrix for each layer."""
    parts = [
        (torch.tensor(layer.weight), torch.tensor(layer.bias))
        for layer in network.layers
    ]
    found = []
    for i, layer in enumerate(network.layers):

        def loss(flat, i=i, shape=layer.weight.shape):
            a = torch.tensor(x)
            for k, (weight, bias) in enumerate(parts):
                z = a @ (flat.reshape(shape) if k == i else weight).T + bias
                a = torch.relu(z)
            return torch.nn.functional.cross_entropy(z, torch.tensor(y))

        flat = parts[i][0].flatten()
        whole = torch.autograd.functional.hessian(loss, flat)
        found.append(whole.diagonal().reshape(layer.weight.shape).numpy())
    return found


def naive(network, x):
    """The recursion, one row, one neuron and one weight at a time."""
    total = [np.zeros(layer.weight.shape) for layer in network.layers]
    for row in x:
        entering, zs, a = [], [], row
        for layer in network.layers:
            entering.append(a)
            zs.append(layer.weight @ a + layer.bias)
            a = np.maximum(zs[-1], 0)
        p = np.exp(zs[-1]) / np.exp(zs[-1]).sum()
        second = [q * (1 - q) for q in p]
        for k in reversed(range(len(network.layers))):
            weight = network.layers[k].weight
            for i, j in np.ndindex(weight.shape):
                total[k][i, j] += second[i] * entering[k][j] ** 2 / len(x)
            if k:
                second = [
                    float(zs[k - 1][j] > 0)
                    * sum(weight[i, j] ** 2 * second[i] for i in range(len(weight)))
                    for j in range(weight.shape[1])
                ]
    return total


def sample(seed, features, count=12, classes=3):
    rng = np.random.default_rng([seed, 1])
    return rng.normal(size=(count, features)), rng.integers(0, classes, count)


def test_a_layer_of_zeros_by_hand():
    net = Network(layers=(Layer(weight=np.zeros((2, 2)), bias=None),))
    found = curvatures(net, np.array([[2.0, 0.0], [4.0, 2.0]]))
    # p (1 - p) is 1/4, and the means of the squares are 10 and 2
    assert found[0].tolist() == [[2.5, 0.5], [2.5, 0.5]]


@exactly
@given(seed=st.integers(0, 10**6))
def test_the_recursion_is_the_naive_one(seed):
    net, (x, _) = random_net(seed, (4, 5, 3, 3)), sample(seed, 4)
    for found, wanted in zip(curvatures(net, x), naive(net, x), strict=True):
        assert found == pytest.approx(wanted)


@pytest.mark.parametrize("seed", range(4))
def test_the_last_layer_has_the_diagonal_of_the_exact_hessian(seed):
    net, (x, y) = random_net(seed, (4, 5, 3)), sample(seed, 4)
    exact = hessian_diagonals(net, x, y)
    found = curvatures(net, x)
    assert found[1] == pytest.approx(exact[1])
    assert found[0] != pytest.approx(exact[0])  # cross terms are left out there


@pytest.mark.parametrize("sizes", [(4, 6, 3), (4, 6, 5, 3)])
def test_all_layers_do_where_each_hidden_neuron_feeds_one(sizes):
    net, (x, y) = random_net(8, sizes, single=True), sample(8, 4)
    for found, wanted in zip(
        curvatures(net, x), hessian_diagonals(net, x, y), strict=True
    ):
        assert found == pytest.approx(wanted, abs=1e-12)
        assert found.any()


def test_chunks_of_rows_change_nothing(monkeypatch):
    net, (x, _) = random_net(2, (4, 5, 3)), sample(2, 4, count=23)
    whole = curvatures(net, x)
    monkeypatch.setattr(optimal_brain, "_CHUNK", 5)
    for found, wanted in zip(curvatures(net, x), whole, strict=True):
        assert found == pytest.approx(wanted)


@exactly
@given(seed=st.integers(0, 10**6), keep=st.floats(0.01, 1))
def test_the_largest_saliencies_of_the_whole_net_are_kept_as_they_are(seed, keep):
    net, (x, y) = random_net(seed, (4, 8, 3)), sample(seed, 4, count=200)
    small = OptimalBrainDamage(rows=Rows(x, y, "any"), keep=keep).apply(net)
    saliencies = [
        h * a.weight**2 / 2 for h, a in zip(curvatures(net, x), net.layers, strict=True)
    ]
    ranked = np.sort(np.concatenate([s.ravel() for s in saliencies]))
    count = max(1, round(keep * 56))
    assert small.kept == min(count, np.count_nonzero(ranked)) or ranked[-count] == 0
    for s, before, after in zip(saliencies, net.layers, small.layers, strict=True):
        kept = after.weight != 0
        assert (after.weight[kept] == before.weight[kept]).all()
        assert (after.bias == before.bias).all()
        assert s[kept].min(initial=np.inf) >= ranked[-count]
        assert s[~kept].max(initial=0) <= ranked[-count]


def test_labels_are_not_looked_at():
    net, (x, y) = random_net(3, (4, 5, 3)), sample(3, 4)
    one, two = (
        OptimalBrainDamage(rows=Rows(x, labels, "any"), keep=0.3).apply(net)
        for labels in (y, 2 - y)
    )
    for found, wanted in zip(one.arrays(), two.arrays(), strict=True):
        assert (found == wanted).all()
