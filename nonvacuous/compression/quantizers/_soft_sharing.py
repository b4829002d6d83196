"""Soft weight sharing: retraining under a mixture prior that pulls weights together."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from nonvacuous._counting import check_fits
from nonvacuous._descent import Descent, Progress, Recipe, one_thread
from nonvacuous._tensors import Tensors
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._rows import Rows
from nonvacuous.compression.quantizers._base import Quantizer
from nonvacuous.compression.quantizers._levels import on_levels, storable
from nonvacuous.compression.quantizers._mixture import Prior
from nonvacuous.nets import Network

__all__ = ["SoftWeightSharing"]

# rates of means, log-precisions and proportions as multiples of the weights' rate
_MEANS, _PRECISIONS, _SHARES = 0.2, 6.0, 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftWeightSharing(Quantizer):
    r"""Retrain under a Gaussian-mixture prior, then put weights on its means.

    The loss is the mean cross-entropy plus :math:`\tau / n` times minus the
    log-density of the non-zero weights under one mixture for the whole net, on n rows.
    Means, variances and proportions are learnt too, but for a component at zero of
    fixed proportion.  In the end components that are near each other are merged, and
    every weight becomes the mean of its most responsible component, a float16 number
    or, of the component at zero, 0.  :class:`CentroidTraining` after it trains the
    means with that assignment.

    Attributes:
        rows: the training sample.
        recipe: steps, rate of the weights, batch, seed; means move at 0.2 times the
            rate, log-precisions and proportions at 6 times.
        components: of the mixture, with the one at zero, at least 2.
        strength: :math:`\tau`, above 0.
        zero_share: proportion of the component at zero, in (0, 1).
        deviation: standard deviation at which the priors of precisions have their
            mean, above 0.
        merge: components are merged while the sum of the two Kullback-Leibler
            divergences of some two is below this, at least 0.
        bias_exponent: biases become multiples of ``2^-bias_exponent``; None trains
            them as float32 numbers.

    Source: Nowlan and Hinton 1992; Ullrich, Meeds and Welling 2017 (both recalled, as
    are the defaults, the priors' shapes and the ratios of rates; `merge` and the
    deviations to start with are not theirs).
    """

    rows: Rows
    recipe: Recipe
    components: int = 17
    strength: float = 5e-3
    zero_share: float = 0.99
    deviation: float = 0.02
    merge: float = 0.1
    bias_exponent: int | None = None

    def __post_init__(self) -> None:
        if self.components < 2:
            raise ValueError(f"components must be at least 2, got {self.components}")
        if not 0 < self.zero_share < 1:
            raise ValueError(f"zero_share must lie in (0, 1), got {self.zero_share}")
        for name in ("strength", "deviation"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(
                    f"{name} must be above 0 and finite, got {getattr(self, name)}"
                )
        if not self.merge >= 0:
            raise ValueError(f"merge must be at least 0, got {self.merge}")

    def apply(self, network: Network, progress: Progress | None = None) -> Network:
        """The net with shared weights, as a step of a pipeline.

        Raises:
            CompressionError: if no weight is other than zero.
        """
        check_fits(network, self.rows.x, int(self.rows.y.max(initial=0)) + 1)
        with one_thread():
            tensors = Tensors(network, bias_exponent=self.bias_exponent)
            live = [weight.detach() != 0 for weight in tensors.weights]
            if not any(mask.any() for mask in live):
                raise CompressionError("the net has no weight other than zero")
            prior = self._descend(tensors, live, progress)
            trained, mixture = tensors.network(tensors.weights), prior.mixture()
        mixture = mixture.merged(self.merge)
        book = np.concatenate([[0.0], storable(mixture.means[1:])])
        return on_levels(trained, lambda i, values: book[mixture.chosen(values)], None)

    def _descend(
        self, tensors: Tensors, live: list[torch.Tensor], progress: Progress | None
    ) -> Prior:
        """Train the weights, the biases and the prior, which is returned."""
        rows, factor = tensors.rows(self.rows.x), self.strength / len(self.rows.x)
        pairs = list(zip(tensors.weights, live, strict=True))
        values = torch.cat([weight.detach()[mask] for weight, mask in pairs])
        prior = Prior(
            float(values.min()),
            float(values.max()),
            self.components,
            self.zero_share,
            self.deviation,
        )

        def learn(x: torch.Tensor, y: torch.Tensor) -> None:
            tensors.learn([weight * mask for weight, mask in pairs], x, y)
            for weight, mask in pairs:
                if weight.grad is not None:
                    pull = prior.learn(weight.detach()[mask], factor)
                    weight.grad[mask] += pull
            prior.learn_priors(factor)

        Descent(rows, self.rows.y, self.recipe, progress=progress).run(
            [
                ([*tensors.weights, *tensors.free_biases()], 1.0),
                ([prior.means], _MEANS),
                ([prior.precisions], _PRECISIONS),
                ([prior.logits], _SHARES),
            ],
            learn,
            self.recipe.steps,
        )
        return prior
