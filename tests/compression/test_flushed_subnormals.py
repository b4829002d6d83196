"""A process that flushes subnormal numbers would decode another net: it is refused."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from nonvacuous.compression import MagnitudePruning
from nonvacuous.compression.codes import decode_network, encode
from nonvacuous.nets import Layer, Network

NET = Network(layers=(Layer(weight=np.array([[1.0, 2.0**-149]]), bias=None),))


@pytest.fixture
def flushing() -> Iterator[None]:
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush subnormal numbers")
    yield
    torch.set_flush_denormal(False)


def test_the_smallest_numbers_of_float32_come_back() -> None:
    weight = decode_network(encode(NET).data)[0].layers[0].weight
    assert weight.tolist() == [[1.0, 2.0**-149]]


@pytest.mark.usefixtures("flushing")
@pytest.mark.parametrize("act", [encode, MagnitudePruning(keep=1.0).compress])
def test_nothing_is_encoded_while_subnormal_numbers_are_flushed(act) -> None:
    with pytest.raises(ArithmeticError, match="flushes subnormal numbers to zero"):
        act(NET)


def test_nothing_is_decoded_while_subnormal_numbers_are_flushed(request) -> None:
    data = encode(NET).data
    request.getfixturevalue("flushing")
    with pytest.raises(ArithmeticError, match="flushes subnormal numbers to zero"):
        decode_network(data)
