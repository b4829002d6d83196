"""Torch modules that run a layer: sparse products, chains of products, dense ones."""

import warnings

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import nn

from nonvacuous.nets import Floats

__all__ = ["Affine", "Sparse", "dense"]


class Sparse(nn.Module):
    """Rows times the transpose of a sparse matrix."""

    matrix: torch.Tensor

    def __init__(self, weight: Floats) -> None:
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

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.matrix @ x.T).T


class Affine(nn.Module):
    """A sum of chains of products, and a bias."""

    bias: torch.Tensor | None

    def __init__(self, chains: list[nn.Sequential], bias: torch.Tensor | None) -> None:
        super().__init__()
        self.chains = nn.ModuleList(chains)
        self.register_buffer("bias", bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, *others = (chain(x) for chain in self.chains)
        y: torch.Tensor = sum(others, first)
        return y if self.bias is None else y + self.bias


def dense(weight: Floats, bias: torch.Tensor | None = None) -> nn.Linear:
    outputs, inputs = weight.shape
    linear: nn.Linear = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Linear, inputs, outputs, bias=bias is not None
    )
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(weight.copy()))
        if bias is not None:
            linear.bias.copy_(bias)
    return linear
