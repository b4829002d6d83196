"""PAC-Bayes at perturbed weights."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from nonvacuous.bounds import Refusal
from nonvacuous.bounds.norms import spectral_pac_bayes
from nonvacuous.bounds.norms.perturbation import perturbation_kl
from nonvacuous.evidence import PerturbationFit

some = settings(derandomize=True, max_examples=60, deadline=None)

# [[1,0],[0,2],[1,1]], then [[1,0,1],[0,1,0]], on inputs of norm at most 5
S = (math.sqrt((7 + math.sqrt(13)) / 2), math.sqrt(2))
HAND = PerturbationFit(
    margin_errors=0,
    trials=1000,
    margin=1.0,
    spectral=math.prod(S),
    stable_ranks=7 / S[0] ** 2 + 3 / S[1] ** 2,
    radius=5.0,
    domain=True,
    layers=2,
    width=3,
)


def test_numbers_worked_by_hand() -> None:
    assert f"{perturbation_kl(HAND):.7e}" == "1.8583699e+08"
    assert spectral_pac_bayes.formula(HAND, 0.05) == pytest.approx(1725.2155, abs=5e-5)


@some
@given(
    n=st.integers(2, 10**7),
    part=st.floats(0, 1),
    margin=st.floats(1e-3, 1e3),
    spectral=st.floats(1e-6, 1e6),
    ranks=st.floats(1, 1e4),
    radius=st.floats(0.1, 100),
    layers=st.integers(1, 30),
    width=st.integers(1, 5000),
    delta=st.floats(1e-9, 0.5),
)
def test_it_is_its_statement_at_fifty_digits_rounded_up(
    n: int,
    part: float,
    margin: float,
    spectral: float,
    ranks: float,
    radius: float,
    layers: int,
    width: int,
    delta: float,
) -> None:
    fit = PerturbationFit(
        margin_errors=int(part * n),
        trials=n,
        margin=margin,
        spectral=spectral,
        stable_ranks=ranks,
        radius=radius,
        domain=True,
        layers=layers,
        width=width,
    )
    with mp.workdps(50):
        d = mpf(layers)
        kl = 42**2 * mp.e**2 / 2 * d**2 * mpf(radius) ** 2 * width
        kl *= mp.log(4 * d * width) * (mpf(spectral) / mpf(margin)) ** 2 * mpf(ranks)
        logs = mp.log(6 * d * mpf(n) ** (1 + 1 / (2 * d)) / mpf(delta))
        exact = mpf(fit.margin_errors) / n + 4 * mp.sqrt((kl + logs) / (n - 1))
        found = spectral_pac_bayes.formula(fit, delta)
        assert exact <= found <= exact * (1 + mpf(1e-9))


def test_the_steps_of_the_constant() -> None:
    assert 42 >= 4 * math.sqrt(2) * math.e**2
    for d in range(2, 200):
        assert (d / (d - 1)) ** (d - 1) <= math.e  # beta over the grid's point
        assert (1 + 1 / d) ** (2 * d - 2) <= math.e**2  # and the other way
    # what noise of that size does: 2 h e^{-t^2 / 2 h sigma^2} <= 1 / 2d
    for d, h in ((1, 1), (2, 3), (5, 100)):
        t = math.sqrt(2 * h * math.log(4 * d * h))
        assert 2 * h * math.exp(-t * t / (2 * h)) == pytest.approx(1 / (2 * d))


@some
@given(kl=st.floats(0, 1e8), n=st.integers(2, 10**7), delta=st.floats(1e-12, 0.5))
def test_the_lemma_is_implied_by_mcallester(kl: float, n: int, delta: float) -> None:
    conditioned = 2 * (kl + math.log(2))
    ours = math.sqrt((conditioned + math.log(2 * math.sqrt(n) / delta)) / (2 * n))
    theirs = 4 * math.sqrt((kl + math.log(6 * n / delta)) / (n - 1))
    assert ours <= theirs


@some
@given(share=st.floats(0.5, 1), seed=st.integers(0, 10**6))
def test_noise_that_behaves_has_at_most_twice_the_divergence(
    share: float, seed: int
) -> None:
    """KL(Q | A) <= 2 (KL(Q) + ln 2) where Q(A) >= 1/2, on a finite space."""
    draw = np.random.default_rng(seed)
    inside, outside = draw.dirichlet(np.ones(3)), draw.dirichlet(np.ones(3))
    q = np.concatenate([share * inside, (1 - share) * outside])
    p = draw.dirichlet(np.ones(6))
    whole = float((q[q > 0] * np.log(q[q > 0] / p[q > 0])).sum())
    part = float((inside * np.log(inside / p[:3])).sum())
    assert part <= 2 * (whole + math.log(2)) + 1e-12


@settings(derandomize=True, max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.floats(0.3, 3))
def test_noise_of_that_size_moves_no_output_by_a_quarter(
    seed: int, size: float
) -> None:
    """The lemma's premise, by 400 draws of noise on a net of two layers."""
    draw = np.random.default_rng(seed)
    first, second = draw.normal(size=(4, 3)), draw.normal(size=(2, 4))
    beta = size
    first *= beta / np.linalg.norm(first, 2)
    second *= beta / np.linalg.norm(second, 2)
    d, h, radius, gamma = 2, 4, 2.0, 1.0
    sigma = gamma / (42 * d * radius * (beta * (1 + 1 / d)) ** (d - 1))
    sigma /= math.sqrt(h * math.log(4 * h * d))
    if beta**d < gamma / (2 * radius):
        return  # no margin is above gamma there
    x = draw.normal(size=(3, 50))
    x *= radius / np.linalg.norm(x, axis=0)
    noise = (
        sigma * draw.normal(size=(400, 4, 3)),
        sigma * draw.normal(size=(400, 2, 4)),
    )
    clean = second @ np.maximum(first @ x, 0)
    noisy = (second + noise[1]) @ np.maximum((first + noise[0]) @ x, 0)
    far = np.abs(noisy - clean).max(axis=(1, 2))
    assert np.mean(far < gamma / 4) >= 0.5


def test_the_radius_of_the_sample_is_refused() -> None:
    outcome = spectral_pac_bayes.certify(replace(HAND, domain=False), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "domain-radius"
    assert "sample" in outcome.reason


def test_a_margin_that_no_input_can_have_is_refused() -> None:
    claimed = replace(HAND, margin=100.0, spectral=1.0, margin_errors=999)
    outcome = spectral_pac_bayes.certify(claimed, delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "domain-radius"
    nobody = replace(claimed, margin_errors=1000)
    assert spectral_pac_bayes.formula(nobody, 0.05) > 1


def test_one_row_says_nothing() -> None:
    assert spectral_pac_bayes.formula(replace(HAND, trials=1), 0.05) == math.inf


@some
@given(scale=st.floats(1e-3, 1e3))
def test_a_net_times_a_constant_is_the_same_net(scale: float) -> None:
    there = replace(HAND, margin=scale, spectral=HAND.spectral * scale)
    assert spectral_pac_bayes.formula(there, 0.05) == pytest.approx(
        spectral_pac_bayes.formula(HAND, 0.05), rel=1e-12
    )
