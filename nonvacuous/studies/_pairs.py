"""Models of a study, their groups, and all pairs within groups."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous.nets import Floats

__all__ = ["Integers", "groups", "pairs", "settings", "values"]

Integers = NDArray[np.intp]


def values(mu: ArrayLike, g: ArrayLike) -> tuple[Floats, Floats]:
    """Measures and gaps as float64.

    Raises:
        ValueError: if they are not two vectors of one length above 1, or hold a nan.
    """
    first, second = (np.asarray(a, dtype=np.float64) for a in (mu, g))
    if first.ndim != 1 or first.shape != second.shape or len(first) < 2:
        raise ValueError(
            "mu and g must be vectors of one length, at least 2, got shapes"
            f" {first.shape} and {second.shape}"
        )
    if np.isnan(first).any() or np.isnan(second).any():
        raise ValueError("mu and g must hold numbers, got nan")
    return first, second


def settings(hyperparameters: ArrayLike, models: int) -> Integers:
    """Each hyperparameter's values as numbers from 0, (n, k).

    Raises:
        ValueError: if there is not one row of at least one entry for each model.
    """
    table = np.asarray(hyperparameters)
    if table.ndim != 2 or len(table) != models or table.shape[1] == 0:
        raise ValueError(
            f"hyperparameters must have shape ({models}, k), k >= 1, got {table.shape}"
        )
    columns = [np.unique(column, return_inverse=True)[1] for column in table.T]
    return np.stack(columns, axis=1)


def groups(table: Integers) -> Integers:
    """A number from 0 for each row, equal where rows are; one group of no columns."""
    if table.shape[1] == 0:
        return np.zeros(len(table), dtype=np.intp)
    found: Integers = np.unique(table, axis=0, return_inverse=True)[1]
    return found.reshape(-1)


def pairs(group: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Every unordered pair of rows of one group, in as many parts as the largest has.

    Sorted by group, the parts are the pairs that are 1, 2, 3... places apart.
    """
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    for apart in range(1, int(np.bincount(group).max())):
        same = np.flatnonzero(ordered[apart:] == ordered[:-apart])
        if same.size:
            yield order[same], order[same + apart]
