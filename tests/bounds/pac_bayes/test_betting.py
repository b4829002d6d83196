"""Betting and split-kl: the law of a loss instead of its mean."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.optimize import minimize_scalar

from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.pac_bayes import (
    betting_inverse,
    kl_inverse,
    log_xi,
    pac_bayes_betting,
    pac_bayes_kl_exact_constant,
    pac_bayes_split_kl,
    split_kl_upper,
)
from nonvacuous.bounds.pac_bayes._betting import _Bets
from nonvacuous.evidence import GibbsFit, LossLaw, Origin

some = settings(derandomize=True, max_examples=40, deadline=None)
both = pytest.mark.parametrize(
    "bound", [pac_bayes_betting, pac_bayes_split_kl], ids=lambda b: b.name
)
LAW = LossLaw(values=(0.5, 1.0), reached=(0.2, 0.01), trials=1000, kl=5.0)

laws = st.integers(1, 4).flatmap(
    lambda k: st.tuples(
        st.lists(st.floats(0.01, 0.99), min_size=k, max_size=k, unique=True).map(
            lambda v: [*sorted(v), 1.0]
        ),
        st.lists(st.floats(0, 1), min_size=k + 1, max_size=k + 1).map(
            lambda v: sorted(v, reverse=True)
        ),
    )
)


def wealth(x: Any, mass: Any, m: float) -> float:
    """The best bet's mean log wealth, straight from its definition."""

    def loss(b: float) -> float:
        with np.errstate(divide="ignore"):
            log = np.log(b * x / m + (1 - b) * (1 - x) / (1 - m))
        return -float(mass[mass > 0] @ log[mass > 0])

    tolerance = {"xatol": 1e-12}
    inside = minimize_scalar(loss, bounds=(0, 1), method="bounded", options=tolerance)
    return max(-inside.fun, -loss(1.0), -loss(0.0))


@some
@given(q=st.floats(0, 0.999), nats=st.floats(1e-6, 3))
def test_on_errors_it_is_the_inverse_of_kl(q: float, nats: float) -> None:
    exact = kl_inverse(q, nats)
    got = betting_inverse([1.0], [q], nats)
    assert got >= exact * (1 - 1e-13)
    assert got == pytest.approx(exact, rel=1e-8, abs=1e-11)


@some
@given(law=laws, nats=st.floats(1e-5, 2))
def test_it_is_between_the_mean_and_the_inverse_of_kl(
    law: tuple[list[float], list[float]], nats: float
) -> None:
    values, reached = law
    mean = float(np.diff([0.0, *values]) @ reached)
    got = betting_inverse(values, reached, nats)
    assert min(mean, 1.0) <= got * (1 + 1e-12)
    assert got <= kl_inverse(min(mean, 1.0), nats) * (1 + 1e-8) + 1e-11


@some
@given(law=laws, nats=st.floats(1e-4, 2))
def test_it_inverts_the_best_bet(
    law: tuple[list[float], list[float]], nats: float
) -> None:
    values, reached = law
    m = betting_inverse(values, reached, nats)
    x = np.array([0.0, *values])
    mass = np.append(1.0, reached) - np.append(reached, 0.0)
    if m < 1 - 1e-9:
        assert wealth(x, mass, m) == pytest.approx(nats, rel=1e-5, abs=1e-8)


def test_a_bet_worked_by_hand_is_refuted_beyond_doubt() -> None:
    # losses 0 and 1/2 with shares .9 and .1: the best stake has a closed form
    m = mpf(betting_inverse([0.5, 1.0], [0.1, 0.0], 0.05))
    with mp.workdps(40):
        a, b = 1 / (1 - m) - 1, mpf("0.5") / (1 - m) - 1
        t = min(mpf(1), -(mpf("0.9") * a + mpf("0.1") * b) / (a * b))
        share = mpf(0.1)  # the float
        best = (1 - share) * mp.log(1 + t * a) + share * mp.log(1 + t * b)
        assert mpf(0.05) <= best <= mpf(0.05) * (1 + mpf(10) ** -9)


@some
@given(law=laws, nats=st.floats(1e-7, 2))
def test_the_mean_it_returns_is_refuted_at_fifty_digits(
    law: tuple[list[float], list[float]], nats: float
) -> None:
    values, reached = law
    m = betting_inverse(values, reached, nats)
    if m == 1:
        return
    stake = _Bets(values, reached).stake(m)
    with mp.workdps(50):
        shares = [mpf(1), *map(mpf, reached), mpf(0)]
        logs = [
            mp.log(1 - mpf(stake) + mpf(stake) * (1 - mpf(x)) / (1 - mpf(m)))
            for x in (0.0, *values)
        ]
        wealth_ = mp.fsum(
            (shares[k] - shares[k + 1]) * log for k, log in enumerate(logs)
        )
        assert wealth_ > mpf(nats)


@some
@given(law=laws, kl=st.floats(0, 500), n=st.integers(20, 10**6))
def test_betting_is_below_split_kl_and_below_kl(
    law: tuple[list[float], list[float]], kl: float, n: int
) -> None:
    values, reached = law
    fact = LossLaw(values=tuple(values), reached=tuple(reached), trials=n, kl=kl)
    mean = min(float(np.diff([0.0, *values]) @ reached) * (1 + 1e-12), 1.0)
    got = pac_bayes_betting.formula(fact, 0.05)
    by_mean = GibbsFit(empirical=mean, trials=n, kl=kl)
    assert got <= pac_bayes_kl_exact_constant.formula(by_mean, 0.05) * (1 + 1e-8)
    assert got <= pac_bayes_split_kl.formula(fact, 0.05) * (1 + 1e-8)


