r"""How many rows importance sampling must draw.

Row i costs :math:`f_i(\theta) \ge 0` at a query :math:`\theta`, all rows together
:math:`F = \sum_i f_i`.  Let :math:`s_i \ge \sup_\theta f_i(\theta) / F(\theta)`, S
their sum, and draw m rows i.i.d. with probabilities :math:`s_i / S`.  The estimate
:math:`\hat F = \sum f_i S / (m s_i)` over the draws is :math:`F` times a mean of m
variables in :math:`[0, S]` with mean 1, hence of variance at most :math:`S`.
Everything here follows from that (Feldman and Langberg 2011, for the idea).
"""

import math
from collections.abc import Callable

from nonvacuous._numerics import check_delta

__all__ = [
    "ball_cover",
    "draws_for_cover",
    "draws_for_dimension",
    "draws_for_queries",
    "least_epsilon",
    "root_net",
]

_OUTWARD = 1 + 2.0**-40


def draws_for_queries(
    total: float, epsilon: float, delta: float, *, log_queries: float = 0.0
) -> float:
    r"""Draws for N queries fixed before the draw: all costs within 1 +- epsilon.

    .. math:: m = \lceil 2 S (1 + \epsilon/3) \ln(2N/\delta) / \epsilon^2 \rceil

    Args:
        total: S, the sum of the sensitivities, at least 1.
        epsilon: relative error, in (0, 1).
        delta: failure probability, in (0, 1).
        log_queries: ln N, in nats.

    Returns:
        A whole number as a float, rounded up; infinite where floats end.

    Raises:
        ValueError: if an argument is outside its range.

    Source: derived: Bernstein's inequality (Boucheron et al. 2013, recalled) with
        variance and range S, both tails, and a union bound over the queries.

    >>> draws_for_queries(10.0, 0.3, 0.1)
    733.0
    """
    _check(total, epsilon, delta)
    if not log_queries >= 0:
        raise ValueError(f"log_queries must be at least 0, got {log_queries}")
    confidence = math.log(2) - math.log(delta) + log_queries
    return _whole(2 * total * (1 + epsilon / 3) * confidence / epsilon / epsilon)


def draws_for_cover(
    total: float,
    epsilon: float,
    delta: float,
    *,
    log_cover: Callable[[float, float], float],
) -> float:
    r"""Draws for every query, where a finite net of queries stands for all.

    Args:
        total: S, at least 1.
        epsilon: error for every query, in (0, 1).
        delta: failure probability, in (0, 1).
        log_cover: (epsilon, inner) to ln N, the size of a net such that error `inner`
            on the net means error `epsilon` everywhere.

    Returns:
        The least of :func:`draws_for_queries` over inner = epsilon/20, 2 epsilon/20,
        ..., 19 epsilon/20; any of them is valid.

    Raises:
        ValueError: if an argument is outside its range.

    Source: derived.
    """
    _check(total, epsilon, delta)
    return min(
        draws_for_queries(total, inner, delta, log_queries=log_cover(epsilon, inner))
        for inner in (epsilon * i / 20 for i in range(1, 20))
    )


def ball_cover(dimension: int, ratio: float) -> float:
    r"""Nats of a net of a ball: :math:`D \ln(1 + 2R/\eta)`.

    Args:
        dimension: D.
        ratio: radius of the ball over that of the net, :math:`R/\eta`.

    Returns:
        Nats.

    Source: the volume argument; derived.
    """
    return dimension * math.log1p(2 * ratio)


def root_net(epsilon: float, inner: float, *, share: float) -> float:
    r"""How fine a net must be where roots of costs are what is continuous.

    Let G be what errors are measured by, :math:`F \le cG`.  For each query there is
    one of the net, primed, with :math:`|\sqrt{f_i} - \sqrt{f_i'}| \le h` for all n
    rows, :math:`H = h \sqrt n \le \gamma \sqrt G` and
    :math:`|\sqrt G - \sqrt{G'}| \le H`.  If :math:`|\hat F' - F'| \le \epsilon' G'` on
    the net and the weights sum to at most :math:`(1 + \epsilon') n`, then
    :math:`\hat F' \le (c + \epsilon')(1 + \gamma)^2 G`, and by Minkowski

    .. math:: |\hat F - F| / G \le \epsilon' (1+\gamma)^2 + 2 \sqrt c \gamma + \gamma^2
              + 2 K (1+\gamma) \gamma + (1+\epsilon') \gamma^2,
              \quad K = \sqrt{(c+\epsilon')(1+\epsilon')}

    Args:
        epsilon: error for every query.
        inner: error on the net, :math:`\epsilon' < \epsilon`.
        share: c, 1 for a relative error.

    Returns:
        The :math:`\gamma` at which the right side is epsilon, rounded down.

    Source: derived.
    """
    k = math.sqrt((share + inner) * (1 + inner))
    a, b = 2 + 2 * inner + 2 * k, 2 * math.sqrt(share) + 2 * inner + 2 * k
    c = epsilon - inner
    return 2 * c / (b + math.sqrt(b * b + 4 * a * c)) / _OUTWARD


