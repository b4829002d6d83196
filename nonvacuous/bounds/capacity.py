r"""Bounds by what an architecture can hold: parameters, patterns, shattered points.

They look at no norm and no margin: every net of the architecture has the same bound.

*Growth.*  On n labelled rows, fix the ReLUs' patterns in the layers below i: then layer
i's :math:`n u_i` inputs to its units are polynomials of degree i in the :math:`N_i`
parameters of layers up to i.  By Warren's theorem (Anthony and Bartlett 1999, Theorem
8.3, recalled) m polynomials of degree i in N variables have at most
:math:`2 (2 e m i / N)^N` sign patterns if :math:`m \ge N`, and at most :math:`2^m`
anyway; a sign is whether one is above 0, which is all that a ReLU asks.  Whether a row
is an error is told by the signs of :math:`f_y - f_j` for the :math:`\eta^L - 1` other
classes, ties included.  The product over layers bounds the number
of error patterns: the argument of Bartlett et al. 2019, kept as a count so that it
holds for any number of classes (derived).

*VC dimension.*  Their solution of that count for its dimension is recalled; it follows
from :math:`2^V \le 2^d (2 e \nu V / \sum N_i)^{\sum N_i}`, the means in one.
"""

import itertools
import math

from nonvacuous._numerics import check_delta
from nonvacuous.bounds._assumptions import IID, ZERO_ONE
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
)
from nonvacuous.bounds.norms._margins import AFFINE_RELU, CLASS_FIXED, outward
from nonvacuous.bounds.occam import log_budget
from nonvacuous.evidence import ArchitectureFit

__all__ = [
    "growth_function",
    "log_growth",
    "parameter_count",
    "shattered",
    "vc_dimension",
]


def shattered(sizes: tuple[int, ...], biases: bool = True) -> float:
    r"""Bartlett et al. 2019: an upper bound on the VC dimension of ReLU nets.

    .. math:: d + \sum_{i=1}^d N_i \log_2(8 e \nu \log_2(4 e \nu)), \quad
              \nu = \sum_i i u_i

    with :math:`u_i` units in weight layer i and :math:`N_i` parameters up to it.

    Args:
        sizes: neurons of each layer, input first.
        biases: whether every unit has a bias.

    Returns:
        Rows that some net of the architecture can label in every way, at most.

    >>> shattered((2, 3, 2))
    259.24185...
    """
    units = sizes[1:]
    r = sum(i * k for i, k in enumerate(units, start=1))
    total = sum(_cumulated(sizes, biases))
    logs = math.log2(8 * math.e * r * math.log2(4 * math.e * r))
    return outward(len(units) + total * logs)


def _cumulated(sizes: tuple[int, ...], biases: bool) -> list[int]:
    sums, total = [], 0
    for inputs, outputs in itertools.pairwise(sizes):
        total += (inputs + biases) * outputs
        sums.append(total)
    return sums


def log_growth(sizes: tuple[int, ...], n: int, biases: bool = True) -> float:
    r"""Logarithm of how many error patterns n labelled rows can have, rounded up.

    .. math:: \sum_{i=1}^d \min\bigl(n u_i \ln2,\;
              \ln2 + N_i \ln(2 e n u_i i / N_i)\bigr), \quad u_d = \eta^L - 1

    The second term only where :math:`n u_i \ge N_i`; and never above
    :math:`n \ln 2`.

    Args:
        sizes: neurons of each layer, input first.
        n: rows.
        biases: whether every unit has a bias.

    Returns:
        Nats.
    """
    units = [*sizes[1:-1], sizes[-1] - 1]
    nats = 0.0
    for i, (k, w) in enumerate(
        zip(units, _cumulated(sizes, biases), strict=True), start=1
    ):
        every = n * k * math.log(2)
        warren = math.log(2) + w * math.log(2 * math.e * n * k * i / w)
        nats += min(every, warren) if n * k >= w else every
    return outward(min(nats, n * math.log(2)))


def _uniform_gap(nats: float, n: int, delta: float) -> float:
    r"""Vapnik and Chervonenkis: :math:`\sqrt{(8/n)(\ln G(2n) + \ln(4/\delta))}`."""
    check_delta(delta)
    return math.sqrt(8 / n * (nats + math.log(4 / delta)))


def _vc_nats(fit: ArchitectureFit) -> float:
    """Sauer: ln G(2n), at most 2n ln 2."""
    v, n = shattered(fit.sizes, fit.biases), fit.trials
    every = 2 * n * math.log(2)
    return min(every, v * math.log(2 * math.e * n / v)) if v < 2 * n else every


