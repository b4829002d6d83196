"""The main job, on the bundled digits and on a toy."""

import base64
import json
import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import nonvacuous
from nonvacuous._certify import PLAN
from nonvacuous._job import CONTENDERS
from nonvacuous.bounds import About
from nonvacuous.bounds.holdout import binomial_tail_inverse
from nonvacuous.bounds.occam import log_budget
from nonvacuous.bounds.selection import share
from nonvacuous.compression import codes
from nonvacuous.data import Role, load, make_sample

HOLDOUT = ["holdout-binomial", "holdout-kl", "holdout-hoeffding"]
CODED = ("occam-binomial", "compress-then-evaluate")
QUICK = ["holdout-binomial"]


def naive_errors(net: nn.Module, x: Any, y: Any) -> int:
    """Argmax in float64 by torch; ties are errors."""
    rows = torch.as_tensor(np.array(x)).double().flatten(1)
    scores = net.double()(rows).detach().numpy()
    own = scores[np.arange(len(y)), y].copy()
    scores[np.arange(len(y)), y] = -np.inf
    return int((own <= scores.max(axis=1)).sum())


def tail_is_at_most(k: int, n: int, p: float, budget: Fraction) -> bool:
    """Pr[Bin(n, p) <= k] <= budget, in whole numbers."""
    top, bottom = p.as_integer_ratio()
    total = sum(
        math.comb(n, i) * top**i * (bottom - top) ** (n - i) for i in range(k + 1)
    )
    return total * budget.denominator <= budget.numerator * bottom**n


def coded_rows(run: SimpleNamespace) -> list[dict[str, Any]]:
    found = [row for row in run.json["certificates"] if row["bound"] in CODED]
    assert len(found) >= 8
    return found


# the report of the bundled net


def test_the_report_has_the_promised_keys(digits_run: SimpleNamespace) -> None:
    assert set(digits_run.json) == {
        "format",
        "net",
        "data",
        "delta",
        "seed",
        "train_error",
        "test_error",
        "certificates",
        "refused",
        "notes",
        "interrupted",
    }
    assert digits_run.json["format"] == "nonvacuous-report/1"
    assert digits_run.json["interrupted"] is False
    for name, trials in (("train_error", 1400), ("test_error", 397)):
        seen = digits_run.json[name]
        assert set(seen) == {"errors", "trials", "value", "interval"}
        assert seen["trials"] == trials
        assert seen["value"] == seen["errors"] / trials
        assert seen["interval"][0] <= seen["value"] <= seen["interval"][1]
    for refusal in digits_run.json["refused"]:
        assert set(refusal) == {"bound", "reason", "assumption"}


def test_a_certificate_has_the_promised_keys(digits_run: SimpleNamespace) -> None:
    promised = (
        "bound about upper raw delta vacuous source statement assumptions evidence"
        " terms versions pipeline n train_error test_error"
    )
    for row in digits_run.json["certificates"]:
        assert set(row) == {*promised.split(), "theorem"}
        assert row["about"] in set(About)
        assert 0 < row["upper"] <= 1
        assert isinstance(row["raw"], str) or math.isfinite(row["raw"])
        assert row["upper"] == min(1.0, float(row["raw"]))
        assert row["vacuous"] == (row["upper"] >= 1 - 1 / 10)
        assert row["delta"] == 0.05
        for assumption in row["assumptions"]:
            assert set(assumption) == {"name", "statement", "verdict"}
            assert assumption["verdict"] in ("checked", "vouched")


def test_every_theorem_of_the_plan_is_there_or_refused_by_name(
    digits_run: SimpleNamespace,
) -> None:
    rows = {row["bound"] for row in digits_run.json["certificates"]}
    refused = {r["bound"] for r in digits_run.json["refused"]}
    assert {bound.name for bound in PLAN} <= rows | refused
    assert {*HOLDOUT, *CODED, "best"} <= rows
    for refusal in digits_run.json["refused"]:
        assert refusal["assumption"]
        assert refusal["reason"]


