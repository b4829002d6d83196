"""Powers of two in portions: values, order of freezing, and what goes on learning."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous._counting import count_errors
from nonvacuous.compression import IncrementalQuantization, Recipe, Rows
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.quantizers._incremental import (
    _Frozen,
    exponents,
    largest,
    powers_of_two,
)
from nonvacuous.data import load
from nonvacuous.nets import Layer, Network, bundled
from nonvacuous.training import initial

exactly = settings(derandomize=True, max_examples=20, deadline=None)


def toy_rows(seed=0, count=60):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(count, 7)).astype(np.float32)
    y = draw.integers(0, 3, count)
    x[np.arange(count), y] += 3
    return Rows(x, y, "fedcba9876543210")


def sparse_net(seed, sizes=(7, 6, 3), share=0.7):
    draw = np.random.default_rng(seed)
    layers = []
    for a, b in itertools.pairwise(sizes):
        weight = draw.normal(size=(b, a)) * (draw.random((b, a)) < share)
        layers.append(Layer(weight=weight.astype(np.float32), bias=np.zeros(b)))
    return Network(layers=tuple(layers))


@pytest.mark.parametrize(
    ("largest_weight", "bits", "wanted"),
    [
        (1.0, 5, (-7, 0)),  # log2(4/3) = 0.4
        (0.75, 5, (-7, 0)),  # exactly 0
        (0.7499, 5, (-8, -1)),
        (1.5, 3, (0, 1)),  # exactly 1
        (1.4999, 3, (-1, 0)),
        (6.0, 2, (3, 3)),
        (0.02, 4, (-9, -6)),
    ],
)
def test_exponents_known_by_hand(largest_weight, bits, wanted):
    assert exponents(np.array([[0.0, -largest_weight, 0.01]]), bits) == wanted


@exactly
@given(size=st.floats(1e-6, 1e6), bits=st.integers(2, 8))
def test_exponents_are_the_papers_formulas(size, bits):
    least, greatest = exponents(np.array([size]), bits)
    assert 2.0**greatest <= 4 * size / 3 * (1 + 1e-15)
    assert 2.0 ** (greatest + 1) > 4 * size / 3 * (1 - 1e-15)
    assert least == greatest + 1 - 2 ** (bits - 1) / 2


def naive_power(value, least, greatest):
    """beta sgn(w) for (alpha + beta) / 2 <= |w| < 3 beta / 2, alpha and beta next."""
    book = [0.0, *(2.0**p for p in range(least, greatest + 1))]
    for alpha, beta in itertools.pairwise(book):
        top = math.inf if beta == book[-1] else 3 * beta / 2
        if (alpha + beta) / 2 <= abs(value) < top:
            return math.copysign(beta, value)
    return 0.0


@exactly
@given(
    values=st.lists(st.floats(-20, 20), min_size=1, max_size=20),
    least=st.integers(-5, 1),
    count=st.integers(1, 5),
)
def test_rounding_is_the_papers_rule(values, least, count):
    values = [*values, 0.75, 1.5, 3.0, 2.0 ** (least - 1), -(2.0 ** (least - 1)), 0.0]
    greatest = least + count - 1
    found = powers_of_two(np.array(values), least, greatest)
    assert found.tolist() == [naive_power(v, least, greatest) for v in values]


@exactly
@given(
    seed=st.integers(0, 10**6),
    bits=st.integers(2, 6),
    exponent=st.sampled_from([None, 2]),
    steps=st.integers(0, 6),
)
def test_weights_are_zero_or_signed_powers_of_two_within_range(
    seed, bits, exponent, steps
):
    net = sparse_net(seed)
    recipe = Recipe(steps=steps, rate=1e-2, batch=16, seed=seed)
    small = IncrementalQuantization(
        rows=toy_rows(seed), recipe=recipe, bits=bits, bias_exponent=exponent
    ).apply(net)
    for found, layer in zip(small.layers, net.layers, strict=True):
        assert not found.weight[layer.weight == 0].any()
        live = np.abs(found.weight[found.weight != 0])
        p = np.log2(live)
        assert (p == np.rint(p)).all()
        least, greatest = exponents(layer.weight, bits)
        assert ((p >= least) & (p <= greatest)).all()
        assert np.unique(found.weight).size <= 2 ** (bits - 1) + 1
        if exponent is not None:
            assert (found.bias * 4 == np.rint(found.bias * 4)).all()


def test_without_steps_every_weight_is_rounded_where_it_is():
    net = sparse_net(3)
    small = IncrementalQuantization(rows=toy_rows(), recipe=Recipe(steps=0)).apply(net)
    for found, layer in zip(small.layers, net.layers, strict=True):
        wanted = powers_of_two(layer.weight, *exponents(layer.weight, 5))
        assert found.weight.tolist() == wanted.tolist()


def test_the_largest_are_frozen_first_and_stay_what_they_are():
    weight = torch.tensor([[0.9, -0.1, 0.3, 0.0], [-0.6, 0.2, -0.05, 0.0]])
    layer = _Frozen(weight.clone(), 5)
    layer.freeze(0.5)  # 3 of 6: zeros count for nothing
    assert layer.weight[0].tolist() == pytest.approx([1.0, -0.1, 0.25, 0.0])
    assert layer.weight[1].tolist() == pytest.approx([-0.5, 0.2, -0.05, 0.0])
    with torch.no_grad():  # what training could do to the free ones
        layer.weight[0, 1], layer.weight[1, 1] = -0.7, 0.01
    layer.freeze(0.75)  # round(4.5) = 4: one more, and by its size of now
    assert layer.weight[0].tolist() == pytest.approx([1.0, -0.5, 0.25, 0.0])
    assert layer.weight[1].tolist() == pytest.approx([-0.5, 0.01, -0.05, 0.0])
    layer.freeze(1.0)
    assert layer.weight[1].tolist() == [-0.5, 0.0078125, -0.0625, 0.0]


def test_a_weight_that_grew_past_the_range_goes_to_its_largest_power():
    layer = _Frozen(torch.tensor([[1.0, 0.5]]), 3)
    layer.freeze(0.5)
    with torch.no_grad():
        layer.weight[0, 1] = -9.0
    layer.freeze(1.0)
    assert layer.weight.tolist() == [[1.0, -1.0]]


def test_what_is_frozen_has_no_gradient():
    weight = torch.tensor([[0.9, -0.1], [0.0, 0.3]], requires_grad=True)
    layer = _Frozen(weight, 5)
    layer.freeze(0.3)
    (layer.free() * torch.tensor([[1.0, 2.0], [4.0, 8.0]])).sum().backward()
    assert weight.grad.tolist() == [[0.0, 2.0], [0.0, 8.0]]


def test_of_equal_sizes_the_first_are_largest():
    sizes = np.array([[1.0, 2.0, 1.0], [2.0, 1.0, 3.0]])
    among = np.array([[True, True, True], [True, True, False]])
    wanted = [[True, True, False], [True, False, False]]
    assert largest(sizes, among, 3).tolist() == wanted
    assert not largest(sizes, among, 0).any()


def test_retraining_between_portions_makes_fewer_errors():
    train, net = load("digits").train, bundled()
    rows, x = Rows.of(train), train.x.astype(float)
    errors = []
    for steps in (0, 60):
        recipe = Recipe(steps=steps, rate=1e-3, batch=64)
        c = IncrementalQuantization(rows=rows, recipe=recipe, bits=3)
        errors.append(count_errors(c.apply(net), x, train.y))
    assert errors[0] > 100
    assert errors[1] < errors[0] / 2


def test_the_report_says_levels_and_bits():
    train, net = load("digits").train, bundled()
    recipe = Recipe(steps=2, batch=64)
    c = IncrementalQuantization(rows=Rows.of(train), recipe=recipe, bits=4)
    _, report = c.explain(net)
    assert all(layer.facts["levels"] == 8 for layer in report.layers)
    assert all(0 < layer.facts["distortion"] < 0.1 for layer in report.layers)
    assert report.facts["code bits a weight"] < 4.5


def test_the_code_gives_back_the_net_and_the_input_is_unchanged():
    net = sparse_net(4)
    c = IncrementalQuantization(rows=toy_rows(), recipe=Recipe(steps=9, batch=16))
    before = [a.tobytes() for a in net.arrays()]
    one, two = c.compress(net), c.compress(net)
    assert one.code == two.code
    assert one.pipeline == repr(c)
    assert "portions=(0.5, 0.75, 0.875, 1.0)" in repr(c)
    for data in (one.code.data, one.code.data + b"\x7fjunk"):
        back, bits = decode_network(data)
        assert bits == one.code.bits
        for found, kept in zip(back.arrays(), one.network.arrays(), strict=True):
            assert found.tobytes() == kept.tobytes()
    assert [a.tobytes() for a in net.arrays()] == before


def test_progress_is_told_over_all_portions():
    seen = []
    c = IncrementalQuantization(
        rows=toy_rows(), recipe=Recipe(steps=50), portions=(0.2, 0.5, 1.0)
    )
    c.apply(sparse_net(0), seen.append)
    assert seen == [0.5, 1.0]


def test_a_layer_of_zeros_stays_zero():
    layers = (
        Layer(weight=np.zeros((2, 7)), bias=np.ones(2)),
        Layer(weight=np.ones((3, 2)), bias=None),
    )
    c = IncrementalQuantization(rows=toy_rows(), recipe=Recipe(steps=3))
    assert not c.apply(Network(layers=layers)).layers[0].weight.any()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"bits": 1}, "bits must lie in .2, 8., got 1"),
        ({"bits": 9}, "bits must lie"),
        ({"portions": ()}, "portions must increase"),
        ({"portions": (0.5,)}, "portions must increase"),
        ({"portions": (0.0, 1.0)}, "portions must increase"),
        ({"portions": (0.5, 0.5, 1.0)}, "portions must increase"),
        ({"portions": (0.5, 1.5, 1.0)}, "portions must increase"),
        ({"portions": (math.nan, 1.0)}, "portions must increase"),
    ],
)
def test_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        IncrementalQuantization(rows=toy_rows(), recipe=Recipe(), **options)


@pytest.mark.parametrize(
    ("sizes", "match"), [((6, 3), "takes 6 inputs"), ((7, 2), "has 2 outputs")]
)
def test_rows_of_other_nets_are_refused(sizes, match):
    c = IncrementalQuantization(rows=toy_rows(), recipe=Recipe(steps=1))
    with pytest.raises(ValueError, match=match):
        c.apply(initial(sizes, 0))
