"""Empirical sensitivities against two loops, and the identities they obey."""

import tracemalloc

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import _passes, _sensitivity_torch
from nonvacuous.compression.sensitivity import (
    edge_sensitivities,
    measure_layer,
    sensitivity_sums,
    sign_complexity,
)

exactly = settings(derandomize=True, max_examples=60, deadline=None)
seeds = st.integers(0, 10**6)


def naive(weight, activations):
    """The definition, edge by edge and point by point."""
    out = np.zeros(weight.shape)
    points = [p for a in activations for p in (np.maximum(a, 0), np.maximum(-a, 0))]
    for i, row in enumerate(weight):
        for sign in (1, -1):
            part = [j for j, w in enumerate(row) if w * sign > 0]
            for a in points:
                total = sum(abs(row[k]) * a[k] for k in part)
                for j in part:
                    if total > 0:
                        out[i, j] = max(out[i, j], abs(row[j]) * a[j] / total)
    return out


def problem(seed, *, signed, dyadic=False):
    rng = np.random.default_rng(seed)
    samples, inputs, outputs = rng.integers(1, 9, 3)
    if dyadic:
        weight = rng.integers(-8, 9, (outputs, inputs)) / 4.0
        a = rng.integers(-8 if signed else 0, 9, (40, inputs)) / 8.0
        return weight, a
    weight = rng.normal(size=(outputs, inputs)) * (rng.random((outputs, inputs)) < 0.8)
    a = rng.normal(size=(samples, inputs)) * (rng.random((samples, inputs)) < 0.7)
    return weight, a if signed else np.maximum(a, 0)


@exactly
@given(seed=seeds, signed=st.booleans())
@pytest.mark.parametrize(
    ("kind", "tolerance"), [(np.float64, 1e-13), (np.float32, 1e-5)]
)
def test_sensitivities_are_the_naive_double_loop(seed, signed, kind, tolerance):
    weight, a = problem(seed, signed=signed)
    found = edge_sensitivities(weight, a.astype(kind))
    assert found.dtype == kind
    np.testing.assert_allclose(found, naive(weight, a), rtol=tolerance, atol=1e-30)


def test_sensitivities_of_a_neuron_worked_out_by_hand():
    weight = np.array([[2.0, 1.0, -3.0, 0.0]])
    a = np.array([[1.0, 2.0, 5.0, 7.0], [0.0, 1.0, 0.0, 0.0]])
    assert edge_sensitivities(weight, a).tolist() == [[0.5, 1.0, 1.0, 0.0]]


@exactly
@given(seed=seeds)
def test_importances_of_an_active_part_sum_to_one_at_a_point(seed):
    weight, a = problem(seed, signed=False)
    sums = sensitivity_sums(weight, edge_sensitivities(weight, a[:1]))
    active = np.stack(
        [a[:1] @ np.maximum(s * weight, 0).T > 0 for s in (1, -1)], axis=-1
    )[0]
    np.testing.assert_allclose(sums, active, rtol=1e-14)


@exactly
@given(seed=seeds, signed=st.booleans())
def test_sums_lie_between_one_and_the_smaller_of_edges_and_points(seed, signed):
    weight, a = problem(seed, signed=signed)
    sums = sensitivity_sums(weight, edge_sensitivities(weight, a))
    points = np.concatenate([np.maximum(a, 0), np.maximum(-a, 0)])
    points = points[points.any(axis=1)]
    for column, sign in enumerate((1, -1)):
        part = np.maximum(sign * weight, 0)
        active = (points @ part.T > 0).any(axis=0)
        size = np.count_nonzero(part, axis=1)
        assert (sums[~active, column] == 0).all()
        assert (sums[active, column] >= 1 - 1e-14).all()
        limit = np.minimum(size, len(points))
        assert (sums[active, column] <= limit[active] * (1 + 1e-14)).all()


