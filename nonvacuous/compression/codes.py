r"""A prefix-free code for networks, with an encoder and a decoder, in whole bits.

Everything that names a net is inside the code: the format's version, layer sizes,
precision, support, codebooks or grids, biases, seeds of helper matrices.  The decoder
holds no constant fitted to data, reads from a longer stream, and stops by itself:
whatever follows a codeword changes neither the net nor the number of bits read, so
Kraft's inequality holds.  FORMAT never changes meaning; another layout gets another.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression import _arithmetic as coder
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._signs import rebuild
from nonvacuous.nets import Floats, Layer, Network, Projection, exact, read

__all__ = ["FORMAT", "Code", "decode", "decode_network", "encode"]

FORMAT = "nonvacuous-code/1"

MAX_LAYERS = 64
MAX_WIDTH = 1 << 20
MAX_WEIGHTS = 1 << 25
"""Together the decoder's limit: at most 256 MiB of weights, then ValueError."""
MAX_LEVELS = 1 << 16
"""Entries of a codebook; its contexts take 272 bytes each."""
MAX_SIGNS = 1 << 32
"""Entries of helper matrices that one projected layer may ask for: some seconds."""

_RAW, _CODEBOOK, _GRID = 0, 1, 2
_GRID_EXPONENT = 40  # a grid's step is 2^(e - 40) for e in 0..63


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A codeword of `bits` bits, padded with zeros to whole bytes."""

    data: bytes
    bits: int


class _Stream:
    """Both directions of the format: in a decoder, arguments are ignored."""

    def __init__(
        self, state: NDArray[np.int64], buffer: NDArray[np.uint8], writing: bool
    ) -> None:
        self.state, self.buffer, self.writing = state, buffer, writing

    def bits(self, value: int, width: int) -> int:
        return int(coder.code_bits(self.state, self.buffer, value, width))

    def positive(self, value: int) -> int:
        found = int(coder.code_gamma(self.state, self.buffer, value))
        self.check()
        return found

    def check(self) -> None:
        if self.state[coder.FAILED]:
            raise (
                _OverflowError
                if self.writing
                else ValueError("the code is cut short or is no code of this format")
            )


class _OverflowError(Exception):
    """The encoder's buffer is full: start again with a larger one."""


