"""Bounds by one norm of the whole net."""

import itertools
import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.bounds import Certificate, Refusal
from nonvacuous.bounds.norms import (
    frobenius_margin,
    golowich_margin,
    path_margin,
    row_sum_margin,
)
from nonvacuous.bounds.norms._margins import deviation, fine, ladder
from nonvacuous.bounds.norms.products import (
    frobenius_complexity,
    golowich_complexity,
    multiclass_frobenius,
    multiclass_path,
    row_sum_complexity,
    tail_factor,
)
from nonvacuous.evidence import NormFit, Origin

some = settings(derandomize=True, max_examples=60, deadline=None)
NORM = math.sqrt(7) * math.sqrt(3)  # [[1,0],[0,2],[1,1]] and [[1,0,1],[0,1,0]]
ROWS = 5 * math.sqrt(1000)
FOUR = (frobenius_margin, golowich_margin, path_margin, row_sum_margin)

FIT = NormFit(
    margin_errors=0,
    trials=1000,
    margin=1.0,
    kind="frobenius",
    norm=NORM,
    row_norm=ROWS,
    layers=2,
    classes=2,
    inputs=2,
)


def naive_kappa(depth: int, sharper: bool) -> mpmath.mpf:
    with mpmath.workdps(50):
        u = mpmath.sqrt(2 * depth * mpmath.log(2))
        tail = mpmath.quad(lambda v: mpmath.exp((u * u - v * v) / 2), [u, mpmath.inf])
        if not sharper:
            tail = min(mpmath.sqrt(mpmath.pi / 2), 1 / u)
        return mpmath.sqrt((1 + u) ** 2 + 2 + 2 * tail)


def test_one_output_agrees_with_published_values() -> None:
    assert frobenius_complexity(NORM, 5.0, 1000, 2) == pytest.approx(
        1.449137675, rel=1e-9
    )
    assert golowich_complexity(NORM, ROWS, 1000, 2) == pytest.approx(
        1.931055091, rel=1e-9
    )
    # row sums 2 and 2, and rows (3, 4)
    assert row_sum_complexity(4.0, 4 * math.sqrt(1000), 1000, 2, 2) == pytest.approx(
        1.94468062, rel=1e-8
    )


@pytest.mark.parametrize(
    ("depth", "loose", "sharp"),
    [
        (1, 2.9051261602, 2.8177016523),
        (2, 3.2099734540, 3.1724216625),
        (3, 3.4954632574, 3.4739144123),
    ],
)
def test_kappa_agrees_with_published_values(
    depth: int, loose: float, sharp: float
) -> None:
    assert float(naive_kappa(depth, sharper=False)) == pytest.approx(loose, abs=1e-10)
    exact = naive_kappa(depth, sharper=True)
    assert float(exact) == pytest.approx(sharp, abs=1e-10)
    assert exact <= tail_factor(depth) <= exact * (1 + 1e-12)


def test_the_published_multiclass_value_is_met_with_the_published_kappa() -> None:
    published = float(naive_kappa(1, sharper=False))
    assert multiclass_frobenius(NORM, FIT, published) == pytest.approx(
        5.953736947, rel=1e-9
    )
    gap = 2 * multiclass_frobenius(NORM, FIT, published) + deviation(1000, 0.05)
    assert gap == pytest.approx(12.03631472, rel=1e-9)


def test_the_grid_pays_what_it_says() -> None:
    assert list(ladder(37.0)) == [(64.0, pytest.approx(4.72031453))]
    assert [budget for budget, _ in ladder(0.2)] == [0.25, 0.5, 1.0]
    assert len(list(ladder(0.0))) == 33
    assert list(ladder(math.inf)) == [(math.inf, math.inf)]
    assert fine(math.inf) == (math.inf, math.inf)


@some
@given(value=st.floats(1e-9, 1e30))
def test_fine_budgets_hold_the_value_and_little_more(value: float) -> None:
    budget, nats = fine(value)
    assert value <= budget <= value * 2 ** (1 / 8) * (1 + 1e-12)
    j = round(8 * math.log2(budget))
    assert nats == pytest.approx(
        math.log(math.pi**2 / 3 - 1) + 2 * math.log(1 + abs(j)), rel=1e-12
    )


def naive(fit: NormFit, delta: float, which: str) -> mpmath.mpf:
    """The theorem, at fifty digits, from its statement."""
    with mpmath.workdps(50):
        n, k = mpmath.mpf(fit.trials), fit.classes
        ratio = mpmath.mpf(fit.norm) / mpmath.mpf(fit.margin)
        best = mpmath.inf
        for j in range(math.ceil(float(mpmath.log(ratio, 2))), 60):
            weight = 1 / ((mpmath.pi**2 / 3 - 1) * (1 + abs(j)) ** 2)
            if which == "path":
                logs = fit.layers * mpmath.log(2) + mpmath.log(k * fit.inputs)
                factor = 2 * mpmath.sqrt(2 * logs)
            elif which == "frobenius":
                factor = 2 * mpmath.sqrt(k * mpmath.mpf(2) ** (fit.layers - 1))
            else:
                factor = 2 * mpmath.sqrt(k) * naive_kappa(fit.layers - 1, sharper=True)
            complexity = factor * mpmath.mpf(2) ** j * mpmath.mpf(fit.row_norm) / n
            logs = mpmath.log(2 / (mpmath.mpf(delta) * weight))
            gap = 2 * complexity + 3 * mpmath.sqrt(logs / (2 * n))
            best = min(best, gap)
        return fit.margin_errors / n + best


