"""CIFAR-10 in its binary version: which files it is, and what they become."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from nonvacuous._files import write_atomically
from nonvacuous.data._dataset import Dataset
from nonvacuous.data._files import (
    Remote,
    cache_dir,
    file_digest,
    locate,
    named_folder,
)
from nonvacuous.data._sample import Role, Sample
from nonvacuous.data._tar import read_members

__all__ = ["CIFAR10_ARCHIVE", "CIFAR10_FILES", "load_cifar10"]

# The md5 that the data set's page publishes; recalled, and seen in copies of the page.
CIFAR10_ARCHIVE = Remote(
    folder="cifar10",
    name="cifar-10-binary.tar.gz",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    digest="c32a1d4ab5d03f1284b67883e8d87530",
    algorithm="md5",
)

# By sha256, in the order of the rows: five batches to train on, one to test on.
CIFAR10_FILES: Mapping[str, str] = MappingProxyType(
    {
        "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc094"
        "1787f1244f00a67874d45b261883ada5",
        "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784"
        "ccd871ecf2137de63f51ada8b3fa57ed",
        "data_batch_3.bin": "bbe8596564c0f86427f876058170b84d"
        "ac6670ddf06d79402899d93ceea26f67",
        "data_batch_4.bin": "014e562d6e23c72197cc727519169a60"
        "359f5eccd8945ad5a09d710285ff4e48",
        "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fb"
        "c7d6cd469eb67a1029a08a39453a9add",
        "test_batch.bin": "8e2eb146ae340b09e24670f29cabc632"
        "6dba54da8789dab6768acf480273f65b",
    }
)

_FOLDER = "cifar-10-batches-bin"  # of the files, in the archive and outside it
_ROWS = 10_000  # of a batch
_SHAPE = (3, 32, 32)  # red, green, blue; rows; columns
_RECORD = 1 + 3 * 32 * 32  # bytes: a label, then the pixels


def load_cifar10(
    *, data_dir: str | os.PathLike[str] | None = None, progress: bool = False
) -> Dataset:
    """CIFAR-10, out of a folder with its six files, their archive, or the cache.

    Pixels are value / 255 as float32, shape (n, 3, 32, 32), rows in the files' order.

    Args:
        data_dir: folder that holds ``cifar10/cifar-10-batches-bin/*.bin`` or
            ``cifar10/cifar-10-binary.tar.gz``; left out, the folder that
            ``NONVACUOUS_DATA`` names; failing that, the files are downloaded.
        progress: show a bar while the archive is downloaded.

    Returns:
        The data set, with 10 classes and sources "cifar10/train", "cifar10/test".

    Raises:
        FileNotFoundError: the folder that was named lacks a file.
        ValueError: a file has other contents than it must have.
        OSError: the archive could not be downloaded, or a file not be kept.

    Source:
        A. Krizhevsky, Learning multiple layers of features from tiny images, 2009,
        and the layout of the binary version on the data set's page (recalled).
    """
    train = np.empty((5, _ROWS, *_SHAPE), np.float32)
    test = np.empty((1, _ROWS, *_SHAPE), np.float32)
    place = dict(zip(CIFAR10_FILES, [*train, *test], strict=True))
    labels = {}
    for name, data in _contents(data_dir, progress):
        records = np.frombuffer(data, np.uint8).reshape(_ROWS, _RECORD)
        pixels = records[:, 1:].reshape(_ROWS, *_SHAPE)
        np.divide(pixels, np.float32(255), out=place[name])
        labels[name] = records[:, 0].astype(np.int64)
    y = [labels[name] for name in CIFAR10_FILES]
    return Dataset(
        name="cifar10",
        train=_sample(train, y[:5], Role.TRAIN, "cifar10/train"),
        test=_sample(test, y[5:], Role.HOLDOUT, "cifar10/test"),
        classes=10,
    )


def _sample(
    batches: NDArray[np.float32],
    labels: list[NDArray[np.int64]],
    role: Role,
    source: str,
) -> Sample:
    batches.flags.writeable = False  # so that the sample need not copy it
    x, y = batches.reshape(-1, *_SHAPE), np.concatenate(labels)
    return Sample(x=x, y=y, role=role, source=source, domain=(0.0, 1.0))


def _contents(
    data_dir: str | os.PathLike[str] | None, progress: bool
) -> Iterator[tuple[str, bytes]]:
    """Name and contents of each file, in any order.

    Raises:
        FileNotFoundError: a folder was named that has neither files nor archive.
    """
    named = named_folder(data_dir)
    if named is None:
        return _from_folder(_cached(progress))
    how, root = named
    folder = root / CIFAR10_ARCHIVE.folder / _FOLDER
    if folder.is_dir():
        return _from_folder(folder)
    if (folder.parent / CIFAR10_ARCHIVE.name).is_file():
        return _from_archive(locate(CIFAR10_ARCHIVE, data_dir=root))
    raise FileNotFoundError(
        f"{how} must be a folder that holds {folder.parent.name}/{_FOLDER} or"
        f" {folder.parent.name}/{CIFAR10_ARCHIVE.name}, but {folder.parent} has neither"
    )


def _from_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and contents of each file of a folder.

    Raises:
        FileNotFoundError: a file is missing.
    """
    for name in CIFAR10_FILES:
        path = folder / name
        if not path.is_file():
            raise FileNotFoundError(f"{folder} must hold {name}, but there is no file")
        with path.open("rb") as file:
            data = file.read(_ROWS * _RECORD + 1)
        yield name, _checked(data, name, str(path))


def _from_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and contents of each file of the archive, in the archive's order."""
    sizes = {f"{_FOLDER}/{name}": _ROWS * _RECORD for name in CIFAR10_FILES}
    for member, data in read_members(path, sizes):
        name = member.removeprefix(f"{_FOLDER}/")
        yield name, _checked(data, name, f"{member} in {path}")


def _checked(data: bytes, name: str, where: str) -> bytes:
    """The contents of a file, if they are those of the file of that name.

    Raises:
        ValueError: they are not.
    """
    if len(data) != (size := _ROWS * _RECORD):
        got = "more" if len(data) > size else len(data)
        raise ValueError(f"{where} must hold {size} bytes, got {got}")
    got, wanted = hashlib.sha256(data).hexdigest(), CIFAR10_FILES[name]
    if got != wanted:
        raise ValueError(
            f"{where} must have sha256 {wanted[:12]}..., got {got[:12]}..."
        )
    return data


def _cached(progress: bool) -> Path:
    """The folder of the files in the cache, made anew unless every file is right.

    The archive does not stay there, whatever it held.
    """
    folder = cache_dir() / CIFAR10_ARCHIVE.folder / _FOLDER
    paths = {folder / name: sha256 for name, sha256 in CIFAR10_FILES.items()}
    if not all(p.is_file() and file_digest(p) == sha for p, sha in paths.items()):
        archive = locate(CIFAR10_ARCHIVE, progress=progress)
        try:
            folder.mkdir(exist_ok=True)
            for name, data in _from_archive(archive):
                write_atomically(folder / name, data)
        finally:
            archive.unlink(missing_ok=True)
    return folder
