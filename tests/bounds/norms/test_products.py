"""Products of Frobenius norms and sums over paths."""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from numpy.typing import NDArray

from nonvacuous.bounds import Bound, Refusal
from nonvacuous.bounds.norms import (
    frobenius_margin,
    golowich_margin,
    path_margin,
    row_sum_margin,
)
from nonvacuous.bounds.norms._margins import deviation
from nonvacuous.bounds.norms.products import (
    frobenius_complexity,
    golowich_complexity,
    kappa,
    multiclass_frobenius,
    multiclass_path,
    row_sum_complexity,
)
from nonvacuous.evidence import NormFit

some = settings(derandomize=True, max_examples=50, deadline=None)
every_one = pytest.mark.parametrize(
    "bound",
    [frobenius_margin, golowich_margin, path_margin, row_sum_margin],
    ids=lambda bound: bound.name,
)
Floats = NDArray[np.float64]

# [[1,0],[0,2],[1,1]], then [[1,0,1],[0,1,0]], on 1000 rows (3, 4)
HAND = NormFit(
    margin_errors=0,
    trials=1000,
    margin=1.0,
    kind="frobenius",
    norm=math.sqrt(21),
    row_norm=5 * math.sqrt(1000),
    layers=2,
    classes=2,
    inputs=2,
)


def old_kappa(depth: int) -> float:
    """With 2 min(sqrt(pi/2), 1/u) for the integral."""
    u = math.sqrt(2 * depth * math.log(2))
    return math.sqrt((1 + u) ** 2 + 2 + 2 * min(math.sqrt(math.pi / 2), 1 / u))


def test_numbers_worked_by_hand() -> None:
    norm, rows = HAND.norm, HAND.row_norm
    assert frobenius_complexity(norm, 5.0, 1000, 2) == pytest.approx(
        1.449137675, rel=1e-9
    )
    assert golowich_complexity(norm, rows, 1000, 2) == pytest.approx(
        1.931055091, rel=1e-9
    )
    assert row_sum_complexity(4.0, 4 * math.sqrt(1000), 1000, 2, 2) == pytest.approx(
        1.94468062, rel=1e-8
    )
    once = multiclass_frobenius(norm, HAND, old_kappa(1))
    assert once == pytest.approx(5.953736947, rel=1e-9)
    assert 2 * once + deviation(1000, 0.05) == pytest.approx(12.03631472, rel=1e-9)


def test_the_constants_of_peeling() -> None:
    assert [old_kappa(d) for d in (1, 2, 3)] == pytest.approx(
        [2.9051261602, 3.2099734540, 3.4954632574], rel=1e-10
    )
    assert [kappa(d) for d in (1, 2, 3)] == pytest.approx(
        [2.8177016521, 3.1724216625, 3.4739144123], rel=1e-10
    )
    with mp.workdps(50):
        for d in range(40):
            u = mp.sqrt(2 * d * mp.log(2))
            mills = mp.exp(u**2 / 2) * mp.quad(
                lambda t: mp.exp(-(t**2) / 2), [u, u + 5, mp.inf]
            )
            exact = mp.sqrt((1 + u) ** 2 + 2 + 2 * mills)
            assert exact <= kappa(d) <= exact * (1 + mpf(1e-12))


def test_moments_peel_better_than_tails_up_to_three_hidden_layers() -> None:
    better = [2 ** (d / 2) < kappa(d) for d in range(8)]
    assert better == [True] * 4 + [False] * 4


def naive(bound: Bound[NormFit], fit: NormFit, delta: float, ratio: mpf) -> mpf:
    """The least over the ladder, at fifty digits."""
    n, k, depth = fit.trials, fit.classes, fit.layers
    rows = mpf(fit.row_norm)
    totals = []
    first = int(mp.ceil(mp.log(ratio, 2)))
    first = max(first, -32)
    for j in range(first, max(first, 0) + 1):
        m = mpf(2) ** j
        if bound in (path_margin, row_sum_margin):
            logs = depth * mp.log(2) + mp.log(k * fit.inputs)
            complexity = 2 * m / n * rows * mp.sqrt(2 * logs)
        else:
            if bound is frobenius_margin:
                factor = mp.sqrt(mpf(2) ** (depth - 1))
            else:
                u = mp.sqrt(2 * (depth - 1) * mp.log(2))
                mills = mp.sqrt(mp.pi / 2) * mp.exp(u**2 / 2) * mp.erfc(u / mp.sqrt(2))
                factor = mp.sqrt((1 + u) ** 2 + 2 + 2 * mills)
            complexity = 2 * mp.sqrt(k) * m / n * factor * rows
        weight = 1 / ((mp.pi**2 / 3 - 1) * (1 + abs(j)) ** 2)
        off = 3 * mp.sqrt(mp.log(2 / (mpf(delta) * weight)) / (2 * n))
        totals.append(mpf(fit.margin_errors) / n + 2 * complexity + off)
    return min(totals)


