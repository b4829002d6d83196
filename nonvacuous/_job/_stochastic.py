"""Rows about a stochastic net: Gaussian weights, trained from the net for PAC-Bayes.

The prior is centred at zero: where the net started from is not known here.  A prior at
the initialisation, or learnt on other rows, is for `nonvacuous.stochastic`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from nonvacuous._job._context import Context, Outcome, Task, refused
from nonvacuous._result import ErrorCount
from nonvacuous.bounds import About, Bound
from nonvacuous.bounds.pac_bayes import (
    majority_vote,
    pac_bayes_catoni,
    pac_bayes_catoni_grid,
    pac_bayes_kl,
    pac_bayes_kl_exact_constant,
    pac_bayes_lambda,
    pac_bayes_mcallester,
    pac_bayes_quadratic,
)
from nonvacuous.compression import Recipe
from nonvacuous.data import Sample
from nonvacuous.evidence import GibbsFit
from nonvacuous.fits import gibbs_fit
from nonvacuous.nets import Network
from nonvacuous.stochastic import (
    GaussianNetwork,
    errors_of_fresh_draws,
    train_posterior,
)

__all__ = ["THEOREMS", "gaussian", "tasks"]

THEOREMS: tuple[Bound[Any], ...] = (
    pac_bayes_kl_exact_constant,
    pac_bayes_kl,
    pac_bayes_catoni_grid,
    pac_bayes_quadratic,
    pac_bayes_lambda,
    pac_bayes_mcallester,
    pac_bayes_catoni,
    majority_vote,
)

_LARGE = 10_000  # rows from which on longer training pays


@dataclass(slots=True)
class _Trained:
    """What the first task leaves for the others."""

    fit: GibbsFit
    scale: float
    train: ErrorCount
    test: ErrorCount | None


def tasks(context: Context, chosen: Sequence[Bound[Any]]) -> Iterator[Task]:
    """The training, then one per theorem."""
    train = context.train
    if train is None:
        for bound in chosen:
            yield refused(bound, "sample", "no train rows were given")
        return
    found = list[_Trained]()
    if chosen:
        yield "training a stochastic net", partial(_train, context, train, found)
    for bound in chosen:
        yield bound.name, partial(_row, context, bound, found)


def _train(context: Context, train: Sample, found: list[_Trained]) -> tuple[()]:
    posterior = gaussian(context.network, train, context.seed)
    fit = gibbs_fit(
        posterior,
        train,
        # a fifth of the least delta at which a row is ever asked for
        mc_delta=context.least_delta / 5,
        draws=1 if len(train) >= _LARGE else 10,
        seed=context.seed,
    )
    seen = _errors(context, posterior, train)
    unseen = None if context.test is None else _errors(context, posterior, context.test)
    scale = posterior.grid.sigma(posterior.prior_index)
    found.append(_Trained(fit, scale, seen, unseen))
    return ()


def gaussian(network: Network, train: Sample, seed: int) -> GaussianNetwork:
    """The posterior that these rows are about, from the net, the sample and a seed."""
    steps = 2000 if len(train) >= _LARGE else 1000
    recipe = Recipe(steps=steps, rate=5e-3, batch=256, seed=seed)
    return train_posterior(network, train, recipe, prior=None)


def _errors(context: Context, posterior: GaussianNetwork, sample: Sample) -> ErrorCount:
    """Errors with a net drawn anew for each row, by other draws than the fit's."""
    errors = errors_of_fresh_draws(
        posterior, sample.x, sample.y, rounds=1, seed=context.seed + 1
    )
    return ErrorCount(errors=errors, trials=len(sample), delta=context.delta)


def _row(
    context: Context, bound: Bound[GibbsFit], found: list[_Trained]
) -> Iterator[Outcome]:
    trained = found[0]
    drawn = bound.about is About.STOCHASTIC  # errors of a vote are others
    yield context.row(
        bound.certify(trained.fit, delta=context.delta),
        label=f"Gaussian, prior's sd {trained.scale:.2g}",
        n=trained.fit.trials,
        train=trained.train if drawn else None,
        test=trained.test if drawn else None,
    )
