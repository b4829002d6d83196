r"""Optimal brain surgeons: prune a layer, and let the kept weights make up for it.

The error of a layer is :math:`\mathbb E \|(W - \hat W) a\|^2`, a quadratic with the
Hessian :math:`H = \mathbb E[a a^\top]` for each neuron, the same for all.  What the
removal of a weight costs, and how the others change, is optimal brain surgeon (Hassibi
& Stork 1993, recalled).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression._least_squares import damped, inverse, refit
from nonvacuous.compression._supports import Support, largest
from nonvacuous.compression.second_order._layerwise import Damped
from nonvacuous.compression.second_order._removal import removal_traces
from nonvacuous.nets import Floats

__all__ = [
    "LayerwiseOptimalBrainSurgeon",
    "OptimalBrainCompression",
    "cheapest_removals",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerwiseOptimalBrainSurgeon(Damped):
    r"""L-OBS: rank the weights of a layer once, then refit the kept ones.

    The sensitivity of weight q is :math:`L_q = w_q^2 / (2 [H^{-1}]_{qq})`, what its
    removal costs when the other weights of its neuron make up for it.  Each layer
    keeps the largest.

    The original then removes one weight after the other, each time with the same
    inverse Hessian and the sensitivities of the start, so that an update gives weights
    removed before new values, which are cut at the end.  Here the kept weights of each
    neuron are the exact optimum on their support (:func:`_least_squares.refit`), at
    least as good on the damped quadratic.  The original also prunes the biases; here
    they stay.

    Attributes:
        rows: the sample whose inputs are used; labels are not.
        keep: share of each layer's weights to keep, in (0, 1].
        damping: added to the diagonal of H, relative to its mean, in [1e-8, 1].

    Source: Dong, Chen & Pan 2017, recalled; the order of updates as in the authors'
    code (csyhhu/L-OBS).
    """

    def prune(self, weight: Floats, moments: Floats, count: int) -> Floats:
        """The pruned and refitted matrix, of at most `count` non-zeros."""
        h = damped(moments, self.damping)
        sensitivities = weight**2 / (2 * np.diagonal(inverse(h)))
        support = largest(sensitivities, count) & (weight != 0)
        return refit(weight, support, h)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimalBrainCompression(Damped):
    r"""ExactOBS: remove the cheapest weight of a neuron, refit, and go on.

    In each neuron, weights go one by one, always the one of the smallest
    :math:`w_q^2 / (2 [H^{-1}]_{qq})` with the weights and the inverse Hessian as they
    are after all removals before it.  Then the layer's budget is shared between its
    neurons: the next weight to go is always the cheapest next one of all neurons.  The
    kept weights are the exact optimum on their support.

    Takes :math:`O(\text{outputs} \cdot \text{inputs}^3)` operations and
    :math:`O(\text{inputs}^2)` memory a layer.

    Attributes:
        rows: the sample whose inputs are used; labels are not.
        keep: share of each layer's weights to keep, in (0, 1].
        damping: added to the diagonal of H, relative to its mean, in [1e-8, 1].

    Source: Frantar & Alistarh 2022, Algorithms 1 and 2, recalled.
    """

    def prune(self, weight: Floats, moments: Floats, count: int) -> Floats:
        """The pruned and refitted matrix, of at most `count` non-zeros."""
        h = damped(moments, self.damping)
        order = np.empty(weight.shape, dtype=np.int64)
        losses = np.empty(weight.shape)
        # a copy: numba compiles anew for arrays that are read only
        removal_traces(weight.copy(), inverse(h), order, losses)
        support = cheapest_removals(order, losses, weight.size - count)
        return refit(weight, support & (weight != 0), h)


def cheapest_removals(order: NDArray[np.int64], losses: Floats, count: int) -> Support:
    """What stays when the cheapest next weight of all neurons goes, `count` times.

    A weight can go only after those before it in its neuron.  So it goes when the
    largest loss of its neuron up to it is the smallest that is left, and one sort by
    these maxima does what a heap of the neurons' next losses would.

    Args:
        order: inputs of each neuron in the order of removal, (outputs, inputs).
        losses: what each removal costs, (outputs, inputs), in the same order.
        count: removals.

    Returns:
        (outputs, inputs).
    """
    reached = np.maximum.accumulate(losses, axis=1)
    gone = np.argsort(reached, axis=None, kind="stable")[:count]
    neuron, step = np.unravel_index(gone, order.shape)
    support = np.ones(order.shape, dtype=bool)
    support[neuron, order[neuron, step]] = False
    return support
