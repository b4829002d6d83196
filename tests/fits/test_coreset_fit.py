"""Evidence for CoreNet's theorem."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from nonvacuous.bounds import Refusal
from nonvacuous.bounds.coreset import corenet_generalization
from nonvacuous.compression import Rows
from nonvacuous.compression._statistics import support_rows
from nonvacuous.data import Role, Sample, make_sample
from nonvacuous.evidence import CoresetFit
from nonvacuous.fits import coreset_fit
from nonvacuous.fits._coreset import hill_index
from nonvacuous.nets import Network
from nonvacuous.training import initial

DELTA = 0.01


def world(rows: int, role: Role = Role.HOLDOUT) -> tuple[Network, Sample]:
    draw = np.random.default_rng(7)
    x = np.abs(draw.normal(size=(rows, 2, 2))).astype(np.float32)
    y = draw.integers(0, 2, rows)
    return initial((4, 3, 2), 5), make_sample(x, y, role=role, source="world")


def fitted(net: Network, sample: Sample) -> CoresetFit:
    return coreset_fit(net, sample, delta=DELTA, seed=3)


def outputs(net: Network, x: NDArray[np.floating]) -> NDArray[np.float64]:
    (w, b), (v, c) = ((a.weight, a.bias) for a in net.layers)
    assert b is not None
    assert c is not None
    return np.array([v @ np.maximum(w @ row + b, 0) + c for row in x.reshape(-1, 4)])


@pytest.mark.parametrize("index", [0.5, 1.0, 2.0])
def test_the_tail_index_of_exact_pareto_quantiles_is_found(index: float) -> None:
    ranks = (np.arange(100_000) + 0.5) / 100_000
    values = (1 - ranks) ** (-1 / index)
    assert hill_index(values) == pytest.approx(index, rel=0.02)
    assert hill_index(values.reshape(500, 200)) == hill_index(values)
    assert hill_index(1000 * values) == pytest.approx(hill_index(values), rel=1e-9)


def test_light_and_infinite_tails_are_told_apart() -> None:
    assert hill_index(np.ones(1000)) == math.inf
    assert hill_index(np.full(1000, np.inf)) == 0.0
    quantiles = -np.log(1 - (np.arange(100_000) + 0.5) / 100_000)
    assert hill_index(1 + quantiles) > 5
    heavy = np.ones(1000)
    heavy[:11] = np.inf
    assert hill_index(heavy) < 1


def test_margin_errors_are_those_of_a_naive_count() -> None:
    net, sample = world(400)
    fit = fitted(net, sample)
    j = fit.grid_index
    each = DELTA * 6 / (math.pi**2 * (j + 1) ** 2) / len(sample)
    chosen = set(support_rows(net, Rows.of(sample), each, 3).tolist())
    rest = [i for i in range(len(sample)) if i not in chosen]
    scores = outputs(net, sample.x[rest].astype(float))
    gamma = math.sqrt(2) * 2.0**-j * max(math.hypot(*s) for s in scores)
    naive = sum(
        s[y] - s[1 - y] <= gamma for s, y in zip(scores, sample.y[rest], strict=True)
    )
    assert fit.trials == len(rest) < len(sample)
    assert fit.margin_errors == naive
    plain = sum(s[y] <= s[1 - y] for s, y in zip(scores, sample.y[rest], strict=True))
    assert plain < naive < len(rest)


def test_the_whole_probability_of_the_grid_is_below_delta() -> None:
    net, sample = world(400)
    fit = fitted(net, sample)
    assert fit.theorem_delta == DELTA
    spent = sum(6 / (math.pi**2 * (j + 1) ** 2) for j in range(1, 9))
    assert spent < 1
    with pytest.raises(ValueError, match="delta must exceed"):
        corenet_generalization.formula(fit, DELTA)


def test_the_same_seed_gives_the_same_evidence() -> None:
    assert fitted(*world(400)) == fitted(*world(400))


def test_training_rows_are_not_independent_and_the_theorem_refuses_them() -> None:
    fit = fitted(*world(400, Role.TRAIN))
    assert not fit.independent
    outcome = corenet_generalization.certify(fit, delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "rows-kept-from-training"
    assert fitted(*world(400)).independent


@pytest.mark.parametrize("rows", [1, 20])
def test_too_few_rows_for_the_support_are_refused(rows: int) -> None:
    with pytest.raises(ValueError, match="rows must be"):
        fitted(*world(rows))


def test_exactly_the_rows_of_the_support_leave_nothing_to_count() -> None:
    net, sample = world(400)
    # |S| depends on the rows only through their number, and grows with it: step up
    for rows in range(20, 400):
        try:
            fit = fitted(net, sample.take(slice(rows)))
        except ValueError:
            continue
        assert fit.trials >= 1
        return
    pytest.fail("400 rows are enough")
