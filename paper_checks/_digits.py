"""Fifty digits: the reference values that floats are measured against."""

from fractions import Fraction
from math import comb

from mpmath import MPContext, mpf

__all__ = ["DIGITS", "exact_binomial_tail", "kl_digits", "log_tail_digits"]

DIGITS = MPContext()
"""A context of our own: the precision of mpmath's is the caller's."""
DIGITS.dps = 60
log, log1p, expm1 = DIGITS.log, DIGITS.log1p, DIGITS.expm1
loggamma = DIGITS.loggamma
_BITS = 240


def _geometric(top: int, bottom: int, odds: Fraction) -> mpf:
    """1 + sum over j of the products of (top-i+1)/((bottom+i) odds), i = 1..j.

    The terms are positive and summed from the first outwards, in 240-bit fixed point,
    until they vanish there; they fall, so that what is cut off is below 2^-200.
    """
    inverse = (odds.denominator << _BITS) // odds.numerator
    total = term = 1 << _BITS
    i = 0
    while term:
        i += 1
        term = (term * ((top - i + 1) * inverse) >> _BITS) // (bottom + i)
        total += term
    return DIGITS.mpf(total) / DIGITS.mpf(1 << _BITS)


def log_tail_digits(k: int, n: int, p: float | mpf) -> mpf:
    """ln P(Bin(n, p) <= k) for 0 <= k < n and 0 < p < 1, to fifty digits."""
    sign, digits, power, _ = DIGITS.mpf(p)._mpf_
    exact = (-1) ** sign * Fraction(int(digits)) * Fraction(2) ** power
    odds = exact / (1 - exact)
    left_of_mode = (n - k) * exact >= (k + 1) * (1 - exact)
    i = k if left_of_mode else k + 1
    x = DIGITS.mpf(p)
    first = loggamma(n + 1) - loggamma(i + 1) - loggamma(n - i + 1)
    first += i * log(x) + (n - i) * log(1 - x)
    if left_of_mode:
        return first + log(_geometric(k, n - k, odds))
    return log(-expm1(first + log(_geometric(n - k - 1, k + 1, 1 / odds))))


def exact_binomial_tail(k: int, n: int, p: Fraction) -> Fraction:
    """P(Bin(n, p) <= k), exactly."""
    a, b = p.numerator, p.denominator
    count = sum(comb(n, i) * a**i * (b - a) ** (n - i) for i in range(k + 1))
    return Fraction(count, b**n)


def kl_digits(q: float | mpf, p: float | mpf) -> mpf:
    """kl(q, p) to fifty digits, for 0 < p < 1."""
    a, b = DIGITS.mpf(q), DIGITS.mpf(p)
    left = a * log(a / b) if a else DIGITS.mpf(0)
    right = (1 - a) * (log1p(-a) - log1p(-b)) if a != 1 else DIGITS.mpf(0)
    return left + right
