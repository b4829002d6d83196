"""The bundled digits: 1,797 scans of 8 by 8 pixels, cut in two by a rule."""

from hashlib import sha256
from pathlib import Path

import numpy as np

from nonvacuous.data._dataset import Dataset
from nonvacuous.data._sample import Role, Sample

__all__ = ["load_digits"]

_FILE = Path(__file__).with_name("digits.npz")
_TRAIN_ROWS = 1400


def load_digits() -> Dataset:
    """The UCI optical digits, as scikit-learn ships them (see digits.LICENSE.txt).

    Pixels are value / 16, exact float32, shape (n, 8, 8).  The rows are ordered by the
    SHA-256 of ``b"nonvacuous digits split 0:"`` and their number in 8 bytes, little
    endian; the first 1,400 train and the other 397 are held out.

    Returns:
        The data set, with 10 classes and source "digits" for both samples.
    """
    with np.load(_FILE, allow_pickle=False) as arrays:
        x, y = arrays["x"] / np.float32(16), arrays["y"].astype(np.int64)
    order = np.array(sorted(range(len(y)), key=_place))
    train, test = (
        Sample(
            x=x[rows],
            y=y[rows],
            role=role,
            source="digits",
            index=rows,
            domain=(0.0, 1.0),
        )
        for rows, role in (
            (order[:_TRAIN_ROWS], Role.TRAIN),
            (order[_TRAIN_ROWS:], Role.HOLDOUT),
        )
    )
    return Dataset(name="digits", train=train, test=test, classes=10)


def _place(row: int) -> bytes:
    """What the rows are ordered by: no random generator, so it stays for ever."""
    return sha256(b"nonvacuous digits split 0:" + row.to_bytes(8, "little")).digest()
