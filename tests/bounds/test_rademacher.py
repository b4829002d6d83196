"""Rademacher complexity of finite classes, and the bounds that it gives."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from nonvacuous.bounds import Certificate, Refusal
from nonvacuous.bounds.rademacher import (
    complexity_lower,
    complexity_upper,
    exact_complexity,
    massart,
    rademacher_classifiers,
    rademacher_losses,
    sampled_suprema,
)
from nonvacuous.evidence import Origin, RademacherFit, RademacherLosses

some = settings(derandomize=True, max_examples=40, deadline=None)
Class = NDArray[np.float64]


def random_class(seed: int, size: int, n: int) -> Class:
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    return np.where(rng.random((size, n)) < 0.5, -1.0, 1.0)


def naive(v: Class) -> float:
    n = v.shape[1]
    signs = list(product((-1, 1), repeat=n))
    tops = [
        max(sum(s * x for s, x in zip(sign, f, strict=True)) for f in v)
        for sign in signs
    ]
    return math.fsum(tops) / len(signs) / n


def test_agrees_with_known_values() -> None:
    two = [[1, 1], [1, -1]]
    assert exact_complexity(two) == pytest.approx(0.5, rel=1e-12)
    assert massart(two) == pytest.approx(0.8325546112, rel=1e-9)


def test_all_signs_are_followed_by_the_class_of_all() -> None:
    everything = np.array(list(product((-1.0, 1.0), repeat=7)))
    assert exact_complexity(everything) == pytest.approx(1.0, rel=1e-12)
    assert (sampled_suprema(everything, draws=50, seed=3) == 1.0).all()


def test_one_predictor_follows_no_signs() -> None:
    assert massart(random_class(0, 1, 9)) < 1e-300
    assert exact_complexity(random_class(0, 1, 9)) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("n", [1, 4, 8, 15, 20])
def test_a_constant_and_its_negative_have_a_closed_form(n: int) -> None:
    """The mean distance of a random walk from 0, over n."""
    pair = np.array([[1.0] * n, [-1.0] * n])
    k = np.arange(n + 1)
    exact = float(binom.pmf(k, n, 0.5) @ np.abs(2 * k - n)) / n
    value = exact_complexity(pair)
    assert exact * (1 - 1e-12) <= value <= exact * (1 + 1e-12)


@some
@given(seed=st.integers(0, 10**6), size=st.integers(1, 9), n=st.integers(1, 8))
def test_exact_is_its_definition_rounded_up_and_below_massart(
    seed: int, size: int, n: int
) -> None:
    v = random_class(seed, size, n)
    exact = exact_complexity(v)
    assert naive(v) <= exact <= naive(v) + 1e-12
    assert exact <= massart(v) + 1e-12


@some
@given(seed=st.integers(0, 10**6), draws=st.integers(1, 40))
def test_draws_are_within_the_class_and_the_same_twice(seed: int, draws: int) -> None:
    v = random_class(seed, 5, 30)
    first = sampled_suprema(v, draws=draws, seed=seed)
    assert first.shape == (draws,)
    assert (np.abs(first) <= 1).all()
    assert (first == sampled_suprema(v, draws=draws, seed=seed)).all()


def test_draws_have_the_mean_of_the_definition() -> None:
    """Proved margin: McDiarmid's deviation at 1e-6 either side."""
    v = random_class(1, 40, 12)
    suprema = sampled_suprema(v, draws=20_000, seed=1)
    low = complexity_lower(suprema, rows=12, mc_delta=1e-6)
    high = complexity_upper(suprema, rows=12, mc_delta=1e-6)
    assert low <= exact_complexity(v) <= high
    assert high - low < 0.03


@pytest.mark.parametrize("mc_delta", [0.05, 0.3])
@pytest.mark.parametrize("size", [2, 6, 60])
def test_one_draw_covers_exactly(size: int, mc_delta: float) -> None:
    """Over all signs: the draw and its deviation fall short with small probability."""
    n = 10
    v = random_class(size, size, n)
    exact = exact_complexity(v)
    signs = np.array(list(product((-1.0, 1.0), repeat=n)))
    suprema = (signs @ v.T).max(axis=1) / n
    short = [complexity_upper([s], rows=n, mc_delta=mc_delta) < exact for s in suprema]
    over = [complexity_lower([s], rows=n, mc_delta=mc_delta) > exact for s in suprema]
    assert np.mean(short) <= mc_delta
    assert np.mean(over) <= mc_delta
    assert np.mean(suprema < exact - 1e-12) > 0.3  # without the deviation it does not


def test_deviation_is_the_formula() -> None:
    value = complexity_upper([0.2], rows=50, mc_delta=0.05)
    assert value == pytest.approx(0.2 + math.sqrt(2 * math.log(20) / 50), rel=1e-12)
    value = complexity_upper([0.1, 0.3], rows=50, mc_delta=0.05)
    assert value == pytest.approx(0.2 + math.sqrt(2 * math.log(20) / 100), rel=1e-12)


def test_both_bounds_are_their_formulas_rounded_up() -> None:
    tail = 3 * math.sqrt(math.log(2 / 0.04) / 2_000)
    fit = RademacherFit(errors=100, trials=1_000, complexity=0.2, mc_delta=0.01)
    first = rademacher_classifiers.certify(fit, delta=0.05)
    loss = RademacherLosses(mean=0.1, trials=1_000, complexity=0.1, mc_delta=0.01)
    second = rademacher_losses.certify(loss, delta=0.05)
    for certificate in (first, second):
        assert isinstance(certificate, Certificate)
        assert certificate.raw == pytest.approx(0.1 + 0.2 + tail, rel=1e-12)
        assert certificate.raw >= 0.1 + 0.2 + tail
        assert certificate.bound.uniform


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_massart_scales_with_its_class(size: float) -> None:
    assert massart([[size, size], [size, -size]]) / size >= 0.8325546111576977
    assert massart([[size, size], [size, -size]]) / size < 0.83255461116
    assert massart([[size, 0.0]]) < 1e-300


