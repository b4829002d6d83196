"""Net-Trim's solver against a kept one, and against programs solved by hand."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import NetTrim, Rows
from nonvacuous.compression.second_order._net_trim_solver import Program, State, solve
from nonvacuous.nets import Layer, Network

exactly = settings(derandomize=True, max_examples=15, deadline=None)


def program(x, target, active, free=0):
    """The program with that many free inputs at the end."""
    inputs = x.shape[1]
    return Program.of(x, target, active, np.arange(inputs) >= inputs - free)


def solved(x, target, active, tolerance, free=0, accuracy=1e-6):
    """The new weights, (inputs, neurons)."""
    made = program(x, target, active, free)
    state = solve(made, tolerance, State.start(made), accuracy=accuracy, limit=20000)
    assert state.close(accuracy)
    return state.v * made.scale


def oracle(x, target, active, tolerance, free=0):
    """The same program in cvxpy's words, solved by clarabel."""
    u = cp.Variable((x.shape[1], target.shape[1]))
    on, off = active.astype(float), (~active).astype(float)
    size = float(np.linalg.norm(target[active]))
    constraints = [
        cp.norm(cp.multiply(on, x @ u - target), "fro") <= tolerance * size,
        cp.multiply(off, x @ u - target) <= 0,
    ]
    counted = u[: x.shape[1] - free]
    problem = cp.Problem(cp.Minimize(cp.sum(cp.abs(counted))), constraints)
    problem.solve(solver=cp.CLARABEL)
    assert problem.status == "optimal"
    return u.value


def layer_problem(seed, rows=30, inputs=7, neurons=4, bias=True):
    """What a random ReLU layer receives and gives, with the column for the bias."""
    rng = np.random.default_rng(seed)
    x = np.maximum(rng.normal(size=(rows, inputs)) * rng.uniform(0.3, 3, inputs), 0)
    if bias:
        x = np.column_stack([x, np.ones(rows)])
    y = np.maximum(x @ rng.normal(size=(x.shape[1], neurons)), 0)
    return x, y, y > 0


def violations(x, target, active, u):
    """Relative distance on the active entries, and the largest excess on the others."""
    r = x @ u - target
    size = np.linalg.norm(target[active])
    return np.linalg.norm(r[active]) / size, np.max(r, where=~active, initial=0) / size


def test_orthogonal_inputs_by_hand():
    # least |u| with |u - (3, 4, 1)| <= sqrt(3): soft thresholds at 1
    target = np.array([[3.0], [4.0], [1.0]])
    on = np.ones((3, 1), dtype=bool)
    found = solved(np.eye(3), target, on, np.sqrt(3 / 26))
    assert found[:, 0] == pytest.approx([2, 3, 0], abs=1e-4)


def test_a_bound_off_the_active_entries_by_hand():
    # u_1 + u_2 = 2 on the first row and u_2 <= -1 on the second: u = (3, -1)
    x = np.array([[1.0, 1.0], [0.0, 1.0]])
    on = np.array([[True], [False]])
    found = solved(x, np.array([[2.0], [-1.0]]), on, 1e-9)
    assert found[:, 0] == pytest.approx([3, -1], abs=1e-4)


def test_a_free_input_costs_nothing():
    # the constant is free: it takes the mean of the active values, 5
    x = np.column_stack([np.eye(2), np.ones(2)])
    target, on = np.array([[4.0], [6.0]]), np.ones((2, 1), dtype=bool)
    found = solved(x, target, on, np.sqrt(2 / 52), free=1)
    assert found[:, 0] == pytest.approx([0, 0, 5], abs=1e-4)
    paid = solved(x, target, on, np.sqrt(2 / 52))
    assert np.abs(paid).sum() < 5


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tolerance", [0.02, 0.1, 0.4])
def test_a_relu_layer_is_solved_as_by_clarabel(seed, tolerance):
    free = seed % 2
    x, y, active = layer_problem(seed)
    found = solved(x, y, active, tolerance, free)
    wanted = oracle(x, y, active, tolerance, free)
    norms = [np.abs(u[: len(u) - free]).sum() for u in (found, wanted)]
    assert norms[0] == pytest.approx(norms[1], rel=1e-3)
    distance, excess = violations(x, y, active, found)
    assert distance <= tolerance + 1e-4
    assert excess <= 1e-4


@pytest.mark.parametrize("seed", range(3))
def test_a_layer_without_relu_is_solved_as_by_clarabel(seed):
    x, _, _ = layer_problem(seed)
    y = x @ np.random.default_rng(seed).normal(size=(8, 3))
    active = np.ones(y.shape, dtype=bool)
    found, wanted = (s(x, y, active, 0.2) for s in (solved, oracle))
    assert np.abs(found).sum() == pytest.approx(np.abs(wanted).sum(), rel=1e-3)
    assert violations(x, y, active, found)[0] <= 0.2 + 1e-4


def test_a_larger_layer_at_the_default_accuracy_is_near_clarabel():
    x, y, active = layer_problem(9, rows=150, inputs=20, neurons=8)
    made = program(x, y, active, 1)
    state = solve(made, 0.1, State.start(made))
    found, wanted = state.v * made.scale, oracle(x, y, active, 0.1, 1)
    norms = [np.abs(u[:-1]).sum() for u in (found, wanted)]
    assert norms[0] == pytest.approx(norms[1], rel=0.02)
    distance, excess = violations(x, y, active, found)
    assert distance <= 0.102
    assert excess <= 0.002


