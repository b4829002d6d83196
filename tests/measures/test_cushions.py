"""Cushions, contraction and smoothness against hand-worked values and slow code."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nonvacuous._counting import forward
from nonvacuous.bounds.noise_stability import effective_parameters
from nonvacuous.measures import (
    Cushions,
    _cushions,
    _smoothness,
    cushions,
    homogeneous,
    homogeneous_rows,
    noise_sensitivity,
    smoothness,
)
from nonvacuous.nets import Layer, Network

some = settings(derandomize=True, max_examples=20, deadline=None)
Floats = NDArray[np.float64]

HAND = Network(
    layers=(
        Layer(weight=np.array([[1.0, 0], [0, 2], [1, 1]]), bias=None),
        Layer(weight=np.array([[1.0, 0, 1], [0, 1, 0]]), bias=None),
    )
)


def random_net(sizes: tuple[int, ...], seed: int, *, biased: bool = True) -> Network:
    draw = np.random.default_rng(seed)
    layers = []
    for inputs, outputs in pairwise(sizes):
        bias = draw.normal(size=outputs) if biased else None
        layers.append(Layer(weight=draw.normal(size=(outputs, inputs)), bias=bias))
    return Network(layers=tuple(layers))


def rows(net: Network, count: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(size=(count, net.sizes[0]))


def naive(net: Network, x: Floats) -> Cushions:
    """The definitions, row by row, with Jacobians by automatic differentiation."""
    matrices = [torch.from_numpy(a.weight.copy()) for a in homogeneous(net).layers]
    depth, n = len(matrices), len(x)
    layer, inter = np.empty((n, depth)), np.full((n, depth, depth), np.inf)
    contraction, outputs = np.empty((n, depth - 1)), np.empty(n)
    for r, row in enumerate(torch.from_numpy(homogeneous_rows(net, x))):
        a, z = row, []
        for i, matrix in enumerate(matrices):
            z.append(matrix @ a)
            layer[r, i] = z[-1].norm() / matrix.norm() / a.norm()
            a = z[-1].relu()
            if i + 1 < depth:
                contraction[r, i] = z[-1].norm() / a.norm()
        outputs[r] = z[-1].norm()
        for i in range(depth):
            for j in range(i, depth):

                def onward(point: torch.Tensor, i: int = i, j: int = j) -> torch.Tensor:
                    for matrix in matrices[i + 1 : j + 1]:
                        point = matrix @ point.relu()
                    return point

                jacobian = torch.autograd.functional.jacobian(onward, z[i])
                through = (jacobian @ z[i]).norm()
                inter[r, i, j] = through / jacobian.norm() / z[i].norm()
    return Cushions(
        layer=layer, interlayer=inter, contraction=contraction, outputs=outputs
    )


@pytest.mark.parametrize(
    ("x", "layer", "between", "contraction", "largest", "size"),
    [
        ([[3, 4]], (0.83495081, 0.66939333), 0.66939333, 1, 12.80624847, 5750.95082),
        ([[3, -1]], (0.49280538, 0.80064077), 0.85749293, 1.14354375, 5, None),
        (
            [[3, 4], [3, -1]],
            (0.49280538, 0.66939333),
            0.66939333,
            1.14354375,
            12.80624847,
            14425.84615,
        ),
    ],
)
def test_two_rows_worked_by_hand(
    x: list[list[float]],
    layer: tuple[float, float],
    between: float,
    contraction: float,
    largest: float,
    size: float | None,
) -> None:
    found = cushions(HAND, np.array(x, float))
    assert found.least_layer == pytest.approx(layer, abs=5e-9)
    assert found.least_interlayer[0, 1] == pytest.approx(between, abs=5e-9)
    assert found.most_contracted == pytest.approx(contraction, abs=5e-9)
    assert found.largest_output == pytest.approx(largest, abs=5e-9)
    assert found.onward == pytest.approx([3**-0.5, 2**-0.5], rel=1e-15)
    counted = effective_parameters(
        found.least_layer,
        found.onward,
        contraction=found.most_contracted,
        largest=found.largest_output,
        margin=1.0,
    )
    assert size is None or counted == pytest.approx(size, rel=1e-9)


def test_the_row_that_attains_a_minimum_is_named() -> None:
    found = cushions(HAND, np.array([[3.0, 4], [3, -1]]))
    assert found.layer_rows.tolist() == [1, 0]
    assert found.interlayer_rows[0, 1] == 0


@some
@given(
    seed=st.integers(0, 10**6),
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=6).map(tuple),
    biased=st.booleans(),
)
def test_they_are_the_definitions_with_jacobians_by_autograd(
    seed: int, sizes: tuple[int, ...], biased: bool
) -> None:
    net = random_net(sizes, seed, biased=biased)
    x = rows(net, 4, seed + 1)
    slow, fast = naive(net, x), cushions(net, x)
    for name in ("layer", "interlayer", "contraction"):
        want, got = getattr(slow, name), getattr(fast, name)
        known = ~np.isnan(want)  # dead rows: 0 / 0, which is a convention
        np.testing.assert_allclose(got[known], want[known], rtol=1e-10)
    np.testing.assert_allclose(fast.outputs, slow.outputs, rtol=1e-10, atol=1e-14)


def test_chunks_change_nothing_but_roundings(monkeypatch: pytest.MonkeyPatch) -> None:
    net = random_net((5, 7, 6, 4, 3), 1)
    x = rows(net, 23, 2)
    whole = cushions(net, x)
    monkeypatch.setattr(_cushions, "_ENTRIES", 1)
    single = cushions(net, x)
    for name in ("layer", "interlayer", "contraction", "outputs"):
        np.testing.assert_allclose(
            getattr(single, name), getattr(whole, name), rtol=1e-13
        )


def test_rounding_is_far_below_the_slack_that_evidence_subtracts() -> None:
    """Against products in long double, one dot product at a time."""
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("long double is no longer than double here")
    net = random_net((40, 30, 20, 5), 3)
    x = rows(net, 10, 4)
    matrices = [a.weight.astype(np.longdouble) for a in homogeneous(net).layers]
    a = homogeneous_rows(net, x).astype(np.longdouble)
    fast = cushions(net, x)
    for i, matrix in enumerate(matrices):
        z = a @ matrix.T
        exact = np.sqrt((z * z).sum(1) / (matrix**2).sum() / (a * a).sum(1))
        assert np.abs(fast.layer[:, i] / exact - 1).max() < 1e-12
        a = np.maximum(z, 0)


def test_the_diagonal_is_one_over_the_root_of_the_width() -> None:
    net = random_net((3, 4, 5), 0)
    found = cushions(net, rows(net, 2, 0))
    assert found.interlayer[:, 0, 0].tolist() == [5**-0.5] * 2  # the constant's unit
    assert found.interlayer[:, 1, 1].tolist() == [5**-0.5] * 2
    assert (found.interlayer[:, 1, 0] == np.inf).all()
    assert (found.onward <= [5**-0.5, 5**-0.5]).all()


def test_scaling_a_layer_without_biases_changes_no_cushion() -> None:
    net = random_net((3, 4, 5, 2), 0, biased=False)
    scaled = Network(
        layers=tuple(
            Layer(weight=layer.weight * factor, bias=None)
            for layer, factor in zip(net.layers, (8.0, 0.25, 2.0), strict=True)
        )
    )
    x = rows(net, 5, 1)
    for name in ("layer", "interlayer", "contraction"):
        a, b = (getattr(cushions(n, x), name) for n in (net, scaled))
        assert (a == b).all()


def test_a_layer_aligned_with_its_input_has_cushion_one() -> None:
    x = np.array([[1.0, 2, 2]])
    net = Network(layers=(Layer(weight=np.outer([3.0, 4], x), bias=None),))
    found = cushions(net, x)
    assert found.least_layer[0] == pytest.approx(1, rel=1e-15)
    assert found.most_contracted == 1
    assert found.contraction.shape == (1, 0)


def test_dead_rows_constrain_nothing_and_half_dead_ones_everything() -> None:
    one = np.array([[1.0]])
    net = Network(layers=(Layer(weight=one, bias=None), Layer(weight=-one, bias=None)))
    dead = cushions(net, np.array([[-1.0]]))  # the hidden unit is off
    assert dead.contraction[0, 0] == np.inf
    assert dead.layer[0].tolist() == [1, np.inf]
    zero = cushions(net, np.array([[0.0]]))
    assert zero.contraction[0, 0] == 1
    crossed = Network(layers=(Layer(weight=np.array([[1.0, -1]]), bias=None),))
    assert cushions(crossed, np.array([[1.0, 1]])).least_layer[0] == 0


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="x must hold at least one row"):
        cushions(HAND, np.zeros((0, 2)))
    with pytest.raises(ValueError, match="x must hold at least one row"):
        smoothness(HAND, HAND, np.zeros((0, 2)))


@some
@given(seed=st.integers(0, 10**6), depth=st.integers(1, 4), biased=st.booleans())
def test_the_net_without_biases_is_the_same_function(
    seed: int, depth: int, biased: bool
) -> None:
    net = random_net((3, 4, 2, 5, 2)[: depth + 1], seed, biased=biased)
    x = rows(net, 6, seed)
    bare, wide = homogeneous(net), homogeneous_rows(net, x)
    assert all(layer.bias is None for layer in bare.layers)
    assert bare.sizes[0] == net.sizes[0] + biased
    assert bare.sizes[-1] == net.sizes[-1]
    np.testing.assert_allclose(
        forward(bare, wide)[0], forward(net, x)[0], rtol=1e-12, atol=1e-12
    )


def test_the_shape_hangs_on_the_architecture_and_not_on_what_was_learnt() -> None:
    net = random_net((3, 4, 2), 0, biased=False)
    zeros = Network(
        layers=tuple(
            Layer(weight=a.weight, bias=np.zeros(len(a.weight))) for a in net.layers
        )
    )
    assert homogeneous(net).sizes == homogeneous(zeros, constant=False).sizes
    assert homogeneous(zeros).sizes == (4, 5, 2)
    assert homogeneous_rows(zeros, np.ones((1, 3))).shape == (1, 4)


def naive_rho(net: Network, small: Network, x: Floats) -> float:
    """The inequality at both points, all i < j and all rows, in plain loops."""
    a = [layer.weight for layer in homogeneous(net).layers]
    b = [layer.weight for layer in homogeneous(small).layers]
    least = math.inf
    for row in homogeneous_rows(net, x):
        z, v = [], row
        for matrix in a:
            z.append(matrix @ v)
            v = np.maximum(z[-1], 0)
        hat = row
        for i in range(len(a) - 1):
            for point in (a[i] @ hat, b[i] @ hat):
                step = np.linalg.norm(point - z[i])
                for j in range(i + 1, len(a)):
                    bent, jacobian = point, np.eye(len(point))
                    for t in range(i + 1, j + 1):
                        bent = a[t] @ np.maximum(bent, 0)
                        jacobian = a[t] @ np.diag(z[t - 1] > 0) @ jacobian
                    gap = np.linalg.norm(bent - jacobian @ point)
                    if gap > 1e-13:
                        size = np.linalg.norm(z[i])
                        least = min(least, step * np.linalg.norm(z[j]) / gap / size)
            hat = np.maximum(b[i] @ hat, 0)
    return least


def shaken(net: Network, size: float, seed: int) -> Network:
    draw = np.random.default_rng(seed)
    return Network(
        layers=tuple(
            Layer(weight=a.weight + size * draw.normal(size=a.weight.shape), bias=None)
            for a in homogeneous(net).layers
        )
    )


@some
@given(seed=st.integers(0, 10**6), size=st.floats(0.05, 1), biased=st.booleans())
def test_smoothness_is_the_naive_loop(seed: int, size: float, biased: bool) -> None:
    net = random_net((3, 5, 4, 2), seed, biased=biased)
    x, small = rows(net, 5, seed), shaken(net, size, seed)
    found, slow = smoothness(net, small, x), naive_rho(net, small, x)
    assert found.least <= slow * (1 + 1e-12)
    assert math.isinf(slow) or found.least == pytest.approx(slow, rel=1e-6)
    row, i, j, point = found.where
    assert i < j
    assert found.rho[row, i, j, point] == found.least


def test_smoothness_knows_how_far_the_outputs_moved() -> None:
    net = random_net((3, 9, 8, 2), 1, biased=False)
    x, small = rows(net, 5, 6), shaken(net, 0.1, 7)
    f, g = forward(net, x)[0], forward(small, x)[0]
    naive_gap = np.linalg.norm(f - g, axis=1) / np.linalg.norm(f, axis=1)
    np.testing.assert_allclose(smoothness(net, small, x).distance, naive_gap, 1e-12)


def test_smoothness_sees_the_units_that_the_cushions_saw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A matrix product's last bit depends on its shape, so both go by equal chunks."""
    sizes: dict[str, list[int]] = {"cushions": [], "smoothness": []}
    net = random_net((3, 5, 4, 2), 5)
    real = _cushions.preactivations

    def watched(matrices: list[Floats], a: Floats) -> list[Floats]:
        sizes[current].append(len(a))
        return real(matrices, a)

    monkeypatch.setattr(_cushions, "_ENTRIES", 100)
    for module in (_cushions, _smoothness):
        monkeypatch.setattr(module, "preactivations", watched)
    x = rows(net, 13, 6)
    current = "cushions"
    cushions(net, x)
    current = "smoothness"
    smoothness(net, shaken(net, 0.1, 0), x)
    assert sizes["smoothness"][::2] == sizes["cushions"]
    assert len(sizes["cushions"]) > 1


