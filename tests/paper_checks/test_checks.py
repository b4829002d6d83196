"""Every paper check finds what is recorded for it, and the ledger says so."""

import itertools
import subprocess
import sys
from dataclasses import replace
from functools import cache
from inspect import getsourcefile
from pathlib import Path

import pytest

from nonvacuous import bounds
from nonvacuous.report._ledger_page import ledger_page
from paper_checks import (
    KEYS,
    OWED,
    Check,
    Done,
    Kind,
    Truth,
    Verdict,
    Whose,
    checks,
    decide,
    key_of,
    run,
)

ROOT = Path(__file__).parents[2]
ALL = checks()
NAMES = {bound.name: bound for bound in bounds.ALL}
RIGHT = Verdict(
    claim="One is one.", truth=Truth.TRUE, evidence="Seen.", kind=Kind.LIMIT
)


@cache
def decided(check: Check) -> Done:
    return decide(check)


@pytest.mark.parametrize(
    "check", ALL, ids=lambda check: f"{key_of(check)}-{check.__name__}"
)
def test_the_finding_is_the_recorded_one(check: Check) -> None:
    verdict = decided(check).verdict
    assert verdict.as_expected, f"{verdict.claim} {verdict.truth}: {verdict.evidence}"
    assert all(
        text.endswith(".")
        for text in (verdict.claim, verdict.evidence, verdict.mended or ".")
    )
    assert set(verdict.of) <= set(NAMES)
    if verdict.without:
        carried = {a.name for name in verdict.of for a in NAMES[name].assumptions}
        assert verdict.without in carried


ASKED = {Kind.DERIVATION, Kind.FORMULA, Kind.LIMIT, Kind.TRIAL, Kind.ASSUMPTION}


@pytest.mark.parametrize("bound", bounds.ALL, ids=lambda bound: bound.name)
def test_every_theorem_has_every_kind_of_check_or_is_owed_some(
    bound: bounds.Bound,
) -> None:
    about = [decided(c).verdict for c in ALL]
    kinds = {verdict.kind for verdict in about if bound.name in verdict.of}
    checked = kinds >= ASKED and bound.source.key in KEYS
    assert checked == (bound.name not in OWED)


def test_the_ledger_is_not_stale() -> None:
    page = ledger_page([decided(check) for check in ALL])
    assert (ROOT / "paper_checks" / "README.md").read_text() == page, (
        "run: nonvacuous check --markdown paper_checks/README.md"
    )


def test_checks_of_all_papers_are_those_of_each_in_order() -> None:
    assert tuple(c for key in KEYS for c in checks(key)) == ALL
    assert len(ALL) == len(set(ALL))
    assert [key_of(c) for c in checks(KEYS[0])] == [KEYS[0]] * len(checks(KEYS[0]))


@pytest.mark.parametrize("key", KEYS)
def test_checks_come_in_source_order_and_none_is_left_out(key: str) -> None:
    base = ROOT / "paper_checks" / key
    files = [base.with_suffix(".py")] if not base.is_dir() else list(base.glob("*.py"))
    assert len(checks(key)) == sum(f.read_text().count("\ndef check_") for f in files)
    places = [(getsourcefile(c), c.__code__.co_firstlineno) for c in checks(key)]
    assert all(a[0] != b[0] or a[1] < b[1] for a, b in itertools.pairwise(places))


def test_every_paper_with_a_check_is_in_the_references() -> None:
    entries = (ROOT / "references.bib").read_text()
    there = {path.stem for path in (ROOT / "paper_checks").glob("[a-z]*")}
    assert there - {"README"} == set(KEYS)
    assert all(f"{{{key}," in entries for key in KEYS)


def test_an_unknown_key_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"baykal2019coresets, arora.*'nobody'"):
        checks("nobody")


def test_a_wrong_finding_and_an_undecided_one_do_not_pass() -> None:
    assert RIGHT.as_expected
    assert not replace(RIGHT, truth=Truth.FALSE).as_expected
    unknown = replace(RIGHT, truth=Truth.UNKNOWN)
    assert not unknown.as_expected
    assert not replace(unknown, expected=Truth.UNKNOWN, whose=Whose.PAPER).as_expected


def test_what_we_claim_cannot_be_recorded_as_false() -> None:
    with pytest.raises(ValueError, match="must be true"):
        replace(RIGHT, expected=Truth.FALSE)


def test_a_false_finding_is_mended() -> None:
    with pytest.raises(ValueError, match="mended"):
        replace(RIGHT, expected=Truth.FALSE, whose=Whose.PAPER, kind=Kind.FINDING)


def broken() -> Verdict:
    raise ArithmeticError("no number")


def test_a_check_that_breaks_is_undecided_and_says_why() -> None:
    verdict = decide(broken).verdict
    assert verdict.truth is Truth.UNKNOWN
    assert "no number" in verdict.evidence
    assert not verdict.as_expected


def test_two_processes_find_what_one_does() -> None:
    some = checks("campi2023compression")
    assert list(run(some, workers=2)) == list(run(some))


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = (
        "import sys, paper_checks;"
        "print(*{'sympy', 'mpmath', 'numpy', 'scipy', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == ""
