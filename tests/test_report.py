"""A report as text."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nonvacuous
from nonvacuous._result import ErrorCount, Report, Row
from nonvacuous.bounds import Certificate, Refusal
from nonvacuous.bounds.holdout import clopper_pearson
from nonvacuous.evidence import HoldoutErrors, Origin
from nonvacuous.report import text

ORIGIN = Origin(source="somewhere", role="holdout", digest="0" * 64, rows=10**7)


def row_of(k: int, n: int, delta: float, origin: Origin | None = ORIGIN) -> Row:
    evidence = HoldoutErrors(errors=k, trials=n, origin=origin)
    certificate = clopper_pearson.certify(evidence, delta=delta)
    assert isinstance(certificate, Certificate)
    seen = ErrorCount(errors=k, trials=n, delta=delta)
    return Row(
        certificate=certificate,
        pipeline=None,
        label="the net as it is",
        classes=10,
        n=n,
        train_error=None,
        test_error=seen,
    )


def report_of(*rows: Row, delta: float = 0.05, **changed: Any) -> Report:
    data: Mapping[str, Any] = {
        "train": None,
        "test": {"rows": rows[0].n, "source": "somewhere", "promise": "i.i.d."},
        "classes": 10,
        "equal_contents": 0,
    }
    report = Report(
        net={"layers": [4, 3], "parameters": 15, "note": ""},
        data=data,
        delta=delta,
        seed=0,
        certificates=rows,
        refused=(),
        train_error=None,
        test_error=rows[0].test_error,
        versions={},
    )
    return replace(report, **changed)


def risks(out: str) -> list[str]:
    lines = [line for line in out.splitlines() if line.startswith("holdout-binomial")]
    return [line.removesuffix("vacuous").split()[-1] for line in map(str.strip, lines)]


def test_no_line_is_wider_than_100(digits_run: SimpleNamespace) -> None:
    for out in (digits_run.out, text(digits_run.report), str(digits_run.report)):
        assert max(map(len, out.splitlines())) <= 100


def test_the_command_prints_the_text_of_the_report(
    digits_run: SimpleNamespace,
) -> None:
    assert digits_run.out == text(digits_run.report)


def test_a_long_reason_is_wrapped_and_not_cut() -> None:
    reason = "because " + "of/a/very/long/path" * 12 + " there"
    refusal = Refusal(bound="some-bound", assumption="[iid]", reason=reason)
    out = text(report_of(row_of(3, 100, 0.05), refused=(refusal,)))
    assert max(map(len, out.splitlines())) <= 100
    assert "some-bound: [iid]: because" in out
    assert reason.replace(" ", "") in "".join(out.split())


def test_every_refusal_names_its_assumption(digits_run: SimpleNamespace) -> None:
    words = " ".join(digits_run.out.split())
    assert digits_run.json["refused"]
    for refusal in digits_run.json["refused"]:
        line = f": {refusal['assumption']}: {refusal['reason']}."
        assert line in words
        names = words.partition(line)[0].rpartition(". ")[2]
        assert refusal["bound"] in names


@pytest.mark.parametrize(
    ("k", "n", "delta"),
    [(0, 100, 0.05), (1, 3, 0.5), (14, 397, 0.05), (250, 10**4, 1e-9), (7, 7, 0.05)],
)
def test_a_printed_percentage_is_never_below_the_certificate(
    k: int, n: int, delta: float
) -> None:
    row = row_of(k, n, delta)
    (risk,) = risks(text(report_of(row, delta=delta)))
    exact = 100 * Fraction(row.certificate.upper)
    assert exact <= Fraction(risk) < exact + Fraction(1, 100)


def test_the_interval_is_rounded_outward() -> None:
    for k, n in ((0, 100), (14, 397), (333, 1000), (100, 100)):
        row = row_of(k, n, 0.05)
        out = " ".join(text(report_of(row)).split())
        low, high = out.split("interval [")[1].split("] %")[0].split(", ")
        assert row.test_error is not None
        exact = [100 * Fraction(end) for end in row.test_error.interval]
        assert exact[0] - Fraction(1, 100) < Fraction(low) <= exact[0]
        assert exact[1] <= Fraction(high) < exact[1] + Fraction(1, 100)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_narrow_terminal_cuts_no_number(width: int) -> None:
    rows = [replace(row_of(k, 397, 0.05), label=25 * "x ") for k in (14, 250)]
    found = risks(text(report_of(*rows), width))
    assert found == risks(text(report_of(*rows)))


def test_the_confidence_of_an_interval_is_not_rounded_up_to_certainty() -> None:
    out = text(report_of(row_of(14, 397, 1e-9), delta=1e-9))
    assert "100 % interval" not in out


def test_the_printed_delta_is_never_below_delta() -> None:
    delta = 0.0123456499
    out = " ".join(text(report_of(row_of(14, 397, delta), delta=delta)).split())
    said = out.split("wrong with probability at most ")[1].split(" ")[0]
    assert Fraction(said) >= Fraction(delta)


def test_an_assumption_vouched_in_one_row_is_not_printed_as_checked() -> None:
    vouched, checked = row_of(3, 100, 0.05, None), row_of(3, 100, 0.05)
    out = text(report_of(vouched, checked))
    assert "zero-one-loss (vouched)" in text(report_of(checked, vouched))
    assert "zero-one-loss (vouched)" in out


def test_a_promise_ends_in_one_full_stop() -> None:
    assert "i.i.d.." not in text(report_of(row_of(3, 100, 0.05)))


def test_vacuous_rows_say_so() -> None:
    out = text(report_of(row_of(99, 100, 0.05), row_of(1, 100, 0.05)))
    lines = [line for line in out.splitlines() if line.startswith("holdout-binomial")]
    assert ["vacuous" in line for line in lines] == [True, False]


def test_a_report_of_nothing_but_refusals_can_be_read() -> None:
    x, y = np.eye(3, dtype=np.float32), np.arange(3)
    net = nonvacuous.training.initial((3, 3), 0)
    out = str(nonvacuous.certify(net, (x, y), bounds=["holdout-kl"]))
    assert "Refused" in out
    assert "holdout-kl: unseen: no hold-out rows were given." in out
    assert "theorem" not in out.split("Refused")[0]
