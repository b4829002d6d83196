"""``nonvacuous audit``: what it measures, judges, writes and refuses."""

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import nonvacuous
from nonvacuous._audit import Audit, Standing
from nonvacuous._audit._findings import leaning
from nonvacuous._audit._reality import _guaranteed
from nonvacuous.compression import CoreNet, Rows
from nonvacuous.compression._statistics import measure, support_rows
from nonvacuous.compression.sensitivity import sign_complexity
from nonvacuous.data import Role, load, make_sample
from nonvacuous.fits import cushion_fit
from nonvacuous.fits._coreset import tail_count
from nonvacuous.nets import Layer, Network, bundled, save
from nonvacuous.report._audit import render_audit
from nonvacuous.report._audit_plots import draw_audit

Command = Callable[..., SimpleNamespace]

DIGITS = load("digits")
QUICK = ["audit", "net.safetensors", "--data", "digits", "--quiet", "--draws", "3"]


def audited(net: Any = None, **changed: Any) -> Audit:
    given = {"train": DIGITS.train, "test": DIGITS.test, "draws": 3, "keeps": (0.5,)}
    return nonvacuous.audit(net or bundled(), **{**given, **changed})


def printed(audit: Audit) -> str:
    file = io.StringIO()
    Console(file=file, width=100, color_system=None).print(render_audit(audit))
    return file.getvalue()


