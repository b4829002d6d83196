"""CIFAR-10: facts about the real files, and small ones that come by every way."""

import hashlib
import io
import tarfile
from types import SimpleNamespace

import numpy as np
import pytest

from nonvacuous.data import Role, _cifar10, equal_contents, load
from nonvacuous.data._cifar10 import CIFAR10_ARCHIVE, CIFAR10_FILES
from nonvacuous.data._files import Remote, cache_dir

FOLDER = "cifar-10-batches-bin"
NAMES = [*CIFAR10_FILES]
SIZE = 2 * 3073
SHUFFLED = [NAMES[i] for i in (0, 2, 3, 5, 4, 1)]
OTHER = bytes(SIZE)


@pytest.fixture(scope="module")
def real(cifar10_dir):
    return load("cifar10", data_dir=cifar10_dir)


def test_the_loader_gives_the_facts_that_are_known(real):
    assert (real.name, real.classes) == ("cifar10", 10)
    assert real.train.x.shape == (50_000, 3, 32, 32)
    assert real.test.x.shape == (10_000, 3, 32, 32)
    assert real.train.x.dtype == real.test.x.dtype == np.float32
    assert (real.train.source, real.train.role) == ("cifar10/train", Role.TRAIN)
    assert (real.test.source, real.test.role) == ("cifar10/test", Role.HOLDOUT)
    assert np.bincount(real.train.y).tolist() == [5000] * 10
    assert np.bincount(real.test.y).tolist() == [1000] * 10
    means, stds = (0.49140, 0.48216, 0.44653), (0.24703, 0.24349, 0.26159)
    for channel, mean, std in zip(range(3), means, stds, strict=True):
        x = real.train.x[:, channel]
        assert x.mean(dtype=float) == pytest.approx(mean, abs=5e-6)
        assert x.std(dtype=float) == pytest.approx(std, abs=5e-6)


def test_the_first_images_are_a_frog_and_a_cat(real):
    """Labels and red pixels that tutorials print; recalled."""
    assert (real.train.y[0], real.test.y[0]) == (6, 3)
    assert (255 * real.train.x[0, 0, 0, :3]).tolist() == [59, 43, 50]
    assert (255 * real.test.x[0, 0, 0, :3]).tolist() == [158, 159, 165]


def test_the_digests_are_pinned_and_no_test_row_is_a_training_row(real):
    assert real.train.digest == (
        "a826b4723c5c56eeae9204ef9cef58f3b010319ba2b0b32ae6d27f7ca3fccbad"
    )
    assert real.test.digest == (
        "333728372b97107207b38201331bf90127e63f066474cade79ddee39e9049c11"
    )
    assert equal_contents(real.train, real.test) == 0


def entry(name, data=b"", kind=tarfile.REGTYPE):
    """A member for `packed`; a link points at the first batch."""
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, len(data)
    member.linkname = "" if kind == tarfile.REGTYPE else f"{FOLDER}/{NAMES[0]}"
    return member, data


def packed(files, order=SHUFFLED, extra=()):
    """A .tar.gz like the real one: the files in some order, then more members."""
    out = io.BytesIO()
    members = [entry(f"{FOLDER}/{name}", files[name]) for name in order]
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for member, data in [entry(FOLDER, kind=tarfile.DIRTYPE), *members, *extra]:
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def small(monkeypatch):
    """Batches of two rows, in place of the real ones; contents by name."""
    draw = np.random.default_rng(20090408)
    files = {}
    for name in NAMES:
        records = draw.integers(0, 256, (2, 3073), np.uint8)
        records[:, 0] %= 10
        files[name] = records.tobytes()
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    monkeypatch.setattr(_cifar10, "_ROWS", 2)
    monkeypatch.setattr(_cifar10, "CIFAR10_FILES", digests)
    return files


@pytest.fixture
def publish(small, monkeypatch):
    """Makes an archive the published one, under a URL."""

    def publish(archive, url="http://127.0.0.1:9/unused"):
        remote = Remote(
            folder="cifar10",
            name=CIFAR10_ARCHIVE.name,
            url=url,
            algorithm="md5",
            digest=hashlib.md5(archive).hexdigest(),
        )
        monkeypatch.setattr(_cifar10, "CIFAR10_ARCHIVE", remote)

    return publish


@pytest.fixture
def offered(server, publish):
    """Publishes an archive on the server, which misbehaves as it is told."""

    def offered(archive, how="right"):
        server.holds[CIFAR10_ARCHIVE.name] = archive
        publish(archive, f"{server.url}/{how}/{CIFAR10_ARCHIVE.name}")

    return offered


@pytest.fixture
def folder(small, tmp_path):
    """A data folder D with the six small files; D and D/cifar10/..."""
    inner = tmp_path / "D" / "cifar10" / FOLDER
    inner.mkdir(parents=True)
    for name, data in small.items():
        (inner / name).write_bytes(data)
    return SimpleNamespace(root=tmp_path / "D", inner=inner)


