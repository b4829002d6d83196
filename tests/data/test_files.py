"""Downloads from a server on this machine: kept when right, refused when not."""

import dataclasses
import gc
import gzip
import hashlib
import struct
import threading

import pytest

from nonvacuous.data import _mnist, load
from nonvacuous.data._files import Remote, cache_dir, locate

GOOD = bytes(range(256)) * 1024


def remote(server, how, name="f.gz", data=GOOD):
    return Remote(
        folder="mnist",
        name=name,
        url=f"{server.url}/{how}/{name}",
        digest=hashlib.sha256(data).hexdigest(),
    )


def kept():
    return sorted(path.name for path in cache_dir().rglob("*") if path.is_file())


def test_a_file_may_be_known_by_its_md5(server):
    known = {"algorithm": "md5", "digest": hashlib.md5(GOOD).hexdigest()}
    right = dataclasses.replace(remote(server, "right"), **known)
    wrong = dataclasses.replace(remote(server, "wrong", "g.gz"), **known)
    path = locate(right)
    assert locate(right) == path
    assert server.asked == ["f.gz"]
    with pytest.raises(ValueError, match=f"must have md5 {known['digest'][:12]}"):
        locate(wrong)
    assert kept() == ["f.gz"]


def test_a_right_file_is_downloaded_once(server):
    path = locate(remote(server, "right"))
    assert path == cache_dir() / "mnist" / "f.gz"
    assert path.read_bytes() == GOOD
    assert locate(remote(server, "right")) == path
    assert server.asked == ["f.gz"]
    assert kept() == ["f.gz"]


@pytest.mark.parametrize("how", ["short", "wrong"])
def test_a_download_with_other_contents_is_refused_and_deleted(server, how):
    wanted = remote(server, how)
    with pytest.raises(ValueError, match=r"f\.gz from http.* must have sha256") as e:
        locate(wanted)
    assert wanted.digest[:12] in str(e.value)
    assert "\n" not in str(e.value)
    assert kept() == []


@pytest.mark.parametrize(
    ("how", "reason"),
    [("interrupted", "ChunkedEncodingError"), ("missing", "HTTP status 404")],
)
def test_a_download_that_fails_says_what_to_do_instead(server, how, reason):
    with pytest.raises(OSError, match=r"f\.gz could not be downloaded") as raised:
        locate(remote(server, how))
    sentence = str(raised.value)
    assert f"({reason})" in sentence
    assert "--data-dir D" in sentence
    assert "NONVACUOUS_DATA=D" in sentence
    assert "\n" not in sentence
    assert kept() == []


def test_a_server_that_is_not_there_is_an_os_error(server):
    gone = remote(server, "right")
    server.shutdown()
    server.server_close()
    with pytest.raises(OSError, match=r"\(ConnectionError\): get mnist/f\.gz by"):
        locate(gone)
    assert kept() == []


def test_a_corrupt_file_in_the_cache_is_downloaded_again(server):
    path = locate(remote(server, "right"))
    path.write_bytes(GOOD[:-1])
    assert locate(remote(server, "right")).read_bytes() == GOOD
    assert server.asked == ["f.gz", "f.gz"]


def test_a_corrupt_file_does_not_stay_in_the_cache_when_the_server_fails(server):
    locate(remote(server, "right")).write_bytes(GOOD[:-1])
    with pytest.raises(OSError, match="HTTP status 404"):
        locate(remote(server, "missing"))
    gc.collect()  # a socket left open would warn here
    assert kept() == []


def test_a_cache_that_cannot_be_written_is_an_os_error(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NONVACUOUS_CACHE", str(tmp_path / "file"))
    with pytest.raises(OSError, match=r"could not be downloaded .*NONVACUOUS_DATA=D"):
        locate(remote(server, "right"))


def test_a_bar_is_drawn_only_when_asked_for(server, capfd):
    locate(remote(server, "right", "a.gz"), progress=False)
    assert capfd.readouterr() == ("", "")
    locate(remote(server, "right", "b.gz"), progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "b.gz" in err
    assert "262.1/262.1 kB" in err


def test_a_bar_gives_the_terminal_back_when_the_download_fails(server, capfd):
    with pytest.raises(OSError, match="could not be downloaded"):
        locate(remote(server, "interrupted"), progress=True)
    drawing = [t for t in threading.enumerate() if "Refresh" in type(t).__name__]
    for thread in drawing:  # told to stop, it ends within one refresh
        thread.join(timeout=10)
    assert not any(thread.is_alive() for thread in drawing)
    capfd.readouterr()


def test_a_data_folder_is_never_downloaded_to(server, tmp_path):
    with pytest.raises(FileNotFoundError, match="data_dir must be a folder"):
        locate(remote(server, "right"), data_dir=tmp_path)
    assert server.asked == []


def test_the_cache_is_the_systems_own_unless_told(monkeypatch):
    monkeypatch.delenv("NONVACUOUS_CACHE", raising=False)
    assert "nonvacuous" in str(cache_dir())


def test_a_whole_data_set_is_downloaded_by_name(server, monkeypatch):
    """Four small files in MNIST's format, through the public door."""
    files = []
    for part, rows in (("train", 3), ("t10k", 2)):
        for kind, shape in (("images-idx3", (rows, 28, 28)), ("labels-idx1", (rows,))):
            name = f"{part}-{kind}-ubyte.gz"
            head = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
            body = bytes(rows * 784) if len(shape) == 3 else bytes(range(rows))
            server.holds[name] = gzip.compress(head + body, mtime=0)
            files.append(remote(server, "right", name, server.holds[name]))
    monkeypatch.setattr(_mnist, "MNIST_FILES", {"mnist": tuple(files)})
    data = load("mnist")
    assert data.train.x.shape == (3, 28, 28)
    assert data.test.y.tolist() == [0, 1]
    assert kept() == sorted(server.holds)
