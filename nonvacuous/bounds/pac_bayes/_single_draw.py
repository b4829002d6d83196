r"""One net drawn from a posterior: bounds on the risk of that net.

By the density (Rivasplata et al. 2020, recalled; proved here).  For h drawn from Q the
average of :math:`e^{n\,kl(\hat R(h), R(h))}\, dP/dQ(h)` is at most that of the first
factor under P, at most :math:`\xi(n)`; Markov.  By a divergence (Viallard et al. 2024,
recalled; proved here), with :math:`\phi = e^{n\,kl/2}`: Markov under Q, Cauchy and
Schwarz, :math:`E_Q \phi \le (E_P (dQ/dP)^2)^{1/2} (E_P \phi^2)^{1/2}`, and Markov for
:math:`E_P \phi^2`, whose mean is at most :math:`\xi(n)`, each with delta/2.

The probability is over sample and draw.  If the best of M draws is kept, and M was
fixed before the first, each draw has its M-th part of delta; a net redrawn until it
looks good has no bound by these theorems.  Both hold for losses in [0, 1], too.
"""

import math

from nonvacuous._numerics import rate_up, up
from nonvacuous.bounds._assumptions import IID, ZERO_ONE, vouched
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
)
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.pac_bayes._assumptions import PRIOR_FIXED
from nonvacuous.bounds.pac_bayes._constant import log_xi
from nonvacuous.bounds.pac_bayes._kl_bounds import nats_per_row
from nonvacuous.evidence import DrawnFit, RenyiFit

__all__ = ["pac_bayes_renyi_draw", "pac_bayes_single_draw", "shifted_gaussian_ratio"]

DRAWN: Assumption[DrawnFit | RenyiFit] = vouched(
    name="drawn-from-posterior",
    statement="the net is one of as many independent draws from the posterior as were"
    " fixed before the first of them; draws from other posteriors count among them",
)


def shifted_gaussian_ratio(shift: float, sigma: float, inner: float) -> float:
    r"""Ln dQ/dP of a draw, for two Gaussians of equal variance, rounded up.

    .. math:: \frac{\|\Delta\mu\|^2}{2\sigma^2} + \frac{\langle e, \Delta\mu
              \rangle}{\sigma}, \qquad h = \mu + \sigma e

    Args:
        shift: squared distance of the means.
        sigma: common standard deviation, above 0.
        inner: inner product of the noise e with the difference of the means.

    Returns:
        Nats, possibly negative.

    Raises:
        ValueError: if `sigma` is not positive or `shift` is negative.

    >>> round(shifted_gaussian_ratio(0.04, 0.1, 0.02), 12)
    2.2
    """
    if not (sigma > 0 and shift >= 0):
        raise ValueError(
            f"need sigma > 0 and shift >= 0, got sigma={sigma}, shift={shift}"
        )
    # the square of sigma may underflow
    distance, drawn = shift / sigma / (2 * sigma), inner / sigma
    return up(distance + drawn + 2.0**-50 * (distance + abs(drawn)), ulps=2)


def _draw_nats(fit: DrawnFit, delta: float) -> float:
    constant = log_xi(fit.trials) + math.log(fit.draws)
    spare = 2.0**-50 * abs(fit.log_ratio)
    return nats_per_row(fit.log_ratio + spare, constant, fit.trials, delta)


def _renyi_nats(fit: RenyiFit, delta: float) -> float:
    # 2 ln(2 M / delta) for the draw, ln(2 / delta) for the sample
    constant = log_xi(fit.trials) + 2 * math.log(fit.draws) + 3 * math.log(2.0)
    constant -= 2 * math.log(delta)
    return nats_per_row(fit.renyi, up(constant, ulps=4), fit.trials, delta)


pac_bayes_single_draw: Bound[DrawnFit] = Bound(
    name="pac-bayes-single-draw",
    statement=r"\Pr_{S \sim D^n,\, h \sim Q_S}\Bigl[\, \mathrm{kl}(\hat R_S(h) \,\|\,"
    r" R(h)) \le \tfrac{\ln \frac{dQ_S}{dP}(h) + \ln(M \xi(n)/\delta)}{n} \,\Bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="rivasplata2020pac",
        where="Theorem 1 (i) with kl and the exact constant",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, PRIOR_FIXED, DRAWN, ZERO_ONE),
    about=About.DRAWN,
    formula=lambda fit, delta: kl_inverse(
        rate_up(fit.errors, fit.trials), _draw_nats(fit, delta)
    ),
    example=DrawnFit(errors=1_200, trials=60_000, log_ratio=3_000.0),
    rises=("errors", "log_ratio", "draws"),
    terms=lambda fit, delta: {
        "error rate": fit.errors / fit.trials,
        "density, nats per row": fit.log_ratio / fit.trials,
    },
)

pac_bayes_renyi_draw: Bound[RenyiFit] = Bound(
    name="pac-bayes-renyi-draw",
    statement=r"\Pr_{S \sim D^n,\, h \sim Q_S}\Bigl[\, \mathrm{kl}(\hat R_S(h) \,\|\,"
    r" R(h)) \le \tfrac{D_2(Q_S \| P) + 2 \ln(2M/\delta) + \ln(2\xi(n)/\delta)}{n}"
    r" \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="viallard2024general",
        where="Theorem 2 with order 2, kl and the exact constant",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, PRIOR_FIXED, DRAWN, ZERO_ONE),
    about=About.DRAWN,
    formula=lambda fit, delta: kl_inverse(
        rate_up(fit.errors, fit.trials), _renyi_nats(fit, delta)
    ),
    example=RenyiFit(errors=1_200, trials=60_000, renyi=4_000.0),
    rises=("errors", "renyi", "draws"),
    falls=("trials",),
    terms=lambda fit, delta: {
        "error rate": fit.errors / fit.trials,
        "divergence, nats per row": fit.renyi / fit.trials,
    },
)
