r"""What all margin bounds by Rademacher complexity share.

For a class H fixed before the sample and the ramp :math:`r_\gamma`, which is 1 at
margins below 0 and 0 above :math:`\gamma`, except with probability :math:`\delta`

.. math:: R(h) \le \hat L_\gamma(h) + 2 \hat{\mathfrak R}_S(r_\gamma \circ H)
          + 3 \sqrt{\ln(2/\delta) / 2n} \quad \text{for all } h \in H.

A net trained on the sample belongs to no class fixed before it, but to one of a grid of
classes; that grid's point pays ``nats``.
"""

import math
from collections.abc import Iterator
from typing import Protocol

from nonvacuous._numerics import check_delta
from nonvacuous.bounds._assumptions import (
    IID,
    ZERO_ONE,
    HasOrigin,
    counted,
    fixed_before,
)
from nonvacuous.bounds._bound import Assumption, Verdict
from nonvacuous.bounds.selection import dyadic

__all__ = [
    "AFFINE_RELU",
    "CLASS_FIXED",
    "REFERENCE_FIXED",
    "SHARED",
    "STEPS",
    "deviation",
    "fine",
    "ladder",
    "margin_error",
    "outward",
]

STEPS = 8
"""Points of a fine grid between a budget and its double."""

_FLOOR = 2.0**-32
"""The least budget worth a grid point: smaller values are rounded up to it."""


class MarginCount(Protocol):
    """Evidence that counts margin errors."""

    @property
    def margin_errors(self) -> int:
        """Rows whose margin is at most the margin."""

    @property
    def trials(self) -> int:
        """Rows looked at."""


class HasReference(HasOrigin, Protocol):
    """Evidence that measures distances to a reference."""

    @property
    def reference(self) -> str:
        """The word zero, or a digest."""


def outward(value: float) -> float:
    """`value` raised by 2^-44 of itself: room for some hundred roundings."""
    return value * (1 + 2.0**-44)


def margin_error(fit: MarginCount) -> float:
    """The share of rows whose margin is at most the margin."""
    return fit.margin_errors / fit.trials


def deviation(n: int, delta: float, nats: float = 0.0) -> float:
    r""":math:`3 \sqrt{(\ln(2/\delta) + \text{nats}) / 2n}`.

    Args:
        n: rows.
        delta: probability of being wrong, in (0, 1).
        nats: what the choice of the class costs, at least 0.

    Returns:
        How far risk and empirical risk may be apart, and complexity and its estimate.
    """
    check_delta(delta)
    return 3 * math.sqrt((math.log(2 / delta) + nats) / (2 * n))


def ladder(value: float) -> Iterator[tuple[float, float]]:
    """Budgets :math:`2^j` of the grid that hold `value`, each with its nats.

    The theorem holds at all of them at once, so that the least of its numbers holds.
    Beyond 1 a greater budget costs more in both ways, and the ladder ends.  Because it
    has fewer rungs for a greater value, the least number never falls in `value`.

    Args:
        value: at least 0.
    """
    budget, nats = dyadic(max(value, _FLOOR))
    yield budget, nats
    while budget < 1:
        budget, nats = dyadic(2 * budget)
        yield budget, nats


def fine(value: float) -> tuple[float, float]:
    r"""The least budget :math:`2^{j/8} \ge` `value`, and its nats.

    The grid's points are 2^-44 of themselves above the powers, so that a value that
    was rounded to nearest is still held.

    Args:
        value: at least 0.

    Returns:
        The budget, and :math:`\ln 1/\pi(j)`.

    >>> budget, nats = fine(37.0)
    >>> round(budget, 6), round(nats, 6)
    (38.054628, 8.350894)
    """
    value = max(value, _FLOOR)
    if value > 2.0 ** (1000 // STEPS):
        return math.inf, math.inf
    budget, nats = dyadic(value**STEPS)
    return outward(budget ** (1 / STEPS)), nats


def _reference_fixed(evidence: HasReference) -> tuple[Verdict, str]:
    known = evidence.reference == "zero"
    return (Verdict.CHECKED if known else Verdict.VOUCHED), ""


CLASS_FIXED = fixed_before(
    "class-fixed",
    "architecture, number format and grids were fixed before the rows were drawn",
    "prior",
    what="the class of nets that the theorem is about",
)
AFFINE_RELU: Assumption[HasOrigin] = Assumption(
    name="affine-relu",
    statement="the net is a chain of matrices with ReLU between them; a convolution"
    " would have to be given as the matrix that it is, not as its filters",
    judge=counted,  # what has an origin was measured on a Network, nothing else
)
REFERENCE_FIXED: Assumption[HasReference] = Assumption(
    name="reference-fixed",
    statement="the reference owes nothing to the rows: zero, or the initialisation",
    judge=_reference_fixed,
)
SHARED: tuple[Assumption[HasOrigin], ...] = (IID, ZERO_ONE, CLASS_FIXED, AFFINE_RELU)
