"""IDX files: read whole or refused by name."""

import gzip
import struct

import numpy as np
import pytest

from nonvacuous.data._idx import IDX_LIMIT, read_idx

IMAGES = bytes(range(24))


def idx(data=IMAGES, shape=(2, 3, 4), magic=None):
    magic = bytes([0, 0, 8, len(shape)]) if magic is None else magic
    return magic + struct.pack(f">{len(shape)}I", *shape) + data


@pytest.fixture
def refused(tmp_path):
    """The sentence with which bytes are refused, which must name the file."""

    def sentence(data):
        path = tmp_path / "images.gz"
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"images\.gz must") as raised:
            read_idx(path, axes=3)
        return str(raised.value)

    return sentence


def test_a_good_file_is_read(tmp_path):
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx()))
    array = read_idx(path, axes=3)
    assert array.dtype == np.uint8
    assert array.shape == (2, 3, 4)
    assert array.tobytes() == IMAGES


def test_a_short_file_is_refused_by_name(refused):
    assert "24 bytes for its sizes (2, 3, 4), got 23" in refused(
        gzip.compress(idx(IMAGES[:-1]))
    )


def test_a_long_file_is_refused(refused):
    assert "got more" in refused(gzip.compress(idx(IMAGES + b"\0")))


@pytest.mark.parametrize("magic", [b"\0\0\x08\x01", b"\0\0\x0d\x03", b"\1\0\x08\x03"])
def test_another_magic_number_is_refused(refused, magic):
    assert f"00000803, got {magic.hex()}" in refused(gzip.compress(idx(magic=magic)))


def test_an_empty_stream_is_refused(refused):
    assert "got nothing" in refused(gzip.compress(b""))


def test_a_file_that_ends_in_its_header_is_refused(refused):
    assert "declare 3 sizes" in refused(gzip.compress(idx()[:15]))


def test_a_file_that_is_not_gzip_is_refused(refused):
    assert "must be a whole gzip file" in refused(idx())


@pytest.mark.parametrize("cut", [1, 8, 20])
def test_a_gzip_that_is_cut_is_refused(refused, cut):
    assert "must be a whole gzip file" in refused(gzip.compress(idx())[:-cut])


def test_a_wrong_checksum_is_refused(refused):
    data = bytearray(gzip.compress(idx()))
    data[-5] ^= 1
    assert "must be a whole gzip file" in refused(bytes(data))


def test_a_broken_deflate_stream_is_refused(refused):
    data = gzip.compress(idx())
    assert "must be a whole gzip file" in refused(data[:10] + b"\xff" * 20)


def test_a_huge_declaration_is_refused_before_anything_is_read(refused):
    assert f"at most {IDX_LIMIT} bytes" in refused(
        gzip.compress(idx(shape=(2**32 - 1, 2**32 - 1, 2**32 - 1)))
    )
