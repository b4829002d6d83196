r"""Occam's bound when the training rows are too many to evaluate: a few are drawn.

A net h is trained on n rows; n' of them are drawn at random, apart from h, and its loss
is measured there.  With :math:`s = n'/(n' + n)`, the few rows bound the loss on all n
except with probability :math:`(1 - s)\delta` (given the sample and the net: Hoeffding
1963, with or without replacement), and Occam's bound on the n rows fails with
probability :math:`s\delta`.  Lotfi et al. (2024, recalled) add two Hoeffding terms; two
inverses of kl are below that (derived).  For a loss of range Delta multiply the terms.
"""

import math

from nonvacuous._numerics import check_delta, up
from nonvacuous.bounds._assumptions import BOUNDED, IID, vouched
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Loss,
    Reference,
)
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.pac_bayes._assumptions import CODE_BEFORE_ROWS
from nonvacuous.evidence import SubsampledFit

__all__ = [
    "occam_subsampled_hoeffding",
    "occam_subsampled_kl",
    "smoothed_range",
    "subsampled_deviation",
]

_EXAMPLE = SubsampledFit(empirical=0.3, drawn=10_000, trials=1_000_000, bits=60_000)

DRAWN_APART: Assumption[SubsampledFit] = vouched(
    name="drawn-apart",
    statement="the rows looked at were drawn uniformly from the sample, independently"
    " of the net, and no other draw was tried",
)


def smoothed_range(alpha: float, vocabulary: int) -> float:
    r""":math:`\log_2(1 + (1 - \alpha)V/\alpha)`, rounded up: bits of a smoothed net.

    Its probabilities are :math:`(1-\alpha)p + \alpha/V`, so that its loss in bits spans
    at most this.  An alpha chosen on the sample is part of the code.

    Args:
        alpha: share of the uniform law, in (0, 1].
        vocabulary: V, symbols, at least 1.

    Returns:
        Bits.

    Raises:
        ValueError: if an argument is outside its range.

    >>> smoothed_range(0.5, 7)
    3.0000000000000...
    """
    if not (0 < alpha <= 1 and vocabulary >= 1):
        raise ValueError(
            f"need 0 < alpha <= 1 and vocabulary >= 1, got alpha={alpha},"
            f" vocabulary={vocabulary}"
        )
    return up(math.log1p((1 - alpha) * vocabulary / alpha) / math.log(2), ulps=4)


def _split(nats: float, n: int, drawn: int, delta: float) -> tuple[float, float]:
    """Nats per row of the n rows and of the drawn ones, rounded up."""
    check_delta(delta)
    log_total = math.log(drawn + n)
    all_rows = nats + (log_total - math.log(drawn) - math.log(delta))
    few_rows = log_total - math.log(n) - math.log(delta)
    slack = 2.0**-48 * (log_total - math.log(delta))
    return up((all_rows + slack) / n, ulps=4), up((few_rows + slack) / drawn, ulps=4)


def subsampled_deviation(nats: float, n: int, drawn: int, delta: float) -> float:
    r"""What Lotfi et al. (2024) add to the loss on the rows drawn, for range 1.

    .. math:: \sqrt{\frac{\ln(1/P(h)) + \ln(1/(s\delta))}{2n}} +
              \sqrt{\frac{\ln(1/((1-s)\delta))}{2n'}}, \qquad s = \frac{n'}{n' + n}

    Args:
        nats: ln 1/P(h), the code in nats.
        n: rows of the sample.
        drawn: n', rows drawn from it.
        delta: probability of being wrong, in (0, 1).

    Returns:
        The deviation, rounded up.

    Raises:
        ValueError: if `delta` is not in (0, 1).

    >>> round(10 * subsampled_deviation(5e4, 10**6, 10**4, 0.05), 9)
    1.703849592
    """
    all_rows, few_rows = _split(nats, n, drawn, delta)
    return up(math.sqrt(all_rows / 2) + math.sqrt(few_rows / 2), ulps=4)


def _nats(fit: SubsampledFit) -> float:
    return up(fit.bits * math.log(2.0), ulps=2)


def _hoeffding(fit: SubsampledFit, delta: float) -> float:
    gap = subsampled_deviation(_nats(fit), fit.trials, fit.drawn, delta)
    return up(fit.empirical + gap, ulps=1)


def _kl(fit: SubsampledFit, delta: float) -> float:
    all_rows, few_rows = _split(_nats(fit), fit.trials, fit.drawn, delta)
    return kl_inverse(kl_inverse(fit.empirical, few_rows), all_rows)


def _terms(fit: SubsampledFit, delta: float) -> dict[str, float]:
    all_rows, few_rows = _split(_nats(fit), fit.trials, fit.drawn, delta)
    return {
        "loss on the rows drawn": fit.empirical,
        "nats per row drawn": few_rows,
        "nats per row": all_rows,
    }


occam_subsampled_hoeffding: Bound[SubsampledFit] = Bound(
    name="occam-subsampled-hoeffding",
    statement=r"\Pr\Bigl[\, R(h) \le \hat R_{S'}(h) +"
    r" \sqrt{\tfrac{|h| \ln 2 + \ln(1/(s\delta))}{2n}} +"
    r" \sqrt{\tfrac{\ln(1/((1-s)\delta))}{2n'}} \,\Bigr] \ge 1 - \delta,"
    r" \quad s = \tfrac{n'}{n' + n}",
    source=Reference(
        key="lotfi2024nonvacuous",
        where="the bound for a subsample, range 1 and a prefix code",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(IID, CODE_BEFORE_ROWS, DRAWN_APART, BOUNDED),
    about=About.COMPRESSED,
    loss=Loss.UNIT,
    formula=_hoeffding,
    example=_EXAMPLE,
    rises=("empirical", "bits"),
    terms=_terms,
)

occam_subsampled_kl: Bound[SubsampledFit] = Bound(
    name="occam-subsampled-kl",
    statement=r"\Pr\Bigl[\, R(h) \le \mathrm{kl}^{-1}\bigl(\mathrm{kl}^{-1}"
    r"(\hat R_{S'}(h), \tfrac{\ln(1/((1-s)\delta))}{n'}),"
    r" \tfrac{|h| \ln 2 + \ln(1/(s\delta))}{n}\bigr) \,\Bigr] \ge 1 - \delta,"
    r" \quad s = \tfrac{n'}{n' + n}",
    source=Reference(
        key="lotfi2024nonvacuous",
        where="the bound for a subsample, with inverses of kl",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, CODE_BEFORE_ROWS, DRAWN_APART, BOUNDED),
    about=About.COMPRESSED,
    loss=Loss.UNIT,
    formula=_kl,
    example=_EXAMPLE,
    rises=("empirical", "bits"),
    terms=_terms,
)
