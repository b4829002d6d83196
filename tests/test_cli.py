"""The command line, where it does what it is asked."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest

import nonvacuous

Command = Callable[..., SimpleNamespace]

LINE = re.compile(
    r"^(?P<name>[a-z]+(-[a-z0-9]+)*) .*? (?P<risk>\d+\.\d\d)"
    r"(?P<rest>|  vacuous|  \d[\d.e+]*)\s*$"
)


def lines_of(out: str) -> list[tuple[str, str, str]]:
    """The rows of the table: theorem, risk, and what the last column says."""
    table = out.split("─\n", 1)[1].split("  From the", 1)[0]
    found = [LINE.match(line.rstrip()) for line in table.splitlines() if line.strip()]
    assert all(found), table
    return [(m["name"], m["risk"], m["rest"].strip()) for m in found if m]


def printed(out: str) -> list[tuple[str, str]]:
    """The rows of the table: theorem and risk."""
    return [(name, risk) for name, risk, _ in lines_of(out)]


def test_the_bundled_net_is_certified_without_arguments(
    digits_run: SimpleNamespace,
) -> None:
    assert digits_run.code == 0
    assert digits_run.err == ""
    assert "Net 64-64-32-10, 6,570 parameters." in digits_run.out
    for name in ("holdout-binomial", "holdout-kl", "occam-binomial", "best"):
        assert re.search(rf"^{name} ", digits_run.out, re.MULTILINE)
    assert "not vacuous" in digits_run.out
    assert "Refused" in digits_run.out


def test_every_printed_risk_is_the_certificate_rounded_up(
    digits_run: SimpleNamespace,
) -> None:
    rows = [(r["bound"], r["upper"]) for r in digits_run.json["certificates"]]
    lines = printed(digits_run.out)
    assert [name for name, _ in lines] == [name for name, _ in rows]
    for (_, risk), (_, upper) in zip(lines, rows, strict=True):
        exact = 100 * Fraction(upper)
        assert exact <= Fraction(risk) < exact + Fraction(1, 100)


def test_where_a_number_is_above_one_it_is_printed_rounded_up(
    digits_run: SimpleNamespace,
) -> None:
    above = [float(r["raw"]) for r in digits_run.json["certificates"]]
    shown = [rest for _, _, rest in lines_of(digits_run.out) if rest[:1].isdigit()]
    wanted = [raw for raw in above if raw > 1]
    assert len(shown) == len(wanted) > 10
    for text, raw in zip(shown, wanted, strict=True):
        assert raw <= float(text) <= 1.01 * raw


def test_the_json_file_is_the_report(digits_run: SimpleNamespace) -> None:
    assert digits_run.path.read_text() == digits_run.report.to_json()
    assert digits_run.json == json.loads(json.dumps(digits_run.report.to_dict()))
    assert [p.name for p in digits_run.path.parent.iterdir()] == ["report.json"]
    assert digits_run.path.stat().st_mode & 0o400


def test_training_twice_with_one_seed_gives_the_same_bytes(
    command: Command, tmp_path: Path
) -> None:
    words = ["train", "--data", "digits", "--layers", "16", "--epochs", "2", "--quiet"]
    files = [tmp_path / f"{name}.safetensors" for name in "abc"]
    for file, seed in zip(files, (3, 3, 4), strict=True):
        run = command(*words, "--seed", seed, "--out", file)
        assert run.code == 0, run.err
        assert f"{file}: net 64-16-10, train error" in " ".join(run.out.split())
    first, second, other = (file.read_bytes() for file in files)
    assert first == second != other

    run = command(
        "certify", files[0], "--data", "digits", "--bounds", "holdout-binomial"
    )
    assert run.code == 0, run.err
    assert [name for name, _ in printed(run.out)] == ["holdout-binomial", "best"]
    assert "Net 64-16-10" in run.out
    assert "occam" not in run.out


def test_a_linear_net_can_be_trained(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "linear.safetensors"
    run = command(
        "train", "--data", "digits", "--layers", "", "--epochs", "1", "--out", out
    )
    assert run.code == 0, run.err
    assert nonvacuous.nets.load(out).sizes == (64, 10)


def test_training_never_reads_the_holdout(command: Command, tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    x, y = draw.normal(size=(60, 4)).astype(np.float32), draw.integers(0, 3, 60)
    y[:3] = [0, 1, 2]
    files = []
    for name, test in (("a", slice(40, 60)), ("b", slice(40, 41))):
        data = tmp_path / name / "data.npz"
        data.parent.mkdir()
        np.savez(data, x_train=x[:40], y_train=y[:40], x_test=x[test], y_test=y[test])
        files.append(data.with_name("net.safetensors"))
        run = command("train", "--data", data, "--layers", "5", "--out", files[-1])
        assert run.code == 0, run.err
    first, second = (list(nonvacuous.nets.load(file).arrays()) for file in files)
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_normalize_and_delta_reach_the_report(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    words = ["certify", "--bounds", "holdout-kl", "--json", out]
    run = command(*words, "--normalize", "0.25,2", "--delta", "0.01", "--seed", "9")
    assert run.code == 0, run.err
    report = json.loads(out.read_text())
    assert "inputs (x - 0.25) / 2 folded" in report["net"]["note"]
    assert (report["delta"], report["seed"]) == (0.01, 9)
    assert {row["delta"] for row in report["certificates"]} == {0.01}


def test_an_interrupted_run_writes_what_it_has_and_exits_with_130(
    command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "report.json"
    name = "nonvacuous.compression._base.encode"
    with mock.patch(name, side_effect=KeyboardInterrupt):
        run = command("certify", "--json", out)
    assert run.code == 130
    assert run.err == ""
    report = json.loads(out.read_text())
    assert report["interrupted"] is True
    assert [row["bound"] for row in report["certificates"]] == [
        "holdout-binomial",
        "holdout-kl",
        "holdout-hoeffding",
        "best",
    ]


def test_an_interrupt_outside_the_job_is_one_sentence(command: Command) -> None:
    with mock.patch("nonvacuous.nets.bundled", side_effect=KeyboardInterrupt):
        run = command("certify")
    assert (run.code, run.out, run.err) == (130, "", "nonvacuous: interrupted\n")


def test_the_paper_checks_of_one_paper_pass(command: Command) -> None:
    run = command("check", "langford2005tutorial")
    assert run.code == 0, run.out
    assert run.err == ""
    assert "langford2005tutorial" in run.out
    assert "baykal" not in run.out


def test_a_check_that_does_not_hold_exits_with_1(command: Command) -> None:
    from paper_checks import Truth, Verdict

    def check_nothing() -> Verdict:
        return Verdict(
            claim="One is two.",
            truth=Truth.FALSE,
            expected=Truth.TRUE,
            evidence="By looking.",
        )

    with mock.patch("paper_checks.checks", return_value=(check_nothing,)):
        run = command("check")
    assert run.code == 1
    assert "recorded: true" in run.out


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize(
    "name", ["", "certify", "compress", "train", "check", "bound", "sample-size"]
)
def test_help_is_for_everything(command: Command, name: str, option: str) -> None:
    run = command(*filter(None, [name, option]))
    assert run.code == 0
    assert "Usage" in run.out
    assert run.err == ""


def test_no_command_at_all_shows_the_help(command: Command) -> None:
    run = command()
    assert "certify" in run.out + run.err
    assert run.code in (0, 2)


def test_the_version_is_that_of_the_package() -> None:
    ended = subprocess.run(
        [Path(sys.executable).with_name("nonvacuous"), "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout == f"nonvacuous {nonvacuous.__version__}\n"
    assert ended.stderr == ""


@pytest.mark.skipif(
    "NONVACUOUS_DATA" not in os.environ,
    reason="run: NONVACUOUS_DATA=FOLDER, or certify --data mnist to fetch it",
)
def test_mnist_is_trained_on_and_certified(command: Command, tmp_path: Path) -> None:
    net, out = tmp_path / "net.safetensors", tmp_path / "report.json"
    words = ["--data", "mnist"]
    run = command("train", *words, "--layers", "16", "--epochs", "1", "--out", net)
    assert run.code == 0, run.err
    run = command("certify", net, *words, "--bounds", "holdout-binomial", "--json", out)
    assert run.code == 0, run.err
    row = json.loads(out.read_text())["certificates"][0]
    assert row["n"] == 10_000
    assert row["test_error"]["value"] < row["upper"] < 0.2
