"""Distances of two nets on a whole domain."""

import math
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nonvacuous._counting import forward
from nonvacuous.bounds import Certificate
from nonvacuous.bounds.output_distance import original_by_distance
from nonvacuous.compression import Compressed, MagnitudePruning
from nonvacuous.data import Role, Sample, make_sample
from nonvacuous.fits import ball_distance, box_distance, distance_fit
from nonvacuous.measures import homogeneous
from nonvacuous.nets import Layer, Network

some = settings(derandomize=True, max_examples=30, deadline=None)
Floats = NDArray[np.float64]
SIZES = (3, 5, 4, 3)


def random_pair(seed: int, size: float, *, biased: bool) -> tuple[Network, Network]:
    draw = np.random.default_rng(seed)
    old, new = [], []
    for inputs, outputs in pairwise(SIZES):
        weight, bias = draw.normal(size=(outputs, inputs)), draw.normal(size=outputs)
        old.append(Layer(weight=weight, bias=bias if biased else None))
        weight = weight + size * draw.normal(size=weight.shape)
        bias = bias + size * draw.normal(size=outputs)
        new.append(Layer(weight=weight, bias=bias if biased else None))
    return Network(layers=tuple(old)), Network(layers=tuple(new))


def scalar(*weights: float) -> Network:
    return Network(
        layers=tuple(Layer(weight=np.array([[w]]), bias=None) for w in weights)
    )


def naive_ball(old: Network, new: Network, radius: float) -> float:
    """B sum_i prod_{j<i} ||Ahat_j|| prod_{j>i} ||A_j|| ||A_i - Ahat_i||."""
    a = [layer.weight for layer in old.layers]
    b = [layer.weight for layer in new.layers]
    total = 0.0
    for i in range(len(a)):
        term = float(np.linalg.svd(a[i] - b[i])[1][0])
        for j in range(len(a)):
            if j != i:
                term *= float(np.linalg.svd(b[j] if j < i else a[j])[1][0])
        total += term
    return radius * total


def test_norms_of_the_original_alone_are_not_enough() -> None:
    old, new = scalar(1, 1, 1), scalar(1.5, 1.5, 1.5)
    found = ball_distance(old, new, radius=1.0)
    assert 2.375 <= found <= 2.375 * (1 + 1e-7)
    assert abs(float(forward(new, np.ones((1, 1)))[0][0, 0]) - 1) == 2.375 > 1.5


@some
@given(seed=st.integers(0, 10**6), size=st.floats(1e-3, 1))
def test_without_biases_it_is_the_telescoping_sum(seed: int, size: float) -> None:
    old, new = random_pair(seed, size, biased=False)
    exact = naive_ball(old, new, 2.0)
    assert exact <= ball_distance(old, new, radius=2.0) <= exact * (1 + 1e-7)


@some
@given(seed=st.integers(0, 10**6), size=st.floats(1e-3, 1))
def test_with_biases_it_is_the_less_of_the_recursion_and_of_the_embedded_matrices(
    seed: int, size: float
) -> None:
    old, new = random_pair(seed, size, biased=True)
    embedded = naive_ball(homogeneous(old), homogeneous(new), math.sqrt(2.0**2 + 1))
    error, reach = 0.0, 2.0
    for a, b in zip(old.layers, new.layers, strict=True):
        error = float(np.linalg.svd(a.weight)[1][0]) * error
        error += float(np.linalg.svd(a.weight - b.weight)[1][0]) * reach
        error += float(np.linalg.norm(a.bias - b.bias))
        reach = float(np.linalg.svd(b.weight)[1][0]) * reach
        reach += float(np.linalg.norm(b.bias))
    exact = min(embedded, error)
    assert exact <= ball_distance(old, new, radius=2.0) <= exact * (1 + 1e-7)


@some
@given(seed=st.integers(0, 10**6), size=st.floats(1e-3, 1), biased=st.booleans())
def test_nowhere_in_the_domain_do_outputs_differ_by_more(
    seed: int, size: float, biased: bool
) -> None:
    old, new = random_pair(seed, size, biased=biased)
    corners = np.array(list(product((0.0, 0.5, 1.0), repeat=3)))
    draw = np.random.default_rng(seed)
    x = np.concatenate([corners, draw.random(size=(300, 3))])
    gap = forward(old, x)[0] - forward(new, x)[0]
    apart = (gap[:, :, None] - gap[:, None, :]).max()
    assert apart <= math.sqrt(2) * box_distance(old, new, box=(0.0, 1.0))
    ball = ball_distance(old, new, radius=math.sqrt(3))
    assert np.linalg.norm(gap, axis=1).max() <= ball


