r"""PAC-Bayes-kl: the average risk of a posterior, by the relative entropy of a coin.

Proof.  For a loss in [0, 1] and a fixed predictor, :math:`E e^{n kl(q, p)} \le \xi(n)`
(`_constant`).  The prior is fixed, so its average obeys the same; by Markov it is below
:math:`\xi(n)/\delta` except with probability delta, and then, for every posterior at
once, the average of n kl(q, p) is below :math:`KL + \ln(\xi(n)/\delta)` (Donsker and
Varadhan).  kl is jointly convex (Jensen).  The loss need not be 0 or 1, only in [0, 1];
kl is the Cramer function of a coin, the best comparator there is for such losses.
"""

import math

from nonvacuous._numerics import check_delta, remaining, up
from nonvacuous.bounds._assumptions import BOUNDED, IID
from nonvacuous.bounds._bound import About, Bound, Fidelity, Loss, Reference
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.pac_bayes._assumptions import PRIOR_FIXED
from nonvacuous.bounds.pac_bayes._constant import log_two_root, log_xi
from nonvacuous.evidence import GibbsFit

__all__ = [
    "EXAMPLE",
    "chernoff_target",
    "nats_per_row",
    "pac_bayes_kl",
    "pac_bayes_kl_exact_constant",
]

EXAMPLE = GibbsFit(empirical=0.02, trials=60_000, kl=3_000.0, mc_delta=0.01)


def nats_per_row(kl: float, log_constant: float, n: int, delta: float) -> float:
    r""":math:`(KL + c + \ln(1/\delta)) / n`, rounded up.

    Args:
        kl: relative entropy of the posterior from the prior, in nats.
        log_constant: nats that the inequality adds.
        n: rows.
        delta: probability that the inequality fails.

    Returns:
        Nats per row, possibly infinite.
    """
    total = kl + (log_constant - math.log(delta))
    slack = 2.0**-50 * (abs(log_constant) + abs(math.log(delta)))
    return up((total + slack) / n, ulps=4)


def chernoff_target(fit: GibbsFit, delta: float) -> float:
    r"""What PAC-Bayes-kl would be without its constant: a target, not a theorem.

    .. math:: \mathrm{kl}^{-1}(\hat R, (KL + \ln(1/\delta))/n)

    No proof is known that this bounds the risk; Foong et al. (2021, recalled) show that
    no comparator of the usual proof gives less in expectation.

    Args:
        fit: evidence of the posterior.
        delta: probability of being wrong, in (0, 1).

    Returns:
        A rate in [0, 1].

    Raises:
        ValueError: if `delta` is not in (0, 1).

    >>> round(chernoff_target(GibbsFit(empirical=0.0, trials=20, kl=0.0), 0.05), 6)
    0.139108
    """
    check_delta(delta)
    return kl_inverse(fit.empirical, nats_per_row(fit.kl, 0.0, fit.trials, delta))


def _nats(fit: GibbsFit, constant: float, delta: float) -> float:
    return nats_per_row(fit.kl, constant, fit.trials, remaining(delta, fit.mc_delta))


def _terms(fit: GibbsFit, constant: float, delta: float) -> dict[str, float]:
    left = remaining(delta, fit.mc_delta)
    return {
        "empirical risk": fit.empirical,
        "kl, nats per row": fit.kl / fit.trials,
        "constant, nats per row": constant / fit.trials,
        "confidence, nats per row": -math.log(left) / fit.trials,
    }


pac_bayes_kl: Bound[GibbsFit] = Bound(
    name="pac-bayes-kl",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q:\;"
    r" \mathrm{kl}(\hat R_S(Q) \,\|\, R(Q)) \le"
    r" \tfrac{\mathrm{KL}(Q \| P) + \ln(2\sqrt n/\delta)}{n} \,\Bigr] \ge 1 - \delta",
    source=Reference(key="maurer2004note", where="Theorem 5", fidelity=Fidelity.EXACT),
    assumptions=(IID, PRIOR_FIXED, BOUNDED),
    about=About.STOCHASTIC,
    loss=Loss.UNIT,
    formula=lambda fit, delta: kl_inverse(
        fit.empirical, _nats(fit, log_two_root(fit.trials), delta)
    ),
    example=EXAMPLE,
    rises=("empirical", "kl", "mc_delta"),
    falls=("trials",),
    terms=lambda fit, delta: _terms(fit, log_two_root(fit.trials), delta),
    uniform=True,
)

pac_bayes_kl_exact_constant: Bound[GibbsFit] = Bound(
    name="pac-bayes-kl-exact",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q:\;"
    r" \mathrm{kl}(\hat R_S(Q) \,\|\, R(Q)) \le"
    r" \tfrac{\mathrm{KL}(Q \| P) + \ln(\xi(n)/\delta)}{n} \,\Bigr] \ge 1 - \delta,"
    r" \quad \xi(n) = \sum_k \tbinom nk (\tfrac kn)^k (1 - \tfrac kn)^{n-k}",
    source=Reference(
        key="germain2015risk",
        where="the kl bound with xi(m) instead of 2 sqrt m",
        fidelity=Fidelity.EXACT,
    ),
    assumptions=(IID, PRIOR_FIXED, BOUNDED),
    about=About.STOCHASTIC,
    loss=Loss.UNIT,
    formula=lambda fit, delta: kl_inverse(
        fit.empirical, _nats(fit, log_xi(fit.trials), delta)
    ),
    example=EXAMPLE,
    rises=("empirical", "kl", "mc_delta"),
    falls=("trials",),
    terms=lambda fit, delta: _terms(fit, log_xi(fit.trials), delta),
    uniform=True,
)
