"""A data set in a user's .npz file, which is not trusted."""

import io
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.data._dataset import Dataset
from nonvacuous.data._files import file_digest
from nonvacuous.data._sample import Role, Sample, make_sample

__all__ = ["NPZ_LIMIT", "load_npz"]

NPZ_LIMIT = 4 * 2**30  # bytes that the arrays may declare together
_HEADER_LIMIT = 2**14  # bytes of an array's header; numpy itself stops at 10,000

_PAIRS = {Role.TRAIN: ("x_train", "y_train"), Role.HOLDOUT: ("x_test", "y_test")}
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    OverflowError,
    IndexError,
    TypeError,
    ValueError,
)


def load_npz(
    path: str | os.PathLike[str], *, role: Role | str | None = None
) -> Dataset:
    """The data set in an .npz file, read without ever unpickling.

    The file holds `x_train`, `y_train`, `x_test`, `y_test`, of which one pair may be
    missing, or `x` and `y` alone; other arrays in it are not read.  Pixels are NOT
    scaled: uint8 values 0 to 255 become the floats 0.0 to 255.0, float64 stays float64
    (see `make_sample`).  There are as many classes as the largest label plus 1, and at
    least 2.

    Args:
        path: the file.
        role: "train" or "holdout", the role of a bare `x` and `y`; not used otherwise.

    Returns:
        The data set; a pair that is missing is None.  A source is the file's name and
        digest, so that one file loaded in two roles is seen to be the same rows.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is corrupt, half a pair is there, an array is of objects,
            declares too many bytes or not those it has, `role` is missing or is none
            of the two, or `make_sample` refuses a pair.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"name must be a file that exists, got {str(path)!r}")
    with path.open("rb") as file:
        with _broken(path):
            archive = zipfile.ZipFile(file)
        with archive:
            members = _members(archive, path)
            pairs = _pairs(members, path, role)
            wanted = [key for pair in pairs.values() for key in pair]
            arrays = _read(archive, {key: members[key] for key in wanted}, path)
    stem = f"{path.name}@{file_digest(path)[:16]}"
    samples: dict[Role, Sample] = {}
    for part, (x, y) in pairs.items():
        source = stem if x == "x" else f"{stem}/{x.removeprefix('x_')}"
        try:
            samples[part] = make_sample(arrays[x], arrays[y], role=part, source=source)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} ({x}, {y}): {error}") from error
    try:
        return Dataset(
            name=str(path),
            train=samples.get(Role.TRAIN),
            test=samples.get(Role.HOLDOUT),
            classes=max(2, *(int(sample.y.max()) + 1 for sample in samples.values())),
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The arrays of the file by name.

    Raises:
        ValueError: a name is there twice.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        key = info.filename.removesuffix(".npy")
        if key in members:
            raise ValueError(f"{path} must hold each array once, got two of {key!r}")
        members[key] = info
    return members


def _pairs(
    members: Mapping[str, object], path: Path, role: Role | str | None
) -> dict[Role, tuple[str, str]]:
    """Which arrays to read, and the role of each pair.

    Raises:
        ValueError: the names do not say which, or half a pair is missing.
    """
    named = {part: pair for part, pair in _PAIRS.items() if {*pair} & {*members}}
    if bare := {"x", "y"} & {*members}:
        if named:
            raise ValueError(f"{path} must hold x, y or x_train, ..., got both")
        if role not in tuple(_PAIRS):
            raise ValueError(
                f"{path} holds bare {' and '.join(sorted(bare))}, so that role must be"
                f" 'train' or 'holdout' (pass --role train|holdout), got {role!r}"
            )
        named = {Role(role): ("x", "y")}
    if not named:
        raise ValueError(
            f"{path} must hold x_train, y_train, x_test, y_test or x, y,"
            f" got {', '.join(sorted(members)[:8]) or 'nothing'}"
        )
    for pair in named.values():
        for key in pair:
            if key not in members:
                raise ValueError(f"{path} must hold {' and '.join(pair)}, has no {key}")
    return named


def _read(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], path: Path
) -> dict[str, NDArray[Any]]:
    """The arrays, read once every header was found harmless.

    Raises:
        ValueError: together they declare more than `NPZ_LIMIT` bytes.
    """
    declared = sum(_declared(archive, info, path) for info in members.values())
    if declared > NPZ_LIMIT:
        raise ValueError(
            f"{path} must declare at most {NPZ_LIMIT} bytes, got {declared}"
        )
    arrays: dict[str, NDArray[Any]] = {}
    for key, info in members.items():
        with _broken(path), archive.open(info) as member:
            arrays[key] = np.lib.format.read_array(member, allow_pickle=False)
    return arrays


def _declared(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> int:
    """Bytes of an array by its header, which the zip's own table must confirm.

    The header is parsed from a prefix, since numpy would read one of any length; and
    only deflate is read in bounded steps.

    Raises:
        ValueError: the array is not of numbers, or not of the size it declares.
    """
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError(
            f"{path} must be stored or deflated, but {info.filename} has zip"
            f" compression {info.compress_type}"
        )
    with _broken(path), archive.open(info) as member:
        head = io.BytesIO(member.read(_HEADER_LIMIT))
        version = np.lib.format.read_magic(head)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(head)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(head)
        start = head.tell()
    if dtype.hasobject:
        raise ValueError(
            f"{path} must hold numbers, but {info.filename} holds pickled objects,"
            " which are never loaded"
        )
    if dtype.kind not in "biuf":
        raise ValueError(f"{path} must hold numbers, but {info.filename} holds {dtype}")
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or info.file_size != start + size:
        raise ValueError(
            f"{path} must hold what it declares, but {info.filename} of shape {shape}"
            f" and {dtype} needs {size} bytes and has {info.file_size - start}"
        )
    return size


@contextmanager
def _broken(path: Path) -> Iterator[None]:
    """What zipfile and numpy raise on a bad file, said in one sentence.

    Raises:
        ValueError: they raised something.
    """
    try:
        yield
    except _BROKEN as error:
        what = str(error).splitlines() or [type(error).__name__]
        raise ValueError(
            f"{path} must be a whole .npz file of arrays: {what[0]}"
        ) from error
