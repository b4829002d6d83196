"""Floats beside fifty digits, with the direction in which they may err."""

from collections.abc import Iterable
from typing import NamedTuple

from mpmath import mpf

from paper_checks._digits import DIGITS

__all__ = ["Comparison", "compare"]


class Comparison(NamedTuple):
    """Whether all pairs agree, and a clause that says how well."""

    holds: bool
    words: str


def compare(pairs: Iterable[tuple[float, mpf]], *, digits: int) -> Comparison:
    """Upper bounds beside exact values: never below, and close.

    Args:
        pairs: what the code gave and the exact value, positive.
        digits: relative excess allowed is 10^-digits.

    >>> compare([(0.5000000001, DIGITS.mpf(1) / 2)], digits=9).holds
    True
    """
    excess = [DIGITS.mpf(ours) / exact - 1 for ours, exact in pairs]
    low, high = float(min(excess)), float(max(excess))
    return Comparison(
        holds=low >= 0 and high <= 10.0**-digits,
        words=f"code over formula - 1 lies in [{low:.1e}, {high:.1e}] over"
        f" {len(excess)} cases at {DIGITS.dps} digits",
    )
