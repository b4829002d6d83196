"""Entries drawn by size: chances by hand, and what is kept and scaled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression import (
    HybridSampling,
    L1Sampling,
    L2Sampling,
    UniformSampling,
)
from nonvacuous.nets import Layer, Network

EVERY = (UniformSampling, L1Sampling, L2Sampling, HybridSampling)
exactly = settings(derandomize=True, max_examples=25, deadline=None)


def one_layer(weight):
    return Network(layers=(Layer(weight=np.asarray(weight, float), bias=None),))


@pytest.mark.parametrize(
    ("kind", "chances"),
    [
        (UniformSampling, [1 / 3, 1 / 3, 0, 1 / 3]),
        (L1Sampling, [1 / 4, 2 / 4, 0, 1 / 4]),
        (L2Sampling, [1 / 6, 4 / 6, 0, 1 / 6]),
        (HybridSampling, [5 / 24, 7 / 12, 0, 5 / 24]),
    ],
)
def test_chances_by_hand(kind, chances):
    row = np.array([[1.0, -2.0, 0.0, 1.0]])
    for scale in (1.0, 1e-200, 1e200):
        assert kind._chances(row * scale) == pytest.approx(np.array([chances]))


@pytest.mark.parametrize("kind", EVERY)
def test_a_matrix_has_one_distribution_or_each_row_its_own(kind):
    weight = np.array([[1.0, 2.0, 3.0, 4.0], [100.0, 200.0, 300.0, 400.0]])
    rows = kind._chances(weight)
    matrix = kind._chances(weight.reshape(1, 8)).reshape(2, 4)
    assert rows.sum(axis=1) == pytest.approx([1, 1])
    assert rows[0] == pytest.approx(rows[1])
    assert matrix.sum() == pytest.approx(1)
    if kind is not UniformSampling:
        assert matrix[0].sum() < 0.02


@exactly
@given(seed=st.integers(0, 10**6), whole=st.booleans())
def test_sampled_entries_are_whole_multiples_of_their_share(seed, whole):
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(3, 40)) * (rng.random((3, 40)) < 0.9)
    for kind in EVERY:
        small, report = kind(keep=0.2, whole_matrix=whole, seed=seed).explain(
            one_layer(weight)
        )
        shape = (1, 120) if whole else (3, 40)
        q = kind._chances(weight.reshape(shape))
        said = report.layers[0].neurons
        found = small.layers[0].weight.reshape(shape)
        live = q > 0
        assert not found[~live].any()
        m = np.broadcast_to(said["asked"][:, None], shape)[live]
        counts = found[live] / weight.reshape(shape)[live] * m * q[live]
        assert counts == pytest.approx(np.rint(counts), abs=1e-6)
        assert counts.sum() == pytest.approx(said["asked"].sum())
        assert (said["drawn"] == said["asked"]).all()
        assert (said["distinct"] == np.count_nonzero(found, axis=1)).all()


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("kind", EVERY)
def test_rows_with_no_more_entries_than_the_budget_stay(kind, whole):
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(6, 50)) * (np.arange(50) % 5 == 0)
    small, report = kind(keep=0.2, whole_matrix=whole).explain(one_layer(weight))
    assert (small.layers[0].weight == weight).all()
    assert report.layers[0].drawn == 0
    less = kind(keep=0.1, whole_matrix=whole).apply(one_layer(weight))
    assert less.kept < np.count_nonzero(weight)


@pytest.mark.parametrize("kind", EVERY)
def test_a_row_of_zeros_stays(kind):
    weight = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    small, report = kind(keep=0.5).explain(one_layer(weight))
    assert report.layers[0].neurons["drawn"][0] == 0
    assert not small.layers[0].weight[0].any()
    assert small.layers[0].weight[1].any()


def test_nothing_is_promised_about_errors():
    _, report = L1Sampling(keep=0.5).explain(one_layer(np.ones((2, 4))))
    assert "nothing is guaranteed about its errors" in report.guarantee


def test_the_name_says_every_setting():
    assert repr(L2Sampling(keep=0.25, seed=7)) == (
        "L2Sampling(keep=0.25, whole_matrix=False, seed=7)"
    )
