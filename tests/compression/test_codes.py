"""The code of a net: lossless, prefix-free, and refused when it is not one."""

import hashlib
import itertools
import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from nonvacuous.compression.codes import Code, decode, decode_network, encode
from nonvacuous.compression.codes import _arithmetic as coder
from nonvacuous.compression.codes._stream import Stream
from nonvacuous.compression.projection import project
from nonvacuous.nets import Layer, Network, read
from nonvacuous.structures import Projection

exactly = settings(derandomize=True, max_examples=60, deadline=None)
GOLDEN = Path(__file__).parent / "golden"
DENORMAL = 2.0**-149


def layer(weight, bias=None):
    return Layer(
        weight=np.array(weight, float),
        bias=None if bias is None else np.array(bias, float),
    )


def network(*layers, double=False):
    return Network(layers=layers, double=double)


def same(one, other):
    """Whether two nets agree in every bit but the sign of zeros."""
    return (
        one.sizes == other.sizes
        and one.double == other.double
        and [a.bias is None for a in one.layers]
        == [a.bias is None for a in other.layers]
        and all(
            (a + 0.0).tobytes() == (b + 0.0).tobytes()
            for a, b in zip(one.arrays(), other.arrays(), strict=True)
        )
    )


def fingerprint(net):
    digest = hashlib.sha256(str(net.sizes).encode())
    for array in net.arrays():
        digest.update(np.ascontiguousarray(array, "<f8").tobytes())
    return digest.hexdigest()


def stream(write):
    """A stream that `write` drives decision by decision, as an adversary would."""
    out = Stream(*coder.new_encoder(1 << 16), writing=True)
    write(out)
    coder.finish(out.state, out.buffer)
    assert not out.state[coder.FAILED]
    return np.packbits(out.buffer[: coder.bits_read(out.state)]).tobytes()


def header(out, sizes, *, version=1, double=0):
    out.positive(version)
    out.bits(double, 1)
    out.positive(len(sizes) - 1)
    for size in sizes:
        out.positive(size)


def support(out, rows, columns):
    coder.code_support(out.state, out.buffer, np.ones((rows, columns), np.uint8))


ODD = {
    "one neuron": network(layer([[0.5]], [0.25])),
    "one zero": network(layer([[0.0]])),
    "no bias": network(layer([[1.5, -2.0]]), layer([[3.0]])),
    "a bias of zeros": network(layer([[1.5, -2.0]], [0.0])),
    "a bias in one layer": network(layer([[1.0]]), layer([[2.0]], [3.0])),
    "all zero layers": network(layer(np.zeros((4, 3)), [0] * 4), layer([[0] * 4])),
    "minus zero": network(layer([[-0.0, 1.0]], [-0.0])),
    "denormals": network(layer([[DENORMAL, -3 * DENORMAL, 0.0]], [DENORMAL])),
    "huge weights": network(layer(np.array([[3e38, -3.4e38, 1.0]], np.float32))),
    "largest float16": network(layer([[65504.0, -65504.0, 2.0**-24]])),
    "float64": network(layer([[0.1, -1e-300]] * 2, [1e300, 5e-324]), double=True),
    "float64 that float32 could hold": network(layer([[0.5, 0.25]]), double=True),
    "float64 on a grid": network(layer([[2.0**30 + 0.5, -0.5]] * 9), double=True),
    "equal weights": network(layer(np.full((7, 9), 0.375))),
    "integers": network(layer(np.arange(-12.0, 12.0).reshape(4, 6), [1, 2, 3, 4])),
    "a fine grid": network(layer(np.arange(1.0, 13.0).reshape(3, 4) * 2.0**-40)),
    "a coarse grid": network(layer(np.arange(1.0, 13.0).reshape(3, 4) * 2.0**23)),
    "beyond the coarse grid": network(layer(np.arange(1.0, 13.0)[None] * 2.0**90)),
    "many layers": network(*[layer([[1.0]], [0.5])] * 64),
}  # fmt: skip


