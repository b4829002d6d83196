"""Bad input: one sentence on stderr, exit code 2, and nothing left behind."""

import io
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import nonvacuous

Command = Callable[..., SimpleNamespace]

DRAW = np.random.default_rng(17)
X = DRAW.normal(size=(40, 4)).astype(np.float32)
Y = DRAW.integers(0, 3, 40)


class Bomb:
    """Unpickled, it creates the file named fired."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("fired"),)


def with_value(array: Any, value: float) -> Any:
    changed = array.copy()
    changed.flat[1] = value
    return changed


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a net, a sample, and what is wrong with others."""
    monkeypatch.chdir(tmp_path)
    state = {
        "0.weight": torch.tensor(DRAW.normal(size=(5, 4)).astype(np.float32)),
        "0.bias": torch.zeros(5),
        "2.weight": torch.tensor(DRAW.normal(size=(3, 5)).astype(np.float32)),
        "2.bias": torch.zeros(3),
    }
    save_file(state, "net.safetensors")
    good = {"x_train": X[:30], "y_train": Y[:30], "x_test": X[30:], "y_test": Y[30:]}
    np.savez("data.npz", **good)
    return tmp_path


def npz(**changed: Any) -> None:
    arrays = {"x_train": X[:30], "y_train": Y[:30], "x_test": X[30:], "y_test": Y[30:]}
    np.savez("bad.npz", **{**arrays, **changed})


def weights(**changed: torch.Tensor) -> None:
    from safetensors.torch import load_file

    state = load_file("net.safetensors")
    state.update({k.replace("_", "."): v for k, v in changed.items()})
    save_file(state, "bad.safetensors")


def assert_refused(run: SimpleNamespace, says: str = "") -> None:
    assert run.code == 2, run
    assert run.out == ""
    lines = run.err.splitlines()
    assert len(lines) == 1, run.err
    assert lines[0].startswith("nonvacuous: ")
    assert len(lines[0]) > len("nonvacuous: ") + 10
    assert "Traceback" not in run.err
    assert says in run.err


# models


def no_model() -> None:
    """Nothing there."""


def cut_safetensors() -> None:
    Path("bad.safetensors").write_bytes(Path("net.safetensors").read_bytes()[:-9])


def random_safetensors() -> None:
    Path("bad.safetensors").write_bytes(DRAW.bytes(500))


def empty_safetensors() -> None:
    Path("bad.safetensors").touch()


def folder_safetensors() -> None:
    Path("bad.safetensors").mkdir()


def nan_weight() -> None:
    weights(**{"0_weight": torch.full((5, 4), torch.nan)})


def infinite_bias() -> None:
    weights(**{"2_bias": torch.tensor([0.0, torch.inf, 0.0])})


def whole_numbers() -> None:
    weights(**{"0_weight": torch.ones(5, 4, dtype=torch.int64)})


def four_axes() -> None:
    weights(**{"0_weight": torch.ones(5, 4, 3, 3)})


def no_chain() -> None:
    weights(**{"2_weight": torch.ones(3, 6)})


def long_bias() -> None:
    weights(**{"2_bias": torch.ones(4)})


def no_layers() -> None:
    save_file({"loose": torch.ones(3)}, "bad.safetensors")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (no_model, "there is no model file bad.safetensors"),
        (cut_safetensors, "is not a safetensors file"),
        (random_safetensors, "is not a safetensors file"),
        (empty_safetensors, "is not a safetensors file"),
        (folder_safetensors, "there is no model file"),
        (nan_weight, "0.weight holds NaN or infinity"),
        (infinite_bias, "2.bias holds NaN or infinity"),
        (whole_numbers, "0.weight must be a dense tensor of floats"),
        (four_axes, "0.weight of shape (5, 4, 3, 3)"),
        (no_chain, "2.weight takes 6 inputs"),
        (long_bias, "2.bias has 4 entries for 3 outputs"),
        (no_layers, "loose of shape (3,)"),
    ],
)
def test_a_bad_model_file_is_refused(
    command: Command, make: Callable[[], None], says: str
) -> None:
    make()
    run = command(
        "certify", "bad.safetensors", "--data", "data.npz", "--json", "report.json"
    )
    assert_refused(run, says)
    assert not Path("report.json").exists()


def pickled_code() -> None:
    Path("bad.pt").write_bytes(pickle.dumps({"0.weight": Bomb()}))


def torch_saved_code() -> None:
    torch.save({"0.weight": Bomb()}, "bad.pt")


def torch_saved_module() -> None:
    torch.save(nn.Sequential(nn.Linear(4, 3)), "bad.pt")


def empty_file() -> None:
    Path("bad.pt").touch()