def test_every_code_decodes_to_its_stated_length(digits_run: SimpleNamespace) -> None:
    for row in coded_rows(digits_run):
        data = base64.b64decode(row["evidence"]["code"], validate=True)
        _, bits = codes.decode_network(data)
        assert bits == row["evidence"]["bits"]
        assert len(data) == -(-bits // 8)
        # what follows changes nothing, so no length is hidden in the file's end
        again, same = codes.decode_network(data + b"\xff" * 64)
        assert same == bits
        assert codes.encode(again).data == data
        assert row["evidence"]["format"] == "nonvacuous-code/1"
        assert row["pipeline"]


def test_both_errors_of_a_row_are_those_of_the_decoded_net(
    digits_run: SimpleNamespace,
) -> None:
    digits = load("digits")
    assert digits.train is not None
    assert digits.test is not None
    for row in coded_rows(digits_run):
        net, _ = codes.decode(base64.b64decode(row["evidence"]["code"]))
        for name, sample in (("train", digits.train), ("test", digits.test)):
            seen = row[f"{name}_error"]
            assert seen["trials"] == len(sample)
            assert seen["errors"] == naive_errors(net, sample.x, sample.y)
        assert row["evidence"]["errors"] == row["train_error"]["errors"]
        assert row["evidence"]["trials"] == row["n"] == 1400
        assert row["evidence"]["origin"]["role"] == "train"
        assert row["evidence"]["origin"]["digest"] == digits.train.digest
        assert row["about"] == "compressed"


def test_coded_rows_follow_from_their_evidence(digits_run: SimpleNamespace) -> None:
    for row in coded_rows(digits_run):
        fact = row["evidence"]
        budget = log_budget(fact["bits"], 0.05)
        again = binomial_tail_inverse(fact["errors"], fact["trials"], budget)
        assert row["raw"] == again


def test_coded_rows_hold_in_whole_numbers_and_are_tight(
    digits_run: SimpleNamespace,
) -> None:
    rows = sorted(coded_rows(digits_run), key=lambda row: row["upper"])[:3]
    assert rows[0]["upper"] < 0.9
    for row in rows:
        k, n = row["evidence"]["errors"], row["evidence"]["trials"]
        budget = Fraction(0.05) / 2 ** row["evidence"]["bits"]
        assert tail_is_at_most(k, n, row["upper"], budget)
        assert not tail_is_at_most(k, n, row["upper"] * (1 - 1e-6), budget)


def test_holdout_rows_are_about_the_original_net(digits_run: SimpleNamespace) -> None:
    digits = load("digits")
    assert digits.test is not None
    rows = {r["bound"]: r for r in digits_run.json["certificates"][:-1]}
    errors = naive_errors(
        nonvacuous.nets.bundled().module(), digits.test.x, digits.test.y
    )
    for name in HOLDOUT:
        row = rows[name]
        assert row["about"] == "original"
        assert row["pipeline"] is None
        assert row["evidence"]["errors"] == row["test_error"]["errors"] == errors
        assert row["evidence"]["origin"]["role"] == "holdout"
        assert row["evidence"]["origin"]["digest"] == digits.test.digest
    exact = rows["holdout-binomial"]["upper"]
    assert tail_is_at_most(errors, 397, exact, Fraction(0.05))
    assert not tail_is_at_most(errors, 397, exact * (1 - 1e-9), Fraction(0.05))
    assert exact <= rows["holdout-kl"]["upper"] <= rows["holdout-hoeffding"]["upper"]


def test_best_is_last_and_charged_for_every_contender(
    digits_run: SimpleNamespace,
) -> None:
    *all_rows, best = digits_run.report.rows()
    assert best is digits_run.report.best
    assert all(row.name == "" for row in all_rows)
    events = len(CONTENDERS)
    each = share(0.05, events)
    assert Fraction(each) * events <= Fraction(0.05)
    rows = [row for row in all_rows if row.certificate.bound in CONTENDERS]
    charged = [
        row.certificate.bound.certify(row.certificate.evidence, delta=each).raw
        for row in rows
    ]
    assert best.certificate.raw == min(charged)
    assert best.certificate.raw > min(row.certificate.raw for row in all_rows)
    assert best.certificate.delta == 0.05
    assert best.certificate.terms["events charged"] == events
    chosen = rows[charged.index(min(charged))]
    assert best.certificate.evidence is chosen.certificate.evidence
    assert best.pipeline == chosen.pipeline
    assert digits_run.json["certificates"][-1]["bound"] == "best"
    assert digits_run.json["certificates"][-1]["theorem"] == (
        chosen.certificate.bound.name
    )


def test_every_row_counts_the_sample_that_its_theorem_allows(
    digits_run: SimpleNamespace,
) -> None:
    digits = load("digits")
    assert digits.train is not None
    assert digits.test is not None
    unseen = (*HOLDOUT, "representation-margin")
    seen = {True: 0, False: 0}
    for row in digits_run.report.rows():
        fact = row.certificate.evidence
        held = row.certificate.bound.name in unseen
        sample = digits.test if held else digits.train
        assert fact.origin.digest == sample.digest, row.certificate.bound.name
        assert fact.origin.role == ("holdout" if held else "train")
        assert fact.trials == row.n == len(sample)
        assert getattr(fact, "prior", None) is None  # no rows shaped a prior
        seen[held] += 1
    assert seen[True] >= 4
    assert seen[False] >= 25


def test_the_training_sample_says_more_than_guessing(
    digits_run: SimpleNamespace,
) -> None:
    least = min(r["upper"] for r in coded_rows(digits_run) if r["n"] == 1400)
    assert least < 0.8


def test_json_reads_back_as_the_dictionary(digits_run: SimpleNamespace) -> None:
    text = digits_run.report.to_json()
    assert json.loads(text) == json.loads(json.dumps(digits_run.report.to_dict()))
    for word in ("NaN", "Infinity"):
        assert f" {word}" not in text
    assert digits_run.report.rows() == digits_run.report.certificates


def test_samples_are_named_by_digest_and_promise(digits_run: SimpleNamespace) -> None:
    digits = load("digits")
    for name, sample in (("train", digits.train), ("test", digits.test)):
        assert sample is not None
        found = digits_run.json["data"][name]
        assert found["digest"] == sample.digest
        assert found["rows"] == len(sample)
        assert found["role"] == str(sample.role)
    assert digits_run.json["data"]["equal_contents"] == 0
    assert (
        "0 of 397 test rows have the contents of a training row."
        in (digits_run.json["notes"])
    )
    assert digits_run.json["net"]["layers"] == [64, 64, 32, 10]
    assert digits_run.json["net"]["parameters"] == 6570


# refusals and choices


def test_without_a_holdout_its_theorems_are_refused(toy: SimpleNamespace) -> None:
    names = [*HOLDOUT, "corenet-generalization"]
    report = nonvacuous.certify(toy.net, toy.train, bounds=names)
    assert [r.bound for r in report.refused] == names
    assert {r.assumption for r in report.refused} == {
        "unseen",
        "rows-kept-from-training",
    }
    assert report.certificates == ()
    assert report.best is None
    assert report.test_error is None
    assert report.train_error is not None


def test_without_training_rows_coded_theorems_are_refused(toy: SimpleNamespace) -> None:
    report = nonvacuous.certify(toy.net, test=toy.test, bounds=[*CODED, *QUICK])
    assert [r.bound for r in report.refused] == list(CODED)
    assert all("no training rows" in r.reason for r in report.refused)
    assert [row.name or row.certificate.bound.name for row in report.rows()] == [
        "holdout-binomial",
        "best",
    ]
    assert report.train_error is None


def test_training_rows_never_serve_as_a_holdout(toy: SimpleNamespace) -> None:
    report = nonvacuous.certify(toy.net, train=toy.train, bounds=HOLDOUT)
    assert not report.rows()
    sample = make_sample(*toy.train, role=Role.TRAIN)
    with pytest.raises(ValueError, match="test must have the role holdout"):
        nonvacuous.certify(toy.net, test=sample)


def test_only_the_chosen_theorems_are_applied_and_charged(
    toy: SimpleNamespace,
) -> None:
    for names in (QUICK, HOLDOUT, list(reversed(HOLDOUT))):
        report = nonvacuous.certify(toy.net, test=toy.test, bounds=iter(names))
        found = [row.certificate.bound.name for row in report.rows()[:-1]]
        assert found == [n for n in HOLDOUT if n in names]
        assert report.best is not None
        # the binomial is never above the other two, so it alone can win
        assert report.best.certificate.terms["events charged"] == 1
    loose = nonvacuous.certify(toy.net, test=toy.test, bounds=HOLDOUT[1:])
    assert loose.best is not None
    assert loose.best.certificate.terms["events charged"] == 2
    alone = nonvacuous.certify(toy.net, test=toy.test, bounds=QUICK)
    assert alone.best is not None
    assert alone.best.certificate.raw == alone.rows()[0].certificate.raw


@pytest.mark.parametrize("names", [["best"], ["occam"], [""], "holdout-kl", [], [3]])
def test_unknown_theorems_are_refused(toy: SimpleNamespace, names: Any) -> None:
    with pytest.raises(ValueError, match="bounds must"):
        nonvacuous.certify(toy.net, test=toy.test, bounds=names)


@pytest.mark.parametrize("delta", [0, 1, -1, 2, math.nan, math.inf])
def test_delta_outside_the_open_interval_is_refused(
    toy: SimpleNamespace, delta: float
) -> None:
    with pytest.raises(ValueError, match="delta must lie strictly between 0 and 1"):
        nonvacuous.certify(toy.net, test=toy.test, delta=delta)


def test_no_data_at_all_is_refused(toy: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="needs train or test"):
        nonvacuous.certify(toy.net)


def test_labels_beyond_the_outputs_are_refused(toy: SimpleNamespace) -> None:
    x, y = toy.test
    with pytest.raises(ValueError, match="3 outputs, the data have 4 classes"):
        nonvacuous.certify(toy.net, test=(x, np.where(y == 2, 3, y)))


def test_rows_of_another_width_are_refused(toy: SimpleNamespace) -> None:
    x, y = toy.test
    with pytest.raises(ValueError, match=r"takes 6 inputs, the data have 5"):
        nonvacuous.certify(toy.net, test=(x[:, :5], y))


@pytest.mark.parametrize("seed", [1.5, "a"])
def test_a_seed_that_is_no_integer_is_refused(toy: SimpleNamespace, seed: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="seed must"):
        nonvacuous.certify(toy.net, toy.train, seed=seed, bounds=["occam-binomial"])


# overlap


def test_a_holdout_inside_the_training_sample_is_refused(toy: SimpleNamespace) -> None:
    x, y = toy.train
    with pytest.raises(ValueError, match="holdout must be unseen"):
        nonvacuous.certify(toy.net, toy.train, (x[:50].astype(float), y[:50]))


def test_the_same_rows_in_both_roles_are_refused(toy: SimpleNamespace) -> None:
    sample = make_sample(*toy.train, role=Role.TRAIN, source="table")
    same = sample.take([3], role=Role.HOLDOUT)
    with pytest.raises(ValueError, match="share no row with train"):
        nonvacuous.certify(toy.net, sample, same)


def test_a_few_equal_rows_are_counted_noted_and_refused_on_request(
    toy: SimpleNamespace,
) -> None:
    x, y = (
        np.concatenate([b, a[:3]]) for a, b in zip(toy.train, toy.test, strict=True)
    )
    report = nonvacuous.certify(toy.net, toy.train, (x, y), bounds=QUICK)
    assert report.data["equal_contents"] == 3
    assert "3 of 203 test rows have the contents of a training row." in report.notes
    with pytest.raises(ValueError, match="3 of its 203 rows have equal contents"):
        nonvacuous.certify(
            toy.net, toy.train, (x, y), bounds=QUICK, refuse_duplicates=True
        )


# the net


@pytest.fixture(scope="module")
def twice(toy: SimpleNamespace) -> SimpleNamespace:
    """One module of the caller's, in training mode, certified twice with one seed."""
    linears = list(toy.net.module().requires_grad_(True))
    module = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), *linears).train()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    state = torch.random.get_rng_state()
    reports = [
        nonvacuous.certify(
            module,
            toy.train,
            toy.test,
            bounds=["occam-binomial", "holdout-kl"],
            seed=5,
        )
        for _ in range(2)
    ]
    return SimpleNamespace(module=module, before=before, state=state, reports=reports)


