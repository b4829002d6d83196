"""Arithmetic that errs on one side."""

import math
from decimal import ROUND_CEILING, Decimal

__all__ = ["check_delta", "plain", "rate_up", "remaining", "up"]


def up(value: float, *, ulps: int) -> float:
    """The float `ulps` steps above `value`: room for that many roundings."""
    for _ in range(ulps):
        value = math.nextafter(value, math.inf)
    return value


def rate_up(k: int, n: int) -> float:
    """K / n, never below the fraction and never above 1."""
    return min(1.0, up(k / n, ulps=1)) if 0 < k < n else k / n


def check_delta(delta: float) -> None:
    """Refuse a failure probability outside (0, 1).

    Raises:
        ValueError: if it is.
    """
    if not 0.0 < delta < 1.0:
        raise ValueError(f"delta must lie strictly between 0 and 1, got {delta}")


def remaining(delta: float, *used: float) -> float:
    """What is left of `delta` once all of `used` is spent, rounded down.

    Args:
        delta: probability of being wrong, in (0, 1).
        used: probabilities that the evidence has spent already, at least 0.

    Returns:
        The difference, above 0.

    Raises:
        ValueError: if `delta` is not in (0, 1), or nothing is left.
    """
    check_delta(delta)
    spent = math.fsum(used)
    if not spent:
        return delta
    if spent not in used:  # next to delta, the rounding of a sum is no small part
        spent = up(spent, ulps=1)
    if not delta > spent:
        raise ValueError(
            f"delta must exceed the {spent} spent on the evidence, got {delta}"
        )
    return math.nextafter(delta - spent, 0.0) or math.ulp(0.0)


def plain(value: float) -> str:
    """A probability of failure or an error, rounded up to three digits.

    >>> plain(0.05), plain(1e-9), plain(0.12301)
    ('0.05', '1e-9', '0.124')
    """
    if float(f"{value:.3g}") == value:
        text = f"{value:.3g}"
    else:
        exact = Decimal(value)
        place = Decimal(1).scaleb(exact.adjusted() - 2)
        text = f"{exact.quantize(place, rounding=ROUND_CEILING).normalize():g}"
    return text.replace("e-0", "e-")