@pytest.mark.parametrize("margin", [0.01, 0.3, 7.0, 400.0, 1e5])
def test_each_bound_is_its_statement_rounded_up(margin: float) -> None:
    fit = replace(FIT, margin=margin, margin_errors=321, layers=3, classes=7)
    for bound, which, kind in (
        (frobenius_margin, "frobenius", "frobenius"),
        (golowich_margin, "golowich", "frobenius"),
        (path_margin, "path", "path"),
        (row_sum_margin, "path", "row-sums"),
    ):
        exact = naive(fit, 0.05, which)
        value = bound.formula(replace(fit, kind=kind), 0.05)
        assert exact <= value <= exact * (1 + 1e-9)


def test_second_moments_win_for_shallow_nets_and_tails_for_deep_ones() -> None:
    for layers in range(1, 12):
        fit = replace(FIT, layers=layers)
        moments, tails = (
            bound.formula(fit, 0.05) for bound in (frobenius_margin, golowich_margin)
        )
        assert (moments < tails) == (layers <= 4)


def test_margins_and_norms_enter_by_their_ratio() -> None:
    for bound in (frobenius_margin, golowich_margin):
        for scale in (0.25, 8.0):
            scaled = replace(FIT, norm=scale * NORM, margin=scale)
            assert bound.formula(scaled, 0.05) == bound.formula(FIT, 0.05)


def test_a_margin_on_the_grid_is_best_for_its_errors() -> None:
    at = replace(FIT, margin=NORM / 4 * (1 + 1e-12))
    below = replace(at, margin=NORM / 4 * (1 - 1e-9))
    assert golowich_margin.formula(below, 0.05) > 1.9 * golowich_margin.formula(
        at, 0.05
    )


# complexity, by enumeration of every sign vector


def signs(*shape: int) -> np.ndarray:
    every = itertools.product((-1.0, 1.0), repeat=math.prod(shape))
    return np.array(list(every)).reshape(-1, *shape)


def test_the_linear_class_is_known_exactly_and_lies_below() -> None:
    """E sup over ||W||_F <= 1 is the mean of ||sum eps_ik x_i||, over all signs."""
    draw = np.random.default_rng(3)
    for classes, n in ((2, 6), (3, 4)):
        x = draw.normal(size=(n, 3))
        sums = np.einsum("sik,ij->skj", signs(n, classes), x)
        exact = float(np.sqrt((sums**2).sum((1, 2))).mean())
        # the contraction's factor 2 / n aside
        claimed = math.sqrt(classes) * np.linalg.norm(x)
        assert 0.8 * claimed < exact <= claimed
        fit = replace(
            FIT, trials=n, layers=1, classes=classes, row_norm=np.linalg.norm(x)
        )
        assert multiclass_frobenius(1.0, fit, 1.0) == pytest.approx(2 * claimed / n)


def test_one_hidden_unit_lies_below_what_peeling_says() -> None:
    """Two inputs: the best direction is found on a fine circle, for every sign."""
    angle = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    directions = np.stack([np.cos(angle), np.sin(angle)])
    draw = np.random.default_rng(5)
    for classes, n in ((2, 5), (3, 4)):
        x = draw.normal(size=(n, 2))
        hidden = np.maximum(x @ directions, 0.0)
        sums = np.einsum("sik,id->skd", signs(n, classes), hidden)
        sup = np.sqrt((sums**2).sum(1)).max(axis=1)
        peeled = math.sqrt(2 * classes) * np.linalg.norm(x)
        assert 0.4 * peeled < sup.mean() <= peeled
        assert peeled <= tail_factor(1) * math.sqrt(classes) * np.linalg.norm(x)
        # the lemma itself: the second moment is at most doubled
        one = np.abs(np.einsum("si,id->sd", signs(n), hidden)).max(axis=1)
        assert (one**2).mean() <= 2 * (x**2).sum()


def test_paths_of_one_hidden_unit_lie_below_what_peeling_says() -> None:
    """Unit row sums: the sup of a convex function of w is where w is largest."""
    edges = np.linspace(-1, 1, 401)
    w = np.concatenate(
        [np.stack([edges, s * (1 - np.abs(edges))]) for s in (1, -1)], axis=1
    )
    draw = np.random.default_rng(8)
    for classes, n in ((2, 5), (3, 4)):
        x = draw.normal(size=(n, 2))
        hidden = np.maximum(x @ w, 0.0)
        sums = np.abs(np.einsum("sik,id->skd", signs(n, classes), hidden))
        sup = sums.max(axis=(1, 2)).mean()
        columns = math.sqrt(float((x**2).sum(0).max()))
        fit = replace(FIT, trials=n, classes=classes, row_norm=columns)
        assert 2 * sup / n <= multiclass_path(1.0, fit)


