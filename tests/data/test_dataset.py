"""Data sets, and loading them by name."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nonvacuous.data
from nonvacuous.data import Dataset, Role, load, make_sample


def sample(role, rows=3, features=2, label=1):
    x = np.ones((rows, features))
    return make_sample(x, np.full(rows, label), role=role, source=role)


TRAIN, TEST = sample(Role.TRAIN), sample(Role.HOLDOUT)


def test_one_of_the_samples_may_be_missing_but_not_both():
    Dataset(name="a", train=None, test=TEST, classes=2)
    Dataset(name="a", train=TRAIN, test=None, classes=2)
    with pytest.raises(ValueError, match="train or test must be a sample"):
        Dataset(name="a", train=None, test=None, classes=2)


@pytest.mark.parametrize(
    ("train", "test", "classes", "sentence"),
    [
        (TRAIN, TEST, 1, "classes must be at least 2, got 1"),
        (TEST, TEST, 2, "train must have role 'train', got 'holdout'"),
        (TRAIN, TRAIN, 2, "test must have role 'holdout', got 'train'"),
        (sample(Role.TRAIN, label=2), TEST, 2, "train must have labels below 2, got 2"),
        (TRAIN, sample(Role.HOLDOUT, label=3), 3, "test must have labels below 3"),
        (TRAIN, sample(Role.HOLDOUT, features=5), 2, r"shape \(2,\), got \(5,\)"),
    ],
)
def test_parts_that_do_not_fit_are_refused(train, test, classes, sentence):
    with pytest.raises(ValueError, match=sentence):
        Dataset(name="a", train=train, test=test, classes=classes)


@pytest.mark.parametrize("name", ["imagenet", "", "MNIST", "x.npy", Path("mnist")])
def test_an_unknown_name_is_refused_with_the_names_there_are(name):
    with pytest.raises(ValueError, match="'fashion-mnist', 'cifar10' or the path") as e:
        load(name)
    assert repr(str(Path(name) if name else name)) in str(e.value)


@pytest.mark.parametrize("role", ["prior", "test", "", 3, ["train"]])
def test_a_role_that_a_file_cannot_have_is_refused(role):
    with pytest.raises(ValueError, match="role must be 'train' or 'holdout'"):
        load("digits", role=role)


def test_importing_data_loads_neither_torch_nor_the_downloader():
    code = (
        "import sys, nonvacuous.data as d; d.load('digits');"
        "print({'torch', 'pooch', 'requests', 'rich'} & {*sys.modules})"
    )
    root = Path(nonvacuous.data.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_every_public_name_is_there():
    for name in nonvacuous.data.__all__:
        assert hasattr(nonvacuous.data, name)
