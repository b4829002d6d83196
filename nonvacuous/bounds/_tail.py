r"""Both tails of a binomial in nats, in the same time for every number of trials.

The tail is a beta integral (k errors, m = n - k, r = (1 - p) / p):

.. math:: \Pr[\mathrm{Bin}(n, p) \le k] = \Pr[\mathrm{Bin}(n, p) = k]\,\frac mr
          \int_0^r (1 + x)^k \left(1 - \frac xr\right)^{m-1} dx.

The integrand is 1 at 0 and log-concave, and falls from there when
:math:`\mu = (m-1)/r - k \ge 0`; otherwise the other tail has that form, with k and
m - 1, p and 1 - p exchanged.  What its logarithm loses is a sum of terms of one sign,

.. math:: \mu x + k\,\phi(x) + (m - 1)\,\phi(-x/r),  \qquad \phi(t) = t - \ln(1 + t),

so that nothing cancels for any n.  It is cut where it has lost 38 nats: being
log-concave, it has less than e^-38 of its integral beyond.  In between it is a
polynomial, close to an exponential or a Gaussian, and Gauss' rule with 32 nodes leaves
less than 1e-18 of it.  The factor in front is Loader's saddle-point form of the
binomial probability (Loader 2000, recalled), with n p in two floats.

The cut is proved: :math:`\phi(t) \ge t^2/(2 + 4t/3)` for t > -1, and by Jensen's
inequality for 1/(1 + z) the loss is at least the value that is put to 38.  The error of
the rule was measured in extended precision, against 120 nodes, on a grid of k and m
from 1 to 1e12 and p up to 1e8 standard deviations away.  The roundings are measured,
too: the slack is more than five times the largest error met, at 50 digits, by
paper_checks/langford2005tutorial and benchmarks/inverses.py.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nonvacuous.bounds._elementwise import Floats, above_tangent, excess

__all__ = ["Side", "log_one_minus_exp", "near_side"]

_CUT = 38.0
_RULE = np.array(
    [  # Gauss-Legendre on [0, 1]: nodes below 1/2 and their weights
        (0.0013680690752592183, 0.003509305004735048),
        (0.007194244227365833, 0.008137197365452835),
        (0.017618872206246784, 0.01269603265463103),
        (0.03254696203113015, 0.017136931456510716),
        (0.05183942211697394, 0.02141794901111334),
        (0.07531619313371501, 0.025499029631188087),
        (0.1027581020160288, 0.029342046739267772),
        (0.13390894062985517, 0.032911111388180925),
        (0.1684778665348924, 0.03617289705442425),
        (0.20614212137961885, 0.039096947893535156),
        (0.2465500455338853, 0.041655962113473374),
        (0.2893243619346823, 0.043826046502201906),
        (0.33406569885893617, 0.045586939347881945),
        (0.38035631887393145, 0.04692219954040228),
        (0.42776401920860174, 0.04781936003963743),
        (0.4758461671561308, 0.0482700442573639),
    ]
)
_NODES = np.concatenate([_RULE[:, 0], 1 - _RULE[::-1, 0]])[:, None]
_WEIGHTS = np.concatenate([_RULE[:, 1], _RULE[::-1, 1]])[:, None]
_MANY = 10_000  # for k and m - 1 at least that, x and x/r stay below 1/8
_SPLIT = 2.0**27 + 1

_STIRLING = (  # ln n! - (n + 1/2) ln n + n - ln(2 pi) / 2, n from 0 (unused) to 15
    0.0,
    0.08106146679532726,
    0.04134069595540929,
    0.02767792568499834,
    0.02079067210376509,
    0.01664469118982119,
    0.01387612882307075,
    0.01189670994589177,
    0.01041126526197210,
    0.00925546218271273,
    0.00833056343336287,
    0.00757367548795184,
    0.00694284010720953,
    0.00640899418800421,
    0.00595137011275885,
    0.00555473355196280,
)
_TABLE = np.array(_STIRLING)


class Side(NamedTuple):
    """The tail that does not contain the mode, at a float p."""

    lower: NDArray[np.bool_]  # whether it is P(X <= k); otherwise P(X > k)
    log: Floats  # its logarithm
    slack: Floats  # and how far the exact one is from that, at most
    rise: Floats  # its derivative in ln(1 - p) if lower, in ln p if not
    bend: Floats  # that one's own derivative in the same, divided by it


def _stirling(n: Floats) -> Floats:
    """Stirling's error of ln n!, for whole n of at least 1."""
    inverse = 1 / np.maximum(n, 16.0)
    s = inverse * inverse
    series = 1 / 1680 - s / 1188
    series = 1 / 1260 - s * series
    series = 1 / 360 - s * series
    error: Floats = inverse * (1 / 12 - s * series)
    few = np.flatnonzero(n < 16)
    error[few] = _TABLE[n[few].astype(int)]
    return error


