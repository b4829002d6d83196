"""A user's .npz: what it gives, and everything that it is refused for."""

import io
import pickle
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nonvacuous.data import Role, check_disjoint, load
from nonvacuous.data._npz import NPZ_LIMIT

X = np.arange(12, dtype=np.uint8).reshape(4, 3)
Y = np.array([0, 1, 2, 1])
FULL = {"x_train": X, "y_train": Y, "x_test": X[:2], "y_test": Y[:2]}


@pytest.fixture
def save(tmp_path):
    def saved(name="data.npz", **arrays):
        np.savez_compressed(tmp_path / name, **arrays)
        return tmp_path / name

    return saved


@pytest.fixture
def zipped(tmp_path):
    """A zip of raw members."""

    def saved(compression=zipfile.ZIP_DEFLATED, **members):
        path = tmp_path / "data.npz"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for key, data in members.items():
                archive.writestr(f"{key}.npy", data)
        return path

    return saved


def npy(array):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def header(shape, dtype="|u1"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


def refused(path, sentence, **options):
    """Refused with a sentence that begins with the file's path."""
    with pytest.raises(ValueError, match=re.escape(sentence)) as raised:
        load(path, **options)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_both_pairs_become_two_samples_that_are_not_scaled(save):
    data = load(save(**FULL))
    assert data.train.x.dtype == np.float32
    assert data.train.x.tolist() == X.tolist()
    assert data.test.y.tolist() == [0, 1]
    assert (data.train.role, data.test.role) == (Role.TRAIN, Role.HOLDOUT)
    assert data.classes == 3


def test_a_missing_pair_is_none(save):
    data = load(str(save(x_test=X, y_test=Y)))
    assert data.train is None
    assert data.test.role is Role.HOLDOUT


def test_float64_stays_float64_whatever_its_layout(save):
    x = np.asfortranarray(X.astype(">f8") / 3)
    data = load(save(x_train=x, y_train=Y))
    assert data.train.x.dtype == np.float64
    assert data.train.x.dtype.isnative
    assert np.array_equal(data.train.x, x)


def test_there_are_at_least_two_classes(save):
    assert load(save(x_train=X, y_train=0 * Y)).classes == 2


def test_other_arrays_are_not_read(save):
    names = np.array(["cat", None], dtype=object)
    assert load(save(**FULL, names=names)).classes == 3


@pytest.mark.parametrize("half", ["x_train", "y_train", "x_test", "y_test"])
def test_half_a_pair_is_refused_by_name(save, half):
    arrays = {key: value for key, value in FULL.items() if key != half}
    refused(save(**arrays), f"has no {half}")


def test_half_of_a_bare_pair_is_refused(save):
    refused(save(x=X), "has no y", role="train")


def test_bare_arrays_without_a_role_are_refused(save):
    refused(save(x=X, y=Y), "pass --role train|holdout")


@pytest.mark.parametrize("role", ["train", "holdout", Role.HOLDOUT], ids=repr)
def test_bare_arrays_have_the_role_they_are_given(save, role):
    data = load(save(x=X, y=Y), role=role)
    kept, other = data.train, data.test
    if role == "holdout":
        kept, other = other, kept
    assert (kept.role, other) == (role, None)


def test_bare_and_named_arrays_together_are_refused(save):
    refused(save(x=X, y=Y, **FULL), "got both", role="train")


def test_a_file_without_a_known_array_is_refused_with_what_it_has(save):
    refused(save(images=X, labels=Y), "got images, labels")
    refused(save(), "got nothing")


def test_one_file_in_two_roles_is_the_same_rows(save):
    path = save(x=X, y=Y)
    one, two = load(path, role="train").train, load(path, role="holdout").test
    with pytest.raises(ValueError, match="share no row with train, but 4 of its 4"):
        check_disjoint(one, two)


def test_two_files_of_one_name_are_two_sources(save, tmp_path):
    (tmp_path / "b").mkdir()
    one = load(save(x=X, y=Y), role="train").train
    two = load(save("b/data.npz", x=X + 100, y=Y), role="holdout").test
    assert check_disjoint(one, two) == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x_train": np.full((4, 3), np.nan)}, "x must be finite, got 12 values"),
        ({"x_test": np.full((2, 3), np.inf)}, "(x_test, y_test): x must be finite"),
        ({"x_train": X[:0], "y_train": Y[:0]}, "the sample is empty"),
        ({"y_train": Y[:3]}, "y must have shape (4,)"),
        ({"y_train": Y.astype(float)}, "y must be an array of integers, got float64"),
        ({"y_test": Y[:2] - 1}, "y must be at least 0, got -1"),
        ({"x_train": X.astype(str)}, "x_train.npy holds <U"),
        ({"x_train": X.astype(complex)}, "x_train.npy holds complex128"),
        ({"x_train": X.astype(np.longdouble)}, "x must hold integers or floats"),
        ({"x_train": np.zeros(4, [("a", "f4")])}, "x_train.npy holds [('a', '<f4')]"),
    ],
)
def test_arrays_that_are_no_sample_are_refused(save, changes, sentence):
    refused(save(**{**FULL, **changes}), sentence)


