"""Preferent and other schemes on a few points, every sample enumerated in fractions."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, combinations_with_replacement
from math import factorial, prod

__all__ = [
    "Scheme",
    "failure",
    "hull",
    "median",
    "missing_mass_failure",
    "preference_breaks",
    "table",
    "two_largest",
    "unchanged",
    "walk",
]

Rows = tuple[int, ...]
"""Points 0, 1, ..., sorted where it is a sample and in order where it was picked."""
Scheme = Callable[[Rows], Rows]


def _until_right(sample: Rows, wrong: Callable[[Rows, int], int]) -> Rows:
    """Pick-to-Learn: the row that the model of the picked rows gets most wrong."""
    picked: Rows = ()
    while True:
        worst = max(sample, key=lambda x: (wrong(picked, x), x), default=None)
        if worst is None or wrong(picked, worst) == 0:
            return picked
        picked += (worst,)


def table(sample: Rows) -> Rows:
    """Remembers what it picked; point 0 it knows before."""
    return _until_right(sample, lambda t, x: int(x > 0 and x not in t))


def hull(sample: Rows) -> Rows:
    """Says yes from the least to the largest row picked; all rows are yes."""
    return _until_right(
        sample, lambda t, x: max(min(t) - x, x - max(t), 0) if t else 1 + x
    )


def walk(sample: Rows) -> Rows:
    """Says yes above the least row picked, and picks the nearest below it."""
    return _until_right(sample, lambda t, x: 1 + x if x < min(t, default=1 + x) else 0)


def median(sample: Rows) -> Rows:
    """Keeps the row in the middle, which more rows move: not preferent."""
    return (sample[len(sample) // 2],) if sample else ()


def two_largest(sample: Rows) -> Rows:
    """Keeps the two largest rows, and none of fewer than two: preferent."""
    return sample[-2:] if len(sample) > 1 else ()


def unchanged(scheme: Scheme, sample: Rows) -> list[Rows]:
    """Subsets of distinct rows that are kept whole beside any one of the others."""
    return [
        part
        for part in _subsamples(sample)
        if set(scheme(part)) == set(part)
        and all(
            set(scheme(_with(part, z))) == set(part) for z in sample if z not in part
        )
    ]


def _subsamples(sample: Rows) -> set[Rows]:
    return {s for m in range(len(sample) + 1) for s in combinations(sample, m)}


def preference_breaks(scheme: Scheme, points: int, n: int) -> tuple[int, int]:
    """Pairs pick(U) in V in U with pick(V) not pick(U), of how many pairs.

    U runs over all samples of up to n rows.
    """
    broken = count = 0
    for size in range(n + 1):
        for whole in combinations_with_replacement(range(points), size):
            picked = scheme(whole)
            for part in _subsamples(whole):
                if not Counter(picked) - Counter(part):
                    broken += scheme(part) != picked
                    count += 1
    return broken, count


def failure(
    scheme: Scheme, masses: list[Fraction], n: int, uppers: list[float]
) -> Fraction:
    """Probability that one more row changes what is picked more often than u(k)."""
    total = Fraction(0)
    for sample in combinations_with_replacement(range(len(masses)), n):
        picked = scheme(sample)
        change = sum(
            (m for z, m in enumerate(masses) if scheme(_with(sample, z)) != picked),
            Fraction(0),
        )
        if change > Fraction(uppers[len(picked)]):
            ways = factorial(n) // prod(map(factorial, Counter(sample).values()))
            total += ways * prod(masses[x] for x in sample)
    return total


def _with(sample: Rows, z: int) -> Rows:
    return tuple(sorted((*sample, z)))


def missing_mass_failure(masses: list[Fraction], n: int, uppers: list[float]) -> float:
    """The same for :func:`table`, by inclusion and exclusion over what was seen.

    Args:
        masses: of points 1, 2, ...; the rest is point 0.
        n: rows.
        uppers: u(0), ..., u(n).
    """
    rest, total = 1 - sum(masses, Fraction(0)), Fraction(0)
    points = range(len(masses))
    for k in range(min(n, len(masses)) + 1):
        for seen in combinations(points, k):
            missing = sum((masses[i] for i in points if i not in seen), Fraction(0))
            if missing > Fraction(uppers[k]):
                total += sum(
                    (-1) ** (k - m) * (rest + sum(masses[i] for i in some)) ** n
                    for m in range(k + 1)
                    for some in combinations(seen, m)
                )
    return float(total)