def digests(data):
    return data.train.digest, data.test.digest


def kept():
    found = (path for path in cache_dir().rglob("*") if path.is_file())
    return sorted(
        path.relative_to(cache_dir() / "cifar10").as_posix() for path in found
    )


IN_CACHE = sorted(f"{FOLDER}/{name}" for name in NAMES)


def test_a_slow_reading_of_the_layout_gives_the_same_rows(small, folder):
    """One label byte; red, green, blue; each of them row by row."""
    data = load("cifar10", data_dir=folder.root)
    for sample, names in ((data.train, NAMES[:5]), (data.test, NAMES[5:])):
        records = b"".join(small[name] for name in names)
        assert len(sample) == len(records) // 3073
        for row in range(len(sample)):
            label, *values = records[3073 * row : 3073 * (row + 1)]
            assert sample.y[row] == label
            for place, value in enumerate(values):
                channel, line, column = place // 1024, place // 32 % 32, place % 32
                got = sample.x[row, channel, line, column]
                assert got == np.float32(value) / np.float32(255)


def test_rows_are_not_copied_and_cannot_be_written_to(folder):
    data = load("cifar10", data_dir=folder.root)
    for sample in (data.train, data.test):
        assert sample.x.base is not None  # still the array that was filled
        with pytest.raises(ValueError, match="read-only"):
            sample.x[0] = 0


def test_folder_archive_and_download_give_the_same(small, folder, offered, tmp_path):
    wanted = digests(load("cifar10", data_dir=folder.root))
    for order in (SHUFFLED, NAMES, NAMES[::-1]):
        archive = packed(small, order)
        offered(archive)
        beside = tmp_path / order[1] / "cifar10"
        beside.mkdir(parents=True)
        (beside / CIFAR10_ARCHIVE.name).write_bytes(archive)
        assert digests(load("cifar10", data_dir=beside.parent)) == wanted
        assert [p.name for p in beside.iterdir()] == [CIFAR10_ARCHIVE.name]
    assert digests(load("cifar10")) == wanted


def test_the_environment_names_a_folder_too(folder, monkeypatch):
    monkeypatch.setenv("NONVACUOUS_DATA", str(folder.root))
    assert len(load("cifar10").train) == 10


@pytest.mark.parametrize("named", ["data_dir", "NONVACUOUS_DATA"])
def test_a_folder_with_neither_is_refused_and_never_downloaded_to(
    named, server, tmp_path, monkeypatch
):
    if named == "NONVACUOUS_DATA":
        monkeypatch.setenv(named, str(tmp_path))
    with pytest.raises(FileNotFoundError) as raised:
        load("cifar10", data_dir=tmp_path if named == "data_dir" else None)
    assert str(raised.value) == (
        f"{named} must be a folder that holds cifar10/cifar-10-batches-bin or"
        f" cifar10/cifar-10-binary.tar.gz, but {tmp_path / 'cifar10'} has neither"
    )
    assert server.asked == []
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_is_missing_is_refused_by_name(folder):
    (folder.inner / NAMES[2]).unlink()
    with pytest.raises(FileNotFoundError) as raised:
        load("cifar10", data_dir=folder.root)
    assert str(raised.value) == (
        f"{folder.inner} must hold data_batch_3.bin, but there is no file"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data[:-1], f"must hold {SIZE} bytes, got {SIZE - 1}"),
        (lambda data: data + b"\0", f"must hold {SIZE} bytes, got more"),
        (lambda data: bytes(len(data)), "must have sha256 .*, got "),
        (lambda data: data[3073:] + data[:3073], "must have sha256 .*, got "),
    ],
    ids=["short", "long", "zeros", "rows in another order"],
)
@pytest.mark.parametrize("name", [NAMES[3], NAMES[5]])
def test_a_file_with_other_contents_is_refused_by_name(folder, name, change, sentence):
    path = folder.inner / name
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=rf"{FOLDER}/{name} {sentence}"):
        load("cifar10", data_dir=folder.root)
    assert path.exists()  # a user's file is refused, not deleted


def test_two_files_in_each_others_place_are_refused(folder):
    first, second = (folder.inner / name for name in NAMES[:2])
    first.rename(folder.inner / "aside")
    second.rename(first)
    (folder.inner / "aside").rename(second)
    with pytest.raises(ValueError, match=r"data_batch_1\.bin must have sha256"):
        load("cifar10", data_dir=folder.root)


def test_an_archive_in_a_folder_must_have_the_published_md5(small, publish, tmp_path):
    publish(packed(small))
    path = tmp_path / "cifar10" / CIFAR10_ARCHIVE.name
    path.parent.mkdir()
    path.write_bytes(packed(small, NAMES))
    with pytest.raises(ValueError, match=r"cifar-10-binary\.tar\.gz must have md5"):
        load("cifar10", data_dir=tmp_path)
    assert path.exists()


