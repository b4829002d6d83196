"""What a theorem is: names, sources, certificates, refusals."""

import json
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.bounds import (
    ALL,
    About,
    Assumption,
    Bound,
    Certificate,
    Fidelity,
    Loss,
    Reference,
    Refusal,
    Verdict,
)
from nonvacuous.bounds._bound import ceiling
from nonvacuous.evidence import HoldoutErrors

exactly = settings(derandomize=True, max_examples=200, deadline=None)
ROOT = Path(__file__).parents[2]
KEYS = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "references.bib").read_text(), re.M))


def theorem(number: float, verdict: Verdict = Verdict.CHECKED) -> Bound[HoldoutErrors]:
    rule: Assumption[HoldoutErrors] = Assumption(
        name="rule", statement="it holds", judge=lambda seen: (verdict, "it does not")
    )
    made: Bound[HoldoutErrors] = Bound(
        name="constant",
        statement="R(h) \\le c",
        source=Reference(key="nobody1900", where="p. 1", fidelity=Fidelity.EXACT),
        assumptions=(rule,),
        about=About.ORIGINAL,
        formula=lambda seen, delta: number,
        example=SEEN,
    )
    return made


SEEN = HoldoutErrors(errors=1, trials=10)


def test_every_theorem_has_a_name_of_its_own() -> None:
    names = [bound.name for bound in ALL]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


@pytest.mark.parametrize("bound", ALL, ids=lambda bound: bound.name)
def test_every_theorem_says_what_it_is_and_where_it_is_from(bound: Bound[Any]) -> None:
    assert bound.source.key in KEYS
    assert bound.source.where
    assert r"\Pr" in bound.statement
    assert r"1 - \delta" in bound.statement
    assert bound.statement.count("{") == bound.statement.count("}")
    assert len({a.name for a in bound.assumptions}) == len(bound.assumptions) >= 2
    assert all(a.statement for a in bound.assumptions)


def test_a_key_of_the_references_is_used_once() -> None:
    text = (ROOT / "references.bib").read_text()
    assert len(re.findall(r"^@\w+\{", text, re.M)) == len(KEYS)


def test_a_recalled_locator_shows_as_unconfirmed() -> None:
    source = Reference(key="nobody1900", where="p. 1", fidelity=Fidelity.DERIVED)
    assert str(source) == "nobody1900, p. 1 (derived, locator unconfirmed)"
    assert str(replace(source, confirmed=True)) == "nobody1900, p. 1 (derived)"


def test_a_certificate_keeps_the_number_and_caps_the_bound() -> None:
    certificate = theorem(3.5).certify(SEEN, delta=0.05)
    assert isinstance(certificate, Certificate)
    assert (certificate.raw, certificate.upper) == (3.5, 1.0)
    assert certificate.assumptions == {"rule": Verdict.CHECKED}
    assert certificate.about is About.ORIGINAL
    other = theorem(0.5).certify(SEEN, delta=0.05, about=About.COMPRESSED)
    assert other.about is About.COMPRESSED  # type: ignore[union-attr]


def test_a_violated_assumption_yields_a_refusal_that_names_it() -> None:
    refusal = theorem(0.5, Verdict.VIOLATED).certify(SEEN, delta=0.05)
    assert isinstance(refusal, Refusal)
    assert str(refusal) == "constant: refused, rule: it does not"


def test_a_number_that_is_none_is_no_certificate() -> None:
    with pytest.raises(ArithmeticError, match="constant gave nan"):
        theorem(float("nan")).certify(SEEN, delta=0.05)


@pytest.mark.parametrize("delta", [0.0, 1.0, -0.1, 2.0, float("nan")])
@pytest.mark.parametrize("bound", ALL, ids=lambda bound: bound.name)
def test_a_delta_outside_the_unit_interval_is_refused(
    bound: Bound[Any], delta: float
) -> None:
    with pytest.raises(ValueError, match=r"^delta must lie strictly between 0 and 1"):
        bound.certify(SEEN, delta=delta)


def test_no_better_than_guessing_is_vacuous() -> None:
    nine, less = (theorem(x).certify(SEEN, delta=0.05) for x in (0.9, 0.899))
    assert isinstance(nine, Certificate)
    assert isinstance(less, Certificate)
    assert nine.vacuous(10)
    assert not less.vacuous(10)
    assert less.vacuous(2)


def test_a_certificate_prints_as_one_sentence_rounded_up() -> None:
    certificate = theorem(0.123401).certify(SEEN, delta=0.05)
    assert str(certificate) == (
        "Except with probability 0.05 over the sample, the original net errs on at"
        " most 12.35 % of unseen data (constant)."
    )


@pytest.mark.parametrize("delta", [0.05, 1e-9, 1 / 3, 0.0123456789, 0.99999])
def test_a_printed_probability_of_failure_is_never_too_small(delta: float) -> None:
    printed = str(theorem(0.5).certify(SEEN, delta=delta))
    failure = re.findall(r"probability (\S+) over", printed)[0]
    assert delta <= float(failure) <= 1.01 * delta


def test_a_printed_percentage_is_never_below_the_bound() -> None:
    printed = str(theorem(0.01).certify(SEEN, delta=0.05))
    percent = re.findall(r"at most (\S+) %", printed)[0]
    assert Fraction(percent) >= 100 * Fraction(0.01)


@exactly
@given(value=st.floats(0, 1), digits=st.integers(0, 12))
def test_ceiling_rounds_up_and_by_less_than_a_digit(value: float, digits: int) -> None:
    printed, exact = Fraction(ceiling(value, digits)), Fraction(value)
    assert exact <= printed < exact + Fraction(1, 10**digits)


def test_ceiling_keeps_what_is_exact() -> None:
    assert ceiling(0.125, 3) == "0.125"
    assert ceiling(0.125, 2) == "0.13"
    assert ceiling(0.0, 2) == "0.00"


def test_values_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        SEEN.errors = 0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        ALL[0].name = "other"  # type: ignore[misc]


def test_theorems_load_neither_torch_nor_plots_nor_compressors() -> None:
    code = (
        "import json, sys, nonvacuous.bounds;"
        "print(json.dumps([m for m in sys.modules if m.split('.')[0] in"
        " ('torch', 'matplotlib', 'sympy') or m.startswith('nonvacuous.')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    loaded = json.loads(done.stdout)
    assert not [m for m in loaded if not m.startswith("nonvacuous.")]
    assert not [m for m in loaded if m.startswith("nonvacuous.compression")]
    assert "nonvacuous.bounds.selection" in loaded


def test_a_certificate_about_a_loss_does_not_speak_of_errors() -> None:
    for bound in ALL:
        outcome = bound.certify(bound.example, delta=0.05)
        if isinstance(outcome, Certificate):
            assert ("errs on" in str(outcome)) == (bound.loss is Loss.ZERO_ONE)
