"""Files that are either whole or not there."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["check_writable", "write_atomically", "write_together"]


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
    write_together({Path(path): data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files so that they are replaced only when every byte of all is on disk.

    Raises:
        OSError: if one cannot be written; nothing is left behind.
    """
    staged: dict[str, Path] = {}
    try:
        for path, data in files.items():
            check_writable(path)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            staged[name] = path
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(name, 0o666 & ~umask)
        for name, path in staged.items():
            os.replace(name, path)
    finally:
        for name in staged:
            Path(name).unlink(missing_ok=True)  # there still only if something failed
