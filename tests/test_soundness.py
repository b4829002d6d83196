"""Is what certify says true?  Worlds whose risk is known exactly."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import nonvacuous
from nonvacuous._job._stochastic import gaussian
from nonvacuous._result import Row
from nonvacuous.bounds import About
from nonvacuous.bounds.holdout import interval
from nonvacuous.compression import codes
from nonvacuous.compression._tolerance import outputs_of
from nonvacuous.data import Role, load, make_sample
from nonvacuous.evidence import CodedFit, CushionFit
from nonvacuous.fits import cushion_net
from nonvacuous.measures import homogeneous_rows
from nonvacuous.nets import Network, read
from nonvacuous.stochastic import errors_of_fresh_draws
from nonvacuous.training import Recipe, fine_tune, initial

CODED = ("occam-binomial", "compress-then-evaluate")
DRAWS = (About.STOCHASTIC, About.VOTE)
LOOSER = (
    "occam-kl",
    "occam-hoeffding",
    "occam-catoni-grid",
    "universal-binomial",
    "universal-catoni-grid",
)
FEATURES = 16
DOMAIN = np.array(
    np.unravel_index(np.arange(2**FEATURES), (2,) * FEATURES), np.float32
).T
FLIPPED = 0.06


def wrong(net: nn.Module, x: NDArray[Any], y: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows that the net gets wrong in float64 by torch; ties are errors."""
    with torch.no_grad():
        scores = net.double()(torch.tensor(x, dtype=torch.float64).flatten(1)).numpy()
    own = scores[np.arange(len(y)), y].copy()
    scores[np.arange(len(y)), y] = -np.inf
    return np.asarray(own <= scores.max(axis=1))


class Embedded(nn.Module):
    """A net whose matrices hold the biases of another, fed with that one's rows."""

    def __init__(self, original: Network, matrices: Network) -> None:
        super().__init__()
        self.original = original
        self.net = matrices.module()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = homogeneous_rows(self.original, x.numpy())
        return self.net(torch.tensor(rows))  # type: ignore[no-any-return]


def subject(row: Row, original: Network, seed: int = 0) -> nn.Module:
    """The very net that a certificate is about."""
    fact = row.certificate.evidence
    if row.certificate.about == "original":
        return original.module()
    if isinstance(fact, CushionFit):
        return Embedded(original, cushion_net(original, fact, seed=seed))
    module, bits = codes.decode(fact.code)
    assert bits == fact.bits
    return module  # type: ignore[no-any-return]


# a finite world: 2^16 inputs of known probabilities, a teacher with known noise


