"""Tied weights: where each value stands, for ever, and what is rebuilt of them."""

import hashlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.structures import Diagonals, Hashed, Tied, _tied
from nonvacuous.structures._tied import gathered

exactly = settings(derandomize=True, max_examples=40, deadline=None)
shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))


def tied(pattern, shape, seed=0):
    values = np.random.default_rng(seed).normal(size=pattern.size(shape))
    return Tied(pattern=pattern, values=values.astype(np.float32).astype(float))


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
    _, signs, index = zip(*pattern.places(layer=0, shape=(400, 500)), strict=True)
    counts = np.bincount(np.concatenate(index), minlength=50)
    assert np.abs(counts - 4000).max() < 6 * np.sqrt(4000)
    assert abs(np.concatenate(signs).sum()) < 6 * np.sqrt(200000)


@pytest.mark.parametrize("values", [[np.nan], [np.inf], [[1.0]]])
def test_values_that_are_no_finite_vector_are_refused(values):
    with pytest.raises(ValueError, match="vector of finite numbers"):
        Tied(pattern=Diagonals(block=1, wrap=True), values=np.array(values))


def test_more_or_fewer_values_than_the_pattern_takes_are_refused():
    structure = Tied(pattern=Diagonals(block=2, wrap=True), values=np.zeros(3))
    with pytest.raises(ValueError, match="values must be 2 for a layer of shape"):
        structure.rebuild(layer=0, shape=(2, 2))
