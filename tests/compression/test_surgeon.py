"""Surgeons against explicit inverses, all supports, a heap and published updates."""

import heapq
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import (
    LayerwiseOptimalBrainSurgeon,
    OptimalBrainCompression,
    Rows,
    _least_squares,
)
from nonvacuous.compression._least_squares import damped, inverse, refit
from nonvacuous.compression.second_order._removal import removal_traces
from nonvacuous.compression.second_order._surgeon import cheapest_removals

exactly = settings(derandomize=True, max_examples=30, deadline=None)

ANY = Rows(np.ones((1, 2)), np.zeros(1, dtype=np.int64), "not looked at")
PAIR = np.array([[2.0, 1.0], [1.0, 2.0]])


def problem(seed, outputs, inputs):
    """A matrix, correlated second moments, and inputs that have them."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(3 * inputs, inputs)) @ rng.normal(size=(inputs, inputs))
    a = np.maximum(a, 0) + 0.1 * rng.normal(size=a.shape)
    return rng.normal(size=(outputs, inputs)), a.T @ a / len(a), a


def error(weight, small, h):
    difference = weight - small
    return float(np.sum((difference @ h) * difference))


def best(weight, h, count):
    """The least error of a neuron over all supports of that size."""
    supports = itertools.combinations(range(len(weight)), count)
    masks = np.array([np.isin(np.arange(len(weight)), s) for s in supports])
    fitted = refit(np.tile(weight, (len(masks), 1)), masks, h)
    return min(error(weight[None], u[None], h) for u in fitted)


def test_two_inputs_by_hand():
    weight = np.array([[1.0, 1.0], [3.0, -1.0]])
    support = np.array([[True, False], [False, True]])
    # u_1 = 1 + 1/2 * 1 and u_2 = -1 + 1/2 * 3
    assert refit(weight, support, PAIR) == pytest.approx(np.array([[1.5, 0], [0, 0.5]]))
    assert inverse(PAIR) == pytest.approx(np.array([[2, -1], [-1, 2]]) / 3)


def test_a_sensitivity_is_what_the_removal_costs():
    order, losses = np.empty((1, 2), np.int64), np.empty((1, 2))
    removal_traces(np.array([[3.0, 1.0]]), inverse(PAIR), order, losses)
    # 1 / (2 * 2/3) first; then 3 + 1/2 alone costs 2 * 3.5^2 / 2
    assert order.tolist() == [[1, 0]]
    assert losses[0] == pytest.approx([0.75, 12.25])


@exactly
@given(seed=st.integers(0, 10**6), outputs=st.integers(1, 5), inputs=st.integers(1, 9))
def test_a_refit_is_least_squares_on_each_support(seed, outputs, inputs):
    weight, _, a = problem(seed, outputs, inputs)
    support = np.random.default_rng(seed).random((outputs, inputs)) < 0.6
    found = refit(weight, support, a.T @ a)
    for w, s, u in zip(weight, support, found, strict=True):
        wanted = np.linalg.lstsq(a[:, s], a @ w, rcond=None)[0]
        assert u[s] == pytest.approx(wanted, rel=1e-6, abs=1e-8)
        assert not u[~s].any()


@exactly
@given(seed=st.integers(0, 10**6), step=st.floats(-1, 1))
def test_no_other_weights_on_the_support_are_better(seed, step):
    weight, h, _ = problem(seed, 3, 6)
    rng = np.random.default_rng(seed)
    support = rng.random(weight.shape) < 0.5
    found = refit(weight, support, h)
    other = found + step * np.where(support, rng.normal(size=weight.shape), 0)
    assert error(weight, found, h) <= error(weight, other, h) * (1 + 1e-9)


@pytest.mark.parametrize("entries", [1, 40, 200])
def test_refits_do_not_depend_on_how_many_are_solved_at_once(monkeypatch, entries):
    weight, h, _ = problem(1, 12, 8)
    support = np.random.default_rng(1).random(weight.shape) < 0.5
    support[3], support[7] = False, True
    whole = refit(weight, support, h)
    monkeypatch.setattr(_least_squares, "_ENTRIES", entries)
    assert refit(weight, support, h) == pytest.approx(whole, rel=1e-9, abs=1e-12)
    assert not whole[3].any()
    assert (whole[7] == weight[7]).all()


def test_damping_is_relative_to_the_mean_of_the_diagonal():
    h = damped(np.diag([1.0, 3.0]), 0.01)
    assert h == pytest.approx(np.diag([1.02, 3.02]))
    assert (damped(np.zeros((2, 2)), 0.01) == np.eye(2)).all()


def naive_traces(weight, h):
    """OBS: the inverse of what is left, from scratch for every removal."""
    orders, losses, reached = [], [], []
    for row in weight:
        w, left, order, cost, states = row.copy(), list(range(len(row))), [], [], []
        while left:
            inv = np.linalg.inv(h[np.ix_(left, left)])
            scores = w[left] ** 2 / (2 * np.diag(inv))
            i = int(np.argmin(scores))
            w[left] -= w[left[i]] / inv[i, i] * inv[:, i]
            cost.append(scores[i])
            order.append(left.pop(i))
            w[order] = 0
            states.append(w.copy())
        orders.append(order)
        losses.append(cost)
        reached.append(states)
    return np.array(orders), np.array(losses), np.array(reached)


@pytest.mark.parametrize(("outputs", "inputs"), [(4, 1), (3, 20), (2, 32), (2, 130)])
def test_the_kernel_is_obs_with_an_explicit_inverse_each_time(outputs, inputs):
    weight, moments, _ = problem(inputs, outputs, inputs)
    h = damped(moments, 0.01)
    order, losses = np.empty(weight.shape, np.int64), np.empty(weight.shape)
    removal_traces(weight, inverse(h), order, losses)
    wanted, costs, states = naive_traces(weight, h)
    assert (order == wanted).all()
    assert losses == pytest.approx(costs, rel=1e-6)
    # after every removal, the weights of OBS are the refit, and the losses add up
    for t in range(inputs):
        support = np.ones(weight.shape, dtype=bool)
        np.put_along_axis(support, wanted[:, : t + 1], False, axis=1)
        fitted = refit(weight, support, h)
        assert fitted == pytest.approx(states[:, t], rel=1e-5, abs=1e-7)
        total = 0.5 * error(weight, fitted, h)
        assert losses[:, : t + 1].sum() == pytest.approx(total, rel=1e-6)


def test_weights_of_zero_go_first_and_for_nothing():
    weight, moments, _ = problem(5, 3, 40)
    weight[:, ::3] = 0
    order, losses = np.empty(weight.shape, np.int64), np.empty(weight.shape)
    removal_traces(weight, inverse(damped(moments, 0.01)), order, losses)
    assert (order[:, :14] == np.arange(0, 40, 3)).all()
    assert not losses[:, :14].any()
    assert (losses[:, 14:] > 0).all()


@exactly
@given(seed=st.integers(0, 10**6), count=st.integers(0, 24))
def test_cheapest_removals_are_those_of_a_heap(seed, count):
    rng = np.random.default_rng(seed)
    losses = rng.permutation(24).reshape(4, 6).astype(float)
    order = np.argsort(rng.random((4, 6)), axis=1)
    heap = [(losses[i, 0], i, 0) for i in range(4)]
    heapq.heapify(heap)
    wanted = np.ones((4, 6), dtype=bool)
    for _ in range(count):
        _, i, t = heapq.heappop(heap)
        wanted[i, order[i, t]] = False
        if t < 5:
            heapq.heappush(heap, (losses[i, t + 1], i, t + 1))
    assert (cheapest_removals(order, losses, count) == wanted).all()


@exactly
@given(seed=st.integers(0, 10**6), count=st.integers(1, 7))
def test_no_method_beats_the_best_of_all_supports(seed, count):
    weight, moments, _ = problem(seed, 1, 7)
    h = damped(moments, 0.01)
    least = best(weight[0], h, count)
    for method in (LayerwiseOptimalBrainSurgeon, OptimalBrainCompression):
        small = method(rows=ANY, keep=0.5).prune(weight, moments, count)
        assert np.count_nonzero(small) == count
        assert error(weight, small, h) >= least * (1 - 1e-9)


@exactly
@given(seed=st.integers(0, 10**6))
def test_one_removal_is_the_best_of_all(seed):
    weight, moments, _ = problem(seed, 1, 7)
    h = damped(moments, 0.01)
    for method in (LayerwiseOptimalBrainSurgeon, OptimalBrainCompression):
        small = method(rows=ANY, keep=0.5).prune(weight, moments, 6)
        assert error(weight, small, h) == pytest.approx(best(weight[0], h, 6))


@exactly
@given(seed=st.integers(0, 10**6), count=st.integers(1, 30))
def test_inputs_that_do_not_correlate_leave_the_largest_products_as_they_are(
    seed, count
):
    rng = np.random.default_rng(seed)
    weight, moments = rng.normal(size=(5, 6)), np.diag(rng.uniform(0.1, 2, 6))
    scores = weight**2 * np.diag(damped(moments, 0.01))
    threshold = np.sort(scores, axis=None)[-count]
    wanted = np.where(scores >= threshold, weight, 0)
    for method in (LayerwiseOptimalBrainSurgeon, OptimalBrainCompression):
        small = method(rows=ANY, keep=0.5).prune(weight, moments, count)
        assert small == pytest.approx(wanted)


def published_updates(weight, h, count):
    """L-OBS as its authors run it: one inverse, one ranking, zeros cut at the end."""
    inv, w = np.linalg.inv(h), weight.copy()
    sensitivity = weight**2 / (2 * np.diag(inv))
    ranking = np.argsort(sensitivity, axis=None)[: weight.size - count]
    mask = np.ones(weight.shape, dtype=bool)
    for i, q in zip(*np.unravel_index(ranking, weight.shape), strict=True):
        w[i] -= w[i, q] / inv[q, q] * inv[:, q]
        mask[i, q] = False
    return w * mask


@exactly
@given(seed=st.integers(0, 10**6), count=st.integers(1, 40))
def test_on_the_published_support_the_optimum_errs_no_more(seed, count):
    weight, moments, _ = problem(seed, 5, 8)
    h = damped(moments, 0.01)
    published = published_updates(weight, h, count)
    found = LayerwiseOptimalBrainSurgeon(rows=ANY, keep=0.5).prune(
        weight, moments, count
    )
    assert ((found != 0) == (published != 0)).all()
    assert error(weight, found, h) <= error(weight, published, h) * (1 + 1e-9)
    if count >= 39:  # with one removal there is no order of updates
        assert found == pytest.approx(published)
