r"""Recursive PAC-Bayes: a prior's own certificate is not thrown away.

The risk of a posterior is that of its excess over a part of the prior's errors, plus
that part (Wu et al. 2024; the formula seen in the authors' code):

.. math:: R(\pi_t) = E[\ell_{\pi_t} - \gamma \ell_{\pi_{t-1}}] + \gamma R(\pi_{t-1})

The excess is -gamma, 0, 1 - gamma or 1; one net is drawn from each, prior and posterior
of pairs share the second factor, so the relative entropy is that of the first.  Rows:
all that pi_{t-1} has not seen, later ones too, while pi_t must not see those that are
to judge its successors.  A first certificate comes from any PAC-Bayes bound; each step
hands ``upper`` and ``delta`` of its certificate to the next as ``previous`` and
``previous_delta``, so that the probabilities add.

The step by betting (derived) puts the law of the excess, moved to [0, 1], into
`pac-bayes-betting`: one inequality instead of three.
"""

import math

from nonvacuous._numerics import remaining, up
from nonvacuous.bounds._assumptions import IID, ZERO_ONE, vouched
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
)
from nonvacuous.bounds.pac_bayes._assumptions import PRIOR_FIXED
from nonvacuous.bounds.pac_bayes._betting import betting_inverse, law_mean
from nonvacuous.bounds.pac_bayes._constant import log_two_root, log_xi
from nonvacuous.bounds.pac_bayes._kl_bounds import nats_per_row
from nonvacuous.bounds.pac_bayes._split_kl import split_kl_upper
from nonvacuous.evidence import ExcessFit

__all__ = ["pac_bayes_recursive", "pac_bayes_recursive_betting"]

_EXAMPLE = ExcessFit(
    previous=0.12,
    previous_delta=0.02,
    gamma=0.5,
    reach_zero=0.96,
    reach_rest=0.025,
    reach_one=0.01,
    trials=30_000,
    kl=400.0,
    mc_delta=0.005,
)

CHAIN: Assumption[ExcessFit] = vouched(
    name="prior-certified",
    statement="the earlier certificate is about the very prior of this step, and gamma"
    " was fixed before the rows of this step were seen",
)


def _law(fit: ExcessFit) -> tuple[tuple[float, float, float], tuple[float, ...]]:
    """The excess, plus gamma, over 1 + gamma; each rounded up."""
    span = 1.0 + fit.gamma
    low, high = fit.gamma / span, 1.0 / span
    values = min(up(low, ulps=2), 1.0), min(up(high, ulps=2), 1.0), 1.0
    return values, (fit.reach_zero, fit.reach_rest, fit.reach_one)


def _nats(fit: ExcessFit, constant: float, delta: float) -> float:
    left = remaining(delta, fit.mc_delta, fit.previous_delta)
    return nats_per_row(fit.kl, constant, fit.trials, left)


def _whole(fit: ExcessFit, mean: float) -> float:
    """From the moved excess to the risk."""
    excess = (1.0 + fit.gamma) * mean - fit.gamma
    return max(0.0, up(excess + fit.gamma * fit.previous + 2.0**-50, ulps=2))


def _split(fit: ExcessFit, delta: float) -> float:
    constant = up(log_two_root(fit.trials) + math.log(3.0), ulps=2)
    mean = split_kl_upper(*_law(fit), _nats(fit, constant, delta))
    return _whole(fit, mean)


def _betting(fit: ExcessFit, delta: float) -> float:
    mean = betting_inverse(*_law(fit), _nats(fit, log_xi(fit.trials), delta))
    return _whole(fit, mean)


def _terms(fit: ExcessFit, delta: float) -> dict[str, float]:
    return {
        "empirical excess": (1 + fit.gamma) * law_mean(*_law(fit)) - fit.gamma,
        "part of the prior's bound": fit.gamma * fit.previous,
        "kl, nats per row": fit.kl / fit.trials,
    }


_RISES = (
    "previous",
    "previous_delta",
    "reach_zero",
    "reach_rest",
    "reach_one",
    "kl",
    "mc_delta",
)

pac_bayes_recursive: Bound[ExcessFit] = Bound(
    name="pac-bayes-recursive",
    statement=r"\Pr\Bigl[\, \forall \pi_t:\; R(\pi_t) \le -\gamma + \sum_{k=1}^3"
    r" (b_k - b_{k-1})\, \mathrm{kl}^{-1}\bigl(\hat F_k,"
    r" \tfrac{\mathrm{KL}(\pi_t \| \pi_{t-1}) + \ln(6\sqrt n/\delta')}{n}\bigr) +"
    r" \gamma B_{t-1} \,\Bigr] \ge 1 - \delta, \quad b = (-\gamma, 0, 1 - \gamma, 1),"
    r" \quad \delta = \delta' + \delta_{t-1}",
    source=Reference(
        key="wu2024recursive",
        where="Recursive PAC-Bayes bound",
        fidelity=Fidelity.EXACT,
    ),
    assumptions=(IID, PRIOR_FIXED, CHAIN, ZERO_ONE),
    about=About.STOCHASTIC,
    formula=_split,
    example=_EXAMPLE,
    rises=_RISES,
    falls=("trials",),
    terms=_terms,
    uniform=True,
)

pac_bayes_recursive_betting: Bound[ExcessFit] = Bound(
    name="pac-bayes-recursive-betting",
    statement=r"\Pr\Bigl[\, \forall \pi_t:\; R(\pi_t) \le (1 + \gamma) f^{-1}\bigl("
    r"\hat P, \tfrac{\mathrm{KL}(\pi_t \| \pi_{t-1}) + \ln(\xi(n)/\delta')}{n}\bigr)"
    r" - \gamma + \gamma B_{t-1} \,\Bigr] \ge 1 - \delta, \quad \delta = \delta' +"
    r" \delta_{t-1}, \quad f(\hat P, m) = \max_b E_{\hat P}"
    r" \ln(b \tfrac Xm + (1-b)\tfrac{1-X}{1-m})",
    source=Reference(
        key="wu2024recursive",
        where="Recursive PAC-Bayes bound, the excess bounded by betting",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, PRIOR_FIXED, CHAIN, ZERO_ONE),
    about=About.STOCHASTIC,
    formula=_betting,
    example=_EXAMPLE,
    rises=_RISES,
    falls=("trials",),
    terms=_terms,
    uniform=True,
)