def test_the_callers_module_comes_back_as_it_was(twice: SimpleNamespace) -> None:
    assert len(twice.reports[0].rows()) > 4
    assert all(part.training for part in twice.module.modules())
    after = twice.module.state_dict()
    assert all((twice.before[k] == after[k]).all() for k in after)
    assert all(p.grad is None and p.requires_grad for p in twice.module.parameters())


def test_the_callers_random_numbers_are_not_drawn(twice: SimpleNamespace) -> None:
    assert (torch.random.get_rng_state() == twice.state).all()


def test_the_same_seed_gives_the_same_json(twice: SimpleNamespace) -> None:
    first, second = (report.to_json() for report in twice.reports)
    assert first == second
    assert json.loads(first)["seed"] == 5
    assert "tuned" in str(twice.reports[0])


def test_a_module_a_file_and_a_network_give_the_same_counts(
    toy: SimpleNamespace, tmp_path: Any
) -> None:
    path = tmp_path / "net.safetensors"
    nonvacuous.nets.save(toy.net, path)
    state = tmp_path / "net.pt"
    torch.save(toy.net.module().state_dict(), state)
    reports = [
        nonvacuous.certify(net, toy.train, toy.test, bounds=QUICK)
        for net in (toy.net, toy.net.module(), path, str(path), state)
    ]
    assert len({r.train_error for r in reports}) == 1
    assert len({r.rows()[0].certificate.raw for r in reports}) == 1
    assert "in the order of its keys" in reports[-1].notes[0]


