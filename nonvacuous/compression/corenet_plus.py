r"""CoreNet+: CoreNet, and without the neurons that do nothing.

How the paper chooses neurons could not be read; there are two readings, and both are
here.  *Inactive*: a hidden neuron that is 0 on all of S goes before anything is drawn;
if it is not almost surely 0, assumption A1 on its activation makes that a matter of
probability :math:`\delta/(8 \eta \eta^*)`.  *Unlinked*: a neuron that sampling left
without incoming or without outgoing edges goes afterwards; what it always adds is
folded into the next bias, so the function stays.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nonvacuous._counting import compacted
from nonvacuous.compression._activations import advance
from nonvacuous.compression._narrow import narrow
from nonvacuous.compression._statistics import Statistics
from nonvacuous.compression.corenet import SensitivitySampling
from nonvacuous.compression.sensitivity import Floating
from nonvacuous.nets import Layer, Network

__all__ = ["CoreNetPlus", "NeuronPruning", "without_inactive", "without_unlinked"]


def without_inactive(network: Network, points: Floating) -> Network:
    """The net without hidden neurons that are 0 at every point; one stays in a layer.

    Args:
        network: the net.
        points: (samples, inputs).

    Returns:
        A net with the same outputs at these points.
    """
    factors = []
    a = np.asarray(points, np.float64)
    for layer in network.layers[:-1]:
        a = advance(layer, a)
        factors.append(a.any(axis=0).astype(float))
    return narrow(network, factors)


def without_unlinked(network: Network) -> Network:
    """The net without hidden neurons that nothing enters or nothing reads.

    Args:
        network: the net.

    Returns:
        The same function, up to one rounding of each bias that a constant went into.
    """
    layers = list(network.layers)
    factors = []
    for i in range(len(layers) - 1):
        here, after = layers[i], layers[i + 1]
        fed = here.weight.any(axis=1).astype(float)
        factors.append(fed)
        bias = after.bias
        if here.bias is not None:
            added = after.weight @ (np.maximum(here.bias, 0.0) * (1 - fed))
            if added.any():
                bias = added if bias is None else bias + added
        # what only unfed neurons feed is unfed itself
        layers[i + 1] = Layer(weight=after.weight * fed, bias=bias)
    return compacted(narrow(replace(network, layers=tuple(layers)), factors))


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronPruning(SensitivitySampling):
    """What CoreNet+ adds to the sampling of edges.

    Attributes:
        inactive: whether neurons that are inactive on S go first; those that sampling
            leaves unlinked always go.
    """

    inactive: bool = True

    def begin(self, network: Network, points: Floating) -> Network:
        """The net without the neurons that are inactive on S."""
        return without_inactive(network, points) if self.inactive else network

    def end(self, small: Network) -> Network:
        """The net without the neurons that sampling left unlinked."""
        return without_unlinked(small)

    def facts(
        self, network: Network, start: Network, small: Network, stats: Statistics
    ) -> dict[str, Any]:
        """How many neurons went for which reason."""
        before, between, after = (sum(n.sizes[1:-1]) for n in (network, start, small))
        return {
            "inactive neurons removed": before - between,
            "unlinked neurons removed": between - after,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreNetPlus(NeuronPruning):
    """CoreNet that removes neurons as well as edges.

    Its settings are those of CoreNet and :class:`NeuronPruning`; ``keep`` is a share of
    the edges that are left when inactive neurons have gone.

    Source: Baykal et al. 2019, of which only the name was read; both readings derived.
    """
