"""The largest share that dropping a neuron's first edges takes, beside slow loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous.compression._shares import largest_shares

exactly = settings(derandomize=True, max_examples=30, deadline=None)


def slowly(weight, order, activations):
    """The definition, one neuron, edge and point after the other."""
    out = np.zeros_like(weight)
    points = [
        part for x in activations for part in (np.maximum(x, 0), np.maximum(-x, 0))
    ]
    for i, row in enumerate(weight):
        for k, j in enumerate(order[i]):
            before = [e for e in order[i, : k + 1] if row[e] * row[j] > 0]
            part = [e for e in range(len(row)) if row[e] * row[j] > 0]
            for x in points:
                whole = sum(row[e] * x[e] for e in part)
                if whole:
                    share = sum(row[e] * x[e] for e in before) / whole
                    out[i, j] = max(out[i, j], share)
    return out


@exactly
@given(seed=st.integers(0, 10**6), signed=st.booleans())
def test_shares_are_those_of_the_definition(seed, signed):
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(4, 7)) * (rng.random((4, 7)) < 0.8)
    a = rng.normal(size=(5, 7)) if signed else rng.random((5, 7))
    a *= rng.random((5, 7)) < 0.7
    order = np.argsort(rng.random(weight.shape), axis=1)
    found, exact = largest_shares(weight, order, a), slowly(weight, order, a)
    assert found == pytest.approx(exact, rel=1e-11, abs=1e-15)
    assert (found >= np.minimum(exact, 1)).all()
    assert (found <= 1).all()


def test_shares_by_hand():
    weight = np.array([[1.0, -2.0, 3.0]])
    a = np.array([[1.0, 1.0, 1.0], [5.0, 0.0, 5.0], [2.0, 0.0, 1.0]])
    found = largest_shares(weight, np.array([[0, 1, 2]]), a)
    assert found == pytest.approx(np.array([[2 / 5, 1.0, 1.0]]))


def test_edges_that_are_never_active_lose_nothing():
    weight, a = np.array([[1.0, 2.0]]), np.array([[0.0, 1.0]])
    assert largest_shares(weight, np.array([[0, 1]]), a).tolist() == [[0.0, 1.0]]