def test_normalization_belongs_to_the_net(toy: SimpleNamespace) -> None:
    x, y = toy.test
    raw = nonvacuous.certify(toy.net, test=(x, y), bounds=QUICK)
    moved = (x.astype(float) * 4 + 0.25, y)
    folded = nonvacuous.certify(
        toy.net, test=moved, bounds=QUICK, normalize=(0.25, 4.0)
    )
    assert folded.test_error == raw.test_error
    assert "(x - 0.25) / 4 folded into the first layer" in folded.notes[0]
    without = nonvacuous.certify(toy.net, test=moved, bounds=QUICK)
    assert without.test_error != raw.test_error


@pytest.mark.parametrize("pair", [(0, 0), (0, -1), (math.nan, 1), (0, math.inf)])
def test_impossible_normalization_is_refused(
    toy: SimpleNamespace, pair: tuple[float, float]
) -> None:
    with pytest.raises(ValueError, match="normalize must be"):
        nonvacuous.certify(toy.net, test=toy.test, normalize=pair)


def test_every_form_of_the_data_gives_the_same_counts(toy: SimpleNamespace) -> None:
    x, y = toy.test
    tensors = torch.tensor(x), torch.tensor(y)
    data = TensorDataset(*tensors)
    forms = [(x, y), (x.astype(float), y), tensors, data, DataLoader(data, 64)]
    found = {
        nonvacuous.certify(toy.net, test=form, bounds=QUICK).test_error
        for form in forms
    }
    assert len(found) == 1
    assert found.pop().errors == naive_errors(toy.net.module(), x, y)


