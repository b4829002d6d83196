"""MNIST and Fashion-MNIST against facts that were taken from the files elsewhere."""

import os
from pathlib import Path

import numpy as np
import pytest

from nonvacuous.data import Role, equal_contents, load
from nonvacuous.data._files import Remote, cache_dir
from nonvacuous.data._mnist import MNIST_FILES


def loaded(name):
    if not os.environ.get("NONVACUOUS_DATA") and not any(
        (cache_dir() / name).glob("*.gz")
    ):
        pytest.skip(
            f"needs {name}: `nonvacuous train --data {name} --out net.safetensors`"
            " downloads it, or set NONVACUOUS_DATA to a folder that holds it"
        )
    return load(name)


@pytest.mark.parametrize(
    ("name", "counts", "mean", "std"),
    [
        (
            "mnist",
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
            0.130660,
            0.308108,
        ),
        ("fashion-mnist", [6000] * 10, 0.286041, 0.353024),
    ],
)
def test_the_loader_gives_the_facts_that_are_known(name, counts, mean, std):
    data = loaded(name)
    assert data.classes == 10
    assert data.train.x.shape == (60_000, 28, 28)
    assert data.test.x.shape == (10_000, 28, 28)
    assert data.train.x.dtype == np.float32
    assert (data.train.source, data.train.role) == (f"{name}/train", Role.TRAIN)
    assert (data.test.source, data.test.role) == (f"{name}/test", Role.HOLDOUT)
    assert np.bincount(data.train.y).tolist() == counts
    assert data.train.x.mean(dtype=float) == pytest.approx(mean, abs=1e-6)
    assert data.train.x.std(dtype=float) == pytest.approx(std, abs=1e-6)
    assert equal_contents(data.train, data.test) == 0


@pytest.mark.parametrize(
    ("name", "train", "test"),
    [
        (
            "mnist",
            "e2f0ac21d0dd49960ff056a6ab9e54e19de7ff4bd5c0e8e6b45bcb1e19b6ad52",
            "2dac57fff3c42ebadd0642708cc70237b1d119a9263fbe03409e6694adcd6dd2",
        ),
        (
            "fashion-mnist",
            "b14a7045dadd8a88927b57428179b9fe0fbb7ed00fd2740c8f114c2e0d9b7603",
            "c0627c84da9fffabad5c7eb1b543e4ca0a09ab23ba87583b1b05850a4ccf5b2e",
        ),
    ],
)
def test_the_digests_are_pinned(name, train, test):
    data = loaded(name)
    assert (data.train.digest, data.test.digest) == (train, test)


def test_a_folder_without_the_files_is_refused_by_path(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        load("mnist", data_dir=tmp_path)
    path = tmp_path / "mnist" / "train-images-idx3-ubyte.gz"
    assert str(raised.value) == (
        "data_dir must be a folder that holds mnist/train-images-idx3-ubyte.gz,"
        f" but there is no file {path}"
    )


def test_the_environment_names_a_folder_too(tmp_path, monkeypatch):
    monkeypatch.setenv("NONVACUOUS_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="NONVACUOUS_DATA must be a folder"):
        load("fashion-mnist")


def test_a_file_with_other_contents_is_refused_by_digest(tmp_path):
    path = tmp_path / "mnist" / "train-images-idx3-ubyte.gz"
    path.parent.mkdir()
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"sha256 440fcabf73cc..., got e3b0c44298fc"):
        load("mnist", data_dir=tmp_path)
    assert path.exists()  # a user's file is refused, not deleted


def test_no_url_claims_to_have_been_tried():
    remotes = [remote for files in MNIST_FILES.values() for remote in files]
    assert len(remotes) == 8
    for remote in remotes:
        assert isinstance(remote, Remote)
        assert not remote.confirmed
        assert remote.url.endswith(f"/{Path(remote.name)}")
        assert len(bytes.fromhex(remote.digest)) == 32
