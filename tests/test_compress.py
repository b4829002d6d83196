"""``nonvacuous compress``: what it writes, what it says, and what it refuses."""

import hashlib
import io
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from nonvacuous import _compress
from nonvacuous._counting import count_errors
from nonvacuous._files import write_together
from nonvacuous.compression import METHODS, Rows, find_method
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.compression.codes import decode_network, encode
from nonvacuous.compression.codes._files import read_code, write_code
from nonvacuous.data import Dataset, load
from nonvacuous.nets import Layer, Network, bundled, save
from nonvacuous.report._compression import methods_table, render_compression

Command = Callable[..., SimpleNamespace]

BARE = ["compress", "net.safetensors", "--quiet"]
OUT = ["--out", "small.safetensors"]
DIGITS = [*BARE, *OUT, "--data", "digits"]
CUT = ["--method", "magnitude", "--keep", "0.5"]
CORENET = ["--method", "corenet"]
HOLDOUT = ["--data", "bare.npz", "--role", "holdout"]
TRAIN = ["--data", "bare.npz", "--role", "train"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the bundled net and a small sample of 64 features."""
    monkeypatch.chdir(tmp_path)
    save(bundled(), "net.safetensors")
    draw = np.random.default_rng(1)
    x = draw.integers(0, 17, (60, 64)).astype(np.float32)
    y = draw.integers(0, 10, 60)
    np.savez("data.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
    np.savez("bare.npz", x=x, y=y)
    return tmp_path


def names() -> set[str]:
    return {path.name for path in Path().iterdir()}


def flat(out: str) -> str:
    return " ".join(out.split())


def rendered(result: Any, width: int = 100) -> str:
    file = io.StringIO()
    Console(file=file, width=width, color_system=None).print(result)
    return file.getvalue()


# What it writes ----------------------------------------------------------------------


def test_the_net_its_code_and_its_report_are_written(command: Command) -> None:
    before = names()
    words = ["--method", "magnitude-kmeans", "--keep", "0.2", "--json", "r.json"]
    run = command(*DIGITS, *words)
    assert run.code == 0, run.err
    assert run.err == ""
    assert names() - before == {"small.safetensors", "small.code", "r.json"}

    method = find_method("magnitude-kmeans")
    small = method.compressor(bundled(), keep=0.2).compress(bundled())
    assert read_code("small.code") == small.code
    tensors = load_file("small.safetensors")
    expected = decode_network(small.code.data)[0]
    for i, layer in enumerate(expected.layers):
        assert (tensors[f"{i}.weight"].double().numpy() == layer.weight).all()
        assert (tensors[f"{i}.bias"].double().numpy() == layer.bias).all()

    report = json.loads(Path("r.json").read_text())
    assert report["format"] == "nonvacuous-compression/1"
    assert report["method"] == "magnitude-kmeans"
    assert report["pipeline"] == small.pipeline
    assert (report["keep"], report["epsilon"], report["seed"]) == (0.2, None, 0)
    assert report["code"]["bits"] == small.code.bits
    digest = hashlib.sha256(small.code.data).hexdigest()
    assert report["code"]["digest"] == f"sha256 {digest}"
    assert report["bytes"]["dense"] == 4 * bundled().parameters
    assert report["bytes"]["code"] == len(small.code.data)
    assert [layer["kept"] for layer in report["layers"]] == [
        layer.kept for layer in expected.layers
    ]
    data = load("digits")
    for name, sample in (("train", data.train), ("test", data.test)):
        assert sample is not None
        for whose, net in (("original", bundled()), ("compressed", expected)):
            errors = count_errors(net, sample.x, sample.y)
            assert report["errors"][name][whose] == {
                "errors": errors,
                "trials": len(sample),
                "value": errors / len(sample),
            }


def test_the_same_command_writes_the_same_bytes(command: Command) -> None:
    words = ["--method", "corenet", "--keep", "0.4", "--seed", "5", "--json", "r.json"]
    found = []
    for _ in range(2):
        assert command(*DIGITS, *words).code == 0
        files = ("small.safetensors", "small.code", "r.json")
        found.append([Path(name).read_bytes() for name in files])
    assert found[0] == found[1]
    assert command(*DIGITS, *words[:-3], "6").code == 0
    assert Path("small.code").read_bytes() != found[0][1]


def test_a_code_file_is_compressed_and_certified_like_a_net(command: Command) -> None:
    write_code(encode(bundled()), "net.code")
    words = ["--method", "magnitude", "--keep", "0.5", "--out", "other.safetensors"]
    assert command("compress", "net.code", *words).code == 0
    assert (
        command("compress", "net.safetensors", *words[:-1], "a.safetensors").code == 0
    )
    assert Path("a.code").read_bytes() == Path("other.code").read_bytes()
    words = ["--data", "digits", "--bounds", "holdout-binomial"]
    runs = [command("certify", f"a.{end}", *words) for end in ("code", "safetensors")]
    assert runs[0].code == 0, runs[0].err
    assert runs[0].out == runs[1].out


def test_data_are_not_needed_by_a_method_that_looks_at_none(command: Command) -> None:
    options = ["--method", "matrix-project", "--keep", "0.1", "--out", "s.safetensors"]
    run = command("compress", "net.safetensors", *options)
    assert run.code == 0, run.err
    for words in ("Train error", "Test error", "Rows"):
        assert words not in run.out


def test_normalize_is_folded_into_the_net(command: Command) -> None:
    words = ["--method", "magnitude", "--keep", "1", "--normalize", "0.5,2"]
    run = command(*DIGITS, *words)
    assert run.code == 0, run.err
    assert "inputs (x - 0.5) / 2 folded" in flat(run.out)
    found, _ = decode_network(read_code("small.code").data)
    first = bundled().normalized(0.5, 2.0).layers[0]
    assert (found.layers[0].weight == first.weight).all()


# What it says ------------------------------------------------------------------------


def test_the_table_adds_up(command: Command) -> None:
    words = ["--method", "corenet", "--keep", "0.3", "--json", "r.json"]
    run = command(*DIGITS, *words)
    report = json.loads(Path("r.json").read_text())
    assert run.out.startswith("corenet: edges drawn by empirical sensitivity")
    assert "keep 0.3, seed 0." in run.out
    heads = next(line for line in run.out.splitlines() if "layer" in line).split()
    assert heads[:6] == ["layer", "shape", "weights", "asked", "drawn", "kept"]
    rows = re.findall(r"^ +(\d|all) (.*)$", run.out, re.MULTILINE)
    assert [name for name, _ in rows] == ["1", "2", "3", "all"]
    for (_, cells), layer in zip(rows, report["layers"], strict=False):
        assert f" {layer['kept']:,} " in f"{cells} "
    total = sum(layer["kept"] for layer in report["layers"])
    assert f" {total:,} " in rows[-1][1]
    assert " 6,464 " in rows[-1][1]
    text = flat(run.out)
    assert f"Code: {report['code']['bits']:,} bits" in text
    assert "26,280 as float32" in text
    assert "the original net 0.64 % (9)" in text
    assert "1,400 of digits, the training sample" in text
    assert f"Guarantee: {report['guarantee']}" in text
    assert "Written: small.safetensors, and its code small.code" in text
    assert "Speed" not in text


def test_the_theorem_takes_rows_kept_from_training_and_says_so(
    command: Command,
) -> None:
    words = ["--method", "corenet", "--epsilon", "0.5", "--delta", "0.1"]
    run = command(*DIGITS, *words)
    assert run.code == 0, run.err
    text = flat(run.out)
    assert "epsilon 0.5, delta 0.1" in text
    assert "397 of digits, the test rows" in text
    assert "a certificate for it must not count them as unseen" in text
    test = load("digits").test
    assert test is not None
    maker = find_method("corenet").compressor(
        bundled(), epsilon=0.5, delta=0.1, rows=Rows.of(test)
    )
    assert read_code("small.code") == maker.compress(bundled()).code


def test_speed_is_measured_on_request(command: Command) -> None:
    words = ["--method", "units", "--keep", "0.3", "--speed", "--json", "r.json"]
    run = command(*DIGITS, *words)
    assert run.code == 0, run.err
    assert re.search(r"[0-9.]+ at batch 1, [0-9.]+ at batch 256", flat(run.out))
    found = json.loads(Path("r.json").read_text())["execution"]
    assert found["kernels"] == ["dense"] * 3
    assert set(found["speedups"]) == {"1", "256"}
    assert found["bytes"] < found["dense_bytes"] == 4 * bundled().parameters


def test_the_list_has_a_line_for_every_method(command: Command) -> None:
    run = command("compress", "--method", "list")
    assert run.code == 0
    lines = run.out.splitlines()[2:]
    for line, method in zip(lines, METHODS, strict=True):
        assert line.startswith(f"{method.name} ")
        assert method.title in line
        assert ("data" in line.split(" keep")[-1]) == method.needs_rows
        assert ("keep/epsilon" in line) == method.has_theorem
    narrow = rendered(methods_table(METHODS), 80).splitlines()[2:]
    assert [line.split() for line in narrow] == [line.split() for line in lines]


def result_of(**changed: Any) -> Any:
    """A result with one layer, and a report of one's own."""
    net = Network(layers=(Layer(weight=np.eye(2), bias=None),))
    made = _compress.compress(net, find_method("magnitude"), keep=0.5)
    report = Report(
        layers=(LayerReport(layer=1, edges=2, kept=2, **changed),),
        guarantee="outputs are within a factor 1 +- 0.5",
        facts={"support": np.int64(7), "sums": np.array([1.0, np.inf])},
    )
    object.__setattr__(made.small, "report", report)
    return made


def test_what_a_report_knows_of_a_neuron_becomes_columns() -> None:
    neurons = {
        "asked": np.array([[1e30, 2.0], [3.0, 4.0]]),
        "drawn": np.array([[5.0, 2.0], [3.0, 4.0]]),
        "epsilon": np.array([0.25, 0.125]),
    }
    result = result_of(neurons=neurons, facts={"Delta-hat": 12.5})
    out = rendered(render_compression(result), 80)
    assert re.search(r"weights +asked +drawn +kept +kept % +epsilon", out)
    assert re.search(r"1 +2-2 +4 +1e\+30 +14 +2 +50.00 +0.25", out)
    assert "Guarantee: outputs are within a factor 1 +- 0.5." in out
    assert "Delta-hat, layer by layer: 12.5." in out
    assert "Support: 7." in out
    report = json.loads(result.to_json())
    assert report["layers"][0]["epsilon"] == 0.25
    assert report["layers"][0]["asked"] == 1e30 + 9
    assert report["facts"] == {"support": 7, "sums": [1.0, "inf"]}


def test_a_neuron_without_a_guarantee_leaves_its_layer_with_none() -> None:
    result = result_of(
        neurons={"asked": np.array([math.inf]), "epsilon": np.array([0.25, math.nan])}
    )
    out = rendered(render_compression(result), 80)
    assert re.search(r"inf +2 +50.00 +none", out)
    assert "drawn" not in out
    layer = json.loads(result.to_json())["layers"][0]
    assert (layer["asked"], layer["epsilon"]) == ("inf", "nan")


def test_without_draws_there_are_no_columns_of_draws() -> None:
    out = rendered(render_compression(result_of()), 80)
    assert "asked" not in out
    assert "epsilon" not in out


@pytest.mark.parametrize("width", [80, 100])
def test_the_table_fits(width: int) -> None:
    data = load("digits")
    for method in METHODS:
        result = _compress.compress(bundled(), method, keep=0.3, data=data)
        lines = rendered(render_compression(result), width).splitlines()
        assert max(map(len, lines)) <= width
        assert "…" not in "".join(lines)


def test_progress_goes_up_to_the_end() -> None:
    seen: list[float] = []
    _compress.compress(
        bundled(),
        find_method("magnitude"),
        keep=0.3,
        data=load("digits"),
        progress=lambda fraction, phrase: seen.append(fraction),
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


# What it refuses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([*DIGITS, "--method", "cornet", "--keep", "0.5"], "the nearest are corenet"),
        ([*DIGITS, "--method", "magnitude"], "either keep or epsilon, got neither"),
        ([*DIGITS, *CUT, "--epsilon", "0.5"], "either keep or epsilon, got both"),
        ([*DIGITS, "--method", "units", "--epsilon", "0.5"], "takes keep and no eps"),
        ([*DIGITS, "--method", "units", "--keep", "0"], "keep must lie in (0, 1]"),
        ([*DIGITS, "--method", "units", "--keep", "nan"], "keep must lie in (0, 1]"),
        ([*DIGITS, "--method", "units", "--keep", "0.001"], "keep must leave 75"),
        ([*DIGITS, *CORENET, "--epsilon", "1"], "epsilon must lie in (0, 1)"),
        ([*DIGITS, *CUT, "--delta", "0"], "delta must lie strictly"),
        ([*DIGITS, *CUT, "--seed", "-1"], "seed must"),
        ([*DIGITS, *CUT, "--normalize", "junk"], "--normalize must be MEAN,STD"),
        ([*BARE, *CUT], "--out"),
        (["compress", *CUT, *OUT], "needs a MODEL"),
        ([*BARE, *CUT, "--out", "small.pt"], "out must end in .safetensors"),
        ([*BARE, *CUT, "--out", "no/s.safetensors"], "there is no such folder"),
        ([*BARE, *CUT, "--out", "net.safetensors"], "out must be another file"),
        ([*BARE, *CUT, *OUT, "--json", "no/r.json"], "there is no such folder"),
        ([*BARE, *CUT, *OUT, "--json", "small.code"], "json must be a file of its own"),
        ([*BARE, *CUT, *OUT, "--json", "net.safetensors"], "must be another file"),
        ([*BARE, *CORENET, "--keep", "0.5", *OUT], "give --data"),
        (
            [*BARE, *CORENET, "--keep", "0.5", *OUT, "--data", "data.npz"],
            "rows must be at least",
        ),
        (
            [*BARE, *OUT, *CORENET, "--keep", "0.5", *HOLDOUT],
            "looks at training rows, and bare.npz has none",
        ),
        (
            [*BARE, *OUT, *CORENET, "--epsilon", "0.5", *TRAIN],
            "looks at test rows, kept from training, and bare.npz has none",
        ),
        ([*BARE, *CUT, *OUT, "--data", "none.npz"], "none.npz"),
        (["compress", "none.code", *CUT, *OUT], "there is no model file none.code"),
    ],
    ids=lambda value: None if isinstance(value, list) else value.replace(" ", "-"),
)
def test_bad_input_is_one_sentence_and_leaves_no_file(
    command: Command, words: list[str], says: str
) -> None:
    before = names()
    run = command(*words)
    assert run.code == 2, run
    assert run.out == ""
    assert len(run.err.splitlines()) == 1
    assert run.err.startswith("nonvacuous: ")
    assert says in run.err
    assert names() == before


