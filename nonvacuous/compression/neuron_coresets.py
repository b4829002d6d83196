r"""Coresets of hidden neurons that hold for every input of a ball, without data.

Let p_j be the weights and bias that enter neuron j, and w_ij those that read it.  For
every input x with :math:`\|(x, 1)\| \le \beta` the term :math:`w_{ij} \phi(p_j x)` is
at most :math:`s_j = \max_i |w_{ij}| \, \phi(\beta \|p_j\|)` in size, and t is the sum
of these.  With m draws of chances q = s_j / t, and readers scaled by c / (m q), with
probability 1 - delta, for all r readers and *all* inputs of the ball at once,

.. math:: |\hat z_i(x) - z_i(x)| \le
    \frac{t}{\sqrt m} \Bigl( 2 + \sqrt{2 \ln(2 r / \delta)} \Bigr)

(derived).  The estimate is a mean of m independent terms in [-t, t].  Hoeffding's
inequality gives the root for one input.  For the supremum over the ball, one draw moves
it by 2t/m at most (McDiarmid: the same root), and its mean is at most twice the
Rademacher average of :math:`c_k t \phi(\langle u_k, x \rangle / \beta)`, with unit
vectors u_k and :math:`|c_k| \le 1`; these are contractions of a linear function, so
it is at most :math:`2 t \, E\|\sum_k \sigma_k u_k\| / m \le 2t/\sqrt m`.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from nonvacuous._numerics import plain
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._budget import check_budget, entries, least_error, stream
from nonvacuous.compression._narrow import (
    Chosen,
    check_narrowest,
    narrow_entries,
    narrowed,
)
from nonvacuous.compression._report import Report
from nonvacuous.compression.sampling import draws_for, probabilities, sample
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["NeuronCoreset", "error_at_an_input", "error_in_the_ball"]


def error_at_an_input(
    total: float, draws: float, *, readers: int, delta: float
) -> float:
    """How far the readers' sums may be off at one input.

    Args:
        total: t, the sum of the scores, at least 0.
        draws: m, at least 1.
        readers: r, neurons that read the layer.
        delta: failure probability, in (0, 1).

    Returns:
        The error in the unit of the sums, rounded up.

    Source: Hoeffding's inequality (derived).
    """
    root = math.sqrt(2 * math.log(2 * readers / delta))
    return total / math.sqrt(draws) * root * (1 + 2.0**-40)


def error_in_the_ball(
    total: float, draws: float, *, readers: int, delta: float
) -> float:
    """How far the readers' sums may be off at any input of the ball.

    Args:
        total: t, the sum of the scores, at least 0.
        draws: m, at least 1.
        readers: r, neurons that read the layer.
        delta: failure probability, in (0, 1).

    Returns:
        The error in the unit of the sums, rounded up.

    Source: derived, at the head of this module.  The paper's sample size (Mussay et
        al. 2020, recalled) is c t (d ln t + ln(1/delta)) / epsilon^2 with an unnamed
        constant c and the number d of inputs, which this has no need of.
    """
    at_one = error_at_an_input(total, draws, readers=readers, delta=delta)
    return at_one + 2 * total / math.sqrt(draws) * (1 + 2.0**-40)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronCoreset(Compressor):
    r"""Hidden neurons drawn by their weights alone, reweighted where they are read.

    Every hidden layer keeps the same share of its neurons in expectation, found so that
    the budget is met.  Scores are those of the original net, whose layers are sampled
    independently.  For ReLU the chances do not depend on beta, only the errors do.  The
    ball of a hidden layer's inputs follows from the ball before it and the spectral
    norm of the layer between.  A layer that keeps all of its neurons stays as it was.

    Attributes:
        keep: share of the net's weights to keep in expectation, in (0, 1]: a removed
            neuron takes those that it reads and those that read it.
        radius: of the ball that holds the net's inputs, above 0; 28 for 784 pixels in
            [0, 1].
        delta: failure probability, in (0, 1).
        seed: of the draws.

    Source: Mussay et al. 2020 (its code seen, which returns a column of weights as the
    bias; its theorem recalled).  That code draws until there are as many distinct
    neurons as asked for, here the number of draws is fixed, so the mean is exact.
    """

    keep: float
    radius: float = 1.0
    delta: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        check_budget(self.keep, self.seed)
        if not 0 < self.radius < math.inf:
            raise ValueError(f"radius must be above 0 and finite, got {self.radius}")
        if not 0 < self.delta < 1:
            raise ValueError(f"delta must lie in (0, 1), got {self.delta}")

    def apply(self, network: Network) -> Network:
        """The narrower net, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The narrower net, and what each hidden layer asked for, drew and kept."""
        budget = self.keep * entries(network)
        check_narrowest(network, self.keep, budget)
        sizes = network.sizes[1:-1]
        readers = sum(network.sizes[2:])

        def widths(shrink: float) -> list[float]:
            return [max(1.0, n / max(1.0, shrink)) for n in sizes]

        shrink = least_error(lambda e: narrow_entries(network, widths(e)), budget)
        chosen, radius = [], self.radius
        for i, width in enumerate(widths(shrink)):
            points = _points(network.layers[i])
            read = np.abs(network.layers[i + 1].weight).max(axis=0)
            scores = read * np.linalg.norm(points, axis=1)
            q = probabilities(scores[None])
            target = np.array([width])
            whole = target >= np.count_nonzero(q)
            asked = np.where(whole, np.inf, draws_for(q, target))
            (factor,), drawn = sample(np.ones_like(q), q, asked, stream(self.seed, i))
            beta = math.hypot(radius, 1.0) * (1 + 2.0**-30)
            total, m = beta * float(scores.sum()), float(drawn[0])
            errors = [
                bound(total, m, readers=readers, delta=self.delta) if m else 0.0
                for bound in (error_in_the_ball, error_at_an_input)
            ]
            facts = {
                "radius of the inputs": radius,
                "sum of the scores": total,
                "error": errors[0],
                "error at an input": errors[1],
            }
            chosen.append(
                Chosen(
                    factor=factor, q=q[0], asked=float(asked[0]), drawn=m, facts=facts
                )
            )
            radius = beta * float(np.linalg.norm(points, 2))
        small, report = narrowed(network, chosen)
        guarantee = (
            f"except with probability {plain(self.delta)} over the draws, all neurons"
            " that read a hidden layer, fed by the original net, are within the layer's"
            f" 'error' of their sums, for every input of norm at most {self.radius} at"
            " once"
        )
        return small, replace(report, guarantee=guarantee)


def _points(layer: Layer) -> Floats:
    """What enters each neuron: its weights and its bias, (neurons, inputs + 1)."""
    bias = np.zeros(len(layer.weight)) if layer.bias is None else layer.bias
    return np.column_stack([layer.weight, bias])
