r"""A prefix-free code for networks, with an encoder and a decoder, in whole bits.

Everything that names a net is inside the code: the format's version, layer sizes,
precision, support, codebooks or grids, biases, seeds of helper matrices.  The decoder
holds no constant fitted to data, reads from a longer stream, and stops by itself:
whatever follows a codeword changes neither the net nor the number of bits read, so
Kraft's inequality holds.  A version never changes its meaning; another layout gets
another, and the version comes first, so that all of them together are one code.  Nets
that version 1 can name are written in it; version 2 adds structured layers.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression.codes import _arithmetic as coder
from nonvacuous.compression.codes._arrays import code_array
from nonvacuous.compression.codes._stream import FullError, Stream
from nonvacuous.compression.codes._structures import KINDS, Allowance, faithful
from nonvacuous.nets import Floats, Layer, Network, read
from nonvacuous.structures import Projection, Structure

__all__ = ["Code", "decode", "decode_network", "encode"]

VERSIONS = 2

MAX_LAYERS = 64
MAX_WIDTH = 1 << 20
MAX_WEIGHTS = 1 << 25
"""Together the decoder's limit: at most 256 MiB of weights, then ValueError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A codeword of `bits` bits, padded with zeros to whole bytes."""

    data: bytes
    bits: int

    @property
    def format(self) -> str:
        """The name of the layout, with its version."""
        stream = Stream(*coder.new_decoder(self.data), writing=False)
        return f"nonvacuous-code/{stream.positive(1)}"


def encode(net: Any) -> Code:
    """The codeword of a net.

    Args:
        net: anything that :func:`nonvacuous.nets.read` reads.

    Returns:
        Its code; decoding gives back every parameter bit for bit.

    Raises:
        ValueError: if the net is larger than the decoder's limits.
        ArithmeticError: if this process flushes subnormal numbers to zero.
    """
    _check_floats()
    network = read(net)
    _check_sizes(list(network.sizes))
    names = _names(network)
    capacity = 4096 + 4 * network.parameters + 40 * network.kept
    while True:
        stream = Stream(*coder.new_encoder(capacity), writing=True)
        try:
            _network(stream, network, names)
            coder.finish(stream.state, stream.buffer)
            stream.check()
        except FullError:
            capacity *= 2
            continue
        bits = coder.bits_read(stream.state)
        return Code(data=np.packbits(stream.buffer[:bits]).tobytes(), bits=bits)


def decode(data: bytes) -> tuple[Any, int]:
    """The net that a stream begins with, as a torch module.

    Args:
        data: a codeword, and anything after it.

    Returns:
        The module, and the number of bits that were its code.

    Raises:
        ValueError: if the stream is cut short or impossible.
        ArithmeticError: if this process flushes subnormal numbers to zero.
    """
    network, bits = decode_network(data)
    return network.module(), bits


def decode_network(data: bytes) -> tuple[Network, int]:
    """As :func:`decode`, but without torch: a Network and its bits.

    Raises:
        ValueError: if the stream is cut short or impossible.
        ArithmeticError: if this process flushes subnormal numbers to zero.
    """
    _check_floats()
    stream = Stream(*coder.new_decoder(data), writing=False)
    network = _network(stream, None, [])
    coder.finish(stream.state, stream.buffer)
    stream.check()
    return network, coder.bits_read(stream.state)


def _check_floats() -> None:
    """Refuse to work where subnormal numbers are zero: nets would be others.

    Raises:
        ArithmeticError: if they are.
    """
    least = np.array([2.0**-1074, 2.0**-1022])
    if not (least > 0).all() or not (0.5 * least[1:] > 0).all():
        raise ArithmeticError(
            "this process flushes subnormal numbers to zero, with which a code names"
            " another net: see torch.set_flush_denormal"
        )


def _check_sizes(sizes: list[int]) -> None:
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    if len(sizes) - 1 > MAX_LAYERS or max(sizes) > MAX_WIDTH or weights > MAX_WEIGHTS:
        raise CompressionError(
            f"a code holds at most {MAX_LAYERS} layers of {MAX_WIDTH} neurons and"
            f" {MAX_WEIGHTS} weights, got layers {sizes[:MAX_LAYERS]}"
        )


def _names(network: Network) -> list[Structure | None]:
    """The structures that are written; other layers are written as weights."""
    names, allowance = [], Allowance()
    for i, layer in enumerate(network.layers):
        name, (outputs, inputs) = faithful(layer, i), layer.weight.shape
        within = name is not None and allowance.covers(name, (outputs, inputs))
        names.append(name if within else None)
    return names


def _network(
    stream: Stream, network: Network | None, names: list[Structure | None]
) -> Network:
    """The whole format, top down.

    Raises:
        ValueError: if the stream is none of this format.
    """
    old = all(name is None or isinstance(name, Projection) for name in names)
    version = stream.positive(1 if old else 2)
    if version > VERSIONS:
        raise ValueError(f"the code is of another version than 1 to {VERSIONS}")
    double = bool(stream.bits(int(network.double) if network else 0, 1))
    count = stream.positive(len(network.layers) if network else 1)
    if count > MAX_LAYERS:
        raise ValueError(f"the code names {count} layers, more than {MAX_LAYERS}")
    sizes = [
        stream.positive(network.sizes[i] if network else 1) for i in range(count + 1)
    ]
    _check_sizes(sizes)
    layers, allowance = [], Allowance()
    for i in range(count):
        shape = (sizes[i + 1], sizes[i])
        layer, name = (network.layers[i], names[i]) if network else (None, None)
        name = _structure(stream, name, shape, version)
        if name is not None and not allowance.covers(name, shape):
            raise ValueError("the code's structured layers ask for more than they may")
        weight = None if layer is None else layer.weight
        if name is None:
            weight = code_array(stream, weight, shape, double)
        elif weight is None:
            weight = name.rebuild(layer=i, shape=shape)
        bias = _bias(stream, layer, sizes[i + 1], double)
        layers.append(Layer(weight=weight, bias=bias, structure=name))
    return network or Network(layers=tuple(layers), double=double)


def _structure(
    stream: Stream, name: Structure | None, shape: tuple[int, int], version: int
) -> Structure | None:
    """Which structure names the layer, and its numbers; version 1 knows one.

    Raises:
        ValueError: if there is no such structure.
    """
    types = [kind for kind, _ in KINDS]
    number = 0 if name is None else 1 + types.index(type(name))
    number = stream.bits(number, 1) if version == 1 else stream.positive(number + 1) - 1
    if number > len(KINDS):
        raise ValueError(f"the code names structure {number} of {len(KINDS)}")
    return KINDS[number - 1][1](stream, name, shape) if number else None


def _bias(
    stream: Stream, layer: Layer | None, outputs: int, double: bool
) -> Floats | None:
    bias = None if layer is None else layer.bias
    if not stream.bits(int(bias is not None), 1):
        return None
    column = None if bias is None else bias[:, None]
    return code_array(stream, column, (outputs, 1), double)[:, 0]
