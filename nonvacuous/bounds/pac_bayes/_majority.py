r"""A deterministic reading of a stochastic net: the majority vote of its draws.

Where the vote errs, no more than half of the posterior names the right label, so that
a draw errs with probability at least 1/2, ties included: hence, by Markov's inequality
over the rows, the vote's risk is at most twice the average risk of the draws, whatever
the number of labels.  Nothing here speaks of the net of the posterior's means.
"""

from nonvacuous._numerics import remaining
from nonvacuous.bounds._assumptions import BOUNDED, IID, vouched
from nonvacuous.bounds._bound import (
    About,
    Bound,
    Fidelity,
    Reference,
)
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.pac_bayes._assumptions import PRIOR_FIXED
from nonvacuous.bounds.pac_bayes._constant import log_two_root
from nonvacuous.bounds.pac_bayes._kl_bounds import EXAMPLE, nats_per_row
from nonvacuous.evidence import GibbsFit

__all__ = ["majority_vote"]


def _nats(fit: GibbsFit, delta: float) -> float:
    n, left = fit.trials, remaining(delta, fit.mc_delta)
    return nats_per_row(fit.kl, log_two_root(n), n, left)


def _formula(fit: GibbsFit, delta: float) -> float:
    return 2 * float(kl_inverse(fit.empirical, _nats(fit, delta)))


majority_vote: Bound[GibbsFit] = Bound(
    name="majority-vote-by-gibbs",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q:\; R(h_Q) \le 2\,"
    r" \mathrm{kl}^{-1}\Bigl(\hat R_S(Q), \tfrac{\mathrm{KL}(Q \| P) +"
    r" \ln(2\sqrt n / (\delta - \delta'))}{n}\Bigr) \,\Bigr] \ge 1 - \delta,"
    r" \quad h_Q(x) = \arg\max_y Q(h(x) = y)",
    source=Reference(
        key="germain2015risk",
        where="the factor two, with Maurer's inequality",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(
        IID,
        PRIOR_FIXED,
        BOUNDED,
        vouched(
            name="error-of-a-label",
            statement="the loss is 1 where a label is wrong or not the only one that"
            " the predictor names, and 0 elsewhere",
        ),
    ),
    about=About.VOTE,
    formula=_formula,
    example=EXAMPLE,
    rises=("empirical", "kl", "mc_delta"),
    falls=("trials",),
    terms=lambda fit, delta: {
        "risk of a draw": _formula(fit, delta) / 2,
        "nats per row": _nats(fit, delta),
    },
    uniform=True,
)
