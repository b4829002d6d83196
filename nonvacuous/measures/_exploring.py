r"""The norms over margins of Neyshabur et al. 2017, as logarithms.

Source: ``calculate`` in measures.py of bneyshabur/generalization-bounds at db8e3e7,
read; the paper is recalled.  What that code calls bounds are here capacities: they
leave out constants and logarithms, so they bound nothing.  The margin there is any
number; here it is the percentile that all the measures share.
"""

import math

import numpy as np

from nonvacuous.nets import Floats

__all__ = [
    "log_norm_capacity",
    "log_norms_over_margin",
    "log_spectral_capacity",
    "log_spectral_frobenius_capacity",
]


def log_norms_over_margin(norms: Floats, margin: float) -> float:
    r"""Logarithm of :math:`\prod_i \|W_i\| / \gamma`, inf for a margin not above 0."""
    if margin <= 0:
        return math.inf
    with np.errstate(divide="ignore"):
        return float(np.log(norms).sum()) - math.log(margin)


def log_norm_capacity(
    norms: Floats, margin: float, inputs: int, m: int, root: float = 2.0
) -> float:
    r"""Capacity of a product of norms.

    .. math:: \ln \frac{\sqrt{d + \ln(\text{inputs})} \prod_i \|W_i\|}
       {\gamma \, m^{1/\text{root}}}

    Args:
        norms: of each layer, (d,).
        margin: :math:`\gamma`.
        inputs: features of a row.
        m: rows.
        root: 2, and 3 for the norm (3, 1.5).

    Returns:
        The logarithm.
    """
    depth = 0.5 * math.log(len(norms) + math.log(inputs))
    return depth + log_norms_over_margin(norms, margin) - math.log(m) / root


def log_spectral_capacity(
    spectral: Floats, moved: Floats, margin: float, parameters: int, m: int
) -> float:
    r"""Capacity after Bartlett et al. 2017.

    .. math:: \ln \frac{\ln m \, \ln(\text{parameters}) \prod_i s_i
       \left(\sum_i (\|W_i - W_{i,0}\|_{2,1} / s_i)^{2/3}\right)^{3/2}}
       {\gamma \sqrt m}

    Args:
        spectral: spectral norms, (d,).
        moved: norms (2, 1) of the moves from the initial net, (d,).
        margin: :math:`\gamma`.
        parameters: weights and biases.
        m: rows, at least 2.

    Returns:
        The logarithm.
    """
    with np.errstate(divide="ignore"):
        ratio = 1.5 * float(np.log(((moved / spectral) ** (2 / 3)).sum()))
    factors = math.log(math.log(m) * math.log(parameters)) - 0.5 * math.log(m)
    return _joined(log_norms_over_margin(spectral, margin), ratio + factors)


def log_spectral_frobenius_capacity(
    spectral: Floats, moved: Floats, widths: Floats, margin: float, m: int
) -> float:
    r"""Capacity after Neyshabur et al. 2018.

    .. math:: \ln \frac{d \prod_i s_i \left(\sum_i h_i \|W_i - W_{i,0}\|_F^2 / s_i^2
       \right)^{1/2}}{\gamma \sqrt m}

    Args:
        spectral: spectral norms, (d,).
        moved: Frobenius norms of the moves from the initial net, (d,).
        widths: outputs :math:`h_i` of each layer, (d,).
        margin: :math:`\gamma`.
        m: rows.

    Returns:
        The logarithm.
    """
    with np.errstate(divide="ignore"):
        ratio = 0.5 * float(np.log((widths * (moved / spectral) ** 2).sum()))
    factors = math.log(len(spectral)) - 0.5 * math.log(m)
    return _joined(log_norms_over_margin(spectral, margin), ratio + factors)


def _joined(over_margin: float, rest: float) -> float:
    """Their sum; a margin not above 0 wins over a net that did not move."""
    return over_margin if over_margin == math.inf else over_margin + rest
