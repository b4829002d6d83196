"""Exact k-means on a line: the best of all partitions, and never beaten by Lloyd."""

import itertools
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression.quantizers._kernels import assign, optimal_levels
from nonvacuous.compression.quantizers._levels import lloyd, nearest, storable

exactly = settings(derandomize=True, max_examples=80, deadline=None)

few = st.lists(st.integers(-6, 6).map(lambda k: k / 4), min_size=1, max_size=6)


def loss(values, book, importance=None):
    squares = ((np.asarray(values)[:, None] - book) ** 2).min(axis=1)
    return float((squares * (1.0 if importance is None else importance)).sum())


def partitions(items):
    """Every way to split a list into non-empty sets."""
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [[items[0]], *rest]
        for i, part in enumerate(rest):
            yield [*rest[:i], [items[0], *part], *rest[i + 1 :]]


def best_of_all(values, levels, importance):
    """The least loss over every partition into at most so many sets."""
    best = inf
    for partition in partitions(list(range(len(values)))):
        if len(partition) <= levels:
            cost = 0.0
            for part in partition:
                v, h = np.take(values, part), np.take(importance, part)
                cost += (h * (v - np.average(v, weights=h)) ** 2).sum()
            best = min(best, cost)
    return best


@exactly
@given(values=few, levels=st.integers(1, 5), seed=st.integers(0, 99))
def test_no_partition_is_better(values, levels, seed):
    draw = np.random.default_rng(seed)
    for importance in (np.ones(len(values)), 0.1 + draw.random(len(values))):
        book = optimal_levels(np.array(values), levels, importance)
        assert book.size <= levels
        best = best_of_all(values, levels, importance)
        assert loss(values, book, importance) == pytest.approx(best, abs=1e-12)


def table(values, levels):
    """Losses of the best 1 to `levels` intervals: a slow dynamic programme."""
    v = np.sort(values)

    def cost(s, t):
        return float(((v[s:t] - v[s:t].mean()) ** 2).sum()) if t > s else 0.0

    best = [cost(0, t) for t in range(v.size + 1)]
    found = [best[-1]]
    for _ in range(levels - 1):
        best = [
            min(best[s] + cost(s, t) for s in range(t + 1)) for t in range(v.size + 1)
        ]
        found.append(best[-1])
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_halves_give_what_the_whole_table_gives(seed):
    values = np.random.default_rng(seed).normal(size=40 + seed)
    for levels, wanted in enumerate(table(values, 9), start=1):
        book = optimal_levels(values, levels)
        assert loss(values, book) == pytest.approx(wanted, rel=1e-10)


@exactly
@given(seed=st.integers(0, 10**6), levels=st.integers(1, 12), linear=st.booleans())
def test_lloyd_is_never_below_the_optimum(seed, levels, linear):
    values = np.random.default_rng(seed).standard_t(3, size=60)
    if linear:
        start = np.linspace(values.min(), values.max(), levels)
    else:
        start = np.sort(values)[:levels]
    reached = loss(values, lloyd(values, start, rounds=50))
    assert reached >= loss(values, optimal_levels(values, levels)) * (1 - 1e-12)


def test_lloyd_can_stay_above_the_optimum():
    values = np.array([0.0, 1.0, 10.0, 11.0, 50.0, 51.0])
    start = np.array([5.0, 50.0, 51.0])
    assert loss(values, lloyd(values, start)) == 101
    assert optimal_levels(values, 3).tolist() == [0.5, 10.5, 50.5]


def test_values_known_by_hand():
    values = np.array([5.0, 1.0, 2.0, 6.0, 1.0])
    assert optimal_levels(values, 1).tolist() == [3.0]
    assert optimal_levels(values, 2) == pytest.approx([4 / 3, 5.5], rel=1e-15)
    assert optimal_levels(values, 4).tolist() == [1.0, 2.0, 5.0, 6.0]
    assert optimal_levels(values, 9).tolist() == [1.0, 2.0, 5.0, 6.0]


def test_weights_count_as_copies_do():
    values, copies = np.array([0.0, 1.0, 4.0, 9.0, 9.5]), np.array([3, 1, 2, 5, 1])
    for levels in (1, 2, 3, 4):
        once = optimal_levels(values, levels, copies.astype(float))
        assert once == pytest.approx(optimal_levels(np.repeat(values, copies), levels))


def test_what_has_no_weight_moves_no_level():
    values, importance = np.array([0.0, 1.0, 7.0, 100.0]), np.array([1.0, 1, 1, 0])
    assert optimal_levels(values, 2, importance).tolist() == [0.5, 7.0]


@exactly
@given(
    seed=st.integers(0, 10**6),
    exponent=st.sampled_from([-900, -60, 0, 60, 1000]),
    levels=st.integers(1, 6),
)
def test_levels_scale_with_the_values_however_large(seed, exponent, levels):
    values = np.random.default_rng(seed).normal(size=30)
    scaled = optimal_levels(np.ldexp(values, exponent), levels)
    assert (scaled == np.ldexp(optimal_levels(values, levels), exponent)).all()


def test_values_far_from_zero_lose_no_digits():
    book = optimal_levels(1e6 + np.array([0.0, 1e-3, 1.0, 1.001]), 2)
    assert book - 1e6 == pytest.approx([5e-4, 1.0005], abs=1e-9)


@exactly
@given(seed=st.integers(0, 10**6), levels=st.integers(1, 6))
def test_assignments_are_the_least_of_distortion_and_price(seed, levels):
    draw = np.random.default_rng(seed)
    values, importance = draw.normal(size=25), draw.random(25)
    book, price = np.sort(draw.normal(size=levels)), draw.random(levels)
    costs = importance[:, None] * (values[:, None] - book) ** 2 + price
    wanted = costs.argmin(axis=1)
    assert assign(values, importance, book, price).tolist() == wanted.tolist()


def test_levels_that_nobody_is_near_stay_where_they_are():
    book = lloyd(np.array([0.0, 0.2, 9.8, 10.0]), np.array([0.0, 5.0, 10.0]))
    assert book.tolist() == pytest.approx([0.1, 5.0, 9.9])


@exactly
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_stored_levels_are_sorted_float16_numbers_other_than_zero(values):
    book = storable(np.sort(np.array([*values, -1e-9, 0.0, 1e-9])))
    assert (book != 0).all()
    assert (np.diff(book) >= 0).all()
    assert (book.astype(np.float16).astype(float) == book).all()


def test_the_nearest_level_is_the_nearest():
    book = np.array([-1.0, 0.5, 2.0])
    values = np.array([-9.0, -0.3, -0.2, 1.2, 1.3])
    slow = [min(book, key=lambda c: abs(c - v)) for v in values]
    assert nearest(values, book).tolist() == slow
    assert list(itertools.chain(nearest(np.array([1.25]), book))) == [0.5]
