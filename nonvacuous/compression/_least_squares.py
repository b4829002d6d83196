r"""Least squares on a support: the quadratic that layer-wise pruning minimises.

A neuron of weights w that gets weights u instead errs by
:math:`(u - w)^\top H (u - w)`, with H the second moments of its inputs, damped.
All neurons of a layer share H.
"""

import numpy as np
from scipy import linalg

from nonvacuous.compression._supports import Support
from nonvacuous.nets import Floats

__all__ = ["damped", "inverse", "refit"]

_CHUNK_ENTRIES = 1 << 23  # of the systems held at once: 64 MiB


def damped(moments: Floats, damping: float) -> Floats:
    """Second moments plus `damping` times their mean diagonal, on the diagonal.

    Inputs that are zero on every row leave the identity.
    """
    add = damping * float(np.diagonal(moments).mean())
    h: Floats = moments + (add if add > 0 else 1.0) * np.eye(len(moments))
    return h


def inverse(h: Floats) -> Floats:
    """The inverse of a positive definite matrix, symmetric to the last bit."""
    factor = linalg.cho_factor(h)
    found = linalg.cho_solve(factor, np.eye(len(h)))
    half: Floats = 0.5 * (found + found.T)
    return half


def refit(weight: Floats, support: Support, h: Floats) -> Floats:
    r"""The weights on a support that are nearest in the norm of H, neuron by neuron.

    With S the support of a neuron and P the rest,
    :math:`u_S = w_S + H_{SS}^{-1} H_{SP} w_P`.  Neurons with supports of like sizes
    are solved together, each system filled up with the identity.

    Args:
        weight: w, (outputs, inputs).
        support: (outputs, inputs).
        h: H, (inputs, inputs), positive definite.

    Returns:
        u, (outputs, inputs), zero outside the support.
    """
    result = np.where(support, weight, 0.0)
    target = (weight - result) @ h
    sizes = support.sum(axis=1)
    descending = np.argsort(-sizes, kind="stable")
    kept_first = np.argsort(~support, axis=1, kind="stable")
    start = 0
    while start < len(weight) and (width := int(sizes[descending[start]])) > 0:
        chunk = descending[start : start + max(1, _CHUNK_ENTRIES // width**2)]
        start += len(chunk)
        columns = kept_first[chunk, :width]
        inside = np.arange(width) < sizes[chunk, None]
        system = np.where(
            inside[:, :, None] & inside[:, None, :],
            h[columns[:, :, None], columns[:, None, :]],
            np.eye(width),
        )
        right = np.where(inside, target[chunk[:, None], columns], 0.0)
        result[chunk[:, None], columns] += np.linalg.solve(system, right[..., None])[
            ..., 0
        ]
    return result
