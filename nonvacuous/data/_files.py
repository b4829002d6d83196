"""Where the files of a data set are: in a folder of the user's, or downloaded once."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nonvacuous.data._progress import DownloadBar

__all__ = ["Remote", "cache_dir", "file_digest", "locate"]

_TIMEOUT = 30.0  # seconds without a byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A file that can be downloaded, and what it must contain.

    Attributes:
        folder: folder that holds it, below a data folder or the cache.
        name: file name.
        url: where it is downloaded from.
        sha256: digest of its contents, in hex.
        confirmed: whether somebody has downloaded it from `url` with this code.
    """

    folder: str
    name: str
    url: str
    sha256: str
    confirmed: bool = False


def locate(
    remote: Remote,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> Path:
    """A local copy of the file, whose digest was checked.

    It is looked for in `data_dir`; if that is left out, in the folder that
    ``NONVACUOUS_DATA`` names; if that is not set, in the cache, to which it is
    downloaded.  A folder that is named must hold the file.

    Args:
        remote: the file.
        data_dir: folder that holds ``<folder>/<name>``.
        progress: show a bar while downloading.

    Returns:
        Path of the file.

    Raises:
        FileNotFoundError: the folder that was named does not hold the file.
        ValueError: the file, or what was downloaded, has another digest.
        OSError: the file could not be downloaded, or not be kept.
    """
    named = "data_dir"
    if data_dir is None:
        named, data_dir = "NONVACUOUS_DATA", os.environ.get("NONVACUOUS_DATA") or None
    if data_dir is None:
        return _cached(remote, progress)
    path = Path(data_dir).expanduser() / remote.folder / remote.name
    if not path.is_file():
        raise FileNotFoundError(
            f"{named} must be a folder that holds"
            f" {remote.folder}/{remote.name}, but there is no file {path}"
        )
    if (got := file_digest(path)) != remote.sha256:
        raise ValueError(
            f"{path} must have sha256 {remote.sha256[:12]}..., got {got[:12]}..."
        )
    return path


def cache_dir() -> Path:
    """Where downloads are kept: ``NONVACUOUS_CACHE``, or the system's cache folder.

    Returns:
        Path of a folder, which need not exist.
    """
    if chosen := os.environ.get("NONVACUOUS_CACHE"):
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("nonvacuous"))


def file_digest(path: Path) -> str:
    """SHA-256 of a file.

    Args:
        path: the file.

    Returns:
        64 hex digits.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cached(remote: Remote, progress: bool) -> Path:
    """The file in the cache; pooch moves a download there once its digest is right."""
    import pooch

    path = cache_dir() / remote.folder / remote.name
    if path.is_file():
        if file_digest(path) == remote.sha256:
            return path
        path.unlink()
    pooch.get_logger().setLevel("WARNING")
    with _one_sentence(remote), DownloadBar(remote.name, show=progress) as bar:
        pooch.retrieve(
            remote.url,
            known_hash=remote.sha256,
            fname=path.name,
            path=path.parent,
            downloader=pooch.HTTPDownloader(
                progressbar=bar,
                chunk_size=2**16,
                timeout=_TIMEOUT,
                headers={"Accept-Encoding": "identity"},
            ),
        )
    return path


@contextmanager
def _one_sentence(remote: Remote) -> Iterator[None]:
    """What can go wrong between here and a server, said in one sentence.

    Raises:
        OSError: the download failed.
        ValueError: the download has another digest.
    """
    instead = (
        f"get {remote.folder}/{remote.name} by other means into a folder D and"
        " pass --data-dir D (data_dir=D), or set NONVACUOUS_DATA=D"
    )
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if (response := getattr(error, "response", None)) is not None:
            reason = f"HTTP status {response.status_code}"
            response.close()  # pooch leaves its socket open
        raise OSError(
            f"{remote.name} could not be downloaded from {remote.url}"
            f" ({reason}): {instead}"
        ) from error
    except ValueError as error:
        raise ValueError(
            f"{remote.name} from {remote.url} must have sha256"
            f" {remote.sha256[:12]}..., but what was downloaded has another and was"
            f" deleted: {instead}"
        ) from error