@exactly
@given(seed=seeds, signed=st.booleans(), block=st.integers(1, 41))
def test_blocks_of_exact_numbers_equal_one_pass_bit_for_bit(seed, signed, block):
    weight, a = problem(seed, signed=signed, dyadic=True)
    whole = edge_sensitivities(weight, a)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_passes, "_BLOCK", block)
        assert (edge_sensitivities(weight, a) == whole).all()


def layer(outputs=7, inputs=33, samples=300, kind=np.float64, signed=False):
    rng = np.random.default_rng(0)
    weight, a = rng.normal(size=(outputs, inputs)), rng.normal(size=(samples, inputs))
    return weight.astype(kind), (a if signed else np.abs(a)).astype(kind)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("block", [1, 7, 64, 256, 299])
def test_blocks_of_points_do_not_change_a_bit(monkeypatch, block, kind):
    weight, a = layer(kind=kind, signed=True)
    monkeypatch.setattr(_passes, "_BLOCK", 10_000)
    whole = edge_sensitivities(weight, a)
    monkeypatch.setattr(_passes, "_BLOCK", block)
    assert (edge_sensitivities(weight, a) == whole).all()


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("rows", [1, 3, 100])
def test_chunks_of_rows_and_threads_do_not_change_a_bit(monkeypatch, rows, threads):
    weight, a = layer(outputs=29, inputs=601)  # more columns than a panel has
    whole = edge_sensitivities(weight, a)
    monkeypatch.setattr(_passes, "_ROWS", rows)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
    assert (edge_sensitivities(weight, a) == whole).all()
    complexity = sign_complexity(weight, None, a)
    monkeypatch.undo()
    assert (sign_complexity(weight, None, a) == complexity).all()


@exactly
@given(seed=seeds, cut=st.integers(0, 40), signed=st.booleans())
def test_samples_and_layers_in_pieces_merge_to_the_whole_bit_for_bit(seed, cut, signed):
    rng = np.random.default_rng(seed)
    inputs = rng.integers(1, 80)
    weight, a = rng.normal(size=(40, inputs)), rng.normal(size=(40, inputs))
    a = a if signed else np.maximum(a, 0)
    whole = edge_sensitivities(weight, a)
    points = [edge_sensitivities(weight, part) for part in (a[:cut], a[cut:])]
    assert (np.maximum(*points) == whole).all()
    neurons = [edge_sensitivities(part, a) for part in (weight[:cut], weight[cut:])]
    assert (np.concatenate(neurons) == whole).all()


def test_layouts_of_memory_do_not_change_a_bit():
    weight, a = layer(kind=np.float32)
    whole = edge_sensitivities(weight.astype(np.float64), a.astype(np.float64))
    wide = a.astype(np.float64)
    for w in (weight, np.asfortranarray(weight), np.repeat(weight, 2, axis=1)[:, ::2]):
        for points in (wide, np.asfortranarray(wide), np.repeat(wide, 2, axis=0)[::2]):
            assert (edge_sensitivities(w, points) == whole).all()


@pytest.mark.parametrize("samples", [64, 1024])
def test_memory_is_the_result_a_block_of_points_and_some_rows(samples):
    weight, a = layer(outputs=1500, inputs=1000, samples=samples)
    edge_sensitivities(weight[:1], a[:1])  # compiled
    threads, each = numba.config.NUMBA_NUM_THREADS, a.itemsize
    block = (min(samples, _passes._BLOCK) + 8) * (1000 + 16) * each
    rows = 4 * 2 * _passes._ROWS * _passes._BLOCK * each  # sums, and what comes of them
    tracemalloc.start()
    found = edge_sensitivities(weight, a)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.nbytes < peak <= found.nbytes + block + threads * rows + 2**18


def test_more_points_than_a_block_are_all_seen():
    weight = np.ones((1, 2))
    a = np.tile([1.0, 1.0], (1000, 1))
    a[777] = [3.0, 1.0]
    a[999] = [0.0, 1.0]
    assert edge_sensitivities(weight, a).tolist() == [[0.75, 1.0]]


