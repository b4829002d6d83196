r"""Neyshabur, Bhojanapalli and Srebro 2018: PAC-Bayes at perturbed weights.

Their Lemma 1 (recalled): if Gaussian noise on the weights moves no output, on any input
of the domain, by :math:`\gamma/4` or more with probability 1/2, then

.. math:: R(h) \le \hat L_\gamma(h)
          + 4 \sqrt{(\mathrm{KL} + \ln(6 n / \delta)) / (n - 1)} .

It is implied by McAllester's inequality for the noise that moves no output so far,
whose KL is at most :math:`2 (\mathrm{KL} + \ln 2)` (derived).

Layers rescaled to one spectral norm :math:`\beta` bear noise of standard deviation
:math:`\gamma / (42\, d B \tilde\beta^{d-1} \sqrt{\eta^* \ln(4 d \eta^*)})`, where
:math:`\tilde\beta` is the point nearest to :math:`\beta` on a grid of
:math:`d\, n^{1/2d}` points.
The constants below follow from this (derived).

In units of :math:`(\gamma/B)^{1/d}` the grid does not depend on the margin: dividing
the outputs by :math:`\gamma` is a rescaling too.  And a KL is that of the net as it is.
So norms and margin are free to depend on the sample (derived).
"""

import math

from nonvacuous._numerics import check_delta
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
)
from nonvacuous.bounds.norms._margins import SHARED, margin_error, outward
from nonvacuous.evidence import PerturbationFit

__all__ = ["perturbation_kl", "spectral_pac_bayes"]


def perturbation_kl(fit: PerturbationFit) -> float:
    r"""The KL of the noisy net from the noise, in nats, rounded up.

    .. math:: \tfrac{42^2 e^2}{2}\, d^2 B^2 \eta^* \ln(4 d \eta^*)\, \gamma^{-2}
              \prod_i \|W_i\|_2^2 \sum_i \|W_i\|_F^2 / \|W_i\|_2^2

    Args:
        fit: norms, margin and radius.

    Returns:
        Nats, infinite on overflow.
    """
    d, h = fit.layers, fit.width
    reach = fit.spectral / fit.margin * fit.radius
    constant = 42**2 * math.e**2 / 2 * d**2 * h * math.log(4 * d * h)
    return outward(constant * reach * reach * fit.stable_ranks)


def _gap(fit: PerturbationFit, delta: float) -> float:
    check_delta(delta)
    n, d = fit.trials, fit.layers
    if n == 1:
        return math.inf
    logs = math.log(6 * d / delta) + (1 + 1 / (2 * d)) * math.log(n)
    return 4 * math.sqrt((perturbation_kl(fit) + logs) / (n - 1))


def _domain(fit: PerturbationFit) -> tuple[Verdict, str]:
    if not fit.domain:
        return (
            Verdict.VIOLATED,
            f"the radius {fit.radius:g} is that of the sample's rows; the theorem"
            " perturbs the weights at every input that can occur",
        )
    if (
        2 * fit.radius * fit.spectral * (1 + 1e-9) < fit.margin
        and fit.margin_errors < fit.trials
    ):
        return (
            Verdict.VIOLATED,
            f"no input of norm at most {fit.radius:g} has a margin above"
            f" {2 * fit.radius * fit.spectral:g}, and some rows have",
        )
    return Verdict.VOUCHED, ""


spectral_pac_bayes: Bound[PerturbationFit] = Bound(
    name="spectral-pac-bayes",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h, \gamma:\; R(h) \le"
    r" \hat L_\gamma(h) + 4 \sqrt{\tfrac{\mathrm{KL} + \ln(6\, d\, n^{1 + 1/2d} /"
    r" \delta)}{n - 1}} \,\Bigr] \ge 1 - \delta, \quad \mathrm{KL} ="
    r" \tfrac{42^2 e^2}{2} d^2 B^2 \eta^* \ln(4 d \eta^*) \gamma^{-2} \prod_i"
    r" \|W_i\|_2^2 \sum_i \tfrac{\|W_i\|_F^2}{\|W_i\|_2^2}, \quad \|x\|"
    r" \le B \text{ for every } x",
    source=Reference(
        key="neyshabur2018pac",
        where="Theorem 1, with the constants of its proof",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(
        *SHARED,
        Assumption(
            name="domain-radius",
            statement="no input that can occur has a Euclidean norm above the radius",
            judge=_domain,
        ),
    ),
    about=About.ORIGINAL,
    formula=lambda fit, delta: outward(margin_error(fit) + _gap(fit, delta)),
    example=PerturbationFit(
        margin_errors=6_000,
        trials=60_000,
        margin=4.0,
        spectral=6.0,
        stable_ranks=30.0,
        radius=28.1,
        domain=True,
        layers=2,
        width=785,
    ),
    rises=("margin_errors", "spectral", "stable_ranks", "radius", "width"),
    falls=("margin", "trials"),
    terms=lambda fit, delta: {
        "margin error": margin_error(fit),
        "gap": _gap(fit, delta),
        "nats": perturbation_kl(fit),
        "rows for a gap of 1/2": 64 * perturbation_kl(fit),
    },
    uniform=True,
)