def _minus(n: Floats, p: Floats, i: Floats) -> Floats:
    """The difference n p - i from the exact product (Dekker's)."""
    high = n * p
    a, b = n * _SPLIT, p * _SPLIT
    n1, p1 = a - (a - n), b - (b - p)
    n2, p2 = n - n1, p - p1
    low = ((n1 * p1 - high) + n1 * p2 + n2 * p1) + n2 * p2
    return (high - i) + low


def _share(k: Floats, m1: Floats, r: Floats, falls: Floats) -> Floats:
    """The integral of (1 + x)^k (1 - x/r)^m1 over [0, r], divided by r.

    In units of min(r, 1) for x, in which the loss starts with slope ``falls``.
    """
    one, other = np.minimum(r, 1.0), np.minimum(1 / r, 1.0)  # x and x/r in that unit
    curve = k * one * one + m1 * other * other
    lean = 2 / 3 * (k * one * one * one - m1 * other * other * other) / curve
    root = np.sqrt((falls + _CUT * lean) ** 2 + 2 * _CUT * curve)
    end = np.minimum(2 * _CUT / (falls - _CUT * lean + root), 1 / other)
    many = np.minimum(k, m1) >= _MANY
    total = np.empty_like(k)
    for chosen, phi in ((many, _near), (~many, _anywhere)):
        if chosen.any():
            x = end[chosen] * _NODES
            lost = falls[chosen] * x + k[chosen] * phi(x * one[chosen])
            lost += m1[chosen] * phi(-x * other[chosen])
            total[chosen] = _in_order(_WEIGHTS * np.exp(-lost))
    share: Floats = other * end * total
    return share


def _in_order(rows: Floats) -> Floats:
    """Their sum, the same whatever stands beside a column (BLAS and numpy differ)."""
    total: Floats = rows[0].copy()
    for row in rows[1:]:
        total += row
    return total


def _near(t: Floats) -> Floats:
    return excess(t, terms=7)


def _anywhere(t: Floats) -> Floats:
    return t - np.log1p(t)


def near_side(k: Floats, n: Floats, p: Floats) -> Side:
    """The tail away from the mode, for whole 0 <= k < n and 0 < p < 1."""
    o = 1 - p
    over = _minus(n, p, k)
    lower = over >= p
    # mirrored, the upper tail is the lower tail of successes
    i = np.where(lower, k, k + 1)
    r = np.where(lower, o / p, p / o)
    fewer = np.where(lower, k, n - k - 1)
    m1 = n - 1 - fewer
    slope = np.abs(over - p)
    share = _share(fewer, m1, r, slope / np.maximum(p, o))
    share = np.where(fewer > 0, share, 1 / (m1 + 1))
    d = _minus(n, p, i)
    rest = n - i
    deviance = above_tangent(i, d, n * p) + above_tangent(rest, -d, n * o)
    inner = (i > 0) & (rest > 0)
    one, two = np.where(inner, i, 1.0), np.where(inner, rest, 1.0)
    ratio = n / (2 * np.pi * one * two)
    factor = np.where(inner, np.log((m1 + 1) * share * np.sqrt(ratio)), 0.0)
    stirling = np.where(inner, _stirling(n) - _stirling(one) - _stirling(two), 0.0)
    log = np.minimum(stirling + factor - deviance, 0.0)
    few = np.minimum(np.minimum(fewer, m1), _MANY)
    size = np.where(inner, 8 + np.sqrt(few) + np.abs(factor), 0.0) + 6 * deviance
    bend = 1 - 1 / share + slope / np.where(lower, p, o)
    return Side(lower, log, 2.0**-50 * size, 1 / share, bend)


def log_one_minus_exp(a: Floats) -> Floats:
    """Logarithm of 1 - e^a for a < 0, to full precision at both ends."""
    value: Floats = np.where(a > -0.7, np.log(-np.expm1(a)), np.log1p(-np.exp(a)))
    return value