def text_file() -> None:
    Path("bad.pt").write_text("weights\n")


def list_of_tensors() -> None:
    torch.save([torch.ones(3, 4)], "bad.pt")


def numbers_by_name() -> None:
    torch.save({"epoch": 3, "0.weight": torch.ones(3, 4)}, "bad.pt")


def sparse_weight() -> None:
    torch.save({"0.weight": torch.eye(3, 4).to_sparse()}, "bad.pt")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (pickled_code, "bad.pt"),
        (torch_saved_code, "holds more than tensors"),
        (torch_saved_module, "holds more than tensors"),
        (empty_file, "is not a torch file"),
        (text_file, "bad.pt"),
        (list_of_tensors, "must hold a state_dict"),
        (numbers_by_name, "must hold a state_dict"),
        (sparse_weight, "dense tensor of floats"),
    ],
)
def test_a_bad_torch_file_is_refused_and_never_runs(
    command: Command, make: Callable[[], None], says: str
) -> None:
    make()
    assert_refused(command("certify", "bad.pt", "--data", "data.npz"), says)
    assert not Path("fired").exists()


def test_the_bomb_would_have_gone_off() -> None:
    pickle.loads(pickle.dumps(Bomb()))
    assert Path("fired").exists()


def test_parameters_with_gradients_are_a_state_dict_too(command: Command) -> None:
    net = nn.Sequential(nn.Linear(4, 3))
    torch.save(dict(net.named_parameters()), "net.pt")
    run = command(
        "certify", "net.pt", "--data", "data.npz", "--bounds", "holdout-binomial"
    )
    assert run.code == 0


def test_an_old_torch_file_cut_anywhere_is_refused() -> None:
    save: dict[str, Any] = {"_use_new_zipfile_serialization": False}
    torch.save({"0.weight": torch.ones(3, 4)}, "whole.pt", **save)
    whole = Path("whole.pt").read_bytes()
    for length in range(0, len(whole), 5):
        Path("bad.pt").write_bytes(whole[:length])
        with pytest.raises((ValueError, OSError)):
            nonvacuous.nets.load("bad.pt")


def test_a_torch_file_cut_anywhere_is_refused() -> None:
    torch.save({"0.weight": torch.ones(3, 4)}, "whole.pt")
    whole = Path("whole.pt").read_bytes()
    for length in range(0, len(whole), 37):
        Path("bad.pt").write_bytes(whole[:length])
        with pytest.raises((ValueError, OSError)):
            nonvacuous.nets.load("bad.pt")


def test_a_safetensors_file_cut_anywhere_is_refused() -> None:
    whole = Path("net.safetensors").read_bytes()
    for length in range(0, len(whole), 7):
        Path("bad.safetensors").write_bytes(whole[:length])
        with pytest.raises(ValueError, match="is not a safetensors file"):
            nonvacuous.nets.load("bad.safetensors")


@pytest.mark.parametrize(
    "layer",
    [nn.Conv2d(1, 1, 3), nn.BatchNorm1d(4), nn.Tanh(), nn.LSTM(4, 4), nn.Softmax(1)],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_that_no_theorem_covers_is_refused_by_name(layer: nn.Module) -> None:
    net = nn.Sequential(layer, nn.Linear(4, 3))
    with pytest.raises(TypeError, match=f"layer of type {type(layer).__name__}"):
        nonvacuous.certify(net, test=(X, Y))


def test_a_class_of_the_callers_is_refused_by_name() -> None:
    class Residual(nn.Sequential):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return input + super().forward(input)

    with pytest.raises(TypeError, match="Residual"):
        nonvacuous.certify(Residual(nn.Linear(4, 4)), test=(X, Y))


@pytest.mark.parametrize("net", [None, 3, np.eye(4), {"0.weight": X}, nn.ReLU()])
def test_what_is_no_net_is_refused(net: Any) -> None:
    with pytest.raises(TypeError, match="net"):
        nonvacuous.certify(net, test=(X, Y))


# data


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x_train": with_value(X[:30], np.nan)}, "must be finite"),
        ({"x_test": with_value(X[30:], np.inf)}, "must be finite"),
        ({"x_test": with_value(X[30:], -np.inf)}, "must be finite"),
        ({"y_test": with_value(Y[30:], -1)}, "must be at least 0"),
        ({"y_test": with_value(Y[30:], 3)}, "3 outputs, the data have 4 classes"),
        ({"y_train": with_value(Y[:30], 2**40)}, "the net has 3 outputs"),
        ({"y_train": Y[:29]}, "one for each row"),
        ({"y_train": Y[:30].astype(float)}, "integers"),
        ({"x_train": X[:0], "y_train": Y[:0]}, "empty"),
        ({"x_test": X[:0], "y_test": Y[:0]}, "empty"),
        ({"x_train": X[:30, :3], "x_test": X[30:, :3]}, "takes 4 inputs"),
        ({"x_test": X[30:, :3]}, "rows of train's shape"),
        ({"x_train": np.array([[Bomb()] * 4] * 30)}, "pickled objects"),
        ({"y_train": np.array(["cat"] * 30)}, "must hold numbers"),
        ({"x_test": X[:30], "y_test": Y[:30]}, "must be unseen"),
        ({"x_test": X[10:30], "y_test": Y[10:30]}, "must be unseen"),
    ],
)
def test_bad_arrays_are_refused(
    command: Command, arrays: dict[str, Any], says: str
) -> None:
    npz(**arrays)
    run = command(
        "certify", "net.safetensors", "--data", "bad.npz", "--json", "report.json"
    )
    assert_refused(run, says)
    assert not Path("report.json").exists()
    assert not Path("fired").exists()


