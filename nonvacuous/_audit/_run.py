"""The audit of a net: measure, judge, compare."""

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nonvacuous._audit._arora import arora_findings, audit_arora
from nonvacuous._audit._corenet import CoreNetAudit, Settings, audit_corenet
from nonvacuous._audit._findings import Finding
from nonvacuous._audit._norms import audit_norms, norm_findings
from nonvacuous._audit._result import Audit
from nonvacuous._audit._verdicts import (
    corenet_findings,
    support_finding,
    unseen_finding,
)
from nonvacuous._counting import check_fits
from nonvacuous._inputs import as_sample
from nonvacuous._numerics import check_delta
from nonvacuous._sizes import support_size
from nonvacuous.compression._statistics import architecture
from nonvacuous.data import Role, check_disjoint
from nonvacuous.nets import read

__all__ = ["audit"]


def audit(
    net: Any,
    train: Any = None,
    test: Any = None,
    *,
    delta: float = 0.05,
    keeps: Sequence[float] = (0.1, 0.3, 0.5, 0.8),
    epsilons: Sequence[float] = (0.5,),
    draws: int = 20,
    seed: int = 0,
    normalize: tuple[float, float] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Audit:
    """Do theorems' parameters and assumptions hold on this net and these data?

    CoreNet's are judged on rows kept from training, if there are any, and Arora et
    al.'s on the training sample, likewise.

    Args:
        net: as :func:`nonvacuous.certify` takes it.
        train: the training sample, likewise, or None.
        test: rows that never influenced the net, likewise, or None.
        delta: failure probability of CoreNet's theorem, in (0, 1); each interval and
            each edge's verdict is wrong with probability `delta`, on its own.
        keeps: budgets to sample nets at, shares in (0, 1].
        epsilons: errors in (0, 1) to ask the theorem for; the first sizes m, and at
            budgets tells failures.
        draws: nets to sample at each of them.
        seed: of everything random.
        normalize: (mean, std) that the net expects its inputs shifted and scaled by.
        progress: called with the fraction done and a phrase.

    Returns:
        Verdicts, and what they were made of.

    Raises:
        ValueError: if an argument, the net or the data are not what they must be.
        TypeError: if the net or the data are of a kind that cannot be read.
    """
    check_delta(delta)
    if not (hasattr(seed, "__index__") and 0 <= (seed := operator.index(seed)) < 2**31):
        raise ValueError(f"seed must be an integer in [0, 2^31), got {seed!r}")
    settings = Settings(
        keeps=tuple(keeps),
        epsilons=tuple(epsilons),
        draws=draws,
        delta=delta,
        seed=seed,
    )
    network = read(net)
    if normalize is not None:
        network = network.normalized(*normalize)
    fit = as_sample(train, "train", Role.TRAIN)
    unseen = as_sample(test, "test", Role.HOLDOUT)
    rows, own = unseen or fit, fit or unseen
    if rows is None or own is None:
        raise ValueError("audit needs train or test, got neither")
    for sample in (rows, own):
        check_fits(network, sample.x, int(sample.y.max()) + 1)
    both = fit is not None and unseen is not None
    equal = check_disjoint(own, rows) if both else 0
    say = progress or (lambda fraction, phrase: None)

    signed = bool((rows.x < 0).any())
    neurons, widest = architecture(network)
    support = support_size(
        delta / 2 if signed else delta, neurons=neurons, widest=widest
    )
    corenet: CoreNetAudit | None = None
    if len(rows) >= support + 2:
        corenet = audit_corenet(
            network, rows, settings, lambda done, phrase: say(0.7 * done, phrase)
        )
    say(0.7, "measuring cushions")
    arora = audit_arora(network, own, delta=delta, seed=seed)
    say(0.97, "measuring norms")
    norms = audit_norms(network, own)

    def findings() -> Iterator[Finding]:
        yield unseen_finding(rows, fit if both else None, equal)
        yield support_finding(support, len(rows))
        if corenet is not None:
            yield from corenet_findings(network, rows, corenet)
        yield from arora_findings(arora)
        yield from norm_findings(norms)

    say(1.0, "done")
    return Audit(
        net={"layers": list(network.sizes), "parameters": network.parameters},
        data={
            "source": rows.source,
            "role": str(rows.role),
            "rows": len(rows),
            "train_rows": None if fit is None else len(fit),
        },
        delta=delta,
        seed=seed,
        findings=tuple(findings()),
        corenet=corenet,
        arora=arora,
        norms=norms,
    )
