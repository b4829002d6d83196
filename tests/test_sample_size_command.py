"""``nonvacuous sample-size``: theorems asked the other way round."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from nonvacuous.bounds.holdout import clopper_pearson
from nonvacuous.bounds.planning import Reached, solve
from nonvacuous.cli._figure import _values
from nonvacuous.evidence import HoldoutErrors

Command = Callable[..., SimpleNamespace]
ASK = ["sample-size", "--errors", "0", "--target", "1%"]
SIZE = ["--widths", "784,300,100,10", "--delta-hats", "3,3,3"]
SIZE += ["--sensitivity-sums", "20,10,5"]


def words_of(run: SimpleNamespace) -> str:
    return " ".join(run.out.split())


def test_the_rule_of_three(command: Command) -> None:
    run = command(*ASK)
    assert run.code == 0
    assert run.err == ""
    assert "At least trials = 299, for a bound of at most 1 %" in run.out
    assert "There it is 0.997 %." in run.out
    assert [line.split()[0] for line in run.out.splitlines()[-5:]] == [
        "29",
        "149",
        "299",
        "598",
        "2,990",
    ]


def test_a_rate_has_teeth_and_they_are_explained(command: Command) -> None:
    run = command("sample-size", "--rate", "3%", "--target", "0.05")
    assert "At least trials = 410" in run.out
    assert "with 13 errors" in run.out
    assert "it holds for each n from there to 4,1" in run.out
    assert "The first n at which it holds is 361" in run.out


def test_json_is_the_answer_and_can_be_checked(
    command: Command, tmp_path: Path
) -> None:
    run = command("sample-size", "--rate", "3%", "--target", "0.05", "--json")
    answer = json.loads(run.out)
    assert answer["reached"] is True
    assert (answer["value"], answer["first"]) == (410, 361)
    fact = HoldoutErrors(errors=answer["evidence"]["errors"], trials=answer["value"])
    assert clopper_pearson.formula(fact, answer["delta"]) == answer["raw"] <= 0.05
    file = tmp_path / "plan.json"
    command("sample-size", "--rate", "3%", "--target", "0.05", "--json", file)
    assert json.loads(file.read_text()) == answer


def test_other_variables_have_answers(command: Command) -> None:
    coded = ["sample-size", "occam-binomial", "--trials", "60000", "--target", "10%"]
    run = command(*coded, "--solve", "bits", "--errors", "0")
    assert "At most bits = 9,115, for a bound of at most 10 %" in run.out
    run = command(*coded[:2], "--bits", "5000", "--rate", "4%", "--target", "0.1")
    assert "Held fixed, however many rows there are: bits = 5,000." in run.out
    run = command(*coded, "--solve", "errors", "--bits", "5000")
    assert "At most errors = 983" in run.out
    words = ["--solve", "delta", "--errors", "30", "--trials", "1000"]
    run = command("sample-size", *words, "--target", "5%")
    assert "At least delta = 0.00127707, for a bound of at most 5 %" in run.out
    assert "There it is 5 %" in run.out


def test_every_value_will_do_is_said(command: Command) -> None:
    words = ["--solve", "errors", "--trials", "30", "--target", "100%"]
    run = command("sample-size", *words)
    assert "At most errors = 30" in run.out
    assert "Every possible value will do." in run.out


def test_corenets_sizes_can_be_asked_for_and_solved(command: Command) -> None:
    run = command("sample-size", "corenet-network-size", *SIZE, "--epsilon", "0.5")
    assert run.code == 0
    assert "7.22e11 edges that CoreNet's main theorem keeps" in words_of(run)
    run = command("sample-size", "corenet-network-size", *SIZE, "--target", "1e12")
    assert "At least epsilon = 0.4248" in run.out
    words = ["--epsilon", "0.5", "--sensitivity-sum", "3", "--neurons", "410"]
    run = command("sample-size", "corenet-draws", *words, "--widest", "784")
    assert "13,502 draws" in run.out
    run = command("sample-size", "corenet-draws", *words, "--widest", "784", "--json")
    assert json.loads(run.out)["value"] == 13502


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--rate", "3%", "--target", "2%"], "however many rows there are"),
        (
            ["corenet-network-size", *SIZE, "--target", "1e6"],
            "even with epsilon = 1 corenet-network-size gives 1.81e11",
        ),
        (
            [
                *("occam-hoeffding", "--solve", "delta", "--errors", "2400"),
                *("--trials", "60000", "--bits", "5000", "--target", "10%"),
            ],
            "even with delta near 1 occam-hoeffding gives",
        ),
    ],
)
def test_what_cannot_be_reached_is_said_and_exits_with_1(
    command: Command, words: list[str], says: str
) -> None:
    run = command("sample-size", *words)
    assert run.code == 1
    assert run.err == ""
    assert run.out.startswith("Out of reach: ")
    assert says in words_of(run)
    answer = json.loads(command("sample-size", *words, "--json").out)
    assert answer["reached"] is False
    assert says in answer["reason"]


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")],
)
def test_a_picture_is_drawn(
    command: Command, tmp_path: Path, name: str, start: bytes
) -> None:
    file = tmp_path / name
    run = command("sample-size", "--rate", "3%", "--target", "5%", "--plot", file)
    assert run.code == 0, run.err
    assert file.read_bytes().startswith(start)
    if name == "a.svg":
        text = file.read_text()
        for said in ("holdout-binomial", "target 5 %", "trials = 410"):
            assert said in text


@pytest.mark.parametrize(
    "words",
    [
        ["--solve", "errors", "--trials", "30", "--target", "11%"],
        ["--solve", "delta", "--errors", "0", "--trials", "9", "--target", "99%"],
        ["holdout-loss-kl", "--mean", "0.02", "--variance", "0", "--target", "0.03"],
        ["corenet-network-size", *SIZE, "--target", "1e12"],
    ],
)
def test_every_kind_of_variable_can_be_drawn(
    command: Command, tmp_path: Path, words: list[str]
) -> None:
    run = command("sample-size", *words, "--plot", tmp_path / "a.png")
    assert run.code == 0, run.err
    assert (tmp_path / "a.png").exists()


def test_the_picture_is_of_the_neighbourhood_of_the_answer() -> None:
    answer = solve(clopper_pearson, "trials", 0.05, rate=0.03)
    assert isinstance(answer, Reached)
    values = _values(answer)
    assert values[0] >= answer.value / 20
    assert values[-1] <= answer.value * 20
    steps = [b / a for a, b in pairwise(values)]
    assert max(steps) < 1.1  # no straight line through what was not looked at


def test_no_answer_is_no_picture(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    run = command("sample-size", "--rate", "3%", "--target", "1%", "--plot", file)
    assert run.code == 1
    assert "is not drawn" in run.err
    assert not file.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--rate", "3%"], "--target is missing"),
        (["--target", "5%"], "holdout-binomial needs --errors too"),
        (["--target", "5", "--rate", "3%"], "got 5.0 (5 % is 0.05)"),
        (["--target", "0", "--rate", "3%"], "target must be a risk"),
        (["--target", "nan", "--rate", "3%"], "--target: must be a number"),
        (["--target", "5%", "--rate", "3"], "rate must lie in [0, 1], got 3"),
        (["--target", "5%", "--rate", "x"], "--rate: must be a number"),
        (["--target", "5%", "--rate", "inf"], "--rate: must be finite"),
        (["--target", "5%", "--rate", "3%", "--errors", "4"], "exclude each other"),
        (["--target", "5%", "--rate", "3%", "--trials", "4"], "is what is asked for"),
        (["--target", "5%", "--solve", "bits"], "has no bits; it can be solved for"),
        (["--target", "5%", "--rate", "-3%"], "rate must lie in [0, 1], got -0.03"),
        (["--target", "5%", "--errors", "1e12"], "1 <= n <= 1e+12"),
        (["--target", "5%", "--errors=-3"], "errors must lie between"),
        ([*ASK[1:], "--plot", "a.gif"], "--plot must end in .png"),
        ([*ASK[1:], "--plot", "nowhere/a.png"], "there is no such folder"),
        ([*ASK[1:], "--junk"], "does not take --junk"),
        (["junk", "--target", "5%"], "there is no theorem 'junk'"),
        (["holdout-betting", "--target", "0.1"], "has no trials"),
        (["holdout-loss-kl", "--target", "5%", "--rate", "3%"], "rate needs a theorem"),
        (["corenet-draws", "--epsilon", "0.5"], "needs --sensitivity-sum, --neurons"),
        (
            [
                *("corenet-network-size", "--widths", "4", "--delta-hats", "3"),
                *("--sensitivity-sums", "3", "--target", "10"),
            ],
            "widths must be two or more numbers",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    command: Command, words: list[str], says: str
) -> None:
    run = command("sample-size", *words)
    assert run.code == 2
    assert run.out == ""
    assert len(run.err.splitlines()) == 1
    assert run.err.startswith("nonvacuous: ")
    assert says in run.err
