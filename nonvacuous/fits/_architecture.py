"""Evidence for bounds by capacity: errors, and the architecture."""

from nonvacuous._counting import check_fits, count_errors
from nonvacuous.data import Sample
from nonvacuous.evidence import ArchitectureFit
from nonvacuous.fits._origin import origin_of
from nonvacuous.fits._sample_norms import biased
from nonvacuous.nets import Network

__all__ = ["architecture_fit"]


def architecture_fit(network: Network, sample: Sample) -> ArchitectureFit:
    """Errors of a net, and the architecture that it came from.

    Args:
        network: the net.
        sample: the rows.

    Returns:
        Evidence for the bounds of ``nonvacuous.bounds.capacity``.
    """
    check_fits(network, sample.x, int(sample.y.max()) + 1)
    return ArchitectureFit(
        errors=count_errors(network, sample.x, sample.y),
        trials=len(sample),
        sizes=network.sizes,
        biases=biased(network),
        precision=64 if network.double else 32,
        origin=origin_of(sample),
    )
