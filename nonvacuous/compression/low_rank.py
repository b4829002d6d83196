r"""Each layer as a product of two thin matrices, with or without a sparse remainder.

A product of rank r stores :math:`r(m + n)` numbers in place of :math:`mn`.  Factors are
rounded to 22 to 24 bits, so that their product is exact on every machine; see
:mod:`nonvacuous.structures`.
"""

from dataclasses import dataclass

import numpy as np

from nonvacuous.compression._activations import gram, layer_inputs
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._layerwise import check_keep, layerwise
from nonvacuous.compression._report import Report
from nonvacuous.compression._rows import Rows, check_rows
from nonvacuous.nets import Floats, Network
from nonvacuous.structures import LowRank
from nonvacuous.structures._base import single
from nonvacuous.structures._low_rank import factor_bits, on_grid

__all__ = ["DataAwareLowRank", "LowRankPlusSparse", "SingularValueTruncation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SingularValueTruncation(Compressor):
    r"""The best approximation of each layer of its rank, by singular values.

    The rank is :math:`\max(1, \lfloor k\,mn / (m + n) \rfloor)` at share k, so every
    layer keeps the same share, or less; a layer whose rank 1 stores more than its
    share, as :math:`m + n > k\,mn`, goes beyond it, and stays as it is where that
    would store no less than the layer.  Biases are kept.

    Attributes:
        keep: numbers stored, over weights, in (0, 1].

    Source: Eckart and Young 1936; the baseline "SVD" of Baykal et al. 2019 (recalled).
    """

    keep: float

    def __post_init__(self) -> None:
        check_keep(self.keep)

    def apply(self, network: Network) -> Network:
        """The net of low rank, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The net of low rank, and each layer's relative error."""

        def fit(_: int, weight: Floats, numbers: int) -> LowRank:
            return _thin(*_truncated(weight, _rank(weight, numbers)))

        return layerwise(network, self.keep, fit)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAwareLowRank(Compressor):
    r"""The approximation of each layer of its rank that changes its outputs least.

    With a the inputs of the layer in the original net and E the mean over the rows, it
    minimises :math:`E \lVert (W - \hat W) a \rVert^2 = \lVert (W - \hat W) H^{1/2}
    \rVert_F^2`, :math:`H = E\,a a^\top`, over all :math:`\hat W` of rank r.  If
    :math:`W H^{1/2} = U \Sigma V^\top`, one minimiser is :math:`U_r U_r^\top W`: its
    product with :math:`H^{1/2}` is the truncation of :math:`W H^{1/2}` (derived).  So
    no inverse of H is needed, and :math:`U_r` are eigenvectors of the outputs' second
    moments :math:`W H W^\top`.  Where the outputs have fewer directions than r, the
    rest of the rank goes to the singular vectors of what is left of W.

    Ranks and shares are those of :class:`SingularValueTruncation`.

    Attributes:
        rows: the sample; labels are not used.
        keep: numbers stored, over weights, in (0, 1].

    Source: Chen et al. 2021 (recalled), which reaches the same minimum another way.
    """

    rows: Rows
    keep: float

    def __post_init__(self) -> None:
        check_keep(self.keep)

    def apply(self, network: Network) -> Network:
        """The net of low rank, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The net of low rank, and each layer's relative error."""
        check_rows(network, self.rows)
        inputs = layer_inputs(network, self.rows.x)
        moments = [
            gram(a @ layer.weight.T)
            for a, layer in zip(inputs, network.layers, strict=True)
        ]

        def fit(i: int, weight: Floats, numbers: int) -> LowRank:
            basis = _directions(moments[i], weight, _rank(weight, numbers))
            return _thin(basis, basis.T @ weight)

        return layerwise(network, self.keep, fit)


@dataclass(frozen=True, slots=True, kw_only=True)
class LowRankPlusSparse(Compressor):
    r"""Each layer as a matrix of low rank plus a sparse one.

    Alternates two projections: L is the best approximation of rank r of W - R, then R
    keeps the k largest entries of W - L.  Neither makes :math:`\lVert W - L - R
    \rVert_F` larger; where they end may be a local minimum.  The rank is that of
    :class:`SingularValueTruncation` at the share ``rank_share * keep``; k is what is
    left of the budget.

    Attributes:
        keep: numbers stored, over weights, in (0, 1].
        rank_share: share of the numbers that the factors may take, in (0, 1].
        rounds: how often to alternate, from 1.

    Source: Zhou and Tao 2011 (recalled), with exact singular values in place of random
    projections; applied to nets by Yu et al. 2017 (recalled).
    """

    keep: float
    rank_share: float = 0.5
    rounds: int = 20

    def __post_init__(self) -> None:
        check_keep(self.keep)
        if not 0 < self.rank_share <= 1:
            raise ValueError(f"rank_share must lie in (0, 1], got {self.rank_share}")
        if self.rounds < 1:
            raise ValueError(f"rounds must be at least 1, got {self.rounds}")

    def apply(self, network: Network) -> Network:
        """The net of low rank and sparse parts, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The net of low rank and sparse parts, and each layer's relative error."""
        return layerwise(network, self.keep, self._fit)

    def _fit(self, _: int, weight: Floats, numbers: int) -> LowRank:
        rank = _rank(weight, int(self.rank_share * numbers))
        count = max(0, numbers - rank * sum(weight.shape))
        rest = np.zeros_like(weight)
        for _ in range(self.rounds):
            left, right = _truncated(weight - rest, rank)
            rest = _largest(weight - left @ right, count)
        thin = _thin(left, right)
        rest = _largest(weight - thin.left @ thin.right, count)
        return LowRank(left=thin.left, right=thin.right, rest=single(rest))


def _rank(weight: Floats, numbers: int) -> int:
    """The largest rank whose factors hold at most so many numbers; at least 1."""
    return max(1, numbers // sum(weight.shape))


def _truncated(weight: Floats, rank: int) -> tuple[Floats, Floats]:
    """Factors of the best approximation of that rank, equally long columns and rows."""
    left, values, right = np.linalg.svd(weight, full_matrices=False)
    root = np.sqrt(values[:rank])
    return left[:, :rank] * root, root[:, None] * right[:rank]


def _thin(left: Floats, right: Floats) -> LowRank:
    """Factors rounded so that their product is exact."""
    bits = factor_bits(left.shape[1])
    return LowRank(left=on_grid(left, bits), right=on_grid(right, bits))


def _directions(moments: Floats, weight: Floats, rank: int) -> Floats:
    """Orthonormal columns (outputs, rank): where the outputs are, then where W is."""
    values, vectors = np.linalg.eigh(moments)
    values, vectors = values[::-1], vectors[:, ::-1]
    noise = values[0] * len(values) * np.finfo(float).eps
    basis: Floats = vectors[:, :rank][:, values[:rank] > noise]
    missing = rank - basis.shape[1]
    if missing:
        left, _, _ = np.linalg.svd(weight - basis @ (basis.T @ weight))
        basis, _ = np.linalg.qr(np.hstack([basis, left[:, :missing]]))
    return basis


def _largest(array: Floats, count: int) -> Floats:
    """The entries of largest size, the others zero; of equal ones the first."""
    out = np.zeros_like(array)
    chosen = np.argsort(-np.abs(array), axis=None, kind="stable")[:count]
    out.flat[chosen] = array.flat[chosen]
    return out
