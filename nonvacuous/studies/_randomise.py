r"""The samples of the randomisation test of Zhang et al. 2017.

Nets of one kind are trained, in one way, on true labels, on labels of which some or
all are random, on pixels in another order, and on pixels that are noise.  A net that
fits random labels has a risk of 1 - 1/classes on them, and any certificate for it must
be at least that.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nonvacuous.data import Sample

__all__ = ["Randomisation", "randomise"]

_STREAM = 0x72616E646F6D  # "random"


class Randomisation(StrEnum):
    """What is made random."""

    NONE = "true labels"
    SOME_LABELS = "partly corrupted labels"
    LABELS = "random labels"
    SHUFFLED_PIXELS = "shuffled pixels"
    PIXELS = "random pixels"
    GAUSSIAN = "gaussian pixels"


def randomise(
    sample: Sample, kind: Randomisation, fraction: float | None = None, seed: int = 0
) -> Sample:
    """A sample with labels or pixels made random, whose source says so.

    - ``NONE``: the sample as it is.
    - ``SOME_LABELS``: each label, with probability `fraction`, becomes one of all the
      classes at random (its own among them).
    - ``LABELS``: all of them do.
    - ``SHUFFLED_PIXELS``: one random order of the features for all rows; the same for
      each sample of as many features with the same seed.
    - ``PIXELS``: another random order for each row.
    - ``GAUSSIAN``: every feature is drawn from a normal distribution with the mean and
      the variance of all features of the sample.

    Classes are 0 to the largest label of the sample.

    Args:
        sample: the rows; features are permuted as single numbers, colours apart.
        kind: what is made random.
        fraction: in [0, 1], for ``SOME_LABELS`` and no other.
        seed: at least 0.

    Returns:
        A sample of the same role and row numbers; its source is that of `sample` with
        what was done to it, unless nothing was.

    Raises:
        ValueError: if `fraction` is missing, out of range, or given where it means
            nothing.

    Source: Zhang et al. 2017, recalled.
    """
    if kind is Randomisation.SOME_LABELS:
        if fraction is None or not 0 <= fraction <= 1:
            raise ValueError(f"fraction must lie in [0, 1], got {fraction}")
    elif fraction is not None:
        raise ValueError(f"fraction must be left out for {kind}, got {fraction}")
    if kind is Randomisation.NONE:
        return sample
    draw = np.random.Generator(np.random.Philox(key=[seed, _STREAM]))
    x, y = sample.x, sample.y
    if kind in (Randomisation.SOME_LABELS, Randomisation.LABELS):
        y = _labels(y, 1.0 if fraction is None else fraction, draw)
    else:
        x = _pixels(x, kind, draw)
    share = "" if fraction is None else f" {fraction:g}"
    return Sample(
        x=x,
        y=y,
        role=sample.role,
        source=f"{sample.source}; {kind.value}{share}, seed {seed}",
        index=sample.index,
    )


def _labels(
    y: NDArray[np.int64], fraction: float, draw: np.random.Generator
) -> NDArray[np.int64]:
    corrupted = draw.random(len(y)) < fraction
    return np.where(corrupted, draw.integers(int(y.max()) + 1, size=len(y)), y)


def _pixels(
    x: NDArray[np.floating], kind: Randomisation, draw: np.random.Generator
) -> NDArray[np.floating]:
    flat = x.reshape(len(x), -1)
    if kind is Randomisation.SHUFFLED_PIXELS:
        flat = flat[:, draw.permutation(flat.shape[1])]
    elif kind is Randomisation.PIXELS:
        flat = draw.permuted(flat, axis=1)
    else:
        mean, std = flat.mean(dtype=np.float64), flat.std(dtype=np.float64)
        flat = draw.normal(mean, std, size=flat.shape).astype(x.dtype)
    return flat.reshape(x.shape)
