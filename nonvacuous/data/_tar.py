"""Some members of a .tar.gz file, which is not trusted."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

__all__ = ["read_members"]

_SLACK = 2**20  # decompressed bytes for headers, padding and small files
# what tarfile and gzip raise on bytes that are no archive
_BROKEN = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    ValueError,
    OverflowError,
    RecursionError,
)


def read_members(path: Path, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """The contents of the members that are asked for, in the archive's order.

    Nothing is written to disk, no link is followed, and what was not asked for is
    passed over.  Of members with one name the first is read.

    Args:
        path: a .tar.gz file.
        sizes: how many bytes each member has, by its name in the archive.

    Yields:
        Name and contents of a member, each once.

    Raises:
        ValueError: the archive is corrupt or cut, decompresses to more than the sizes
            and 1 MiB, lacks a member, or a member is no regular file of its size.
    """
    missing = dict(sizes)
    limit = sum(sizes.values()) + _SLACK
    with _Limited(path, limit) as plain:
        with _broken(path):
            archive = tarfile.open(fileobj=plain, mode="r|")
        with archive:
            while missing:
                with _broken(path):
                    member = archive.next()
                if member is None:
                    raise ValueError(f"{path} must hold {', '.join(missing)}")
                size = missing.pop(member.name, None)
                if size is None:
                    continue
                if not member.isreg() or member.size != size:
                    kind = "a" if member.isreg() else "no"
                    raise ValueError(
                        f"{path} must hold {member.name} as a regular file of {size}"
                        f" bytes, got {kind} regular file, of {member.size} bytes"
                    )
                with _broken(path):
                    data = _contents(archive, member)
                yield member.name, data


def _contents(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The bytes of a regular file, for which there always is a stream."""
    stream = archive.extractfile(member)
    return b"" if stream is None else stream.read()


class _Limited(gzip.GzipFile):
    """A gzip file that ends in an error when more was read than is allowed."""

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(path, "rb")
        self._limit = self._left = limit

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes.

        Args:
            size: how many, at most.

        Returns:
            The bytes, fewer at the end.

        Raises:
            ReadError: the limit was passed.
        """
        data = super().read(size)
        self._left -= len(data)
        if self._left < 0:
            raise tarfile.ReadError(f"it decompresses to over {self._limit} bytes")
        return data


@contextmanager
def _broken(path: Path) -> Iterator[None]:
    """What tarfile and gzip raise on a bad file, said in one sentence.

    Raises:
        ValueError: they raised something.
    """
    try:
        yield
    except _BROKEN as error:
        what = str(error).splitlines() or [type(error).__name__]
        raise ValueError(f"{path} must be a whole .tar.gz file: {what[0]}") from error
