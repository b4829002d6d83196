r"""A compressed net as it is run: every layer on the kernel that costs least.

The cost of a product with one row, in the multiply-adds of a dense product:

- of a dense matrix, one for each entry;
- of a sparse one (torch's CSR), :math:`8\,\mathrm{nnz} + 4\,(\text{inputs} +
  \text{outputs}) + 2^{14}`: gathering a number takes eight times as long as streaming
  one, rows are transposed on the way in and out, and the call itself takes a while;
- of two thin ones and a remainder, the sum of theirs, and :math:`2^{14}` for every call
  but the first.

The constants are rounded from times measured with torch 2.13 on one core, for layers
of 1,000 to a million weights, densities from 1 to 30 % and batches of 1 and 256.
scipy's CSR product was measured too, and was never faster by more than the noise.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from nonvacuous._counting import compacted
from nonvacuous.compression._run_modules import Affine, Sparse, dense
from nonvacuous.compression._structure_codes import faithful
from nonvacuous.nets import Floats, Network
from nonvacuous.structures import LowRank

__all__ = ["Execution", "measure_execution", "runnable"]

_GATHER, _TRANSPOSE, _CALL = 8, 4, 1 << 14

Chains = list[list[Floats]]
"""A matrix as a sum of products of matrices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How a compressed net runs beside the dense original, on one thread.

    Attributes:
        kernels: of each layer that runs, in order: dense, sparse or low-rank.
        held: bytes of its arrays in memory.
        dense: bytes of the original's.
        speedups: by rows at a time, the original's time over the compressed net's:
            above 1 where the compressed net is faster.
    """

    kernels: tuple[str, ...]
    held: int
    dense: int
    speedups: dict[int, float]


# Costs -------------------------------------------------------------------------------


def _chains(network: Network) -> Iterator[tuple[str, Chains]]:
    """For each layer, the cheapest kernel and the matrices that it multiplies with."""
    for i, layer in enumerate(network.layers):
        whole: Chains = [[layer.weight]]
        kernel = "sparse" if _is_sparse(layer.weight) else "dense"
        thin = faithful(layer, i)
        if isinstance(thin, LowRank):
            factors: Chains = [[thin.right, thin.left]]
            if thin.rest is not None:
                factors.append([thin.rest])
            if _cost(factors) < _cost(whole):
                kernel, whole = "low-rank", factors
        yield kernel, whole


def _cost(chains: Chains) -> int:
    costs = [min(a.size, _sparse_cost(a)) for chain in chains for a in chain]
    return sum(costs) + _CALL * (len(costs) - 1)


def _sparse_cost(matrix: Floats) -> int:
    gathered = _GATHER * int(np.count_nonzero(matrix))
    return gathered + _TRANSPOSE * sum(matrix.shape) + _CALL


def _is_sparse(matrix: Floats) -> bool:
    return _sparse_cost(matrix) < matrix.size


def _lighter(network: Network) -> Network:
    """Without the hidden units that are dead, if that costs less.

    A layer that loses units loses its structure, which may have been worth more.
    """
    small = compacted(network)
    before, after = (
        sum(_cost(chains) for _, chains in _chains(n)) for n in (network, small)
    )
    return small if after < before else network


# Modules -----------------------------------------------------------------------------


def _module(network: Network, plan: list[tuple[str, Chains]]) -> nn.Sequential:
    parts: list[nn.Module] = []
    for layer, (kernel, chains) in zip(network.layers, plan, strict=True):
        bias = None
        if layer.bias is not None:
            bias = torch.from_numpy(layer.bias.astype(np.float32))
        if kernel == "dense":
            parts.append(dense(layer.weight, bias))
        else:
            products = [
                nn.Sequential(
                    *(Sparse(a) if _is_sparse(a) else dense(a) for a in chain)
                )
                for chain in chains
            ]
            parts.append(Affine(products, bias))
        parts.append(nn.ReLU())
    return nn.Sequential(*parts[:-1]).eval().requires_grad_(False)


def runnable(network: Network) -> nn.Module:
    """A net as a module that runs every layer on the kernel that costs least.

    Hidden units that nothing reads, or that stay 0, are dropped where that costs less.
    It runs in float32, is neither trained nor copied, and gives the outputs of the
    dense net up to rounding.

    Args:
        network: the net.

    Returns:
        A module that takes rows (n, inputs), float32, to scores (n, outputs).

    Raises:
        ValueError: if a parameter is beyond float32.
    """
    if max(np.abs(a).max() for a in network.arrays()) > np.finfo(np.float32).max:
        raise ValueError("network must have parameters within float32 to be run in it")
    small = _lighter(network)
    return _module(small, list(_chains(small)))


def _held(module: nn.Module) -> int:
    """Bytes of a module's arrays."""
    total = 0
    for array in (*module.parameters(), *module.buffers()):
        parts = [array]
        if array.layout is torch.sparse_csr:
            parts = [array.values(), array.col_indices(), array.crow_indices()]
        total += sum(a.numel() * a.element_size() for a in parts)
    return total


# Times -------------------------------------------------------------------------------


def measure_execution(
    network: Network,
    original: Network,
    *,
    batches: Sequence[int] = (1, 256),
    repeats: int = 51,
) -> Execution:
    """Time and memory of a compressed net beside its dense original.

    Both run in float32 on one thread, by turns; the ratio is that of medians.  Times
    differ from machine to machine and from run to run: the ratio is no certificate.

    Args:
        network: the compressed net.
        original: the net that it was made of.
        batches: rows at a time, each at least 1.
        repeats: measurements of each net at each number of rows.

    Returns:
        Which kernels run, bytes held, and the speed over the original's.

    Raises:
        ValueError: if a parameter is beyond float32, or an argument below 1.
    """
    if repeats < 1 or not batches or min(batches) < 1:
        raise ValueError(
            f"batches and repeats must be at least 1, got {batches} and {repeats}"
        )
    module = runnable(network)
    whole: list[tuple[str, Chains]] = [("dense", []) for _ in original.layers]
    plain = _module(original, whole)
    draw = np.random.Generator(np.random.Philox(key=[0, 0]))
    speedups = {}
    with _one_thread(), torch.inference_mode():
        for rows in batches:
            x = draw.random((rows, network.sizes[0]), np.float32)
            speedups[rows] = _speedup(module, plain, torch.from_numpy(x), repeats)
    return Execution(
        kernels=tuple(kernel for kernel, _ in _chains(_lighter(network))),
        held=_held(module),
        dense=_held(plain),
        speedups=speedups,
    )


def _speedup(
    module: nn.Module, plain: nn.Module, x: torch.Tensor, repeats: int
) -> float:
    """Median time of the dense net over that of the other, by turns."""
    calls = [max(1, int(1e-3 / _seconds(net, x, 3))) for net in (module, plain)]
    times: list[list[float]] = [[], []]
    for _ in range(repeats):
        for found, net, count in zip(times, (module, plain), calls, strict=True):
            found.append(_seconds(net, x, count))
    small, large = (statistics.median(found) for found in times)
    return large / small


def _seconds(net: nn.Module, x: torch.Tensor, calls: int) -> float:
    """Of one call, at least a nanosecond."""
    start = time.perf_counter()
    for _ in range(calls):
        net(x)
    return max(1e-9, (time.perf_counter() - start) / calls)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
