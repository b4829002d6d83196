r"""Catoni's bound: one temperature that was fixed, or the best of a geometric grid.

Proof.  For a loss in [0, 1] of mean p, :math:`E e^{-C n (q - \Phi_C(p))} \le 1` with
:math:`\Phi_C(p) = -\ln(1 - p(1 - e^{-C}))/C`, as :math:`e^{-Cx}` lies below its chord;
Markov, then Donsker and Varadhan, and :math:`\Phi_C` is convex in p.

Grid.  Give :math:`\lambda_j = C_j n = \alpha^j`, j = 0, 1, ..., the weight
1/((j+1)(j+2)) of delta.  Any lambda of at least 1 lies in some
:math:`[\alpha^j, \alpha^{j+1})`.  :math:`\Phi_C(p)` falls in C, so that it may be taken
at lambda; :math:`1/\lambda_j \le \alpha/\lambda`; and :math:`(j+1)(j+2) \le
(\ln(\alpha^2 \lambda)/\ln\alpha)^2`.  This is the published penalty (recalled; derived
again here).

The infimum over C of Catoni's bound, with c nats per row, is the inverse of kl: a
temperature chosen afterwards gives the target that has no proof, and a grid pays
2 ln j where PAC-Bayes-kl pays half of ln n.
"""

import math

import numpy as np

from nonvacuous._numerics import check_delta, remaining, up
from nonvacuous.bounds._assumptions import BOUNDED, IID, vouched
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Loss,
    Reference,
)
from nonvacuous.bounds.pac_bayes._assumptions import PRIOR_FIXED
from nonvacuous.bounds.pac_bayes._kl_bounds import EXAMPLE, nats_per_row
from nonvacuous.evidence import GibbsFit

__all__ = [
    "ALPHA",
    "catoni_grid_upper",
    "catoni_upper",
    "pac_bayes_catoni",
    "pac_bayes_catoni_at",
    "pac_bayes_catoni_grid",
]

ALPHA = 1 + 1e-4
"""Ratio of the grid, as published by Zhou et al.; fixed before any sample."""

TEMPERATURE_FIXED: Assumption[object] = vouched(
    name="temperature-fixed",
    statement="the temperature C was chosen before the rows were drawn",
)


def catoni_upper(q: float, nats: float, c: float) -> float:
    r""":math:`(1 - e^{-Cq - c}) / (1 - e^{-C})`, rounded up.

    Args:
        q: empirical risk.
        nats: nats per row.
        c: C, the temperature, above 0.

    Returns:
        A number above q, possibly above 1.

    Raises:
        ValueError: if `c` is not positive and finite.

    >>> round(catoni_upper(0.02, (3000 + math.log(40)) / 60_000, 1.0), 10)
    0.1070420859
    """
    if not 0 < c < math.inf:
        raise ValueError(f"c must be positive and finite, got {c}")
    return up(math.expm1(-(c * q + nats)) / math.expm1(-c), ulps=12)


def catoni_grid_upper(q: float, kl: float, n: int, delta: float) -> float:
    r"""The least of :math:`\Phi_{\lambda/n}^{-1}(q + \alpha\lambda^{-1}(...))`.

    .. math:: \min_{\lambda > 1} \Phi_{\lambda/n}^{-1}\Bigl(q + \tfrac\alpha\lambda
              \bigl[KL + \ln\tfrac1\delta + 2\ln\tfrac{\ln(\alpha^2\lambda)}
              {\ln\alpha}\bigr]\Bigr)

    Every lambda is valid, so that a search that misses the least is loose, never false.

    Args:
        q: empirical risk.
        kl: relative entropy, in nats.
        n: rows.
        delta: probability of being wrong, in (0, 1).

    Returns:
        A number above q, possibly above 1.

    Raises:
        ValueError: if `delta` is not in (0, 1).

    >>> round(catoni_grid_upper(0.02, 3000.0, 60_000, 0.05), 11)
    0.09907321169
    """
    check_delta(delta)
    if not kl < 1e300:  # beyond, the penalty may overflow
        return math.inf
    log_alpha = math.log(ALPHA)
    low, high = 1e-9, math.log(200.0 * n)
    points, nats = np.zeros(1), np.zeros(1)
    least = 0
    for _ in range(4):
        points = np.linspace(low, high, 601)
        lam = np.exp(points)
        index = np.log((2 * log_alpha + points) / log_alpha)
        nats = ALPHA / n * (kl - math.log(delta) + 2 * index)
        c = lam / n
        value = np.expm1(-(c * q + nats)) / np.expm1(-c)
        least = int(np.argmin(value))
        low, high = points[max(least - 1, 0)], points[min(least + 1, 600)]
    # the search's own roundings: log and quotient, then lambda from its logarithm
    spare = float(nats[least]) * (1 + 2.0**-44)
    return catoni_upper(q, spare, float(np.exp(points[least])) / n)