@exactly
@given(seed=st.integers(0, 10**6), power=st.integers(-20, 20))
def test_solutions_scale_with_the_targets_and_against_the_inputs(seed, power):
    x, y, active = layer_problem(seed)
    factor = 2.0**power  # exact in floats
    found = []
    for made in (
        program(x, y, active),
        program(x / factor, y, active),
        program(x, y * factor, active),
    ):
        found.append(solve(made, 0.2, State.start(made), limit=200).v * made.scale)
    assert (found[1] == found[0] * factor).all()
    assert (found[2] == found[0] * factor).all()


def test_where_another_tolerance_ended_is_as_good_a_start():
    x, y, active = layer_problem(4)
    made = program(x, y, active)
    away = solve(made, 0.5, State.start(made))
    warm = solve(made, 0.1, away, accuracy=1e-6, limit=20000)
    assert warm.v * made.scale == pytest.approx(solved(x, y, active, 0.1), abs=1e-4)


def small_net(seed, bias=True):
    rng = np.random.default_rng(seed)
    layers = []
    for a, b in ((12, 10), (10, 8), (8, 3)):
        weight = rng.normal(size=(b, a)).astype(np.float32).astype(float)
        offset = rng.normal(size=b).astype(np.float32).astype(float)
        layers.append(Layer(weight=weight, bias=offset if bias else None))
    return Network(layers=tuple(layers))


def some_rows(seed, count=200):
    x = np.maximum(np.random.default_rng([seed, 1]).normal(size=(count, 12)), 0)
    return Rows(x, np.zeros(count, dtype=np.int64), f"rows {seed}")


@pytest.mark.parametrize("cascade", [False, True])
@pytest.mark.parametrize("keep", [0.1, 0.3, 0.6])
def test_a_budget_is_met_from_below(cascade, keep):
    settings = NetTrim(rows=some_rows(0), keep=keep, cascade=cascade)
    _, report = settings.explain(small_net(0))
    for layer, size in zip(report.layers, (120, 80, 24), strict=True):
        count = round(keep * size)
        assert layer.kept <= count
        # the cascade may not go below the error that the original weights make
        assert layer.kept >= 0.8 * count - 1 or (cascade and layer.layer > 1)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("tolerance", [0.05, 0.3])
def test_a_tolerance_is_kept_on_the_rows_and_the_norm_falls(bias, tolerance):
    net = small_net(1, bias)
    small, report = NetTrim(rows=some_rows(1), tolerance=tolerance).explain(net)
    for before, after, said in zip(
        net.layers, small.layers, report.layers, strict=True
    ):
        assert said.facts["tolerance"] == tolerance
        assert said.facts["relative error"] <= tolerance + 5e-3
        # the original weights are feasible, so they have no smaller norm
        assert np.abs(after.weight).sum() < np.abs(before.weight).sum()
        assert (after.bias is None) == (not bias)


def naive_forward(network, x):
    a, entering = x, []
    for i, layer in enumerate(network.layers):
        entering.append(a)
        a = a @ layer.weight.T + layer.bias
        a = np.maximum(a, 0) if i + 1 < len(network.layers) else a
    return [*entering, a]


@pytest.mark.parametrize("cascade", [False, True])
def test_the_reported_error_is_that_on_original_or_on_trimmed_inputs(cascade):
    net, rows = small_net(2), some_rows(2)
    settings = NetTrim(rows=rows, tolerance=0.2, cascade=cascade)
    small, report = settings.explain(net)
    wanted, trimmed = (naive_forward(n, rows.x) for n in (net, small))
    for i, layer in enumerate(small.layers):
        found = (trimmed if cascade else wanted)[i] @ layer.weight.T + layer.bias
        found = np.maximum(found, 0) if i < 2 else found
        error = np.linalg.norm(found - wanted[i + 1]) / np.linalg.norm(wanted[i + 1])
        assert report.layers[i].facts["relative error"] == pytest.approx(error)


def test_a_cascade_errs_less_in_the_end_than_layers_on_their_own():
    net, rows = small_net(3), some_rows(3)
    wanted = naive_forward(net, rows.x)[-1]
    errors = []
    for cascade in (False, True):
        settings = NetTrim(rows=rows, tolerance=0.2, cascade=cascade)
        found = naive_forward(settings.apply(net), rows.x)[-1]
        errors.append(np.linalg.norm(found - wanted))
    assert errors[1] < errors[0]


def test_inputs_that_are_always_off_get_no_weights():
    rows = some_rows(5)
    x = rows.x.copy()
    x[:, [0, 7]] = 0
    small = NetTrim(rows=Rows(x, rows.y, "off"), tolerance=0.1).apply(small_net(5))
    assert not small.layers[0].weight[:, [0, 7]].any()


def test_a_layer_that_is_never_active_needs_nothing():
    net = small_net(6)
    off = Layer(weight=-np.abs(net.layers[0].weight), bias=np.full(10, -1.0))
    net = Network(layers=(off, *net.layers[1:]))
    for options in ({"keep": 0.5}, {"tolerance": 0.1}):
        small = NetTrim(rows=some_rows(6), **options).apply(net)
        assert not small.layers[0].weight.any()
        assert not small.layers[0].bias.any()
        # the second layer sees zeros only: its bias alone gives what it gave
        assert not small.layers[1].weight.any()
        on = net.layers[1].bias > 0
        wanted = net.layers[1].bias[on]
        assert small.layers[1].bias[on] == pytest.approx(wanted, rel=0.2)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({}, "either keep or tolerance"),
        ({"keep": 0.5, "tolerance": 0.5}, "either keep or tolerance"),
        ({"tolerance": 0.0}, r"tolerance must lie in \(0, 1\), got 0.0"),
        ({"tolerance": 1.0}, r"tolerance must lie in \(0, 1\), got 1.0"),
        ({"tolerance": float("nan")}, "tolerance must lie"),
    ],
)
def test_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        NetTrim(rows=some_rows(0), **options)
