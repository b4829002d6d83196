"""Circulant and Toeplitz blocks: means along diagonals, and how many are stored."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import BlockCirculant, BlockToeplitz
from nonvacuous.compression.circulant import _pattern, _stored
from nonvacuous.nets import Layer, Network
from nonvacuous.structures import Diagonals
from nonvacuous.structures._tied import gathered

exactly = settings(derandomize=True, max_examples=40, deadline=None)
shapes = st.tuples(st.integers(1, 14), st.integers(1, 14))


def net_of(weight):
    return Network(layers=(Layer(weight=np.array(weight, float), bias=None),))


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32) * 1.0


def test_a_4_by_4_matrix_becomes_the_circulant_of_its_diagonals_means():
    weight = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]
    small = BlockCirculant(keep=0.25).apply(net_of(weight)).layers[0]
    assert small.structure.pattern == Diagonals(block=4, wrap=True)
    # (1 + 6 + 11 + 16) / 4, (5 + 10 + 15 + 4) / 4, (9 + 14 + 3 + 8) / 4, ...
    a, b, c, d = 8.5, 8.5, 8.5, 8.5
    assert small.structure.values.tolist() == [a, b, c, d]
    weight[1][0] += 4
    small = BlockCirculant(keep=0.25).apply(net_of(weight)).layers[0]
    b += 1
    wanted = [[a, d, c, b], [b, a, d, c], [c, b, a, d], [d, c, b, a]]
    assert small.weight.tolist() == wanted


def test_a_3_by_3_matrix_becomes_the_toeplitz_matrix_of_its_diagonals_means():
    weight = [[1, 2, 3], [4, 5, 6], [7, 8, 0]]
    small = BlockToeplitz(keep=0.6).apply(net_of(weight)).layers[0]
    assert small.structure.pattern == Diagonals(block=3, wrap=False)
    assert small.structure.values.tolist() == [3, 4, 2, 6, 7]
    assert small.weight.tolist() == [[2, 4, 3], [6, 2, 4], [7, 6, 2]]


def diagonals(shape, p, wrap):
    """The entries of every diagonal of every block, by a loop over entries."""
    found = {}
    for i in range(shape[0]):
        for j in range(shape[1]):
            step = (i % p - j % p) % p if wrap else i % p - j % p
            found.setdefault((i // p, j // p, step), []).append((i, j))
    return list(found.values())


@pytest.mark.parametrize("wrap", [True, False])
@exactly
@given(seed=st.integers(0, 10**6), shape=shapes, keep=st.floats(0.1, 0.9))
def test_every_weight_is_the_mean_of_its_diagonal(wrap, seed, shape, keep):
    weight = normal(seed, *shape)
    make = BlockCirculant if wrap else BlockToeplitz
    small = make(keep=keep).apply(net_of(weight)).layers[0]
    if small.structure is None:
        assert (small.weight == weight).all()
        return
    groups = diagonals(shape, small.structure.pattern.block, wrap)
    assert small.kept == len(groups) < weight.size
    for group in groups:
        mean = sum(weight[i, j] for i, j in group) / len(group)
        for i, j in group:
            assert small.weight[i, j] == pytest.approx(mean, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("make", [BlockCirculant, BlockToeplitz])
@exactly
@given(seed=st.integers(0, 10**6), shape=shapes, keep=st.floats(0.1, 0.9))
def test_what_is_left_is_orthogonal_to_all_such_matrices(make, seed, shape, keep):
    weight = normal(seed, *shape)
    small = make(keep=keep).apply(net_of(weight)).layers[0]
    if small.structure is not None:
        pattern = small.structure.pattern
        sums, _ = gathered(pattern, weight - small.weight, layer=0)
        assert np.abs(sums).max() < 1e-5


@pytest.mark.parametrize("make", [BlockCirculant, BlockToeplitz])
def test_a_matrix_that_has_such_blocks_comes_back_bit_for_bit(make):
    once = make(keep=0.3).apply(net_of(normal(0, 17, 23)))
    weight = once.layers[0].weight
    again = make(keep=0.3).apply(net_of(weight)).layers[0]
    assert again.structure is not None
    assert (again.weight == weight).all()


@pytest.mark.parametrize("wrap", [True, False])
@exactly
@given(shape=shapes)
def test_the_count_of_stored_diagonals_is_that_of_a_loop(wrap, shape):
    sizes = np.arange(1, max(shape) + 1)
    wanted = [len(diagonals(shape, p, wrap)) for p in sizes.tolist()]
    assert _stored(sizes, shape, wrap).tolist() == wanted
    if wrap:
        assert min(wanted) == max(shape)
    else:
        assert min(wanted) == sum(shape) - 1


@pytest.mark.parametrize("wrap", [True, False])
@exactly
@given(shape=shapes, keep=st.floats(0.01, 1))
def test_the_block_is_the_one_nearest_below_the_budget(wrap, shape, keep):
    entries = shape[0] * shape[1]
    numbers = max(1, int(keep * entries))
    options = {}
    for p in range(1, max(shape) + 1):
        if Diagonals(block=p, wrap=wrap).size(shape) <= entries:
            options.setdefault(len(diagonals(shape, p, wrap)), p)
    within = [n for n in options if n <= numbers]
    best = max(within) if within else min([*options, entries])
    found = _pattern(shape, numbers, wrap)
    assert len(diagonals(shape, found.block, wrap)) == best
    assert found.block == options[best]


def test_half_a_share_takes_blocks_of_two_and_a_small_one_the_fewest_numbers():
    net = net_of(normal(0, 10, 40))
    half = BlockCirculant(keep=0.5).apply(net)
    assert half.layers[0].structure.pattern.block == 2
    assert half.kept == 200
    assert BlockCirculant(keep=0.01).apply(net).kept == 40
    assert BlockToeplitz(keep=0.01).apply(net).kept == 49
