"""A pipeline does its steps in order, once, and drops units that nothing reads."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from nonvacuous._counting import compacted
from nonvacuous.compression import (
    CoreNet,
    FineTuning,
    MagnitudePruning,
    Pipeline,
    Quantization,
    Recipe,
    Rows,
    UnitPruning,
)
from nonvacuous.compression.codes import decode_network
from nonvacuous.nets import Layer, Network


def random_net(seed=0, sizes=(8, 9, 6, 3)):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(
            weight=rng.normal(size=(b, a)).astype(np.float32).astype(float),
            bias=rng.normal(size=b).astype(np.float32).astype(float),
        )
        for a, b in itertools.pairwise(sizes)
    ]
    return Network(layers=tuple(layers))


def toy_rows(digest="00112233445566778899"):
    rng = np.random.default_rng(0)
    x = rng.random((200, 8)).astype(np.float32)
    return Rows(x, rng.integers(0, 3, 200), digest)


def steps():
    return (
        UnitPruning(keep=0.8),
        MagnitudePruning(keep=0.3),
        FineTuning(rows=toy_rows(), recipe=Recipe(steps=6, batch=32)),
        Quantization(levels=4),
    )


@dataclass
class Counted:
    """A step that remembers how often it was done."""

    name: str
    times: int = 0

    def __repr__(self):
        return self.name

    def apply(self, network):
        self.times += 1
        return network


def same(one, other):
    return one.sizes == other.sizes and all(
        (a == b).all() for a, b in zip(one.arrays(), other.arrays(), strict=True)
    )


def test_a_memo_gives_the_same_result_as_none():
    net, memo = random_net(), {}
    pipeline = Pipeline(steps=steps())
    plain = pipeline.apply(net)
    assert same(pipeline.apply(net, memo), plain)
    assert same(pipeline.apply(net, memo), plain)
    assert len(memo) == len(steps())
    shorter = Pipeline(steps=steps()[:2])
    assert same(shorter.apply(net, memo), shorter.apply(net))


def test_pipelines_that_begin_alike_share_the_work():
    first, second, third = Counted("first"), Counted("second"), Counted("third")
    memo = {}
    Pipeline(steps=(first, second)).apply(random_net(), memo)
    Pipeline(steps=(first, third)).apply(random_net(), memo)
    Pipeline(steps=(second, first)).apply(random_net(), memo)
    assert (first.times, second.times, third.times) == (2, 2, 1)


def test_steps_with_other_rows_are_told_apart_by_a_memo():
    memo = {}
    for digest in ("a" * 20, "b" * 20):
        rows = toy_rows(digest)
        Pipeline(steps=(CoreNet(rows=rows, keep=0.5),)).apply(random_net(), memo)
    assert len(memo) == 2


def test_steps_are_applied_in_order():
    net = random_net()
    prune, round_ = MagnitudePruning(keep=0.5), Quantization(levels=2)
    found = Pipeline(steps=(prune, round_)).apply(net)
    assert same(found, compacted(round_.apply(compacted(prune.apply(net)))))
    other = Pipeline(steps=(round_, prune)).apply(net)
    assert not same(found, other)


def test_units_that_nothing_reads_are_dropped_between_steps():
    net = random_net()
    second = net.layers[1].weight.copy()
    second[:, 4] = 0.0
    layers = (net.layers[0], Layer(weight=second, bias=None), net.layers[2])
    found = Pipeline(steps=(Counted("nothing"),)).apply(Network(layers=layers))
    assert found.sizes == (8, 8, 6, 3)


def test_no_step_leaves_the_net_as_it_is():
    net = random_net()
    assert same(Pipeline(steps=()).apply(net), net)


def test_the_name_says_every_step():
    pipeline = Pipeline(steps=steps())
    name = pipeline.compress(random_net()).pipeline
    assert name == repr(pipeline)
    for step in steps():
        assert repr(step) in name


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_compress_gives_the_same_bytes_twice_and_decodes_to_the_net(count):
    net, pipeline = random_net(), Pipeline(steps=steps()[:count])
    before = [a.tobytes() for a in net.arrays()]
    one, two = pipeline.compress(net), pipeline.compress(net)
    assert one.code == two.code
    back, bits = decode_network(one.code.data)
    assert bits == one.code.bits
    assert same(back, one.network)
    assert same(back, pipeline.apply(net))
    assert [a.tobytes() for a in net.arrays()] == before
