r"""How often a compressed net answers otherwise than the original, on unseen data.

Two theorems, and two names.  `poisson_coreset` speaks before a single edge is drawn: a
bound u(x) on the probability that the sampled net answers otherwise at x is known from
x, the net and the sampling probabilities (``compression.poisson_coreset``), and its
mean over fresh rows bounds the probability over a draw and a fresh row: it speaks of a
net drawn anew for each row, and by Markov's inequality all but a share tau of single
draws differ on at most 1/tau times as many.  It is a theorem about a coreset.
`holdout_agreement` counts disagreements of any net with any other on fresh rows: a
hold-out bound, whatever made the net.

Neither bounds a risk.  The compressed net errs at most as often as the original errs
or the two differ, but its own errors on the same rows say that better.
"""

import math

from nonvacuous._numerics import up
from nonvacuous.bounds._assumptions import IID, UNSEEN, counted, fixed_before
from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Loss,
    Reference,
)
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.evidence import Agreement, ForetoldAgreement

__all__ = ["holdout_agreement", "poisson_coreset"]


def _foretold(seen: ForetoldAgreement, delta: float) -> float:
    nats = up(-math.log(delta) / seen.trials, ulps=2)
    return float(kl_inverse(seen.mean, nats))


poisson_coreset: Bound[ForetoldAgreement] = Bound(
    name="poisson-coreset",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \Pr_{x \sim D,\, \hat\theta}[\arg\max"
    r" f_{\hat\theta}(x) \ne \arg\max f_\theta(x)] \le \mathrm{kl}^{-1}\bigl("
    r"\tfrac1n \textstyle\sum_{x \in S} u(x), \tfrac{\ln(1/\delta)}{n}\bigr)"
    r" \,\Bigr] \ge 1 - \delta, \quad u(x) \ge \Pr_{\hat\theta}[\arg\max"
    r" f_{\hat\theta}(x) \ne \arg\max f_\theta(x)]",
    source=Reference(
        key="baykal2019coresets",
        where="the network theorem, mended: moments of the noise in margins",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(
        IID,
        UNSEEN,
        fixed_before(
            "probabilities-fixed",
            "the net and the probabilities that edges are kept with were fixed before"
            " the rows were drawn",
            "prior",
            what="the probabilities",
        ),
        Assumption(
            name="independent-edges",
            statement="every edge is kept independently of all others, with its"
            " probability and divided by it; biases stay",
            judge=counted,
        ),
    ),
    about=About.STOCHASTIC,
    formula=_foretold,
    example=ForetoldAgreement(mean=0.01, trials=5_000),
    rises=("mean",),
    falls=("trials",),
    terms=lambda seen, delta: {
        "mean of u": seen.mean,
        "nats per row": -math.log(delta) / seen.trials,
    },
    loss=Loss.DISAGREEMENT,
)

holdout_agreement: Bound[Agreement] = Bound(
    name="holdout-agreement",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \Pr_{x \sim D}[\arg\max f_{\hat\theta}(x) \ne"
    r" \arg\max f_\theta(x)] \le \overline{\mathrm{Bin}}(n, k, \delta) \,\bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="langford2005tutorial",
        where="Theorem 3.3, for disagreements in place of errors",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(
        IID,
        UNSEEN,
        Assumption(
            name="answers-counted",
            statement="a row counts 1 where the two answers differ or either net has"
            " a tie, and 0 elsewhere",
            judge=counted,
        ),
    ),
    about=About.COMPRESSED,
    formula=lambda seen, delta: binomial_tail_inverse(
        seen.differing, seen.trials, math.log(delta)
    ),
    example=Agreement(differing=25, trials=10_000),
    rises=("differing",),
    falls=("trials",),
    terms=lambda seen, delta: {"rate of disagreement": seen.differing / seen.trials},
    loss=Loss.DISAGREEMENT,
)