def random_network(seed):
    """A small net: sparse, on few levels, on a dyadic grid, raw or float64."""
    rng = np.random.default_rng(seed)
    kind = ("raw", "sparse", "levels", "grid", "double")[seed % 5]
    sizes = rng.integers(1, 9, rng.integers(2, 5)).tolist()

    def values(*shape):
        array = rng.normal(scale=10.0 ** rng.integers(-6, 7), size=shape)
        if kind == "levels":
            array = rng.choice(rng.normal(size=rng.integers(1, 6)), shape)
            if seed % 2:
                array = array.astype(np.float16)
        elif kind == "grid":
            array = rng.integers(-50, 50, shape) * 2.0 ** rng.integers(-30, 10)
        if kind in ("sparse", "levels"):
            array = array * (rng.random(shape) < rng.random())
        return array if kind == "double" else array.astype(np.float32).astype(float)

    layers = [
        Layer(weight=values(b, a), bias=values(b) if rng.random() < 0.7 else None)
        for a, b in itertools.pairwise(sizes)
    ]
    return network(*layers, double=kind == "double")


@pytest.mark.parametrize("name", ODD)
def test_odd_nets_come_back_bit_for_bit(name):
    code = encode(ODD[name])
    assert len(code.data) == -(-code.bits // 8)
    back, bits = decode_network(code.data)
    assert same(back, ODD[name])
    assert bits == code.bits


@exactly
@given(seed=st.integers(0, 10**6))
def test_random_nets_come_back_bit_for_bit(seed):
    net = random_network(seed)
    code = encode(net)
    back, bits = decode_network(code.data)
    assert same(back, net)
    assert bits == code.bits
    assert encode(back) == code == encode(net)


@exactly
@given(seed=st.integers(0, 10**6), cut=st.integers(0, 7), tail=st.binary(max_size=20))
def test_whatever_follows_changes_neither_the_net_nor_the_bits_read(seed, cut, tail):
    net = random_network(seed)
    code = encode(net)
    word = np.unpackbits(np.frombuffer(code.data, np.uint8))[: code.bits]
    rest = np.unpackbits(np.frombuffer(tail, np.uint8))[cut:]
    longer = np.packbits(np.concatenate([word, rest])).tobytes()
    padded = np.packbits(np.concatenate([word, np.ones(8 + cut, np.uint8)])).tobytes()
    for data in (longer, padded):
        back, bits = decode_network(data)
        assert same(back, net)
        assert bits == code.bits


def test_codes_can_be_laid_one_after_the_other():
    nets = [random_network(seed) for seed in range(25)]
    words = [encode(net) for net in nets]
    unpacked = [np.unpackbits(np.frombuffer(w.data, np.uint8))[: w.bits] for w in words]
    rest = np.concatenate(unpacked)
    for net in nets:
        back, bits = decode_network(np.packbits(rest).tobytes())
        assert same(back, net)
        rest = rest[bits:]
    assert rest.size == 0


@exactly
@given(seed=st.integers(0, 10**6))
def test_a_raw_float32_net_costs_at_most_34_bits_a_parameter_and_a_header(seed):
    """33.5 for a value and its support bit; 64 layers of 2^20 would change the 40."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 12, rng.integers(2, 5)).tolist()
    layers = [
        Layer(
            weight=rng.normal(size=(b, a)).astype(np.float32).astype(float),
            bias=rng.normal(size=b).astype(np.float32).astype(float),
        )
        for a, b in itertools.pairwise(sizes)
    ]
    net = network(*layers)
    bits = encode(net).bits
    assert 32 * net.parameters < bits
    assert bits <= 40 + 20 * len(layers) + 34 * net.parameters


def test_few_levels_and_zeros_make_a_code_short():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(40, 50)).astype(np.float32).astype(float)
    few = np.where(np.abs(dense) > 1.5, 0.75 * np.sign(dense), 0.0)
    kept = np.count_nonzero(few)
    share = kept / few.size
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    bits = encode(network(layer(few))).bits
    assert bits <= 1.1 * entropy * few.size + 1.1 * kept + 100


def test_modules_are_encoded_as_they_are_and_decoded_as_modules():
    net = read(nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))
    code = encode(net.module())
    module, bits = decode(code.data + b"more")
    assert isinstance(module, nn.Sequential)
    assert not module.training
    assert bits == code.bits
    assert same(read(module), net)


def test_encoding_leaves_the_net_as_it_was():
    module = nn.Sequential(nn.Linear(3, 2)).train()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    assert encode(module) == encode(module)
    assert module.training
    assert all((before[key] == v).all() for key, v in module.state_dict().items())


def test_an_encoder_with_too_small_a_buffer_starts_again(monkeypatch):
    net = random_network(0)
    expected = encode(net)
    original = coder.new_encoder
    monkeypatch.setattr(
        coder, "new_encoder", lambda size: original(max(1, size // 900))
    )
    assert encode(net) == expected


# Kraft -------------------------------------------------------------------------------


def toy_family():
    """Every net 1-1, 2-1 and 1-1-1 with few values, with or without a first bias."""
    values = (-1.0, 0.0, 0.5, 1.0)
    for double in (False, True):
        for weights in (1, 2):
            for w in itertools.product(values, repeat=weights):
                yield network(layer([w]), double=double)
                for b in values:
                    yield network(layer([w], [b]), double=double)
        for one, two in itertools.product(values, repeat=2):
            yield network(layer([[one]]), layer([[two]]), double=double)
            for b in values:
                yield network(layer([[one]], [b]), layer([[two]]), double=double)


def word_of(code):
    return "".join(f"{byte:08b}" for byte in code.data)[: code.bits]


def test_codewords_of_a_toy_family_are_prefix_free_and_satisfy_kraft():
    words = [word_of(encode(net)) for net in toy_family()]
    assert len(set(words)) == len(words) == 2 * (5 * 4 + 5 * 16 + 5 * 16)
    assert sum(Fraction(1, 2 ** len(word)) for word in words) <= 1
    for shorter, longer in itertools.pairwise(sorted(words)):
        assert not longer.startswith(shorter)


def test_the_decoder_on_every_stream_of_17_bits_accepts_a_prefix_free_set():
    """Each accepted word of n bits is found under all of its 2^(17-n) continuations."""
    length, found, nets = 17, Counter(), {}
    for number in range(1 << length):
        data = (number << (24 - length)).to_bytes(3, "big")
        try:
            net, bits = decode_network(data)
        except ValueError:
            continue
        if bits <= length:
            word = f"{number:0{length}b}"[:bits]
            found[word] += 1
            assert same(net, nets.setdefault(word, net))
    assert len(found) > 60
    assert all(count == 2 ** (length - len(word)) for word, count in found.items())
    assert any(word.startswith("0") for word in found)  # version 1
    assert any(word.startswith("100") for word in found)  # version 2
    assert sum(Fraction(1, 2 ** len(word)) for word in found) <= 1
    for shorter, longer in itertools.pairwise(sorted(found)):
        assert not longer.startswith(shorter)


def test_every_short_net_of_the_toy_family_is_among_the_accepted():
    short = [c for c in map(encode, toy_family()) if c.bits <= 17]
    assert len(short) >= 10
    for code in short:
        assert decode_network(code.data)[1] == code.bits


# Streams that are no codes -----------------------------------------------------------


def outcome(data):
    """The net that a stream gives, or None when it is refused."""
    try:
        return decode_network(data)[0]
    except ValueError:
        return None


@pytest.mark.parametrize("name", [n for n in ODD if n != "many layers"])
def test_a_truncated_code_is_refused(name):
    code = encode(ODD[name])
    for kept in range(len(code.data)):
        with pytest.raises(ValueError, match="code"):
            decode_network(code.data[:kept])


def test_a_code_is_refused_when_its_last_bit_is_missing():
    code = next(c for c in map(encode, toy_family()) if c.bits % 8 == 1)
    with pytest.raises(ValueError, match="cut short"):
        decode_network(code.data[:-1])


def test_an_altered_code_gives_an_error_or_another_net():
    for seed in range(10):
        net = random_network(seed)
        code = encode(net)
        for bit in range(min(code.bits, 300)):
            data = bytearray(code.data)
            data[bit // 8] ^= 128 >> bit % 8
            altered = outcome(bytes(data))
            assert altered is None or not same(altered, net)


def test_random_streams_end_in_a_net_or_a_value_error():
    rng = np.random.default_rng(0)
    ends = Counter()
    for _ in range(6000):
        data = bytearray(rng.bytes(int(rng.integers(0, 90))))
        if data and rng.random() < 0.9:
            data[0] &= 0x3F  # of this version, float32
        ends[outcome(bytes(data)) is None] += 1
    assert ends[True] > 1000
    assert ends[False] > 100


@pytest.mark.parametrize("data", [b"", b"\x00", bytes(100), b"\xff" * 100])
def test_streams_of_nothing_of_zeros_and_of_ones_are_refused(data):
    with pytest.raises(ValueError, match="the code"):
        decode_network(data)


def test_a_signalling_nan_is_refused_without_a_warning():
    def write(out):
        header(out, (1, 1))
        out.bits(0, 1)
        support(out, 1, 1)
        out.bits(0, 2)
        out.bits(0x7F800001, 32)
        out.bits(0, 1)

    with pytest.raises(ValueError, match="not finite"):
        decode_network(stream(write))


@pytest.mark.parametrize("pattern", [0x7F800000, 0xFF800000, 0x7FC00000])
def test_weights_that_are_not_finite_are_refused(pattern):
    def write(out):
        header(out, (1, 1))
        out.bits(0, 1)
        support(out, 1, 1)
        out.bits(0, 2)
        out.bits(pattern, 32)
        out.bits(0, 1)

    with pytest.raises(ValueError, match="not finite"):
        decode_network(stream(write))


@pytest.mark.parametrize(
    ("sizes", "match"),
    [
        ((2**20 + 1, 1), "at most 64 layers"),
        ((2**31 - 1, 2**31 - 1), "at most 64 layers"),
        ((2**20, 33), "at most 64 layers"),
        ((2**13, 2**12, 2), "at most 64 layers"),
        ((1,) * 66, "names 65 layers"),
    ],
)
def test_impossible_sizes_are_refused(sizes, match):
    with pytest.raises(ValueError, match=match):
        decode_network(stream(lambda out: header(out, sizes)))


def test_another_version_is_refused():
    with pytest.raises(ValueError, match="another version"):
        decode_network(stream(lambda out: header(out, (1, 1), version=3)))


def test_a_net_beyond_the_limits_is_not_encoded():
    with pytest.raises(ValueError, match="at most 64 layers"):
        encode(network(*[layer([[1.0]])] * 65))


def codebook(out, rows, columns, levels):
    """A layer whose every weight is on one of `levels` float16 levels."""
    header(out, (columns, rows))
    out.bits(0, 1)
    support(out, rows, columns)
    out.bits(1, 2)
    out.positive(levels)
    out.bits(1, 1)


def test_a_codebook_larger_than_its_values_is_refused():
    with pytest.raises(ValueError, match="more levels than values"):
        decode_network(stream(lambda out: codebook(out, 1, 2, 3)))


def test_a_way_of_writing_that_does_not_exist_is_refused():
    def write(out):
        header(out, (1, 1))
        out.bits(0, 1)
        support(out, 1, 1)
        out.bits(3, 2)

    with pytest.raises(ValueError, match="there is not"):
        decode_network(stream(write))


def test_a_grid_that_float32_cannot_hold_is_refused():
    def write(out, number=2**24 + 1):
        header(out, (1, 1))
        out.bits(0, 1)
        support(out, 1, 1)
        out.bits(2, 2)
        out.bits(40, 6)
        coder.code_grid(out.state, out.buffer, np.array([number]))
        out.bits(0, 1)

    with pytest.raises(ValueError, match="precision cannot hold"):
        decode_network(stream(write))
    assert decode_network(stream(lambda out: write(out, 2**24 + 2)))


def test_a_short_stream_cannot_ask_for_a_huge_codebook(monkeypatch):
    def table(state, buffer, indices, levels):
        raise AssertionError(f"a table for {levels} levels")

    data = stream(lambda out: codebook(out, 2**10, 2**10, 2**20))
    assert len(data) < 100
    monkeypatch.setattr(coder, "code_indices", table)
    with pytest.raises(ValueError, match=r"too many|cut short"):
        decode_network(data)


def projection_stream(sizes, *, count, bits=2, scale=1.0, written=None):
    def write(out):
        header(out, sizes)
        out.bits(1, 1)
        out.bits(7, 32)
        out.bits(bits - 1, 4)
        out.bits(int(np.float16(scale).view(np.uint16)), 16)
        out.positive(count)
        for _ in range(count if written is None else written):
            out.bits(1, bits)
        out.bits(0, 1)

    return stream(write)


@pytest.mark.parametrize(
    "options",
    [
        {"count": 2**15 + 1, "written": 0},
        {"count": 1, "bits": 1},
        {"count": 1, "scale": 0.0},
        {"count": 1, "scale": -1.0},
        {"count": 1, "scale": np.inf},
        {"count": 1, "scale": np.nan},
    ],
)
def test_impossible_projections_are_refused(options):
    with pytest.raises(ValueError, match="impossible projection"):
        decode_network(projection_stream((2, 1), **options))


def test_a_projection_with_more_coefficients_than_entries_is_refused():
    with pytest.raises(ValueError, match="impossible projection"):
        decode_network(projection_stream((2, 1), count=3))


def test_a_cut_projection_is_refused_before_it_is_rebuilt(monkeypatch):
    monkeypatch.setattr(
        Projection, "rebuild", lambda *a, **k: pytest.fail("was rebuilt")
    )
    with pytest.raises(ValueError, match=r"impossible|cut short"):
        decode_network(projection_stream((2**10, 2**10), count=2**15, written=3))


# What the encoder is given -----------------------------------------------------------


def projected(shape=(3, 4), **changes):
    weight = np.random.default_rng(0).normal(size=shape)
    found = project(weight, seed=7, layer=0, count=6, bits=5)
    bias = np.array([0.5, 0.0, -1.0])
    if not changes:
        return network(Layer(weight=found.weight, bias=bias, structure=found.structure))
    altered = replace(found.structure, **changes)
    return network(Layer.of(altered, layer=0, shape=shape, bias=bias))


def test_a_projected_layer_is_named_by_its_coefficients():
    net = projected()
    code = encode(net)
    back, bits = decode_network(code.data + b"\xff" * 9)
    assert same(back, net)
    assert bits == code.bits < 32 * 12
    named = back.layers[0].structure
    assert isinstance(named, Projection)
    assert (named.seed, named.bits) == (7, 5)
    assert encode(decode(code.data)[0]) == code


def test_a_weight_that_left_its_projection_is_written_as_it_is():
    net = projected()
    weight = net.layers[0].weight.copy()
    weight[1, 2] += 1.0
    tampered = network(
        Layer(weight=weight, bias=None, structure=net.layers[0].structure)
    )
    back, _ = decode_network(encode(tampered).data)
    assert back.layers[0].structure is None
    assert same(back, tampered)


@pytest.mark.parametrize(
    "changes",
    [
        {"scale": 0.1},
        {"seed": 2**32 + 1},
        {"bits": 17},
        {"coefficients": np.array([1, 2, 99])},
    ],
    ids=str,
)
def test_a_projection_that_the_format_cannot_hold_is_written_as_weights(changes):
    net = projected(**changes)
    back, _ = decode_network(encode(net).data)
    assert same(back, net)


def test_weights_that_need_float64_are_never_rounded_without_a_word():
    try:
        net = network(layer([[0.1]]))
    except ValueError:
        return
    assert decode_network(encode(net).data)[0].layers[0].weight[0, 0] == 0.1


def test_huge_and_tiny_float64_weights_are_encoded_without_a_warning():
    net = network(layer([[1e308, 2.0**-39]]), double=True)
    assert same(decode_network(encode(net).data)[0], net)


# Golden files ------------------------------------------------------------------------

EXPECTED = json.loads((GOLDEN / "expected.json").read_text())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_golden_files_decode_for_ever(name):
    net, bits = decode_network((GOLDEN / f"{name}.code").read_bytes())
    found = {
        "bits": bits,
        "sizes": list(net.sizes),
        "double": net.double,
        "structures": [a.structure and type(a.structure).__name__ for a in net.layers],
        "sha256": fingerprint(net),
    }
    assert found == EXPECTED[name]


def test_every_way_of_writing_has_a_golden_file():
    assert set(EXPECTED) == {
        "pruned-codebook",
        "grid",
        "raw-float32",
        "raw-float64",
        "matrix-project",
        "low-rank",
        "low-rank-plus-sparse",
        "hashed",
        "circulant",
        "toeplitz",
    }
    assert {path.stem for path in GOLDEN.glob("*.code")} == set(EXPECTED)


def test_a_code_is_equal_to_another_of_the_same_bits():
    assert Code(data=b"\x00", bits=3) == Code(data=b"\x00", bits=3)
    assert Code(data=b"\x00", bits=3) != Code(data=b"\x00", bits=4)
