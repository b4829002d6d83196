"""Evidence for bounds by one norm of the whole net, or by spectral norms.

The theorems hold for all margins at once or on a grid that their formula pays for, so
that the search for the margin is free.
"""

import math

from nonvacuous.bounds import Bound
from nonvacuous.bounds.norms import (
    frobenius_margin,
    path_margin,
    row_sum_margin,
    spectral_margin,
    spectral_pac_bayes,
)
from nonvacuous.data import Sample
from nonvacuous.evidence import NormFit, PerturbationFit, SpectralFit
from nonvacuous.fits._certified_norms import (
    frobenius,
    path,
    row_sums,
    spectral,
    sum_of_rows,
)
from nonvacuous.fits._margin_grid import MarginCounts, at_best, gammas
from nonvacuous.fits._origin import origin_of
from nonvacuous.fits._reference import constant_in, moved, named
from nonvacuous.fits._sample_norms import (
    UP,
    biased,
    columns_norm,
    largest_row,
    matrices,
    rows_norm,
)
from nonvacuous.nets import Network

__all__ = [
    "frobenius_fit",
    "path_fit",
    "perturbation_fit",
    "row_sum_fit",
    "spectral_fit",
]


def frobenius_fit(
    network: Network,
    sample: Sample,
    *,
    delta: float,
    bound: Bound[NormFit] = frobenius_margin,
) -> NormFit:
    """The product of the layers' Frobenius norms, at the best margin.

    Args:
        network: the net.
        sample: the rows.
        delta: probability of being wrong, for the choice of the margin.
        bound: the theorem that chooses the margin.

    Returns:
        Evidence for ``frobenius_margin`` and ``golowich_margin``.
    """
    constant = biased(network)
    norm = math.prod(frobenius(w) for w in matrices(network, constant)) * UP
    row_norm = rows_norm(network, sample, constant)
    return _norm_fit(network, sample, delta, bound, "frobenius", norm, row_norm)


def path_fit(network: Network, sample: Sample, *, delta: float) -> NormFit:
    """The sum over paths of the products of absolute weights, at the best margin.

    Args:
        network: the net.
        sample: the rows.
        delta: probability of being wrong, for the choice of the margin.

    Returns:
        Evidence for ``path_margin``.
    """
    constant = biased(network)
    norm = path(matrices(network, constant))
    columns = columns_norm(network, sample, constant)
    return _norm_fit(network, sample, delta, path_margin, "path", norm, columns)


def row_sum_fit(network: Network, sample: Sample, *, delta: float) -> NormFit:
    """The product of hidden layers' largest row sums and all sums of the last layer.

    Args:
        network: the net.
        sample: the rows.
        delta: probability of being wrong, for the choice of the margin.

    Returns:
        Evidence for ``row_sum_margin``; its norm is at least the path norm.
    """
    constant = biased(network)
    *hidden, last = [row_sums(w) for w in matrices(network, constant)]
    norm = math.prod(float(s.max()) for s in hidden) * float(last.sum())
    norm *= UP * (1 + len(last) * 2.0**-52)
    columns = columns_norm(network, sample, constant)
    return _norm_fit(network, sample, delta, row_sum_margin, "row-sums", norm, columns)


def _norm_fit(
    network: Network,
    sample: Sample,
    delta: float,
    bound: Bound[NormFit],
    kind: str,
    norm: float,
    row_norm: float,
) -> NormFit:
    counts = MarginCounts.of(network, sample)
    fit = NormFit(
        margin_errors=0,
        trials=len(sample),
        margin=1.0,
        kind=kind,
        norm=norm,
        row_norm=row_norm,
        layers=len(network.layers),
        classes=network.sizes[-1],
        inputs=network.sizes[0] + biased(network),
        origin=origin_of(sample),
    )
    unit = norm if 0 < norm < math.inf else 1.0
    return at_best(fit, bound, delta, counts, gammas(counts, unit=unit, steps=1))


def spectral_fit(
    network: Network,
    sample: Sample,
    *,
    delta: float,
    reference: Network | None = None,
    bound: Bound[SpectralFit] = spectral_margin,
) -> SpectralFit:
    """Spectral norms and distances to the reference, at the best margin.

    Args:
        network: the net.
        sample: the rows.
        delta: probability of being wrong, for the choice of the margin.
        reference: a net of the same sizes that owes nothing to the rows, such as the
            initialisation; without it, zero.
        bound: the theorem that chooses the margin.

    Returns:
        Evidence for the bounds of ``nonvacuous.bounds.norms.spectral``.

    Raises:
        ValueError: if the reference has other sizes.
    """
    constant = constant_in(network, reference)
    differences = moved(network, reference, constant)
    norms = tuple(spectral(w) for w in matrices(network, constant))
    counts = MarginCounts.of(network, sample)
    fit = SpectralFit(
        margin_errors=0,
        trials=len(sample),
        margin=1.0,
        spectral=norms,
        distances=tuple(sum_of_rows(d) for d in differences),
        row_norm=rows_norm(network, sample, constant),
        width=max(network.sizes) + constant,
        reference=named(reference),
        origin=origin_of(sample),
    )
    product = math.prod(norms) * UP
    unit = product if 0 < product < math.inf else 1.0
    return at_best(
        fit, bound, delta, counts, (*gammas(counts), *gammas(counts, unit=unit))
    )


def perturbation_fit(
    network: Network,
    sample: Sample,
    *,
    delta: float,
    radius: float | None = None,
) -> PerturbationFit:
    """Spectral norms, stable ranks and the radius of the domain, at the best margin.

    Args:
        network: the net.
        sample: the rows.
        delta: probability of being wrong, for the choice of the margin.
        radius: Euclidean norm that no input that can occur exceeds, such as 28 for
            784 pixels in [0, 1]; without it the sample's own is recorded, which the
            theorem refuses.

    Returns:
        Evidence for ``spectral_pac_bayes``.

    Raises:
        ValueError: if a row lies outside the radius.
    """
    constant = biased(network)
    seen = largest_row(sample)
    if radius is not None and not seen <= radius < math.inf:
        raise ValueError(
            f"radius must be finite and at least {seen}, the norm of a row, got"
            f" {radius}"
        )
    # the product of both fields rises in each spectral norm, so that rounding the same
    # norms up in both keeps the product above
    norms = [(spectral(w), frobenius(w)) for w in matrices(network, constant)]
    counts = MarginCounts.of(network, sample)
    fit = PerturbationFit(
        margin_errors=0,
        trials=len(sample),
        margin=1.0,
        spectral=math.prod(s for s, _ in norms) * UP,
        stable_ranks=sum((f / s) ** 2 if s > 0 else 1.0 for s, f in norms) * UP,
        radius=math.hypot(seen if radius is None else radius, constant) * UP,
        domain=radius is not None,
        layers=len(norms),
        width=max(network.sizes) + constant,
        origin=origin_of(sample),
    )
    return at_best(fit, spectral_pac_bayes, delta, counts, gammas(counts))
