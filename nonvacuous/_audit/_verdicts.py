"""Verdicts on what CoreNet's theorem assumes, made of what was measured."""

from collections.abc import Iterator, Sequence

from nonvacuous._audit._corenet import CoreNetAudit, LayerAudit
from nonvacuous._audit._findings import Finding, Share, Standing, leaning
from nonvacuous.bounds._bound import percent, plain
from nonvacuous.data import Role, Sample
from nonvacuous.nets import Network

__all__ = ["corenet_findings", "support_finding", "unseen_finding"]

THEOREM = "corenet-generalization"
COMPRESSORS = ("corenet, corenet-plus and corenet-plus-plus in theory mode",)


def unseen_finding(sample: Sample, trained: Sample | None, equal: int) -> Finding:
    """Whether the net was made without the rows."""
    if sample.role is not Role.HOLDOUT:
        verdict = Standing.FAILS
        why = f"the net was trained on {sample.source}: give rows kept from training"
    else:
        verdict = Standing.UNKNOWN
        why = f"{len(sample):,} rows of {sample.source}, by the caller's word"
        if trained is not None:
            why += f"; {equal:,} of them have the contents of a training row"
    return Finding(
        name="rows-kept-from-training",
        statement="the net does not depend on the rows of P",
        verdict=verdict,
        sentence=why,
        numbers={"rows": len(sample), "equal to a training row": equal},
        theorems=leaning("rows-kept-from-training", *leaning("unseen"), *COMPRESSORS),
    )


def support_finding(support: int, rows: int) -> Finding:
    """Whether there are as many rows as S takes."""
    enough = rows >= support + 2
    return Finding(
        name="support-size",
        statement="P holds |S| = ceil(C ln(8 eta eta*/delta)) rows",
        verdict=Standing.HOLDS if enough else Standing.FAILS,
        sentence=f"S takes {support:,} of {rows:,} rows"
        + ("" if enough else "; nothing is left to audit on"),
        numbers={"|S|": support, "rows": rows},
        theorems=(THEOREM, *COMPRESSORS),
    )


def corenet_findings(
    network: Network, sample: Sample, found: CoreNetAudit
) -> Iterator[Finding]:
    """A1 to A4, and whether floats can do what the theorem asks."""
    yield _cdf(found)
    yield _tail(network, sample, found)
    yield _signs(sample, found)
    yield _finite(network, sample, found)
    least = min(layer.epsilon for layer in found.layers)
    fine = least > 2.0**-52
    yield Finding(
        name="float64-resolves-epsilon",
        statement="every layer's epsilon exceeds twice the unit roundoff",
        verdict=Standing.HOLDS if fine else Standing.FAILS,
        sentence=f"the least is {least:.1e} for an epsilon of {found.epsilon:g};"
        " float64 resolves 2.2e-16",
        numbers={"least epsilon of a layer": least},
        theorems=leaning("float64-resolves-epsilon"),
    )


def _cdf(found: CoreNetAudit) -> Finding:
    edges = [layer.edges for layer in found.layers]
    live, surely = sum(e.live for e in edges), sum(e.surely for e in edges)
    if surely:
        verdict = Standing.FAILS
        why = (
            f"{surely:,} of {live:,} live edges break it, delta split over all; each"
            f" at delta on its own, {_shares(found.layers, 'fail')} by layer"
        )
    elif all(e.all_hold for e in edges):
        verdict, why = Standing.HOLDS, f"all {live:,} live edges keep to it"
    else:
        verdict = Standing.UNKNOWN
        why = f"no edge surely breaks it, and not all {live:,} surely keep to it"
    return Finding(
        name="sensitivity-cdf",
        statement="F_j(M_j / K) <= exp(-1/K) for the CDF F_j of every edge's"
        " relative importance, K = ln(eta eta*)",
        verdict=verdict,
        sentence=why,
        numbers={
            "live edges": live,
            "surely break it, delta split": surely,
            "surely break it, each at delta": sum(e.fail for e in edges),
            "surely hold, each at delta": sum(e.hold for e in edges),
        },
        theorems=leaning("sensitivity-cdf", *COMPRESSORS),
    )