# coverage


def linear(errors: int, n: int, margin: float) -> NormFit:
    """f = (-w.x, w.x) / 2 for a unit w and unit rows: the margin is w.x or -w.x."""
    return NormFit(
        margin_errors=errors,
        trials=n,
        margin=margin,
        kind="frobenius",
        norm=math.sqrt(0.5),
        row_norm=math.sqrt(n),
        layers=1,
        classes=2,
        inputs=2,
    )


def test_covers_the_worst_of_a_linear_class_on_a_toy_world() -> None:
    """Every certificate of 40 nets on each of 400 samples holds, and some say much."""
    draw = np.random.default_rng(11)
    points = np.array([[1.0, 0.0], [0.8, 0.6], [-0.8, 0.6], [0.6, -0.8]])
    chance = np.array([0.95, 0.8, 0.05, 0.6])  # of label 1
    mass = np.array([0.4, 0.3, 0.25, 0.05])
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    score = points @ np.stack([np.cos(angle), np.sin(angle)])
    wrong = np.where(score > 0, 1 - chance[:, None], chance[:, None])
    risk = mass @ np.where(score == 0, 1.0, wrong)
    n = 20_000
    cells = draw.multinomial(n, mass, size=400)
    ones = draw.binomial(cells, chance)
    least = 1.0
    for margin in (0.1, 0.35, 0.7):
        errors = ones @ (score <= margin) + (cells - ones) @ (-score <= margin)
        gap = golowich_margin.formula(linear(0, n, margin), 0.05)
        fit = linear(int(errors[0, 0]), n, margin)
        assert golowich_margin.formula(fit, 0.05) == pytest.approx(
            errors[0, 0] / n + gap
        )
        assert (errors / n + gap >= risk).all()
        least = min(least, float((errors / n + gap).min()))
    assert least < 0.5


def test_rows_that_are_copies_of_each_other_break_the_bound() -> None:
    """A coin's label, seen once and copied: the net that learnt it errs half of the
    time, and its certificate promises less, whatever the coin says."""
    upper = frobenius_margin.formula(linear(0, 20_000, 1 - 1e-9), 0.05)
    assert upper < 0.2 < 0.5


# refusals


def test_another_norm_is_refused_by_name() -> None:
    for bound in (path_margin, row_sum_margin):
        refusal = bound.certify(FIT, delta=0.05)
        assert isinstance(refusal, Refusal)
        assert refusal.assumption == "this-norm"
        assert "'frobenius'" in refusal.reason


@pytest.mark.parametrize("bound", FOUR, ids=lambda bound: bound.name)
def test_rows_that_shaped_the_class_are_refused(bound: object) -> None:
    origin = Origin(source="digits", role="prior", digest="0", rows=60_000)
    fit = replace(bound.example, origin=origin)  # type: ignore[attr-defined]
    refusal = bound.certify(fit, delta=0.05)  # type: ignore[attr-defined]
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "class-fixed"


def test_training_rows_are_welcome_and_the_terms_add_up() -> None:
    origin = Origin(source="digits", role="train", digest="0", rows=60_000)
    certificate = frobenius_margin.certify(
        replace(frobenius_margin.example, origin=origin), delta=0.05
    )
    assert isinstance(certificate, Certificate)
    parts = [
        certificate.terms[name] for name in ("margin error", "complexity", "deviation")
    ]
    assert certificate.raw == pytest.approx(sum(parts), rel=1e-12)
    needed = certificate.terms["rows for a gap of 1/2"] / 60_000
    assert (parts[1] + parts[2]) / math.sqrt(needed) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"margin": 0.0}, "margin must be above 0"),
        ({"margin": math.nan}, "margin must be above 0"),
        ({"norm": -1.0}, "norm must be at least 0"),
        ({"norm": math.nan}, "norm must be at least 0"),
        ({"row_norm": 0.0}, "row_norm must be above 0"),
        ({"row_norm": math.inf}, "row_norm must be above 0 and finite"),
        ({"layers": 0}, "layers must be at least 1"),
        ({"classes": 1}, "classes must be at least 2"),
        ({"margin_errors": 1001}, "margin_errors must lie"),
    ],
)
def test_impossible_facts_are_refused_by_name(
    change: dict[str, float], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        replace(FIT, **change)  # type: ignore[arg-type]


def test_what_overflows_is_infinite_and_what_vanishes_is_small() -> None:
    for norm, margin in ((math.inf, 1.0), (1e300, 1e-300)):
        assert golowich_margin.formula(
            replace(FIT, norm=norm, margin=margin), 0.05
        ) == (math.inf)
    assert 0 < golowich_margin.formula(replace(FIT, norm=0.0), 0.05) < 0.4
