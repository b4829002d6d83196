"""The bundled digits: the same rows, in the same split, for ever."""

import numpy as np

from nonvacuous.data import Role, equal_contents, load, same_rows

DIGITS = load("digits")


def test_the_split_and_the_pixels_are_pinned():
    assert DIGITS.train.digest == (
        "23b78df700e74546a1a3268eee796b2ef1648cfd67959cf6cd2489dd905843e7"
    )
    assert DIGITS.test.digest == (
        "bade663ba6b434cd7ad6a1303efb5da5c1d4409d403d644d5f400e979f78d042"
    )


def test_every_row_is_used_once():
    assert (len(DIGITS.train), len(DIGITS.test)) == (1400, 397)
    rows = np.concatenate([DIGITS.train.index, DIGITS.test.index])
    assert sorted(rows.tolist()) == list(range(1797))


def test_the_samples_share_a_source_and_no_row():
    assert DIGITS.train.source == DIGITS.test.source == "digits"
    assert (DIGITS.train.role, DIGITS.test.role) == (Role.TRAIN, Role.HOLDOUT)
    assert same_rows(DIGITS.train, DIGITS.test) == 0
    assert equal_contents(DIGITS.train, DIGITS.test) == 0


def test_pixels_are_sixteenths():
    assert DIGITS.classes == 10
    assert DIGITS.train.x.shape[1:] == DIGITS.test.x.shape[1:] == (8, 8)
    assert DIGITS.train.x.dtype == np.float32
    assert (DIGITS.train.x.min(), DIGITS.train.x.max()) == (0, 1)
    assert np.array_equal(DIGITS.train.x * 16, np.rint(DIGITS.train.x * 16))


def test_label_counts_are_those_of_the_original():
    """Counts recalled from optdigits.names of UCI's test set: nobody opened it here."""
    labels = np.concatenate([DIGITS.train.y, DIGITS.test.y])
    assert np.bincount(labels).tolist() == [
        178,
        182,
        177,
        183,
        181,
        182,
        181,
        179,
        174,
        180,
    ]


def test_the_first_row_is_the_first_row_of_the_original():
    """The first line of scikit-learn's digits.csv.gz."""
    sample = DIGITS.train if 0 in DIGITS.train.index else DIGITS.test
    place = sample.index.tolist().index(0)
    assert sample.y[place] == 0
    assert (16 * sample.x[place, :2]).tolist() == [
        [0, 0, 5, 13, 9, 1, 0, 0],
        [0, 0, 13, 15, 10, 15, 5, 0],
    ]
