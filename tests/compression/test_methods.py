"""The methods: every one of them keeps what every compressor promises."""

import re

import numpy as np
import pytest

from nonvacuous.compression import (
    METHODS,
    CompressionError,
    CoreNet,
    Method,
    Rows,
    find_method,
)
from nonvacuous.compression.codes import decode_network
from nonvacuous.compression.methods._selection import unit_share
from nonvacuous.compression.methods._structured import coefficients
from nonvacuous.data import Sample, load
from nonvacuous.nets import Layer, Network, bundled
from nonvacuous.training import initial

KEEP = 0.3
ROWS = 700
every = pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)


@pytest.fixture(scope="module")
def rows() -> Rows:
    """A few hundred of the bundled digits."""
    train = load("digits").train
    assert isinstance(train, Sample)
    return Rows.of(train.take(slice(ROWS)))


def bits_of(network: Network) -> list[bytes]:
    return [array.tobytes() for array in network.arrays()]


@every
def test_a_method_keeps_every_promise_of_a_compressor(
    method: Method, rows: Rows
) -> None:
    network = bundled()
    before = bits_of(network)
    given = rows if method.needs_rows else None
    makers = [
        method.compressor(network, keep=KEEP, rows=given, seed=3) for _ in range(2)
    ]
    one, two = (maker.compress(network) for maker in makers)

    assert one.code == two.code, "twice the same bytes"
    assert one.pipeline == two.pipeline == repr(makers[0])
    assert bits_of(network) == before, "the input net is as it was"

    for junk in (b"", b"\x00" * 40, b"\xff" * 40):
        found, bits = decode_network(one.code.data + junk)
        assert bits == one.code.bits
        assert found.sizes == one.network.sizes
        assert bits_of(found) == bits_of(one.network)
        assert [a.kept for a in found.layers] == [a.kept for a in one.network.layers]

    assert one.network.sizes[0] == network.sizes[0]
    assert one.network.sizes[-1] == network.sizes[-1]
    weights = sum(layer.weight.size for layer in network.layers)
    budget = KEEP * weights * (1 + method.slack) + len(network.layers)
    assert 0 < one.network.kept <= budget

    layers = one.report.layers
    assert [said.layer for said in layers] == [1, 2, 3]
    assert [said.kept for said in layers] == [a.kept for a in one.network.layers]
    assert [said.edges for said in layers] == [
        np.count_nonzero(a.weight) for a in network.layers
    ]
    for said in layers:
        for name, values in said.neurons.items():
            assert values.ndim in (1, 2), name
        if "distinct" in said.neurons:
            assert said.neurons["distinct"].sum() <= said.edges
    assert one.report.guarantee


@every
def test_a_smaller_budget_gives_a_smaller_net(method: Method, rows: Rows) -> None:
    network = bundled()
    given = rows if method.needs_rows else None
    kept = [
        method.compressor(network, keep=keep, rows=given).apply(network).kept
        for keep in (0.1, 0.6)
    ]
    assert kept[0] < kept[1]


@every
def test_what_a_method_needs_is_asked_for(method: Method, rows: Rows) -> None:
    network = bundled()
    if method.needs_rows:
        with pytest.raises(ValueError, match=f"{method.name} needs rows"):
            method.compressor(network, keep=KEEP)
    else:
        method.compressor(network, keep=KEEP)
    if method.has_theorem:
        made = method.compressor(network, epsilon=0.5, rows=rows)
        assert repr(made) != repr(method.compressor(network, epsilon=0.4, rows=rows))
    else:
        with pytest.raises(ValueError, match=f"{method.name} takes keep and no eps"):
            method.compressor(network, epsilon=0.5, rows=rows)


