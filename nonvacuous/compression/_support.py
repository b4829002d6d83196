r"""Sensitivities on S, and the relative errors that they guarantee.

Assumption A1 of Baykal et al. 2019, as it is used here: on a fresh input the relative
importance of an edge is at most K times its empirical sensitivity, except with a
probability that |S| was chosen for.  On the points of S this holds with K = 1 by
definition.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from nonvacuous.compression._activations import layer_inputs
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._budget import check_budget
from nonvacuous.compression._rows import Rows
from nonvacuous.compression._statistics import support_rows
from nonvacuous.compression.sensitivity import edge_sensitivities
from nonvacuous.nets import Floats, Layer, Network

__all__ = [
    "SensitivityCompressor",
    "Support",
    "bernstein_draws",
    "bernstein_error",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityCompressor(Compressor):
    """The settings of all compressors that measure sensitivities and meet a budget."""

    rows: Rows
    keep: float
    delta: float = 0.05
    constant: float = 3.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_budget(self.keep, self.seed)
        if not 0 < self.delta < 1:
            raise ValueError(f"delta must lie in (0, 1), got {self.delta}")
        if not 1 <= self.constant < math.inf:
            raise ValueError(
                f"constant must be at least 1 and finite, got {self.constant}"
            )

    def support(self, network: Network) -> "Support":
        """S, drawn from the rows as CoreNet draws it."""
        chosen = support_rows(network, self.rows, self.delta, self.seed)
        signed = bool((self.rows.x < 0).any())
        spent = self.delta / 2 if signed else self.delta
        return Support(
            points=self.rows.x[chosen].reshape(len(chosen), -1).astype(np.float64),
            log_term=math.log(8 * sum(network.sizes[1:])) - math.log(spent),
        )

    def apply(self, network: Network) -> Network:
        """The smaller net, as a step of a pipeline."""
        return self.explain(network)[0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Support:
    r"""The points of S, (points, inputs), and :math:`\ln(8 \eta / \delta)`.

    Inputs of both signs double the events, and so halve delta.
    """

    points: Floats
    log_term: float

    def layers(
        self, network: Network, first: int = 0
    ) -> Iterator[tuple[Layer, Floats, Floats]]:
        """Each layer from `first` on, what enters it on S, its sensitivities."""
        inputs = layer_inputs(network, self.points)
        measured = islice(zip(network.layers, inputs, strict=True), first, None)
        for layer, a in measured:
            yield layer, a, edge_sensitivities(layer.weight, a).astype(np.float64)


def bernstein_error(
    sums: Floats, draws: Floats, *, log_term: float, constant: float
) -> Floats:
    r"""The relative error that m draws guarantee, by Bernstein's inequality.

    .. math:: \epsilon = \tfrac b3 + \sqrt{\tfrac{b^2}{9} + 2 b},
        \quad b = S K \ln(8\eta/\delta) / m

    A sum of positive terms of which term j is at most the share K s_j, and which is
    estimated by m draws with chances s_j / S, is farther than this from its estimate
    with a probability of at most :math:`2 \delta / (8 \eta)`.

    Args:
        sums: S, the sum of the sensitivities, any shape.
        draws: m, broadcast against `sums`; without a draw the error is 1, as the
            estimate is 0.
        log_term: ln(8 eta / delta).
        constant: K; three times as large, it is the (6 + 2 epsilon) of the authors'
            code, which lets each input be off by half.

    Returns:
        Relative errors, 0 where S is 0.

    Source: derived; CoreNet's lemma (Baykal et al. 2019) is this with 8 for
        2 + 2 epsilon / 3 and inputs off by half.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        b = sums * (constant * log_term) / draws
        error = b / 3 + np.sqrt(b * b / 9 + 2 * b)
    return np.where(sums > 0, np.where(draws > 0, error, 1.0), 0.0) * (1 + 2.0**-40)


def bernstein_draws(
    sums: Floats, error: float, *, log_term: float, constant: float
) -> Floats:
    r"""The draws, not yet whole numbers, that guarantee a relative error.

    .. math:: m = S K \ln(8\eta/\delta) \, (2 + 2 \epsilon / 3) / \epsilon^2

    Args:
        sums: S, the sum of the sensitivities, any shape.
        error: epsilon, above 0.
        log_term: ln(8 eta / delta).
        constant: K.

    Returns:
        In the shape of `sums`; the inverse of :func:`bernstein_error`.
    """
    share = (2 + 2 * error / 3) / error / error
    return sums * (constant * log_term * share)
