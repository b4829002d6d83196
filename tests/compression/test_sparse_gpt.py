"""SparseGPT against the pass over columns with an explicit inverse for each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import Rows, SparseGPT
from nonvacuous.compression.second_order._sparse_gpt import prune_columns

exactly = settings(derandomize=True, max_examples=30, deadline=None)


def problem(seed, outputs, inputs):
    rng = np.random.default_rng(seed)
    a = np.maximum(rng.normal(size=(4 * inputs, inputs)), -0.3)
    return rng.normal(size=(outputs, inputs)), a.T @ a / len(a) + 0.01 * np.eye(inputs)


def naive(weight, h, count, block):
    """Column by column: the inverse of the columns that are left, from scratch."""
    w, kept = weight.copy(), np.zeros(weight.shape, dtype=bool)
    inputs = w.shape[1]
    inverses = [np.linalg.inv(h[j:, j:]) for j in range(inputs)]
    for j in range(inputs):
        if j % block == 0:  # the mask of the block, by the weights as they are now
            stop = min(inputs, j + block)
            wanted = round(count * stop / inputs) - round(count * j / inputs)
            cells = [(i, k) for i in range(len(w)) for k in range(j, stop)]
            cells = [c for c in cells if weight[c] != 0]
            cells.sort(key=lambda c: (-(w[c] ** 2) / inverses[c[1]][0, 0], c))
            for cell in cells[:wanted]:
                kept[cell] = True
        for i in range(len(w)):
            if not kept[i, j]:
                w[i, j:] -= w[i, j] / inverses[j][0, 0] * inverses[j][:, 0]
                w[i, j] = 0
    return w


def test_two_inputs_by_hand():
    h = np.array([[2.0, 1.0], [1.0, 2.0]])
    # scores 1 / (2/3) and 1 / (1/2): the first goes, the second takes half of it
    found = prune_columns(np.ones((1, 2)), h, 1, 2)
    assert found == pytest.approx(np.array([[0, 1.5]]))


@exactly
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(1, 33),
    block=st.sampled_from([1, 2, 4, 11, 50]),
)
def test_the_pass_is_the_naive_pass(seed, count, block):
    weight, h = problem(seed, 3, 11)
    weight[0, 4] = weight[2, 10] = 0
    found = prune_columns(weight, h, count, block)
    assert found == pytest.approx(naive(weight, h, count, block), rel=1e-7, abs=1e-9)
    assert np.count_nonzero(found) <= count


def test_every_block_keeps_the_same_share():
    weight, h = problem(1, 10, 12)
    found = prune_columns(weight, h, 36, 4)
    assert [np.count_nonzero(found[:, k : k + 4]) for k in (0, 4, 8)] == [12, 12, 12]


def test_inputs_that_do_not_correlate_leave_what_is_kept_as_it_is():
    weight, _ = problem(2, 4, 6)
    d = np.array([1.0, 4.0, 0.5, 2.0, 1.0, 3.0])
    found = prune_columns(weight, np.diag(d), 10, 6)
    threshold = np.sort(weight**2 * d, axis=None)[-10]
    assert found == pytest.approx(np.where(weight**2 * d >= threshold, weight, 0))


@pytest.mark.parametrize("block", [0, -3])
def test_a_block_without_columns_is_refused(block):
    rows = Rows(np.ones((1, 2)), np.zeros(1, dtype=np.int64), "any")
    with pytest.raises(ValueError, match="block must be at least 1, got"):
        SparseGPT(rows=rows, keep=0.5, block=block)