def pac_bayes_catoni_at(temperature: float) -> Bound[GibbsFit]:
    """Catoni's bound at a temperature that is fixed before the sample.

    Args:
        temperature: C, above 0; it is part of the theorem's name.

    Returns:
        The theorem for this temperature.

    Raises:
        ValueError: if it is not positive and finite.
    """
    catoni_upper(0.0, 0.0, temperature)
    shown = repr(float(temperature)).removesuffix(".0")  # no two share a name
    return Bound(
        name=f"pac-bayes-catoni-{shown}",
        statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q:\; R(Q) \le"
        r" \tfrac{1 - \exp(-C \hat R_S(Q) - (\mathrm{KL}(Q \| P) + \ln(1/\delta))/n)}"
        r"{1 - e^{-C}} \,\Bigr] \ge 1 - \delta, \quad C = " + shown,
        source=Reference(
            key="catoni2007pac", where="Theorem 1.2.6", fidelity=Fidelity.EXACT
        ),
        assumptions=(IID, PRIOR_FIXED, BOUNDED, TEMPERATURE_FIXED),
        about=About.STOCHASTIC,
        loss=Loss.UNIT,
        formula=lambda fit, delta: catoni_upper(
            fit.empirical,
            nats_per_row(fit.kl, 0.0, fit.trials, remaining(delta, fit.mc_delta)),
            temperature,
        ),
        example=EXAMPLE,
        rises=("empirical", "kl", "mc_delta"),
        falls=("trials",),
        terms=lambda fit, delta: {
            "empirical risk": fit.empirical,
            "kl, nats per row": fit.kl / fit.trials,
            "temperature": temperature,
        },
        uniform=True,
    )


pac_bayes_catoni: Bound[GibbsFit] = pac_bayes_catoni_at(1.0)

pac_bayes_catoni_grid: Bound[GibbsFit] = Bound(
    name="pac-bayes-catoni-grid",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall Q\; \forall \lambda > 1:\; R(Q) \le"
    r" \Phi_{\lambda/n}^{-1}\bigl(\hat R_S(Q) + \tfrac\alpha\lambda (\mathrm{KL}(Q \|"
    r" P) + \ln\tfrac1\delta + 2 \ln\tfrac{\ln(\alpha^2\lambda)}{\ln\alpha})\bigr)"
    r" \,\Bigr] \ge 1 - \delta, \quad \Phi_a^{-1}(q) ="
    r" \tfrac{1 - e^{-aq}}{1 - e^{-a}}, \quad \alpha = 1.0001",
    source=Reference(
        key="zhou2019nonvacuous", where="Theorem 4.1", fidelity=Fidelity.EXACT
    ),
    assumptions=(IID, PRIOR_FIXED, BOUNDED),
    about=About.STOCHASTIC,
    loss=Loss.UNIT,
    formula=lambda fit, delta: catoni_grid_upper(
        fit.empirical, fit.kl, fit.trials, remaining(delta, fit.mc_delta)
    ),
    example=EXAMPLE,
    rises=("empirical", "kl", "mc_delta"),
    falls=("trials",),
    terms=lambda fit, delta: {
        "empirical risk": fit.empirical,
        "kl, nats per row": fit.kl / fit.trials,
    },
    uniform=True,
)
