"""The code of tied weights: lossless, prefix-free, and refused when it is not one."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression.codes import _arithmetic as coder
from nonvacuous.compression.codes import _structures as _structure_codes
from nonvacuous.compression.codes import decode, decode_network, encode
from nonvacuous.compression.codes._stream import Stream
from nonvacuous.nets import Layer, Network
from nonvacuous.structures import Diagonals, Hashed, Tied

exactly = settings(derandomize=True, max_examples=40, deadline=None)


def tied(pattern, shape, seed=0):
    values = np.random.default_rng(seed).normal(size=pattern.size(shape))
    return Tied(pattern=pattern, values=values.astype(np.float32).astype(float))


def net_of(structure, shape, bias=None):
    return Network(layers=(Layer.of(structure, layer=0, shape=shape, bias=bias),))


WRITTEN = [
    (Hashed(seed=2**32 - 1, hashes=16, buckets=2), (5, 8)),
    (Hashed(seed=0, hashes=1, buckets=1), (1, 1)),
    (Hashed(seed=7, hashes=3, buckets=4), (5, 8)),
    (Diagonals(block=4, wrap=True), (5, 8)),
    (Diagonals(block=8, wrap=False), (5, 8)),
    (Diagonals(block=1, wrap=False), (1, 1)),
]
written = pytest.mark.parametrize(("pattern", "shape"), WRITTEN, ids=str)


@written
@pytest.mark.parametrize("biased", [False, True])
def test_a_tied_layer_is_named_by_its_pattern_and_values(pattern, shape, biased):
    bias = np.arange(shape[0]) / 4.0 if biased else None
    net = net_of(tied(pattern, shape), shape, bias)
    code = encode(net)
    assert code.format == "nonvacuous-code/2"
    for junk in (b"", b"\x00" * 9, b"\xff" * 9):
        back, bits = decode_network(code.data + junk)
        [layer] = back.layers
        assert bits == code.bits
        assert layer.weight.tobytes() == net.layers[0].weight.tobytes()
        assert layer.structure.pattern == pattern
        assert (layer.structure.values == net.layers[0].structure.values).all()
        assert (layer.bias is None) == (bias is None)
    assert encode(decode(code.data)[0]) == code
    for cut in range(len(code.data)):
        with pytest.raises(ValueError, match=r"cut short|finite|names"):
            decode_network(code.data[:cut])


def test_the_code_is_little_more_than_the_values():
    shape = (40, 50)
    for pattern in (
        Hashed(seed=5, hashes=2, buckets=100),
        Diagonals(block=10, wrap=True),
    ):
        code = encode(net_of(tied(pattern, shape), shape))
        assert 32 * 200 < code.bits < 33 * 200 + 150


@pytest.mark.parametrize(
    ("pattern", "shape"),
    [
        (Hashed(seed=2**32, hashes=1, buckets=3), (3, 4)),
        (Hashed(seed=0, hashes=17, buckets=1), (5, 5)),
        (Hashed(seed=0, hashes=2, buckets=7), (3, 4)),
        (Diagonals(block=5, wrap=True), (3, 4)),
        (Diagonals(block=2, wrap=False), (1, 3)),
    ],
    ids=str,
)
def test_what_the_format_cannot_hold_is_written_as_weights(pattern, shape):
    net = net_of(tied(pattern, shape), shape)
    code = encode(net)
    assert code.format == "nonvacuous-code/1"
    back, _ = decode_network(code.data)
    assert back.layers[0].structure is None
    assert (back.layers[0].weight == net.layers[0].weight).all()


def test_values_that_float32_cannot_hold_are_written_as_weights():
    pattern = Diagonals(block=2, wrap=True)
    net = net_of(Tied(pattern=pattern, values=np.array([0.1, 0.2])), (2, 2))
    back, _ = decode_network(encode(net).data)
    assert back.layers[0].structure is None
    assert (back.layers[0].weight == net.layers[0].weight).all()


def test_a_weight_that_left_its_values_is_written_as_it_is():
    structure = tied(Diagonals(block=3, wrap=True), (3, 3))
    weight = structure.rebuild(layer=0, shape=(3, 3))
    weight[0, 0] += 1
    net = Network(layers=(Layer(weight=weight, bias=None, structure=structure),))
    back, _ = decode_network(encode(net).data)
    assert back.layers[0].structure is None
    assert (back.layers[0].weight == weight).all()


@exactly
@given(
    number=st.integers(0, len(WRITTEN) - 1),
    flips=st.lists(st.integers(0, 2000), min_size=1, max_size=5),
)
def test_an_altered_code_gives_an_error_or_a_finite_net(number, flips):
    pattern, shape = WRITTEN[number]
    code = encode(net_of(tied(pattern, shape), shape))
    bits = np.unpackbits(np.frombuffer(code.data, np.uint8))
    for flip in flips:
        bits[flip % bits.size] ^= 1
    try:
        back, read = decode_network(np.packbits(bits).tobytes())
    except ValueError:
        return
    assert 0 < read <= bits.size
    assert all(np.isfinite(a).all() for a in back.arrays())


@written
def test_one_flipped_bit_gives_an_error_or_another_net(pattern, shape):
    """Another name: by chance other values could name the same weights."""
    net = net_of(tied(pattern, shape), shape)
    code = encode(net)

    def name(network):
        [layer] = network.layers
        found = layer.structure
        if not isinstance(found, Tied):
            return None
        values = found.values.tobytes()
        return network.sizes, network.double, found.pattern, values, layer.bias is None

    for bit in range(min(code.bits, 200)):
        data = bytearray(code.data)
        data[bit // 8] ^= 128 >> bit % 8
        try:
            back, _ = decode_network(bytes(data))
        except ValueError:
            continue
        assert len(back.layers) > 1 or name(back) != name(net)


# Streams that are no codes -----------------------------------------------------------


def start(out, sizes):
    """Version 2, float32, one layer, tied."""
    out.positive(2)
    out.bits(0, 1)
    out.positive(1)
    for size in sizes:
        out.positive(size)
    out.positive(4)


def stream(write):
    out = Stream(*coder.new_encoder(1 << 12), writing=True)
    write(out)
    coder.finish(out.state, out.buffer)
    return np.packbits(out.buffer[: coder.bits_read(out.state)]).tobytes()


def impossible(kind, *numbers, sizes=(2**10, 2**10)):
    def write(out):
        start(out, sizes)
        out.bits(kind, 2)
        if kind == 0:
            seed, hashes, buckets = numbers
            out.bits(seed, 32)
            out.bits(hashes - 1, 4)
            out.positive(buckets)
        else:
            for number in numbers:
                out.positive(number)

    return stream(write)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (impossible(0, 0, 1, 2**20 + 1), "names Hashed"),
        (impossible(0, 0, 1, 2**31 - 1), "names Hashed"),
        (impossible(0, 0, 16, 2**16 + 1), "names Hashed"),
        (impossible(1, 2**10 + 1), "names Diagonals"),
        (impossible(1, 2**31 - 1), "names Diagonals"),
        (impossible(2, 2**31 - 1), "names Diagonals"),
        (impossible(1, 2, sizes=(3, 1)), "names Diagonals"),
        (impossible(3), "a pattern of tied weights that there is not"),
    ],
)
def test_impossible_patterns_are_refused_before_memory_is_taken(
    monkeypatch, data, match
):
    monkeypatch.setattr(
        _structure_codes, "code_array", lambda *a: pytest.fail("was read")
    )
    with pytest.raises(ValueError, match=match):
        decode_network(data)


def test_a_cut_stream_of_tied_weights_is_refused_before_they_are_rebuilt(monkeypatch):
    monkeypatch.setattr(Tied, "rebuild", lambda *a, **k: pytest.fail("was rebuilt"))
    with pytest.raises(ValueError, match="cut short"):
        decode_network(impossible(0, 9, 16, 2**16))


def test_a_structure_that_does_not_exist_is_refused():
    def write(out):
        out.positive(2)
        out.bits(0, 1)
        for number in (1, 1, 1, 5):
            out.positive(number)

    with pytest.raises(ValueError, match="names structure 4 of 3"):
        decode_network(stream(write))


def circulant_or_toeplitz(out):
    start(out, (1, 2))


def hashed(out):
    start(out, (1, 2))
    out.bits(0, 2)
    out.bits(5, 32)
    out.bits(0, 4)


@pytest.mark.parametrize("begin", [circulant_or_toeplitz, hashed])
def test_every_stream_that_begins_like_a_tied_layer_is_in_a_prefix_free_set(begin):
    """All continuations by 13 bits; each accepted word under all of its own."""
    out = Stream(*coder.new_encoder(1 << 10), writing=True)
    begin(out)
    assert out.state[coder.PENDING] == 0
    prefix = "".join(map(str, out.buffer[: out.state[coder.POSITION]]))
    length, found, nets = 13, Counter(), {}
    total = len(prefix) + length
    for number in range(1 << length):
        word = f"{prefix}{number:0{length}b}"
        data = int(word.ljust(80, "0"), 2).to_bytes(10, "big")
        try:
            net, bits = decode_network(data)
        except ValueError:
            continue
        if bits <= total:
            found[word[:bits]] += 1
            [layer] = net.layers
            assert isinstance(layer.structure, Tied)
            weight = layer.weight.tobytes()
            assert nets.setdefault(word[:bits], weight) == weight
    assert len(found) >= 4
    assert all(count == 2 ** (total - len(word)) for word, count in found.items())
    mass = sum(Fraction(1, 2 ** len(word)) for word in found)
    assert mass <= Fraction(1, 2 ** len(prefix))
    for shorter, longer in pairwise(sorted(found)):
        assert not longer.startswith(shorter)
