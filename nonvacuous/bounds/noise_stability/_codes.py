"""What it costs to write down each layer of the compressed net."""

import math
from dataclasses import dataclass

from nonvacuous._projections import sign_count
from nonvacuous.bounds.noise_stability._sizes import accuracies
from nonvacuous.bounds.selection import log_weight_integer
from nonvacuous.evidence import CushionFit

__all__ = ["LayerCode", "layer_codes"]

_ROUNDING = 1 / 32
"""Share of a layer's error that quantised coefficients may make: 5 bits for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCode:
    """How one layer is written: coefficients of sign matrices, or its entries.

    ``reach`` is the largest coefficient in units of the weight's Frobenius norm.
    """

    projected: bool
    count: int
    bits: int
    reach: float
    nats: float


def layer_codes(fit: CushionFit) -> tuple[LayerCode, ...]:
    """The shorter code of each layer that keeps to its accuracy.

    Args:
        fit: cushions, all above 0.

    Returns:
        One code for each layer.

    Raises:
        ValueError: if a cushion is 0, or as good as 0, or the contraction infinite.
    """
    wanted = accuracies(
        fit.layer_cushions,
        fit.onward_cushions,
        contraction=fit.contraction,
        epsilon=2.0**-fit.grid_index,
    )
    if not min(wanted) > 1e-280:  # one over it, times a layer's size, is a float
        raise ValueError("layer_codes needs cushions above 0 and a finite contraction")
    depth, widest = len(wanted), max(fit.widths)
    events = fit.seeds * fit.trials * depth**2 * widest
    eta = fit.projection_delta * math.exp(log_weight_integer(fit.grid_index)) / events
    return tuple(
        min(_direct(size, a), _projected(size, a, eta), key=lambda code: code.nats)
        for a, size in zip(
            wanted,
            (a * b for a, b in zip(fit.widths, fit.widths[1:], strict=False)),
            strict=True,
        )
    )


def _direct(size: int, accuracy: float) -> LayerCode:
    """The entries themselves, each at most the weight's norm."""
    bits = _bits(math.sqrt(size) / accuracy)
    nats = size * bits * math.log(2.0) - log_weight_integer(bits - 1)
    return LayerCode(projected=False, count=size, bits=bits, reach=1.0, nats=nats)


def _projected(size: int, accuracy: float, eta: float) -> LayerCode:
    """Coefficients of sign matrices; more than entries there are is never shorter."""
    bits = _bits(size / (accuracy * _ROUNDING))
    count, share = size, accuracy * (1 - _ROUNDING)
    # sign_count is at least 4 ln(2 / eta) / share^2
    if eta > 0 and math.log(2) - math.log(eta) < size * share**2 / 4:
        count = sign_count(share, eta)
        nats = count * bits * math.log(2.0)
        nats -= log_weight_integer(bits - 1) + log_weight_integer(count - 1)
    else:
        nats = math.inf
    reach = math.sqrt(size)
    return LayerCode(projected=True, count=count, bits=bits, reach=reach, nats=nats)


def _bits(quotient: float) -> int:
    """The least b with 2^b >= quotient + 3."""
    return math.ceil(math.log2((quotient + 3) * (1 + 1e-12)))
