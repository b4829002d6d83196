"""The radii of a net on its rows, by noise and by ascents, one function each."""

from nonvacuous.data import Sample
from nonvacuous.measures._adversarial import Ascent
from nonvacuous.measures._gaussian import Search, SequentialSearch, Sharpness, Spread
from nonvacuous.measures._passes import Passes
from nonvacuous.nets import Network

__all__ = ["EPSILON", "adversarial_radius", "noise_radius"]

EPSILON = 1e-3
"""Of the measures by magnitude."""


def noise_radius(
    network: Network,
    rows: Sample,
    *,
    magnitude: bool = False,
    search: Search | None = None,
    seed: int = 0,
) -> Sharpness:
    """The largest Gaussian noise with a mean increase of the error of at most 0.1.

    Args:
        network: the net.
        rows: the training rows.
        magnitude: noise of each parameter in proportion to it.
        search: how; left out, ``SequentialSearch()``.
        seed: of the noise, at least 0.

    Returns:
        Sigma, and how it was found.

    Raises:
        ValueError: if the net cannot take the rows.

    Source: Jiang et al. 2020, recalled.
    """
    passes = Passes(network, rows.x, rows.y)
    spread = Spread(magnitude=magnitude, floor=EPSILON)
    return (search or SequentialSearch()).find(passes, spread, seed)


def adversarial_radius(
    network: Network,
    rows: Sample,
    *,
    magnitude: bool = False,
    search: Ascent | None = None,
) -> Sharpness:
    """The largest box of weights in which ascents raise the error by at most 0.1.

    Args:
        network: the net.
        rows: the training rows.
        magnitude: a box whose sides are in proportion to the parameters.
        search: how; left out, ``Ascent()``.

    Returns:
        Alpha, an upper bound of that of the true maximum, and how it was found.

    Raises:
        ValueError: if the net cannot take the rows.

    Source: Jiang et al. 2020, recalled.
    """
    passes = Passes(network, rows.x, rows.y)
    spread = Spread(magnitude=magnitude, floor=EPSILON)
    return (search or Ascent()).find(passes, spread)
