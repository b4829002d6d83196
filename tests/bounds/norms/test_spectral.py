"""Spectral norms and distances to a reference: covering, Lemma A.8, grids."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from nonvacuous.bounds import Bound, Certificate, Refusal, Verdict
from nonvacuous.bounds.norms import (
    spectral_margin,
    spectral_margin_budgets,
    spectral_margin_fixed,
    spectral_margin_ratios,
)
from nonvacuous.bounds.norms._margins import deviation
from nonvacuous.bounds.norms.spectral import dudley, spectral_complexity
from nonvacuous.evidence import SpectralFit

some = settings(derandomize=True, max_examples=50, deadline=None)

# [[1,0],[0,2],[1,1]], then [[1,0,1],[0,1,0]], on 1000 rows (3, 4)
S = (math.sqrt((7 + math.sqrt(13)) / 2), math.sqrt(2))
B = (3 + math.sqrt(2), 1 + math.sqrt(2))
HAND = SpectralFit(
    margin_errors=0,
    trials=1000,
    margin=1.0,
    spectral=S,
    distances=B,
    row_norm=5 * math.sqrt(1000),
    width=3,
    fixed=True,
)


def test_numbers_worked_by_hand() -> None:
    assert pytest.approx((2.302775638, 1.414213562), rel=1e-9) == S
    assert pytest.approx((4.414213562, 2.414213562), rel=1e-9) == B
    complexity = spectral_complexity(S, B)
    assert complexity == pytest.approx(16.68126451, rel=1e-9)
    assert 5 * math.sqrt(1000) * complexity * math.log(3) / 1000 == pytest.approx(
        2.897633312, rel=1e-9
    )
    assert spectral_margin_fixed.formula(HAND, 0.05) == pytest.approx(
        2230.336561, rel=1e-9
    )
    assert spectral_margin.formula(HAND, 0.05) == pytest.approx(7042.976945, rel=1e-9)


def test_the_norm_of_the_other_way_round_is_another_number() -> None:
    """Units have rows: summing norms of columns would be the (2, 1)-norm of A."""
    first = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    assert np.linalg.norm(first, axis=1).sum() == pytest.approx(B[0])
    columns = float(np.linalg.norm(first, axis=0).sum())
    assert columns == pytest.approx(math.sqrt(2) + math.sqrt(5))
    wrong = replace(HAND, distances=(columns, B[1]))
    assert spectral_margin.formula(wrong, 0.05) < spectral_margin.formula(HAND, 0.05)


def test_dudley_is_the_least_over_alpha() -> None:
    assert round(dudley(50.0, 60_000), 4) == 0.0699
    for scale, n in ((50.0, 60_000), (1.0, 100), (3.3, 10), (300.0, 1000)):
        root = math.sqrt(n)
        values = [
            4 * a / root + 12 * scale / n * math.log(root / a)
            for a in np.geomspace(1e-9, root, 4000)
        ]
        assert dudley(scale, n) <= min(values) * (1 + 1e-9)
        assert dudley(scale, n) >= min(values) * (1 - 1e-4)
    # where nothing is said, the paper's choice tells how far it is
    assert dudley(20_000.0, 60_000) > 4
    assert dudley(0.0, 10) == 0
    assert dudley(math.inf, 10) == math.inf
    assert 0.1650 < 4 / 60_000**1.5 + 18 * 50 / 60_000 * math.log(60_000) < 0.1651


@some
@given(scale=st.floats(1e-6, 1e6), factor=st.floats(1, 10), n=st.integers(1, 10**6))
def test_dudley_rises_with_the_scale(scale: float, factor: float, n: int) -> None:
    assert dudley(scale, n) <= dudley(scale * factor, n) * (1 + 1e-12)


def cover(points: list[np.ndarray], k: int) -> list[np.ndarray]:
    """Shrunken means of k points with repetition."""
    if k == 0:
        return [np.zeros_like(points[0])]
    shrunk = math.sqrt(k) / (math.sqrt(k) + 1) / k
    chosen = itertools.combinations_with_replacement(range(len(points)), k)
    return [shrunk * np.sum([points[i] for i in c], axis=0) for c in chosen]


@settings(derandomize=True, max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), epsilon=st.floats(0.3, 2))
def test_the_shrunken_means_cover_the_hull(seed: int, epsilon: float) -> None:
    """ln N <= (c / epsilon)^2 ln(points) without rounding up."""
    draw = np.random.default_rng(seed)
    half = draw.normal(size=(2, 4))
    half /= np.linalg.norm(half, axis=1)[:, None]
    points = [*half, *-half]
    k = math.ceil((1 / epsilon - 1) ** 2) if epsilon < 1 else 0
    centres = np.array(cover(points, k))
    assert math.log(len(centres)) <= epsilon**-2 * math.log(len(points)) + 1e-12
    weights = draw.dirichlet(np.full(4, 0.5), size=200)
    inside = np.concatenate([weights @ np.array(points), points])
    far = np.linalg.norm(inside[:, None] - centres[None], axis=2).min(axis=1)
    assert far.max() <= epsilon * (1 + 1e-12)


@some
@given(k=st.integers(1, 10**6))
def test_no_rounding_up_is_left(k: int) -> None:
    """ceil((y - 1)^2) <= y^2 for all y >= 1, tightest where it jumps."""
    for y in (1.0, 1 + math.sqrt(k), 1 + math.sqrt(k) * (1 + 1e-12)):
        assert math.ceil((y - 1) ** 2) <= y * y


@settings(derandomize=True, max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_ramp_on_many_nets_of_the_class_by_enumeration(seed: int) -> None:
    draw = np.random.default_rng(seed)
    n, gamma = 6, 1.0
    x, y = draw.normal(size=(n, 3)), draw.integers(2, size=n)
    first, second = draw.normal(size=(200, 4, 3)), draw.normal(size=(200, 2, 4))
    layers = (first, second)
    s = [float(np.linalg.norm(a, 2, axis=(1, 2)).max()) for a in layers]
    b = [float(np.linalg.norm(a, axis=2).sum(axis=1).max()) for a in layers]
    outputs = second @ np.maximum(first @ x.T, 0)
    own = np.take_along_axis(outputs, y[None, None, :], axis=1)[:, 0]
    ramp = np.clip(1 - (2 * own - outputs.sum(axis=1)) / gamma, 0, 1)
    signs = itertools.product((-1, 1), repeat=n)
    exact = np.mean([(ramp @ np.array(e)).max() for e in signs]) / n
    scale = 2 / gamma * float(np.linalg.norm(x)) * math.sqrt(math.log(2 * 16))
    assert 0 < exact <= dudley(scale * spectral_complexity(s, b), n)


def joined(ratios: list[mpf]) -> mpf:
    return mp.fsum(r ** (mpf(2) / 3) for r in ratios) ** (mpf(3) / 2)


def lemma(fit: SpectralFit, delta: float) -> mpf:
    """A.8 as recalled, at W >= 3 and gamma <= n."""
    n, count, x = fit.trials, len(fit.spectral), mpf(fit.row_norm)
    s, b = [mpf(v) for v in fit.spectral], [mpf(v) for v in fit.distances]
    gamma = mpf(fit.margin)
    shifted = mp.fprod(mpf(1) / count + v for v in s)
    shifted *= joined(
        [(mpf(1) / count + u) / (mpf(1) / count + v) for u, v in zip(b, s, strict=True)]
    )
    logs = mp.log(1 / mpf(delta)) + mp.log(2 * n / gamma) + 2 * mp.log(2 + x)
    logs += 2 * mp.fsum(mp.log(2 + count * v) for v in (*s, *b))
    return (
        mpf(fit.margin_errors) / n
        + mpf(8) / n
        + 144 * mp.log(n) * mp.log(2 * fit.width) / (gamma * n) * shifted * (1 + x)
        + mp.sqrt(mpf(9) / (2 * n)) * mp.sqrt(logs)
    )


def weight(j: int) -> mpf:
    return 1 / ((mp.pi**2 / 3 - 1) * (1 + abs(j)) ** 2)


def covered(fit: SpectralFit, over: mpf, nats: mpf, delta: float) -> mpf:
    n = fit.trials
    t = 2 * over * mpf(fit.row_norm) * mp.sqrt(mp.log(2 * fit.width**2))
    if 3 * t < n:
        r = 12 * t / n * (1 + mp.log(n / (3 * t)))
    else:
        r = 4 / mpf(n) ** 1.5 + 18 * t / n * mp.log(n)
    off = 3 * mp.sqrt((mp.log(2 / mpf(delta)) + nats) / (2 * n))
    return mpf(fit.margin_errors) / n + 2 * r + off


def step(value: mpf) -> tuple[mpf, mpf]:
    j = max(int(mp.ceil(8 * mp.log(value, 2))), -256)
    return mpf(2) ** (mpf(j) / 8), -mp.log(weight(j))


def fixed(fit: SpectralFit, delta: float, slack: mpf) -> mpf:
    s, b = [mpf(v) for v in fit.spectral], [mpf(v) for v in fit.distances]
    r = mp.fprod(s) * joined([u / v for u, v in zip(b, s, strict=True)])
    return covered(fit, r / mpf(fit.margin) * slack, mpf(0), delta)


def ratios(fit: SpectralFit, delta: float, slack: mpf) -> mpf:
    s, b = [mpf(v) for v in fit.spectral], [mpf(v) for v in fit.distances]
    steps = [step(slack * u / v) for u, v in zip(b, s, strict=True)]
    paid = mp.fsum(nats for _, nats in steps)
    first = int(mp.ceil(mp.log(slack * mp.fprod(s) / mpf(fit.margin), 2)))
    return min(
        covered(
            fit,
            mpf(2) ** j * joined([r for r, _ in steps]),
            paid - mp.log(weight(j)),
            delta,
        )
        for j in range(first, max(first, 0) + 1)
    )


def budgets(fit: SpectralFit, delta: float, slack: mpf) -> mpf:
    s = [step(mpf(v) * slack) for v in fit.spectral]
    b = [step(mpf(v) * slack) for v in fit.distances]
    inverse = step(slack / mpf(fit.margin))
    r = mp.fprod(v for v, _ in s)
    r *= joined([u / v for (u, _), (v, _) in zip(b, s, strict=True)])
    nats = mp.fsum(v for _, v in (*s, *b, inverse))
    return covered(fit, inverse[0] * r, nats, delta)


@some
@given(
    n=st.integers(1, 10**7),
    part=st.floats(0, 1),
    margin=st.floats(1e-3, 1e4),
    norms=st.lists(
        st.tuples(st.floats(1e-3, 100), st.floats(1, 50)), min_size=1, max_size=5
    ),
    mean=st.floats(1e-6, 100),
    width=st.integers(3, 10**4),
    delta=st.floats(1e-9, 0.5),
)
def test_each_is_its_statement_at_fifty_digits_rounded_up(
    n: int,
    part: float,
    margin: float,
    norms: list[tuple[float, float]],
    mean: float,
    width: int,
    delta: float,
) -> None:
    fit = SpectralFit(
        margin_errors=int(part * n),
        trials=n,
        margin=min(margin, float(n)),
        spectral=tuple(s for s, _ in norms),
        distances=tuple(s * r for s, r in norms),
        row_norm=mean * math.sqrt(n),
        width=width,
        fixed=True,
    )
    with mp.workdps(50):
        exact = lemma(fit, delta)
        found = spectral_margin.formula(fit, delta)
        assert exact <= found <= exact * (1 + mpf(1e-9))
        for bound, naive in (
            (spectral_margin_fixed, fixed),
            (spectral_margin_ratios, ratios),
            (spectral_margin_budgets, budgets),
        ):
            found = bound.formula(fit, delta)
            least = naive(fit, delta, 1 - mpf(2) ** -40)
            most = naive(fit, delta, 1 + mpf(2) ** -40)
            # the grids' own points are a hair above the powers
            assert least * (1 - mpf(1e-12)) <= found <= most * (1 + mpf(1e-9))
            if bound is spectral_margin_fixed:
                assert naive(fit, delta, mpf(1)) <= found


def test_a_net_two_wide_is_paid_for_by_the_covering_theorem() -> None:
    """sqrt(ln 8) > ln 4: there the lemma's own logarithm is too small to follow."""
    thin = replace(HAND, width=2)
    terms = spectral_margin.terms(thin, 0.05)
    wide = spectral_margin.terms(HAND, 0.05)
    assert terms["complexity"] / wide["complexity"] == pytest.approx(
        math.sqrt(math.log(8)) / math.log(6)
    )