def test_one_equal_row_is_counted_and_refused_on_request(command: Command) -> None:
    npz(x_test=X[29:], y_test=Y[29:])
    words = [
        "certify",
        "net.safetensors",
        "--data",
        "bad.npz",
        "--bounds",
        "holdout-kl",
    ]
    run = command(*words)
    assert run.code == 0
    assert "1 of 11 test rows have the contents of a training row" in run.out
    assert_refused(command(*words, "--refuse-duplicates"), "1 of its 11 rows")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "bad.npz"), (b"PK\x03\x04 nothing", "bad.npz"), (b"x,y\n1,2\n", "bad.npz")],
    ids=["empty", "cut", "text"],
)
def test_what_is_no_npz_file_is_refused(
    command: Command, content: bytes, says: str
) -> None:
    Path("bad.npz").write_bytes(content)
    run = command("certify", "net.safetensors", "--data", "bad.npz")
    assert_refused(run, says)


def test_bare_arrays_need_a_role(command: Command) -> None:
    np.savez("bare.npz", x=X, y=Y)
    words = ["certify", "net.safetensors", "--data", "bare.npz"]
    assert_refused(command(*words), "--role train|holdout")
    assert_refused(command(*words, "--role", "test"), "role must be")
    kept = command(*words, "--role", "holdout", "--bounds", "holdout-binomial")
    assert kept.code == 0
    assert "holdout-binomial" in kept.out


# options


@pytest.mark.parametrize("delta", ["0", "1", "-1", "nan", "2", "inf"])
def test_delta_outside_the_open_interval_is_refused(
    command: Command, delta: str
) -> None:
    assert_refused(command("certify", f"--delta={delta}"), "delta must lie strictly")


CERTIFY = ["certify", "net.safetensors", "--data", "data.npz"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["certify", "net.safetensors"], "MODEL needs --data"),
        (["certify", "--data", "mnist"], "needs a MODEL"),
        (["certify", "--data", "data.npz"], "needs a MODEL"),
        (["certify", "net.safetensors", "--data", "cifar11"], "name must be"),
        (["certify", "net.safetensors", "--data", "data.csv"], "name must be"),
        (["certify", "net.safetensors", "--data", "none.npz"], "none.npz"),
        (["certify", "net.safetensors", "--data", "digits"], "takes 4 inputs"),
        ([*CERTIFY, "--bounds", "occam"], "bounds must be among"),
        ([*CERTIFY, "--bounds", ""], "bounds must be among"),
        ([*CERTIFY, "--bounds", "holdout-kl,,"], "bounds must be among"),
        ([*CERTIFY, "--normalize", "junk"], "--normalize must be MEAN,STD"),
        ([*CERTIFY, "--normalize", "0.5"], "--normalize must be MEAN,STD"),
        ([*CERTIFY, "--normalize", "1,2,3"], "--normalize must be MEAN,STD"),
        ([*CERTIFY, "--normalize", "0,0"], "std above 0"),
        ([*CERTIFY, "--normalize", "0,-1"], "std above 0"),
        ([*CERTIFY, "--normalize", "nan,1"], "finite mean"),
        ([*CERTIFY, "--json", "nowhere/report.json"], "there is no such folder"),
        ([*CERTIFY, "--json", "."], "it is a folder"),
        ([*CERTIFY, "--seed", "-1"], "seed must"),
        (["check", "nonsense"], "key must be one of"),
    ],
    ids=lambda value: None if isinstance(value, list) else value.replace(" ", "-"),
)
def test_bad_options_are_refused(command: Command, words: list[str], says: str) -> None:
    before = sorted(os.listdir())
    assert_refused(command(*words), says)
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("where", ["nowhere/report.json", "."])
def test_an_impossible_report_file_is_refused_before_the_work(
    command: Command, where: str
) -> None:
    with mock.patch("nonvacuous.nets.load", side_effect=AssertionError("worked")):
        assert_refused(command(*CERTIFY, "--json", where), "cannot write")


