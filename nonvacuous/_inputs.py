"""What a caller hands to ``certify``, as samples with roles."""

from collections.abc import Iterable
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
    pairs = _pairs(given)
    if pairs is None:
        raise TypeError(
            f"{name} must be a pair (x, y), a torch Dataset or a DataLoader, got"
            f" {type(given).__name__}"
        )
    x, y = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    return make_sample(x, y, role=role, source=name)


def _pairs(given: Any) -> list[tuple[NDArray[Any], NDArray[Any]]] | None:
    """Batches of (x, y) from a DataLoader, or single rows from a Dataset.

    Raises:
        ValueError: if there are none.
    """
    if hasattr(given, "dataset") and isinstance(given, Iterable):
        found = [(_array(x), _array(y)) for x, y in given]
    elif hasattr(given, "__getitem__") and hasattr(given, "__len__"):
        rows = (given[i] for i in range(len(given)))
        found = [(_array(x)[None], np.atleast_1d(_array(y))) for x, y in rows]
    else:
        return None
    if not found:
        raise ValueError("the sample is empty")
    return found


def _array(value: Any) -> NDArray[Any]:
    """Tensors leave their graph and their device."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)