@pytest.fixture(scope="module")
def digits() -> Audit:
    """The bundled net on the bundled digits."""
    return audited()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the bundled net."""
    monkeypatch.chdir(tmp_path)
    save(bundled(), "net.safetensors")
    return tmp_path


# The whole ----------------------------------------------------------------------------


def test_every_assumption_gets_a_verdict_and_somebody_who_leans_on_it(
    digits: Audit,
) -> None:
    verdicts = {f.name: f.verdict for f in digits.findings}
    assert verdicts == {
        "rows-kept-from-training": Standing.UNKNOWN,
        "support-size": Standing.HOLDS,
        "sensitivity-cdf": Standing.FAILS,
        "sub-exponential-delta": Standing.FAILS,
        "nonnegative-activations": Standing.HOLDS,
        "finite-delta": Standing.UNKNOWN,
        "float64-resolves-epsilon": Standing.HOLDS,
        "cushions-positive": Standing.HOLDS,
        "interlayer-smoothness": digits["interlayer-smoothness"].verdict,
        "domain-radius": Standing.HOLDS,
    }
    assert all(f.theorems and f.sentence for f in digits.findings)
    assert leaning("interlayer-smoothness") == ("arora-network",)
    with pytest.raises(KeyError):
        digits["no-such-assumption"]


def test_the_numbers_are_those_of_a_second_measurement(digits: Audit) -> None:
    found, net, test = digits.corenet, bundled(), DIGITS.test
    assert found is not None
    assert test is not None
    chosen = support_rows(net, Rows.of(test), 0.05, 0)
    x = test.x.reshape(len(test), -1)
    stats = measure(net, x[chosen], 0.05)
    a = np.delete(x, chosen, axis=0).astype(float)
    assert found.support == len(chosen)
    for i, (here, one) in enumerate(zip(found.layers, net.layers, strict=True)):
        delta = sign_complexity(one.weight, one.bias, a)
        assert here.tail.delta_hat == stats.delta_hats[i]
        assert here.tail.exceed.count == (delta.max(axis=1) > stats.delta_hats[i]).sum()
        assert here.tail.promised == pytest.approx(0.05 / (4 * 106))
        assert here.tail.order == tail_count(len(a), 0.05)
        a = np.maximum(a @ one.weight.T + one.bias, 0)
        if i < 2:
            assert here.dead <= here.dead_on_support
    fit = cushion_fit(net, DIGITS.train, delta=0.025, seed=0)
    assert digits.arora.smoothness == fit.smoothness
    assert digits.arora.onward_rows[-1] is None
    holds = fit.smoothness >= digits.arora.needed
    expected = Standing.HOLDS if holds else Standing.FAILS
    assert digits["interlayer-smoothness"].verdict is expected


def test_what_draws_guarantee_is_the_theorem_read_backwards() -> None:
    net, test = bundled(), DIGITS.test
    assert test is not None
    stats = measure(net, test.x.reshape(len(test), -1)[:150], 0.05)
    epsilon = 0.25
    theory = CoreNet(rows=Rows.of(test), epsilon=epsilon)
    asked = [theory.asked(stats, one, i) for i, one in enumerate(net.layers)]
    # the theorem's m is rounded up and its 8 is loose, so a little less is guaranteed
    found = _guaranteed(stats, asked, 0.05)
    assert epsilon / 3 < found <= epsilon
    assert _guaranteed(stats, [np.zeros_like(m) for m in asked], 0.05) == 0.0
    fewer = [m / 4 for m in asked]
    assert _guaranteed(stats, fewer, 0.05) == pytest.approx(2 * found, rel=0.01)


def test_a_whole_budget_changes_little_and_a_small_one_much() -> None:
    found = audited(keeps=(0.1, 0.5), epsilons=(0.5, 0.25), draws=4).corenet
    assert found is not None
    low, high, *theory = found.comparisons
    assert low.kept < 0.2 < high.kept < 0.6
    assert low.median > high.median > theory[0].median
    assert low.guaranteed > high.guaranteed > 1
    assert low.promised == high.promised == 1.0
    assert [c.judged for c in theory] == [0.5, 0.25]
    assert all(c.promised == 0.05 for c in theory)
    # no edge goes that was active on S, so all that is past 0 is past any guarantee
    assert all(c.guaranteed == 0.0 for c in theory)
    assert all(c.failed <= c.exceeded <= 1 for c in theory)
    assert low.exceeded == high.exceeded == 0.0
    for c in found.comparisons:
        low_end, high_end = c.failed_range
        assert low_end - 1e-12 <= c.failed <= high_end + 1e-12
        assert c.rows == found.rows - found.support


def test_rows_that_the_net_was_trained_on_are_no_held_out_rows() -> None:
    found = audited(test=None)
    assert found["rows-kept-from-training"].verdict is Standing.FAILS
    assert found.data["role"] == "train"
    suggested = audited(train=None)["interlayer-smoothness"]
    assert suggested.verdict is Standing.UNKNOWN


def test_with_too_few_rows_for_s_only_the_rest_is_audited() -> None:
    assert DIGITS.test is not None
    found = audited(test=DIGITS.test.take(slice(0, 100)))
    assert found.corenet is None
    assert found["support-size"].verdict is Standing.FAILS
    assert "sensitivity-cdf" not in {f.name for f in found.findings}
    assert found["domain-radius"].verdict is Standing.HOLDS
    assert "CoreNet's theorem, layer" not in printed(found)
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_audit(found, "png")


def test_a_net_in_which_nothing_cancels_keeps_to_a2() -> None:
    net = Network(
        layers=tuple(
            Layer(weight=np.abs(one.weight), bias=np.abs(one.bias))
            for one in bundled().layers
        )
    )
    found = audited(net)
    assert found["sub-exponential-delta"].verdict is Standing.HOLDS
    assert found["finite-delta"].verdict is Standing.HOLDS
    # nor is that claimed where inputs may be negative
    assert DIGITS.test is not None
    bare = dataclasses.replace(DIGITS.test, domain=None)
    other = audited(net, train=None, test=bare)
    assert other["sub-exponential-delta"].verdict is Standing.UNKNOWN
    assert other["nonnegative-activations"].verdict is Standing.UNKNOWN
    assert other["domain-radius"].verdict is Standing.UNKNOWN


def test_inputs_of_both_signs_halve_delta_and_count_edges_by_part() -> None:
    assert DIGITS.test is not None
    shifted = make_sample(DIGITS.test.x - 0.5, DIGITS.test.y, role=Role.HOLDOUT)
    found = audited(train=None, test=shifted)
    assert found["nonnegative-activations"].verdict is Standing.FAILS
    assert found.corenet is not None
    assert found.corenet.signed
    assert found.corenet.layers[0].edges.live > 64 * 64
    assert found.corenet.layers[0].tail.promised == pytest.approx(0.025 / (4 * 106))


def test_a_seed_decides_everything() -> None:
    one, same, other = (audited(seed=s).to_json() for s in (1, 1, 2))
    assert one == same != other


# What is written, and what is refused -------------------------------------------------


def test_json_says_what_the_value_says(digits: Audit) -> None:
    text = digits.to_json()
    found = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert found["format"] == "nonvacuous-audit/1"
    assert found == json.loads(json.dumps(digits.to_dict()))
    assert digits.corenet is not None
    tail = found["corenet"]["layers"][0]["tail"]
    assert tail["index"] == digits.corenet.layers[0].tail.index
    assert tail["exceed"]["count"] == digits.corenet.layers[0].tail.exceed.count
    verdicts = {f["name"]: f["verdict"] for f in found["findings"]}
    assert verdicts["sub-exponential-delta"] == "fails"
    assert verdicts["finite-delta"] == "cannot be known"


def test_the_report_names_every_assumption_and_stays_within_its_width(
    digits: Audit,
) -> None:
    text = printed(digits)
    for finding in digits.findings:
        assert finding.name in text
        assert str(finding.verdict) in text
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text


def test_the_command_writes_json_and_a_picture(here: Path, command: Command) -> None:
    run = command(*QUICK, "--json", "a.json", "--plot", "a.png", "--keep", "0.3")
    assert run.code == 0, run.err
    assert run.err == ""
    assert "sub-exponential-delta" in run.out
    assert json.loads(Path("a.json").read_text())["seed"] == 0
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    assert {p.name for p in here.iterdir()} == {"net.safetensors", "a.json", "a.png"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--keep", "0"], "keep must lie in (0, 1], got 0.0"),
        (["--keep", "half"], "--keep must be numbers with commas between them"),
        (["--epsilon", "1"], "epsilon must lie in (0, 1), got 1.0"),
        (["--epsilon", ""], "epsilons must name at least one error"),
        (["--keep", "nan"], "keep must lie in (0, 1], got nan"),
        (["--draws", "0"], "draws must be at least 1, got 0"),
        (["--delta", "0"], "delta must lie strictly between 0 and 1"),
        (["--seed", "-1"], "seed must be an integer in [0, 2^31)"),
        (["--plot", "a.txt"], "--plot must end in .png, .svg or .pdf, got a.txt"),
        (["--json", "no/a.json"], "there is no such folder"),
        (["--data", "no-such-data"], "name must be 'digits'"),
        (["--data", "mine.npz"], "the net takes 64 inputs, the data have 5 features"),
    ],
)
def test_wrong_input_gets_one_sentence(
    here: Path, command: Command, words: list[str], said: str
) -> None:
    x, y = np.ones((9, 5), np.float32), np.arange(9)
    np.savez("mine.npz", x_train=x, y_train=y, x_test=x + 1, y_test=y)
    before = {p.name for p in here.iterdir()}
    run = command(*QUICK, *words)
    assert run.code == 2
    assert run.err.startswith("nonvacuous: ")
    assert said in run.err
    assert run.err.count("\n") == 1
    assert run.out == ""
    assert {p.name for p in here.iterdir()} == before


def test_audit_needs_rows() -> None:
    with pytest.raises(ValueError, match="audit needs train or test, got neither"):
        audited(train=None, test=None)
