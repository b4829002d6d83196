r"""Pick-to-Learn: the fewer rows a learner needs, the less can surprise it.

The learner starts from a fixed model, picks the row that it gets most wrong, learns
from the rows picked so far in the order of their picking, and stops when no row of the
sample is wrong.  Then pick(S), the k rows picked, is a *preferent* compression: if
:math:`\mathrm{pick}(U) \subseteq V \subseteq U` then pick(V) = pick(U).  What is
bounded is the probability that one more row would change it, at least the risk.

:math:`u(k)`, the authors' :math:`\epsilon(k)`, is the root of

.. math:: \frac\delta n \sum_{j=k}^{n-1} \frac{\binom jk}{\binom nk}
          (1 - u)^{-(n-j)} = 1, \qquad u(n) = 1

(Campi and Garatti 2023; Paccagnan, Campi and Garatti 2023; recalled, its validity was
proved again from the dual weights :math:`\delta/n`).  No :math:`\ln \binom nk` is paid.
The authors' code printed a smaller number until December 2025, through a `+` that had
to be a `*`; the tests keep it, to show how far it is from a bound.
"""

import math

import numpy as np

from nonvacuous._numerics import up
from nonvacuous.bounds._assumptions import IID, ZERO_ONE, fixed_before
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
)
from nonvacuous.bounds.sample_compression import log_choose
from nonvacuous.evidence import PickFit

__all__ = [
    "change_probability_upper",
    "pick_to_learn",
    "pick_to_learn_closed_form",
]

_TERMS = 4096
"""Ratios of a binomial law that are multiplied one by one."""

_EXAMPLE = PickFit(picked=326, trials=24_000)


def _fewer(k: int, n: int, u: float) -> float:
    r""":math:`\Pr[B < k] / \Pr[B = k]` for B ~ Bin(n, u), k < nu, rounded up."""
    i = np.arange(1, min(k, _TERMS) + 1, dtype=float)
    ratios = (k - i + 1) / (n - k + i) * ((1 - u) / u)
    terms = np.cumprod(ratios)
    total = float(terms.sum())
    if k > _TERMS:  # ratios fall: what is left is below a geometric series
        ratio = float(ratios[-1]) * (1 + 2.0**-50)
        total += float(terms[-1]) * ratio / (1 - ratio) if ratio < 1 else math.inf
    return total * (1 + 2.0**-37)


def change_probability_upper(k: int, n: int, log_delta: float) -> float:
    r"""The one-sided u(k) of preferent compression, rounded up.

    The sum is that of a negative binomial law, so the equation is

    .. math:: \Pr[B = k]\, \frac{n u}\delta + \Pr[B \le k] = 1,
              \qquad B \sim \mathrm{Bin}(n, u)

    and the left side is above 1 below the root, below 1 above it (derived here).
    Bisection keeps a number above k/n at which it is below 1 beyond the arithmetic's
    own error.

    Args:
        k: rows picked, ``0 <= k <= n``.
        n: rows of the sample, at least 1.
        log_delta: log of the probability of being wrong, in nats, below 0.

    Returns:
        A probability in (0, 1], 1 if all rows were picked.

    Raises:
        ValueError: if an argument is outside its range.

    >>> round(change_probability_upper(10, 1000, math.log(0.05)), 11)
    0.02166254365
    """
    if not (n >= 1 and 0 <= k <= n and log_delta < 0):
        raise ValueError(
            f"need 0 <= k <= n, n >= 1 and log_delta < 0, got k={k}, n={n},"
            f" log_delta={log_delta}"
        )
    choices = log_choose(n, k)

    def passes(u: float) -> bool:
        """Whether the logarithm of the left side is below 0 beyond doubt."""
        fewer, size = _fewer(k, n, u), -log_delta
        if size < 600:
            last = math.log1p(n * u * math.exp(size) + fewer)
        else:  # the exponential could overflow
            size += math.log(n) - math.log(u)
            large = math.log(n) + math.log(u) - log_delta
            last = float(np.logaddexp(large, math.log1p(fewer)))
        parts = (choices, k * math.log(u), (n - k) * math.log1p(-u), last)
        slack = 2.0**-49 * (sum(map(abs, parts)) + size)
        return math.fsum(parts) + slack <= 0

    low, high = k / n, 1.0
    while high - low > 2.0**-48 * high:
        middle = 0.5 * (low + high)
        if passes(middle):
            high = middle
        else:
            low = middle
    return high


def _closed_form(fit: PickFit, delta: float) -> float:
    k, n, nats = fit.picked, fit.trials, -math.log(delta)
    root = 2 * math.sqrt(k + 1)
    tail = root * (math.sqrt(math.log(k + 1)) + 4 + math.sqrt(nats)) + nats
    return up(up(k + up(tail, ulps=8), ulps=1) / n, ulps=1)


def _finished(fit: PickFit) -> tuple[Verdict, str]:
    if fit.errors:
        return (
            Verdict.VIOLATED,
            f"the learner stopped while it erred on {fit.errors} of {fit.trials} rows;"
            " the theorem is about one that picks until none is wrong",
        )
    return Verdict.VOUCHED, ""


def _terms(fit: PickFit, delta: float) -> dict[str, float]:
    return {
        "share picked": fit.picked / fit.trials,
        "nats per row": -math.log(delta) / fit.trials,
    }


_ASSUMPTIONS = (
    IID,
    fixed_before(
        "preferent",
        "the model is a deterministic function of the picked rows in the order of their"
        " picking, which does not depend on the order of the sample; where it starts"
        " from was fixed before the sample",
        "prior",
    ),
    Assumption(
        name="picked-to-the-end",
        statement="the learner picked until it erred on no row of the sample",
        judge=_finished,
    ),
    ZERO_ONE,
)

pick_to_learn: Bound[PickFit] = Bound(
    name="pick-to-learn",
    statement=r"\Pr_{S \sim D^n}\bigl[\, R(h_{T}) \le u(|T|) \,\bigr] \ge 1 - \delta,"
    r" \quad T = \mathrm{pick}(S), \quad \tfrac\delta n \sum_{j=k}^{n-1}"
    r" \tfrac{\binom jk}{\binom nk} (1 - u(k))^{-(n-j)} = 1",
    source=Reference(
        key="campi2023compression",
        where="one-sided u(k) of preferent compression schemes",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=_ASSUMPTIONS,
    about=About.ORIGINAL,
    formula=lambda fit, delta: change_probability_upper(
        fit.picked, fit.trials, math.log(delta)
    ),
    example=_EXAMPLE,
    rises=("picked",),
    falls=("trials",),
    terms=_terms,
)

pick_to_learn_closed_form: Bound[PickFit] = Bound(
    name="pick-to-learn-closed-form",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, R(h_T) \le \tfrac kn +"
    r" \tfrac{2 \sqrt{k+1}}{n} \bigl(\sqrt{\ln(k+1)} + 4 + \sqrt{\ln(1/\delta)}\bigr)"
    r" + \tfrac{\ln(1/\delta)}{n} \,\Bigr] \ge 1 - \delta, \quad k = |T|, \quad"
    r" T = \mathrm{pick}(S)",
    source=Reference(
        key="paccagnan2023pick",
        where="closed form above u(k)",
        fidelity=Fidelity.EXACT,
    ),
    assumptions=_ASSUMPTIONS,
    about=About.ORIGINAL,
    formula=_closed_form,
    example=_EXAMPLE,
    rises=("picked",),
    falls=("trials",),
    terms=_terms,
)
