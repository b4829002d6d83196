r"""Choices made after seeing the sample, and what they cost.

A grid fixed beforehand pays for a real or an integer parameter; choosing the best of
several certificates divides delta among the events that it could have rested on.
"""

import math
from collections.abc import Sequence
from typing import Any

from nonvacuous._numerics import check_delta
from nonvacuous.bounds._bound import Bound, Certificate

__all__ = ["best", "dyadic", "log_weight_integer", "log_weight_positive_real", "share"]


def log_weight_positive_real(j: int) -> float:
    r"""Log of the weight of budget :math:`2^j`, j any integer, for a positive real.

    .. math:: \pi(j) = \frac{1}{(\pi^2/3 - 1)(1 + |j|)^2}, \qquad \sum_j \pi(j) = 1

    >>> round(-log_weight_positive_real(6), 8)
    4.72031453
    """
    return _down(-math.log(math.pi**2 / 3 - 1) - 2 * math.log(1 + abs(j)))


def dyadic(value: float) -> tuple[float, float]:
    r"""The least budget :math:`2^j \ge` `value`, and what choosing it afterwards costs.

    A theorem that holds for each fixed budget, at failure probability
    :math:`\delta\, \pi(j)`, holds for all of them at once.

    Args:
        value: a positive real that the sample determined, say a product of norms over
            a margin.

    Returns:
        The budget, and :math:`\ln 1/\pi(j)` in nats, rounded up; both infinite where
        no float is a budget.

    Raises:
        ValueError: if `value` is not positive.

    >>> budget, nats = dyadic(37.0)
    >>> budget, round(nats, 8)
    (64.0, 4.72031453)
    """
    if not value > 0:
        raise ValueError(f"value must be positive, got {value}")
    if value > 2.0**1023:
        return math.inf, math.inf
    mantissa, exponent = math.frexp(value)
    j = exponent - (mantissa == 0.5)
    return math.ldexp(1.0, j), -log_weight_positive_real(j)


def log_weight_integer(k: int) -> float:
    r"""Log of the weight :math:`6/(\pi^2 (k+1)^2)` of an integer ``k >= 0``.

    Raises:
        ValueError: if `k` is negative.
    """
    if k < 0:
        raise ValueError(f"k must be at least 0, got {k}")
    return _down(math.log(6 / math.pi**2) - 2 * math.log(k + 1))


def _down(log_weight: float) -> float:
    """A negative logarithm, rounded down past the roundings that made it."""
    return log_weight * (1 + 2.0**-50) - 2.0**-50


def share(delta: float, events: int) -> float:
    """`delta` / `events`, rounded down, so that the shares never exceed the whole.

    Raises:
        ValueError: if `events` is below 1.
    """
    check_delta(delta)
    if events < 1:
        raise ValueError(f"events must be at least 1, got {events}")
    return math.nextafter(delta / events, 0.0) if events > 1 else delta


def best(
    certificates: Sequence[Certificate[Any]], *, delta: float, events: int
) -> Certificate[Any]:
    """The smallest of several certificates, charged for having looked at them all.

    Args:
        certificates: what there is to choose from, at any delta.
        delta: probability that the chosen one is wrong.
        events: how many events the choice could have rested on, fixed before the
            data: each theorem on each predictor, but a theorem that holds for all
            predictors at once counts only once.

    Returns:
        The smallest certificate, recomputed at ``delta / events``, with `delta`
        written on it.

    Raises:
        ValueError: if there is nothing to choose from, or more than `events`.
    """
    if not certificates:
        raise ValueError("certificates must not be empty")
    if events < len(_events(certificates)):
        raise ValueError(
            f"events must count each of {len(_events(certificates))}, got {events}"
        )
    each = share(delta, events)
    charged = [_recertified(c, each) for c in certificates]
    least = min(charged, key=lambda c: c.raw)
    return Certificate(
        bound=least.bound,
        evidence=least.evidence,
        delta=delta,
        raw=least.raw,
        about=least.about,
        assumptions=least.assumptions,
        terms={**least.terms, "events charged": float(events), "delta each": each},
    )


def _events(certificates: Sequence[Certificate[Any]]) -> set[object]:
    """One key per event: theorem and sample, and the predictor unless uniform."""
    keys: set[object] = set()
    for number, c in enumerate(certificates):
        origin = getattr(c.evidence, "origin", None)
        # two decoders are two union bounds, and an unnamed one is its own; some of the
        # rows are another sample than all of them
        decoder = getattr(c.evidence, "format", None)
        same = c.bound.uniform and origin is not None and decoder is not None
        digest = origin.digest if origin is not None else None
        trials = getattr(c.evidence, "trials", None)
        keys.add((c.bound.name, digest, trials, decoder, None if same else number))
    return keys


def _recertified(certificate: Certificate[Any], delta: float) -> Certificate[Any]:
    bound: Bound[Any] = certificate.bound
    again = bound.certify(certificate.evidence, delta=delta, about=certificate.about)
    if not isinstance(again, Certificate):
        raise ValueError(f"{bound.name} refuses its own evidence: {again.reason}")
    return again