def test_a_net_no_better_than_guessing_is_told_about_normalization(
    toy: SimpleNamespace,
) -> None:
    x, y = toy.train
    wrong = (y + 1) % 3
    report = nonvacuous.certify(toy.net, (x, wrong), bounds=QUICK)
    assert any("train error is no better than guessing" in n for n in report.notes)
    assert any("--normalize" in note for note in report.notes)
    good = nonvacuous.certify(toy.net, toy.train, bounds=QUICK)
    assert not any("guessing" in note for note in good.notes)


def test_spare_outputs_do_not_make_guessing_worse() -> None:
    draw = np.random.default_rng(2)
    x, y = draw.normal(size=(400, 3)), draw.integers(0, 2, 400)
    net = nonvacuous.training.initial((3, 4, 10), 0)
    bias = np.zeros(10)
    bias[0] = 1e6  # says 0 whatever it sees
    blind = nonvacuous.nets.Network(
        layers=(
            net.layers[0],
            nonvacuous.nets.Layer(weight=net.layers[1].weight.copy(), bias=bias),
        )
    )
    report = nonvacuous.certify(blind, test=(x, y), bounds=QUICK)
    assert 0.4 < report.rows()[0].certificate.upper < 0.7
    assert report.rows()[0].vacuous == (report.rows()[0].certificate.upper >= 0.5)