@every
def test_impossible_amounts_are_refused(method: Method, rows: Rows) -> None:
    network = bundled()
    for keep in (0.0, -1.0, 1.01, np.nan, np.inf):
        with pytest.raises(ValueError, match="keep must lie in"):
            method.compressor(network, keep=keep, rows=rows)
    with pytest.raises(ValueError, match="either keep or epsilon, got neither"):
        method.compressor(network, rows=rows)
    with pytest.raises(ValueError, match="either keep or epsilon, got both"):
        method.compressor(network, keep=KEEP, epsilon=0.5, rows=rows)
    with pytest.raises(ValueError, match="seed must"):
        method.compressor(network, keep=KEEP, rows=rows, seed=-1)
    with pytest.raises(ValueError, match="seed must"):
        method.compressor(network, keep=KEEP, rows=rows, seed=2**31)
    for delta in (0.0, 1.0, np.nan):
        with pytest.raises(ValueError, match="delta must"):
            method.compressor(network, keep=KEEP, rows=rows, delta=delta)


def test_epsilon_lies_in_the_open_interval(rows: Rows) -> None:
    for epsilon in (0.0, 1.0, np.nan):
        with pytest.raises(ValueError, match="epsilon must lie in"):
            find_method("corenet").compressor(bundled(), epsilon=epsilon, rows=rows)


def test_names_are_in_kebab_case_and_each_there_once() -> None:
    names = [method.name for method in METHODS]
    assert len(set(names)) == len(names)
    for method in METHODS:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", method.name)
        assert method.name != "list"
        assert len(method.name) <= 20
        assert len(method.title) <= 40
        assert re.search(r"\d{4}", method.source) or method.source == "derived"
        assert 0 <= method.slack < 0.5
    assert {"corenet", "magnitude", "magnitude-kmeans", "matrix-project", "units"} <= (
        set(names)
    )


def test_a_method_is_found_by_its_name() -> None:
    assert [find_method(method.name) for method in METHODS] == list(METHODS)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="nearest are corenet"):
        find_method("cornet")
    with pytest.raises(ValueError, match=r"there are .*corenet.*magnitude"):
        find_method("§")


def test_settings_reach_the_compressor(rows: Rows) -> None:
    corenet = find_method("corenet")
    made = corenet.compressor(bundled(), epsilon=0.4, delta=0.2, rows=rows, seed=8)
    assert made == CoreNet(rows=rows, epsilon=0.4, delta=0.2, seed=8)


# The budget of methods that count otherwise -------------------------------------------


def net(*sizes: int) -> Network:
    return initial(sizes, 0)


def test_units_fill_the_budget_as_far_as_whole_units_can() -> None:
    network = net(10, 20, 4)
    assert unit_share(network, 1.0) == 1.0
    assert round(unit_share(network, 0.5) * 20) == 10
    assert round(unit_share(network, 0.499) * 20) == 9
    assert round(unit_share(network, 0.05) * 20) == 1


def test_fewer_than_one_unit_a_layer_is_refused() -> None:
    with pytest.raises(CompressionError, match="keep must leave 14 weights"):
        unit_share(net(10, 20, 4), 0.049)
    with pytest.raises(CompressionError, match="keep must leave 40 weights"):
        unit_share(net(10, 4), 0.9)


def naive_coefficients(sizes: list[int], budget: int) -> int:
    """The most, one at a time."""
    count = 1
    while sum(min(count + 1, size) for size in sizes) <= budget and count < max(sizes):
        count += 1
    return count


@pytest.mark.parametrize("keep", [0.001, 0.01, 0.1, 0.27, 0.3, 0.5, 0.83, 0.99, 1.0])
def test_coefficients_fill_the_budget(keep: float) -> None:
    for network in (net(10, 20, 4), net(7, 3, 3, 2), net(5, 5), net(6, 6, 6)):
        sizes = [layer.weight.size for layer in network.layers]
        budget = int(keep * sum(sizes))
        assert coefficients(network, keep) == naive_coefficients(sizes, budget)


def test_coefficients_stop_where_a_decoder_would_take_too_long() -> None:
    wide = Layer(weight=np.zeros((1000, 1000)), bias=None)
    network = Network(layers=(wide, wide))
    assert coefficients(network, 0.001) == 1000
    assert coefficients(network, 1.0) == 2**32 // 10**6
