"""Arrays that a sample may keep: of the right kind, and written to by nobody."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Floats", "Integers", "as_array", "floats", "naturals", "pixels"]

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]

_BLOCK = 4096  # rows looked at in one go


def as_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """What numpy makes of the values, refused where it would hide something.

    Args:
        values: an array, or what converts to one.
        name: what the caller calls it.

    Returns:
        An array, which may share memory with `values`.

    Raises:
        TypeError: the values have a mask or do not convert.
    """
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{name} must be an array without a mask, got a masked array")
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(
            f"{name} must be an array or convert to one,"
            f" got {type(values).__name__}: {error}"
        ) from error


def floats(x: NDArray[Any]) -> Floats:
    """The same numbers as float32 or float64, exactly.

    Args:
        x: bool, integers or floats.

    Returns:
        float32 for what has at most 16 bits, and for float32; float64 for the rest.

    Raises:
        TypeError: `x` holds something else, or floats of more than 64 bits.
        ValueError: an integer is above 2**53 in magnitude.
    """
    kind, bits = x.dtype.kind, 8 * x.dtype.itemsize
    if kind not in "biuf" or bits > 64:
        raise TypeError(f"x must hold integers or floats, got {x.dtype}")
    if kind != "f" and bits == 64 and x.size:
        largest = max(abs(int(x.min())), abs(int(x.max())))
        if largest > 2**53:
            raise ValueError(f"x must hold integers up to 2**53, got {largest}")
    single = bits <= 16 or (kind == "f" and bits == 32)
    made: Floats = x.astype(np.float32 if single else np.float64, copy=False)
    if made is not x:
        made.flags.writeable = False
    return made


def pixels(x: object) -> Floats:
    """Rows that a sample may keep.

    Args:
        x: shape (n, ...), float32 or float64.

    Returns:
        The rows, read-only.

    Raises:
        TypeError: `x` is not such an array.
        ValueError: `x` has no row, has a single axis or is not finite.
    """
    if not isinstance(x, np.ndarray) or x.dtype.type not in {np.float32, np.float64}:
        got = getattr(x, "dtype", type(x).__name__)
        raise TypeError(f"x must be an array of float32 or float64, got {got}")
    if len(x.shape) < 2:
        raise ValueError(f"x must have shape (n, ...), got {x.shape}")
    if not x.size:
        raise ValueError(f"x must have rows, but the sample is empty: {x.shape}")
    bad = sum(
        int(np.count_nonzero(~np.isfinite(x[start : start + _BLOCK])))
        for start in range(0, len(x), _BLOCK)
    )
    if bad:
        raise ValueError(f"x must be finite, got {bad} values that are NaN or infinite")
    return _settled(x, np.dtype(x.dtype.type))


def naturals(values: object, name: str, rows: int) -> Integers:
    """One integer of at least 0 for each row.

    Args:
        values: shape (rows,), of an integer dtype.
        name: what the caller calls it.
        rows: how many there must be.

    Returns:
        The integers as int64, read-only.

    Raises:
        TypeError: `values` is not an array of integers.
        ValueError: the shape is another, or a value is negative or above int64.
    """
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iu":
        got = getattr(values, "dtype", type(values).__name__)
        raise TypeError(f"{name} must be an array of integers, got {got}")
    if values.shape != (rows,):
        raise ValueError(
            f"{name} must have shape ({rows},), one for each row of x,"
            f" got {values.shape}"
        )
    if (least := int(values.min())) < 0:
        raise ValueError(f"{name} must be at least 0, got {least}")
    if (most := int(values.max())) >= 2**63:
        raise ValueError(f"{name} must be below 2**63, got {most}")
    return _settled(values, np.dtype(np.int64))


def _settled(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The array, contiguous and native, copied unless nobody can write to it."""
    settled = np.ascontiguousarray(array, dtype=dtype)
    if np.may_share_memory(settled, array) and not _immutable(array):
        settled = settled.copy()
    settled.flags.writeable = False
    return settled


def _immutable(array: NDArray[Any]) -> bool:
    """Whether neither the array nor what it is a view of can be written to."""
    owner: object = array
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            return False
        owner = owner.base
    return owner is None or isinstance(owner, bytes)
