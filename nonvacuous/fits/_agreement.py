"""Evidence on how often a compressed net answers as the original does."""

import math
from typing import Any

import numpy as np

from nonvacuous._numerics import up
from nonvacuous.compression import PoissonCoreset
from nonvacuous.compression._tolerance import outputs_of
from nonvacuous.data import Sample
from nonvacuous.evidence import Agreement, ForetoldAgreement
from nonvacuous.fits._origin import origin_of
from nonvacuous.nets import Floats, Network, read

__all__ = ["agreement", "foretold_agreement"]

_CLEAR = 1e-9
"""A gap below this share of the largest output is a tie: more than rounding moves."""


def agreement(net: Any, small: Any, sample: Sample) -> Agreement:
    """Rows on which two nets answer differently; ties of either count as that.

    Args:
        net: the original; anything that :func:`nonvacuous.nets.read` reads.
        small: the compressed net.
        sample: rows that shaped neither.

    Returns:
        Evidence for ``bounds.holdout_agreement``.
    """
    x = sample.x.reshape(len(sample), -1)
    alike = 0
    for start in range(0, len(x), 4096):
        rows = x[start : start + 4096].astype(np.float64)
        answers = [_answers(read(n), rows) for n in (net, small)]
        alike += int(((answers[0] == answers[1]) & (answers[0] >= 0)).sum())
    return Agreement(differing=len(x) - alike, trials=len(x), origin=origin_of(sample))


def foretold_agreement(
    compressor: PoissonCoreset, net: Any, sample: Sample
) -> ForetoldAgreement:
    """What a sample says of nets that the compressor may draw, before any is drawn.

    Args:
        compressor: its seed does not matter.
        net: the original; anything that :func:`nonvacuous.nets.read` reads.
        sample: rows that shaped neither the net nor the compressor.

    Returns:
        Evidence for ``bounds.poisson_coreset``.

    Raises:
        ValueError: if the sample is the one that the probabilities were made from.
    """
    if sample.digest == compressor.rows.digest:
        raise ValueError(
            "sample must not be the rows that the compressor made its probabilities"
            f" from, got {sample.source} again"
        )
    u = compressor.disagreement(net, sample.x)
    mean = min(1.0, up(math.fsum(u.tolist()) / len(u), ulps=2))
    return ForetoldAgreement(mean=mean, trials=len(u), origin=origin_of(sample))


def _answers(network: Network, x: Floats) -> np.ndarray:
    """The class of the largest output of each row, or -1 where there is a tie."""
    outputs = outputs_of(network, x)
    if outputs.shape[1] == 1:
        return np.zeros(len(x), int)
    second, first = np.partition(outputs, -2, axis=1)[:, -2:].T
    clear = first - second > _CLEAR * np.abs(outputs).max(axis=1)
    return np.where(clear, outputs.argmax(axis=1), -1)
