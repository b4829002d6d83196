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
scipy's CSR product was measured too, once: it led by at most 15 %, and rarely.
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
from nonvacuous.compression._run_modules import Plus, Sparse, dense
from nonvacuous.compression.codes._structures import faithful
from nonvacuous.nets import Floats, Layer, Network
from nonvacuous.structures import LowRank

__all__ = ["Execution", "measure_execution", "runnable"]

_GATHER, _TRANSPOSE, _CALL = 8, 4, 1 << 14


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


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """A layer with the kernel that costs least."""

    layer: Layer
    thin: LowRank | None

    @classmethod
    def of(cls, layer: Layer, i: int) -> "_Plan":
        """The plan of the i-th layer of a net."""
        thin = faithful(layer, i)
        if isinstance(thin, LowRank) and _thin_cost(thin) < _cost(layer.weight):
            return cls(layer, thin)
        return cls(layer, None)

    @property
    def cost(self) -> int:
        return _cost(self.layer.weight) if self.thin is None else _thin_cost(self.thin)

    @property
    def kernel(self) -> str:
        if self.thin is not None:
            return "low-rank"
        return "sparse" if _is_sparse(self.layer.weight) else "dense"

    def module(self) -> nn.Module:
        bias = self.layer.bias
        offset = None if bias is None else torch.from_numpy(bias.astype(np.float32))
        if self.thin is None:
            return _product(self.layer.weight, offset)
        product: nn.Module = nn.Sequential(
            _product(self.thin.right, None), _product(self.thin.left, offset)
        )
        if self.thin.rest is not None:
            product = Plus(product, _product(self.thin.rest, None))
        return product


def _plans(network: Network) -> list[_Plan]:
    """Of every layer, without dead hidden units if that costs less.

    A layer that loses units loses its structure, which may have been worth more.
    """
    found = [
        [_Plan.of(layer, i) for i, layer in enumerate(net.layers)]
        for net in (network, compacted(network))
    ]
    return min(found, key=lambda plans: sum(plan.cost for plan in plans))


def _cost(matrix: Floats) -> int:
    return min(matrix.size, _sparse_cost(matrix))


def _sparse_cost(matrix: Floats) -> int:
    gathered = _GATHER * int(np.count_nonzero(matrix))
    return gathered + _TRANSPOSE * sum(matrix.shape) + _CALL


def _thin_cost(thin: LowRank) -> int:
    parts = [a for a in (thin.left, thin.right, thin.rest) if a is not None]
    return sum(map(_cost, parts)) + _CALL * (len(parts) - 1)


def _is_sparse(matrix: Floats) -> bool:
    return _sparse_cost(matrix) < matrix.size


def _product(matrix: Floats, bias: torch.Tensor | None) -> nn.Module:
    return Sparse(matrix, bias) if _is_sparse(matrix) else dense(matrix, bias)


# Running -----------------------------------------------------------------------------


def runnable(network: Network) -> nn.Sequential:
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
    return _chain(network, _plans(network))


def _chain(network: Network, plans: Sequence[_Plan]) -> nn.Sequential:
    largest = max(float(np.abs(a).max()) for a in network.arrays())
    if largest > float(np.finfo(np.float32).max):
        raise ValueError(f"network must be within float32 to run, got {largest:.3g}")
    parts: list[nn.Module] = []
    for plan in plans:
        parts += [plan.module(), nn.ReLU()]
    return nn.Sequential(*parts[:-1]).eval().requires_grad_(False)


def measure_execution(
    network: Network,
    original: Network,
    *,
    batches: Sequence[int] = (1, 256),
    repeats: int = 51,
) -> Execution:
    """Time and memory of a compressed net beside its dense original.

    Both run in float32 on one thread, by turns, on the same rows; times are those of
    the processor, and the ratio is that of medians.  It differs from machine to machine
    and a little from run to run.

    Args:
        network: the compressed net.
        original: the net that it was made of, which runs dense.
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
    plans = _plans(network)
    small = _chain(network, plans)
    whole = original.module().float()
    draw = np.random.Generator(np.random.Philox(key=[0, 0]))
    speedups = {}
    with _one_thread(), torch.inference_mode():
        for rows in batches:
            x = torch.from_numpy(draw.random((rows, network.sizes[0]), np.float32))
            speedups[rows] = _speedup(small, whole, x, repeats)
    return Execution(
        kernels=tuple(plan.kernel for plan in plans),
        held=_held(small),
        dense=_held(whole),
        speedups=speedups,
    )


def _speedup(
    small: nn.Module, whole: nn.Module, x: torch.Tensor, repeats: int
) -> float:
    """Median time of the whole net over that of the small one, by turns."""
    nets = (small, whole)
    calls = [max(1, int(1e-3 / _seconds(net, x, 3))) for net in nets]
    times: list[list[float]] = [[], []]
    for _ in range(repeats):
        for found, net, count in zip(times, nets, calls, strict=True):
            found.append(_seconds(net, x, count))
    return statistics.median(times[1]) / statistics.median(times[0])


def _seconds(net: nn.Module, x: torch.Tensor, calls: int) -> float:
    """Of one call, by the processor's clock, which stops while others run."""
    start = time.thread_time()
    for _ in range(calls):
        net(x)
    return max(1e-9, (time.thread_time() - start) / calls)


def _held(module: nn.Module) -> int:
    """Bytes of a module's arrays."""
    total = 0
    for array in (*module.parameters(), *module.buffers()):
        parts = [array]
        if array.layout is torch.sparse_csr:
            parts = [array.values(), array.col_indices(), array.crow_indices()]
        total += sum(a.numel() * a.element_size() for a in parts)
    return total


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
