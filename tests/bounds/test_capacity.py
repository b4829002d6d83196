"""Bounds by what an architecture can hold."""

import itertools
import math
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest

from nonvacuous.bounds import Certificate, Refusal
from nonvacuous.bounds.capacity import (
    growth_function,
    log_growth,
    parameter_count,
    shattered,
    vc_dimension,
)
from nonvacuous.bounds.occam import occam_hoeffding
from nonvacuous.evidence import ArchitectureFit, CodedFit

SMALL = ArchitectureFit(errors=0, trials=60_000, sizes=(2, 3, 2))
MNIST = ArchitectureFit(errors=0, trials=60_000, sizes=(784, 600, 10))


def test_agrees_with_published_values() -> None:
    assert shattered((2, 3, 2)) == pytest.approx(259.2418598, rel=1e-9)
    assert vc_dimension.formula(SMALL, 0.05) == pytest.approx(0.4972882546, rel=1e-9)
    assert shattered(MNIST.sizes) == pytest.approx(1.64837e7, rel=1e-5)
    assert parameter_count.formula(MNIST, 0.05) == pytest.approx(9.3899, abs=5e-5)
    terms = parameter_count.terms(MNIST, 0.05)
    # with no training error this many bits are worth a bound of one
    assert int(terms["bits for a gap of 1/2"]) == 43_276
    assert terms["parameters"] == 785 * 600 + 601 * 10


def test_two_layers_have_a_closed_form() -> None:
    for d, h, c in ((2, 3, 2), (10, 40, 2), (784, 600, 10)):
        logs = math.log2(8 * math.e * (h + 2 * c) * math.log2(4 * math.e * (h + 2 * c)))
        closed = 2 + (2 * (d + 1) * h + (h + 1) * c) * logs
        assert shattered((d, h, c)) == pytest.approx(closed, rel=1e-12)


def test_parameters_are_a_code_of_fixed_length() -> None:
    coded = CodedFit(errors=7, trials=60_000, bits=32 * 20)
    assert sum(SMALL.parameters) == 17
    fit = replace(SMALL, errors=7, sizes=(2, 4, 2), biases=False)
    assert sum(fit.parameters) == 16
    fit = replace(fit, precision=40)
    assert parameter_count.formula(fit, 0.05) == pytest.approx(
        occam_hoeffding.formula(coded, 0.05), rel=1e-12
    )


def naive_growth(sizes: tuple[int, ...], n: int) -> Any:
    with mpmath.workdps(50):
        log, w, total = mpmath.log, 0, mpmath.mpf(0)
        for i in range(1, len(sizes)):
            w += (sizes[i - 1] + 1) * sizes[i]
            k = sizes[i] if i + 1 < len(sizes) else sizes[i] - 1
            every = n * k * log(2)
            if n * k >= w:
                ratio = 2 * mpmath.e * n * k * i / mpmath.mpf(w)
                every = min(every, log(2) + w * log(ratio))
            total += every
        return min(total, n * log(2))


@pytest.mark.parametrize("n", [1, 30, 1000, 10**6, 10**9])
@pytest.mark.parametrize("sizes", [(2, 2), (2, 3, 2), (5, 4, 3, 7)])
def test_growth_is_its_formula_rounded_up(sizes: tuple[int, ...], n: int) -> None:
    exact = naive_growth(sizes, n)
    assert exact <= log_growth(sizes, n) <= exact * (1 + 1e-9)


@pytest.mark.parametrize("classes", [2, 3])
def test_affine_classifiers_of_the_plane_have_no_more_patterns(classes: int) -> None:
    """A search over 200,000 nets finds fewer than the count allows."""
    draw = np.random.default_rng(classes)
    n = 12
    x = np.column_stack([draw.normal(size=(n, 2)), np.ones(n)])
    y = draw.integers(0, classes, n)
    found: set[bytes] = set()
    for _ in range(20):
        w = draw.normal(size=(10_000, classes, 3))
        scores = np.einsum("ij,skj->sik", x, w)
        own = np.take_along_axis(scores, y[None, :, None], axis=2)
        others = np.where(np.arange(classes) == y[:, None], -np.inf, scores)
        wrong = np.packbits((own[:, :, 0] <= others.max(2)), axis=1)
        found |= {row.tobytes() for row in wrong}
    assert len(found) > 100
    assert math.log(len(found)) <= log_growth((2, classes), n)
    if classes == 2:  # Cover: 2 sum_{i <= 2} C(n - 1, i) dichotomies, exactly
        cover = 2 * sum(math.comb(n - 1, i) for i in range(3))
        assert len(found) <= cover
        assert math.log(cover) <= log_growth((2, 2), n)


def test_the_vc_dimension_of_half_planes_is_below() -> None:
    assert shattered((2, 2)) >= 3
    for inputs, hidden in itertools.product((1, 2, 5), (1, 2, 4)):
        # more than the parameters of its last layer, which it can surely shatter
        assert shattered((inputs, hidden, 2)) > hidden + 1


def test_enough_rows_make_them_say_something() -> None:
    for bound in (vc_dimension, growth_function, parameter_count):
        assert bound.formula(replace(SMALL, trials=10**6), 0.05) < 0.2
    growth = growth_function.formula(SMALL, 0.05)
    assert growth < vc_dimension.formula(SMALL, 0.05)


def test_covers_thresholds_on_a_toy_world() -> None:
    """The worst of all thresholds, on each of 300 samples, of which some say much."""
    draw = np.random.default_rng(6)
    points, n = np.arange(10), 20_000
    chance = np.where(points > 4, 0.9, 0.1)
    above = points[:, None] > np.arange(-1, 10)
    risk = np.where(above, 1 - chance[:, None], chance[:, None]).mean(0)
    cells = draw.multinomial(n, np.full(10, 0.1), size=300)
    ones = draw.binomial(cells, chance)
    errors = (cells - ones) @ above + ones @ ~above
    fit = ArchitectureFit(errors=0, trials=n, sizes=(1, 2))
    for bound in (vc_dimension, growth_function, parameter_count):
        upper = errors / n + bound.formula(fit, 0.05)
        assert (upper >= risk).all()
        assert upper.min() < 0.45


def test_a_sample_that_chose_the_architecture_breaks_the_bound() -> None:
    """A lookup table made for the rows has one net and no parameters: a bound for that
    one net promises less than the half that it errs on random labels."""
    table = ArchitectureFit(errors=0, trials=10_000, sizes=(1, 2))
    for bound in (vc_dimension, growth_function, parameter_count):
        assert bound.formula(table, 0.05) < 0.5


def test_vc_speaks_of_two_classes() -> None:
    refusal = vc_dimension.certify(MNIST, delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "two-classes"
    assert isinstance(growth_function.certify(MNIST, delta=0.05), Certificate)


def test_more_parameters_than_rows_are_vacuous() -> None:
    worst = math.sqrt(16 * math.log(2))
    assert worst < growth_function.formula(MNIST, 0.05) < worst + 0.001


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sizes": (3,)}, "sizes must be at least two layers"),
        ({"sizes": (3, 0, 2)}, "sizes must be"),
        ({"sizes": (3, 1)}, "at least 2 outputs"),
        ({"precision": 0}, "precision must be at least 1"),
        ({"errors": -1}, "errors must lie"),
    ],
)
def test_impossible_architectures_are_refused(change: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(SMALL, **change)