def test_a_normalization_that_overflows_is_one_sentence_too(command: Command) -> None:
    run = command(*CERTIFY, "--normalize", "0,1e-45")
    assert_refused(run, "NaN or infinity")


def test_a_seed_beyond_every_generator_is_refused(command: Command) -> None:
    run = command(*CERTIFY, "--seed", 10**23, "--bounds", "occam-binomial")
    assert_refused(run, "seed must")


TRAIN = ["train", "--data", "data.npz", "--out", "out.safetensors"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([*TRAIN, "--layers", "junk"], "--layers must be whole numbers above 0"),
        ([*TRAIN, "--layers", "10,0"], "--layers must be whole numbers above 0"),
        ([*TRAIN, "--layers", "10,"], "--layers must be whole numbers above 0"),
        ([*TRAIN, "--epochs", "0"], "epochs must be at least 1"),
        ([*TRAIN, "--batch", "0"], "batch >= 1"),
        ([*TRAIN, "--rate", "nan"], "rate > 0"),
        ([*TRAIN, "--rate", "-1"], "rate > 0"),
        ([*TRAIN, "--out", "nowhere/out.safetensors"], "there is no such folder"),
        ([*TRAIN, "--out", "."], "it is a folder"),
        ([*TRAIN, "--out", "out.pt"], "out must end in .safetensors"),
        ([*TRAIN, "--data", "nothing"], "name must be"),
        ([*TRAIN, "--rate", "1e30", "--epochs", "2"], "NaN or infinity"),
    ],
    ids=lambda value: None if isinstance(value, list) else value.replace(" ", "-"),
)
def test_bad_training_options_are_refused_and_leave_no_file(
    command: Command, words: list[str], says: str
) -> None:
    before = sorted(os.listdir())
    assert_refused(command(*words), says)
    assert sorted(os.listdir()) == before


def test_a_holdout_is_nothing_to_train_on(command: Command) -> None:
    np.savez("bare.npz", x=X, y=Y)
    words = [
        "train",
        "--data",
        "bare.npz",
        "--role",
        "holdout",
        "--out",
        "o.safetensors",
    ]
    assert_refused(command(*words), "has no training rows")


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["certify", "--nonsense"],
        ["certify", "--delta", "half"],
        ["certify", "--seed", "1.5"],
        ["certify", "one", "two"],
        ["train"],
        ["train", "--data", "digits"],
    ],
    ids=" ".join,
)
def test_the_wrong_words_are_refused_with_the_usage(
    command: Command, words: list[str]
) -> None:
    run = command(*words)
    assert run.code == 2
    assert run.out == ""
    assert "Usage" in run.err
    assert "Traceback" not in run.err


# and in a process of its own


@pytest.mark.parametrize(
    "words",
    [
        ["certify", "none.safetensors", "--data", "data.npz"],
        ["certify", "net.safetensors", "--data", "bad.npz"],
        ["certify", "--delta", "nan"],
    ],
    ids=["model", "data", "delta"],
)
def test_a_process_ends_with_one_sentence_and_code_2(words: list[str]) -> None:
    npz(x_test=with_value(X[30:], np.nan))
    before = sorted(os.listdir())
    ended = subprocess.run(
        [sys.executable, "-m", "nonvacuous.cli", *words, "--json", "report.json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    run = SimpleNamespace(code=ended.returncode, out=ended.stdout, err=ended.stderr)
    assert_refused(run)
    assert sorted(os.listdir()) == before


def test_a_report_that_cannot_be_written_leaves_the_old_one(command: Command) -> None:
    Path("report.json").write_text("old")
    with mock.patch("os.replace", side_effect=OSError("the disk is gone")):
        run = command(*CERTIFY, "--bounds", "holdout-binomial", "--json", "report.json")
    assert run.code == 2
    assert run.err == "nonvacuous: the disk is gone\n"
    assert Path("report.json").read_text() == "old"
    assert not [name for name in os.listdir() if name.startswith(".report")]


def test_an_archive_of_nothing_is_refused(command: Command) -> None:
    buffer = io.BytesIO()
    np.savez(buffer)
    Path("bad.npz").write_bytes(buffer.getvalue())
    run = command("certify", "net.safetensors", "--data", "bad.npz")
    assert_refused(run, "must hold x_train")
