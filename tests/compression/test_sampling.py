"""The sampling engine: least draws, shares, and what rounding may not do."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import sampling
from nonvacuous.compression.sampling import chunks, draws_for, probabilities, sample

exactly = settings(derandomize=True, max_examples=60, deadline=None)
seeds = st.integers(0, 10**6)


def stream(seed=0):
    return np.random.Generator(np.random.Philox(key=[seed, 0]))


def shares(seed, decades):
    """Rows of probabilities that spread over some powers of ten, with zeros."""
    rng = np.random.default_rng(seed)
    rows, edges = rng.integers(1, 6), rng.integers(1, 40)
    scores = 10.0 ** -rng.uniform(0, decades, (rows, edges))
    return probabilities(scores * (rng.random((rows, edges)) < 0.9))


def distinct(q, m):
    """Expected number of distinct edges, from the definition."""
    return math.fsum(
        -math.expm1(m * math.log1p(-p)) if p < 1 else min(m, 1.0) for p in q
    )


def test_probabilities_are_shares_of_a_row():
    scores = np.array([[1.0, 3.0, 0.0], [0.0, 0.0, 0.0]], np.float32)
    found = probabilities(scores)
    assert found.dtype == np.float64
    assert found.tolist() == [[0.25, 0.75, 0.0], [0.0, 0.0, 0.0]]


# Draws -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("q", "target", "least"),
    [
        ([1.0], 1.0, 1),
        ([0.5, 0.5], 0.0, 0),
        ([0.5, 0.5], 1.0, 1),  # the first draw gives one edge
        ([0.5, 0.5], 1.5, 2),  # 2 (1 - 1/4)
        ([0.5, 0.5], 1.75, 3),  # 2 (1 - 1/8)
        ([0.5, 0.5, 0.0], 1.76, 4),
        ([0.5, 0.25, 0.25], 1.62, 2),  # 3/4 + 7/16 + 7/16 = 1.625
        ([0.5, 0.25, 0.25], 1.63, 3),
        ([0.0, 0.0], 1.0, 0),
    ],
)
def test_least_draws_worked_out_by_hand(q, target, least):
    assert draws_for(np.array([q]), np.array([target])).tolist() == [least]


@pytest.mark.parametrize("edges", [2, 10, 1000])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_equal_chances_have_a_closed_form(edges, share):
    found = draws_for(np.full((1, edges), 1 / edges), np.array([share * edges]))
    exact = math.log1p(-share) / math.log1p(-1 / edges)
    assert found.tolist() == [max(1, math.ceil(exact))]


@exactly
@given(seed=seeds, decades=st.sampled_from([0, 1, 4, 10]), keep=st.floats(0.01, 0.999))
def test_draws_are_enough_and_one_fewer_is_not(seed, decades, keep):
    q = shares(seed, decades)
    target = keep * np.count_nonzero(q, axis=1)
    for row, t, m in zip(q, target, draws_for(q, target), strict=True):
        assert m == math.ceil(m)
        if m <= 2.0**53:
            assert distinct(row, m) >= t * (1 - 1e-9)
        if 1 <= m < 1e9:  # beyond, one draw is less than rounding
            assert distinct(row, m - 1) < t


@exactly
@given(seed=seeds, decades=st.sampled_from([0, 4]), keep=st.floats(0.01, 1.0))
def test_rows_do_not_meet(seed, decades, keep):
    q = shares(seed, decades)
    target = keep * np.count_nonzero(q, axis=1)
    alone = [draws_for(q[i : i + 1], target[i : i + 1])[0] for i in range(len(q))]
    assert draws_for(q, target).tolist() == alone


def test_all_edges_are_taken_for_almost_all():
    q = np.array([[0.5, 0.25, 0.25]])
    m = draws_for(q, np.array([3.0]))[0]
    assert 3 - 1e-8 < distinct(q[0], m) < 3
    assert draws_for(q, np.array([99.0]))[0] == m


@pytest.mark.parametrize("chance", [1e-18, 1e-100, 1e-300])
def test_edges_that_would_never_be_drawn_ask_for_more_than_can_be(chance):
    q = np.array([[1.0, chance], [0.5, 0.5]])
    found = draws_for(q, np.array([2.0, 1.5]))
    assert found[0] > 2.0**53
    assert np.isfinite(found[0])
    assert found[1] == 2


# Samples -----------------------------------------------------------------------------


@exactly
@given(seed=seeds, decades=st.sampled_from([0, 3]), m=st.integers(1, 60))
def test_a_sample_is_counts_over_their_mean_or_the_row_itself(seed, decades, m):
    q = shares(seed, decades)
    weight = np.random.default_rng(seed).normal(size=q.shape)
    found, drawn = sample(weight, q, np.full(len(q), float(m)), stream(seed))
    for row, w, p, kept in zip(found, weight, q, drawn, strict=True):
        assert not row[p == 0].any()
        if kept:
            counts = row[p > 0] / w[p > 0] * p[p > 0] * m
            np.testing.assert_allclose(counts, np.rint(counts), atol=1e-9)
            assert counts.sum() == pytest.approx(m * p.any(), abs=1e-6)
            fewer = np.count_nonzero(row) < np.count_nonzero(p)
            assert fewer or not p.any()
        else:
            assert (row == np.where(p > 0, w, 0)).all()


@exactly
@given(seed=seeds)
def test_a_sample_of_rows_in_chunks_is_the_sample_of_all(seed):
    q = shares(seed, 2)
    weight = np.random.default_rng(seed).normal(size=q.shape)
    asked = np.random.default_rng(seed).integers(0, 30, len(q)).astype(float)
    whole, drawn = sample(weight, q, asked, stream())
    source = stream()
    for i in range(len(q)):
        i = slice(i, i + 1)
        row, m = sample(weight[i], q[i], asked[i], source)
        assert (row == whole[i]).all()
        assert (m == drawn[i]).all()


def test_a_chance_that_rounding_leaves_to_the_last_column_is_not_taken():
    """At 2^53 draws, 1e-12 of them are thousands."""
    q = np.array([[0.75, 0.25, 0.0]])
    found, drawn = sample(np.ones((1, 3)), q, np.array([2.0**53]), stream())
    assert found.tolist() == [[1.0, 1.0, 0.0]]
    assert drawn.tolist() == [0.0]


@pytest.mark.parametrize("edges", [1, 2, 3, 7, 100])
def test_normalised_rows_never_sum_above_one(edges):
    q = probabilities(np.random.default_rng(edges).random((50, edges)))
    for row in sampling._normalised(q):
        total = sum(map(Fraction, row.tolist()))
        assert 1 - Fraction(2, 10**12) < total < 1


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (1, 10**6), (700, 784), (5, 0)])
def test_chunks_are_all_rows_in_order(rows, columns):
    matrix = np.broadcast_to(0.0, (rows, columns))
    found = [i for s in chunks(matrix) for i in range(rows)[s]]
    assert found == list(range(rows))
    for s in chunks(matrix):
        assert len(range(rows)[s]) * columns <= max(sampling._ENTRIES, columns)
