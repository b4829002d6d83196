"""Whether two samples share rows: by row number, and by contents."""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import DTypeLike

from nonvacuous.data._sample import Sample

__all__ = ["check_disjoint", "equal_contents", "same_rows"]

_BLOCK = 1024  # rows made comparable at a time


def same_rows(a: Sample, b: Sample) -> int:
    """How many rows of `b` are rows of `a`: same source, same row number.

    Args:
        a: one sample.
        b: another sample.

    Returns:
        A count of rows, 0 when the sources differ.
    """
    if a.source != b.source:
        return 0
    return int(np.isin(b.index, a.index).sum())


def equal_contents(a: Sample, b: Sample) -> int:
    """How many rows of `b` have the pixels and the label of some row of `a`.

    Pixels are compared as numbers, bit for bit and flattened, with -0.0 equal to 0.0;
    rows of different sizes are different.  Rows are compared by a 128-bit BLAKE2b.

    Args:
        a: one sample.
        b: another sample.

    Returns:
        A count of rows of `b`; a row that repeats in `b` counts each time.
    """
    if a.x[0].size != b.x[0].size:
        return 0
    dtype = np.result_type(a.x, b.x)
    known = set(_row_keys(a, dtype))
    return sum(key in known for key in _row_keys(b, dtype))


def check_disjoint(
    train: Sample, holdout: Sample, *, refuse_duplicates: bool = False
) -> int:
    """Count the hold-out rows with equal contents in train, and refuse an overlap.

    Args:
        train: rows that shaped the predictor or the prior.
        holdout: rows that must be unseen.
        refuse_duplicates: refuse a single row of equal contents too.

    Returns:
        How many rows of `holdout` have equal contents among those of `train`.

    Raises:
        ValueError: the same row is in both, more than half of `holdout` has equal
            contents in `train`, or any of it has and `refuse_duplicates` is set.
    """
    if shared := same_rows(train, holdout):
        raise ValueError(
            f"holdout must share no row with train, but {shared} of its"
            f" {len(holdout)} rows are the same rows of {train.source!r}"
        )
    equal = equal_contents(train, holdout)
    if 2 * equal > len(holdout) or (equal and refuse_duplicates):
        raise ValueError(
            f"holdout must be unseen, but {equal} of its {len(holdout)} rows"
            " have equal contents in train"
        )
    return equal


def _row_keys(sample: Sample, dtype: DTypeLike) -> Iterator[tuple[bytes, int]]:
    """A digest of the pixels, and the label, of each row."""
    flat = sample.x.reshape(len(sample), -1)
    for start in range(0, len(sample), _BLOCK):
        block = flat[start : start + _BLOCK].astype(dtype)
        block += 0.0  # makes -0.0 into 0.0
        labels = sample.y[start : start + _BLOCK].tolist()
        for row, label in zip(block.view(np.uint8), labels, strict=True):
            yield blake2b(row, digest_size=16).digest(), label