@exactly
@given(seed=seeds)
def test_negative_activations_are_points_of_their_own(seed):
    weight, a = problem(seed, signed=True)
    apart = np.concatenate([np.maximum(a, 0), np.maximum(-a, 0)])
    np.testing.assert_allclose(
        edge_sensitivities(weight, a), edge_sensitivities(weight, apart), rtol=1e-14
    )


def test_dead_edges_have_no_sensitivity():
    weight = np.array([[1.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
    a = np.array([[0.0, 5.0, 2.0]])
    found = edge_sensitivities(weight, a)
    assert found.tolist() == [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    assert sensitivity_sums(weight, found).tolist() == [[0.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
def test_a_scale_of_the_weights_or_the_points_does_not_matter(scale):
    weight, a = problem(3, signed=False)
    expected = edge_sensitivities(weight, a)
    for found in (
        edge_sensitivities(weight * scale, a),
        edge_sensitivities(weight, a * scale),
        edge_sensitivities(weight * scale, a / scale),
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_sum_below_the_normal_numbers_counts_as_inactive_as_documented():
    assert edge_sensitivities(np.array([[1e-160]]), np.array([[1e-150]])) == [[0.0]]
    assert edge_sensitivities(np.array([[1e-150]]), np.array([[1e-150]])) == [[1.0]]


@pytest.mark.parametrize(
    ("weight", "a", "match"),
    [
        (np.ones(3), np.ones((2, 3)), "matrices"),
        (np.ones((2, 3)), np.ones(3), "matrices"),
        (np.ones((2, 3)), np.ones((2, 4)), "has 3 inputs, activations 4"),
        (np.full((2, 3), np.nan), np.ones((2, 3)), "finite"),
        (np.ones((2, 3)), np.full((2, 3), np.inf), "finite"),
        (np.full((2, 3), 1e200), np.full((2, 3), 1e200), "sums of weight times"),
    ],
)
def test_shapes_and_numbers_that_make_no_sense_are_refused(weight, a, match):
    with pytest.raises(ValueError, match=match):
        edge_sensitivities(weight, a)


def test_a_zero_weight_is_no_edge_even_where_its_ratio_overflows():
    weight, a = np.array([[0.0, -1e-200]]), np.array([[1e200, 1e-100]])
    assert edge_sensitivities(weight, a).tolist() == [[0.0, 1.0]]


def test_without_points_nothing_is_active():
    assert not edge_sensitivities(np.ones((2, 3)), np.ones((0, 3))).any()
    assert edge_sensitivities(np.ones((0, 3)), np.ones((2, 3))).shape == (0, 3)
    assert edge_sensitivities(np.ones((2, 0)), np.ones((2, 0))).shape == (2, 0)


def test_arguments_are_left_as_they_were():
    weight, a = problem(5, signed=True)
    copies = weight.copy(), a.copy()
    edge_sensitivities(weight, a)
    sign_complexity(weight, None, a)
    assert (weight == copies[0]).all()
    assert (a == copies[1]).all()


# Tensors -----------------------------------------------------------------------------


@exactly
@given(seed=seeds, signed=st.booleans())
@pytest.mark.parametrize(
    ("kind", "tolerance"), [(torch.float64, 1e-13), (torch.float32, 1e-5)]
)
def test_tensors_give_what_arrays_give(seed, signed, kind, tolerance):
    weight, a = (torch.from_numpy(v).to(kind) for v in problem(seed, signed=signed))
    found = edge_sensitivities(weight, a)
    assert found.dtype == kind
    assert found.device == a.device
    expected = edge_sensitivities(weight.numpy(), a.numpy())
    np.testing.assert_allclose(found.numpy(), expected, rtol=tolerance, atol=1e-30)


@pytest.mark.parametrize("entries", [1, 100, 10_000])
def test_tensors_in_chunks_give_what_one_chunk_gives(monkeypatch, entries):
    weight, a = map(torch.from_numpy, layer(samples=40, signed=True))
    whole = edge_sensitivities(weight, a)
    monkeypatch.setattr(_sensitivity_torch, "_ENTRIES", entries)
    torch.testing.assert_close(edge_sensitivities(weight, a), whole, rtol=1e-13, atol=0)


def test_parameters_need_no_gradient():
    weight = torch.nn.Parameter(torch.tensor([[2.0, 1.0, -3.0, 0.0]]))
    a = torch.tensor([[1.0, 2.0, 5.0, 7.0], [0.0, 1.0, 0.0, 0.0]])
    found = edge_sensitivities(weight, a)
    assert found.tolist() == [[0.5, 1.0, 1.0, 0.0]]
    assert not found.requires_grad


@pytest.mark.parametrize(
    ("weight", "a", "match"),
    [
        (torch.ones(3), torch.ones(2, 3), r"matrices, got shapes \(3,\) and \(2, 3\)"),
        (torch.ones(2, 3), torch.ones(2, 4), "has 3 inputs, activations 4"),
        (torch.full((2, 3), torch.nan), torch.ones(2, 3), "finite"),
        (torch.ones(2, 3), torch.full((2, 3), torch.inf), "finite"),
        (torch.full((2, 3), 1e30), torch.full((2, 3), 1e30), "sums of weight times"),
    ],
)
def test_tensors_that_make_no_sense_are_refused(weight, a, match):
    with pytest.raises(ValueError, match=match):
        edge_sensitivities(weight, a)


def test_an_array_and_a_tensor_are_refused():
    with pytest.raises(TypeError, match="both be tensors, got ndarray and Tensor"):
        edge_sensitivities(np.ones((2, 3)), torch.ones(2, 3))
    with pytest.raises(TypeError, match="both be tensors, got Tensor and ndarray"):
        edge_sensitivities(torch.ones(2, 3), np.ones((2, 3)))


# Sign complexity ---------------------------------------------------------------------


@exactly
@given(seed=seeds, signed=st.booleans(), biased=st.booleans())
def test_sign_complexity_is_the_naive_formula_and_at_least_one(seed, signed, biased):
    weight, a = problem(seed, signed=signed)
    bias = np.random.default_rng(seed).normal(size=len(weight)) if biased else None
    found = sign_complexity(weight, bias, a)
    assert found.shape == (len(a), len(weight))
    for x, point in enumerate(a):
        for i, row in enumerate(weight):
            total = sum(abs(w * v) for w, v in zip(row, point, strict=True))
            value = sum(w * v for w, v in zip(row, point, strict=True))
            value += 0.0 if bias is None else bias[i]
            expected = max(1.0, total / abs(value)) if total else 1.0
            assert found[x, i] == pytest.approx(expected, rel=1e-9)


def test_sign_complexity_is_infinite_where_everything_cancels():
    weight, a = np.array([[1.0, -1.0], [1.0, 1.0]]), np.array([[2.0, 2.0]])
    assert sign_complexity(weight, None, a).tolist() == [[np.inf, 1.0]]
    assert sign_complexity(weight, np.array([0.0, -4.0]), a).tolist() == [[np.inf] * 2]


def test_sign_complexity_of_a_dead_neuron_is_one():
    assert sign_complexity(np.zeros((1, 2)), None, np.ones((1, 2))).tolist() == [[1.0]]
    assert sign_complexity(np.ones((1, 2)), None, np.zeros((1, 2))).tolist() == [[1.0]]


@exactly
@given(seed=seeds, signed=st.booleans(), biased=st.booleans())
def test_one_pass_over_the_points_measures_what_three_would(seed, signed, biased):
    weight, a = problem(seed, signed=signed)
    bias = np.random.default_rng(seed).normal(size=len(weight)) if biased else None
    sensitivities, complexity, value = measure_layer(weight, bias, a)
    assert (sensitivities == edge_sensitivities(weight, a)).all()
    assert (complexity == sign_complexity(weight, bias, a)).all()
    expected = a @ weight.T + (0.0 if bias is None else bias)
    np.testing.assert_allclose(value, expected, rtol=0, atol=1e-13)
