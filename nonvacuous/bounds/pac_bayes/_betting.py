r"""PAC-Bayes by betting: the law of the losses, not only their mean.

For losses strictly between 0 and 1 the inverse of kl treats a loss x as a coin of bias
x.  A gambler who bets against the mean being m does better: if

.. math:: w_b(x) = b\,\frac xm + (1 - b)\frac{1 - x}{1 - m}, \quad
          f(\hat P, m) = \max_{0 \le b \le 1} E_{\hat P} \ln w_b(X)

then :math:`E\,e^{n f(\hat P_h, m_h)} \le \xi(n)` for the empirical law of a fixed
predictor of mean loss m_h.  Proof (Ordentlich and Cover's 1998 portfolio, recalled;
proved here): multiply out :math:`\prod_i w_b(x_i) = \sum_J b^{|J|}(1-b)^{n-|J|}
\prod_{J} \frac{x_i}m \prod_{J^c} \frac{1-x_i}{1-m}`.  The products have mean 1, and
:math:`b^k (1-b)^{n-k} \le (k/n)^k(1-k/n)^{n-k}`, so that the maximum over b has mean at
most :math:`\xi(n)`, the constant of PAC-Bayes-kl.

f is jointly convex, being the least relative entropy :math:`KL(\hat P, P')` to a law P'
on [0, 1] of mean m.  At most: :math:`E_{P'} w_b = 1`.  At least: at the best b take
:math:`P' = \hat P / w_b`, with the mass that is missing put on 1 if b is 0 and on
0 if b is 1; the derivative in b says that its mean is m.  So, as for kl, with
:math:`\hat P_Q` the law averaged over the posterior,

.. math:: f(\hat P_Q, R(Q)) \le \frac{KL(Q \| P) + \ln(\xi(n)/\delta)}{n}

except with probability delta.  On the mean alone the least f is kl: the bound is never
above PAC-Bayes-kl with the exact constant, and equal for 0-1 losses.  The idea is that
of Jang et al. (2023, recalled), whose constant for all n at once is larger.  For one
net of a prefix code KL is its length in nats.

Only b <= m matters above the mean.  Then w_b falls in x, so that shares that are too
large, or losses rounded up, are on the safe side; and it rises in m, so that one m that
some bet refutes refutes all above.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

from nonvacuous._numerics import remaining
from nonvacuous.bounds._assumptions import BOUNDED, IID
from nonvacuous.bounds._bound import About, Bound, Fidelity, Loss, Reference
from nonvacuous.bounds.pac_bayes._assumptions import PRIOR_FIXED
from nonvacuous.bounds.pac_bayes._constant import log_xi
from nonvacuous.bounds.pac_bayes._kl_bounds import nats_per_row
from nonvacuous.evidence import LossLaw

__all__ = ["betting_inverse", "law_mean", "pac_bayes_betting"]

_SLACK = 2.0**-46
_MOST = 1.0 - 2.0**-52


def law_mean(values: Sequence[float], reached: Sequence[float]) -> float:
    """Mean of a law on 0 and `values`, that reaches each with the given share."""
    steps = np.diff(np.asarray([0.0, *values]))
    return float(steps @ np.minimum.accumulate(np.asarray(reached, dtype=float)))


class _Bets:
    """The gambler's mean log wealth against a mean, and his best stake."""

    def __init__(self, values: Sequence[float], reached: Sequence[float]) -> None:
        self.x = np.asarray([0.0, *values])
        share = np.minimum.accumulate(np.asarray(reached, dtype=float))
        self.share = share
        self.mass = np.append(1.0, share) - np.append(share, 0.0)

    def wealth(self, stake: float, m: float) -> float:
        """Mean of ln(1 - stake + stake (1-x)/(1-m)), rounded down."""
        factor = (1.0 - stake) + stake * ((1.0 - self.x) / (1.0 - m))
        log = np.log(factor)
        size = 1.0 + np.abs(log) + 1.0 / factor
        slack = _SLACK * (size[0] + self.share @ (size[1:] + size[:-1]))
        return float(log[0] + self.share @ np.diff(log) - slack)

    def stake(self, m: float) -> float:
        """Where the slope, which falls in the stake, is 0; or the largest stake."""
        gain = (1.0 - self.x) / (1.0 - m) - 1.0

        def slope(stake: float) -> float:
            return float(self.mass @ (gain / (1.0 + stake * gain)))

        if slope(0.0) <= 0:
            return 0.0
        if slope(_MOST) >= 0:
            return _MOST
        return float(brentq(slope, 0.0, _MOST, xtol=1e-15))

    def refutes(self, m: float, nats: float) -> bool:
        return self.wealth(self.stake(m), m) > nats


def betting_inverse(
    values: Sequence[float], reached: Sequence[float], nats: float
) -> float:
    r"""Largest mean that no bet refutes at `nats`, rounded up.

    .. math:: \sup\{\, m : f(\hat P, m) \le c \,\}

    Args:
        values: losses above 0, never falling, up to 1.
        reached: for each, the share of rows whose loss is at least that, or more.
        nats: c, nats per row.

    Returns:
        A mean between that of the law and 1.

    >>> round(betting_inverse([1.0], [0.1], 0.05), 9)  # the inverse of kl
    0.220078601
    >>> round(betting_inverse([0.5, 1.0], [0.1, 0.0], 0.05), 9)
    0.112471564
    """
    bets = _Bets(values, reached)
    low, high = min(law_mean(values, reached), 1.0), 1.0
    if not nats < math.inf:
        return 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if middle in {low, high}:
            break
        refuted = middle < 1 and bets.refutes(middle, nats)
        low, high = (low, middle) if refuted else (middle, high)
    return high


pac_bayes_betting: Bound[LossLaw] = Bound(
    name="pac-bayes-betting",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q:\; \max_{0 \le b \le 1}"
    r" E_{X \sim \hat P_Q} \ln\bigl(b \tfrac{X}{R(Q)} + (1 - b)"
    r" \tfrac{1 - X}{1 - R(Q)}\bigr) \le"
    r" \tfrac{\mathrm{KL}(Q \| P) + \ln(\xi(n)/\delta)}{n} \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="jang2023tighter",
        where="the bound by the best constant bet, for one n and the averaged law",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, PRIOR_FIXED, BOUNDED),
    about=About.STOCHASTIC,
    loss=Loss.UNIT,
    formula=lambda law, delta: betting_inverse(
        law.values,
        law.reached,
        nats_per_row(
            law.kl, log_xi(law.trials), law.trials, remaining(delta, law.mc_delta)
        ),
    ),
    example=LossLaw(
        values=(0.25, 0.5, 0.75, 1.0),
        reached=(0.2, 0.1, 0.05, 0.01),
        trials=60_000,
        kl=3_000.0,
        mc_delta=0.01,
    ),
    rises=("kl", "mc_delta"),
    falls=("trials",),
    terms=lambda law, delta: {
        "empirical risk": law_mean(law.values, law.reached),
        "kl, nats per row": law.kl / law.trials,
    },
    uniform=True,
)
