"""What a caller hands to certify."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, RandomSampler, Subset, TensorDataset

from nonvacuous._inputs import as_sample
from nonvacuous.data import Role, make_sample

DRAW = np.random.default_rng(11)
X = DRAW.normal(size=(30, 2, 3)).astype(np.float32)
Y = DRAW.integers(0, 4, 30)
TENSORS = TensorDataset(torch.tensor(X), torch.tensor(Y))


class Pairs:
    """As a dataset of torchvision: rows one by one, labels as plain integers."""

    def __len__(self) -> int:
        return len(Y)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
        return torch.tensor(X[row]), int(Y[row])


@pytest.mark.parametrize(
    "given",
    [
        (X, Y),
        [X, Y],
        (torch.tensor(X), torch.tensor(Y)),
        (torch.tensor(X, requires_grad=True), torch.tensor(Y, dtype=torch.int32)),
        (X, Y.astype(np.uint8)),
        TENSORS,
        Pairs(),
        Subset(TENSORS, range(30)),
        DataLoader(TENSORS, batch_size=7),
        DataLoader(Pairs(), batch_size=30),
    ],
    ids=[
        "arrays",
        "list",
        "tensors",
        "tensors with a graph",
        "small labels",
        "TensorDataset",
        "rows one by one",
        "Subset",
        "DataLoader",
        "DataLoader of one batch",
    ],
)
def test_every_form_is_the_same_sample(given: Any) -> None:
    sample = as_sample(given, "test", Role.HOLDOUT)
    assert sample is not None
    assert (sample.role, sample.source) == (Role.HOLDOUT, "test")
    assert (sample.x == X).all()
    assert (sample.y == Y).all()
    plain = make_sample(X, Y, role=Role.TRAIN, source="elsewhere")
    assert sample.digest == plain.digest


def test_nothing_is_no_sample_and_a_sample_stays_itself() -> None:
    assert as_sample(None, "train", Role.TRAIN) is None
    sample = make_sample(X, Y, role=Role.TRAIN)
    assert as_sample(sample, "train", Role.TRAIN) is sample


@pytest.mark.parametrize("role", [Role.TRAIN, Role.PRIOR, Role.BOUND])
def test_a_sample_of_another_role_is_no_holdout(role: Role) -> None:
    sample = make_sample(X, Y, role=role)
    with pytest.raises(
        ValueError, match=f"test must have the role holdout, got {role}"
    ):
        as_sample(sample, "test", Role.HOLDOUT)


@pytest.mark.parametrize("given", [3, object(), {1, 2}, iter([(X, Y)])])
def test_anything_else_is_refused_by_name(given: Any) -> None:
    with pytest.raises(TypeError, match="train must be a pair"):
        as_sample(given, "train", Role.TRAIN)


@pytest.mark.parametrize(
    "given",
    [{"x": X, "y": Y}, X, "mnist", (X, Y, Y)],
    ids=["dict", "x alone", "a name", "three arrays"],
)
def test_what_holds_no_pairs_is_refused_in_a_sentence_too(given: Any) -> None:
    with pytest.raises(TypeError, match="train must be a pair"):
        as_sample(given, "train", Role.TRAIN)


@pytest.mark.parametrize("given", [TensorDataset(torch.zeros(0, 3)), []])
def test_an_empty_dataset_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="the sample is empty"):
        as_sample(given, "train", Role.TRAIN)


def test_a_loader_that_repeats_rows_makes_no_larger_sample() -> None:
    order = RandomSampler(
        TENSORS,
        replacement=True,
        num_samples=3000,
        generator=torch.Generator().manual_seed(0),
    )
    loader = DataLoader(TENSORS, batch_size=100, sampler=order)
    try:
        sample = as_sample(loader, "test", Role.HOLDOUT)
    except ValueError:
        return
    assert sample is not None
    assert len(sample) <= len(TENSORS)


def test_a_loader_that_drops_rows_is_not_believed() -> None:
    loader = DataLoader(TENSORS, batch_size=7, drop_last=True)
    try:
        sample = as_sample(loader, "train", Role.TRAIN)
    except ValueError:
        return
    assert sample is not None
    assert len(sample) == len(TENSORS)


def test_a_shuffled_loader_is_the_same_sample() -> None:
    loader = DataLoader(
        TENSORS,
        batch_size=7,
        shuffle=True,
        generator=torch.Generator().manual_seed(1),
    )
    sample = as_sample(loader, "train", Role.TRAIN)
    assert sample is not None
    assert sample.digest == make_sample(X, Y, role=Role.TRAIN).digest


@pytest.mark.parametrize(
    ("x", "y", "error"),
    [
        (X, Y.astype(float), TypeError),
        (X, Y[:-1], ValueError),
        (X, Y[:, None], ValueError),
        (X[:0], Y[:0], ValueError),
        (X, -1 - Y, ValueError),
        (X[:, 0, 0], Y, ValueError),
        (np.where(X > 1, np.nan, X), Y, ValueError),
        (X.astype(complex), Y, TypeError),
    ],
)
def test_arrays_that_no_sample_takes_are_refused(
    x: Any, y: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        as_sample((x, y), "train", Role.TRAIN)
