"""A code as a file: its bytes, how many of their bits are the code, and a digest.

A code has no spare bits, so that nearly every damaged one names some other net; the
file says what it must hold.  What the file adds (a line that names the format, the
length in bits, a SHA-256 digest of both and of the payload) is no part of the
description length: a decoder needs none of it, see :mod:`nonvacuous.compression.codes`.
"""

import hashlib
import re
from pathlib import Path

from nonvacuous._files import write_atomically
from nonvacuous.compression.codes._networks import Code, decode_network
from nonvacuous.nets import Network

__all__ = ["SUFFIX", "contents", "read_code", "read_network", "write_code"]

SUFFIX = ".code"

_FORMAT = b"nonvacuous code file 1\n"
_HEADER = re.compile(_FORMAT + rb"bits ([1-9][0-9]{0,11})\nsha256 ([0-9a-f]{64})\n")
_LONGEST = len(_FORMAT) + len(b"bits 999999999999\nsha256 \n") + 64


def contents(code: Code) -> bytes:
    """The file of a code, as bytes.

    Raises:
        ValueError: if the code has another number of bytes than its bits need.
    """
    if code.bits < 1 or len(code.data) != -(-code.bits // 8):
        raise ValueError(
            f"code must have the bytes of its {code.bits} bits, got {len(code.data)}"
        )
    size = f"bits {code.bits}\n".encode()
    digest = hashlib.sha256(_FORMAT + size + code.data).hexdigest()
    return _FORMAT + size + f"sha256 {digest}\n".encode() + code.data


def write_code(code: Code, path: str | Path) -> None:
    """Write a code, atomically.

    Args:
        code: what to write.
        path: where; replaced only when the whole file is written.

    Raises:
        ValueError: if the code has another number of bytes than its bits need.
        OSError: if the path cannot be written.
    """
    write_atomically(path, contents(code))


def read_code(path: str | Path) -> Code:
    """The code that a file holds, bit for bit as it was written.

    Args:
        path: a file of :func:`write_code`.

    Returns:
        The code; that it decodes is for the decoder to say.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is something else, cut short, too long or altered.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no code file {path}")
    with path.open("rb") as file:
        start = file.read(_LONGEST)
        if not start.startswith(_FORMAT):
            raise ValueError(f"{path} is no code file: its first line is another")
        header = _HEADER.match(start)
        if header is None:
            raise ValueError(f"{path} is cut short or altered within its header")
        bits = int(header[1])
        length = header.end() + -(-bits // 8)
        found = path.stat().st_size
        if found != length:
            raise ValueError(
                f"{path} is {'cut short' if found < length else 'too long'}: it must"
                f" have {length} bytes, got {found}"
            )
        file.seek(header.end())
        code = Code(data=file.read(), bits=bits)
    if contents(code)[: header.end()] != header[0]:
        raise ValueError(f"{path} is altered: its SHA-256 digest does not match")
    return code


def read_network(path: str | Path) -> Network:
    """The net that a file's code names, with its structures.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is no intact code file, or its code names no net.
    """
    code = read_code(path)
    try:
        network, bits = decode_network(code.data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if bits != code.bits:
        raise ValueError(f"{path}: the code has {bits} bits, its file says {code.bits}")
    return network
