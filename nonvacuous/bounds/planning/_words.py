"""Numbers in words: what bounds something is rounded up, what was asked for is not."""

import math
from decimal import Decimal
from typing import Protocol

from nonvacuous.bounds._bound import Bound, Loss, percent

__all__ = ["as_count", "as_loss", "as_percent", "as_risk", "as_value", "sayer"]


class Say(Protocol):
    """A number in words: a bound rounded up, or with `exact` as it was typed."""

    def __call__(self, value: float, *, exact: bool = False) -> str:
        """Words."""


def sayer(theorem: object) -> Say:
    """How the theorem's number is said: a share of rows, a loss, or a count."""
    if not isinstance(theorem, Bound):
        return as_count
    return as_loss if theorem.loss is Loss.UNIT else as_risk


def as_percent(value: float) -> str:
    """100 times a number as it was typed.

    >>> as_percent(0.07), as_percent(1e-6)
    ('7', '0.0001')
    """
    return f"{(Decimal(repr(float(value))) * 100).normalize():f}"


def as_risk(value: float, *, exact: bool = False) -> str:
    """A bound on a risk, rounded up to two decimals or three digits; `exact` as typed.

    >>> as_risk(0.123401), as_risk(0.00012341), as_risk(29.012)
    ('12.35 %', '0.0124 %', '29.1 (a risk is at most 1)')
    >>> as_risk(0.07, exact=True)
    '7 %'
    """
    if exact:
        return f"{as_percent(value)} %"
    if value > 1:
        return f"{as_value(value, up=True, digits=3)} (a risk is at most 1)"
    places = 2 if value <= 0 else max(2, -math.floor(math.log10(100 * value)) + 2)
    return f"{percent(value, places)} %"


def as_loss(value: float, *, exact: bool = False) -> str:
    """A bound on an expected loss, rounded up to four digits.

    >>> as_loss(0.0622387)
    '0.06224'
    """
    return f"{value:g}" if exact else as_value(value, up=True, digits=4)


def as_count(value: float, *, exact: bool = False) -> str:
    """A count, in full where that can be read.

    >>> as_count(13502.0), as_count(7.0881e17)
    ('13,502', '7.09e17')
    """
    if value < 1e15 and value == int(value):
        return f"{int(value):,}"
    return repr(value) if exact else as_value(value, up=True, digits=3)


def as_value(value: float, *, up: bool, digits: int = 6) -> str:
    """A number to so many digits, rounded to the side that is safe.

    >>> as_value(3.63429289, up=False), as_value(3.63429289, up=True)
    ('3.63429', '3.6343')
    """
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    if not math.isfinite(value):
        return f"{value:g}"
    exact = Decimal(value)
    if float(f"{value:.{digits}g}") != value:
        place = Decimal(1).scaleb(exact.adjusted() - digits + 1)
        exact = exact.quantize(place, rounding="ROUND_CEILING" if up else "ROUND_FLOOR")
    else:
        exact = Decimal(f"{value:.{digits}g}")
    text = f"{exact.normalize():.{digits}g}"
    return text.replace("e+", "e").replace("e-0", "e-")
