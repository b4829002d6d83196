"""What a code may ask of whoever decodes it: limits of all its layers together."""

import itertools

import numpy as np
import pytest

from nonvacuous.compression.codes import _structures as _structure_codes
from nonvacuous.compression.codes import decode_network, encode
from nonvacuous.nets import Layer, Network
from nonvacuous.structures import LowRank, Projection, Structure


def chain(sizes: list[int], make) -> Network:
    """A net of structured layers."""
    layers = []
    for i, (a, b) in enumerate(itertools.pairwise(sizes)):
        layers.append(Layer.of(make((b, a)), layer=i, shape=(b, a), bias=None))
    return Network(layers=tuple(layers))


def ones(rank):
    """Factors of ones: a long run of them costs next to nothing."""
    return lambda shape: LowRank(
        left=np.ones((shape[0], rank)), right=np.ones((rank, shape[1]))
    )


def coefficients(count):
    def make(_):
        t = np.ones(count, np.int64)
        return Projection(seed=3, bits=2, scale=1.0, coefficients=t)

    return make


def bits_of(network: Network) -> list[bytes]:
    return [array.tobytes() for array in network.arrays()]


def structures(network: Network) -> list[type[Structure] | None]:
    return [layer.structure and type(layer.structure) for layer in network.layers]


@pytest.mark.parametrize(
    ("net", "limit", "least"),
    [
        (chain([1, 8, 1, 8], ones(4)), "MAX_NUMBERS", 3 * 4 * 9),
        (chain([4, 4, 4, 4], coefficients(5)), "MAX_SIGNS", 3 * 5 * 16),
        (chain([4, 4, 4, 4], coefficients(5)), "MAX_NUMBERS", 3 * 5),
    ],
)
def test_layers_share_one_limit_and_what_is_beyond_it_is_written_as_weights(
    monkeypatch, net, limit, least
):
    code = encode(net)
    monkeypatch.setattr(_structure_codes, limit, least)
    assert encode(net) == code
    assert bits_of(decode_network(code.data)[0]) == bits_of(net)

    monkeypatch.setattr(_structure_codes, limit, least - 1)
    with pytest.raises(ValueError, match="ask for more"):
        decode_network(code.data)
    back, bits = decode_network(encode(net).data)
    assert bits == encode(net).bits
    assert bits_of(back) == bits_of(net)
    assert structures(back) == [*structures(net)[:2], None]


def test_what_is_beyond_the_limit_is_refused_before_it_is_rebuilt(monkeypatch):
    net = chain([4, 4], coefficients(5))
    data = encode(net).data
    monkeypatch.setattr(_structure_codes, "MAX_NUMBERS", 4)
    monkeypatch.setattr(
        Projection, "rebuild", lambda *a, **k: pytest.fail("was rebuilt")
    )
    with pytest.raises(ValueError, match="ask for more"):
        decode_network(data)
