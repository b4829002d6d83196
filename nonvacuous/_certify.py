"""The main job: a trained net and data in, every certificate beside the test error."""

import operator
from collections.abc import Iterable
from typing import Any

from nonvacuous._counting import check_fits
from nonvacuous._inputs import as_sample
from nonvacuous._job import PLAN, Job, Progress
from nonvacuous._numerics import check_delta
from nonvacuous._result import Report
from nonvacuous.bounds import Bound
from nonvacuous.data import Role, check_disjoint
from nonvacuous.nets import read

__all__ = ["PLAN", "Progress", "certify"]


def certify(
    net: Any,
    train: Any = None,
    test: Any = None,
    *,
    delta: float = 0.05,
    bounds: Iterable[str] | None = None,
    seed: int = 0,
    normalize: tuple[float, float] | None = None,
    refuse_duplicates: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Every certificate of a trained net, beside the errors really seen.

    Args:
        net: a torch module of Linear, ReLU, Flatten and Dropout layers, or the path
            of its file.  It comes back unchanged.
        train: the training sample: a pair of arrays or tensors ``x`` (n, ...) float,
            ``y`` (n,) int; or a torch Dataset or DataLoader; or None.
        test: rows that the caller promises never influenced the net, in the same
            forms; or None.
        delta: probability that a row's statement is wrong, in (0, 1).
        bounds: names of theorems to apply; None is all of them.
        seed: of everything random.
        normalize: (mean, std) that the net expects its inputs shifted and scaled by;
            folded into the first layer, so it belongs to the net.
        refuse_duplicates: refuse a test row whose contents are in the training
            sample, instead of counting such rows.
        progress: called with the fraction done and a phrase.

    Returns:
        A report; interrupted from the keyboard, it holds what was done by then.

    Raises:
        ValueError: if delta, a name, the net or the data are not what they must be.
        TypeError: if the net or the data are of a kind that cannot be read.
    """
    check_delta(delta)
    if not (hasattr(seed, "__index__") and 0 <= (seed := operator.index(seed)) < 2**31):
        raise ValueError(f"seed must be an integer in [0, 2^31), got {seed!r}")
    chosen = _chosen(bounds)
    network = read(net)
    if normalize is not None:
        network = network.normalized(*normalize)
    fit = as_sample(train, "train", Role.TRAIN)
    unseen = as_sample(test, "test", Role.HOLDOUT)
    if fit is None and unseen is None:
        raise ValueError("certify needs train or test, got neither")
    samples = [s for s in (fit, unseen) if s is not None]
    classes = max(2, *(int(s.y.max()) + 1 for s in samples))
    for sample in samples:
        check_fits(network, sample.x, int(sample.y.max()) + 1)
    equal = (
        check_disjoint(fit, unseen, refuse_duplicates=refuse_duplicates)
        if fit is not None and unseen is not None
        else 0
    )
    job = Job(
        network=network,
        train=fit,
        test=unseen,
        delta=delta,
        seed=seed,
        classes=classes,
        chosen=chosen,
        progress=progress,
    )
    job.run()
    return job.report(equal)


def _chosen(names: Iterable[str] | None) -> tuple[Bound[Any], ...]:
    known = {b.name: b for b in PLAN}
    wanted = list(known) if names is None else list(names)
    for name in wanted:
        if name not in known:
            raise ValueError(f"bounds must be among {', '.join(known)}, got {name!r}")
    if not wanted:
        raise ValueError("bounds must not be empty")
    return tuple(b for b in PLAN if b.name in wanted)
