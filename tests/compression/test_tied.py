"""Tied weights: where each value stands, for ever, and the code that says so."""

import hashlib
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import _arithmetic as coder
from nonvacuous.compression import _structure_codes
from nonvacuous.compression._stream import Stream
from nonvacuous.compression.codes import decode, decode_network, encode
from nonvacuous.nets import Layer, Network
from nonvacuous.structures import Diagonals, Hashed, Tied, _tied
from nonvacuous.structures._tied import gathered

exactly = settings(derandomize=True, max_examples=40, deadline=None)
shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))


def tied(pattern, shape, seed=0):
    values = np.random.default_rng(seed).normal(size=pattern.size(shape))
    return Tied(pattern=pattern, values=values.astype(np.float32).astype(float))


def net_of(structure, shape, bias=None):
    return Network(layers=(Layer.of(structure, layer=0, shape=shape, bias=bias),))


def naive_places(pattern, layer, shape):
    """For each entry (i, j) the signed values that it adds, in order."""
    rows, columns = shape
    found = {(i, j): [] for i in range(rows) for j in range(columns)}
    if isinstance(pattern, Hashed):
        n = rows * columns
        generator = np.random.Philox(key=[pattern.seed, layer])
        words = generator.random_raw(pattern.hashes * n).tolist()
        for t in range(pattern.hashes):
            for i in range(rows):
                for j in range(columns):
                    word = words[t * n + i * columns + j]
                    index = t * pattern.buckets + (word >> 1) % pattern.buckets
                    found[i, j].append((1 - 2 * (word & 1), index))
        return found
    p = pattern.block
    across = -(-columns // p)
    for i in range(rows):
        for j in range(columns):
            number = i // p * across + j // p
            step = i % p - j % p
            if pattern.wrap:
                found[i, j].append((1, number * p + step % p))
            else:
                found[i, j].append((1, number * (2 * p - 1) + step + p - 1))
    return found


patterns = st.one_of(
    st.builds(
        Hashed,
        seed=st.integers(0, 2**32 - 1),
        hashes=st.integers(1, 16),
        buckets=st.integers(1, 50),
    ),
    st.builds(Diagonals, block=st.integers(1, 12), wrap=st.booleans()),
)

# Rebuilding --------------------------------------------------------------------------


def test_a_circulant_block_repeats_its_first_column_one_row_lower():
    structure = Tied(
        pattern=Diagonals(block=4, wrap=True), values=np.array([1.0, 2, 3, 4])
    )
    assert structure.rebuild(layer=0, shape=(4, 4)).tolist() == [
        [1, 4, 3, 2],
        [2, 1, 4, 3],
        [3, 2, 1, 4],
        [4, 3, 2, 1],
    ]


def test_a_toeplitz_block_goes_from_the_upper_right_corner_to_the_lower_left():
    structure = Tied(pattern=Diagonals(block=3, wrap=False), values=np.arange(1.0, 6.0))
    wanted = [[3, 2, 1], [4, 3, 2], [5, 4, 3]]
    assert structure.rebuild(layer=0, shape=(3, 3)).tolist() == wanted


def test_blocks_at_the_edges_are_cut_off():
    structure = Tied(pattern=Diagonals(block=2, wrap=True), values=np.arange(1.0, 9.0))
    wanted = [[1, 2, 3], [2, 1, 4], [5, 6, 7]]
    assert structure.rebuild(layer=0, shape=(3, 3)).tolist() == wanted


@exactly
@given(pattern=patterns, shape=shapes, layer=st.integers(0, 5))
def test_every_entry_is_the_sum_of_its_values_in_order(pattern, shape, layer):
    structure = tied(pattern, shape)
    found = structure.rebuild(layer=layer, shape=shape)
    for (i, j), terms in naive_places(pattern, layer, shape).items():
        total = 0.0
        for sign, index in terms:
            total += sign * float(structure.values[index])
        assert found[i, j] == np.float32(total)


@exactly
@given(pattern=patterns, shape=shapes, seed=st.integers(0, 10**6))
def test_gathering_is_the_transpose_of_rebuilding(pattern, shape, seed):
    rng = np.random.default_rng(seed)
    weight = rng.integers(-9, 10, shape).astype(float)
    values = rng.integers(-9, 10, pattern.size(shape)).astype(float)
    sums, terms = gathered(pattern, weight, layer=2)
    rebuilt = Tied(pattern=pattern, values=values).rebuild(layer=2, shape=shape)
    assert sums @ values == (weight * rebuilt).sum()
    places = naive_places(pattern, 2, shape)
    counts = Counter(index for terms in places.values() for _, index in terms)
    assert terms.tolist() == [counts[index] for index in range(values.size)]


def test_hashes_are_the_same_for_ever():
    digest = hashlib.sha256()
    for pattern in (
        Hashed(seed=3, hashes=2, buckets=1000),
        Diagonals(block=7, wrap=True),
        Diagonals(block=7, wrap=False),
    ):
        for part, signs, index in pattern.places(layer=1, shape=(30, 40)):
            digest.update(f"{part.start} {part.stop}".encode())
            digest.update((signs * (index + 1)).astype("<i8").tobytes())
    assert digest.hexdigest() == PINNED


PINNED = "ec6fedd70346ef3c254a8ea244c767f8299f6ff45db3496c4bceb0beff57ab86"


@pytest.mark.parametrize("entries", [1, 7, 30, 64])
@pytest.mark.parametrize(
    "pattern",
    [Hashed(seed=1, hashes=3, buckets=11), Diagonals(block=4, wrap=True)],
    ids=str,
)
def test_places_do_not_depend_on_how_many_are_held_at_once(
    monkeypatch, pattern, entries
):
    structure = tied(pattern, (9, 10))
    whole = structure.rebuild(layer=3, shape=(9, 10))
    sums = gathered(pattern, whole, layer=3)
    monkeypatch.setattr(_tied, "_CHUNK", entries)
    assert len(list(pattern.places(layer=3, shape=(9, 10)))) > 1
    assert (structure.rebuild(layer=3, shape=(9, 10)) == whole).all()
    for found, wanted in zip(gathered(pattern, whole, layer=3), sums, strict=True):
        assert np.allclose(found, wanted, rtol=1e-12)


def test_every_bucket_is_about_as_likely_as_another():
    """Six sigma at a fixed seed: 200,000 places in 50 buckets, signs even."""
    pattern = Hashed(seed=0, hashes=1, buckets=50)
    [(_, signs, index)] = pattern.places(layer=0, shape=(400, 500))
    counts = np.bincount(index, minlength=50)
    assert np.abs(counts - 4000).max() < 6 * np.sqrt(4000)
    assert abs(signs.sum()) < 6 * np.sqrt(200000)


@pytest.mark.parametrize("values", [[np.nan], [np.inf], [[1.0]]])
def test_values_that_are_no_finite_vector_are_refused(values):
    with pytest.raises(ValueError, match="vector of finite numbers"):
        Tied(pattern=Diagonals(block=1, wrap=True), values=np.array(values))


def test_more_or_fewer_values_than_the_pattern_takes_are_refused():
    structure = Tied(pattern=Diagonals(block=2, wrap=True), values=np.zeros(3))
    with pytest.raises(ValueError, match="values must be 2 for a layer of shape"):
        structure.rebuild(layer=0, shape=(2, 2))


# The code ----------------------------------------------------------------------------

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