def test_a_download_is_unpacked_into_the_cache_once(small, server, offered):
    others = [entry(f"{FOLDER}/readme.html", b"a page"), entry("../../outside", b"x")]
    offered(packed(small, NAMES[:5], [*others, entry(IN_CACHE[-1], small[NAMES[5]])]))
    first, second = load("cifar10"), load("cifar10")
    assert server.asked == [CIFAR10_ARCHIVE.name]
    assert digests(first) == digests(second)
    assert kept() == IN_CACHE
    for name, data in small.items():
        assert (cache_dir() / "cifar10" / FOLDER / name).read_bytes() == data


@pytest.mark.parametrize("how", ["short", "wrong"])
def test_a_download_with_other_contents_is_refused_and_deleted(small, offered, how):
    offered(packed(small), how)
    with pytest.raises(ValueError, match=r"tar\.gz from http.* must have md5") as e:
        load("cifar10")
    assert "get cifar10/cifar-10-binary.tar.gz by other means" in str(e.value)
    assert kept() == []


@pytest.mark.parametrize("how", ["interrupted", "missing"])
def test_a_download_that_fails_leaves_nothing(small, offered, how):
    offered(packed(small), how)
    with pytest.raises(OSError, match=r"tar\.gz could not be downloaded.*--data-dir D"):
        load("cifar10")
    assert kept() == []


THIRD = f"{FOLDER}/{NAMES[2]}"


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (entry(THIRD, OTHER), r"data_batch_3\.bin in .*tar\.gz must have sha256"),
        (entry(THIRD, OTHER[:-1]), rf"of {SIZE} bytes, got a regular file, of 6145 "),
        (entry(THIRD, bytes(10**6)), "got a regular file, of 1000000 bytes"),
        (entry(THIRD, kind=tarfile.SYMTYPE), "got no regular file, of 0 bytes"),
        (entry(THIRD, kind=tarfile.LNKTYPE), "got no regular file, of 0 bytes"),
        (entry(f"./{THIRD}", OTHER), rf"tar\.gz must hold {THIRD}"),
    ],
    ids=["wrong", "short", "too large", "symlink", "hard link", "missing"],
)
def test_a_bad_member_of_a_published_archive_is_refused_and_never_kept(
    small, offered, bad, sentence
):
    """Five files are right and come first; the third batch is the bad one."""
    rest = [name for name in SHUFFLED if name != NAMES[2]]
    offered(packed(small, rest, [bad]))
    with pytest.raises(ValueError, match=sentence) as raised:
        load("cifar10")
    assert "\n" not in str(raised.value)
    assert kept() == sorted(f"{FOLDER}/{name}" for name in rest)

    offered(packed(small))  # and a right one mends it
    assert len(load("cifar10").train) == 10
    assert kept() == IN_CACHE


def test_a_bad_file_in_the_cache_is_downloaded_again(small, server, offered):
    offered(packed(small))
    load("cifar10")
    inner = cache_dir() / "cifar10" / FOLDER
    (inner / NAMES[1]).write_bytes(OTHER)
    load("cifar10")
    (inner / NAMES[5]).unlink()
    load("cifar10")
    assert len(server.asked) == 3
    assert (inner / NAMES[1]).read_bytes() == small[NAMES[1]]
    assert kept() == IN_CACHE


def test_a_cache_that_cannot_be_written_is_an_os_error(small, offered, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    offered(packed(small))
    monkeypatch.setattr(_cifar10, "write_atomically", full)
    with pytest.raises(OSError, match="No space left"):
        load("cifar10")
    assert kept() == []


def test_the_command_line_trains_and_certifies_a_net_of_3072_inputs(
    folder, command, tmp_path
):
    net = tmp_path / "net.safetensors"
    words = ["--data", "cifar10", "--data-dir", folder.root, "--quiet"]
    run = command("train", *words, "--layers", 4, "--epochs", 2, "--out", net)
    assert run.code == 0, run.err
    assert "net 3072-4-10, train error" in " ".join(run.out.split())
    run = command("certify", net, *words, "--bounds", "holdout-binomial")
    assert run.code == 0, run.err
    assert "Net 3072-4-10, 12,342 parameters." in run.out
    assert "2 of cifar10/test" in " ".join(run.out.split())


@pytest.mark.parametrize("words", [["certify"], ["train"]])
def test_the_help_names_it(command, words):
    out = " ".join(command(*words, "--help").out.split())
    assert "fashion-mnist, cifar10" in out
    assert "cifar10/cifar-10-batches-bin/*.bin" in out


def test_the_url_does_not_claim_to_have_been_tried():
    assert not CIFAR10_ARCHIVE.confirmed
    assert CIFAR10_ARCHIVE.url.endswith(f"/{CIFAR10_ARCHIVE.name}")
    assert len(bytes.fromhex(CIFAR10_ARCHIVE.digest)) == 16
    assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in CIFAR10_FILES.values())
