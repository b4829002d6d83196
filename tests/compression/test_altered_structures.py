"""A layer that left its structure is one of plain weights, whoever altered it."""

import copy
import itertools

import numpy as np
import pytest
import torch

from nonvacuous.compression import (
    HashedWeights,
    LayerMagnitudePruning,
    MatrixProject,
    Pipeline,
    SingularValueTruncation,
)
from nonvacuous.compression.codes import decode_network, encode
from nonvacuous.nets import Layer, Network, read
from nonvacuous.structures import Hashed, LowRank, Tied

COMPRESSORS = (
    HashedWeights(keep=0.2),
    MatrixProject(count=6),
    SingularValueTruncation(keep=0.5),
)
every = pytest.mark.parametrize(
    "compressor", COMPRESSORS, ids=lambda c: type(c).__name__
)


def random_net(seed=0, sizes=(12, 10, 8)):
    rng = np.random.default_rng(seed)
    return Network(
        layers=tuple(
            Layer(
                weight=rng.normal(size=(b, a)).astype(np.float32).astype(float),
                bias=rng.normal(size=b).astype(np.float32).astype(float),
            )
            for a, b in itertools.pairwise(sizes)
        )
    )


def bits_of(network):
    return [array.tobytes() for array in network.arrays()]


def same_as(module, network):
    found = [p.detach().double().numpy() + 0.0 for p in module.parameters()]
    return [a.tobytes() for a in found] == bits_of(network)


def add(module):
    module[0].weight[1, 2] += 1


def loaded(module):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        other = [torch.randn_like(p) for p in module.parameters()]
    module.load_state_dict(dict(zip(module.state_dict(), other, strict=True)))


def rounded(module):
    module.half().float()


@every
@pytest.mark.parametrize("alter", [add, loaded, rounded])
@pytest.mark.parametrize("copied", [False, True])
def test_a_module_with_other_weights_is_read_and_written_as_weights(
    compressor, alter, copied
):
    module = compressor.compress(random_net()).net
    module = copy.deepcopy(module) if copied else module
    alter(module)
    network = read(module)
    first = network.layers[0]
    assert first.structure is None
    assert first.kept == np.count_nonzero(first.weight)
    code = encode(module)
    back, bits = decode_network(code.data)
    assert bits == code.bits
    assert same_as(module, back)


@every
@pytest.mark.parametrize("move", [copy.deepcopy, torch.nn.Module.double])
def test_a_module_with_the_same_weights_keeps_its_structures(compressor, move):
    small = compressor.compress(random_net())
    module = move(small.net)
    network = read(module)
    assert [type(layer.structure) for layer in network.layers] == [
        type(layer.structure) for layer in small.network.layers
    ]
    assert encode(module) == small.code


@every
def test_a_budget_is_kept_on_a_module_that_left_its_structures(compressor):
    module = compressor.compress(random_net()).net
    loaded(module)
    small = SingularValueTruncation(keep=0.5).compress(module)
    for layer in small.network.layers:
        assert layer.kept <= 0.5 * layer.weight.size
    assert [a.kept for a in small.report.layers] == [
        a.kept for a in small.network.layers
    ]


def test_a_layer_in_another_place_of_the_net_is_read_as_weights():
    """Hash functions hang on the place, so the structure names other weights there."""
    module = HashedWeights(keep=0.3).compress(random_net(sizes=(6, 6, 6))).net
    module[0], module[2] = module[2], module[0]
    assert [layer.structure for layer in read(module).layers] == [None, None]
    assert same_as(module, decode_network(encode(module).data)[0])


def test_steps_after_a_structure_never_see_weights_that_are_not_there():
    pipeline = Pipeline(
        steps=(HashedWeights(keep=0.4), LayerMagnitudePruning(keep=0.2))
    )
    small = pipeline.compress(random_net())
    assert all(layer.structure is None for layer in small.network.layers)
    assert [a.kept for a in small.report.layers] == [
        a.kept for a in small.network.layers
    ]


class OtherTied(Tied):
    """Names other weights than the structure that it is one of."""

    __slots__ = ()

    def rebuild(self, *, layer, shape):
        return 2 * Tied.rebuild(self, layer=layer, shape=shape)


class OtherHashed(Hashed):
    """Names other places than the pattern that it is one of."""

    __slots__ = ()

    def places(self, *, layer, shape):
        return Hashed.places(self, layer=layer + 1, shape=shape)


class OtherLowRank(LowRank):
    """As it is, but of a type that no code names."""

    __slots__ = ()


VALUES = np.arange(1.0, 5.0)


@pytest.mark.parametrize(
    "structure",
    [
        OtherTied(pattern=Hashed(seed=0, hashes=1, buckets=4), values=VALUES),
        Tied(pattern=OtherHashed(seed=0, hashes=1, buckets=4), values=VALUES),
        OtherLowRank(left=np.ones((3, 1)), right=np.ones((1, 5))),
    ],
)
def test_a_kind_of_structure_that_no_code_names_is_written_as_weights(structure):
    layer = Layer.of(structure, layer=0, shape=(3, 5), bias=None)
    net = Network(layers=(layer,))
    code = encode(net)
    assert code.format == "nonvacuous-code/1"
    assert bits_of(decode_network(code.data)[0]) == bits_of(net)


@every
def test_making_the_module_leaves_torchs_randomness_as_it_was(compressor):
    small = compressor.compress(random_net())
    before = torch.random.get_rng_state()
    module = small.net
    assert torch.equal(torch.random.get_rng_state(), before)
    assert same_as(module, small.network)
