"""A prefix-free code for networks, with an encoder and a decoder, in whole bits."""

from nonvacuous.compression.codes._files import read_code, read_network, write_code
from nonvacuous.compression.codes._networks import Code, decode, decode_network, encode

__all__ = [
    "Code",
    "decode",
    "decode_network",
    "encode",
    "read_code",
    "read_network",
    "write_code",
]
