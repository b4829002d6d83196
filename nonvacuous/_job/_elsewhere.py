"""Theorems that a trained net and its rows alone cannot feed, and what they ask for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from nonvacuous._job._context import Context, Outcome, Task, refuse
from nonvacuous.bounds import ALL, Bound

__all__ = ["REASONS", "tasks", "theorems"]

_LOSSES = (
    "losses",
    "it is for losses between 0 and 1; errors have the exact binomial tail above",
)
_KEPT = (
    "reconstruction",
    "the net depends on all of its rows; the theorem is for a net that a few kept rows"
    " make anew",
)
_SUPREMUM = (
    "supremum",
    "it asks for the best fit to random signs of any net of the class; training finds"
    " some fit, which is a lower bound",
)
_CLASS = (
    "class",
    "it counts parameters and their values; the codes above name real nets, in fewer"
    " bits",
)
_SEQUENCE = ("posteriors", "it asks for two posteriors learnt one after the other")
_DRAWN = ("draw", "it is about one net drawn once from a posterior, not about this one")
_SUBSAMPLE = ("sub-sample", "every row was counted, which says more than a sub-sample")
_AGREEMENT = (
    "agreement",
    "it bounds how often a compressed net answers otherwise than the original, which is"
    " no risk; the errors of each compressed net are counted above",
)
_ONLINE = (
    "online",
    "it asks for the errors made on each row before the net learnt from it",
)

REASONS: dict[str, tuple[str, str]] = {
    "poisson-coreset": _AGREEMENT,
    "holdout-agreement": _AGREEMENT,
    "holdout-loss-hoeffding": _LOSSES,
    "holdout-loss-kl": _LOSSES,
    "holdout-empirical-bernstein": _LOSSES,
    "holdout-betting": _LOSSES,
    "occam-kl-bounded": _LOSSES,
    "pac-bayes-betting": _LOSSES,
    "pac-bayes-split-kl": _LOSSES,
    "best-of-holdout": (
        "candidates",
        "one net was given; it is for the best of several that were fixed before",
    ),
    "progressive-azuma": _ONLINE,
    "progressive-kl": _ONLINE,
    "sample-compression-binomial": _KEPT,
    "sample-compression-kl": _KEPT,
    "sample-compression-consistent": _KEPT,
    "sample-compression-littlestone-warmuth": _KEPT,
    "pick-to-learn": _KEPT,
    "pick-to-learn-closed-form": _KEPT,
    "rademacher-classifiers": _SUPREMUM,
    "rademacher-losses": _SUPREMUM,
    "finite-class-binomial": _CLASS,
    "finite-class-kl": _CLASS,
    "finite-class-hoeffding": _CLASS,
    "pac-bayes-recursive": _SEQUENCE,
    "pac-bayes-recursive-betting": _SEQUENCE,
    "pac-bayes-single-draw": _DRAWN,
    "pac-bayes-renyi-draw": _DRAWN,
    "occam-subsampled-kl": _SUBSAMPLE,
    "occam-subsampled-hoeffding": _SUBSAMPLE,
    "occam-binomial-symmetric": (
        "symmetric-code",
        "the codes above write gaps between weights, whose length changes when hidden"
        " units trade places",
    ),
    "spectral-margin-fixed": (
        "budgets-fixed",
        "its norms and margin are budgets fixed before the rows; this net's were"
        " measured after",
    ),
}
"""Theorem to the assumption that is missing and the sentence that says why."""


def theorems() -> tuple[Bound[Any], ...]:
    """Those with a reason, in reading order."""
    return tuple(bound for bound in ALL if bound.name in REASONS)


def tasks(context: Context, chosen: Sequence[Bound[Any]]) -> Iterator[Task]:
    """One that says every reason."""
    if chosen:
        yield "theorems that ask for more", partial(_reasons, context, chosen)


def _reasons(context: Context, chosen: Sequence[Bound[Any]]) -> Iterator[Outcome]:
    for bound in chosen:
        refusal = refuse(bound, *REASONS[bound.name])
        yield replace(refusal, elsewhere=True)
