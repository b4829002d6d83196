"""Union bounds at fifty digits, and classes on which their failure is exact."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import comb
from typing import NamedTuple

from mpmath import mpf

from paper_checks._digits import DIGITS, kl_digits, log_tail_digits

__all__ = ["Inverses", "failure", "inverses_of_kl", "inverses_of_tail", "violating"]


class Inverses(NamedTuple):
    """Whether values are inverses, rounded up, and a clause that says so."""

    holds: bool
    words: str


def inverses_of_tail(
    cases: Iterable[tuple[float, int, int, mpf]], *, digits: int
) -> Inverses:
    """Each p beside (k, n, ln share): the tail at p is at most the share, only just.

    >>> inverses_of_tail([(1.0, 3, 3, DIGITS.mpf(-1))], digits=9).words
    '0 of 0 values below 1 are at most 1e-9 too large and none is too small'
    """
    return _judged(
        [
            (
                log_tail_digits(k, n, p) <= share,
                log_tail_digits(k, n, p * (1 - 10.0**-digits)) > share,
            )
            for p, k, n, share in cases
            if p < 1
        ],
        digits,
    )


def inverses_of_kl(cases: Iterable[tuple[float, mpf, mpf]], *, digits: int) -> Inverses:
    """Each p beside (q, c): kl(q, p) is at least c, only just."""
    return _judged(
        [
            (
                p >= q and kl_digits(q, p) >= c,
                (less := DIGITS.mpf(p) * (1 - DIGITS.mpf(10) ** -digits)) < q
                or kl_digits(q, less) < c,
            )
            for p, q, c in cases
            if p < 1
        ],
        digits,
    )


def _judged(pairs: Sequence[tuple[bool, bool]], digits: int) -> Inverses:
    good = sum(sound and tight for sound, tight in pairs)
    small = sum(not sound for sound, _ in pairs)
    return Inverses(
        holds=good == len(pairs) >= 20,
        words=f"{good} of {len(pairs)} values below 1 are at most 1e-{digits} too large"
        f" and {small or 'none'} is too small",
    )


def violating(bound: Callable[[int], float], n: int, risk: Fraction) -> int:
    """The largest count of n whose bound lies below the risk, or -1.

    >>> violating(lambda k: k / 10, 10, Fraction(1, 2))
    4
    """
    low, high = -1, n
    while high - low > 1:  # bounds rise with the count
        k = (low + high) // 2
        low, high = (k, high) if bound(k) < risk else (low, k)
    return low


def failure(nets: Iterable[tuple[int, int]], n: int, risk: Fraction) -> float:
    """Probability that any of many independent nets has at most its count of errors.

    Net j errs on bit j of a row; the bits are independent and each is 1 with
    probability `risk`.

    Args:
        nets: pairs of a number of nets and the largest count at which their bound
            lies below their risk, or -1.
        n: rows.
        risk: of every net.

    >>> failure([(2, 0)], 1, Fraction(1, 2))
    0.75
    """
    a, b = risk.numerator, risk.denominator
    stands = DIGITS.mpf(1)
    for many, most in nets:
        hits = sum(comb(n, i) * a**i * (b - a) ** (n - i) for i in range(most + 1))
        stands *= (1 - DIGITS.mpf(hits) / b**n) ** many
    return float(1 - stands)
