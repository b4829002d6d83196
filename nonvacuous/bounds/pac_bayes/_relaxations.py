r"""PAC-Bayes-kl with the inverse replaced by something that can be differentiated.

Each is above PAC-Bayes-kl: McAllester's by :math:`kl(q, p) \ge 2(p - q)^2` (Pinsker),
the quadratic and the lambda bound by :math:`kl(q, p) \ge (p - q)^2/(2p)` for q below p.
At its best lambda the lambda bound is the quadratic one, as :math:`2 \sqrt{xy}` is the
least of :math:`x/t + t y`.  For training; to certify, PAC-Bayes-kl is smaller.
"""

import math

from nonvacuous._numerics import remaining, up
from nonvacuous.bounds._assumptions import BOUNDED, IID
from nonvacuous.bounds._bound import About, Bound, Fidelity, Loss, Reference
from nonvacuous.bounds.pac_bayes._assumptions import PRIOR_FIXED
from nonvacuous.bounds.pac_bayes._constant import log_two_root
from nonvacuous.bounds.pac_bayes._kl_bounds import EXAMPLE, nats_per_row
from nonvacuous.evidence import GibbsFit

__all__ = [
    "best_lambda",
    "mcallester_upper",
    "pac_bayes_lambda",
    "pac_bayes_mcallester",
    "pac_bayes_quadratic",
    "quadratic_upper",
    "thiemann_upper",
]


def mcallester_upper(q: float, nats: float) -> float:
    r""":math:`q + \sqrt{c/2}`, rounded up, for empirical risk q and c nats per row.

    >>> round(mcallester_upper(0.02, 3009.883077 / 60_000), 10)
    0.1783741108
    """
    return up(q + math.sqrt(nats / 2), ulps=4)


def quadratic_upper(q: float, nats: float) -> float:
    r""":math:`(\sqrt{q + c/2} + \sqrt{c/2})^2`, rounded up.

    >>> round(quadratic_upper(0.02, 3009.883077 / 60_000), 9)
    0.137418622
    """
    root = math.sqrt(q + nats / 2) + math.sqrt(nats / 2)
    return up(root * root, ulps=8)


def best_lambda(q: float, nats: float) -> float:
    r""":math:`2 / (\sqrt{2q/c + 1} + 1)`, where the lambda bound is least.

    >>> round(best_lambda(0.02, 3009.883077 / 60_000), 9)
    0.854459318
    """
    return 2.0 / (math.sqrt(2 * q / nats + 1) + 1) if nats < math.inf else 1.0


def thiemann_upper(q: float, nats: float, lam: float) -> float:
    r""":math:`q/(1 - \lambda/2) + c/(\lambda(1 - \lambda/2))`, rounded up.

    Holds for all lambda at once, so that lambda may be chosen afterwards.

    Args:
        q: empirical risk.
        nats: c, nats per row.
        lam: lambda, in (0, 2).

    Returns:
        A number above q, possibly above 1.

    Raises:
        ValueError: if `lam` lies outside (0, 2).

    >>> round(thiemann_upper(0.02, 3009.883077 / 60_000, 0.854459318), 9)
    0.137418622
    """
    if not 0 < lam < 2:
        raise ValueError(f"lam must lie in (0, 2), got {lam}")
    factor = 1 - lam / 2
    return up(q / factor + nats / (lam * factor), ulps=8)


def _nats(fit: GibbsFit, delta: float) -> float:
    left = remaining(delta, fit.mc_delta)
    return nats_per_row(fit.kl, log_two_root(fit.trials), fit.trials, left)


def _terms(fit: GibbsFit, delta: float) -> dict[str, float]:
    return {"empirical risk": fit.empirical, "nats per row": _nats(fit, delta)}


pac_bayes_mcallester: Bound[GibbsFit] = Bound(
    name="pac-bayes-mcallester",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q:\; R(Q) \le \hat R_S(Q) +"
    r" \sqrt{\tfrac{\mathrm{KL}(Q \| P) + \ln(2\sqrt n/\delta)}{2n}} \,\Bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="maurer2004note",
        where="Theorem 5 with Pinsker's inequality",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(IID, PRIOR_FIXED, BOUNDED),
    about=About.STOCHASTIC,
    loss=Loss.UNIT,
    formula=lambda fit, delta: mcallester_upper(fit.empirical, _nats(fit, delta)),
    example=EXAMPLE,
    rises=("empirical", "kl", "mc_delta"),
    falls=("trials",),
    terms=_terms,
    uniform=True,
)

pac_bayes_quadratic: Bound[GibbsFit] = Bound(
    name="pac-bayes-quadratic",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q:\; R(Q) \le \bigl(\sqrt{\hat R_S(Q)"
    r" + c} + \sqrt c\bigr)^2 \,\Bigr] \ge 1 - \delta, \quad"
    r" c = \tfrac{\mathrm{KL}(Q \| P) + \ln(2\sqrt n/\delta)}{2n}",
    source=Reference(
        key="perezortiz2021tighter",
        where="PAC-Bayes-quadratic",
        fidelity=Fidelity.EXACT,
    ),
    assumptions=(IID, PRIOR_FIXED, BOUNDED),
    about=About.STOCHASTIC,
    loss=Loss.UNIT,
    formula=lambda fit, delta: quadratic_upper(fit.empirical, _nats(fit, delta)),
    example=EXAMPLE,
    rises=("empirical", "kl", "mc_delta"),
    falls=("trials",),
    terms=_terms,
    uniform=True,
)

pac_bayes_lambda: Bound[GibbsFit] = Bound(
    name="pac-bayes-lambda",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q\; \forall \lambda \in (0, 2):\;"
    r" R(Q) \le \tfrac{\hat R_S(Q)}{1 - \lambda/2} + \tfrac{\mathrm{KL}(Q \| P) +"
    r" \ln(2\sqrt n/\delta)}{n \lambda (1 - \lambda/2)} \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="thiemann2017strongly", where="Theorem 3", fidelity=Fidelity.EXACT
    ),
    assumptions=(IID, PRIOR_FIXED, BOUNDED),
    about=About.STOCHASTIC,
    loss=Loss.UNIT,
    formula=lambda fit, delta: thiemann_upper(
        fit.empirical,
        _nats(fit, delta),
        best_lambda(fit.empirical, _nats(fit, delta)),
    ),
    example=EXAMPLE,
    rises=("empirical", "kl", "mc_delta"),
    falls=("trials",),
    terms=lambda fit, delta: {
        **_terms(fit, delta),
        "lambda": best_lambda(fit.empirical, _nats(fit, delta)),
    },
    uniform=True,
)
