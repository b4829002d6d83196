"""Loading a data set by name or path."""

import os
import sys
from pathlib import Path

from nonvacuous.data._cifar10 import load_cifar10
from nonvacuous.data._dataset import Dataset
from nonvacuous.data._digits import load_digits
from nonvacuous.data._mnist import MNIST_FILES, load_mnist
from nonvacuous.data._npz import load_npz
from nonvacuous.data._sample import Role

__all__ = ["load"]


def load(
    name: str | os.PathLike[str],
    *,
    data_dir: str | os.PathLike[str] | None = None,
    role: Role | str | None = None,
    progress: bool | None = None,
) -> Dataset:
    """A data set by its name, or by the path of an .npz file.

    Args:
        name: "digits" (bundled), "mnist", "fashion-mnist", "cifar10", or a path ending
            in .npz.
        data_dir: folder that holds ``mnist/*.gz``, ``fashion-mnist/*.gz``, and
            ``cifar10/cifar-10-batches-bin/*.bin`` or the archive of these,
            ``cifar10/cifar-10-binary.tar.gz``; left out, the folder that
            ``NONVACUOUS_DATA`` names; failing that, the files are downloaded, once, to
            ``NONVACUOUS_CACHE`` or the system's cache folder.
        role: "train" or "holdout", for an .npz file with bare `x` and `y`.
        progress: show a bar while downloading; left out, on a terminal only.

    Returns:
        The data set.

    Raises:
        ValueError: there is no such data set, or its files are not as they must be.
        FileNotFoundError: a file is not where it must be.
        OSError: a file could not be downloaded.
    """
    if role not in (None, Role.TRAIN, Role.HOLDOUT):
        raise ValueError(f"role must be 'train' or 'holdout', got {role!r}")
    if progress is None:
        progress = sys.stderr.isatty()
    if name == "digits":
        return load_digits()
    if name in MNIST_FILES:
        return load_mnist(
            str(name),
            data_dir=None if data_dir is None else Path(data_dir),
            progress=progress,
        )
    if name == "cifar10":
        return load_cifar10(data_dir=data_dir, progress=progress)
    if Path(name).suffix.lower() == ".npz":
        return load_npz(name, role=role)
    raise ValueError(
        f"name must be 'digits', {', '.join(map(repr, MNIST_FILES))}, 'cifar10' or the"
        f" path of an .npz file, got {os.fspath(name)!r}"
    )
