"""Edge sensitivities by torch operations, on the device that holds the tensors.

Single precision is what torch is set to multiply with: TF32 where that is allowed.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

__all__ = ["tensor_sensitivities"]

_BLOCK = 256  # points whose sums are held at a time
_GROUP = 8  # points whose ratios are held at a time
_ENTRIES = 1 << 24  # at most in these ratios: 128 MiB in double precision


@torch.no_grad()
def tensor_sensitivities(weight: Tensor, activations: Tensor) -> Tensor:
    """Empirical sensitivities of all edges of a layer, both signs at once.

    What is held beside the result are some rows at a group of points.

    Args:
        weight: (outputs, inputs).
        activations: (samples, inputs), on the same device.

    Returns:
        (outputs, inputs), as :func:`sensitivity.edge_sensitivities` returns it, on that
        device.

    Raises:
        ValueError: if an entry or a neuron's sum is not finite.
    """
    if not (weight.isfinite().all() and activations.isfinite().all()):
        raise ValueError("weight and activations must be finite")
    kind = torch.float32 if activations.dtype == torch.float32 else torch.float64
    found = torch.zeros(weight.shape, dtype=kind, device=weight.device)
    rows = max(1, _ENTRIES // (_GROUP * max(1, weight.shape[1])))
    for points in _blocks(activations, kind):
        for w, out in zip(
            torch.split(weight, rows), torch.split(found, rows), strict=True
        ):
            _update(out, w.to(kind), points)
    return found.clamp_(max=1)


def _blocks(activations: Tensor, kind: torch.dtype) -> Iterator[Tensor]:
    """Points in blocks, no entry negative."""
    parts = (1, -1) if (activations < 0).any() else (1,)
    for block in torch.split(activations, _BLOCK):
        for part in parts:
            yield (part * block.to(kind)).clamp_(min=0)


def _update(out: Tensor, weight: Tensor, points: Tensor) -> None:
    """Raise rows of the result to what is found at these points.

    Raises:
        ValueError: if a sum overflows.
    """
    plus, minus = (_inverse(points @ (s * weight).clamp_(min=0).T) for s in (1, -1))
    magnitude, positive = weight.abs(), weight > 0
    for start in range(0, len(points), _GROUP):
        group = slice(start, start + _GROUP)
        ratios = torch.where(positive, plus[group, :, None], minus[group, :, None])
        ratios *= points[group, None, :]
        found = ratios.amax(0).mul_(magnitude).masked_fill_(weight == 0, 0)
        torch.maximum(out, found, out=out)


def _inverse(sums: Tensor) -> Tensor:
    """1 / sum, and 0 where nothing is active.

    Raises:
        ValueError: if a sum overflows.
    """
    if not sums.isfinite().all():
        raise ValueError("sums of weight times activations must be finite")
    active = sums >= torch.finfo(sums.dtype).tiny
    return torch.where(active, 1 / sums, 0)
