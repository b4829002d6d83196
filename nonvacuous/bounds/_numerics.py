"""Arithmetic that errs on one side."""

import math

__all__ = ["exp_up", "rate_up", "up"]


def up(value: float, *, ulps: int) -> float:
    """The float `ulps` steps above `value`: room for that many roundings."""
    for _ in range(ulps):
        value = math.nextafter(value, math.inf)
    return value


def rate_up(k: int, n: int) -> float:
    """k / n, never below the fraction and never above 1."""
    rate = k / n
    return min(1.0, rate if rate * n == k and k in (0, n) else up(rate, ulps=1))


def exp_up(log_value: float) -> float:
    """exp of a logarithm, rounded up; infinite where floats end."""
    return math.inf if log_value > 709.0 else up(math.exp(log_value), ulps=2)
