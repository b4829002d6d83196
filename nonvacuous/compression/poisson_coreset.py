r"""A coreset of edges whose size a theorem tells before a single edge is drawn.

CoreNet's theorem asks for the mean of a ratio that has none on real nets, and then
keeps every edge.  Here edges are kept independently (Poisson sampling), so that the
noise of a large share of edges is small and that of all of them is none, and what a
sampled net may do to the answer at x is bounded from x alone
(:mod:`._margin_noise`).  The mean of that bound over fresh rows is estimated, with
confidence, by ``nonvacuous.bounds.poisson_coreset``.

The probability that an edge is kept is proportional to its sensitivity in mean square,

.. math:: s_{ij}^2 = \frac1{|S|} \sum_{x \in S} \sum_k \Bigl(
          \frac{w_{ij}\, a_j(x)}{m_k(x)}\,
          \frac{\partial m_k(x)}{\partial z_i}\Bigr)^2,

over the margins :math:`m_k` of the net's own answer over every other class, cut at 1.
For variances that add, this choice is the best of its expected size (Lagrange).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._base import Compressor
from nonvacuous.compression._margin_noise import disagreement_bounds, margin_slopes
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.compression._rows import Rows, check_rows
from nonvacuous.nets import Floats, Layer, Network, read

__all__ = ["PoissonCoreset", "keep_for"]

_MOST = 4000  # rows that sensitivities are measured on
_CHUNK = 1024
_UNSEEN = 0.02
"""Rows' worth of importance given to every edge of a layer: an edge that no row of S
lights is not without noise on a fresh one.  Any value is sound."""
_LEAST = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonCoreset(Compressor):
    """Edges kept independently of each other, by mean-square sensitivity of margins.

    Attributes:
        rows: S, the points (the first 4,000 of them) that probabilities are made from.
        keep: share of the edges to keep in expectation, in (0, 1].
        seed: of the draw.

    Source: derived here, for the theorem of Baykal et al. 2019.
    """

    rows: Rows
    keep: float
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.keep <= 1:
            raise ValueError(f"keep must lie in (0, 1], got {self.keep}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must lie in [0, 2^63), got {self.seed}")

    def probabilities(self, net: Any) -> tuple[Floats, ...]:
        """That each edge is kept: a function of the net, the rows and `keep` alone.

        Args:
            net: anything that :func:`nonvacuous.nets.read` reads.

        Returns:
            For each layer (outputs, inputs), in (0, 1].

        Raises:
            CompressionError: if the net does not take such rows.
        """
        network = read(net)
        return _shares(_importance(network, self.rows), network, self.keep)

    def disagreement(self, net: Any, x: NDArray[np.floating[Any]]) -> Floats:
        """Bounds on the probability that the sampled net answers otherwise than `net`.

        Args:
            net: anything that :func:`nonvacuous.nets.read` reads.
            x: rows (n, ...); fresh ones, for the theorem.

        Returns:
            (n,) in [0, 1], one for each row, over the draw of the edges alone.
        """
        network = read(net)
        return disagreement_bounds(network, self.probabilities(network), x)

    def apply(self, network: Network) -> Network:
        """The sampled net, as a step of a pipeline."""
        return self._draw(network, self.probabilities(network))

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The sampled net, and what the theorem says of the rows of S."""
        p = self.probabilities(network)
        small = self._draw(network, p)
        layers = tuple(
            LayerReport(
                layer=i + 1,
                edges=int(np.count_nonzero(before.weight)),
                kept=after.kept,
                facts={"edges expected": float(q[before.weight != 0].sum())},
            )
            for i, (before, after, q) in enumerate(
                zip(network.layers, small.layers, p, strict=True)
            )
        )
        u = disagreement_bounds(network, p, self.rows.x[:_MOST])
        return small, Report(
            layers=layers,
            guarantee="for every row, the probability over the draw that its answer is"
            " not the original's is at most a number known before the draw; the mean of"
            " that number over rows that shaped neither the net nor S is certified by"
            " the theorem poisson-coreset",
            facts={"mean of that number on S": float(u.mean())},
        )

    def _draw(self, network: Network, probabilities: Sequence[Floats]) -> Network:
        layers = []
        for i, (layer, p) in enumerate(zip(network.layers, probabilities, strict=True)):
            draw = np.random.Generator(np.random.Philox(key=[self.seed, i]))
            kept = draw.random(p.shape) < p
            layers.append(
                Layer(weight=np.where(kept, layer.weight / p, 0.0), bias=layer.bias)
            )
        return Network(layers=tuple(layers))