class World:
    """Inputs of unequal probability, labelled by three of their bits, some flipped."""

    def __init__(self, seed: int) -> None:
        self.draw = np.random.default_rng(seed)
        weights = self.draw.exponential(size=len(DOMAIN))
        self.chances = weights / weights.sum()
        self.teacher = (DOMAIN[:, :3].sum(axis=1) >= 2).astype(np.int64)

    def sample(self, rows: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        chosen = self.draw.choice(len(DOMAIN), rows, p=self.chances)
        flips = self.draw.random(rows) < FLIPPED
        return DOMAIN[chosen], self.teacher[chosen] ^ flips

    def risk(self, net: nn.Module) -> float:
        clean = wrong(net, DOMAIN, self.teacher)
        noisy = wrong(net, DOMAIN, 1 - self.teacher)
        each = self.chances * ((1 - FLIPPED) * clean + FLIPPED * noisy)
        return math.fsum(each.tolist())


@pytest.fixture(scope="module", params=[(0, 8), (1, 6), (2, 6)], ids="{0[0]}".format)
def certified(request: pytest.FixtureRequest) -> SimpleNamespace:
    seed, hidden = request.param
    world = World(seed)
    train, test = world.sample(1600), world.sample(300)
    recipe = Recipe(steps=400, rate=5e-3, batch=64, seed=seed)
    start = initial((FEATURES, hidden, 2), seed)
    net = fine_tune(start, *train, recipe, keep_zeros=False)
    report = nonvacuous.certify(net, train, test, seed=seed)
    return SimpleNamespace(world=world, net=net, report=report, seed=seed, train=train)


def test_no_certificate_is_below_the_exact_risk(certified: SimpleNamespace) -> None:
    rows = [r for r in certified.report.rows() if r.certificate.about not in DRAWS]
    assert len(rows) > 20
    for row in rows:
        risk = certified.world.risk(subject(row, certified.net, certified.seed))
        assert FLIPPED * (1 - 1e-9) <= risk <= 1  # nobody beats the noise
        assert row.certificate.upper >= risk, (row.certificate.bound.name, row.label)


def test_no_certificate_of_draws_is_below_their_risk(
    certified: SimpleNamespace,
) -> None:
    rows = [r for r in certified.report.rows() if r.certificate.about in DRAWS]
    assert len(rows) >= 8
    assert min(row.certificate.upper for row in rows) < 0.5
    posterior = gaussian(
        certified.net, make_sample(*certified.train, role=Role.TRAIN), certified.seed
    )
    x, y = certified.world.sample(30_000)
    errors = errors_of_fresh_draws(posterior, x, y, rounds=1, seed=99)
    risk, _ = interval(errors, 30_000, 1e-6)
    assert 0 < risk
    for row in rows:
        if row.certificate.about is About.STOCHASTIC:
            assert row.certificate.upper >= risk


def test_the_world_is_one_where_certificates_say_something(
    certified: SimpleNamespace,
) -> None:
    rows = certified.report.to_dict()["certificates"]
    assert min(r["upper"] for r in rows if r["bound"] in CODED) < 0.45
    assert min(r["upper"] for r in rows if r["about"] == "original") < 0.25


def test_coresets_own_theorem_does_not_pass_unseen(certified: SimpleNamespace) -> None:
    bounds = {row.certificate.bound.name for row in certified.report.rows()}
    refused = {r.bound: r.assumption for r in certified.report.refused}
    assert "corenet-generalization" not in bounds
    assert refused["corenet-generalization"] in (
        "support-size",
        "sub-exponential-delta",
    )


def test_the_referee_catches_a_holdout_of_rows_that_were_picked() -> None:
    # the theorem without its assumption: only rows that the net gets right
    world = World(3)
    train = world.sample(500)
    recipe = Recipe(steps=200, rate=5e-3, batch=64)
    net = fine_tune(initial((FEATURES, 8, 2), 0), *train, recipe, keep_zeros=False)
    x, y = world.sample(400)
    right = ~wrong(net.module(), x, y)
    report = nonvacuous.certify(
        net, test=(x[right], y[right]), bounds=["holdout-binomial"]
    )
    assert report.rows()[0].certificate.upper < world.risk(net.module())


def test_a_thousand_holdouts_are_wrong_as_rarely_as_promised() -> None:
    # what is promised is the share of samples, and here it is counted exactly
    world, rows, delta = World(4), 60, 0.2
    recipe = Recipe(steps=100, rate=5e-3, batch=64)
    start = initial((FEATURES, 8, 2), 0)
    net = fine_tune(start, *world.sample(300), recipe, keep_zeros=False)
    risk = world.risk(net.module())
    clean = wrong(net.module(), DOMAIN, world.teacher)
    hit = [np.flatnonzero(clean), np.flatnonzero(~clean)]
    missed = 0.0
    for k in range(rows + 1):
        # any sample with k errors will do: the count is all that the theorem sees
        x = DOMAIN[np.concatenate([hit[0][:k], hit[1][: rows - k]])]
        y = world.teacher[np.concatenate([hit[0][:k], hit[1][: rows - k]])]
        report = nonvacuous.certify(
            net, test=(x, y), delta=delta, bounds=["holdout-binomial"]
        )
        assert report.test_error is not None
        assert report.test_error.errors == k
        if report.rows()[0].certificate.upper < risk:
            chance = math.comb(rows, k) * risk**k * (1 - risk) ** (rows - k)
            missed += chance
    assert 0 < missed <= delta


# labels that no net can predict: the risk of every net is exactly 9/10


@pytest.fixture(scope="module")
def memorized() -> SimpleNamespace:
    digits = load("digits")
    assert digits.train is not None
    x = digits.train.x
    y = np.random.default_rng(8).integers(0, 10, len(x))
    recipe = Recipe(steps=3000, rate=1e-2, batch=128)
    net = fine_tune(initial((64, 200, 10), 0), x, y, recipe, keep_zeros=False)
    report = nonvacuous.certify(net, (x, y))
    return SimpleNamespace(net=net, x=x, y=y, report=report)


def test_a_net_can_memorize_random_labels(memorized: SimpleNamespace) -> None:
    assert memorized.report.train_error.value < 0.01


def test_no_training_certificate_believes_a_net_that_memorized(
    memorized: SimpleNamespace,
) -> None:
    rows = memorized.report.to_dict()["certificates"]
    assert {row["theorem"] for row in rows} >= {*CODED, *LOOSER}
    assert len(rows) >= 20
    for row in rows:
        assert row["upper"] >= 0.9
        assert row["vacuous"]
    assert rows[-1]["bound"] == "best"


def test_the_errors_that_count_are_those_of_the_decoded_net(
    memorized: SimpleNamespace,
) -> None:
    coded = [
        row
        for row in memorized.report.rows()
        if isinstance(row.certificate.evidence, CodedFit)
    ]
    assert len(coded) >= 10
    for row in coded:
        errors = int(wrong(subject(row, memorized.net), memorized.x, memorized.y).sum())
        assert row.train_error is not None
        assert row.train_error.errors == row.certificate.evidence.errors == errors
        assert row.certificate.about == "compressed"


def test_a_net_that_memorized_pays_more_for_its_code_than_it_gains(
    memorized: SimpleNamespace,
) -> None:
    from nonvacuous.bounds import Certificate
    from nonvacuous.bounds.occam import occam_binomial

    code = codes.encode(memorized.net)
    errors = memorized.report.train_error.errors
    fit = CodedFit(errors=errors, trials=1400, bits=code.bits, code=code.data)
    certificate = occam_binomial.certify(fit, delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.upper >= 0.9


def test_a_holdout_exposes_a_net_that_memorized(memorized: SimpleNamespace) -> None:
    digits = load("digits")
    assert digits.test is not None
    x = digits.test.x[:390]
    answers = outputs_of(read(memorized.net), x.reshape(390, -1)).argmax(axis=1)
    y = (answers + np.arange(390)) % 10  # right on exactly a tenth, as a guess
    report = nonvacuous.certify(
        memorized.net,
        (memorized.x, memorized.y),
        (x, y),
        bounds=["holdout-binomial", "holdout-kl", "holdout-hoeffding"],
    )
    assert all(row.certificate.upper >= 0.9 for row in report.rows())
    assert any("test error is no better than guessing" in n for n in report.notes)
