"""``nonvacuous bound``: any theorem from bare numbers."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn
from unittest import mock

import pytest

from nonvacuous.bounds import ALL, Bound, Certificate
from nonvacuous.bounds.holdout import clopper_pearson, holdout_kl
from nonvacuous.cli import _facts
from nonvacuous.evidence import HoldoutErrors

Command = Callable[..., SimpleNamespace]
every_bound = pytest.mark.parametrize("bound", ALL, ids=lambda bound: bound.name)

OCCAM = ["bound", "occam-binomial", "--errors", 2400, "--trials", 60_000]


def strict(text: str) -> Any:
    """JSON without NaN and infinities."""

    def refuse(word: str) -> NoReturn:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


@every_bound
def test_it_gives_every_example_from_its_words(
    command: Command, bound: Bound[Any]
) -> None:
    run = command("bound", bound.name, *_facts.example_words(bound), "--json")
    outcome = bound.certify(bound.example, delta=0.05)
    answer = strict(run.out)
    assert run.err == ""
    if isinstance(outcome, Certificate):
        assert run.code == 0
        assert answer["theorem"] == bound.name
        raw = answer["raw"]
        assert float(raw) == outcome.raw
        assert [a["name"] for a in answer["assumptions"]] == list(outcome.assumptions)
    else:
        assert run.code == 1
        assert answer["refused"]["reason"] == outcome.reason


@every_bound
def test_it_explains_every_theorem(command: Command, bound: Bound[Any]) -> None:
    for words in ([], ["--help"], ["-h"], ["--explain"], ["--errors", 3, "--help"]):
        run = command("bound", bound.name, *words)
        assert run.code == 0
        assert run.err == ""
        said = run.out.replace("\n", "").replace(" ", "")
        for part in (bound.statement, bound.source.key, f"nonvacuousbound{bound.name}"):
            assert part.replace(" ", "") in said
        for assumption in bound.assumptions:
            assert f"{assumption.name}:" in said
        for flag in _facts.flags(bound):
            assert flag.shown.split()[0] in said
            assert flag.help.replace(" ", "") in said


@pytest.mark.parametrize("words", [[], ["list"]])
def test_it_lists_every_theorem(command: Command, words: list[str]) -> None:
    run = command("bound", *words)
    assert run.code == 0
    names = {line.split(" ")[0] for line in run.out.splitlines()}
    assert {bound.name for bound in ALL} <= names


def test_a_certificate_is_a_sentence_rounded_up_beside_the_hold_out(
    command: Command,
) -> None:
    run = command(*OCCAM, "--bits", 5000)
    assert run.code == 0
    # 0.14269... and, from the same counts, 0.041347...
    assert "errs on at most 14.27 % of unseen data (occam-binomial)" in " ".join(
        run.out.split()
    )
    assert (
        "If these rows had been unseen by the net and its choice, at most 4.14 % by"
        " holdout-binomial." in " ".join(run.out.split())
    )
    for verdict in ("iid (vouched)", "code-fixed (vouched)", "prefix-code (vouched)"):
        assert verdict in run.out


def test_the_hold_out_is_beside_other_hold_out_bounds_only(command: Command) -> None:
    words = ["--errors", 25, "--trials", 1000]
    assert "same counts" in command("bound", holdout_kl.name, *words).out
    assert "same counts" not in command("bound", clopper_pearson.name, *words).out
    run = command("bound", holdout_kl.name, *words, "--json")
    expected = clopper_pearson.formula(HoldoutErrors(errors=25, trials=1000), 0.05)
    assert strict(run.out)["holdout"]["raw"] == expected


def test_the_hold_out_beside_counts_the_rows_that_were_looked_at(
    command: Command,
) -> None:
    words = ["sample-compression-binomial", "--kept", 10, "--trials", 100]
    run = command("bound", *words, "--errors", 3, "--json")
    expected = clopper_pearson.formula(HoldoutErrors(errors=3, trials=90), 0.05)
    assert strict(run.out)["holdout"]["raw"] == expected
    words = ["progressive-kl", "--errors", 3, "--trials", 100, "--json"]
    assert strict(command("bound", *words).out)["holdout"] is None  # many nets
    words = ["pick-to-learn", "--picked", 3, "--trials", 10**15, "--json"]
    run = command("bound", *words)
    assert run.code == 0  # beyond what the binomial tail takes
    assert strict(run.out)["holdout"] is None


def test_a_vacuous_number_is_called_so(command: Command) -> None:
    run = command(*OCCAM[:2], "--errors", 60, "--trials", 100, "--bits", 5000)
    assert "at most 100.00 %" in run.out
    words = ["--errors", 60, "--trials", 100, "--bits", 5000]
    run = command("bound", "occam-hoeffding", *words)
    assert "Vacuous: the theorem's own number is 4.77" in run.out


@pytest.mark.parametrize(
    ("typed", "value"),
    [("60000", 60_000), ("60_000", 60_000), ("60,000", 60_000), ("6e4", 60_000)],
)
def test_counts_can_be_typed_in_several_ways(
    command: Command, typed: str, value: int
) -> None:
    run = command("bound", "holdout-kl", "--errors=0", "--trials", typed, "--json")
    assert strict(run.out)["evidence"]["trials"] == value


def test_numbers_can_be_percentages_and_come_from_a_file(
    command: Command, tmp_path: Path
) -> None:
    words = ["holdout-loss-hoeffding", "--variance", 0.01, "--trials", 100, "--json"]
    run = command("bound", *words, "--mean", "7%", "--delta", "1%")
    assert strict(run.out)["evidence"]["mean"] == 0.07
    assert strict(run.out)["delta"] == 0.01
    file = tmp_path / "losses.txt"
    file.write_text("0.5, 0.25\n1 0\n")
    run = command("bound", "holdout-betting", "--losses", f"@{file}", "--json")
    assert strict(run.out)["evidence"]["losses"] == [0.5, 0.25, 1.0, 0.0]


def test_json_goes_into_a_file_beside_the_words(
    command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "answer.json"
    run = command(*OCCAM, "--bits", 5000, "--json", file)
    assert "errs on at most" in run.out
    assert strict(file.read_text()) == strict(
        command(*OCCAM, "--bits", 5000, "--json").out
    )


def test_a_refusal_says_why_and_exits_with_1(command: Command) -> None:
    bound = next(b for b in ALL if b.name == "corenet-generalization")
    words = _facts.example_words(bound, but=("independent",))
    run = command("bound", bound.name, *words, "--no-independent")
    assert run.code == 1
    assert run.out.startswith("corenet-generalization: refused, ")
    assert "the net was trained on these rows" in " ".join(run.out.split())


COUNTS = ["holdout-binomial", "--errors", "1", "--trials", "10"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["occam-binomial", "--errors", "1"], "needs --trials and --bits too"),
        (["holdout-binomia"], "did you mean holdout-binomial"),
        (["occam"], "did you mean occam-"),
        (["zzz"], "there is no theorem 'zzz'; nonvacuous bound list"),
        ([""], "there is no theorem ''"),
        (["--errors", "3"], "needs the name of a theorem before --errors"),
        (["list", "more"], "bound list takes nothing else"),
        ([*COUNTS, "--bits", "4"], "does not take --bits 4; it takes --errors"),
        ([*COUNTS, "4"], "does not take 4"),
        ([*COUNTS, "--errors", "x"], "--errors: must be a whole number, got 'x'"),
        ([*COUNTS, "--errors", "1.5"], "must be a whole number, got '1.5'"),
        ([*COUNTS, "--errors", "nan"], "must be a whole number"),
        ([*COUNTS, "--errors", "11"], "errors must lie between 0 and trials (10)"),
        ([*COUNTS, "--errors=-1"], "errors must lie between"),
        ([*COUNTS, "--errors", "-1"], "errors must lie between"),
        ([*COUNTS, "--delta", "-5%"], "delta must lie strictly"),
        (["holdout-betting", "--losses", "-0.1,0.2"], "losses must lie in [0, 1]"),
        ([*COUNTS, "--trials", "1e300"], "must be below 2^63"),
        ([*COUNTS, "--trials", "1e999999999"], "is out of range"),
        ([*COUNTS, "--trials"], "--trials: expected one argument"),
        ([*COUNTS, "--delta", "0"], "delta must lie strictly"),
        ([*COUNTS, "--delta", "nan"], "--delta: must be a number"),
        ([*COUNTS, "--delta", "½"], "--delta: must be a number"),
        ([*COUNTS, "--json", "nowhere/x.json"], "there is no such folder"),
        (["holdout-betting", "--losses", "@nowhere"], "cannot read nowhere"),
        (["holdout-betting", "--losses", "0.1,x"], "must be a number, got 'x'"),
        (["holdout-betting", "--losses", ","], "at least 1"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    command: Command, words: list[str], says: str
) -> None:
    run = command("bound", *words)
    assert run.code == 2
    assert run.out == ""
    assert len(run.err.splitlines()) == 1
    assert run.err.startswith("nonvacuous: ")
    assert says in run.err


def test_no_torch_is_needed(command: Command) -> None:
    with mock.patch.dict(sys.modules, {"torch": None}):
        assert command("bound", *COUNTS).code == 0
        assert command("sample-size", "--errors", 1, "--target", 0.1).code == 0


def test_percentages_are_exact() -> None:
    assert _facts.rate("7%") == Fraction(7, 100)
    assert _facts.number("7%") == 0.07
    assert _facts.number("inf") == math.inf


@pytest.mark.parametrize("word", ["list", "--help"])
def test_a_reader_that_goes_away_hears_no_complaint(word: str) -> None:
    words = [sys.executable, "-m", "nonvacuous.cli", "bound", word]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 1


def test_a_default_of_zero_is_a_number(command: Command) -> None:
    said = " ".join(command("bound", "pac-bayes-kl", "--explain").out.split())
    assert "where it is exact. By default 0.0." in said
    said = " ".join(command("bound", "occam-binomial", "--explain").out.split())
    assert "of the net it returned. By default no." in said