def keep_for(net: Any, rows: Rows, disagreement: float) -> float:
    """The least share of edges for which the theorem promises that much on S.

    Args:
        net: anything that :func:`nonvacuous.nets.read` reads.
        rows: S; a promise on fresh rows needs a certificate from fresh rows.
        disagreement: mean over S of the probability of another answer, in (0, 1).

    Returns:
        A share in (0, 1], to two digits, rounded up.

    Raises:
        ValueError: if `disagreement` is not in (0, 1).
    """
    if not 0 < disagreement < 1:
        raise ValueError(f"disagreement must lie in (0, 1), got {disagreement}")
    network = read(net)
    importance = _importance(network, rows)
    low, high = 0, 100  # percent: all of the edges make no noise at all
    while high - low > 1:
        middle = (low + high) // 2
        p = _shares(importance, network, middle / 100)
        u = disagreement_bounds(network, p, rows.x[:_MOST]).mean()
        low, high = (low, middle) if u <= disagreement else (middle, high)
    return high / 100


def _importance(network: Network, rows: Rows) -> list[Floats]:
    """Sensitivities s of every edge, (outputs, inputs) for each layer."""
    check_rows(network, rows)
    x = rows.x[:_MOST].reshape(-1, network.sizes[0])
    total = [np.zeros(layer.weight.shape) for layer in network.layers]
    for start in range(0, len(x), _CHUNK):
        _add(network, x[start : start + _CHUNK].astype(np.float64), total)
    return [
        np.abs(layer.weight) * np.sqrt((part + _UNSEEN * part.mean()) / len(x))
        for layer, part in zip(network.layers, total, strict=True)
    ]


def _add(network: Network, x: Floats, total: list[Floats]) -> None:
    """Add the squared slopes of a chunk's margins, times squared activations."""
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.weight.T + (0.0 if layer.bias is None else layer.bias))
        a.append(np.maximum(z[-1], 0.0))
    answers = z[-1].argmax(axis=1)
    top = z[-1][np.arange(len(x)), answers]
    for k in range(z[-1].shape[1]):
        share = np.where(answers == k, 0.0, np.maximum(top - z[-1][:, k], 1.0) ** -2.0)
        for i, h in enumerate(margin_slopes(network, z, k)):
            slopes = share[:, None] * (h * (z[i] > 0)) ** 2
            total[i] += slopes.T @ a[i] ** 2
        squares = share[:, None] * a[-2] ** 2
        total[-1][k] += squares.sum(axis=0)
        np.add.at(total[-1], answers, squares)


def _shares(
    importance: Sequence[Floats], network: Network, keep: float
) -> tuple[Floats, ...]:
    """Probabilities min(1, s / threshold) whose mean over the edges is `keep`."""
    live = [layer.weight != 0 for layer in network.layers]
    s = np.concatenate([i[m] for i, m in zip(importance, live, strict=True)])
    order = np.sort(s)[::-1]
    beyond = np.append(
        np.cumsum(order[::-1])[::-1], 0.0
    )  # sum of all but the c largest
    want = keep * s.size
    certain = np.arange(s.size + 1)
    # with the c largest kept for certain, the others share what is left
    with np.errstate(divide="ignore", invalid="ignore"):
        threshold = beyond / (want - certain)
    fits = (want > certain) & (np.append(order, 0.0) <= threshold)
    at = int(np.argmax(fits)) if fits.any() else -1
    least = threshold[at] if at >= 0 else 0.0
    return tuple(
        np.where(m, np.clip(i / least, _LEAST, 1.0), 1.0)
        if least > 0
        else np.ones_like(i)
        for i, m in zip(importance, live, strict=True)
    )
