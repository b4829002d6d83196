"""Evidence for bounds around a reference: two layers, or a last layer alone."""

from nonvacuous.bounds.norms import representation_margin, two_layer_units
from nonvacuous.data import Sample
from nonvacuous.evidence import RepresentationFit, TwoLayerFit
from nonvacuous.fits._certified_norms import frobenius
from nonvacuous.fits._margin_grid import MarginCounts, at_best, gammas
from nonvacuous.fits._origin import origin_of
from nonvacuous.fits._reference import check_sizes, constant_in, moved, named
from nonvacuous.fits._sample_norms import activations_norm, matrices, rows_norm
from nonvacuous.nets import Network

__all__ = ["representation_fit", "two_layer_fit"]


def two_layer_fit(
    network: Network,
    sample: Sample,
    *,
    delta: float,
    reference: Network | None = None,
) -> TwoLayerFit:
    """Norms of a net of two layers around a reference, at the best margin.

    Args:
        network: the net.
        sample: the rows.
        delta: probability of being wrong, for the choice of the margin.
        reference: a net of the same sizes that owes nothing to the rows, such as the
            initialisation; without it, zero.

    Returns:
        Evidence for ``two_layer_units``.

    Raises:
        ValueError: if the net has not two layers, or the reference other sizes.
    """
    if len(network.layers) != 2:
        raise ValueError(f"the net must have 2 layers, got {len(network.layers)}")
    constant = constant_in(network, reference)
    difference = moved(network, reference, constant)[0]
    initial = 0.0
    if reference is not None:
        first = Network(layers=reference.layers[:1], double=reference.double)
        initial = activations_norm(first, sample, constant)
    counts = MarginCounts.of(network, sample)
    fit = TwoLayerFit(
        margin_errors=0,
        trials=len(sample),
        margin=1.0,
        output_norm=frobenius(matrices(network, constant)[1]),
        distance=frobenius(difference),
        initial_norm=initial,
        row_norm=rows_norm(network, sample, constant),
        hidden=network.sizes[1] + constant,
        classes=network.sizes[-1],
        reference=named(reference),
        origin=origin_of(sample),
    )
    return at_best(fit, two_layer_units, delta, counts, gammas(counts))


def representation_fit(
    network: Network,
    sample: Sample,
    *,
    delta: float,
    apart: bool,
    reference: Network | None = None,
) -> RepresentationFit:
    """The last layer on hidden layers that were learnt on other rows.

    Args:
        network: the net.
        sample: rows that the hidden layers did not learn from.
        delta: probability of being wrong, for the choice of the margin.
        apart: whether that is so, of the hidden layers and of the reference.
        reference: a net whose last layer the last layer is compared with; without it,
            zero.

    Returns:
        Evidence for ``representation_margin``.

    Raises:
        ValueError: if the reference has other sizes.
    """
    if reference is not None:
        check_sizes(network, reference)
    hidden = network.layers[:-1]
    ours = Network(layers=network.layers[-1:])
    theirs = None if reference is None else Network(layers=reference.layers[-1:])
    constant = constant_in(ours, theirs)
    if hidden:
        below = Network(layers=hidden, double=network.double)
        features = activations_norm(below, sample, constant)
    else:
        features = rows_norm(network, sample, constant)
    counts = MarginCounts.of(network, sample)
    fit = RepresentationFit(
        margin_errors=0,
        trials=len(sample),
        margin=1.0,
        distance=frobenius(moved(ours, theirs, constant)[0]),
        feature_norm=features,
        classes=network.sizes[-1],
        apart=apart,
        reference=named(reference),
        origin=origin_of(sample),
    )
    return at_best(fit, representation_margin, delta, counts, gammas(counts))
