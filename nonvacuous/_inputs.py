"""What a caller hands to ``certify``, as samples with roles."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.data import Role, Sample, make_sample

__all__ = ["as_sample"]


def as_sample(given: Any, name: str, role: Role) -> Sample | None:
    """A sample from a pair of arrays or tensors, a torch Dataset or DataLoader.

    Args:
        given: None, a Sample, a pair (x, y), or rows of (x, y) to be collected.
        name: the argument as the caller spelled it; also the sample's source.
        role: what the rows may be used for.

    Returns:
        The sample, or None for None.

    Raises:
        TypeError: for anything else.
        ValueError: for a Sample of another role, or values that no sample takes.
    """
    if given is None:
        return None
    if isinstance(given, Sample):
        if given.role is not role:
            raise ValueError(f"{name} must have the role {role}, got {given.role}")
        return given
    if isinstance(given, tuple | list) and len(given) == 2:
        return make_sample(_array(given[0]), _array(given[1]), role=role, source=name)
    pairs = _pairs(given, name)
    x, y = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    return make_sample(x, y, role=role, source=name)


def _pairs(given: Any, name: str) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Rows (x, y) of a Dataset, each once and in order.

    A DataLoader is read through its dataset: how it shuffles, samples or drops rows
    would change what the sample is.

    Raises:
        TypeError: if it is no such thing.
        ValueError: if there are no rows.
    """
    rows = getattr(given, "dataset", given)
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = []
    listed = hasattr(rows, "__getitem__") and hasattr(rows, "__len__")
    if listed and not hasattr(rows, "dtype"):  # an array alone has no labels
        if len(rows) == 0:
            raise ValueError(f"{name}: the sample is empty")
        for i in range(len(rows)):
            try:
                x, y = rows[i]
            except (KeyError, TypeError, ValueError):
                break
            pairs.append((_array(x)[None], np.atleast_1d(_array(y))))
        else:
            return pairs
    raise TypeError(
        f"{name} must be a pair (x, y), a torch Dataset or a DataLoader of pairs, got"
        f" {type(given).__name__}"
    )


def _array(value: Any) -> NDArray[Any]:
    """Tensors leave their graph and their device."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)
