r"""Point masses on coded nets: Occam by kl, and the compression bounds as published.

A posterior that is one net of weight P(h) has relative entropy :math:`\ln 1/P(h)`.
Zhou et al. (2019) and Lotfi et al. (2022) put it into Catoni's bound on a grid.  For
one net at a time a union bound needs neither grid nor constant, so with equal weights

    binomial tail <= inverse of kl <= Catoni on a grid :

the inverse of kl is the infimum over all temperatures, the grid has one of them and
pays for it, and Chernoff's bound on the binomial tail is the inverse of kl.  The latter
also holds for losses in [0, 1], the binomial tail for errors only.

A code that is not prefix-free names at most 2^l nets by l bits.  The weight of a length
l >= 1 is :math:`6/(\pi^2 l^2)`, so that a net costs :math:`l \ln 2 + 2 \ln l +
\ln(\pi^2/6)` nats: Lotfi's formula and the half nat that makes the weights sum to 1.
"""

import math

from nonvacuous._numerics import rate_up, up
from nonvacuous.bounds._assumptions import (
    BOUNDED,
    CODE_FIXED,
    IID,
    PREFIX_CODE,
    ZERO_ONE,
    vouched,
)
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
from nonvacuous.bounds.occam import code_terms, log_budget
from nonvacuous.bounds.pac_bayes._assumptions import CODE_BEFORE_ROWS
from nonvacuous.bounds.pac_bayes._catoni import catoni_grid_upper
from nonvacuous.evidence import CodedFit, CodedLoss

__all__ = [
    "occam_catoni_grid",
    "occam_kl",
    "occam_kl_bounded",
    "pruned_code_bits",
    "universal_binomial",
    "universal_catoni_grid",
    "universal_nats",
]

_EXAMPLE = CodedFit(errors=2_400, trials=60_000, bits=5_000)

ONE_TO_ONE: Assumption[CodedFit] = vouched(
    name="one-to-one-code",
    statement="no string of bits names two nets; a decoder may look at the length",
)


def pruned_code_bits(
    kept: int, levels: int, support_bits: int, codebook_bits: int
) -> int:
    r"""Bits of a pruned and quantised net: positions, codebook, and one index a weight.

    .. math:: k \lceil \log_2 r \rceil + |S|_c + |C|_c

    Zhou et al. (2019), Theorem 4.3 (recalled), for a posterior that is one net.

    Args:
        kept: weights that are kept, k.
        levels: values in the codebook, r.
        support_bits: bits that name the positions of the kept weights.
        codebook_bits: bits that name the codebook.

    Returns:
        Whole bits.

    Raises:
        ValueError: if a count is negative, or weights are kept without a level.

    >>> pruned_code_bits(1000, 16, 5000, 256)
    9256
    """
    if min(kept, levels, support_bits, codebook_bits) < 0 or (kept and not levels):
        raise ValueError(
            f"counts must be at least 0, and levels at least 1, got kept={kept},"
            f" levels={levels}, support_bits={support_bits},"
            f" codebook_bits={codebook_bits}"
        )
    return kept * max(levels - 1, 0).bit_length() + support_bits + codebook_bits


def universal_nats(bits: int) -> float:
    r""":math:`l \ln 2 + 2 \ln l + \ln(\pi^2/6)`, rounded up: a net of l bits.

    Args:
        bits: length l of its code, at least 1; no string names two nets.

    Returns:
        Nats, minus the logarithm of the net's weight.

    Raises:
        ValueError: if `bits` is below 1.

    >>> round(universal_nats(4800), 6)
    3344.556909
    """
    if bits < 1:
        raise ValueError(f"bits must be at least 1, got {bits}")
    log_weight = 2 * math.log(bits) + math.log(math.pi**2 / 6)
    return up(bits * math.log(2.0) + log_weight, ulps=6)


def _prefix_nats(fit: CodedFit | CodedLoss) -> float:
    return up(fit.bits * math.log(2.0), ulps=2)


def _per_row(fit: CodedFit | CodedLoss, delta: float) -> float:
    return up(-log_budget(fit.bits, delta) / fit.trials, ulps=1)