@some
@given(seed=st.integers(0, 10**6), n=st.integers(10, 10**7), width=st.integers(2, 500))
def test_the_lemma_follows_from_the_covering_theorem(
    seed: int, n: int, width: int
) -> None:
    """Each cell's budgets, at the cell's share of delta, are within the lemma."""
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, 5))
    fit = SpectralFit(
        margin_errors=0,
        trials=n,
        margin=float(np.exp(draw.uniform(-5, math.log(n)))),
        spectral=tuple(draw.uniform(0, 5, count)),
        distances=tuple(draw.uniform(0, 50, count)),
        row_norm=float(draw.uniform(0.1, 5) * math.sqrt(n)),
        width=width,
    )
    delta = 0.05
    j = max(math.floor(math.log2(n / fit.margin)) + 1, 1)
    assert 1 / fit.margin < 2.0**j / n
    x = math.floor(fit.row_norm) + 1
    s = [math.floor(count * v) + 1 for v in fit.spectral]
    b = [math.floor(count * v) + 1 for v in fit.distances]
    nats = j * math.log(2) + sum(math.log(v * (v + 1)) for v in (x, *s, *b))
    over = (
        2.0**j / n * spectral_complexity([v / count for v in s], [v / count for v in b])
    )
    t = 2 * over * x * math.sqrt(math.log(2 * width**2))
    root = math.sqrt(n)
    paper = 4 / n / root + 12 * t / n * math.log(root * n)  # alpha = 1 / n
    off = 3 * math.sqrt((math.log(1 / delta) + nats) / (2 * n))
    assert 2 * paper + off <= spectral_margin.formula(fit, delta)


