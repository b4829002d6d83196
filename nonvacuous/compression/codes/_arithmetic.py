r"""An adaptive binary arithmetic coder, in integers only, the same for ever.

Every function here runs both ways: with ``state[MODE] == ENCODE`` it writes what it is
given, otherwise it ignores that and returns what the stream says.  So the format is
written down once, and the decoder cannot drift from the encoder.

The coder is that of Witten, Neal and Cleary (1987) with 32-bit registers.  A codeword
ends with the two bits that fix a quarter of the range inside the last interval;
whatever follows cannot change a decision, so codewords are prefix-free.  The decoder
knows how many bits the encoder wrote, and refuses a stream that is not canonical.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "DECODE",
    "ENCODE",
    "bits_read",
    "code_bit",
    "code_bits",
    "code_gamma",
    "code_grid",
    "code_indices",
    "code_support",
    "code_words",
    "finish",
    "new_decoder",
    "new_encoder",
]

ENCODE, DECODE = 0, 1
MODE, LOW, HIGH, PENDING, POSITION, VALUE, LIMIT, FAILED = range(8)

_TOP = np.int64(0xFFFFFFFF)
_HALF = np.int64(0x80000000)
_QUARTER = np.int64(0x40000000)
_COUNT_LIMIT = 1 << 20  # a count times a 32-bit range stays below 2^53


def new_encoder(capacity: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """A coder that writes into an array of `capacity` bits, one in a byte."""
    state = np.zeros(8, np.int64)
    state[MODE], state[HIGH], state[LIMIT] = ENCODE, _TOP, capacity
    return state, np.zeros(capacity, np.uint8)


def new_decoder(data: bytes) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """A coder that reads the bits of `data`, zeros beyond its end."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    state = np.zeros(8, np.int64)
    state[MODE], state[HIGH], state[LIMIT] = DECODE, _TOP, bits.size
    for i in range(32):
        state[VALUE] = 2 * state[VALUE] + (bits[i] if i < bits.size else 0)
    return state, bits


@njit(cache=True)
def _put(state, buffer, bit):
    position = state[POSITION]
    if position + state[PENDING] + 1 > state[LIMIT]:
        state[FAILED] = 1
        return
    buffer[position] = bit
    for i in range(state[PENDING]):
        buffer[position + 1 + i] = 1 - bit
    state[POSITION] = position + 1 + state[PENDING]
    state[PENDING] = 0


@njit(cache=True)
def _decide(state, buffer, bit, zeros, ones):
    """Code one decision whose chances are as ``zeros`` to ``ones``."""
    if state[FAILED]:
        return 0
    low, high = state[LOW], state[HIGH]
    span = high - low + 1
    split = low + span * zeros // (zeros + ones) - 1
    if state[MODE] == DECODE:
        bit = 1 if state[VALUE] > split else 0
    if bit:
        low = split + 1
    else:
        high = split
    while True:
        if high < _HALF:
            shift = np.int64(0)
        elif low >= _HALF:
            shift = _HALF
        elif low >= _QUARTER and high < _HALF + _QUARTER:
            shift = _QUARTER
        else:
            break
        if state[MODE] == ENCODE:
            if shift == _QUARTER:
                state[PENDING] += 1
            else:
                _put(state, buffer, 1 if shift == _HALF else 0)
        else:
            state[POSITION] += 1
            ahead = state[POSITION] + 31
            fresh = np.int64(buffer[ahead]) if ahead < state[LIMIT] else np.int64(0)
            state[VALUE] = 2 * (state[VALUE] - shift) + fresh
            if state[POSITION] > state[LIMIT]:
                state[FAILED] = 1
                return 0
        low, high = 2 * (low - shift), 2 * (high - shift) + 1
    state[LOW], state[HIGH] = low, high
    return bit


@njit(cache=True)
def code_bit(state, buffer, bit, counts):
    """One bit, with its counts (Krichevsky-Trofimov), which then learn from it."""
    bit = _decide(state, buffer, bit, 2 * counts[0] + 1, 2 * counts[1] + 1)
    counts[bit] += 1
    if counts[0] + counts[1] >= _COUNT_LIMIT:
        counts[0] //= 2
        counts[1] //= 2
    return bit


@njit(cache=True)
def code_bits(state, buffer, value, width):
    """An unsigned integer below 2^width, every bit at even chances, highest first."""
    out = np.int64(0)
    for i in range(width - 1, -1, -1):
        out = 2 * out + _decide(state, buffer, (value >> i) & 1, 1, 1)
    return out


