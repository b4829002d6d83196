"""Overlap: the same rows, and rows of equal contents."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.data import (
    Role,
    check_disjoint,
    equal_contents,
    make_sample,
    same_rows,
)


def sample(x, y=None, role=Role.TRAIN, source="a"):
    x = np.asarray(x, np.float32).reshape(len(x), -1)
    return make_sample(x, [0] * len(x) if y is None else y, role=role, source=source)


def test_rows_are_the_same_when_source_and_number_are():
    whole = sample(range(5))
    assert same_rows(whole.take([0, 1, 2]), whole.take([2, 3, 1])) == 2
    assert same_rows(whole.take([0, 1]), whole.take([2, 3])) == 0
    assert same_rows(whole, sample(range(5), source="b")) == 0


def test_contents_are_pixels_and_label():
    a = sample([1, 2, 3], [0, 0, 0])
    assert equal_contents(a, sample([1, 2, 4], [0, 1, 0], source="b")) == 1


def test_a_row_that_repeats_in_the_second_counts_each_time():
    assert equal_contents(sample([1]), sample([1, 1, 2], source="b")) == 2
    assert equal_contents(sample([1, 1, 2]), sample([1], source="b")) == 1


def test_minus_zero_is_zero():
    assert equal_contents(sample([0.0]), sample([-0.0], source="b")) == 1


def test_shape_and_precision_do_not_hide_equal_pixels():
    a = make_sample(np.ones((2, 2, 3), np.float32), [0, 1], role=Role.TRAIN)
    b = make_sample(np.ones((2, 6), np.float64), [0, 1], role=Role.HOLDOUT)
    assert equal_contents(a, b) == 2


def test_rows_of_other_sizes_are_never_equal():
    assert equal_contents(sample([[1, 1]]), sample([[1, 1, 1]], source="b")) == 0


values = st.lists(st.tuples(st.sampled_from([0.0, -0.0, 1.0]), st.integers(0, 1)))


@settings(derandomize=True)
@given(values.filter(len), values.filter(len))
def test_counts_agree_with_comparing_every_pair(a, b):
    naive = sum(any(row == other for other in a) for row in b)
    one = sample([x for x, _ in a], [y for _, y in a])
    two = sample([x for x, _ in b], [y for _, y in b], source="b")
    assert equal_contents(one, two) == naive


def test_blocks_do_not_change_the_count():
    a = sample(range(2500))
    assert equal_contents(a, sample(range(2000, 3100), source="b")) == 500


def test_a_shared_row_is_refused():
    whole = sample(range(5))
    with pytest.raises(ValueError, match="share no row with train, but 1 of its 2"):
        check_disjoint(whole.take([0, 1]), whole.take([1, 2], Role.HOLDOUT))


def test_a_few_equal_rows_are_counted_and_refused_when_asked():
    train, holdout = sample(range(5)), sample([3, 4, 5, 6], source="b")
    assert check_disjoint(train, holdout) == 2
    with pytest.raises(ValueError, match="unseen, but 2 of its 4 rows"):
        check_disjoint(train, holdout, refuse_duplicates=True)


def test_a_hold_out_that_mostly_lies_in_train_is_refused():
    train, holdout = sample(range(5)), sample([2, 3, 4, 5, 6], source="b")
    with pytest.raises(ValueError, match="unseen, but 3 of its 5 rows"):
        check_disjoint(train, holdout)


def test_disjoint_samples_pass_either_way():
    train, holdout = sample([1]), sample([2], source="b")
    assert check_disjoint(train, holdout, refuse_duplicates=True) == 0
