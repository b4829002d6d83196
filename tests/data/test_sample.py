"""Samples: what they accept, what they refuse, and that nobody can change them."""

import dataclasses
import hashlib
import struct

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.data import Role, Sample, make_sample

X = np.arange(12, dtype=np.float32).reshape(4, 3)
Y = np.array([0, 1, 2, 1])


def sample(x=X, y=Y, role=Role.TRAIN, source="here"):
    return make_sample(x, y, role=role, source=source)


def test_the_four_roles_are_the_words_that_reports_print():
    assert [str(role) for role in Role] == ["prior", "train", "bound", "holdout"]


def test_rows_are_numbered_from_zero_unless_told():
    assert sample().index.tolist() == [0, 1, 2, 3]


def test_the_repr_says_where_rows_come_from_and_what_they_are_for():
    assert repr(sample()) == (
        "Sample(source='here', role='train', rows=4, features=(3,))"
    )


def test_the_digest_is_pinned():
    digest = "dbc8da968f496f16a3c40c6e699ac14cc88e97005c64c03611155a202143672f"
    plain = (
        b"nonvacuous sample 1\n<f4 (4, 3)\n"
        + struct.pack("<12f", *range(12))
        + b"<i8 (4,)\n"
        + struct.pack("<4q", 0, 1, 2, 1)
    )
    assert hashlib.sha256(plain).hexdigest() == digest
    assert sample().digest == digest


def test_the_digest_sees_shape_dtype_pixels_and_labels_and_nothing_else():
    flat = sample().digest
    assert sample(x=X.reshape(4, 3, 1)).digest != flat
    assert sample(x=X.astype(np.float64)).digest != flat
    assert sample(x=X + np.float32(1)).digest != flat
    assert sample(y=Y + 1).digest != flat
    assert sample(role=Role.HOLDOUT, source="there").digest == flat


def test_the_digest_ignores_byte_order_and_memory_order():
    assert sample(x=X.astype(">f4"), y=Y.astype(">i4")).digest == sample().digest
    assert sample(x=np.asfortranarray(X)).digest == sample().digest


def test_arrays_are_contiguous_native_and_read_only():
    made = sample(x=np.asfortranarray(X.astype(">f8")), y=Y.astype(np.uint8))
    for array in (made.x, made.y, made.index):
        assert array.flags.c_contiguous
        assert array.dtype.isnative
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert made.y.dtype == np.int64


def test_fields_cannot_be_assigned():
    with pytest.raises(dataclasses.FrozenInstanceError):
        sample().role = Role.HOLDOUT


def test_writing_to_the_callers_array_does_not_change_the_sample():
    x, y = X.copy(), Y.copy()
    made = sample(x, y)
    x[:], y[:] = 7, 7
    assert np.array_equal(made.x, X)
    assert np.array_equal(made.y, Y)
    x[0] = 8  # the caller's array stayed writeable


def test_a_read_only_view_of_a_writeable_array_is_copied():
    x = X.copy()
    view = x[:]
    view.flags.writeable = False
    made = Sample(x=view, y=Y, role=Role.TRAIN, source="here")
    x[:] = 7
    assert np.array_equal(made.x, X)


def test_an_array_that_nobody_can_write_to_is_not_copied():
    x = X.copy()
    x.flags.writeable = False
    made = Sample(x=x, y=Y, role=Role.TRAIN, source="here")
    assert np.shares_memory(made.x, x)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("bool", "f4"),
        ("u1", "f4"),
        ("i1", "f4"),
        ("u2", "f4"),
        ("i2", "f4"),
        ("f2", "f4"),
        ("f4", "f4"),
        ("i4", "f8"),
        ("u4", "f8"),
        ("i8", "f8"),
        ("u8", "f8"),
        ("f8", "f8"),
    ],
)
def test_pixels_become_floats_without_losing_anything(dtype, kept):
    info = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else None
    ends = [0, 1] if info is None else [max(info.min, -(2**53)), min(info.max, 2**53)]
    x = np.array([ends, ends]).astype(dtype)
    made = sample(x=x, y=Y[:2])
    assert made.x.dtype == kept
    assert [[int(v) for v in row] for row in made.x] == [[int(v) for v in x[0]]] * 2


def test_an_integer_without_an_exact_float_is_refused():
    with pytest.raises(ValueError, match=f"up to 2\\*\\*53, got {2**53 + 1}"):
        sample(x=np.full((4, 1), 2**53 + 1))


