"""Arithmetic that errs on one side."""

import math

__all__ = ["check_delta", "rate_up", "up"]


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