def test_a_net_is_perfectly_smooth_towards_itself() -> None:
    net = random_net((3, 5, 4, 2), 5)
    found = smoothness(net, net, rows(net, 5, 6))
    assert found.least == math.inf
    assert found.distance.tolist() == [0.0] * 5


def test_smoothness_of_nets_of_two_shapes_is_refused() -> None:
    with pytest.raises(ValueError, match="compressed must be 2-3-2"):
        smoothness(HAND, random_net((2, 4, 2), 0), np.ones((1, 2)))


def test_noise_on_a_linear_rest_is_the_inverse_square_of_the_cushion() -> None:
    net = random_net((6, 5, 4), 1, biased=False)
    x = rows(net, 3, 2)
    # the mean of 20,000 draws is within 6 standard errors
    found = noise_sensitivity(net, x, layer=2, draws=20_000, seed=3)
    outputs = cushions(net, x)
    exact = 1 / outputs.interlayer[:, 1, 1] ** 2
    np.testing.assert_allclose(found, exact, rtol=0.03)
    again = noise_sensitivity(net, x, layer=2, draws=20_000, seed=3)
    assert (found == again).all()


def test_noise_before_a_relu_is_the_naive_mean() -> None:
    net = random_net((3, 4, 2), 1)
    x = rows(net, 2, 2)
    found = noise_sensitivity(net, x, layer=1, draws=5, seed=9)
    a, b = (layer.weight for layer in homogeneous(net).layers)
    z = homogeneous_rows(net, x) @ a.T
    stream = np.random.Generator(np.random.Philox(key=[9, 0x6E6F697365]))
    total = np.zeros(2)
    for _ in range(5):
        noise = stream.standard_normal(z.shape)
        for r in range(2):
            f = b @ np.maximum(z[r], 0)
            g = b @ np.maximum(z[r] + np.linalg.norm(z[r]) * noise[r], 0)
            total[r] += np.sum((g - f) ** 2) / np.sum(f**2)
    np.testing.assert_allclose(found, total / 5, rtol=1e-12)


@pytest.mark.parametrize(
    ("layer", "draws", "name"), [(0, 1, "layer"), (3, 1, "layer"), (1, 0, "draws")]
)
def test_noise_settings_out_of_range_are_refused(
    layer: int, draws: int, name: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must"):
        noise_sensitivity(HAND, np.ones((1, 2)), layer=layer, draws=draws, seed=0)