def encode(net: Any) -> Code:
    """The codeword of a net.

    Args:
        net: anything that :func:`nonvacuous.nets.read` reads.

    Returns:
        Its code; decoding gives back every parameter bit for bit.

    Raises:
        ValueError: if the net is larger than the decoder's limits.
    """
    network = read(net)
    _check_sizes(list(network.sizes))
    capacity = 4096 + 4 * network.parameters + 40 * network.nonzeros
    while True:
        stream = _Stream(*coder.new_encoder(capacity), writing=True)
        try:
            _network(stream, network)
            coder.finish(stream.state, stream.buffer)
            stream.check()
        except _OverflowError:
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
    """
    network, bits = decode_network(data)
    return network.module(), bits


def decode_network(data: bytes) -> tuple[Network, int]:
    """As :func:`decode`, but without torch: a Network and its bits.

    Raises:
        ValueError: if the stream is cut short or impossible.
    """
    stream = _Stream(*coder.new_decoder(data), writing=False)
    network = _network(stream, None)
    coder.finish(stream.state, stream.buffer)
    stream.check()
    return network, coder.bits_read(stream.state)


def _check_sizes(sizes: list[int]) -> None:
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    if len(sizes) - 1 > MAX_LAYERS or max(sizes) > MAX_WIDTH or weights > MAX_WEIGHTS:
        raise CompressionError(
            f"a code holds at most {MAX_LAYERS} layers of {MAX_WIDTH} neurons and"
            f" {MAX_WEIGHTS} weights, got layers {sizes[:MAX_LAYERS]}"
        )


def _network(stream: _Stream, network: Network | None) -> Network:
    """The whole format, top down.

    Raises:
        ValueError: if the stream is none of this format.
    """
    if stream.positive(1) != 1:
        raise ValueError("the code is of another version than 1")
    double = bool(stream.bits(int(network.double) if network else 0, 1))
    count = stream.positive(len(network.layers) if network else 1)
    if count > MAX_LAYERS:
        raise ValueError(f"the code names {count} layers, more than {MAX_LAYERS}")
    sizes = [
        stream.positive(network.sizes[i] if network else 1) for i in range(count + 1)
    ]
    _check_sizes(sizes)
    layers = tuple(
        _layer(
            stream, network.layers[i] if network else None, i, sizes[i : i + 2], double
        )
        for i in range(count)
    )
    return network or Network(layers=layers, double=double)


def _layer(
    stream: _Stream, layer: Layer | None, i: int, sizes: list[int], double: bool
) -> Layer:
    shape = (sizes[1], sizes[0])
    projection = None if layer is None else _faithful(layer, i)
    if stream.bits(int(projection is not None), 1):
        weight = _projection(stream, projection, i, shape)
    else:
        found = _array(stream, None if layer is None else layer.weight, shape, double)
        weight = Layer(weight=found, bias=None)
    bias = None if layer is None else layer.bias
    if stream.bits(int(bias is not None), 1):
        column = None if bias is None else bias[:, None]
        bias = _array(stream, column, (sizes[1], 1), double)[:, 0]
    return Layer(weight=weight.weight, bias=bias, projection=weight.projection)


def _faithful(layer: Layer, i: int) -> Projection | None:
    """The layer's projection, if its weight is still the one that it names."""
    if layer.projection is None:
        return None
    p, entries = layer.projection, layer.weight.size
    offset, count = 2 ** (p.bits - 1), p.coefficients.size
    fits = (
        0 <= p.seed < 2**32
        and 2 <= p.bits <= 16
        and 0 < p.scale < np.inf
        and bool(_halves(np.array([p.scale])))
        and _projectable(count, entries)
        and p.coefficients.min() >= -offset
        and p.coefficients.max() < offset
    )
    if not fits:
        return None
    again = rebuild(p, layer=i, shape=layer.weight.shape)
    return p if (again.weight == layer.weight).all() else None


def _projectable(count: int, entries: int) -> bool:
    """Whether so many coefficients of such matrices can be built in seconds."""
    return 1 <= count <= min(2**15, entries) and count * entries <= MAX_SIGNS


def _projection(
    stream: _Stream, projection: Projection | None, i: int, shape: tuple[int, int]
) -> Layer:
    p = projection
    seed = stream.bits(p.seed if p else 0, 32)
    bits = stream.bits(p.bits - 1 if p else 0, 4) + 1
    half = np.float16(p.scale if p else 0).view(np.uint16)
    scale = float(np.uint16(stream.bits(int(half), 16)).view(np.float16))
    count = stream.positive(p.coefficients.size if p else 1)
    possible = bits >= 2 and 0 < scale < np.inf
    if not (possible and _projectable(count, shape[0] * shape[1])):
        raise ValueError("the code names an impossible projection")
    offset = 2 ** (bits - 1)
    words = np.zeros(count, np.uint64)
    if p:
        words = (p.coefficients + offset).astype(np.uint64)
    coder.code_words(stream.state, stream.buffer, words, bits)
    stream.check()
    found = Projection(
        seed=seed,
        bits=bits,
        scale=scale,
        coefficients=words.astype(np.int64) - offset,
    )
    return rebuild(found, layer=i, shape=shape)


def _array(
    stream: _Stream, array: Floats | None, shape: tuple[int, int], double: bool
) -> Floats:
    """A matrix: its support, then its non-zeros in the cheapest of three ways.

    Raises:
        ValueError: if the stream names a weight that is not finite.
    """
    flags = np.zeros(shape, np.uint8)
    values = np.zeros(0)
    if array is not None:
        flags = np.ascontiguousarray(array != 0, dtype=np.uint8)
        values = array[array != 0]
    coder.code_support(stream.state, stream.buffer, flags)
    stream.check()
    out = np.zeros(shape)
    where = flags.astype(bool)
    count = int(where.sum())
    if count:
        how = stream.bits(0 if array is None else _cheapest(values, double), 2)
        out[where] = _VALUES[how](stream, values, count, double)
        stream.check()
        if not np.isfinite(out).all():
            raise ValueError("the code names a weight that is not finite")
    return out


