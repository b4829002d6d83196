r"""The best of several predictors, chosen on the hold-out rows themselves.

Each of M candidates fixed before the rows has its own binomial; a union bound gives
each :math:`\delta/M`.  The rows of the candidates need not be the same: if candidate i
is the hypothesis of an online learner after i rows, and its errors are counted on the
rows after those, the theorem picks one of them (Littlestone 1989; Cesa-Bianchi, Conconi
and Gentile 2004), with as many candidates as there are hypotheses.
"""

import math

from nonvacuous._numerics import up
from nonvacuous.bounds._assumptions import IID, ZERO_ONE, fixed_before
from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._bound import About, Bound, Fidelity, Reference
from nonvacuous.evidence import BestOf

__all__ = ["best_of_holdout"]


def _upper(seen: BestOf, delta: float) -> float:
    nats = up(math.log(seen.candidates) - math.log(delta), ulps=4)
    return binomial_tail_inverse(seen.errors, seen.trials, -nats)


best_of_holdout: Bound[BestOf] = Bound(
    name="best-of-holdout",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall i \le M:\; R(h_i) \le"
    r" \overline{\mathrm{Bin}}(n, n \hat R_S(h_i), \delta / M) \,\bigr] \ge 1 - \delta",
    source=Reference(
        key="langford2005tutorial",
        where="Theorem 4.1, P(h) = 1/M",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(
        IID,
        fixed_before(
            "candidates-fixed",
            "the candidates, all that could have been chosen, were fixed before the"
            " rows on which each is counted",
            "train",
            "prior",
            "bound",
        ),
        ZERO_ONE,
    ),
    about=About.ORIGINAL,
    formula=_upper,
    example=BestOf(errors=250, trials=10_000, candidates=100),
    rises=("errors", "candidates"),
    falls=("trials",),
    terms=lambda seen, delta: {
        "error rate": seen.errors / seen.trials,
        "choice, nats per row": math.log(seen.candidates) / seen.trials,
    },
    uniform=True,
)