def test_the_deviation_of_the_lemma_is_that_of_one_event() -> None:
    """ln(1/delta) and not ln(2/delta): one application of bounded differences."""
    n, delta = 1000, 0.05
    t = math.sqrt(9 * math.log(1 / delta) / (2 * n))
    assert math.exp(-2 * t**2 / (n * (3 / n) ** 2)) == pytest.approx(delta)
    assert t < deviation(n, delta)


ALL_FOUR = [
    spectral_margin,
    spectral_margin_fixed,
    spectral_margin_ratios,
    spectral_margin_budgets,
]


def test_budgets_fixed_beforehand_cost_least() -> None:
    small = replace(HAND, trials=10**9, row_norm=5 * math.sqrt(10**9))
    fixed_, ratios_, budgets_, lemma_ = (
        bound.formula(small, 0.05)
        for bound in (
            spectral_margin_fixed,
            spectral_margin_ratios,
            spectral_margin_budgets,
            spectral_margin,
        )
    )
    assert fixed_ < ratios_ < lemma_
    assert fixed_ < budgets_ < lemma_


def test_norms_of_the_trained_net_are_no_budgets() -> None:
    outcome = spectral_margin_fixed.certify(replace(HAND, fixed=False), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "budgets-fixed"
    for bound in (spectral_margin, spectral_margin_ratios, spectral_margin_budgets):
        after = bound.certify(replace(HAND, fixed=False), delta=0.05)
        assert isinstance(after, Certificate)


def test_a_layer_is_not_rescaled_against_a_reference() -> None:
    trained = replace(HAND, reference="a digest")
    outcome = spectral_margin_ratios.certify(trained, delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "reference-zero"
    judged = spectral_margin.certify(trained, delta=0.05)
    assert isinstance(judged, Certificate)
    assert judged.assumptions["reference-fixed"] is Verdict.VOUCHED


@pytest.mark.parametrize("bound", ALL_FOUR, ids=lambda bound: bound.name)
def test_layers_of_zeros_and_huge_ones_have_numbers(bound: Bound[SpectralFit]) -> None:
    zeros = replace(HAND, spectral=(0.0, 0.0), distances=(0.0, 0.0), margin_errors=1000)
    assert 1 < bound.formula(zeros, 0.05) < math.inf
    huge = replace(HAND, spectral=(1e200, 1e200), distances=(1e250, 1e250))
    assert bound.formula(huge, 0.05) == math.inf
    still = replace(huge, distances=(0.0, 0.0), reference="a digest")
    assert bound.formula(still, 0.05) == math.inf
