"""MNIST and Fashion-MNIST: which files they are, and what they become."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from nonvacuous.data._dataset import Dataset
from nonvacuous.data._files import Remote, locate
from nonvacuous.data._idx import read_idx
from nonvacuous.data._sample import Role, Sample

__all__ = ["MNIST_FILES", "load_mnist"]

_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_TRAIN_X, _TRAIN_Y = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
_TEST_X, _TEST_Y = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


def _remotes(folder: str, base: str, digests: Mapping[str, str]) -> tuple[Remote, ...]:
    return tuple(
        Remote(folder=folder, name=name, url=base + name, digest=sha256)
        for name, sha256 in digests.items()
    )


# In the order: train images, train labels, test images, test labels.
MNIST_FILES: Mapping[str, tuple[Remote, ...]] = MappingProxyType(
    {
        "mnist": _remotes(
            "mnist",
            _MNIST,
            {
                _TRAIN_X: "440fcabf73cc546fa21475e81ea37026"
                "5605f56be210a4024d2ca8f203523609",
                _TRAIN_Y: "3552534a0a558bbed6aed32b30c495cc"
                "a23d567ec52cac8be1a0730e8010255c",
                _TEST_X: "8d422c7b0a1c1c79245a5bcf07fe86e3"
                "3eeafee792b84584aec276f5a2dbc4e6",
                _TEST_Y: "f7ae60f92e00ec6debd23a6088c31dbd"
                "2371eca3ffa0defaefb259924204aec6",
            },
        ),
        "fashion-mnist": _remotes(
            "fashion-mnist",
            _FASHION,
            {
                _TRAIN_X: "3aede38d61863908ad78613f6a32ed27"
                "1626dd12800ba2636569512369268a84",
                _TRAIN_Y: "a04f17134ac03560a47e3764e11b92fc"
                "97de4d1bfaf8ba1a3aa29af54cc90845",
                _TEST_X: "346e55b948d973a97e58d2351dde16a4"
                "84bd415d4595297633bb08f03db6a073",
                _TEST_Y: "67da17c76eaffca5446c3361aaab5c3c"
                "d6d1c2608764d35dfb1850b086bf8dd5",
            },
        ),
    }
)


def load_mnist(
    name: str, *, data_dir: str | Path | None = None, progress: bool = False
) -> Dataset:
    """MNIST, or another data set in the same four files.

    Pixels are value / 255 as float32, shape (n, 28, 28), rows in the files' order.

    Args:
        name: a key of `MNIST_FILES`.
        data_dir: folder that holds ``<name>/*.gz``; see `locate`.
        progress: show a bar while a file is downloaded.

    Returns:
        The data set, with 10 classes and sources ``<name>/train``, ``<name>/test``.

    Raises:
        ValueError: a file has other contents than it must have.
    """
    paths = [
        locate(remote, data_dir=data_dir, progress=progress)
        for remote in MNIST_FILES[name]
    ]
    return Dataset(
        name=name,
        train=_sample(paths[0], paths[1], Role.TRAIN, f"{name}/train"),
        test=_sample(paths[2], paths[3], Role.HOLDOUT, f"{name}/test"),
        classes=10,
    )


def _sample(images: Path, labels: Path, role: Role, source: str) -> Sample:
    """One sample out of its two files.

    Raises:
        ValueError: the files hold different numbers of rows.
    """
    x = np.divide(read_idx(images, axes=3), np.float32(255), dtype=np.float32)
    y = read_idx(labels, axes=1).astype(np.int64)
    if len(x) != len(y):
        raise ValueError(
            f"{labels} must hold a label for each of the {len(x)} images of"
            f" {images.name}, got {len(y)}"
        )
    x.flags.writeable = False  # so that the sample need not copy it
    return Sample(x=x, y=y, role=role, source=source, domain=(0.0, 1.0))
