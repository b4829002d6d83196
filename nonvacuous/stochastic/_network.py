"""A net whose every parameter is an independent Gaussian, and the prior it left."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from nonvacuous._numerics import up
from nonvacuous.bounds.pac_bayes import PriorGrid, gaussian_kl, gaussian_log_ratio
from nonvacuous.data import Role, Sample, check_disjoint
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["GaussianNetwork", "check_apart"]

_LEAST = 1e-100  # so that its square is a normal number


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GaussianNetwork:
    """A distribution Q of nets: independent Gaussian parameters, and Q's prior.

    Attributes:
        mean: the net of the means.
        sigma: standard deviations, one array for each of ``mean.arrays()``, of its
            shape, above 0.
        prior_mean: the centre of the prior, a net of the same shape.
        prior_index: which point of the grid is the prior's standard deviation; it may
            be chosen after everything else, and `kl` pays for that.
        grid: the standard deviations to choose from, fixed before the rows.
        prior_rows: the rows that shaped `prior_mean`; None says that no rows did.

    Raises:
        ValueError: if shapes differ, or a deviation or the index is out of range.
    """

    mean: Network
    sigma: tuple[Floats, ...]
    prior_mean: Network
    prior_index: int
    grid: PriorGrid = field(default_factory=PriorGrid)
    prior_rows: Sample | None = None

    def __post_init__(self) -> None:
        self.grid.sigma(self.prior_index)
        shapes = [a.shape for a in self.mean.arrays()]
        if [a.shape for a in self.prior_mean.arrays()] != shapes:
            raise ValueError(
                f"prior_mean must have the shape of mean, {self.mean} with its biases,"
                f" got {self.prior_mean}"
            )
        if [np.shape(s) for s in self.sigma] != shapes:
            raise ValueError(
                f"sigma must have an array for each of {shapes},"
                f" got {[np.shape(s) for s in self.sigma]}"
            )
        own = tuple(np.array(s, dtype=np.float64, order="C") for s in self.sigma)
        for array in own:
            if not ((array >= _LEAST) & np.isfinite(array)).all():
                raise ValueError(f"sigma must be at least {_LEAST} and finite")
            array.setflags(write=False)
        object.__setattr__(self, "sigma", own)

    @property
    def kl(self) -> float:
        r"""Relative entropy from the mixture of all priors of the grid, rounded up.

        .. math:: \mathrm{KL}\Bigl(Q \,\Big\|\, \sum_i \pi(i) P_i\Bigr) \le
                  \mathrm{KL}(Q \| P_j) + \ln\frac{1}{\pi(j)}

        since the mixture is at least :math:`\pi(j) P_j`: one fixed prior, whatever
        `j` was chosen.
        """
        apart = gaussian_kl(_flat(self.mean.arrays()), *self._posterior_and_prior())
        return up(apart + self.grid.price(self.prior_index), ulps=1)

    def log_ratio(self, net: Network) -> float:
        """Log of the posterior's density over the mixture's at a net, rounded up.

        Args:
            net: of the same shape as `mean`, such as one that was drawn.

        Returns:
            Nats, of either sign, the price of the prior's scale included.
        """
        apart = gaussian_log_ratio(
            _flat(net.arrays()),
            _flat(self.mean.arrays()),
            *self._posterior_and_prior(),
        )
        return up(apart + self.grid.price(self.prior_index), ulps=1)

    def _posterior_and_prior(self) -> tuple[Floats, Floats, float]:
        """All deviations, the prior's centre and its deviation."""
        centre = _flat(self.prior_mean.arrays())
        return _flat(self.sigma), centre, self.grid.sigma(self.prior_index)

    def deviations(self) -> list[tuple[Floats, Floats | None]]:
        """The standard deviations of weight and bias, layer by layer."""
        arrays = iter(self.sigma)
        return [
            (next(arrays), None if layer.bias is None else next(arrays))
            for layer in self.mean.layers
        ]

    def draw(self, generator: np.random.Generator) -> Network:
        """One net drawn from Q."""
        layers = []
        for layer, (sigma, bias_sigma) in zip(
            self.mean.layers, self.deviations(), strict=True
        ):
            weight = layer.weight + sigma * generator.standard_normal(sigma.shape)
            bias = None
            if layer.bias is not None and bias_sigma is not None:
                noise = generator.standard_normal(bias_sigma.shape)
                bias = layer.bias + bias_sigma * noise
            layers.append(Layer(weight=weight, bias=bias))
        return Network(layers=tuple(layers))


def check_apart(sample: Sample, prior_rows: Sample | None) -> None:
    """Refuse a sample that shaped the prior.

    Raises:
        ValueError: if that is its role, or it shares rows with those that did.
    """
    if sample.role is Role.PRIOR:
        raise ValueError(
            f"sample must not have shaped the prior, got {sample.source} with role"
            " prior"
        )
    if prior_rows is None:
        return
    try:
        check_disjoint(prior_rows, sample)
    except ValueError as error:
        raise ValueError(
            "sample must be apart from the prior's rows, here called train, and is"
            f" not: {error}"
        ) from None


def _flat(arrays: Iterable[Floats]) -> Floats:
    return np.concatenate([np.ravel(a) for a in arrays])
