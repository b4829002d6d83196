"""Letters and steps that several parts share."""

from fractions import Fraction
from math import comb

import sympy

__all__ = ["K", "Q", "S", "bernstein", "eps", "failure", "m", "same", "z"]

S, K, z, m, eps, Q = sympy.symbols("S K z m epsilon Q", positive=True)


def same(a: sympy.Expr, b: sympy.Expr) -> bool:
    """Whether sympy reduces the difference to 0."""
    return bool(sympy.simplify(a - b) == 0)


def bernstein(span: sympy.Expr, variance: sympy.Expr) -> sympy.Expr:
    """Exponent of Pr[|sum| > eps z] <= 2 exp(-exponent)."""
    return (eps * z) ** 2 / (2 * variance + 2 * span * eps * z / 3)


def failure(g: list[Fraction], s: list[Fraction], draws: int, e: Fraction) -> Fraction:
    """Pr[|zhat/z - 1| > e], exactly, over every outcome of the draws for two edges."""
    total = sum(s)
    worth = [total * gj / (draws * sj) for gj, sj in zip(g, s, strict=True)]
    p, failure = s[0] / total, Fraction(0)
    for count in range(draws + 1):
        ratio = count * worth[0] + (draws - count) * worth[1]
        if abs(ratio - 1) > e:
            failure += comb(draws, count) * p**count * (1 - p) ** (draws - count)
    return failure
