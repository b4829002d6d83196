"""Code files: what is written comes back, and no damage passes unnoticed."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import nonvacuous
from nonvacuous.compression import MatrixProject, Quantization
from nonvacuous.compression.codes import Code, encode
from nonvacuous.compression.codes._files import (
    SUFFIX,
    contents,
    read_code,
    read_network,
    write_code,
)
from nonvacuous.nets import Layer, Network, load, read


def small_net():
    rng = np.random.default_rng(5)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in ((4, 3), (3, 2))
    ]
    return Network(layers=tuple(layers))


@pytest.fixture
def path(tmp_path):
    """A file with the code of a small quantised net."""
    found = tmp_path / f"small{SUFFIX}"
    write_code(Quantization(levels=2).compress(small_net()).code, found)
    return found


def test_a_code_comes_back_as_it_was_written(path):
    code = Quantization(levels=2).compress(small_net()).code
    assert read_code(path) == code
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_file_is_the_documented_bytes(path):
    code = Code(data=b"\xb0", bits=5)
    write_code(code, path)
    start = b"nonvacuous code file 1\nbits 5\n"
    digest = hashlib.sha256(start + b"\xb0").hexdigest()
    assert path.read_bytes() == start + f"sha256 {digest}\n".encode() + b"\xb0"
    assert read_code(path) == code


def test_a_file_cut_anywhere_is_refused(path):
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cut short|no code file"):
            read_code(path)


def test_a_file_with_a_byte_altered_anywhere_is_refused(path):
    whole = path.read_bytes()
    for i in range(len(whole)):
        for flip in (1, 32, 128):
            path.write_bytes(whole[:i] + bytes([whole[i] ^ flip]) + whole[i + 1 :])
            with pytest.raises(ValueError, match=str(path)):
                read_code(path)


@pytest.mark.parametrize("junk", [b"\x00", b"\n", b"junk" * 99])
def test_a_file_that_is_too_long_is_refused(path, junk):
    path.write_bytes(path.read_bytes() + junk)
    with pytest.raises(ValueError, match="too long"):
        read_code(path)


@pytest.mark.parametrize(
    "words",
    [
        b"bits 0\n",
        b"bits 05\n",
        b"bits -5\n",
        b"bits 99999999999999999999\n",
        b"bits 5 \n",
    ],
)
def test_a_length_that_no_writer_writes_is_refused(path, words):
    digest = hashlib.sha256(b"nonvacuous code file 1\n" + words).hexdigest().encode()
    path.write_bytes(b"nonvacuous code file 1\n" + words + b"sha256 " + digest + b"\n")
    with pytest.raises(ValueError, match="within its header"):
        read_code(path)


def test_a_long_length_is_refused_by_the_size_of_the_file(path):
    start = b"nonvacuous code file 1\nbits 999999999999\n"
    digest = hashlib.sha256(start).hexdigest().encode()
    path.write_bytes(start + b"sha256 " + digest + b"\n")
    with pytest.raises(ValueError, match="cut short: it must have 125000000"):
        read_code(path)


@pytest.mark.parametrize("other", [b"", b"\x80\x04K\x01.", b"PK\x03\x04", b"bits 5\n"])
def test_what_is_no_code_file_is_refused(path, other):
    path.write_bytes(other)
    with pytest.raises(ValueError, match="is no code file"):
        read_code(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no code file"):
        read_code(tmp_path / "none.code")
    with pytest.raises(FileNotFoundError, match="there is no code file"):
        read_code(tmp_path)


@pytest.mark.parametrize(("data", "bits"), [(b"ab", 8), (b"ab", 17), (b"", 0)])
def test_bytes_that_do_not_fit_the_bits_are_not_written(tmp_path, data, bits):
    with pytest.raises(ValueError, match="code must have the bytes"):
        write_code(Code(data=data, bits=bits), tmp_path / "a.code")
    assert not list(tmp_path.iterdir())


def test_an_intact_file_whose_code_names_no_net_is_refused(path):
    whole = encode(small_net())
    write_code(Code(data=whole.data + b"\0", bits=whole.bits + 8), path)
    with pytest.raises(ValueError, match=f"{path}: the code has {whole.bits} bits"):
        read_network(path)
    write_code(Code(data=b"\0" * 9, bits=72), path)
    with pytest.raises(ValueError, match=f"{path}: the code"):
        read_network(path)


def test_a_code_file_is_a_model_like_any_other_and_keeps_its_structures(tmp_path):
    small = MatrixProject(count=5, bits=6).compress(small_net())
    path = tmp_path / "small.code"
    write_code(small.code, path)
    for found in (load(path), read(path), read(str(path))):
        for a, b in zip(found.arrays(), small.network.arrays(), strict=True):
            assert a.tobytes() == b.tobytes()
        assert [a.structure.numbers for a in found.layers] == [5, 5]
        assert encode(found) == small.code


def test_certify_takes_a_code_file(tmp_path):
    path = tmp_path / "small.code"
    write_code(encode(small_net()), path)
    x = np.random.default_rng(0).normal(size=(30, 4))
    y = (x[:, 0] > 0).astype(int)
    reports = [
        nonvacuous.certify(net, test=(x, y), bounds=["holdout-binomial"])
        for net in (path, small_net())
    ]
    assert reports[0].test_error == reports[1].test_error


def test_contents_are_what_is_written(tmp_path):
    path = Path(tmp_path / "a.code")
    code = encode(small_net())
    write_code(code, path)
    assert path.read_bytes() == contents(code)
