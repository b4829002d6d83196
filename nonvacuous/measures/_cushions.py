r"""How much of a layer's possible output the rows of a sample really get.

Arora et al. 2018 (transcribed, not read in the original): with pre-activations
:math:`x^i = A^i \phi(x^{i-1})`, :math:`x^0` the row, and the Jacobian
:math:`J^{i,j}_x = A^j D_{j-1} A^{j-1} \cdots A^{i+1} D_i` of :math:`x^j` by the
*pre-activation* :math:`x^i`, D the row's pattern of active units,

.. math:: \mu_i(x) = \frac{\|x^i\|}{\|A^i\|_F\, \|\phi(x^{i-1})\|}, \qquad
   \mu_{i,j}(x) = \frac{\|x^j\|}{\|J^{i,j}_x\|_F\, \|x^i\|}, \qquad
   c(x) = \max_i \frac{\|x^i\|}{\|\phi(x^i)\|}.

Theorems need the least :math:`\mu` and the largest c over *all* rows of the sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.measures._homogeneous import homogeneous, homogeneous_rows
from nonvacuous.nets import Floats, Network

__all__ = ["Cushions", "chunk_rows", "cushions", "preactivations", "quotient"]

_ENTRIES = 1 << 18  # of a chunk's Jacobians: 2 MiB, so that they stay in cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cushions:
    """Cushions of d layers on n rows, layers counted from 0.

    A quotient of two zeros constrains nothing: it is infinite as a cushion, and 1 as a
    contraction.

    Attributes:
        layer: (n, d), mu_i of each row.
        interlayer: (n, d, d), mu_{i,j} of each row at [:, i, j], i <= j, with
            1 / sqrt(h_i) on the diagonal; infinite below it.
        contraction: (n, d - 1), ||x^i|| / ||phi(x^i)|| of each row and hidden layer.
        outputs: (n,), ||f(x)||.
    """

    layer: Floats
    interlayer: Floats
    contraction: Floats
    outputs: Floats

    @property
    def least_layer(self) -> Floats:
        """mu_i over all rows, (d,)."""
        least: Floats = self.layer.min(axis=0)
        return least

    @property
    def least_interlayer(self) -> Floats:
        """mu_{i,j} over all rows, (d, d)."""
        least: Floats = self.interlayer.min(axis=0)
        return least

    @property
    def onward(self) -> Floats:
        """mu_{i->}: the least of mu_{i,j} over j >= i and all rows, (d,)."""
        least: Floats = self.least_interlayer.min(axis=1)
        return least

    @property
    def most_contracted(self) -> float:
        """The activation contraction c over all rows and hidden layers, at least 1."""
        return float(self.contraction.max(initial=1.0))

    @property
    def largest_output(self) -> float:
        """The largest ||f(x)||."""
        return float(self.outputs.max())

    @property
    def layer_rows(self) -> NDArray[np.intp]:
        """The first row that attains each mu_i, (d,)."""
        rows: NDArray[np.intp] = self.layer.argmin(axis=0)
        return rows

    @property
    def interlayer_rows(self) -> NDArray[np.intp]:
        """The first row that attains each mu_{i,j}, (d, d)."""
        rows: NDArray[np.intp] = self.interlayer.argmin(axis=0)
        return rows


def cushions(network: Network, x: NDArray[np.floating[Any]]) -> Cushions:
    """Cushions, contraction and output norms of every row.

    Biases are embedded first (:func:`nonvacuous.measures.homogeneous`), so the unit
    that carries the constant counts in all norms.  Work for a row: for each j the
    Jacobian's h_j rows are pulled back layer by layer, one matrix product a layer.

    Args:
        network: the net.
        x: rows (n, ...), at least one.

    Returns:
        One number for each row and layer, or pair of layers.

    Raises:
        ValueError: if there are no rows.

    Source: Arora et al. 2018, layer cushion, interlayer cushion and activation
    contraction (transcribed, numbers of the definitions not known).
    """
    if len(x) == 0:
        raise ValueError("x must hold at least one row, got 0")
    matrices = [layer.weight for layer in homogeneous(network).layers]
    step = chunk_rows(matrices)
    parts = [
        _measured(matrices, homogeneous_rows(network, x[start : start + step]))
        for start in range(0, len(x), step)
    ]
    layer, interlayer, contraction, outputs = zip(*parts, strict=True)
    return Cushions(
        layer=np.concatenate(layer),
        interlayer=np.concatenate(interlayer),
        contraction=np.concatenate(contraction),
        outputs=np.concatenate(outputs),
    )


def preactivations(matrices: Sequence[Floats], a: Floats) -> list[Floats]:
    """x^1 to x^d of rows (n, inputs), each (n, outputs of the layer)."""
    found = []
    for matrix in matrices:
        found.append(a @ matrix.T)
        a = np.maximum(found[-1], 0.0)
    return found


def quotient(top: Floats, bottom: Floats, empty: float = np.inf) -> Floats:
    """Top / bottom, with a value for 0 / 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((top == 0) & (bottom == 0), empty, top / bottom)


def chunk_rows(matrices: Sequence[Floats]) -> int:
    """Rows of a chunk whose largest Jacobian has about `_ENTRIES` entries."""
    pulled = [
        len(matrices[j]) * max(m.shape[1] for m in matrices[1 : j + 1])
        for j in range(2, len(matrices))
    ]
    largest = max(pulled, default=max(len(m) for m in matrices))
    return max(1, min(4096, _ENTRIES // largest))


def _norms(a: Floats) -> Floats:
    flat = a.reshape(len(a), -1)
    norms: Floats = np.sqrt(np.einsum("ij,ij->i", flat, flat))
    return norms


def _measured(
    matrices: Sequence[Floats], a: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """The four fields of `Cushions` for one chunk."""
    x = preactivations(matrices, a)
    norms = np.stack([_norms(z) for z in x], axis=1)
    # the row itself enters layer 0, signs and all
    inward = [a, *(np.maximum(z, 0.0) for z in x[:-1])]
    entering = np.stack([_norms(z) for z in inward], axis=1)
    sizes = np.array([np.linalg.norm(m) for m in matrices])
    jacobians = _jacobian_norms(matrices, [(z > 0).astype(np.float64) for z in x[:-1]])
    interlayer = quotient(norms[:, None, :], jacobians * norms[:, :, None])
    depth = len(matrices)
    interlayer[:, *np.tril_indices(depth, -1)] = np.inf
    interlayer[:, range(depth), range(depth)] = [len(m) ** -0.5 for m in matrices]
    return (
        quotient(norms, sizes * entering),
        interlayer,
        quotient(norms[:, :-1], entering[:, 1:], 1.0),
        norms[:, -1],
    )


def _jacobian_norms(matrices: Sequence[Floats], masks: Sequence[Floats]) -> Floats:
    """Frobenius norms of J^{i,j} for i < j, (n, d, d); 1 elsewhere."""
    depth = len(matrices)
    norms = np.ones((len(masks[0]) if masks else 1, depth, depth))
    for j in range(1, depth):
        # one layer back no product is needed: columns of A^j count or do not
        squares = np.einsum("ij,ij->j", matrices[j], matrices[j])
        norms[:, j - 1, j] = np.sqrt(masks[j - 1] @ squares)
        if j == 1:
            continue
        back = matrices[j] * masks[j - 1][:, None, :]
        for i in range(j - 2, -1, -1):
            flat = back.reshape(-1, back.shape[2]) @ matrices[i + 1]
            back = flat.reshape(len(back), -1, flat.shape[1])
            back *= masks[i][:, None, :]
            norms[:, i, j] = _norms(back)
    return norms
