r"""A bound by betting on losses in [0, 1] (Waudby-Smith and Ramdas 2024, recalled).

Against the guess that the mean loss is m, bet a share :math:`\lambda_t` on each loss
being below m, knowing only the losses before it.  The capital

.. math:: K_t(m) = \prod_{i \le t} (1 - \lambda_i(m) (x_i - m)), \qquad
          \lambda_i(m) = \min(\lambda_i, \tfrac{3/4}{1 - m})

is a non-negative supermartingale wherever the mean is m or more, so by Ville's
inequality it ever reaches :math:`1/\delta` with probability at most :math:`\delta`.  A
mean against which it did is excluded.

Every factor grows with m, also where the bet is cut: there it is
:math:`1 - \tfrac34 (x - m)/(1 - m)`, whose derivative is
:math:`\tfrac34 (1 - x)/(1 - m)^2`.  So all means above an excluded one are excluded,
and bisection is exact (derived here).  The bets are the plug-in rule for n rows,

.. math:: \lambda_t = \sqrt{\tfrac{2 \ln(1/\delta)}{n \hat\sigma_{t-1}^2}}, \quad
          \hat\sigma_t^2 = \tfrac{1/4 + \sum_{i \le t} (x_i - \hat\mu_i)^2}{t + 1},
          \quad \hat\mu_t = \tfrac{1/2 + \sum_{i \le t} x_i}{t + 1}.

Any rule would do that does not look ahead; this one is fixed here for good.  The most
capital ever held counts, so order matters, and the bound may lie below the mean seen.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous.bounds._assumptions import BOUNDED, IID, UNSEEN, vouched
from nonvacuous.bounds._bound import (
    About,
    Bound,
    Fidelity,
    Loss,
    Reference,
)
from nonvacuous.evidence import OrderedLosses

__all__ = ["betting_lower", "betting_upper", "holdout_betting", "log_capital"]

Floats = NDArray[np.float64]

_CUT = 0.75
"""The largest share of the capital that one loss can take."""


def _bets(x: Floats, log_delta: float) -> Floats:
    """The plug-in bets: bet t is a function of the losses before t."""
    n = x.shape[-1]
    t = np.arange(1, n + 1)
    mean = (0.5 + np.cumsum(x, axis=-1)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2, axis=-1)) / (t + 1)
    first = np.full((*x.shape[:-1], 1), 0.25)
    before = np.concatenate([first, variance[..., :-1]], axis=-1)
    bets: Floats = np.sqrt(-2 * log_delta / (n * before))
    return bets


def log_capital(losses: ArrayLike, mean: ArrayLike, log_delta: float) -> Floats:
    """Log of the most capital ever held against a mean, rounded down.

    Args:
        losses: losses in [0, 1], their order along the last axis.
        mean: the means bet against, in [0, 1), of the shape of the other axes.
        log_delta: log of the probability of being wrong, which sets the bets.

    Returns:
        Nats; where they reach ``-log_delta`` the mean is excluded.
    """
    x = np.asarray(losses, dtype=float)
    m = np.asarray(mean, dtype=float)[..., None]
    bets = np.minimum(_bets(x, log_delta), _CUT / (1 - m))
    gains = np.log1p(-bets * (x - m))
    turnover = np.cumsum(np.abs(gains), axis=-1)
    t = np.arange(1, x.shape[-1] + 1)
    # each gain is off by 2^-48 (1 + |gain|) at most, a sum of t by 2^-53 t of its size
    slack = 2.0**-48 * (t + turnover) + 2.0**-52 * t * turnover
    most: Floats = (np.cumsum(gains, axis=-1) - slack).max(axis=-1)
    return most


def betting_upper(losses: ArrayLike, log_delta: float) -> float:
    """Least mean known to be excluded by betting, at most 1; never optimistic.

    Args:
        losses: losses in [0, 1] of one predictor, in the order of the rows.
        log_delta: log of the probability of being wrong, in nats, below 0.

    Returns:
        An upper bound on the expected loss.

    Raises:
        ValueError: if an argument is outside its range.

    >>> round(betting_upper([0.1] * 100, math.log(0.05)), 4)
    0.1353
    """
    x = np.asarray(losses, dtype=float)
    if x.ndim != 1 or not x.size or not ((x >= 0) & (x <= 1)).all():
        raise ValueError("losses must be a row of numbers in [0, 1]")
    if not log_delta < 0:
        raise ValueError(f"log_delta must be below 0, got {log_delta}")
    need = math.nextafter(-log_delta, math.inf)
    low, high = 0.0, 1.0
    while high - low > 2.0**-48 * high:
        middle = 0.5 * (low + high)
        if log_capital(x, middle, log_delta) >= need:
            high = middle
        else:
            low = middle
    return high


def betting_lower(losses: ArrayLike, log_delta: float) -> float:
    """The same on the other side: a lower bound on the expected loss, rounded down.

    Args:
        losses: losses in [0, 1] of one predictor, in the order of the rows.
        log_delta: log of the probability of being wrong, in nats, below 0.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: if an argument is outside its range.
    """
    gains = 1.0 - np.asarray(losses, dtype=float)  # off by 2^-54 each, so is their mean
    return max(0.0, 1.0 - betting_upper(gains, log_delta) - 2.0**-52)


def _terms(seen: OrderedLosses, delta: float) -> dict[str, float]:
    return {"mean loss": math.fsum(seen.losses) / seen.trials}


holdout_betting: Bound[OrderedLosses] = Bound(
    name="holdout-betting",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, R(h) \le \inf\Bigl\{ m : \max_{t \le n}"
    r" \prod_{i \le t} \bigl(1 - \lambda_i(m) (x_i - m)\bigr) \ge \tfrac1\delta"
    r" \Bigr\} \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="waudbysmith2024estimating",
        where="hedged capital, one side, predictable plug-in bets cut at 3/4",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(
        IID,
        UNSEEN,
        BOUNDED,
        vouched(
            name="order-fixed",
            statement="the order of the rows was fixed before their losses were seen",
        ),
    ),
    about=About.ORIGINAL,
    formula=lambda seen, delta: betting_upper(seen.losses, math.log(delta)),
    example=OrderedLosses(losses=(0.02, 0.0, 0.31, 0.05, 0.0) * 100),
    terms=_terms,
    loss=Loss.UNIT,
)
