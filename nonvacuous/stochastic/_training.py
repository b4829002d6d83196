r"""A Gaussian posterior by descent on a PAC-Bayes bound: deterministic for a seed.

With B = KL + ln(2 sqrt(n) / delta), the objective is the quadratic bound of
Pérez-Ortiz et al. (2021) on the loss of Dziugaite and Roy (2017), cross-entropy over
ln 2, which is at least the 0-1 loss:

.. math:: \Bigl(\sqrt{\hat L + \tfrac{B}{2n}} + \sqrt{\tfrac{B}{2n}}\Bigr)^2

It is a surrogate only: certificates are made from the 0-1 loss afterwards.  Gradients
of the loss come from a fresh net for each row of a batch, those of KL are exact.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional

from nonvacuous._counting import check_fits
from nonvacuous._descent import Descent, Progress, Recipe, one_thread
from nonvacuous._tensors import Tensors
from nonvacuous.bounds.pac_bayes import PriorGrid
from nonvacuous.data import Sample
from nonvacuous.nets import Floats, Layer, Network
from nonvacuous.stochastic._network import GaussianNetwork, check_apart

__all__ = ["train_posterior"]

_DELTA = 0.025  # of the objective; certificates have their own
_WINDOW = 100  # steps whose average loss is compared
_TINY = 1e-20  # where no input is live and there is no bias, its root has a slope
_FINE = PriorGrid(top=1.0)  # deviations up to 1: inputs may be few
_COARSE = PriorGrid(per_e=1)
"""Around a learnt centre the relative entropy is small, and so must be the price."""


def train_posterior(
    network: Network,
    sample: Sample,
    recipe: Recipe,
    *,
    prior: Network | None,
    prior_rows: Sample | None = None,
    sigma: float = 0.03,
    progress: Progress | None = None,
) -> GaussianNetwork:
    r"""A stochastic net with a small PAC-Bayes bound on a sample.

    Around a centre that no rows shaped, the prior's variance follows the posterior,
    :math:`\tau^2 = \frac1d \sum_i \sigma_i^2 + (\mu_i - \mu_{0,i})^2`, where KL is
    least, and is rounded in the end to the better neighbour in a grid of 100 points
    for each factor e.  Around a learnt centre it stays where it starts, on a grid of
    one point for each factor e, whose prices are lower.

    An interrupt from the keyboard ends the training with the best parameters so far.

    Args:
        network: means to start from; trained on whatever rows.
        sample: rows that the bound will count, and that the posterior is trained on.
        recipe: steps, rate, batch, seed.
        prior: centre of the prior, of the same shape: fixed before `sample` was
            seen, such as the initialisation that `network` was trained from; None
            centres it at zero.
        prior_rows: rows that shaped `prior`, if any did; disjoint from `sample`.
        sigma: standard deviation to start from, of prior and posterior.
        progress: called now and then; an exception from it stops the training.

    Returns:
        Posterior and prior, the price of the prior's scale in its `kl`.

    Raises:
        ValueError: if the sample shaped the prior or shares rows with those that
            did, the net cannot take it, or shapes or settings are out of range.

    Source:
        Dziugaite and Roy (2017), section 5 (recalled), with the local
        reparameterisation of Kingma et al. (2015); the bound of Pérez-Ortiz et al.
        (2021); the scale that follows in closed form is derived here.
    """
    check_apart(sample, prior_rows)
    check_fits(network, sample.x, int(sample.y.max()) + 1)
    grid = _FINE if prior_rows is None else _COARSE
    index = grid.nearest(sigma)[0]
    start = GaussianNetwork(
        mean=network,
        sigma=tuple(np.full(a.shape, grid.sigma(index)) for a in network.arrays()),
        prior_mean=_zero(network) if prior is None else prior,
        prior_index=index,
        grid=grid,
        prior_rows=prior_rows,
    )
    with one_thread():
        model = _Model(start, len(sample), recipe.seed)
        rows = model.tensors.rows(sample.x)
        descent = Descent(rows, sample.y, recipe, progress=progress)
        try:
            trained = [(model.parameters, 1.0)]
            descent.run(trained, model.learn, recipe.steps, after=model.compare)
        except KeyboardInterrupt:
            pass
        return model.network()


class _Model:
    """Means and log deviations as tensors, and the best of them so far."""

    def __init__(self, start: GaussianNetwork, rows: int, seed: int) -> None:
        self.start, self.rows = start, rows
        self.tensors = Tensors(start.mean, keep_zeros=False)
        self.means = list(_arranged(self.tensors.weights, self.tensors.biases))
        self.logs = [_single(np.log(s)).requires_grad_() for s in start.sigma]
        self.centre = [_single(a) for a in start.prior_mean.arrays()]
        self.parameters = [*self.means, *self.logs]
        self.size = sum(log.numel() for log in self.logs)
        self.noise = torch.Generator().manual_seed(seed + 1)
        self.losses: list[float] = []
        self.least = math.inf
        self.best: list[torch.Tensor] = []

    def learn(self, rows: torch.Tensor, labels: torch.Tensor) -> None:
        """Add the gradients of the bound, its loss estimated on a batch."""
        loss = functional.cross_entropy(self._forward(rows), labels) / math.log(2)
        self.losses.append(loss.item())
        variance, part = self._prior()
        root = math.sqrt(self.losses[-1] + part)
        total = root + math.sqrt(part)
        (total / root * loss).backward()  # type: ignore[no-untyped-call]
        slope = total * (1 / root + 1 / math.sqrt(part)) / (2 * self.rows)
        with torch.no_grad():
            for mean, centre in zip(self.means, self.centre, strict=True):
                _grown(mean).add_(mean - centre, alpha=slope / variance)
            for log in self.logs:
                _grown(log).add_((2 * log).exp() / variance - 1, alpha=slope)

    def compare(self, step: int) -> None:
        """After every so many steps, keep the parameters if they are the best."""
        if (step + 1) % _WINDOW == 0:
            self._keep()

    def _keep(self) -> None:
        """Keep the parameters if the bound, averaged since last time, is the lowest."""
        loss, self.losses = sum(self.losses) / len(self.losses), []
        _, part = self._prior()
        value = math.sqrt(loss + part) + math.sqrt(part)
        if value < self.least:
            self.least = value
            self.best = [a.detach().clone() for a in self.parameters]

    @torch.no_grad()
    def network(self) -> GaussianNetwork:
        """The best so far, its prior on the grid."""
        if self.losses:
            self._keep()
        if self.best:
            for own, best in zip(self.parameters, self.best, strict=True):
                own.copy_(best)
        mean = self.tensors.network(self.tensors.weights)
        sigma = tuple(np.exp(log.double().numpy()) for log in self.logs)
        fitted = replace(self.start, mean=mean, sigma=sigma)
        if not self._follows:
            return fitted
        nearest = self.start.grid.nearest(math.sqrt(self._prior()[0]))
        both = [replace(fitted, prior_index=index) for index in nearest]
        return min(both, key=lambda network: network.kl)

    @property
    def _follows(self) -> bool:
        """Whether the prior's variance follows the posterior."""
        return self.start.prior_rows is None

    def _forward(self, a: torch.Tensor) -> torch.Tensor:
        """Outputs of a fresh net for each row."""
        sigmas = iter(self.logs)
        layers = len(self.tensors.weights)
        for i, (weight, bias) in enumerate(
            zip(self.tensors.weights, self.tensors.biases, strict=True)
        ):
            variance = functional.linear(
                a * a,
                (2 * next(sigmas)).exp(),
                None if bias is None else (2 * next(sigmas)).exp(),
            )
            a = functional.linear(a, weight, bias)
            noise = torch.randn(a.shape, generator=self.noise)
            a = a + (variance + _TINY).sqrt() * noise
            if i + 1 < layers:
                a = functional.relu(a)
        return a

    @torch.no_grad()
    def _prior(self) -> tuple[float, float]:
        """The prior's variance, and (KL + ln(2 sqrt(n) / delta)) / 2n for it."""
        squares = sum((2 * log).exp().sum().item() for log in self.logs)
        for mean, centre in zip(self.means, self.centre, strict=True):
            squares += (mean - centre).square().sum().item()
        if self._follows:
            variance = squares / self.size
        else:
            variance = self.start.grid.sigma(self.start.prior_index) ** 2
        kl = 0.5 * (squares / variance + self.size * (math.log(variance) - 1))
        kl -= sum(log.sum().item() for log in self.logs)
        confidence = math.log(2 * math.sqrt(self.rows) / _DELTA)
        return variance, (max(kl, 0.0) + confidence) / (2 * self.rows)


def _arranged(
    weights: Iterable[torch.Tensor], biases: Iterable[torch.Tensor | None]
) -> Iterable[torch.Tensor]:
    """Weights and biases in the order of ``Network.arrays``."""
    for weight, bias in zip(weights, biases, strict=True):
        yield weight
        if bias is not None:
            yield bias


def _grown(tensor: torch.Tensor) -> torch.Tensor:
    """The gradient that a backward pass has left."""
    grad = tensor.grad
    return torch.zeros_like(tensor) if grad is None else grad


def _single(array: Floats) -> torch.Tensor:
    return torch.from_numpy(np.array(array, np.float32, order="C"))


def _zero(network: Network) -> Network:
    """A net of the same shape, all parameters zero."""
    layers = [
        Layer(
            weight=np.zeros(layer.weight.shape),
            bias=None if layer.bias is None else np.zeros(layer.bias.shape),
        )
        for layer in network.layers
    ]
    return Network(layers=tuple(layers))
