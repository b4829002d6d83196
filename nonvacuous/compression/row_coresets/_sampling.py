"""The engine: draw rows by importance, weigh them, and say what that guarantees."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous._numerics import check_delta
from nonvacuous.compression.row_coresets.sample_size import (
    draws_for_cover,
    draws_for_queries,
    least_epsilon,
)
from nonvacuous.nets import Floats

__all__ = [
    "RowCoreset",
    "RowReport",
    "Setting",
    "as_rows",
    "check_setting",
    "sample",
    "stream",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """What a row coreset was asked for, and what it guarantees."""

    asked: float
    """Draws that the theorem or the caller asked for; infinite where floats end."""
    drawn: int
    """Draws made; 0 where that would be no fewer than the rows, which then all stay."""
    distinct: int
    """Rows kept, equal ones counted once."""
    total_sensitivity: float
    epsilon: float | None
    """Error guaranteed; 0 where all rows stay, None where nothing below 1 is."""
    delta: float
    guarantee: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowCoreset:
    """Some rows of a sample, and weights with which they cost what all rows cost."""

    indices: NDArray[np.intp]
    """(kept,), increasing."""
    weights: Floats
    """(kept,), above 0; the estimate of a total is ``weights @ costs``."""
    report: RowReport

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, x: NDArray[Any]) -> NDArray[Any]:
        """The kept rows of an array that has one entry for each row of the sample.

        Args:
            x: (n, ...).

        Returns:
            (kept, ...), in the order of the weights.
        """
        return x[self.indices]


class Setting(Protocol):
    """The part that all settings of row coresets have in common."""

    @property
    def size(self) -> int | None:
        """Draws, or None."""

    @property
    def epsilon(self) -> float | None:
        """Error, or None."""

    @property
    def delta(self) -> float:
        """Failure probability."""

    @property
    def queries(self) -> int | None:
        """Queries fixed before the draw, or None for all."""

    @property
    def seed(self) -> int:
        """Of the draws."""


def check_setting(setting: Setting) -> None:
    """Refuse numbers that make no sense.

    Raises:
        ValueError: if there are any.
    """
    if (setting.size is None) == (setting.epsilon is None):
        raise ValueError(f"{type(setting).__name__} needs either size or epsilon")
    if setting.size is not None and operator.index(setting.size) < 1:
        raise ValueError(f"size must be at least 1, got {setting.size}")
    if setting.epsilon is not None and not 0 < setting.epsilon < 1:
        raise ValueError(f"epsilon must lie in (0, 1), got {setting.epsilon}")
    check_delta(setting.delta)
    if setting.queries is not None and operator.index(setting.queries) < 1:
        raise ValueError(f"queries must be at least 1, got {setting.queries}")
    if not 0 <= operator.index(setting.seed) < 2**63:
        raise ValueError(f"seed must lie in [0, 2^63), got {setting.seed}")


def stream(seed: int, number: int) -> np.random.Generator:
    """Stream 1 seeds clusters, stream 2 draws rows."""
    return np.random.Generator(np.random.Philox(key=[seed, number]))


def as_rows(x: ArrayLike, name: str = "x") -> Floats:
    """A matrix of finite float64 with a row and a column at least.

    Args:
        x: (n, d).
        name: the argument as the caller spelled it.

    Returns:
        (n, d), x itself where it is such a matrix.

    Raises:
        ValueError: if it is none.
    """
    rows: Floats = np.asarray(x, np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"{name} must be a matrix with rows, got shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError(f"{name} must be finite")
    return rows


def sample(
    points: Floats,
    sensitivities: Floats,
    setting: Setting,
    *,
    delta: float,
    log_cover: Callable[[float, float], float],
    about: str,
    error: str,
) -> RowCoreset:
    """Draw rows in proportion to their sensitivities; unbiased for every total.

    Args:
        points: (n, d); equal points are kept as one, with their weights added.
        sensitivities: (n,), above 0.
        setting: size or epsilon, queries and seed.
        delta: what is left of the setting's for the draw.
        log_cover: of every query, see :func:`draws_for_cover`.
        about: the queries that the theorem covers, in words.
        error: what epsilon is multiplied by, in words.

    Returns:
        The coreset.  If the draws asked for are no fewer than the rows, all rows stay
        with weight 1: that is smaller than the draws, and exact.
    """
    weights: Floats
    n, total = len(points), math.fsum(sensitivities)

    def size_of(epsilon: float) -> float:
        if setting.queries is None:
            return draws_for_cover(total, epsilon, delta, log_cover=log_cover)
        log = math.log(setting.queries)
        return draws_for_queries(total, epsilon, delta, log_queries=log)

    asked = size_of(setting.epsilon) if setting.epsilon else float(setting.size or 1)
    epsilon: float | None
    if asked >= n:
        drawn, epsilon = 0, 0.0
        kept, weights = np.arange(n), np.ones(n)
        guarantee = "every row stays: all costs are exact"
    else:
        drawn = int(asked)
        epsilon = setting.epsilon or least_epsilon(size_of, drawn)
        p = sensitivities / sensitivities.sum()
        counts = draw_counts(p, drawn, stream(setting.seed, 2))
        kept = np.flatnonzero(counts)
        weights = importance_weights(counts[kept], p[kept], drawn)
        which = (
            f"every one of the {about}"
            if setting.queries is None
            else f"{setting.queries} of the {about}, fixed before the draw"
        )
        guarantee = (
            f"none with epsilon below 1, for {which}"
            if epsilon is None
            else f"except with probability {setting.delta}, for {which}:"
            f" |estimate - cost| <= {epsilon} {error}"
        )
    kept, weights = _merged(points, kept, weights)
    report = RowReport(
        asked=asked,
        drawn=drawn,
        distinct=len(kept),
        total_sensitivity=total,
        epsilon=epsilon,
        delta=setting.delta,
        guarantee=guarantee,
    )
    return RowCoreset(indices=kept, weights=weights, report=report)


def draw_counts(p: Floats, draws: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """How often each row is drawn: multinomial, O(n) however many draws."""
    # the generator gives what rounding leaves of 1 to the last entry: let it be the
    # largest, where it does not matter
    order = np.arange(len(p))
    largest = int(np.argmax(p))
    order[[largest, -1]] = order[[-1, largest]]
    return draw.multinomial(draws, p[order])[order]


def importance_weights(counts: NDArray[np.int64], p: Floats, draws: int) -> Floats:
    """Counts over m p: their mean over the draws is 1."""
    return counts / (draws * p)


def _merged(
    points: Floats, kept: NDArray[np.intp], weights: Floats
) -> tuple[NDArray[np.intp], Floats]:
    """Of equal points the first, with the sum of their weights."""
    rows = np.ascontiguousarray(points[kept] + 0.0)  # -0 becomes 0
    as_bytes = rows.view(np.dtype((np.void, rows.strides[0]))).ravel()
    _, first, group = np.unique(as_bytes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    summed = np.bincount(group, weights).astype(np.float64)
    return kept[first[order]], summed[order]
