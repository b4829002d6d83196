"""Structured layers: exact products, a code that decodes to them, what is refused."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression.codes import decode, decode_network, encode
from nonvacuous.nets import Layer, Network
from nonvacuous.structures import LowRank, _low_rank
from nonvacuous.structures._low_rank import _integers, factor_bits, on_grid

exactly = settings(derandomize=True, max_examples=40, deadline=None)


def factors(seed, shape=(5, 7), rank=2, bits=12, rest=False):
    rng = np.random.default_rng(seed)
    left = on_grid(rng.normal(size=(shape[0], rank)), bits)
    right = on_grid(rng.normal(size=(rank, shape[1])), bits)
    remainder = np.zeros(shape)
    remainder[1, 2] = 0.75
    return LowRank(left=left, right=right, rest=remainder if rest else None)


def net_of(structure, bias=None):
    shape = (structure.left.shape[0], structure.right.shape[1])
    return Network(layers=(Layer.of(structure, layer=0, shape=shape, bias=bias),))


@exactly
@given(
    seed=st.integers(0, 10**6), bits=st.integers(1, 24), scale=st.integers(-300, 300)
)
def test_a_factor_on_its_grid_is_near_and_holds_whole_steps(seed, bits, scale):
    factor = np.random.default_rng(seed).normal(size=(4, 3)) * 2.0**scale
    found = on_grid(factor, bits)
    step = 2.0 ** max(np.frexp(np.abs(factor).max())[1] - bits, -149)
    assert (found / step == np.rint(found / step)).all()
    assert np.abs(found / step).max() < 2**bits
    assert np.abs(found - factor).max() <= step


def test_a_factor_of_zeros_stays():
    assert not on_grid(np.zeros((2, 2)), 5).any()


@pytest.mark.parametrize("rank", [1, 2, 3, 100, 512, 784, 65536])
def test_the_bits_of_a_rank_are_the_most_that_are_exact(rank):
    bits = factor_bits(rank)
    assert rank * (2**bits - 1) ** 2 < 2**53
    assert bits == 24 or rank * 2.0 ** (2 * bits + 2) > 2**53


def test_the_product_is_the_one_of_exact_integers():
    p = factors(1, shape=(20, 30), rank=9, bits=factor_bits(9))
    exact = np.zeros((20, 30), object)
    scale = 2**60
    for k in range(9):
        left = [int(v * scale) for v in p.left[:, k]]
        right = [int(v * scale) for v in p.right[k]]
        exact += np.outer(np.array(left, object), np.array(right, object))
    wanted = np.array([[v / scale**2 for v in row] for row in exact])
    found = p.rebuild(layer=0, shape=(20, 30))
    assert (found == wanted.astype(np.float32)).all()


def test_a_product_that_floats_may_round_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="exact in float64"):
        LowRank(left=rng.normal(size=(3, 2)), right=rng.normal(size=(2, 3)))
    with pytest.raises(ValueError, match="exact in float64"):
        LowRank(left=np.full((1, 1), 2.0**-600), right=np.full((1, 1), 2.0**-600))
    with pytest.raises(ValueError, match="as many columns"):
        LowRank(left=np.ones((3, 2)), right=np.ones((3, 3)))


@pytest.mark.parametrize("rest", [False, True])
@pytest.mark.parametrize("bias", [None, np.array([1.0, 0, -2, 0, 3])])
def test_a_low_rank_layer_is_named_by_its_factors(rest, bias):
    net = net_of(factors(3, rest=rest), bias)
    code = encode(net)
    assert code.format == "nonvacuous-code/2"
    for junk in (b"", b"\x00" * 9, b"\xff" * 9):
        back, bits = decode_network(code.data + junk)
        assert bits == code.bits
        assert back.layers[0].weight.tobytes() == net.layers[0].weight.tobytes()
        assert isinstance(back.layers[0].structure, LowRank)
        assert (back.layers[0].bias is None) == (bias is None)
    assert back.kept == 5 * 2 + 2 * 7 + rest
    assert encode(decode(code.data)[0]) == code
    for cut in range(0, len(code.data), 5):
        with pytest.raises(ValueError, match=r"cut short|finite|exact|names"):
            decode_network(code.data[:cut])


def test_a_weight_that_left_its_factors_is_written_as_it_is():
    structure = factors(0)
    weight = net_of(structure).layers[0].weight.copy()
    weight[0, 0] += 1
    net = Network(layers=(Layer(weight=weight, bias=None, structure=structure),))
    code = encode(net)
    assert code.format == "nonvacuous-code/1"
    back, _ = decode_network(code.data)
    assert back.layers[0].structure is None
    assert (back.layers[0].weight == weight).all()


@exactly
@given(seed=st.integers(0, 10**6), flips=st.lists(st.integers(0, 400), min_size=1))
def test_an_altered_code_gives_an_error_or_another_net(seed, flips):
    code = encode(net_of(factors(seed % 50, rest=True)))
    bits = np.unpackbits(np.frombuffer(code.data, np.uint8))
    for flip in flips:
        bits[flip % bits.size] ^= 1
    try:
        back, read = decode_network(np.packbits(bits).tobytes())
    except ValueError:
        return
    assert 0 < read <= bits.size
    assert all(np.isfinite(a).all() for a in back.arrays())


def test_a_rank_beyond_the_limits_is_refused_before_memory_is_taken():
    wide = LowRank(left=np.zeros((1, 30)), right=np.zeros((30, 2)))
    code = encode(net_of(wide))  # rank 30 of a 1x2 matrix: written as weights
    assert code.format == "nonvacuous-code/1"


@exactly
@given(
    numbers=st.lists(
        st.tuples(st.integers(-(2**53), 2**53), st.integers(-1074, 900)), max_size=9
    )
)
def test_the_integers_of_a_factor_are_those_of_exact_arithmetic(numbers):
    array = np.array([np.ldexp(float(m), e) for m, e in numbers])
    live = [Fraction(v) for v in array.tolist() if v]
    largest, step = _integers(array)
    if not live:
        assert (largest, step) == (0.0, 0)
        return
    whole = [v / Fraction(2) ** step for v in live]
    assert all(v.denominator == 1 for v in whole)
    assert any(v.numerator % 2 for v in whole)  # no larger step would do
    wanted = max(abs(v) for v in whole)
    assert largest == (float(wanted) if wanted < 2**1024 - 2**970 else np.inf)


def test_a_long_factor_is_taken_in_pieces(monkeypatch):
    array = np.random.default_rng(0).normal(size=(7, 11))
    whole = _integers(array)
    monkeypatch.setattr(_low_rank, "_CHUNK", 10)
    assert _integers(array) == whole
    assert _integers(np.zeros((7, 11))) == (0.0, 0)