def test_a_middle_value_is_worth_using() -> None:
    law = LossLaw(values=(0.5, 1.0), reached=(0.99, 0.01), trials=60_000, kl=300.0)
    mean = GibbsFit(empirical=0.5, trials=60_000, kl=300.0)
    betting = pac_bayes_betting.formula(law, 0.05)
    split = pac_bayes_split_kl.formula(law, 0.05)
    assert betting < split < pac_bayes_kl_exact_constant.formula(mean, 0.05)
    assert betting - 0.5 < 0.25 * (
        pac_bayes_kl_exact_constant.formula(mean, 0.05) - 0.5
    )


def test_split_kl_is_its_formula_rounded_up() -> None:
    nats = (5.0 + math.log(2 * 2 * math.sqrt(1000) / 0.05)) / 1000
    naive = 0.5 * kl_inverse(0.2, nats) + 0.5 * kl_inverse(0.01, nats)
    got = pac_bayes_split_kl.formula(LAW, 0.05)
    assert naive * (1 - 1e-13) <= got <= naive * (1 + 1e-11)


def test_shares_need_not_fall_to_be_understood() -> None:
    assert betting_inverse([0.5, 1.0], [0.1, 0.4], 0.1) == betting_inverse(
        [0.5, 1.0], [0.1, 0.1], 0.1
    )
    assert split_kl_upper([0.5, 1.0], [0.1, 0.4], 0.1) == split_kl_upper(
        [0.5, 1.0], [0.1, 0.1], 0.1
    )


def test_nothing_is_known_at_infinite_nats() -> None:
    assert betting_inverse([0.5, 1.0], [0.1, 0.0], math.inf) == 1.0


def test_the_moment_that_the_proof_needs_is_below_the_constant(
    losses_world: Any,
) -> None:
    """Summed over all samples, exp(n f) is at most xi(n) for every predictor."""
    world = losses_world
    for loss, m in zip(world.loss, world.risk, strict=True):
        f = np.array([wealth(loss, c / world.n, m) for c in world.counts])
        moment = float(world.weight @ np.exp(world.n * f))
        assert 1 < moment <= math.exp(log_xi(world.n))


def test_the_best_bet_is_jointly_convex() -> None:
    draw = np.random.Generator(np.random.Philox(key=[7, 0]))
    x = np.array([0.0, 0.3, 0.8, 1.0])
    for _ in range(60):
        laws_ = draw.dirichlet(np.ones(4) / 2, size=2)
        means = draw.uniform(0.05, 0.95, size=2)
        ends = [wealth(x, law, m) for law, m in zip(laws_, means, strict=True)]
        middle = wealth(x, laws_.mean(0), float(means.mean()))
        assert middle <= np.mean(ends) + 1e-7


@both
@pytest.mark.parametrize("heat", [0.0, 1.0, 1e3])
def test_covers_every_posterior_over_all_samples(
    bound: Bound[Any], heat: float, losses_world: Any
) -> None:
    world = losses_world
    q, entropy = world.posterior(heat)
    values = np.unique(world.loss)[1:]
    for delta in (0.1, 0.9):
        wrong = 0.0
        for weight, c, post, kl in zip(
            world.weight, world.counts, q, entropy, strict=True
        ):
            reached = [post @ (world.loss >= v) @ c / world.n for v in values]
            law = LossLaw(
                values=tuple(values),
                reached=tuple(min(1.0, r * (1 + 1e-14)) for r in reached),
                trials=world.n,
                kl=max(0.0, kl),
            )
            wrong += weight * (bound.formula(law, delta) < post @ world.risk)
        assert wrong <= delta


@both
def test_a_prior_that_saw_the_rows_breaks_it(
    bound: Bound[Any], best_of: Callable[..., Any]
) -> None:
    """The best of 10^20 guessers that lose 1/2 or 0, each with probability 1/2."""
    n, m, delta = 200, 1e20, 0.05
    law = best_of(m, n, 0.5)

    def fails(kl: float) -> float:
        facts = [
            LossLaw(values=(0.5, 1.0), reached=(k / n, 0.0), trials=n, kl=kl)
            for k in range(n + 1)
        ]
        return float(law @ [bound.formula(fact, delta) < 0.25 for fact in facts])

    assert fails(math.log(m)) <= delta
    assert fails(0.0) > 0.99


@both
def test_counting_the_rows_of_the_prior_is_refused(bound: Bound[Any]) -> None:
    rows = Origin(source="mnist", role="train", digest="ab", rows=60_000)
    assert isinstance(bound.certify(replace(LAW, origin=rows), delta=0.05), Certificate)
    fact = replace(LAW, origin=rows, prior=rows)
    assert isinstance(bound.certify(fact, delta=0.05), Refusal)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": ()}, "must pair up"),
        ({"values": (1.0,)}, "must pair up"),
        ({"values": (0.5, 0.5)}, "values must rise"),
        ({"values": (0.0, 0.5)}, "values must rise"),
        ({"values": (0.5, 1.5)}, "values must rise"),
        ({"reached": (0.5, 1.5)}, "reached must lie"),
        ({"reached": (math.nan, 0.1)}, "reached must lie"),
        ({"kl": -1.0}, "kl must be at least 0"),
    ],
)
def test_impossible_laws_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(LAW, **changes)