@njit(cache=True)
def code_gamma(state, buffer, value):
    """A positive integer below 2^31 in Elias' gamma code."""
    width = 0
    if state[MODE] == ENCODE:
        while value >> (width + 1):
            width += 1
    n = 0
    while _decide(state, buffer, 1 if n < width else 0, 1, 1):
        n += 1
        if n > 30:
            state[FAILED] = 1
            return np.int64(1)
    rest = code_bits(state, buffer, value - (np.int64(1) << n), n)
    return (np.int64(1) << n) + rest


@njit(cache=True)
def code_words(state, buffer, words, width):
    """Many unsigned integers of `width` <= 64 bits, in place, at even chances."""
    for j in range(words.size):
        out = np.uint64(0)
        for i in range(width - 1, -1, -1):
            bit = np.int64((words[j] >> np.uint64(i)) & np.uint64(1))
            bit = _decide(state, buffer, bit, 1, 1)
            out = (out << np.uint64(1)) | np.uint64(bit)
        words[j] = out
        if state[FAILED]:
            return


@njit(cache=True)
def _level(count):
    """0, 1, 2, 3-4, 5-8, 9 and more: six classes of a count."""
    if count <= 2:
        return count
    if count <= 4:
        return 3
    return 4 if count <= 8 else 5


@njit(cache=True)
def code_support(state, buffer, flags):
    """Which entries of a matrix are not zero, in place, row by row.

    A bit's context: how many of the column's entries were set in the rows above, in
    six classes; how far down the matrix that is, in four; whether one of the two
    entries to the left is set; and whether the row is fuller than the rows above it.
    """
    rows, columns = flags.shape
    counts = np.zeros((6, 4, 3, 3, 2), np.int64)
    above = np.zeros(columns, np.int64)
    total = np.int64(0)
    for r in range(rows):
        depth = 0 if r == 0 else (1 if r < 4 else (2 if r < 16 else 3))
        here = np.int64(0)
        for c in range(columns):
            left = 0
            if c >= 1 and flags[r, c - 1]:
                left = 1
            elif c >= 2 and flags[r, c - 2]:
                left = 2
            # entries of this row so far against the rows above: both plus one entry
            mine = (here + 1) * r * columns
            usual = c * total + r * columns
            full = 1
            if mine > 2 * usual:
                full = 2
            elif 2 * mine < usual:
                full = 0
            context = counts[_level(above[c]), depth, left, full]
            bit = code_bit(state, buffer, np.int64(flags[r, c]), context)
            flags[r, c] = bit
            if bit:
                here += 1
                above[c] += 1
        total += here
        if state[FAILED]:
            return


@njit(cache=True)
def code_indices(state, buffer, indices, levels):
    """Indices below `levels`, in place; the context is the index before."""
    width = 0
    while (1 << width) < levels:
        width += 1
    memory = min(levels, 16) + 1
    counts = np.zeros((memory, 1 << width, 2), np.int64)
    before = 0
    for j in range(indices.size):
        node = 1
        for i in range(width - 1, -1, -1):
            bit = (indices[j] >> i) & 1
            node = 2 * node + code_bit(state, buffer, bit, counts[before, node])
        index = node - (1 << width)
        if index >= levels or state[FAILED]:
            state[FAILED] = 1
            return
        indices[j] = index
        before = min(index, 15) + 1


@njit(cache=True)
def code_grid(state, buffer, numbers):
    """Non-zero integers below 2^31 in size, in place: sign, size class, remainder."""
    sign = np.zeros(2, np.int64)
    length = np.zeros((32, 2), np.int64)
    for j in range(numbers.size):
        number = numbers[j]
        size = -number if number < 0 else number
        negative = code_bit(state, buffer, np.int64(1 if number < 0 else 0), sign)
        width = 0
        if state[MODE] == ENCODE:
            while size >> (width + 1):
                width += 1
        n = 0
        while code_bit(state, buffer, np.int64(1 if n < width else 0), length[n]):
            n += 1
            if n > 30:
                state[FAILED] = 1
                return
        rest = code_bits(state, buffer, size - (np.int64(1) << n), n)
        size = (np.int64(1) << n) + rest
        numbers[j] = -size if negative else size
        if state[FAILED]:
            return


@njit(cache=True)
def finish(state, buffer):
    """End the codeword; in a decoder, check that the stream ends it the same way."""
    first = 0 if state[LOW] < _QUARTER else 1
    if state[MODE] == ENCODE:
        state[PENDING] += 1
        _put(state, buffer, first)
        return
    start = _QUARTER if first == 0 else _HALF
    if not start <= state[VALUE] < start + _QUARTER:
        state[FAILED] = 1
    state[POSITION] += 2
    if state[POSITION] > state[LIMIT]:
        state[FAILED] = 1


def bits_read(state: NDArray[np.int64]) -> int:
    """Length of the codeword, in bits, after :func:`finish`."""
    return int(state[POSITION])
