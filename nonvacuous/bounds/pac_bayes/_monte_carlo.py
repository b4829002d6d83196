r"""Upper bounds on the empirical risk of a posterior Q, from draws of it.

Two ways to draw, and a confidence term for each.  Either `draws` whole predictors,
each judged on all rows: their empirical risks are independent, lie in [0, 1], and have
the mean sought.  Or one fresh predictor for each row: the errors are then independent
coins of unequal bias whose average is the mean sought, and

* :math:`\mathrm{kl}^{-1}` of the average stays valid, since by concavity of
  :math:`\sum_i \ln(1 - p_i + p_i e^s)` unequal coins have the smaller moment
  generating function;
* the binomial tail stays valid for :math:`\delta' \le 1/4` and :math:`k \le n - 2`:
  Hoeffding (1956) has :math:`\Pr[K \le k] \le \Pr[\mathrm{Bin}(n, p) \le k]` for
  unequal coins of average p wherever :math:`k \le np - 1`, and the inverse p of k
  satisfies that.  Hence 1 is returned for k >= n - 1.

Both are theorems about exact draws; ours are pseudo-random.  Hoeffding's comparison is
recalled; the condition on k and delta' was checked by exact summation.
"""

import math

from nonvacuous._numerics import check_delta, rate_up, up
from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._kl import kl_inverse

__all__ = ["mean_upper", "risk_by_fresh_draws", "risk_by_whole_draws"]

_COMPARABLE = 0.25
"""Up to this delta' the binomial inverse is an upper bound for unequal coins too."""


def mean_upper(mean: float, draws: int, mc_delta: float) -> float:
    r"""Upper bound on a mean, from independent numbers in [0, 1], rounded up.

    .. math:: p \le \mathrm{kl}^{-1}\Bigl(\bar X, \frac{\ln(1/\delta')}{m}\Bigr)

    The numbers need not be identically distributed: `p` is the average of their
    means.  Dziugaite and Roy (2017) use :math:`\ln(2/\delta')`; one side needs
    :math:`\ln(1/\delta')`.

    Args:
        mean: average of the numbers, rounded up.
        draws: how many there are, m.
        mc_delta: probability that the result is too small, in (0, 1).

    Returns:
        A number in [`mean`, 1].

    Raises:
        ValueError: if an argument is outside its range.

    >>> mean_upper(0.02, 60_000, 0.01)
    0.021783960...
    """
    check_delta(mc_delta)
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got {draws}")
    nats = up(-math.log(mc_delta), ulps=2) / draws
    return float(kl_inverse(mean, up(nats, ulps=1)))


def risk_by_whole_draws(errors: int, trials: int, draws: int, mc_delta: float) -> float:
    """Empirical risk of Q, from whole predictors that are each judged on all rows.

    Args:
        errors: of all draws together.
        trials: rows.
        draws: predictors drawn from Q, independently.
        mc_delta: probability that the result is too small, in (0, 1).

    Returns:
        An upper bound on the average over rows of the probability of an error.

    Raises:
        ValueError: if an argument is outside its range.

    >>> risk_by_whole_draws(1_200, 60_000, 1, 0.01) > 0.99  # one draw says little
    True
    """
    _check(errors, trials * draws)
    return mean_upper(rate_up(errors, trials * draws), draws, mc_delta)


def risk_by_fresh_draws(errors: int, trials: int, mc_delta: float) -> float:
    """Empirical risk of Q, from one fresh predictor for each row.

    Several rounds over the same rows count as so many more trials.

    Args:
        errors: on all rows and in all rounds.
        trials: rows times rounds, each with a predictor of its own.
        mc_delta: probability that the result is too small, in (0, 1).

    Returns:
        An upper bound on the average over rows of the probability of an error.

    Raises:
        ValueError: if an argument is outside its range.

    >>> round(risk_by_fresh_draws(1_200, 60_000, 0.01), 6)
    0.02137
    """
    check_delta(mc_delta)
    _check(errors, trials)
    if errors >= trials - 1:
        return 1.0
    if mc_delta > _COMPARABLE:
        return mean_upper(rate_up(errors, trials), trials, mc_delta)
    return binomial_tail_inverse(errors, trials, math.log(mc_delta))


def _check(errors: int, trials: int) -> None:
    if not (trials >= 1 and 0 <= errors <= trials):
        raise ValueError(
            f"errors must lie between 0 and the {trials} trials, got {errors}"
        )
