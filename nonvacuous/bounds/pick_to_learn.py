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
from numpy.typing import NDArray

from nonvacuous._numerics import up
from nonvacuous.bounds._assumptions import IID, ZERO_ONE
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
)
from nonvacuous.bounds._unseen import fixed_before
from nonvacuous.evidence import PickFit

__all__ = [
    "change_probability_upper",
    "pick_to_learn",
    "pick_to_learn_closed_form",
]

Floats = NDArray[np.float64]

_EXAMPLE = PickFit(picked=326, trials=24_000)


def _log_ratios(k: int, n: int) -> Floats:
    r""":math:`\ln \binom jk / \binom nk` for j = n-1 down to k."""
    m = np.arange(n, k, -1, dtype=float)  # C(m-1, k) / C(m, k) = (m-k) / m
    ratios: Floats = np.cumsum(np.log((m - k) / m))
    return ratios


def change_probability_upper(k: int, n: int, log_delta: float) -> float:
    """The one-sided u(k) of preferent compression, rounded up.

    The logarithm of the sum is convex and increases with -ln(1 - u), so Newton's
    method from above stays above; the last iterate is moved outward until the sum
    exceeds 1 beyond the arithmetic's own error.

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
    if k == n:
        return 1.0
    ratios = _log_ratios(k, n)
    powers = np.arange(1, n - k + 1, dtype=float)
    offset = log_delta - math.log(n)
    size = 1.0 + float(np.abs(ratios).max()) - offset

    def surplus(x: float) -> tuple[float, float]:
        """Logarithm of the sum, and its slope."""
        logs = offset + ratios + powers * x
        top = float(logs.max())
        weights = np.exp(np.maximum(logs - top, -500.0))  # subnormals are slow
        total = float(weights.sum())
        return top + math.log(total), float((weights * powers).sum()) / total

    # any one term alone gives an x that is too large
    x = float(((-offset - ratios) / powers).min())
    for _ in range(200):
        value, slope = surplus(x)
        moved = x - value / slope
        if not moved < x * (1 - 1e-13):
            break
        x = moved
    step = 2.0**-50 * x
    while surplus(x)[0] < 2.0**-52 * (n + 4) * size + 2.0**-50 * n * x:
        x += step
        step *= 2
    return min(1.0, up(-math.expm1(-x), ulps=4))


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