def draws_for_dimension(
    total: float, epsilon: float, delta: float, *, dimension: int, parts: int = 1
) -> float:
    r"""Draws for every query, where level sets are few.

    Let each level set :math:`\{i : f_i(\theta) > t s_i\}` be an intersection of
    `parts` sets of a class of Vapnik-Chervonenkis dimension D.  The answer is the
    least m with

    .. math:: m \ge \frac{4 S (1+\epsilon)}{\epsilon^2}
              \left(\text{parts} \cdot D \ln \frac{2em}{D} + \ln\frac8\delta\right)

    For k-means with any k centres of d coordinates, D = d + 2 and parts = k: a level
    set is an intersection of halfspaces in :math:`(x_i, s_i)` whose offset,
    :math:`|x_i|^2`, is the same for all.

    Args:
        total: S, at least 1.
        epsilon: relative error, in (0, 1).
        delta: failure probability, in (0, 1).
        dimension: D, at least 1.
        parts: at least 1.

    Returns:
        A whole number as a float, rounded up; infinite where floats end.

    Raises:
        ValueError: if an argument is outside its range.

    Source: derived, from the Binomial exceeding its mean with probability 1/4
        (Greenberg and Mohri 2014, recalled) and Sauer's lemma (recalled).
        Symmetrisation gives :math:`P(\exists A: P(A) - P_m(A) > \tau \sqrt{P(A)})
        \le 4 \Pi(2m) e^{-m\tau^2/4}` and the same for
        :math:`P_m(A) - P(A) > \tau\sqrt{P_m(A)}`; integrated over the levels, they
        hold for means of functions in [0, 1]; :math:`\tau^2 = \epsilon^2 /
        (S (1+\epsilon))` at means of 1/S is the claim.  The order is that of
        Braverman et al. 2016 (recalled), whose constant is not stated.
    """
    _check(total, epsilon, delta)
    if dimension < 1 or parts < 1:
        raise ValueError(
            f"dimension and parts must be at least 1, got {dimension} and {parts}"
        )
    rate = 4 * total * (1 + epsilon) / epsilon / epsilon
    fixed = math.log(8) - math.log(delta)
    slope = parts * dimension

    def right(m: float) -> float:
        return rate * (slope * (1 + math.log(2 * m / dimension)) + fixed)

    # ln m <= m / 2c + ln 2c - 1 puts this start above the root, where every step of
    # the iteration goes down, stays above it, and is valid
    c = rate * slope
    m = 2 * rate * (slope * math.log(4 * c / dimension) + fixed)
    if not math.isfinite(m):
        return math.inf
    for _ in range(100):
        m = right(m)
    return _whole(m)


def least_epsilon(size_of: Callable[[float], float], draws: int) -> float | None:
    """The least epsilon below 1, to six decimals, for which so many draws are enough.

    Args:
        size_of: epsilon to draws, not increasing.
        draws: what there are.

    Returns:
        An epsilon that was seen to pass, or None where none does.
    """
    low, high = 0, 10**6 - 1
    if size_of(high / 10**6) > draws:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if size_of(middle / 10**6) <= draws:
            high = middle
        else:
            low = middle
    return high / 10**6


def _whole(m: float) -> float:
    return float(math.ceil(m * _OUTWARD)) if math.isfinite(m) else math.inf


def _check(total: float, epsilon: float, delta: float) -> None:
    check_delta(delta)
    if not total >= 1:
        raise ValueError(f"total must be at least 1, got {total}")
    if not 0 < epsilon < 1:
        raise ValueError(f"epsilon must lie in (0, 1), got {epsilon}")
