"""The parts of an audit: the tail of Delta, and A1 edge by edge."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta

from nonvacuous._audit._edges import LayerEdges
from nonvacuous._audit._findings import Share
from nonvacuous._audit._tails import LayerTail, hill_interval
from nonvacuous._audit._verdicts import _rare
from nonvacuous.fits._coreset import hill_index, tail_count
from nonvacuous.nets import Layer


def layer(weight: Any, bias: Any = None) -> Layer:
    return Layer(
        weight=np.array(weight, float),
        bias=None if bias is None else np.array(bias, float),
    )


# The tail of Delta --------------------------------------------------------------------


@pytest.mark.parametrize("index", [0.7, 1.0, 2.5])
def test_hills_interval_holds_the_index_of_pareto_samples_as_often_as_it_says(
    index: float,
) -> None:
    draw, order, missed = np.random.default_rng(3), tail_count(1000, 0.05), 0
    for _ in range(400):
        found = hill_index((1 - draw.random(1000)) ** (-1 / index), 0.05)
        low, high = hill_interval(found, order, 0.1)
        missed += not low < index < high
    assert order == 50
    assert 20 <= missed <= 60  # 40 expected, standard deviation 6


def test_a_sum_that_crosses_zero_has_a_tail_of_index_one() -> None:
    # w = (1, -1) at (u, 1): Delta = (u + 1) / |u - 1|, u uniform on (0, 2)
    n = 200_000
    u = (np.arange(n) + 0.5) * 2 / n + 1e-9
    tail = LayerTail(layer=layer([[1.0, -1.0]]))
    for part in np.array_split(np.stack([u, np.ones(n)], axis=1), 3):
        tail.add(part)
    found = tail.read(delta_hat=41.0, promised=1e-4, delta=0.05)
    assert found.index == pytest.approx(1.0, rel=0.03)
    # Delta > 41 where |u - 1| < 0.05 or so: (u + 1) / |u - 1| = 41 at 40/42 and 42/40
    assert found.exceed.value == pytest.approx((42 / 40 - 40 / 42) / 2, abs=1e-4)
    assert found.exceed.of == n
    assert found.infinite.count == 0
    exact = np.minimum((u + 1) / np.abs(u - 1), 1000).mean()
    assert found.means["1000"] == pytest.approx(exact)
    # without a mean, each decade adds the same
    steps = np.diff([found.means[t] for t in ("100", "1000", "10000")])
    assert steps[0] == pytest.approx(steps[1], rel=0.02)
    assert found.curve[0][1] == 1.0


def test_an_infinite_delta_is_counted_even_under_an_infinite_delta_hat() -> None:
    tail = LayerTail(layer=layer([[1.0, -1.0]]))
    tail.add(np.array([[1.0, 1.0], [2.0, 1.0], [0.0, 0.0]]))
    found = tail.read(delta_hat=math.inf, promised=1e-4, delta=0.05)
    assert (found.infinite.count, found.exceed.count) == (1, 1)


@pytest.mark.parametrize(("k", "n"), [(0, 50), (7, 50), (50, 50)])
def test_a_share_has_the_interval_of_clopper_and_pearson(k: int, n: int) -> None:
    share = Share.at(k, n, 0.05)
    low = beta.ppf(0.025, k, n - k + 1) if k else 0.0
    high = beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
    assert share.low == pytest.approx(low, rel=1e-9)
    assert share.high == pytest.approx(high, rel=1e-9)
    assert share.value == k / n


def test_a2_is_refuted_only_where_such_an_s_would_be_rare() -> None:
    # promised 1e-5, seen 0.5: by Markov an S this bad has probability 2e-5 or so
    assert _rare(Share.at(500, 1000, 0.05), 1e-5, 0.01)
    # seen 1e-3 of few rows: such an S may have probability 0.01 and more
    assert not _rare(Share.at(1, 1000, 0.05), 1e-5, 0.01)
    assert not _rare(Share.at(0, 1000, 0.05), 0.0, 0.01)


# Edges --------------------------------------------------------------------------------


def judged(weight: Any, first: Any, second: Any, part: int = 1, k: float = 12.0) -> Any:
    edges = LayerEdges(layer=layer(weight), part=part, constant=k)
    edges.look(np.array(first, float))
    edges.count(np.array(second, float))
    return edges.judged(np.zeros_like(edges.largest), 0.05, int(edges.live.sum()))


def test_a_rarely_lit_edge_breaks_a1_and_an_edge_that_rules_keeps_to_it() -> None:
    # g_2 = 1 on one row of 20 and 0 else: F(1 / K) = 0.95 > exp(-1 / 12) = 0.92
    rows = np.tile([[1.0, 0.0]], (4000, 1))
    rows[::20] = [0.0, 1.0]
    found = judged([[1.0, 1.0]], rows, rows)
    assert (found.live, found.seen, found.fail, found.hold) == (2, 1, 1, 1)
    assert (found.surely, found.all_hold, found.unknown) == (1, False, 0)
    # lit on one row of 10, it keeps to it: 0.9 < 0.92
    rows[::10] = [0.0, 1.0]
    found = judged([[1.0, 1.0]], rows, rows)
    assert (found.seen, found.fail, found.hold) == (0, 0, 2)
    assert found.all_hold


def test_few_rows_do_not_settle_a_rarely_lit_edge() -> None:
    rows = np.tile([[1.0, 0.0]], (20, 1))
    rows[0] = [0.0, 1.0]
    found = judged([[1.0, 1.0]], rows, rows)
    assert (found.seen, found.fail, found.unknown) == (1, 0, 1)


def test_an_edge_that_is_always_small_cannot_be_known() -> None:
    # g_2 = 0.01 always: M_2 may be 0.01, and A1 holds, or 1, and it does not
    found = judged([[1.0, 1.0]], [[99.0, 1.0]] * 4000, [[99.0, 1.0]] * 4000)
    assert (found.live, found.fail, found.hold, found.unknown) == (2, 0, 1, 1)


def test_an_edge_lit_only_in_the_second_half_is_live_and_a_dead_one_is_not() -> None:
    first = np.tile([[1.0, 0.0, 0.0]], (1000, 1))
    second = first.copy()
    second[0] = [1.0, 1.0, 0.0]
    found = judged([[1.0, 1.0, 1.0]], first, second)
    assert (found.live, found.fail) == (2, 1)


@pytest.mark.parametrize("part", [1, -1])
def test_edges_are_counted_as_the_definition_says(part: int) -> None:
    draw = np.random.default_rng(5)
    weight = draw.normal(size=(4, 6)) * (draw.random((4, 6)) > 0.2)
    first, second = draw.normal(size=(2, 50, 6))
    edges = LayerEdges(layer=layer(weight), part=part, constant=3.0)
    for rows in np.array_split(first, 3):
        edges.look(rows)
    for rows in np.array_split(second, 3):
        edges.count(rows)

    def importance(rows: Any, i: int, j: int) -> Any:
        a, same = (
            np.maximum(part * rows, 0),
            np.sign(weight[i]) == np.sign(weight[i, j]),
        )
        terms = np.abs(weight[i]) * a * same
        total = terms.sum(axis=1)
        return np.where(total > 0, terms[:, j] / np.where(total > 0, total, 1), 0)

    for i, j in np.argwhere(weight):
        largest = importance(first, i, j).max()
        assert edges.largest[i, j] == pytest.approx(largest)
        g = importance(second, i, j)
        assert edges.counts[0, i, j] == (g > largest / 3).sum()
        assert edges.counts[1, i, j] == (g > 1 / 3).sum()
    assert not edges.live[weight == 0].any()