@every_one
@some
@given(
    n=st.integers(1, 10**7),
    part=st.floats(0, 1),
    margin=st.floats(1e-4, 1e4),
    norm=st.floats(1e-4, 1e6),
    mean=st.floats(1e-3, 100),
    layers=st.integers(1, 12),
    classes=st.integers(2, 100),
    inputs=st.integers(1, 5000),
    delta=st.floats(1e-9, 0.5),
)
def test_it_is_its_statement_at_fifty_digits_rounded_up(
    bound: Bound[NormFit],
    n: int,
    part: float,
    margin: float,
    norm: float,
    mean: float,
    layers: int,
    classes: int,
    inputs: int,
    delta: float,
) -> None:
    fit = NormFit(
        margin_errors=int(part * n),
        trials=n,
        margin=margin,
        kind=bound.example.kind,
        norm=norm,
        row_norm=mean * math.sqrt(n),
        layers=layers,
        classes=classes,
        inputs=inputs,
    )
    with mp.workdps(50):
        ratio = mpf(norm) / mpf(margin)
        least = naive(bound, fit, delta, ratio)
        most = naive(bound, fit, delta, ratio * (1 + mpf(2) ** -40))
        assert least <= bound.formula(fit, delta) <= most * (1 + mpf(1e-9))


@every_one
@some
@given(j=st.integers(-30, 30), norm=st.floats(0.1, 10))
def test_norm_and_margin_enter_by_their_ratio_alone(
    bound: Bound[NormFit], j: int, norm: float
) -> None:
    here = replace(bound.example, norm=norm, margin=0.7)
    there = replace(here, norm=norm * 2.0**j, margin=0.7 * 2.0**j)
    assert bound.formula(here, 0.05) == bound.formula(there, 0.05)


@every_one
def test_a_net_of_zeros_has_a_number_and_an_infinite_norm_says_infinity(
    bound: Bound[NormFit],
) -> None:
    zero = replace(bound.example, norm=0.0, margin_errors=60_000)
    assert 1 < bound.formula(zero, 0.05) < 1.1
    assert bound.formula(replace(zero, norm=math.inf), 0.05) == math.inf


