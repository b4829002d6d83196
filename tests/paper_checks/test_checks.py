"""Every paper check finds what is recorded for it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nonvacuous.bounds.pac_bayes import kl_inverse
from paper_checks import KEYS, Check, Truth, Verdict, checks

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.__name__)
def test_the_finding_is_the_recorded_one(check: Check) -> None:
    verdict = check()
    assert verdict.as_expected, f"{verdict.claim} {verdict.truth}: {verdict.evidence}"
    assert verdict.claim.endswith(".")
    assert verdict.evidence.endswith(".")


def test_checks_of_all_papers_are_those_of_each_in_order() -> None:
    assert checks() == tuple(c for key in KEYS for c in checks(key))
    assert len(checks()) == len(set(checks()))


@pytest.mark.parametrize("key", KEYS)
def test_checks_come_in_source_order(key: str) -> None:
    lines = [check.__code__.co_firstlineno for check in checks(key)]
    assert lines == sorted(lines)
    source = (ROOT / "paper_checks" / f"{key}.py").read_text()
    assert len(lines) == source.count("\ndef check_")


def test_every_paper_with_a_check_is_in_the_references() -> None:
    entries = (ROOT / "references.bib").read_text()
    files = {path.stem for path in (ROOT / "paper_checks").glob("[a-z]*.py")}
    assert files == set(KEYS)
    assert all(f"{{{key}," in entries for key in KEYS)


def test_an_unknown_key_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"langford2005tutorial, baykal.*'nobody'"):
        checks("nobody")


def test_a_wrong_finding_and_an_undecided_one_do_not_pass() -> None:
    right = Verdict(
        claim="One is one.", truth=Truth.TRUE, expected=Truth.TRUE, evidence="Seen."
    )
    assert right.as_expected
    assert not replace(right, truth=Truth.FALSE).as_expected
    unknown = replace(right, truth=Truth.UNKNOWN)
    assert not unknown.as_expected
    assert not replace(unknown, expected=Truth.UNKNOWN).as_expected


def test_a_check_fails_when_the_code_that_it_watches_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (check,) = (
        c for c in checks() if c.__name__ == "check_kl_inverse_is_sound_and_tight"
    )
    monkeypatch.setattr(
        "paper_checks.langford2005tutorial.kl_inverse",
        lambda q, c: kl_inverse(q, c) * (1 - 1e-9),
    )
    assert not check().as_expected


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
