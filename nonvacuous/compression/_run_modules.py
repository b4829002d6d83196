"""Torch modules that run a layer: dense and sparse products, and sums of two."""

import warnings

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import nn

from nonvacuous.nets import Floats

__all__ = ["Plus", "Sparse", "dense"]


class Sparse(nn.Module):
    """Rows times the transpose of a sparse matrix, plus a bias if there is one."""

    matrix: torch.Tensor
    bias: torch.Tensor | None

    def __init__(self, weight: Floats, bias: torch.Tensor | None) -> None:
        super().__init__()
        rows = csr_array(weight)
        with warnings.catch_warnings():
            for words in ("Sparse CSR tensor support is in beta", "Sparse invariant"):
                warnings.filterwarnings("ignore", words, UserWarning)
            matrix = torch.sparse_csr_tensor(
                torch.from_numpy(rows.indptr.astype(np.int32)),
                torch.from_numpy(rows.indices.astype(np.int32)),
                torch.from_numpy(rows.data.astype(np.float32)),
                size=weight.shape,
                check_invariants=True,
            )
        self.register_buffer("matrix", matrix)
        self.register_buffer("bias", bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = (self.matrix @ x.T).T
        return y if self.bias is None else y + self.bias


class Plus(nn.Module):
    """The sum of what two modules make of the same rows."""

    def __init__(self, one: nn.Module, other: nn.Module) -> None:
        super().__init__()
        self.one, self.other = one, other

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total: torch.Tensor = self.one(x) + self.other(x)
        return total


def dense(weight: Floats, bias: torch.Tensor | None) -> nn.Linear:
    """A Linear layer in float32."""
    outputs, inputs = weight.shape
    linear: nn.Linear = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Linear, inputs, outputs, bias=bias is not None
    )
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(weight.copy()))
        if bias is not None:
            linear.bias.copy_(bias)
    return linear
