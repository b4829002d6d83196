"""Finite worlds in which every sample can be summed over."""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gammaln, rel_entr
from scipy.stats import binom

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Predictors (rows) with their losses on the outcomes (columns) of one draw."""

    loss: Floats
    chance: Floats
    n: int

    @property
    def counts(self) -> Floats:
        """Every sample, as how often each outcome is in it."""
        kinds = len(self.chance)
        chosen = combinations_with_replacement(range(kinds), self.n)
        return np.array([np.bincount(c, minlength=kinds) for c in chosen], float)

    @property
    def weight(self) -> Floats:
        """Probability of each of the samples."""
        c = self.counts
        log = gammaln(self.n + 1) - gammaln(c + 1).sum(1) + c @ np.log(self.chance)
        return np.exp(log)

    @property
    def risk(self) -> Floats:
        return self.loss @ self.chance

    @property
    def empirical(self) -> Floats:
        """Samples times predictors."""
        return self.counts @ self.loss.T / self.n

    def posterior(self, heat: float) -> tuple[Floats, Floats]:
        """Gibbs posteriors of a uniform prior, and their relative entropies."""
        log = -heat * self.n * self.empirical
        log = np.where(np.isnan(log), 0.0, log)
        q = np.exp(log - log.max(1, keepdims=True))
        q /= q.sum(1, keepdims=True)
        return q, rel_entr(q, 1 / len(self.loss)).sum(1)


@pytest.fixture(scope="session")
def errors_world() -> World:
    """Four predictors that err on different outcomes."""
    loss = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 0]], float)
    return World(loss, np.array([0.3, 0.2, 0.4, 0.1]), 12)


@pytest.fixture(scope="session")
def losses_world() -> World:
    """Three predictors whose losses have middle values."""
    loss = np.array([[0, 0.5, 1], [0.25, 0.25, 0.5], [1, 0, 0.25]])
    return World(loss, np.array([0.5, 0.3, 0.2]), 10)


def _best_of(m: float, n: int, p: float) -> Floats:
    tail = binom.cdf(np.arange(-1, n), n, p)  # (1 - tail)^m, in logarithms
    above = np.append(np.exp(m * np.log1p(-np.minimum(tail, 1 - 2.0**-53))), 0.0)
    return above[:-1] - above[1:]


@pytest.fixture(scope="session")
def best_of() -> object:
    """Law of the fewest errors of m independent predictors of risk p on n rows."""
    return _best_of
