"""Empirical sensitivities against two loops, and the identities they obey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import sensitivity
from nonvacuous.compression.sensitivity import (
    edge_sensitivities,
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
        patch.setattr(sensitivity, "_BLOCK", block)
        assert (edge_sensitivities(weight, a) == whole).all()


@pytest.mark.parametrize("block", [1, 7, 64, 299])
def test_blocks_equal_one_pass_to_rounding(monkeypatch, block):
    rng = np.random.default_rng(0)
    weight, a = rng.normal(size=(7, 33)), np.abs(rng.normal(size=(300, 33)))
    monkeypatch.setattr(sensitivity, "_BLOCK", 10_000)
    whole = edge_sensitivities(weight, a)
    monkeypatch.setattr(sensitivity, "_BLOCK", block)
    np.testing.assert_allclose(edge_sensitivities(weight, a), whole, rtol=1e-14)


def test_blocks_equal_one_pass_to_rounding_on_any_numbers(monkeypatch):
    rng = np.random.default_rng(0)
    weight, a = rng.normal(size=(7, 33)), np.abs(rng.normal(size=(300, 33)))
    found = []
    for block in (10_000, 256, 7, 1):
        monkeypatch.setattr(sensitivity, "_BLOCK", block)
        found.append(edge_sensitivities(weight, a))
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-13)


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
    ],
)
def test_shapes_and_numbers_that_make_no_sense_are_refused(weight, a, match):
    with pytest.raises(ValueError, match=match):
        edge_sensitivities(weight, a)


def test_arguments_are_left_as_they_were():
    weight, a = problem(5, signed=True)
    copies = weight.copy(), a.copy()
    edge_sensitivities(weight, a)
    sign_complexity(weight, None, a)
    assert (weight == copies[0]).all()
    assert (a == copies[1]).all()


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