def test_a_net_of_other_inputs_is_refused(command: Command) -> None:
    save(Network(layers=(Layer(weight=np.eye(3), bias=None),)), "other.safetensors")
    run = command("compress", "other.safetensors", *OUT, "--data", "digits", *CUT)
    assert run.code == 2
    assert "the net takes 3 inputs" in run.err


def test_a_file_is_known_by_all_its_names(command: Command, here: Path) -> None:
    for name in (here / "small.code", here / "small.safetensors"):
        run = command(*DIGITS, *CUT, "--json", name)
        assert run.code == 2
        assert "json must be a file of its own" in run.err


def test_a_damaged_code_is_no_model(command: Command) -> None:
    write_code(encode(bundled()), "net.code")
    whole = Path("net.code").read_bytes()
    Path("net.code").write_bytes(whole[:-1] + bytes([whole[-1] ^ 64]))
    for words in (["compress", "net.code", *CUT, *OUT], ["certify", "net.code"]):
        run = command(*words, "--data", "digits")
        assert run.code == 2
        assert "net.code is altered" in run.err


def test_test_rows_that_were_trained_on_are_no_rows_for_the_theorem(
    command: Command,
) -> None:
    data = load("digits")
    assert data.train is not None
    x, y = data.train.x[:300], data.train.y[:300]
    np.savez("same.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    words = [*CORENET, "--epsilon", "0.5", *OUT, "--data", "same.npz"]
    run = command(*BARE, *words)
    assert run.code == 2
    assert "must be unseen" in run.err


def test_a_method_must_be_named(command: Command) -> None:
    run = command("compress", "net.safetensors", "--keep", "0.5")
    assert run.code == 2
    assert "--method" in run.err


def test_an_interrupt_leaves_nothing(command: Command) -> None:
    before = names()
    with mock.patch("nonvacuous._compress.count_errors", side_effect=KeyboardInterrupt):
        run = command(*DIGITS, *CUT, "--json", "r.json")
    assert (run.code, run.out, run.err) == (130, "", "nonvacuous: interrupted\n")
    assert names() == before


@pytest.mark.parametrize("error", [OSError("the disk is full"), KeyboardInterrupt()])
def test_a_failure_while_writing_leaves_all_files_as_they_were(
    command: Command, error: BaseException
) -> None:
    for name in ("small.safetensors", "small.code", "r.json"):
        Path(name).write_text("old")
    before = names()
    real = [None, None, error]
    with mock.patch("os.fsync", side_effect=real):
        run = command(*DIGITS, *CUT, "--json", "r.json")
    assert run.code == (2 if isinstance(error, OSError) else 130)
    assert run.out == ""
    assert names() == before
    for name in ("small.safetensors", "small.code", "r.json"):
        assert Path(name).read_text() == "old"


def test_files_are_written_together() -> None:
    files = {Path("a"): b"one", Path("b"): b"two"}
    write_together(files)
    assert {path: path.read_bytes() for path in files} == files


# The job -----------------------------------------------------------------------------


def test_the_input_net_is_not_changed_and_samples_may_be_missing() -> None:
    network = bundled()
    before = [a.tobytes() for a in network.arrays()]
    train = load("digits").train
    data = Dataset(name="half", train=train, test=None, classes=10)
    method = find_method("corenet")
    result = _compress.compress(network, method, keep=0.5, data=data)
    assert list(result.errors) == ["train"]
    assert [a.tobytes() for a in network.arrays()] == before
    assert isinstance(result.small.net, torch.nn.Module)