@every_one
def test_another_norm_is_refused(bound: Bound[NormFit]) -> None:
    outcome = bound.certify(replace(bound.example, kind="nuclear"), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "this-norm"


def test_paths_are_below_row_sums() -> None:
    """Net by hand: paths 3 + 2 over both outputs, row sums 2 * (2 + 1)."""
    paths = replace(HAND, kind="path", norm=5.0)
    sums = replace(HAND, kind="row-sums", norm=6.0)
    assert path_margin.formula(paths, 0.05) <= row_sum_margin.formula(sums, 0.05)


def signs(n: int) -> list[Floats]:
    return [np.array(s, dtype=float) for s in itertools.product((-1, 1), repeat=n)]


@some
@given(seed=st.integers(0, 10**6), n=st.integers(1, 4), classes=st.integers(2, 3))
def test_linear_nets_by_enumeration_of_signs(seed: int, n: int, classes: int) -> None:
    """sup over the Frobenius ball and over the l1 ball are dual norms: exact."""
    x = np.random.default_rng(seed).normal(size=(n, 3))
    sums = [e.reshape(n, classes).T @ x for e in signs(n * classes)]
    ball = float(np.mean([np.linalg.norm(s) for s in sums]))
    cross = float(np.mean([np.abs(s).max() for s in sums]))
    fit = replace(
        HAND, trials=n, layers=1, classes=classes, inputs=3, row_norm=np.linalg.norm(x)
    )
    # (2 / gamma n) times the expected supremum, at norm over margin 1
    assert 2 * ball / n <= multiclass_frobenius(1.0, fit, 1.0)
    if n == 1:  # no room at all
        assert 2 * ball >= multiclass_frobenius(1.0, fit, 1.0) * (1 - 1e-12)
    v = float(np.sqrt((x**2).sum(axis=0).max()))
    assert 2 * cross / n <= multiclass_path(1.0, replace(fit, row_norm=v))


def best_unit(x: Floats, e: Floats) -> float:
    """sup over unit vectors w of the plane of |sum_i e_i relu(w.x_i)|, exactly.

    Between two directions orthogonal to a row the sum is linear in w.
    """
    edges = np.concatenate([np.arctan2(x[:, 0], -x[:, 1]) + s for s in (0, math.pi)])
    edges = np.sort(np.mod(edges, 2 * math.pi))
    best = 0.0
    for a, b in zip(edges, [*edges[1:], edges[0] + 2 * math.pi], strict=True):
        middle = np.array([math.cos((a + b) / 2), math.sin((a + b) / 2)])
        g = (e * (x @ middle > 0)) @ x
        ends = [np.array([math.cos(t), math.sin(t)]) @ g for t in (a, b)]
        best = max(best, *(abs(float(v)) for v in ends))
        for s in (0.0, math.pi):
            turn = np.mod(math.atan2(g[1], g[0]) + s - a, 2 * math.pi)
            if turn <= b - a:
                best = max(best, float(np.linalg.norm(g)))
    return best


@settings(derandomize=True, max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 5))
def test_one_hidden_layer_by_enumeration_of_signs(seed: int, n: int) -> None:
    """E T^2 <= 2 ||X||^2 and <= kappa(1)^2 ||X||^2, T exact."""
    x = np.random.default_rng(seed).normal(size=(n, 2))
    second = float(np.mean([best_unit(x, e) ** 2 for e in signs(n)]))
    total = float((x**2).sum())
    assert second <= 2 * total
    assert second <= kappa(1) ** 2 * total
    angles = np.linspace(0, 2 * math.pi, 4001)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    e = signs(n)[-1]
    seen = float(np.abs(e @ np.maximum(x @ circle, 0)).max())
    assert seen <= best_unit(x, e) + 1e-12 <= seen + 1e-2  # the exact one is exact


def test_a_hidden_layer_does_cost_something() -> None:
    """Rows x and -x: signs that cancel in a linear net cannot through a ReLU."""
    x = np.array([[1.0, 0.0], [-1.0, 0.0]])
    second = float(np.mean([best_unit(x, e) ** 2 for e in signs(2)]))
    linear = float(np.mean([np.linalg.norm(e @ x) ** 2 for e in signs(2)]))
    assert (second, linear) == pytest.approx((1.0, 2.0))
    third = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    assert np.mean([best_unit(third, e) ** 2 for e in signs(3)]) > 0


@settings(derandomize=True, max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), gamma=st.floats(0.1, 4))
def test_the_ramp_on_many_nets_of_the_class_by_enumeration(
    seed: int, gamma: float
) -> None:
    """A part of a class has at most the class's complexity."""
    draw = np.random.default_rng(seed)
    n, nets = 6, 300
    x, y = draw.normal(size=(n, 3)), draw.integers(2, size=n)
    first, second = draw.normal(size=(nets, 4, 3)), draw.normal(size=(nets, 2, 4))
    frobenius = np.linalg.norm(first, axis=(1, 2)) * np.linalg.norm(second, axis=(1, 2))
    paths = np.abs(second) @ (np.abs(first) @ np.ones(3))[:, :, None]
    for norms, bounds, row_norm in (
        (frobenius, (frobenius_margin, golowich_margin), np.linalg.norm(x)),
        (paths.sum(axis=(1, 2)), (path_margin,), np.sqrt((x**2).sum(axis=0).max())),
    ):
        hidden = np.maximum(first @ x.T, 0)
        outputs = (second @ hidden) / norms[:, None, None]  # nets of norm 1
        own = np.take_along_axis(outputs, y[None, None, :], axis=1)[:, 0]
        margin = 2 * own - outputs.sum(axis=1)
        ramp = np.clip(1 - margin / gamma, 0, 1)
        exact = np.mean([(ramp @ e).max() for e in signs(n)]) / n
        for bound in bounds:
            fit = NormFit(
                margin_errors=0,
                trials=n,
                margin=gamma,
                kind=bound.example.kind,
                norm=1.0,
                row_norm=float(row_norm),
                layers=2,
                classes=2,
                inputs=3,
            )
            terms: Any = bound.terms(fit, 0.05)
            assert 0 < 2 * exact <= terms["complexity"]
