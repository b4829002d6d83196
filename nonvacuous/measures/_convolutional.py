r"""Spread and cushion of a convolution's Jacobian (Arora et al. 2018, recalled).

Jacobians come as arrays: this toolkit reads no convolutional nets.
"""

from dataclasses import dataclass

import numpy as np

from nonvacuous.nets import Floats

__all__ = ["Spread", "spread"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Of one pair of layers, over some rows.

    Attributes:
        beta: how unevenly the Jacobian's norm is spread over positions; 1 is even.
        cushion: the convolutional interlayer cushion.
    """

    beta: float
    cushion: float


def spread(jacobian: Floats, x: Floats) -> Spread:
    r"""How well distributed a Jacobian is over positions, and its cushion.

    .. math:: \beta = \max_{x, a, b} \sqrt{n_1 n_2}\,
       \frac{\|[J_x]_{:, :, a, b}\|_F}{\|J_x\|_F}, \qquad
       \mu = \min_x \sqrt{n_1 n_2}\, \frac{\|J_x x\|}{\|J_x\|_F\, \|x\|}

    Args:
        jacobian: (rows, outputs, channels, n_1, n_2), of a later layer by this layer's
            pre-activation, at each row.
        x: that pre-activation, (rows, channels, n_1, n_2).

    Returns:
        Beta, the largest over the rows, and the cushion, the least.

    Raises:
        ValueError: if the shapes do not fit, or a Jacobian or a row is zero.

    Source: Arora et al. 2018, section on convolutional nets (recalled).
    """
    if jacobian.ndim != 5 or x.shape != (len(jacobian), *jacobian.shape[2:]):
        raise ValueError(
            "jacobian must be (rows, outputs, channels, n_1, n_2) and x (rows,"
            f" channels, n_1, n_2), got {jacobian.shape} and {x.shape}"
        )
    places = np.einsum("rocab->rab", jacobian * jacobian)
    whole = np.sqrt(places.sum(axis=(1, 2)))
    size = np.sqrt(np.einsum("rcab,rcab->r", x, x))
    if not (whole > 0).all() or not (size > 0).all():
        raise ValueError("jacobian and x must not be zero at any row")
    root = float(np.sqrt(places[0].size))
    through = np.einsum("rocab,rcab->ro", jacobian, x)
    return Spread(
        beta=float(root * (np.sqrt(places.max(axis=(1, 2))) / whole).max()),
        cushion=float(root * (np.linalg.norm(through, axis=1) / whole / size).min()),
    )