def test_rows_of_two_shapes_are_refused(save):
    refused(save(**{**FULL, "x_test": X[:2, :2]}), "rows of train's shape (3,)")


def test_an_array_of_objects_is_refused(save):
    refused(save(x_train=X.astype(object), y_train=Y), "holds pickled objects")


class Bomb:
    """Unpickling it writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_code_in_a_pickle_is_never_run(tmp_path, zipped, save):
    mark = tmp_path / "touched"
    code = pickle.dumps(Bomb(mark))
    pickle.loads(code)
    assert mark.exists()  # the bomb works
    mark.unlink()

    bombs = np.array([[Bomb(mark)]], dtype=object)
    refused(save(x_train=bombs, y_train=Y[:1]), "holds pickled objects")
    refused(zipped(x_train=code, y_train=npy(Y)), "must be a whole .npz file")
    lie = header((4, 3)) + code
    refused(zipped(x_train=lie, y_train=npy(Y)), "x_train.npy of shape (4, 3)")
    bare = tmp_path / "bare.npz"
    bare.write_bytes(code)
    refused(bare, "must be a whole .npz file")
    assert not mark.exists()


def test_a_huge_declaration_is_refused_before_anything_is_read(zipped):
    path = zipped(x_train=header((2**20, 2**20)), y_train=npy(Y))
    refused(path, f"needs {2**40} bytes and has 0")


def test_arrays_that_are_too_large_together_are_refused(zipped):
    """A zip whose own table tells the same lie as the headers."""
    rows = 5 * 2**29
    path = zipped(x_train=header((rows,)), y_train=header((rows,)))
    data, at = bytearray(path.read_bytes()), 0
    for _ in range(2):
        at = data.index(b"PK\x01\x02", at + 1)
        data[at + 24 : at + 28] = struct.pack("<I", rows + len(header((rows,))))
    path.write_bytes(data)
    refused(path, f"must declare at most {NPZ_LIMIT} bytes, got {2 * rows}")


def test_a_header_of_any_length_is_not_read_whole(zipped):
    member = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**26) + b" " * 2**26
    refused(zipped(x_train=member, y_train=npy(Y)), "must be a whole .npz file")


def test_a_compression_that_cannot_be_read_in_steps_is_refused(zipped):
    path = zipped(zipfile.ZIP_BZIP2, x_train=npy(X), y_train=npy(Y))
    refused(path, "must be stored or deflated, but x_train.npy has zip compression 12")


def test_more_or_fewer_bytes_than_declared_are_refused(zipped):
    for data in (npy(X) + b"\0", npy(X)[:-1]):
        refused(zipped(x_train=data, y_train=npy(Y)), "must hold what it declares")


def test_a_negative_size_is_refused(zipped):
    path = zipped(x_train=header((-4, -3)) + bytes(12), y_train=npy(Y))
    refused(path, "x_train.npy of shape (-4, -3)")


def test_an_array_that_is_there_twice_is_refused(zipped):
    path = zipped(x_train=npy(X), y_train=npy(Y))
    with (
        zipfile.ZipFile(path, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("x_train.npy", npy(X + 1))
    refused(path, "got two of 'x_train'")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "folder.npz").mkdir()
    for name in ("none.npz", "folder.npz"):
        with pytest.raises(FileNotFoundError, match=f"exists, got '.*{name}'"):
            load(tmp_path / name)


def test_a_zip_that_is_cut_anywhere_is_refused(save, tmp_path):
    data = save(**FULL).read_bytes()
    path = tmp_path / "cut.npz"
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        refused(path, "must")


def outcome(path):
    try:
        return load(path).train.digest
    except ValueError as error:
        return str(error)


def test_a_flipped_byte_gives_the_same_arrays_or_a_sentence(save, tmp_path):
    path = save(x_train=X, y_train=Y)
    data, digest = path.read_bytes(), outcome(path)
    path = tmp_path / "flipped.npz"
    for place in range(len(data)):
        changed = bytes([data[place] ^ 0xFF])
        path.write_bytes(data[:place] + changed + data[place + 1 :])
        said = outcome(path)
        assert said == digest or said.startswith(str(path))


def test_a_wrong_checksum_is_refused(zipped):
    path = zipped(zipfile.ZIP_STORED, x_train=npy(X), y_train=npy(Y))
    good = npy(X)
    path.write_bytes(path.read_bytes().replace(good, good[:-1] + b"\xff", 1))
    refused(path, "Bad CRC-32 for file 'x_train.npy'")