def test_intervals_are_exact_for_one_layer() -> None:
    """Over a box the largest change of w x - v x, and of another output's."""
    old = Network(layers=(Layer(weight=np.array([[1.0, 2], [0, 1]]), bias=None),))
    new = Network(layers=(Layer(weight=np.array([[0.0, 2], [1, 1]]), bias=None),))
    # output 0 changes by x_0 in [0, 1], output 1 by -x_0: intervals add to 2
    found = box_distance(old, new, box=(0.0, 1.0)) * math.sqrt(2)
    assert 2 <= found <= 2 * (1 + 1e-8)
    assert box_distance(old, old, box=(-1.0, 1.0)) < 1e-14


def test_relu_can_take_away_a_difference_that_intervals_are_sure_of() -> None:
    """Both units lose 1 before the ReLU; the first is off, only the second shows it."""

    def net(lost: float) -> Network:
        bias = np.array([-1.0, 3.0]) - lost
        return Network(
            layers=(
                Layer(weight=np.array([[1.0], [1.0]]), bias=bias),
                Layer(weight=np.eye(2), bias=None),
            )
        )

    x = np.array([[0.5]])
    gap = forward(net(0), x)[0] - forward(net(1), x)[0]
    assert gap.tolist() == [[0.0, 1.0]]
    found = box_distance(net(0), net(1), box=(0.0, 1.0)) * math.sqrt(2)
    assert 1 <= found <= 1 + 1e-7


def test_a_net_is_at_no_distance_from_itself() -> None:
    old, _ = random_pair(0, 1.0, biased=True)
    assert ball_distance(old, old, radius=5.0) == 0.0


def world() -> tuple[Network, Compressed, Sample]:
    old, _ = random_pair(3, 0.0, biased=True)
    single = Network(
        layers=tuple(
            Layer(
                weight=np.round(a.weight * 64) / 64,
                bias=None if a.bias is None else np.round(a.bias * 64) / 64,
            )
            for a in old.layers
        )
    )
    x = np.random.default_rng(0).random(size=(400, 3)).astype(np.float32)
    y = np.argmax(forward(single, x)[0], axis=1)
    sample = make_sample(x, y, role=Role.TRAIN, source="world")
    return single, MagnitudePruning(keep=0.9).compress(single), sample


def test_the_evidence_is_counted_at_the_least_float_that_is_allowed() -> None:
    net, small, sample = world()
    fit = distance_fit(net, small, sample, radius=2.0, box=(0.0, 1.0))
    ball = ball_distance(net, small.network, radius=2.0)
    box = box_distance(net, small.network, box=(0.0, 1.0))
    assert fit.distance == min(ball, box)
    assert fit.bits == small.code.bits
    outputs = forward(small.network, sample.x)[0]
    naive = 0
    for row, label in zip(outputs, sample.y, strict=True):
        naive += row[label] - np.delete(row, label).max() <= fit.margin
    assert fit.margin_errors == naive
    below = float(np.nextafter(np.float32(fit.margin), np.float32(0)))
    assert below < math.sqrt(2) * fit.distance * (1 + 1e-9)
    certificate = original_by_distance.certify(fit, delta=0.05)
    assert isinstance(certificate, Certificate)
    assert 0 < fit.distance < ball
    wide = distance_fit(net, small, sample, radius=2.0)
    assert wide.distance == ball
    assert isinstance(
        original_by_distance.certify(replace(fit, bits=0), delta=0.05), Certificate
    )


@some
@given(scale=st.floats(1e-30, 1e30))
def test_every_distance_gets_a_margin_that_covers_it(scale: float) -> None:
    net, small, sample = world()
    last = net.layers[-1]
    stretched = Network(
        layers=(*net.layers[:-1], Layer(weight=last.weight * scale, bias=last.bias))
    )
    fit = distance_fit(stretched, small, sample, radius=2.0)
    assert isinstance(original_by_distance.certify(fit, delta=0.05), Certificate)


def test_rows_outside_the_domain_and_other_shapes_are_refused() -> None:
    net, small, sample = world()
    with pytest.raises(ValueError, match="radius must be at least the sample's"):
        distance_fit(net, small, sample, radius=0.5)
    with pytest.raises(ValueError, match="box must hold the sample's values"):
        distance_fit(net, small, sample, radius=2.0, box=(0.0, 0.5))
    with pytest.raises(ValueError, match="compressed must be 3-5-4-3 as well"):
        ball_distance(net, scalar(1), radius=1.0)
    huge = Network(
        layers=tuple(Layer(weight=a.weight * 1e30, bias=a.bias) for a in net.layers)
    )
    with pytest.raises(ValueError, match="the distance must lie below"):
        distance_fit(huge, small, sample, radius=2.0)