def test_torch_tensors_and_lists_are_accepted():
    assert sample(torch.tensor(X), torch.tensor(Y)).digest == sample().digest
    assert sample([[1.5], [2.5]], [0, 1]).x.tolist() == [[1.5], [2.5]]


def test_bool_labels_are_classes_zero_and_one():
    assert sample(y=[True, False, True, True]).y.tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize(
    "x",
    [
        X.astype(object),
        X.astype(complex),
        X.astype(str),
        X.astype(np.longdouble),
        X.astype("M8[s]"),
        np.ma.masked_array(X),
        [[1.0], [1.0, 2.0]],
        torch.zeros(4, 2, requires_grad=True),
        torch.zeros(4, 2, dtype=torch.bfloat16),
        None,
    ],
    ids=lambda x: str(getattr(x, "dtype", type(x).__name__)),
)
def test_pixels_of_another_kind_are_refused_by_name(x):
    with pytest.raises(TypeError, match=r"^x must "):
        sample(x=x)


@pytest.mark.parametrize("y", [Y.astype(float), Y.astype(str), Y.astype(object)])
def test_labels_of_another_kind_are_refused_even_when_whole(y):
    with pytest.raises(TypeError, match=r"^y must be an array of integers"):
        sample(y=y)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_pixel_that_is_not_finite_is_refused(bad):
    x = X.copy()
    x[1, 1] = bad
    with pytest.raises(ValueError, match="x must be finite, got 1 values"):
        sample(x=x)


@pytest.mark.parametrize("shape", [(0, 3), (0, 0), (4, 0)])
def test_an_empty_sample_is_refused(shape):
    with pytest.raises(ValueError, match="the sample is empty"):
        sample(x=np.zeros(shape), y=np.zeros(shape[0], int))


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        (X[:3], Y, r"y must have shape \(3,\), one for each row of x, got \(4,\)"),
        (X, Y[:, None], r"y must have shape \(4,\)"),
        (X, np.int64(3), r"y must have shape \(4,\)"),
        (X[:, 0], Y, r"x must have shape \(n, ...\), got \(4,\)"),
        (X, Y - 1, "y must be at least 0, got -1"),
        (X, np.full(4, 2**63, np.uint64), r"y must be below 2\*\*63"),
    ],
)
def test_shapes_and_labels_that_do_not_fit_are_refused(x, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        sample(x=x, y=y)


def test_a_role_must_be_a_role_and_a_source_a_name():
    with pytest.raises(TypeError, match="role must be a Role, got 'train'"):
        sample(role="train")
    with pytest.raises(TypeError, match="source must be a string"):
        sample(source=None)
    with pytest.raises(ValueError, match="source must be a name"):
        sample(source="")


def test_taken_rows_keep_their_numbers_and_their_source():
    taken = sample().take([3, 1], Role.BOUND).take(np.array([False, True]))
    assert taken.index.tolist() == [1]
    assert taken.x.tolist() == [X[1].tolist()]
    assert (taken.role, taken.source) == (Role.BOUND, "here")
    assert sample().take(slice(1, None)).index.tolist() == [1, 2, 3]


def test_a_sample_can_be_given_another_role():
    changed = dataclasses.replace(sample().take([2, 0]), role=Role.PRIOR)
    assert changed.role is Role.PRIOR
    assert changed.index.tolist() == [2, 0]


@pytest.mark.parametrize("rows", [[4], [-5], [0.5], np.array([True] * 3)])
def test_rows_outside_the_sample_are_refused(rows):
    with pytest.raises(ValueError, match="rows must be positions in a sample of 4"):
        sample().take(rows)


def test_a_row_taken_twice_is_refused():
    with pytest.raises(ValueError, match="index must name each row once, got 1 repeat"):
        sample().take([1, 2, 1])


def test_taking_nothing_is_refused():
    with pytest.raises(ValueError, match="the sample is empty"):
        sample().take([])


@settings(derandomize=True)
@given(st.permutations(range(4)))
def test_a_permutation_and_its_inverse_give_the_same_digest(order):
    there = sample().take(order)
    assert there.take(np.argsort(order)).digest == sample().digest


def test_a_domain_holds_every_value_and_goes_with_the_rows() -> None:
    x, y = np.array([[0.0, 0.5], [1.0, 0.25]]), np.array([0, 1])
    known = Sample(x=x, y=y, role=Role.TRAIN, source="a", domain=(0.0, 1.0))
    assert known.take([1]).domain == (0.0, 1.0)
    with pytest.raises(ValueError, match=r"^domain must hold every value, 0\.0 to 1"):
        Sample(x=x, y=y, role=Role.TRAIN, source="a", domain=(0.0, 0.75))
