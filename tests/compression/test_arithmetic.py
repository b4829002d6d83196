"""The arithmetic coder: it reads what it wrote, and no codeword begins another."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression.codes import _arithmetic as coder

exactly = settings(derandomize=True, max_examples=60, deadline=None)
bits = st.integers(0, 1)
small = st.integers(1, 9)


def written(write, capacity=4096):
    """The codeword that `write(state, buffer)` makes, one bit in an entry."""
    state, buffer = coder.new_encoder(capacity)
    write(state, buffer)
    coder.finish(state, buffer)
    assert not state[coder.FAILED]
    return buffer[: coder.bits_read(state)]


def reading(word, tail=()):
    return coder.new_decoder(np.packbits([*word, *tail]).tobytes())


def both_ways(write, tail=()):
    """What `write` returns in a decoder that is given what it wrote."""
    word = written(write)
    state, buffer = reading(word, tail)
    result = write(state, buffer)
    coder.finish(state, buffer)
    assert not state[coder.FAILED]
    assert coder.bits_read(state) == word.size
    return result


@exactly
@given(decisions=st.lists(st.tuples(bits, small, small), max_size=80))
@pytest.mark.parametrize("tail", [[], [0] * 40, [1] * 40, [1, 0] * 20])
def test_decisions_of_any_chances_come_back_whatever_follows(decisions, tail):
    def write(state, buffer):
        reading = state[coder.MODE] == coder.DECODE
        return [
            int(coder._decide(state, buffer, 1 - bit if reading else bit, *chances))
            for bit, *chances in decisions
        ]

    assert both_ways(write, tail) == [bit for bit, *_ in decisions]


@exactly
@given(sequence=st.lists(bits, max_size=300))
def test_adaptive_bits_cost_what_krichevsky_and_trofimov_say(sequence):
    def write(state, buffer):
        counts = np.zeros(2, np.int64)
        return [int(coder.code_bit(state, buffer, bit, counts)) for bit in sequence]

    ideal, counts = 0.0, [0, 0]
    for bit in sequence:
        ideal -= math.log2((2 * counts[bit] + 1) / (2 * sum(counts) + 2))
        counts[bit] += 1
    assert both_ways(write) == sequence
    assert ideal <= written(write).size <= ideal + 2.01


def test_a_bit_that_straddles_the_middle_for_long_is_carried():
    """Chances 1:2 then 3:1 keep the interval around one half for hundreds of bits."""
    target = Fraction(1, 2) + Fraction(1, 10**90)
    low, width, sequence = Fraction(0), Fraction(1), []
    for _ in range(400):
        split = low + width / 3
        bit = int(target >= split)
        low, width = (split, width * 2 / 3) if bit else (low, width / 3)
        sequence.append(bit)

    def write(state, buffer):
        return [int(coder._decide(state, buffer, bit, 1, 2)) for bit in sequence]

    longest = max(len(list(run)) for _, run in itertools.groupby(written(write)))
    assert longest >= 30
    assert both_ways(write) == sequence


def test_counts_are_halved_before_they_overflow():
    def write(state, buffer):
        counts = np.array([coder._COUNT_LIMIT - 2, 1], np.int64)
        out = [int(coder.code_bit(state, buffer, b, counts)) for b in (1, 0, 1, 1, 0)]
        assert counts.sum() < coder._COUNT_LIMIT
        return out

    assert both_ways(write) == [1, 0, 1, 1, 0]


@exactly
@given(value=st.integers(1, 2**31 - 1))
@pytest.mark.parametrize("tail", [[], [1] * 9])
def test_gamma_numbers_cost_twice_their_length(value, tail):
    def write(state, buffer):
        own = value if state[coder.MODE] == coder.ENCODE else 1
        return int(coder.code_gamma(state, buffer, own))

    assert both_ways(write, tail) == value
    assert written(write).size == 2 * value.bit_length() - 1 + 2


@exactly
@given(words=st.lists(st.integers(0, 2**64 - 1), max_size=9), width=st.integers(1, 64))
def test_words_come_back_and_cost_their_width(words, width):
    words = [word % 2**width for word in words]

    def write(state, buffer):
        array = np.zeros(len(words), np.uint64)
        if state[coder.MODE] == coder.ENCODE:
            array = np.array(words, np.uint64)
        coder.code_words(state, buffer, array, width)
        return [int(word) for word in array]

    assert both_ways(write) == words
    assert written(write).size == width * len(words) + 2


@exactly
@given(data=st.data(), rows=st.integers(1, 20), columns=st.integers(1, 12))
def test_supports_come_back(data, rows, columns):
    size = rows * columns
    flags = data.draw(st.lists(bits, min_size=size, max_size=size))
    support = np.array(flags, np.uint8).reshape(rows, columns)

    def write(state, buffer):
        encoding = state[coder.MODE] == coder.ENCODE
        array = support.copy() if encoding else np.zeros_like(support)
        coder.code_support(state, buffer, array)
        return array.tolist()

    assert both_ways(write) == support.tolist()
    assert written(write).size <= 1.5 * size + 2.1


@exactly
@given(data=st.data(), levels=st.integers(1, 40))
def test_indices_come_back(data, levels):
    indices = data.draw(st.lists(st.integers(0, levels - 1), max_size=50))

    def write(state, buffer):
        array = np.zeros(len(indices), np.int64)
        if state[coder.MODE] == coder.ENCODE:
            array[:] = indices
        coder.code_indices(state, buffer, array, levels)
        return array.tolist()

    assert both_ways(write) == indices


@exactly
@given(numbers=st.lists(st.integers(1 - 2**31, 2**31 - 1).filter(bool), max_size=20))
def test_grid_numbers_come_back(numbers):
    def write(state, buffer):
        array = np.ones(len(numbers), np.int64)
        if state[coder.MODE] == coder.ENCODE:
            array[:] = numbers
        coder.code_grid(state, buffer, array)
        return array.tolist()

    assert both_ways(write) == numbers


def test_all_words_of_eight_adaptive_bits_satisfy_krafts_inequality():
    words = set()
    for sequence in itertools.product((0, 1), repeat=8):

        def write(state, buffer, sequence=sequence):
            counts = np.zeros(2, np.int64)
            for bit in sequence:
                coder.code_bit(state, buffer, bit, counts)

        words.add("".join(map(str, written(write))))
    assert len(words) == 2**8
    assert sum(Fraction(1, 2 ** len(word)) for word in words) <= 1
    for shorter, longer in itertools.pairwise(sorted(words)):
        assert not longer.startswith(shorter)


def test_a_full_buffer_is_a_failure_and_not_an_overrun():
    state, buffer = coder.new_encoder(3)
    coder.code_bits(state, buffer, 0b101010, 6)
    assert state[coder.FAILED]
    assert buffer.size == 3


@pytest.mark.parametrize("kept", range(12))
def test_a_word_that_is_cut_short_is_a_failure(kept):
    word = written(lambda state, buffer: coder.code_bits(state, buffer, 0x2AA, 10))
    assert word.size == 12
    state, buffer = reading(word)
    state[coder.LIMIT] = kept
    coder.code_bits(state, buffer, 0, 10)
    coder.finish(state, buffer)
    assert state[coder.FAILED]


def test_an_ending_that_no_encoder_writes_is_a_failure():
    state, buffer = reading([0, 0, 0])
    coder.code_bits(state, buffer, 0, 1)
    coder.finish(state, buffer)
    assert state[coder.FAILED]
