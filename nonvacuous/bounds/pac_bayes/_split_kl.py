r"""Split-kl: a loss of few values, one inverse of kl for each.

A loss with values :math:`0 = b_0 < b_1 < ... < b_K` is the sum of
:math:`(b_k - b_{k-1}) 1[\ell \ge b_k]`.  Each indicator is a 0-1 loss, so PAC-Bayes-kl
bounds its mean with delta/K, for all posteriors at once (Wu and Seldin 2022, Wu et al.
2024; the constants seen in the authors' code).  Small if the loss often has a middle
value.  The values are part of the theorem: the largest loss seen bounds no other loss.

`pac-bayes-betting` takes the same evidence, whatever chose the values, and if the last
of them is 1 it is never above: a law on them within c nats of the one seen has each of
its shares within c nats of the share seen, and the constant is smaller (derived).
"""

import math
from collections.abc import Sequence

import numpy as np

from nonvacuous._numerics import remaining, up
from nonvacuous.bounds._assumptions import BOUNDED, IID, vouched
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Loss,
    Reference,
)
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.pac_bayes._assumptions import PRIOR_FIXED
from nonvacuous.bounds.pac_bayes._betting import law_mean
from nonvacuous.bounds.pac_bayes._constant import log_two_root
from nonvacuous.bounds.pac_bayes._kl_bounds import nats_per_row
from nonvacuous.evidence import LossLaw

__all__ = ["pac_bayes_split_kl", "split_kl_upper"]

VALUES_FIXED: Assumption[LossLaw] = vouched(
    name="values-fixed",
    statement="the values were fixed before the rows were drawn, and no predictor has a"
    " loss above the last of them on any row, seen or unseen",
)


def split_kl_upper(
    values: Sequence[float], reached: Sequence[float], nats: float
) -> float:
    r""":math:`\sum_k (b_k - b_{k-1})\, \mathrm{kl}^{-1}(\hat F_k, c)`, rounded up.

    Args:
        values: losses above 0, never falling, up to 1.
        reached: for each, the share of rows whose loss is at least that, or more.
        nats: c, nats per row, the share of delta of each value included.

    Returns:
        An upper bound on the mean loss.

    >>> round(split_kl_upper([0.5, 1.0], [0.1, 0.0], 0.05), 9)
    0.134424588
    """
    share = np.minimum.accumulate(np.asarray(reached, dtype=float))
    above = np.asarray(kl_inverse(share, nats))
    steps = np.diff(np.asarray([0.0, *values]))
    return up(math.fsum(steps * above) * (1 + 2.0**-50), ulps=1)


def _formula(law: LossLaw, delta: float) -> float:
    constant = log_two_root(law.trials) + math.log(len(law.values))
    left = remaining(delta, law.mc_delta)
    nats = nats_per_row(law.kl, up(constant, ulps=2), law.trials, left)
    return split_kl_upper(law.values, law.reached, nats)


pac_bayes_split_kl: Bound[LossLaw] = Bound(
    name="pac-bayes-split-kl",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q:\; R(Q) \le \sum_{k=1}^K"
    r" (b_k - b_{k-1})\, \mathrm{kl}^{-1}\bigl(\hat F_k(Q),"
    r" \tfrac{\mathrm{KL}(Q \| P) + \ln(2K\sqrt n/\delta)}{n}\bigr) \,\Bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="wu2024recursive",
        where="PAC-Bayes-split-kl for discrete losses",
        fidelity=Fidelity.EXACT,
    ),
    assumptions=(IID, PRIOR_FIXED, BOUNDED, VALUES_FIXED),
    about=About.STOCHASTIC,
    loss=Loss.UNIT,
    formula=_formula,
    example=LossLaw(
        values=(0.5, 1.0), reached=(0.2, 0.01), trials=60_000, kl=300.0, mc_delta=0.01
    ),
    rises=("kl", "mc_delta"),
    falls=("trials",),
    terms=lambda law, delta: {
        "empirical risk": law_mean(law.values, law.reached),
        "kl, nats per row": law.kl / law.trials,
    },
    uniform=True,
)