# watching and interrupting


def test_progress_rises_from_nothing_to_all(toy: SimpleNamespace) -> None:
    said: list[tuple[float, str]] = []
    nonvacuous.certify(
        toy.net,
        toy.train,
        toy.test,
        bounds=[*HOLDOUT, "compress-then-evaluate"],
        progress=lambda fraction, phrase: said.append((fraction, phrase)),
    )
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(set(fractions))
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert all(phrase for _, phrase in said)
    assert len(said) >= 6


def interrupted_at(calls: int, toy: SimpleNamespace) -> nonvacuous.Report:
    left = [calls]

    def progress(fraction: float, phrase: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    return nonvacuous.certify(
        toy.net,
        toy.train,
        toy.test,
        bounds=[*HOLDOUT, "occam-binomial"],
        progress=progress,
    )


@pytest.mark.parametrize("done", [1, 2])
def test_an_interrupt_keeps_what_was_done(toy: SimpleNamespace, done: int) -> None:
    report = interrupted_at(done + 2, toy)
    *rows, best = report.rows()
    assert report.interrupted
    assert [row.certificate.bound.name for row in rows] == HOLDOUT[:done]
    # charged for what might have come, not for what came
    assert best.certificate.terms["events charged"] == 2
    assert report.best is best
    assert f"interrupted with {done} certificates" in report.refused[-1].reason
    assert json.loads(report.to_json())["interrupted"] is True
    assert "interrupted" in str(report)


def test_an_interrupt_before_anything_leaves_an_empty_report(
    toy: SimpleNamespace,
) -> None:
    report = interrupted_at(1, toy)
    assert report.interrupted
    assert report.rows() == ()
    assert report.best is None
    assert report.train_error is None
    assert "interrupted" in str(report)
    assert json.loads(report.to_json())["certificates"] == []


def test_an_interrupt_at_the_very_end_loses_nothing(toy: SimpleNamespace) -> None:
    try:
        report = interrupted_at(len(HOLDOUT) + 2, toy)
    except KeyboardInterrupt:  # which would end the whole test run
        pytest.fail("the report is lost")
    assert len(report.rows()) == len(HOLDOUT) + 1


# tiny samples


def test_one_row_is_a_sample_too(toy: SimpleNamespace) -> None:
    x, y = toy.test
    report = nonvacuous.certify(toy.net, (x[-1:], y[-1:]), (x[:1], y[:1]))
    names = {row.certificate.bound.name for row in report.rows()}
    assert {*HOLDOUT, *CODED} <= names
    assert any(r.bound == "corenet-generalization" for r in report.refused)
    for row in report.rows():
        assert 0 < row.certificate.upper <= 1
        assert row.vacuous
    assert any("|S|" in r.reason for r in report.refused)


def test_a_net_of_zeros_ties_and_so_errs_everywhere(toy: SimpleNamespace) -> None:
    zeros = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3))
    with torch.no_grad():
        for parameter in zeros.parameters():
            parameter.zero_()
    report = nonvacuous.certify(zeros, toy.train, toy.test)
    assert report.test_error is not None
    assert report.test_error.value == 1.0
    assert all(row.vacuous for row in report.rows())
    still = (About.ORIGINAL, About.COMPRESSED)  # a stochastic net learns from zero
    rows = [row for row in report.rows() if row.certificate.about in still]
    assert len(rows) >= 5
    assert all(row.certificate.upper == 1.0 for row in rows)
