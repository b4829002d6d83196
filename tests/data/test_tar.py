"""Members of a .tar.gz file: read whole or refused, and never put anywhere."""

import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.data._tar import read_members

FILES = {"d/a.bin": bytes(range(200)), "d/b.bin": bytes(1000)}
SIZES = {name: len(data) for name, data in FILES.items()}


def info(name, size=0, kind=tarfile.REGTYPE, **fields):
    made = tarfile.TarInfo(name)
    made.size, made.type = size, kind
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def tar(members, **options):
    """An uncompressed archive of (TarInfo, contents)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", **options) as archive:
        for member, data in members:
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


GOOD = [(info(name, len(data)), data) for name, data in FILES.items()]


@pytest.fixture
def read(tmp_path):
    """What is read from the bytes of an archive, which must write nothing."""
    path = tmp_path / "x.tar.gz"

    def members(data, sizes=SIZES):
        path.write_bytes(data)
        try:
            return list(read_members(path, sizes))
        finally:
            assert [*tmp_path.rglob("*")] == [path]

    return members


@pytest.fixture
def refused(read):
    """The sentence with which bytes are refused, which must name the archive."""

    def sentence(data):
        with pytest.raises(ValueError, match=r"x\.tar\.gz must ") as raised:
            read(data)
        assert "\n" not in str(raised.value)
        return str(raised.value)

    return sentence


def test_members_come_in_the_archives_order(read):
    assert read(gzip.compress(tar(GOOD))) == [*FILES.items()]
    assert read(gzip.compress(tar(GOOD[::-1]))) == [*FILES.items()][::-1]


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "d/../../evil", "d/a"])
def test_other_members_are_passed_over_wherever_they_point(read, name):
    others = [
        (info("d", kind=tarfile.DIRTYPE), b""),
        (info(name, 3), b"bad"),
        (info("d/link", kind=tarfile.SYMTYPE, linkname="/etc/passwd"), b""),
    ]
    assert read(gzip.compress(tar(others + GOOD + others))) == [*FILES.items()]


def test_of_two_members_with_one_name_the_first_is_read(read):
    again = (info("d/a.bin", 3), b"bad")
    assert read(gzip.compress(tar([GOOD[0], again, GOOD[1]]))) == [*FILES.items()]


def test_a_missing_member_is_refused_by_name(refused):
    assert "must hold d/b.bin" in refused(gzip.compress(tar(GOOD[:1])))
    assert "must hold d/a.bin, d/b.bin" in refused(gzip.compress(tar([])))


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.DIRTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
    ],
)
def test_a_link_a_folder_or_a_device_as_member_is_refused(refused, kind):
    bad = info("d/a.bin", kind=kind, linkname="d/b.bin")
    assert refused(gzip.compress(tar([(bad, b""), GOOD[1]]))).endswith(
        "d/a.bin as a regular file of 200 bytes, got no regular file, of 0 bytes"
    )


@pytest.mark.parametrize("size", [0, 199, 201, 10**5])
def test_a_member_of_another_size_is_refused(refused, size):
    data = tar([(info("d/a.bin", size), bytes(size)), GOOD[1]])
    assert refused(gzip.compress(data)).endswith(
        f"d/a.bin as a regular file of 200 bytes, got a regular file, of {size} bytes"
    )


def test_a_member_that_declares_a_terabyte_is_refused_before_it_is_read(refused):
    huge = info("d/a.bin", 2**40).tobuf(tarfile.GNU_FORMAT)
    assert f"of {2**40} bytes" in refused(gzip.compress(huge))


def test_an_archive_that_decompresses_to_too_much_is_refused(read, refused):
    most = 2**20 - 2 * 10240  # tar pads to, and is read by, 10,240 bytes
    fits = tar([(info("bomb", most), bytes(most)), *GOOD])
    assert read(gzip.compress(fits)) == [*FILES.items()]
    over = tar([(info("bomb", 2**21), bytes(2**21)), *GOOD])
    assert f"decompresses to over {1200 + 2**20} bytes" in refused(gzip.compress(over))


@pytest.mark.parametrize("options", [{"format": tarfile.PAX_FORMAT}, {"format": 1}])
def test_a_name_of_megabytes_is_refused(refused, options):
    data = tar([(info("n" * 2**21), b""), *GOOD], **options)
    assert "decompresses to over" in refused(gzip.compress(data))


@pytest.mark.parametrize("cut", [1, 300, 1024, 1500])
def test_a_tar_that_is_cut_in_a_member_is_refused(refused, cut):
    refused(gzip.compress(tar(GOOD)[: 512 + 512 + 512 + 1000 - cut]))


def test_a_gzip_that_is_cut_is_refused(refused):
    data = gzip.compress(tar(GOOD), 0)
    assert "must be a whole .tar.gz file" in refused(data[:1500])


@pytest.mark.parametrize("data", [b"", b"no archive", gzip.compress(b"no tar" * 999)])
def test_bytes_that_are_no_archive_are_refused(refused, data):
    assert "must be a whole .tar.gz file: " in refused(data)


def test_a_broken_deflate_stream_is_refused(refused):
    data = gzip.compress(tar(GOOD))
    assert "must be a whole .tar.gz file" in refused(data[:10] + b"\xff" * 20)


def test_a_sparse_map_that_is_no_map_is_refused(refused):
    bad = info("d/a.bin", 200, pax_headers={"GNU.sparse.map": "1,x"})
    data = tar([(bad, FILES["d/a.bin"]), GOOD[1]], format=tarfile.PAX_FORMAT)
    assert "must be a whole .tar.gz file" in refused(gzip.compress(data))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**12), st.binary(min_size=1, max_size=12))))
def test_an_altered_archive_gives_what_was_asked_for_or_a_value_error(
    tmp_path_factory, changes
):
    data = bytearray(tar(GOOD, format=tarfile.PAX_FORMAT))
    for place, new in changes:
        data[place : place + len(new)] = new
    path = tmp_path_factory.getbasetemp() / "altered.tar.gz"
    path.write_bytes(gzip.compress(bytes(data), 1))
    try:
        found = dict(read_members(path, SIZES))
    except ValueError:
        return
    assert {name: len(data) for name, data in found.items()} == SIZES
