"""Files that are either whole or not there."""

import os
import tempfile
from pathlib import Path

__all__ = ["check_writable", "write_atomically"]


def check_writable(path: str | Path) -> None:
    """Refuse an output path before the work, not after it.

    Raises:
        IsADirectoryError: if it is a folder.
        FileNotFoundError: if its folder is not there.
        PermissionError: if its folder is read-only.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"cannot write {path}: it is a folder")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: there is no such folder")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"cannot write {path}: the folder is read-only")


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a file so that it is replaced only when every byte is on disk.

    Raises:
        OSError: if it cannot be written; nothing is left behind.
    """
    path = Path(path)
    check_writable(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
