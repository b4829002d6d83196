r"""Sample compression: a predictor that a few rows of its own sample give back.

If a fixed reconstruction turns k rows and a message into the predictor, the other
n - k rows are unseen once the choice of the k rows is paid for: there are
:math:`\binom nk` of them, :math:`2^{-b}` is the weight of a message of b bits, and
:math:`\pi(k) = 6/(\pi^2 (k+1)^2)` that of the size.  Littlestone and Warmuth (1986;
Floyd and Warmuth 1995) ask for no error and give each of n sizes :math:`1/n`.  All are
recalled; the union bounds are two lines each and were checked here.

For losses in [0, 1] the relative entropy needs no :math:`\ln(2\sqrt{n-k})`, which
Bazinet et al. (2025) carry: given the kept rows and the message the predictor is one
point, and Chernoff's bound for one side needs no more than :math:`\ln(1/\delta)`.

A learner for which the order of the kept rows matters puts it into the message, at
`order_bits`.
"""

import math

import numpy as np

from nonvacuous._numerics import up
from nonvacuous.bounds._assumptions import BOUNDED, IID, ZERO_ONE, fixed_before, vouched
from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Loss,
    Reference,
    Verdict,
)
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.selection import log_weight_integer
from nonvacuous.evidence import CompressionSetFit, CompressionSetLosses

__all__ = [
    "littlestone_warmuth",
    "log_choose",
    "order_bits",
    "sample_compression_binomial",
    "sample_compression_consistent",
    "sample_compression_kl",
]

_EXAMPLE = CompressionSetFit(kept=10, trials=1_000, errors=20)
_LOSSES = CompressionSetLosses(kept=10, trials=1_000, mean=0.02)
_CONSISTENT = CompressionSetFit(kept=10, trials=1_000, errors=0)


_TERMS = 2**20
"""Factors of a binomial coefficient that are looked at one by one."""


def log_choose(n: int, k: int) -> float:
    r""":math:`\ln \binom nk`, rounded up.

    Args:
        n: rows to choose from.
        k: rows chosen, ``0 <= k <= n``.

    Returns:
        Nats, at least 0.

    Raises:
        ValueError: if an argument is outside its range.

    >>> round(log_choose(1000, 10), 6)
    53.927997
    """
    if not 0 <= k <= n:
        raise ValueError(f"need 0 <= k <= n, got n={n}, k={k}")
    few = min(k, n - k)
    if few > _TERMS:  # Robbins 1955: 2 pi rounded down
        nats = few * math.log(n / few) - (n - few) * math.log1p(-few / n)
        return nats * (1 + 2.0**-49) + 0.5 * math.log(n / (6.283 * few * (n - few)))
    i = np.arange(1, few + 1, dtype=float)
    # all terms are at least ln 2, and numpy adds them pairwise
    return float(np.log((n - few + i) / i).sum()) * (1 + 2.0**-46)


def order_bits(kept: int) -> int:
    r"""Bits that name an order of the kept rows: :math:`\lceil \log_2 k! \rceil`.

    Args:
        kept: rows kept, at least 0.

    Returns:
        Whole bits, to be added to the message; one too many at worst.

    >>> order_bits(3), order_bits(10)
    (3, 22)
    """
    return math.ceil(math.lgamma(kept + 1) / math.log(2.0) * (1 + 2.0**-48))


def _choice(fit: CompressionSetFit | CompressionSetLosses) -> float:
    """Nats that the kept rows and the message cost, whatever weighs the size."""
    return up(log_choose(fit.trials, fit.kept) + fit.message_bits * _LN2, ulps=2)


_LN2 = math.nextafter(math.log(2.0), 1.0)


def _nats(fit: CompressionSetFit | CompressionSetLosses, delta: float) -> float:
    r""":math:`\ln(\binom nk 2^b / (\pi(k)\, \delta))`, rounded up."""
    return up(_choice(fit) - log_weight_integer(fit.kept) - math.log(delta), ulps=4)


def _uniform_nats(fit: CompressionSetFit, delta: float) -> float:
    r""":math:`\ln(\binom nk 2^b n / \delta)`, rounded up."""
    return up(_choice(fit) + math.log(fit.trials) - math.log(delta), ulps=4)


def _closed(fit: CompressionSetFit, delta: float) -> float:
    return up(_uniform_nats(fit, delta) / (fit.trials - fit.kept), ulps=1)


def _terms(
    fit: CompressionSetFit | CompressionSetLosses, delta: float
) -> dict[str, float]:
    rest = fit.trials - fit.kept
    if isinstance(fit, CompressionSetFit):
        first = {"error rate": fit.errors / rest}
    else:
        first = {"mean loss": fit.mean}
    return {
        **first,
        "rows outside": float(rest),
        "choice of rows, nats per row": log_choose(fit.trials, fit.kept) / rest,
        "message, nats per row": fit.message_bits * math.log(2.0) / rest,
    }


