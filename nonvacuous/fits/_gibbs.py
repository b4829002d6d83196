r"""Evidence for PAC-Bayes inequalities, measured on a net with Gaussian parameters.

The relative entropy holds the price of the prior's scale; the empirical risk is an
upper bound from draws, wrong with probability `mc_delta` over them.  What follows is
about the stochastic net, which draws its parameters anew for each row.
"""

from enum import StrEnum

import numpy as np

from nonvacuous._counting import check_fits, count_errors
from nonvacuous._numerics import check_delta
from nonvacuous.bounds.pac_bayes import risk_by_fresh_draws, risk_by_whole_draws
from nonvacuous.data import Sample
from nonvacuous.evidence import DrawnFit, GibbsFit, Origin
from nonvacuous.fits._origin import origin_of
from nonvacuous.nets import Network
from nonvacuous.stochastic._network import GaussianNetwork, check_apart
from nonvacuous.stochastic._sampling import (
    errors_of_fresh_draws,
    errors_of_whole_draws,
)

__all__ = ["Draws", "drawn_fit", "gibbs_fit"]


class Draws(StrEnum):
    """How the empirical risk of a stochastic net is estimated."""

    FRESH = "fresh"
    """In every round a fresh net for each row: rows times rounds coins."""
    WHOLE = "whole"
    """Whole nets, each judged on all rows: as many numbers as nets."""


def gibbs_fit(
    network: GaussianNetwork,
    sample: Sample,
    *,
    mc_delta: float = 0.01,
    draws: int = 10,
    scheme: Draws = Draws.FRESH,
    seed: int = 0,
) -> GibbsFit:
    """What a PAC-Bayes inequality asks of a stochastic net and a sample.

    Args:
        network: posterior and prior.
        sample: the rows that the empirical risk and n count; none of them may have
            shaped the prior.
        mc_delta: probability that the empirical risk is too small, in (0, 1).
        draws: rounds of fresh nets, or whole nets, at least 1.
        scheme: which of the two; they need not agree, and choosing the smaller of
            both is not paid for.
        seed: of the draws; choosing among seeds is not paid for.

    Returns:
        The 0-1 risk of the posterior on the sample, and its distance from the prior.

    Raises:
        ValueError: if the sample shaped the prior or shares rows with those that did,
            or the net cannot take it, or a setting is out of range.
    """
    check_delta(mc_delta)
    prior = _prior(network, sample)
    if scheme is Draws.FRESH:
        errors = errors_of_fresh_draws(
            network, sample.x, sample.y, rounds=draws, seed=seed
        )
        empirical = risk_by_fresh_draws(errors, len(sample) * draws, mc_delta)
    else:
        errors = errors_of_whole_draws(
            network, sample.x, sample.y, draws=draws, seed=seed
        )
        empirical = risk_by_whole_draws(errors, len(sample), draws, mc_delta)
    return GibbsFit(
        empirical=empirical,
        trials=len(sample),
        kl=network.kl,
        mc_delta=mc_delta,
        prior=prior,
        origin=origin_of(sample),
    )


def drawn_fit(
    network: GaussianNetwork, sample: Sample, *, seed: int
) -> tuple[Network, DrawnFit]:
    """One net drawn from a posterior, and what a bound on that very net asks of it.

    Args:
        network: posterior and prior.
        sample: the rows that the errors and n count; none of them may have shaped the
            prior.
        seed: of the draw, fixed before it; another draw because the first displeased
            is not paid for.

    Returns:
        The net, and its errors on the sample beside the densities' ratio there.

    Raises:
        ValueError: if the sample shaped the prior or shares rows with those that did,
            or the net cannot take it.
    """
    prior = _prior(network, sample)
    net = network.draw(np.random.Generator(np.random.Philox(key=[seed, 0])))
    check_fits(net, sample.x, int(sample.y.max()) + 1)
    return net, DrawnFit(
        errors=count_errors(net, sample.x, sample.y),
        trials=len(sample),
        log_ratio=network.log_ratio(net),
        prior=prior,
        origin=origin_of(sample),
    )


def _prior(network: GaussianNetwork, sample: Sample) -> Origin | None:
    """The rows that shaped the prior.

    Raises:
        ValueError: if they are not apart from the sample.
    """
    check_apart(sample, network.prior_rows)
    return None if network.prior_rows is None else origin_of(network.prior_rows)
