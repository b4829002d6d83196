"""IDX files, the format of MNIST: a magic number, the sizes, then bytes."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["IDX_LIMIT", "read_idx"]

IDX_LIMIT = 2**30  # bytes that a file may declare


def read_idx(path: Path, *, axes: int) -> NDArray[np.uint8]:
    """The bytes of a gzipped IDX file, refused unless all of it is as declared.

    Args:
        path: a file ending in ``-ubyte.gz``.
        axes: how many axes the array must have.

    Returns:
        Values 0 to 255, read-only, with `axes` axes.

    Raises:
        ValueError: the file is not gzip, is cut or corrupt, is not an IDX file of
            bytes with `axes` axes, declares more than `IDX_LIMIT` bytes, or holds
            fewer or more bytes than it declares.
    """
    try:
        with gzip.open(path, "rb") as file:
            return _parse(file, path, axes)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} must be a whole gzip file: {error}") from error


def _parse(file: gzip.GzipFile, path: Path, axes: int) -> NDArray[np.uint8]:
    """The array after gzip; one byte too many is read, which checks gzip's CRC.

    Raises:
        ValueError: the bytes are not as `read_idx` wants them.
    """
    head = file.read(4 + 4 * axes)
    magic = bytes([0, 0, 8, axes])
    if head[:4] != magic:
        raise ValueError(
            f"{path} must begin with the IDX magic number {magic.hex()},"
            f" got {head[:4].hex() or 'nothing'}"
        )
    if len(head) < 4 + 4 * axes:
        raise ValueError(f"{path} must declare {axes} sizes, but ends before them")
    shape = struct.unpack(f">{axes}I", head[4:])
    size = math.prod(shape)
    if size > IDX_LIMIT:
        raise ValueError(
            f"{path} must declare at most {IDX_LIMIT} bytes, got sizes {shape}"
        )
    data = file.read(size + 1)
    if len(data) != size:
        got = "more" if len(data) > size else len(data)
        raise ValueError(
            f"{path} must hold {size} bytes for its sizes {shape}, got {got}"
        )
    return np.frombuffer(data, np.uint8).reshape(shape)
