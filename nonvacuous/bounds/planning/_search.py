"""The last of a row of integers at which something holds; floats are such a row too."""

import math
import struct
from collections.abc import Callable

__all__ = ["MOST", "at", "farthest", "position", "walk"]

MOST = 2**50
"""The largest count that is tried, above 10^15."""


def position(value: float) -> int:
    """Where a float stands among all floats: its successor stands at the next integer.

    >>> position(math.nextafter(0.3, 1)) - position(0.3)
    1
    """
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return int(bits) if bits >= 0 else -(int(bits) & 0x7FFF_FFFF_FFFF_FFFF)


def at(place: int) -> float:
    """The float at a position.

    >>> at(position(0.3))
    0.3
    """
    (value,) = struct.unpack("<d", struct.pack("<q", abs(place)))
    return math.copysign(float(value), place)


def farthest(ok: Callable[[int], bool], start: int, limit: int, step: int = 1) -> int:
    """The last integer from `start` towards `limit` up to which `ok` holds.

    Steps double until one fails, then halve.  If `ok` is monotone, no integer beyond
    the one returned is ok; if it is not, the one returned is ok and the next is not.

    Args:
        ok: true at `start`.
        start: where to begin.
        limit: where to end.
        step: the first step, at least 1.
    """
    sign = 1 if limit > start else -1
    good = start
    while good != limit:
        probe = good + sign * min(step, abs(limit - good))
        if not ok(probe):
            break
        good, step = probe, 2 * step
    else:
        return limit
    while abs(probe - good) > 1:
        middle = (good + probe) // 2
        if ok(middle):
            good = middle
        else:
            probe = middle
    return good


def walk(
    covered: Callable[[int, int], bool], start: int, end: int, budget: int
) -> tuple[int, bool]:
    """Cover integers from `start` towards `end` by blocks, while blocks are covered.

    Args:
        covered: of a <= b, whether all of a, ..., b is, judged at once.
        start: the first integer.
        end: the last one, below or above.
        budget: how many blocks to try.

    Returns:
        The last integer that is covered, one before `start` if none is, and whether
        the next one was judged by itself; it was not where the budget ended first.
    """
    sign = 1 if end >= start else -1
    place, reach, grow = start, 1, 2.0
    for _ in range(budget):
        reach = min(reach, abs(end - place) + 1)
        last = place + sign * (reach - 1)
        if covered(min(place, last), max(place, last)):
            if last == end:
                return end, True
            place, reach = last + sign, math.ceil(grow * reach)
        elif reach == 1:
            return place - sign, True
        else:
            grow, reach = 1.25, max(1, int(0.7 * reach))
    return place - sign, False