def _gap(nats: float, fit: ArchitectureFit, delta: float) -> float:
    return outward(fit.errors / fit.trials + _uniform_gap(nats, fit.trials, delta))


def _bits(fit: ArchitectureFit) -> int:
    return fit.precision * sum(fit.parameters)


def _parameter_count(fit: ArchitectureFit, delta: float) -> float:
    nats = -log_budget(_bits(fit), delta)
    return outward(fit.errors / fit.trials + math.sqrt(nats / (2 * fit.trials)))


def _binary(fit: ArchitectureFit) -> tuple[Verdict, str]:
    if fit.sizes[-1] != 2:
        return (
            Verdict.VIOLATED,
            f"the net tells {fit.sizes[-1]} classes apart; the VC dimension speaks of"
            " two, and the growth function of any number",
        )
    return Verdict.CHECKED, ""


_EXAMPLE = ArchitectureFit(errors=600, trials=60_000, sizes=(2, 3, 2))

vc_dimension: Bound[ArchitectureFit] = Bound(
    name="vc-dimension",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h:\; R(h) \le \hat R_S(h) +"
    r" \sqrt{\tfrac8n \bigl(V \ln \tfrac{2 e n}{V} + \ln \tfrac4\delta\bigr)}"
    r" \,\Bigr] \ge 1 - \delta, \quad V = d + \textstyle\sum_i N_i \log_2(8 e \nu"
    r" \log_2(4 e \nu))",
    source=Reference(
        key="bartlett2019nearly",
        where="Theorem 7, with the inequality of Vapnik and Chervonenkis",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(
        IID,
        ZERO_ONE,
        CLASS_FIXED,
        AFFINE_RELU,
        Assumption(
            name="two-classes",
            statement="the net tells two classes apart",
            judge=_binary,
        ),
    ),
    about=About.ORIGINAL,
    formula=lambda fit, delta: _gap(_vc_nats(fit), fit, delta),
    example=_EXAMPLE,
    rises=("errors",),
    falls=("trials",),
    terms=lambda fit, delta: {
        "error rate": fit.errors / fit.trials,
        "VC dimension, at most": shattered(fit.sizes, fit.biases),
        "nats of patterns per row": _vc_nats(fit) / fit.trials,
    },
    uniform=True,
)

growth_function: Bound[ArchitectureFit] = Bound(
    name="growth-function",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h:\; R(h) \le \hat R_S(h) +"
    r" \sqrt{\tfrac8n \bigl(\ln G(2n) + \ln \tfrac4\delta\bigr)} \,\Bigr] \ge 1 -"
    r" \delta, \quad G(n) \le \prod_i 2 \Bigl(\tfrac{2 e n u_i i}{N_i}\Bigr)^{N_i},"
    r" \quad u_i = \eta^{i+1}, u_d = \eta^L - 1",
    source=Reference(
        key="bartlett2019nearly",
        where="the count in the proof of Theorem 7, for several classes",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, ZERO_ONE, CLASS_FIXED, AFFINE_RELU),
    about=About.ORIGINAL,
    formula=lambda fit, delta: _gap(
        log_growth(fit.sizes, 2 * fit.trials, fit.biases), fit, delta
    ),
    example=_EXAMPLE,
    rises=("errors",),
    falls=("trials",),
    terms=lambda fit, delta: {
        "error rate": fit.errors / fit.trials,
        "parameters": float(sum(fit.parameters)),
        "nats of patterns per row": log_growth(fit.sizes, 2 * fit.trials, fit.biases)
        / fit.trials,
    },
    uniform=True,
)

parameter_count: Bound[ArchitectureFit] = Bound(
    name="parameter-count",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h:\; R(h) \le \hat R_S(h) +"
    r" \sqrt{\tfrac{N \ln r + \ln(1/\delta)}{2n}} \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="langford2005tutorial",
        where="Theorem 4.1 with Hoeffding's tail, b bits for each parameter",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(IID, ZERO_ONE, CLASS_FIXED),
    about=About.ORIGINAL,
    formula=_parameter_count,
    example=_EXAMPLE,
    rises=("errors", "precision"),
    falls=("trials",),
    terms=lambda fit, delta: {
        "error rate": fit.errors / fit.trials,
        "parameters": float(sum(fit.parameters)),
        "bits of all parameters": float(_bits(fit)),
        "bits for a gap of 1/2": (fit.trials / 2 + math.log(delta)) / math.log(2),
    },
    uniform=True,
)
