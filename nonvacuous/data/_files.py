"""Where the files of a data set are: in a folder of the user's, or downloaded once."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nonvacuous.data._progress import DownloadBar

__all__ = ["Remote", "cache_dir", "file_digest", "locate", "named_folder"]

_TIMEOUT = 30.0  # seconds without a byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A file that can be downloaded, and what it must contain.

    Attributes:
        folder: folder that holds it, below a data folder or the cache.
        name: file name.
        url: where it is downloaded from.
        digest: digest of its contents, in hex.
        algorithm: what the digest is made by, "sha256" or "md5".
        confirmed: whether somebody has downloaded it from `url` with this code.
    """

    folder: str
    name: str
    url: str
    digest: str
    algorithm: str = "sha256"
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
    named = named_folder(data_dir)
    if named is None:
        return _cached(remote, progress)
    how, folder = named
    path = folder / remote.folder / remote.name
    if not path.is_file():
        raise FileNotFoundError(
            f"{how} must be a folder that holds"
            f" {remote.folder}/{remote.name}, but there is no file {path}"
        )
    if (got := file_digest(path, remote.algorithm)) != remote.digest:
        raise ValueError(
            f"{path} must have {remote.algorithm} {remote.digest[:12]}...,"
            f" got {got[:12]}..."
        )
    return path


def named_folder(
    data_dir: str | os.PathLike[str] | None = None,
) -> tuple[str, Path] | None:
    """The data folder that somebody named.

    Args:
        data_dir: the folder; left out, the one that ``NONVACUOUS_DATA`` names.

    Returns:
        How it was named, "data_dir" or "NONVACUOUS_DATA", and its path; None if it
        was not, so that the cache is meant.
    """
    if data_dir is not None:
        return "data_dir", Path(data_dir).expanduser()
    if chosen := os.environ.get("NONVACUOUS_DATA"):
        return "NONVACUOUS_DATA", Path(chosen).expanduser()
    return None


def cache_dir() -> Path:
    """Where downloads are kept: ``NONVACUOUS_CACHE``, or the system's cache folder.

    Returns:
        Path of a folder, which need not exist.
    """
    if chosen := os.environ.get("NONVACUOUS_CACHE"):
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("nonvacuous"))


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """The digest of a file.

    Args:
        path: the file.
        algorithm: "sha256" or "md5".

    Returns:
        Hex digits, 64 or 32.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _cached(remote: Remote, progress: bool) -> Path:
    """The file in the cache; pooch moves a download there once its digest is right."""
    import pooch

    path = cache_dir() / remote.folder / remote.name
    if path.is_file():
        if file_digest(path, remote.algorithm) == remote.digest:
            return path
        path.unlink()
    pooch.get_logger().setLevel("WARNING")
    with _one_sentence(remote), DownloadBar(remote.name, show=progress) as bar:
        pooch.retrieve(
            remote.url,
            known_hash=f"{remote.algorithm}:{remote.digest}",
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
            f"{remote.name} from {remote.url} must have {remote.algorithm}"
            f" {remote.digest[:12]}..., but what was downloaded has another and was"
            f" deleted: {instead}"
        ) from error
