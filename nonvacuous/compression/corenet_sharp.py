r"""CoreNet with the fewest draws that its proof allows.

In theory mode a neuron and sign draws :math:`c_l (2 + 2 \epsilon_l / 3)` where CoreNet
draws 8, and :math:`\epsilon_l = ((1 + \epsilon)^{1/(L-1)} - 1) / \hat\Delta^{l\to}`
where CoreNet has :math:`\epsilon / (2 (L-1) \hat\Delta^{l\to})`: the guarantee,
its assumptions and S stay, and the draws fall by a factor of 7.6 to 16 where Delta-hat
is large.
In budget mode it is CoreNet.  See :mod:`nonvacuous._sharp_sizes`.
"""

from dataclasses import dataclass

import numpy as np

from nonvacuous._sharp_sizes import (
    sharp_entering_errors,
    sharp_layer_epsilons,
    sharp_sample_size,
)
from nonvacuous.compression._statistics import Statistics
from nonvacuous.compression._support import bernstein_error
from nonvacuous.compression.corenet import SensitivitySampling
from nonvacuous.nets import Floats, Layer

__all__ = ["SharpCoreNet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharpCoreNet(SensitivitySampling):
    """Sensitivity sampling of edges with smaller samples and the same guarantee.

    Its settings are those of :class:`SensitivitySampling`.

    Source: Baykal et al. 2019, Algorithms 1 and 2 (recalled), with constants that the
    same proof gives (derived).
    """

    def asked(self, stats: Statistics, layer: Layer, i: int) -> Floats:
        """Draws m for each neuron and sign, (outputs, 2), as floats."""
        if self.epsilon is None:
            return SensitivitySampling.asked(self, stats, layer, i)
        epsilon = sharp_layer_epsilons(self.epsilon, stats.delta_hats)[i]
        if epsilon == 0:  # Delta-hat is infinite, or as good as that
            return np.where(stats.sums[i] > 0, np.inf, 0.0)
        asked = sharp_sample_size(
            stats.sums[i],
            epsilon,
            stats.spend(self.delta),
            entering=sharp_entering_errors(self.epsilon, stats.delta_hats)[i],
            neurons=stats.neurons,
            constant=stats.constant,
        )
        return np.asarray(asked)

    def errors(self, stats: Statistics, drawn: Floats, i: int) -> Floats:
        """What the draws guarantee for each neuron and sign, (outputs, 2).

        In theory mode given that what enters errs as little as the theorem says.
        """
        if self.epsilon is None:
            return SensitivitySampling.errors(self, stats, drawn, i)
        r = sharp_entering_errors(self.epsilon, stats.delta_hats)[i]
        spent = stats.spend(self.delta)
        found = bernstein_error(
            stats.sums[i],
            drawn,
            log_term=float(np.log(8.0 * stats.neurons) - np.log(spent)),
            constant=stats.constant * (1 + r) / (1 - r),
        )
        return np.where(drawn > 0, found, 0.0)  # without a draw, kept whole