occam_kl: Bound[CodedFit] = Bound(
    name="occam-kl",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall h:\; R(h) \le"
    r" \mathrm{kl}^{-1}\bigl(\hat R_S(h), \tfrac{|h| \ln 2 + \ln(1/\delta)}{n}\bigr)"
    r" \,\bigr] \ge 1 - \delta",
    source=Reference(
        key="langford2005tutorial",
        where="Theorem 4.1 with Chernoff's tail",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(IID, CODE_FIXED, PREFIX_CODE, ZERO_ONE),
    about=About.COMPRESSED,
    formula=lambda fit, delta: kl_inverse(
        rate_up(fit.errors, fit.trials), _per_row(fit, delta)
    ),
    example=_EXAMPLE,
    rises=("errors", "bits"),
    falls=("trials",),
    terms=code_terms,
    uniform=True,
)

occam_kl_bounded: Bound[CodedLoss] = Bound(
    name="occam-kl-bounded",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall h:\; R(h) \le"
    r" \mathrm{kl}^{-1}\bigl(\hat R_S(h), \tfrac{|h| \ln 2 + \ln(1/\delta)}{n}\bigr)"
    r" \,\bigr] \ge 1 - \delta, \quad \ell \in [0, 1]",
    source=Reference(
        key="hoeffding1963probability",
        where="Theorem 1, its first inequality, and a union bound",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, CODE_BEFORE_ROWS, BOUNDED),
    about=About.COMPRESSED,
    loss=Loss.UNIT,
    formula=lambda fit, delta: kl_inverse(fit.empirical, _per_row(fit, delta)),
    example=CodedLoss(empirical=0.04, trials=60_000, bits=5_000),
    rises=("empirical", "bits"),
    falls=("trials",),
    terms=lambda fit, delta: {
        "empirical risk": fit.empirical,
        "code, nats per row": fit.bits * math.log(2.0) / fit.trials,
    },
    uniform=True,
)

occam_catoni_grid: Bound[CodedFit] = Bound(
    name="occam-catoni-grid",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h\; \forall \lambda > 1:\; R(h) \le"
    r" \Phi_{\lambda/n}^{-1}\bigl(\hat R_S(h) + \tfrac\alpha\lambda (|h| \ln 2 +"
    r" \ln\tfrac1\delta + 2 \ln\tfrac{\ln(\alpha^2\lambda)}{\ln\alpha})\bigr)"
    r" \,\Bigr] \ge 1 - \delta, \quad \alpha = 1.0001",
    source=Reference(
        key="zhou2019nonvacuous",
        where="Theorems 4.1 and 4.3 for one net and a prefix code",
        fidelity=Fidelity.SPECIALIZED,
    ),
    assumptions=(IID, CODE_FIXED, PREFIX_CODE, ZERO_ONE),
    about=About.COMPRESSED,
    formula=lambda fit, delta: catoni_grid_upper(
        rate_up(fit.errors, fit.trials), _prefix_nats(fit), fit.trials, delta
    ),
    example=_EXAMPLE,
    rises=("errors", "bits"),
    falls=("trials",),
    terms=code_terms,
    uniform=True,
)

universal_catoni_grid: Bound[CodedFit] = Bound(
    name="universal-catoni-grid",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h\; \forall \lambda > 1:\; R(h) \le"
    r" \Phi_{\lambda/n}^{-1}\bigl(\hat R_S(h) + \tfrac\alpha\lambda (l \ln 2 + 2 \ln l"
    r" + \ln\tfrac{\pi^2}{6} + \ln\tfrac1\delta +"
    r" 2 \ln\tfrac{\ln(\alpha^2\lambda)}{\ln\alpha})\bigr)"
    r" \,\Bigr] \ge 1 - \delta, \quad l = |h| \ge 1, \quad \alpha = 1.0001",
    source=Reference(
        key="lotfi2022pac",
        where="the universal prior, with the constant that makes it a prior",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, CODE_FIXED, ONE_TO_ONE, ZERO_ONE),
    about=About.COMPRESSED,
    formula=lambda fit, delta: catoni_grid_upper(
        rate_up(fit.errors, fit.trials), universal_nats(fit.bits), fit.trials, delta
    ),
    example=_EXAMPLE,
    rises=("errors", "bits"),
    falls=("trials",),
    terms=code_terms,
    uniform=True,
)

universal_binomial: Bound[CodedFit] = Bound(
    name="universal-binomial",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall h:\; R(h) \le"
    r" \overline{\mathrm{Bin}}(n, n \hat R_S(h), \tfrac{6 \delta}{\pi^2 l^2} 2^{-l})"
    r" \,\bigr] \ge 1 - \delta, \quad l = |h| \ge 1",
    source=Reference(
        key="lotfi2022pac",
        where="the universal prior, with a binomial tail instead of Catoni's bound",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, CODE_FIXED, ONE_TO_ONE, ZERO_ONE),
    about=About.COMPRESSED,
    formula=lambda fit, delta: binomial_tail_inverse(
        fit.errors,
        fit.trials,
        -up(universal_nats(fit.bits) - math.log(delta), ulps=3),
    ),
    example=_EXAMPLE,
    rises=("errors", "bits"),
    falls=("trials",),
    terms=code_terms,
    uniform=True,
)
