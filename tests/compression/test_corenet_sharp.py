"""Fewer draws by the same proof: never more than published, and the errors still hold.

The proof itself is checked in ``paper_checks/baykal2019coresets/_sharp.py``.
"""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonvacuous.bounds.coreset import (
    layer_epsilons,
    network_size,
    sample_size,
    sharp_entering_errors,
    sharp_layer_epsilons,
    sharp_network_size,
    sharp_sample_size,
)
from nonvacuous.compression import CoreNet, Rows, SharpCoreNet
from nonvacuous.compression.codes import decode_network
from nonvacuous.nets import Layer, Network

HATS = st.lists(st.floats(2, 1e6), min_size=1, max_size=6)
EPSILONS = st.floats(1e-6, 1)


def rows_of(x):
    return Rows(np.asarray(x), np.zeros(len(x), np.int64), "0123456789abcdef")


def points(count=300, inputs=12):
    return np.random.default_rng(0).random((count, inputs))


def tiny(sizes=(12, 8, 3)):
    rng = np.random.default_rng(0)
    layers = [
        Layer(weight=rng.normal(size=(b, a)), bias=rng.normal(size=b))
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers), double=True)


# The sizes ---------------------------------------------------------------------------


def test_one_layer_may_err_by_all_of_epsilon():
    (found,) = sharp_layer_epsilons(0.5, [1.0])
    assert found <= 0.5
    assert found == pytest.approx(0.5, rel=1e-14)
    assert sharp_entering_errors(0.5, [1.0]) == [0.0]


def test_a_small_epsilon_is_shared_out_evenly_and_not_halved():
    """The limit: e is epsilon/(L-1), twice the published share."""
    for ours, published in zip(
        sharp_layer_epsilons(1e-9, [3.0] * 4),
        layer_epsilons(1e-9, [3.0] * 4),
        strict=True,
    ):
        assert ours / published == pytest.approx(2, rel=1e-8)


def test_a_naive_transcription_agrees():
    hats, epsilon = [2.0, 5.0, 3.0], 0.5
    e = 1.5 ** (1 / 3) - 1
    for i, (ours, r) in enumerate(
        zip(
            sharp_layer_epsilons(epsilon, hats),
            sharp_entering_errors(epsilon, hats),
            strict=True,
        )
    ):
        later = math.prod(hats[i:])
        assert ours == pytest.approx(e / later, rel=1e-13)
        assert r == pytest.approx(((1 + e) ** i - 1) / later, rel=1e-13, abs=0)
        c = (1 + r) / (1 - r)
        exact = c * 4.2 * 3 * (2 + 2 * ours / 3) * math.log(80 / 0.1) / ours**2
        m = sharp_sample_size(4.2, ours, 0.1, entering=r, neurons=10, constant=3.0)
        assert exact <= m <= math.ceil(exact * (1 + 1e-12))


def test_errors_compose_to_epsilon_in_fractions():
    """The worst case of every layer, exactly: sampling and what enters both err up."""
    for hats in ([2.0], [2.0, 3.0], [2.0, 2.0, 9.0, 4.0], [1.0] * 5):
        for epsilon in (0.01, 0.5, 1.0):
            r = Fraction(0)
            for hat, e, allowed in zip(
                hats,
                sharp_layer_epsilons(epsilon, hats),
                sharp_entering_errors(epsilon, hats),
                strict=True,
            ):
                assert r <= Fraction(allowed)
                r = Fraction(hat) * ((1 + Fraction(e)) * (1 + r) - 1)
            assert r <= Fraction(epsilon)


@given(hats=HATS, epsilon=EPSILONS, s=st.floats(0.01, 100))
def test_no_size_is_above_the_published_one(hats, epsilon, s):
    rest = {"neurons": 50, "constant": 4.0}
    shared = zip(
        layer_epsilons(epsilon, hats),
        sharp_layer_epsilons(epsilon, hats),
        sharp_entering_errors(epsilon, hats),
        strict=True,
    )
    for published, ours, r in shared:
        assert ours > published
        assert r <= epsilon / 2
        m = sharp_sample_size(s, ours, 0.1, entering=r, **rest)
        assert m <= sample_size(s, published, 0.1, **rest)
    more = {"delta_hats": hats, "sensitivity_sums": [[s, 0.0]] * len(hats), **rest}
    small = sharp_network_size(epsilon, 0.1, **more)
    assert small <= network_size(epsilon, 0.1, **more)


@given(hats=HATS, epsilon=EPSILONS)
def test_a_larger_epsilon_needs_fewer_draws(hats, epsilon):
    rest = {"neurons": 50, "constant": 4.0, "delta_hats": hats}
    sums = [[1.0, 2.0]] * len(hats)
    sizes = [
        sharp_network_size(e, 0.1, sensitivity_sums=sums, **rest)
        for e in (epsilon / 2, epsilon)
    ]
    assert sizes[0] >= sizes[1]