def _cheapest(values: Floats, double: bool) -> int:
    """How to write the values: a rough count in bits decides, nothing depends on it."""
    levels = np.unique(values)
    width = 64 if double else 32
    book = 16 if _halves(levels) else width
    index = max(1, int(levels.size - 1).bit_length())
    costs = {
        _RAW: width * values.size,
    }
    if levels.size <= MAX_LEVELS:
        costs[_CODEBOOK] = 16 + book * levels.size + index * values.size
    step = _grid_step(values)
    if step is not None:
        sizes = np.abs(values / 2.0 ** (step - _GRID_EXPONENT))
        costs[_GRID] = 6 + int((1 + 1.5 * np.log2(sizes + 1)).sum())
    return min(costs, key=lambda how: costs[how])


def _halves(levels: Floats) -> bool:
    with np.errstate(over="ignore"):
        return bool((levels.astype(np.float16).astype(np.float64) == levels).all())


def _grid_step(values: Floats) -> int | None:
    """The largest e with every value a multiple of 2^(e-40), integers below 2^31."""
    _, exponents = np.frexp(values)
    low = int(exponents.min()) + _GRID_EXPONENT
    for e in range(min(63, low), -1, -1):
        with np.errstate(over="ignore", under="ignore"):
            scaled = values * 2.0 ** (_GRID_EXPONENT - e)
        if np.abs(scaled).max() >= 2**31:
            return None
        if (scaled == np.rint(scaled)).all():
            return e
    return None


def _raw(stream: _Stream, values: Floats, count: int, double: bool) -> Floats:
    width, kind = (64, np.float64) if double else (32, np.float32)
    word = np.uint64 if double else np.uint32
    words = np.zeros(count, np.uint64)
    if stream.writing:
        words = values.astype(kind).view(word).astype(np.uint64)
    coder.code_words(stream.state, stream.buffer, words, width)
    with np.errstate(invalid="ignore"):  # refused later if not finite
        return words.astype(word).view(kind).astype(np.float64)


def _codebook(stream: _Stream, values: Floats, count: int, double: bool) -> Floats:
    levels, indices = np.zeros(1), np.zeros(count, np.int64)
    if stream.writing:
        levels, indices = np.unique(values, return_inverse=True)
    size = stream.positive(levels.size)
    if size > min(count, MAX_LEVELS):
        raise ValueError("the code names more levels than values, or too many")
    if stream.bits(int(_halves(levels)), 1):
        words = np.zeros(size, np.uint64)
        if stream.writing:
            words = levels.astype(np.float16).view(np.uint16).astype(np.uint64)
        coder.code_words(stream.state, stream.buffer, words, 16)
        levels = words.astype(np.uint16).view(np.float16).astype(np.float64)
    else:
        levels = _raw(stream, levels, size, double)
    stream.check()
    coder.code_indices(stream.state, stream.buffer, indices, size)
    stream.check()
    return levels[indices]


def _grid(stream: _Stream, values: Floats, count: int, double: bool) -> Floats:
    step, numbers = 0, np.ones(count, np.int64)
    if stream.writing:
        step = _grid_step(values) or 0
        numbers = (values * 2.0 ** (_GRID_EXPONENT - step)).astype(np.int64)
    step = stream.bits(step, 6)
    coder.code_grid(stream.state, stream.buffer, numbers)
    found: Floats = numbers.astype(np.float64) * 2.0 ** (step - _GRID_EXPONENT)
    if not stream.writing and not double and not exact(found):
        raise ValueError("the code names a weight that its precision cannot hold")
    return found


def _impossible(stream: _Stream, values: Floats, count: int, double: bool) -> Floats:
    raise ValueError("the code names a way of writing values that there is not")


_VALUES = (_raw, _codebook, _grid, _impossible)