def _no_errors(fit: CompressionSetFit) -> tuple[Verdict, str]:
    if fit.errors:
        return (
            Verdict.VIOLATED,
            f"the predictor errs on {fit.errors} rows outside the kept ones",
        )
    return Verdict.VOUCHED, ""


_RECONSTRUCTION = fixed_before(
    "reconstruction-fixed",
    "the predictor is a deterministic function, fixed before the sample, of the kept"
    " rows as a set and of the message",
    "prior",
)
_OUTSIDE: Assumption[object] = vouched(
    name="counted-outside",
    statement="losses are counted on the rows that were not kept, on all of them",
)
_NO_ERROR: Assumption[CompressionSetFit] = Assumption(
    name="consistent",
    statement="the predictor is right on every row outside the kept ones",
    judge=_no_errors,
)

sample_compression_binomial: Bound[CompressionSetFit] = Bound(
    name="sample-compression-binomial",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall S_k \subset S, b:\;"
    r" R(h_{S_k, b}) \le \overline{\mathrm{Bin}}\Bigl(n - k,"
    r" (n - k) \hat R_{S \setminus S_k}, \tfrac{\delta\, \pi(k)\, 2^{-|b|}}"
    r"{\binom nk}\Bigr) \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="langford2005tutorial",
        where="sample compression theorem, pi(k) for 1/n, with a message",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, _RECONSTRUCTION, _OUTSIDE, ZERO_ONE),
    about=About.ORIGINAL,
    formula=lambda fit, delta: binomial_tail_inverse(
        fit.errors, fit.trials - fit.kept, -_nats(fit, delta)
    ),
    example=_EXAMPLE,
    rises=("errors", "message_bits"),
    terms=_terms,
    uniform=True,
)

sample_compression_kl: Bound[CompressionSetLosses] = Bound(
    name="sample-compression-kl",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall S_k \subset S, b:\;"
    r" R(h_{S_k, b}) \le \mathrm{kl}^{-1}\Bigl(\hat R_{S \setminus S_k},"
    r" \tfrac{1}{n - k} \ln \tfrac{\binom nk 2^{|b|}}{\pi(k)\, \delta}\Bigr)"
    r" \,\Bigr] \ge 1 - \delta",
    source=Reference(
        key="bazinet2025sample",
        where="bound with relative entropy, without its ln(2 sqrt(n - k))",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, _RECONSTRUCTION, _OUTSIDE, BOUNDED),
    about=About.ORIGINAL,
    formula=lambda fit, delta: float(
        kl_inverse(fit.mean, up(_nats(fit, delta) / (fit.trials - fit.kept), ulps=1))
    ),
    example=_LOSSES,
    rises=("mean", "message_bits"),
    terms=_terms,
    uniform=True,
    loss=Loss.UNIT,
)

sample_compression_consistent: Bound[CompressionSetFit] = Bound(
    name="sample-compression-consistent",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall S_k \subset S, b:\;"
    r" \hat R_{S \setminus S_k} > 0 \text{ or } R(h_{S_k, b}) \le 1 -"
    r" \Bigl(\tfrac{\delta\, 2^{-|b|}}{n \binom nk}\Bigr)^{1/(n-k)} \,\Bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="floyd1995sample",
        where="Theorem 6, before 1 - x is replaced by exp(-x)",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, _RECONSTRUCTION, _OUTSIDE, ZERO_ONE, _NO_ERROR),
    about=About.ORIGINAL,
    formula=lambda fit, delta: up(-math.expm1(-_closed(fit, delta)), ulps=4),
    example=_CONSISTENT,
    rises=("message_bits",),
    terms=_terms,
    uniform=True,
)

littlestone_warmuth: Bound[CompressionSetFit] = Bound(
    name="sample-compression-littlestone-warmuth",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall S_k \subset S, b:\;"
    r" \hat R_{S \setminus S_k} > 0 \text{ or } R(h_{S_k, b}) \le"
    r" \tfrac{\ln \binom nk + |b| \ln 2 + \ln(n/\delta)}{n - k} \,\Bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="littlestone1986relating",
        where="bound for consistent compression, with a message",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, _RECONSTRUCTION, _OUTSIDE, ZERO_ONE, _NO_ERROR),
    about=About.ORIGINAL,
    formula=_closed,
    example=_CONSISTENT,
    rises=("message_bits",),
    terms=_terms,
    uniform=True,
)