def test_what_overflows_is_infinite():
    assert sharp_layer_epsilons(0.5, [1e200, 1e200]) == [
        0.0,
        pytest.approx(2.2e-201, rel=0.1),
    ]
    size = sharp_network_size(
        0.5,
        0.1,
        delta_hats=[1e200, 1e200],
        sensitivity_sums=[[1.0], [1.0]],
        neurons=2,
        constant=3.0,
    )
    assert size == math.inf


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"sensitivity_sum": -1.0}, "sensitivity_sum must be at least 0"),
        ({"epsilon": 0.0}, r"epsilon must lie in \(0, 1\]"),
        ({"epsilon": 1.1}, r"epsilon must lie in \(0, 1\]"),
        ({"delta": 1.0}, "delta must lie"),
        ({"entering": 1.0}, r"entering must lie in \[0, 1\)"),
        ({"entering": -0.1}, r"entering must lie in \[0, 1\)"),
        ({"neurons": 0}, "neurons at least 1"),
        ({"constant": 0.0}, "constant must be above 0"),
    ],
)
def test_arguments_out_of_range_are_refused(change, match):
    right = {
        "sensitivity_sum": 1.0,
        "epsilon": 0.5,
        "delta": 0.1,
        "entering": 0.1,
        "neurons": 4,
        "constant": 3.0,
    }
    assert sharp_sample_size(**right) > 0
    with pytest.raises(ValueError, match=match):
        sharp_sample_size(**{**right, **change})


@pytest.mark.parametrize("sizes", [sharp_layer_epsilons, sharp_entering_errors])
def test_layers_out_of_range_are_refused(sizes):
    for hats in ([], [0.5]):
        with pytest.raises(ValueError, match="delta_hats must be at least 1"):
            sizes(0.5, hats)
    with pytest.raises(ValueError, match="epsilon must lie"):
        sizes(1.5, [2.0])


# The compressor ----------------------------------------------------------------------


def test_it_asks_for_what_the_sizes_say_and_for_less_than_corenet():
    net, rows = tiny(), rows_of(points())
    _, published = CoreNet(rows=rows, epsilon=0.5).explain(net)
    _, ours = SharpCoreNet(rows=rows, epsilon=0.5).explain(net)
    hats = [layer.facts["Delta-hat"] for layer in ours.layers]
    assert hats == [layer.facts["Delta-hat"] for layer in published.layers]
    for before, after in zip(published.layers, ours.layers, strict=True):
        ratio = before.neurons["asked"] / after.neurons["asked"]
        assert (ratio >= 12).all()
        assert (ratio <= 16).all()
    assert ours.guarantee == published.guarantee


def test_what_it_reports_inverts_what_it_asks():
    """Where a part is drawn from, its epsilon is the layer's, up to whole draws."""
    rng = np.random.default_rng(0)
    size = 60_000
    x = rng.random((40, size)) + 0.5
    net = Network(layers=(Layer(weight=rng.random((1, size)) + 0.5, bias=None),))
    made = SharpCoreNet(rows=rows_of(x), epsilon=0.99, delta=0.9, constant=1.0)
    _, report = made.explain(net)
    (said,) = report.layers
    (allowed,) = sharp_layer_epsilons(0.99, [said.facts["Delta-hat"]])
    assert said.neurons["drawn"][0, 0] == said.neurons["asked"][0, 0] > 0
    assert said.kept < size
    assert allowed * 0.999 <= said.neurons["epsilon"][0, 0] <= allowed * (1 + 1e-9)


def test_a_budget_is_kept_as_corenet_keeps_it():
    net, rows = tiny(), rows_of(points())
    one, report = CoreNet(rows=rows, keep=0.3, seed=4).explain(net)
    two, ours = SharpCoreNet(rows=rows, keep=0.3, seed=4).explain(net)
    for a, b in zip(one.arrays(), two.arrays(), strict=True):
        assert (a == b).all()
    for said, other in zip(report.layers, ours.layers, strict=True):
        assert (said.neurons["epsilon"] == other.neurons["epsilon"]).all()


def test_compress_gives_the_same_bytes_twice_and_decodes_to_the_net():
    net, made = tiny(), SharpCoreNet(rows=rows_of(points()), epsilon=0.5)
    before = [a.tobytes() for a in net.arrays()]
    one, two = made.compress(net), made.compress(net)
    assert one.code == two.code
    back, bits = decode_network(one.code.data)
    assert bits == one.code.bits
    for found, kept in zip(back.arrays(), one.network.arrays(), strict=True):
        assert (found == kept).all()
    assert [a.tobytes() for a in net.arrays()] == before


def test_an_infinite_sign_complexity_keeps_all_edges():
    first = Layer(weight=np.array([[1.0, -1.0], [1.0, 2.0]]), bias=None)
    net = Network(layers=(first, Layer(weight=np.array([[1.0, 3.0]]), bias=None)))
    x = np.random.default_rng(0).integers(1, 4, size=(200, 2)).astype(float)
    small, report = SharpCoreNet(rows=rows_of(x), epsilon=0.5).explain(net)
    assert report.layers[0].neurons["asked"].tolist() == [[np.inf] * 2, [np.inf, 0]]
    assert not report.layers[0].neurons["epsilon"].any()
    assert (small.layers[0].weight == first.weight).all()
