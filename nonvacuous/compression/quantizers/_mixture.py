r"""A mixture of Gaussians over weights, one of them pinned at zero.

As numbers (:class:`Mixture`), which can be merged and which weights are put on, and as
parameters that gradients move (:class:`Prior`).
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nonvacuous.nets import Floats

__all__ = ["Mixture", "Prior"]

_CHUNK = 1 << 16  # values whose densities are held at once
_ZERO_SHAPE, _SHAPE = 5e3, 2.5e2  # of the Gamma priors on precisions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mixture:
    """Components as arrays (components,); the first has mean 0."""

    means: Floats
    variances: Floats
    shares: Floats

    def chosen(self, values: Floats) -> NDArray[np.int64]:
        """The most responsible component of each value (n,); of equal ones the first.

        A component of share 0 is responsible for nothing.
        """
        with np.errstate(divide="ignore"):
            constant = np.log(self.shares) - 0.5 * np.log(self.variances)
        found = [
            np.argmax(
                constant - (part[:, None] - self.means) ** 2 / (2 * self.variances),
                axis=1,
            )
            for part in np.split(values, range(_CHUNK, values.size, _CHUNK))
        ]
        return np.concatenate(found)

    def divergences(self) -> Floats:
        r"""Kullback-Leibler divergences of every two components, both ways summed.

        .. math:: \frac{1}{2} \left(\frac{\sigma_i^2 + d^2}{\sigma_j^2}
                  + \frac{\sigma_j^2 + d^2}{\sigma_i^2}\right) - 1,
                  \quad d = \mu_i - \mu_j
        """
        v, d = self.variances, (self.means[:, None] - self.means) ** 2
        return 0.5 * ((v[:, None] + d) / v + (v + d) / v[:, None]) - 1

    def merged(self, threshold: float) -> "Mixture":
        """After merging the nearest two components while they are this near.

        Two become one of the same share, mean and variance; what is merged with the
        first keeps mean 0, and its second moment about 0.
        """
        mixture = self
        while mixture.means.size > 1:
            near = mixture.divergences()
            near[np.tril_indices_from(near)] = np.inf
            i, j = np.unravel_index(np.argmin(near), near.shape)
            if not near[i, j] < threshold:
                break
            mixture = mixture._joined(int(i), int(j))
        return mixture

    def _joined(self, i: int, j: int) -> "Mixture":
        """Component j > i goes into i."""
        pair = [i, j]
        total = self.shares[pair].sum()
        part = self.shares[pair] / total if total else np.array([0.5, 0.5])
        mean = part @ self.means[pair] if i else 0.0
        second = part @ (self.variances[pair] + (self.means[pair] - mean) ** 2)
        arrays = []
        for array, value in (
            (self.means, mean),
            (self.variances, second),
            (self.shares, total),
        ):
            array = np.delete(array, j)
            array[i] = value
            arrays.append(array)
        return Mixture(means=arrays[0], variances=arrays[1], shares=arrays[2])


class Prior:
    r"""The mixture as parameters: means, log-precisions and proportions.

    Means start evenly spaced over the values' range and deviations at half the spacing,
    but that of zero at its prior's :math:`\sigma_0`: if it started wide, its large
    share would draw every value to zero.  Precisions have Gamma priors of shape 5000
    for the component at zero and 250 for the others, of mean :math:`1/\sigma_0^2`; the
    share of zero is fixed, so that it needs no Beta prior.
    """

    def __init__(
        self, low: float, high: float, components: int, share: float, deviation: float
    ) -> None:
        r"""The mixture to start with.

        Args:
            low: the least value.
            high: the greatest.
            components: how many, with the one at zero, at least 2.
            share: of the component at zero.
            deviation: the priors' :math:`\sigma_0`.
        """
        spacing = (high - low) / max(1, components - 2) or abs(high)
        self.means = torch.linspace(low, high, components - 1).requires_grad_()
        self.precisions = torch.full((components,), -2 * math.log(spacing / 2))
        self.precisions[0] = -2 * math.log(deviation)
        self.precisions.requires_grad_()  # logarithms
        self.logits = torch.zeros(components - 1, requires_grad=True)
        self._share = share
        self._shape = torch.full((components,), _SHAPE)
        self._shape[0] = _ZERO_SHAPE
        self._rate = self._shape * deviation**2

    def learn(self, values: torch.Tensor, factor: float) -> torch.Tensor:
        """Add the gradients of minus the log-densities times `factor`.

        Args:
            values: (n,).
            factor: of the sum over values.

        Returns:
            The gradient in the values, (n,).
        """
        found = []
        for part in torch.split(values, _CHUNK):
            leaf = part.clone().requires_grad_()
            loss = -factor * self._log_densities(leaf).sum()
            loss.backward()  # type: ignore[no-untyped-call]
            found.append(leaf.grad)
        return torch.cat([gradient for gradient in found if gradient is not None])

    def learn_priors(self, factor: float) -> None:
        """Add the gradients of minus the log-priors of precisions times `factor`."""
        loss = (1 - self._shape) * self.precisions
        loss = loss + self._rate * self.precisions.exp()
        (factor * loss.sum()).backward()  # type: ignore[no-untyped-call]

    def _log_densities(self, values: torch.Tensor) -> torch.Tensor:
        """Logarithms of the mixture's density, up to a constant, (n,)."""
        means = torch.cat([torch.zeros(1), self.means])
        squares = (values[:, None] - means) ** 2 * self.precisions.exp()
        terms = self._log_shares() + 0.5 * (self.precisions - squares)
        return terms.logsumexp(dim=1)

    def _log_shares(self) -> torch.Tensor:
        others = math.log1p(-self._share) + self.logits.log_softmax(dim=0)
        return torch.cat([torch.tensor([math.log(self._share)]), others])

    @torch.no_grad()
    def mixture(self) -> Mixture:
        """The mixture as it is now."""
        means = torch.cat([torch.zeros(1), self.means]).double().numpy()
        return Mixture(
            means=means,
            variances=np.exp(-self.precisions.double().numpy()),
            shares=np.exp(self._log_shares().double().numpy()),
        )
