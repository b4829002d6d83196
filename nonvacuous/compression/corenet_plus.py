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
from numpy.typing import NDArray

from nonvacuous._counting import compacted
from nonvacuous.compression._activations import advance
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
    layers = list(network.layers)
    a = np.asarray(points, np.float64)
    for i in range(len(layers) - 1):
        a = advance(layers[i], a)
        live = np.asarray(a.any(axis=0))
        if not live.any():
            live[0] = True
        layers[i], layers[i + 1] = _narrowed(layers[i], layers[i + 1], live)
        a = a[:, live]
    return replace(network, layers=tuple(layers))


def without_unlinked(network: Network) -> Network:
    """The net without hidden neurons that nothing enters or nothing reads.

    Args:
        network: the net.

    Returns:
        The same function, up to one rounding of each bias that a constant went into.
    """
    layers = list(network.layers)
    for i in range(len(layers) - 1):
        here, after = layers[i], layers[i + 1]
        fed = np.asarray(here.weight.any(axis=1))
        if here.bias is not None:
            constant = np.where(fed, 0.0, np.maximum(here.bias, 0.0))
            bias = 0.0 if after.bias is None else after.bias
            if constant.any():
                after = replace(after, bias=bias + after.weight @ constant)
        if not fed.any():
            fed[0] = True
        layers[i], layers[i + 1] = _narrowed(here, after, fed)
    return compacted(replace(network, layers=tuple(layers)))


def _narrowed(
    here: Layer, after: Layer, live: NDArray[np.bool_]
) -> tuple[Layer, Layer]:
    if live.all():
        return here, after
    bias = None if here.bias is None else here.bias[live]
    return (
        Layer(weight=here.weight[live], bias=bias),
        Layer(weight=after.weight[:, live], bias=after.bias),
    )


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
