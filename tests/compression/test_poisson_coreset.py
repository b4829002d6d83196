"""Poisson coresets: what a sampled net may do to an answer is known before the draw."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from nonvacuous.bounds import About, holdout_agreement, poisson_coreset
from nonvacuous.compression import PoissonCoreset, Rows, keep_for
from nonvacuous.compression._margin_noise import disagreement_bounds
from nonvacuous.compression._tolerance import outputs_of
from nonvacuous.data import Sample, load
from nonvacuous.fits import agreement, foretold_agreement
from nonvacuous.nets import Layer, Network, bundled

DIGITS = load("digits")


@pytest.fixture(scope="module")
def rows() -> Rows:
    assert isinstance(DIGITS.train, Sample)
    return Rows.of(DIGITS.train)


def toy(sizes: tuple[int, ...], seed: int) -> Network:
    draw = np.random.default_rng(seed)
    return Network(
        layers=tuple(
            Layer(weight=draw.normal(size=(o, i)), bias=draw.normal(size=o) / 2)
            for i, o in pairwise(sizes)
        )
    )


def exact_disagreement(
    network: Network, p: list[np.ndarray], x: np.ndarray
) -> np.ndarray:
    """Every subset of edges, with its probability."""
    answers = outputs_of(network, x).argmax(axis=1)
    flat = np.concatenate([q.ravel() for q in p])
    total = np.zeros(len(x))
    for kept in product((0, 1), repeat=flat.size):
        mask = np.array(kept)
        chance = np.where(mask, flat, 1 - flat).prod()
        layers, start = [], 0
        for layer, q in zip(network.layers, p, strict=True):
            part = mask[start : start + q.size].reshape(q.shape)
            start += q.size
            layers.append(Layer(weight=layer.weight * part / q, bias=layer.bias))
        f = outputs_of(Network(layers=tuple(layers)), x)
        rivals = f.copy()
        rivals[np.arange(len(x)), answers] = -np.inf
        total += chance * (rivals.max(axis=1) >= f[np.arange(len(x)), answers])
    return total


@pytest.mark.parametrize("sizes", [(3, 2), (2, 2, 2), (1, 2, 2, 2), (1, 2, 1, 2, 2)])
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_by_enumeration(sizes: tuple[int, ...], seed: int) -> None:
    network = toy(sizes, seed)
    draw = np.random.default_rng(100 + seed)
    x = draw.normal(size=(40, sizes[0])) * 3
    for spread in (0.5, 0.1, 0.01):
        p = [1 - spread * draw.random(layer.weight.shape) for layer in network.layers]
        exact = exact_disagreement(network, p, x)
        bound = disagreement_bounds(network, p, x)
        assert (exact <= bound).all()
        assert (bound < 1).any() or spread > 0.05


def test_the_bound_is_not_idle() -> None:
    # without hidden layers and far from ties Cantelli's inequality is what is left
    network = Network(layers=(Layer(weight=np.array([[2.0], [1.0]]), bias=None),))
    p = [np.full((2, 1), 0.9)]
    bound = disagreement_bounds(network, p, np.array([[1.0]]))
    variance = 5 * (1 / 0.9 - 1)
    assert bound[0] == pytest.approx(variance / (variance + 1), rel=2e-2)


def test_keeping_every_edge_moves_nothing() -> None:
    network = toy((5, 7, 6, 3), 1)
    x = np.random.default_rng(0).normal(size=(50, 5))
    ones = [np.ones_like(layer.weight) for layer in network.layers]
    assert not disagreement_bounds(network, ones, x).any()


def test_a_tie_is_another_answer() -> None:
    network = Network(layers=(Layer(weight=np.ones((2, 1)), bias=None),))
    assert disagreement_bounds(network, [np.ones((2, 1))], np.ones((1, 1))) == [1.0]


def test_more_noise_never_lowers_the_bound() -> None:
    network = toy((5, 7, 6, 3), 2)
    x = np.random.default_rng(1).normal(size=(60, 5))
    p = [np.full(layer.weight.shape, 0.999) for layer in network.layers]
    base = disagreement_bounds(network, p, x)
    for i in range(len(p)):
        less = [q.copy() for q in p]
        less[i][0, 0] = 0.9
        assert (disagreement_bounds(network, less, x) >= base * (1 - 1e-12)).all()


def test_chunks_of_rows_do_not_matter() -> None:
    network = toy((3, 4, 2), 3)
    x = np.random.default_rng(2).normal(size=(1500, 3))
    p = [np.full(layer.weight.shape, 0.99) for layer in network.layers]
    whole = disagreement_bounds(network, p, x)
    parts = [disagreement_bounds(network, p, part) for part in np.split(x, 3)]
    np.testing.assert_allclose(whole, np.concatenate(parts), rtol=1e-9)


@pytest.mark.parametrize("keep", [0.05, 0.3, 0.7, 1.0])
def test_the_expected_share_is_the_one_asked_for(keep: float, rows: Rows) -> None:
    network = bundled()
    p = PoissonCoreset(rows=rows, keep=keep).probabilities(network)
    live = [layer.weight != 0 for layer in network.layers]
    expected = sum(q[m].sum() for q, m in zip(p, live, strict=True))
    edges = sum(m.sum() for m in live)
    assert expected == pytest.approx(keep * edges, rel=2e-3)
    assert all(((q > 0) & (q <= 1)).all() for q in p)


def test_the_draw_has_the_weights_as_its_mean(rows: Rows) -> None:
    network = bundled()
    nets = [
        PoissonCoreset(rows=rows, keep=0.5, seed=s).apply(network) for s in range(300)
    ]
    p = PoissonCoreset(rows=rows, keep=0.5).probabilities(network)
    for i, layer in enumerate(network.layers):
        mean = np.mean([n.layers[i].weight for n in nets], axis=0)
        deviation = np.abs(layer.weight) * np.sqrt((1 / p[i] - 1) / len(nets))
        off = np.abs(mean - layer.weight) > 6 * deviation + 1e-12
        assert off.mean() < 1e-3  # edges of tiny p are not normal yet


def test_the_certified_probability_holds_on_fresh_rows(rows: Rows) -> None:
    assert isinstance(DIGITS.test, Sample)
    network = bundled()
    fresh, checked = DIGITS.test.take(slice(0, 150)), DIGITS.test.take(slice(150, None))
    keep = keep_for(network, rows, 0.02)
    assert keep < 1
    maker = PoissonCoreset(rows=rows, keep=keep)
    said = poisson_coreset.certify(
        foretold_agreement(maker, network, checked), delta=0.05
    )
    assert said.upper < 0.1
    assert "answers otherwise than the original" in str(said)
    seen = [
        agreement(network, replace(maker, seed=s).apply(network), fresh)
        for s in range(20)
    ]
    assert np.mean([e.differing / e.trials for e in seen]) <= said.upper
    counted = holdout_agreement.certify(seen[0], delta=0.05)
    assert counted.about is About.COMPRESSED
    assert counted.upper >= seen[0].differing / seen[0].trials


def test_rows_that_made_the_probabilities_are_refused(rows: Rows) -> None:
    with pytest.raises(ValueError, match="must not be the rows"):
        foretold_agreement(PoissonCoreset(rows=rows, keep=0.5), bundled(), DIGITS.train)


@pytest.mark.parametrize("keep", [0.0, 1.5, float("nan")])
def test_a_share_outside_its_range_is_refused(keep: float, rows: Rows) -> None:
    with pytest.raises(ValueError, match="keep must lie"):
        PoissonCoreset(rows=rows, keep=keep)


def test_a_promise_outside_its_range_is_refused(rows: Rows) -> None:
    with pytest.raises(ValueError, match="disagreement must lie"):
        keep_for(bundled(), rows, 1.0)