def _tail(network: Network, sample: Sample, found: CoreNetAudit) -> Finding:
    r"""Refuted only if these rows, S among them, would be rare under the lemma.

    It promises :math:`\Pr_{S, x} \le p` for a row beyond; by Markov's inequality
    :math:`\Pr_x \ge r` has probability at most p / r over S.
    """
    layers, depth = found.layers, len(found.layers)
    broken = [
        layer.layer
        for layer in layers
        if _rare(layer.tail.exceed, layer.tail.promised, found.delta / (2 * depth))
    ]
    if _one_sign(network, sample):
        verdict = Standing.HOLDS
        why = "no term of any neuron has another sign than the rest, so Delta is 1"
    elif broken:
        verdict = Standing.FAILS
        why = (
            f"Delta exceeds Delta-hat on {_percents(layers)} of the rows by layer,"
            f" where the lemma promises {plain(layers[0].tail.promised)}; tail index"
            f" {', '.join(f'{layer.tail.index:.2f}' for layer in layers)}"
            " (a mean needs more than 1)"
        )
    else:
        verdict = Standing.UNKNOWN
        why = "no finite sample shows that a tail is sub-exponential; none refutes it"
    return Finding(
        name="sub-exponential-delta",
        statement="the sign complexity of every neuron is sub-exponential, so that it"
        " rarely exceeds Delta-hat",
        verdict=verdict,
        sentence=why,
        numbers={
            "layers that break it": len(broken),
            "rows beyond Delta-hat in some layer": found.exceed.count,
            "rows": found.exceed.of,
        },
        theorems=leaning("sub-exponential-delta", *COMPRESSORS),
    )


def _rare(seen: Share, promised: float, delta: float) -> bool:
    low = Share.at(seen.count, seen.of, 2 * delta).low  # its lower end errs with delta
    return low > 0 and promised / low <= delta


def _signs(sample: Sample, found: CoreNetAudit) -> Finding:
    domain = sample.domain
    if found.signed:
        verdict = Standing.FAILS
        why = (
            "some inputs are negative; the theorem is applied to each part of the"
            " inputs, with delta halved"
        )
    elif domain is not None and domain[0] >= 0:
        verdict = Standing.HOLDS
        why = f"inputs lie in [{domain[0]:g}, {domain[1]:g}], and ReLU does the rest"
    else:
        verdict = Standing.UNKNOWN
        why = "no input seen is negative, and nothing says that none can be"
    return Finding(
        name="nonnegative-activations",
        statement="what enters a layer is at least 0",
        verdict=verdict,
        sentence=why,
        theorems=(THEOREM, *COMPRESSORS),
    )


def _finite(network: Network, sample: Sample, found: CoreNetAudit) -> Finding:
    seen = [layer.tail.infinite for layer in found.layers]
    worst = max(seen, key=lambda share: share.count)
    if worst.count:
        verdict = Standing.FAILS
        why = f"Delta is infinite in float64 on {worst.count:,} of {worst.of:,} rows"
    elif _one_sign(network, sample):
        verdict, why = Standing.HOLDS, "nothing cancels in any neuron"
    else:
        verdict = Standing.UNKNOWN
        why = (
            f"none of {worst.of:,} rows makes Delta infinite, so at most"
            f" {percent(worst.high)} % of unseen rows do in a layer"
        )
    return Finding(
        name="finite-delta",
        statement="no neuron's sum is 0 unless all of its terms are",
        verdict=verdict,
        sentence=why,
        numbers={"rows with an infinite Delta, worst layer": worst.count},
        theorems=(THEOREM, *COMPRESSORS),
    )


def _one_sign(network: Network, sample: Sample) -> bool:
    """Whether no neuron adds terms of both signs, whatever the input."""
    if sample.domain is None or sample.domain[0] < 0:
        return False
    return all(
        bool(
            (
                (layer.weight >= 0).all(axis=1)
                & (True if layer.bias is None else layer.bias >= 0)
                | (layer.weight <= 0).all(axis=1)
                & (True if layer.bias is None else layer.bias <= 0)
            ).all()
        )
        for layer in network.layers
    )


def _shares(layers: Sequence[LayerAudit], name: str) -> str:
    pairs = ((getattr(layer.edges, name), layer.edges.live) for layer in layers)
    return ", ".join(f"{100 * k / n:.1f} %" if n else "none" for k, n in pairs)


def _percents(layers: Sequence[LayerAudit]) -> str:
    return ", ".join(f"{100 * layer.tail.exceed.value:.1f} %" for layer in layers)