def test_the_least_delta_there_is_gives_a_number() -> None:
    fit = RademacherFit(errors=0, trials=10**6, complexity=0.0)
    assert rademacher_classifiers.formula(fit, 1e-308) < 0.06
    assert rademacher_classifiers.formula(fit, 5e-324) < 0.06


def test_what_signs_have_spent_is_not_spent_again() -> None:
    fit = RademacherFit(errors=1, trials=10, complexity=0.1, mc_delta=0.05)
    with pytest.raises(ValueError, match=r"delta must exceed the 0\.05 spent"):
        rademacher_classifiers.certify(fit, delta=0.05)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_covers_exactly_for_a_pair_of_opposites(p: float) -> None:
    """The class {1, -1}: every count of labels, and the better of the two constants."""
    n, delta = 60, 0.3
    ks = np.arange(n + 1)
    complexity = exact_complexity(np.array([[1.0] * 20, [-1.0] * 20]))
    complexity *= 20 * math.comb(59, 29) * 2.0**-59 / (20 * math.comb(19, 9) * 2.0**-19)
    walk = float(binom.pmf(ks, n, 0.5) @ np.abs(2 * ks - n)) / n
    assert complexity == pytest.approx(walk, rel=1e-9)
    wrong = np.zeros(n + 1, dtype=bool)
    for errors, risk in ((ks, p), (n - ks, 1 - p)):
        for k in ks:
            fit = RademacherFit(errors=int(errors[k]), trials=n, complexity=complexity)
            certificate = rademacher_classifiers.certify(fit, delta=delta)
            assert isinstance(certificate, Certificate)
            wrong[k] |= certificate.raw < risk
    assert binom.pmf(ks[wrong], n, p).sum() <= delta


def test_a_class_chosen_after_the_sample_breaks_the_bound() -> None:
    """The class of the one table of labels has complexity 0 and errs on no row."""
    fit = RademacherFit(errors=0, trials=200, complexity=0.0)
    certificate = rademacher_classifiers.certify(fit, delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.raw < 0.5  # the risk on random labels


def test_a_search_that_fits_random_signs_badly_proves_nothing() -> None:
    """A table fits any signs; a lazy search that fits none would certify it at 0.41."""
    honest = RademacherFit(errors=0, trials=100, complexity=1.0)
    lazy = RademacherFit(errors=0, trials=100, complexity=0.0)
    sure, false = (
        rademacher_classifiers.certify(fit, delta=0.05) for fit in (honest, lazy)
    )
    assert isinstance(sure, Certificate)
    assert isinstance(false, Certificate)
    assert false.raw < 0.5 < 1.0 <= sure.raw
    refusal = rademacher_classifiers.certify(
        RademacherFit(errors=0, trials=100, complexity=0.0, supremum=False), delta=0.05
    )
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "supremum"
    assert "vacuous" in refusal.reason


def test_random_labels_fitted_prove_the_bound_vacuous() -> None:
    floor = complexity_lower([1.0, 1.0, 1.0], rows=10_000, mc_delta=0.01)
    assert 0.98 < floor < 1.0 - math.sqrt(2 * math.log(100) / 30_000) + 1e-9


def test_copies_of_one_row_break_the_bound() -> None:
    fit = RademacherFit(errors=0, trials=200, complexity=0.05)
    certificate = rademacher_classifiers.certify(fit, delta=0.05)
    assert isinstance(certificate, Certificate)
    assert certificate.raw < 0.5  # one coin, right half the time


def test_rows_that_shaped_the_class_are_refused() -> None:
    origin = Origin(source="digits", role="prior", digest="0", rows=50)
    losses = RademacherLosses(mean=0.1, trials=50, complexity=0.1, origin=origin)
    refusal = rademacher_losses.certify(losses, delta=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.assumption == "class-fixed"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"complexity": -0.1}, "complexity must be finite and at least 0"),
        ({"complexity": math.inf}, "complexity must be finite"),
        ({"mc_delta": 1.0}, r"mc_delta must lie in \[0, 1\), got 1.0"),
        ({"mean": 2.0}, "mean must lie"),
    ],
)
def test_impossible_facts_are_refused_by_name(
    facts: dict[str, float], message: str
) -> None:
    base = {"mean": 0.1, "trials": 50, "complexity": 0.1}
    with pytest.raises(ValueError, match=message):
        RademacherLosses(**{**base, **facts})  # type: ignore[arg-type]


def test_bad_matrices_and_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="20 columns at most, got 21"):
        exact_complexity(np.ones((2, 21)))
    with pytest.raises(ValueError, match="a matrix of finite numbers"):
        massart([1.0, 2.0])
    with pytest.raises(ValueError, match="draws must be at least 1"):
        sampled_suprema([[1.0]], draws=0, seed=0)
    with pytest.raises(ValueError, match=r"draws must lie within 1.0 of 0"):
        complexity_upper([2.0], rows=5, mc_delta=0.1)
    with pytest.raises(ValueError, match="at least one draw"):
        complexity_upper([], rows=5, mc_delta=0.1)
