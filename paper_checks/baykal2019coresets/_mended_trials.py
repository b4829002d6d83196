"""The mended network theorem at work, and without what it assumes."""

from fractions import Fraction
from itertools import product
from random import Random

import numpy as np

from nonvacuous.bounds.agreement import poisson_coreset
from nonvacuous.compression._margin_noise import disagreement_bounds
from nonvacuous.evidence import ForetoldAgreement
from nonvacuous.nets import Layer, Network
from paper_checks._digits import exact_binomial_tail
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.baykal2019coresets._toys import bias as _bias
from paper_checks.baykal2019coresets._toys import toy as _toy

OF = ("poisson-coreset",)


def _exact(net: Network, ps: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Probability of another answer at each row, over every subset of the edges."""
    flat = np.concatenate([q.ravel() for q in ps])
    kept = np.array(list(product((0, 1), repeat=flat.size)))
    chance = np.where(kept, flat, 1 - flat).prod(axis=1)
    a = np.broadcast_to(x, (len(kept), *x.shape))
    full, start = x, 0
    for i, (layer, q) in enumerate(zip(net.layers, ps, strict=True)):
        part = kept[:, start : start + q.size].reshape(-1, *q.shape) / q
        start += q.size
        a = np.einsum("snj,soj->sno", a, layer.weight * part) + _bias(layer)
        full = full @ layer.weight.T + _bias(layer)
        if i + 1 < len(net.layers):
            a, full = np.maximum(a, 0), np.maximum(full, 0)
    c = full.argmax(axis=1)
    top = np.take_along_axis(a, np.broadcast_to(c[None, :, None], (*a.shape[:2], 1)), 2)
    lost = (a >= top).sum(axis=2) > 1
    total: np.ndarray = chance @ lost
    return total


def check_u_covers_every_draw() -> Verdict:
    rng, broken, closest, rows = Random(9), 0, 0.0, 0
    for sizes in ((3, 2), (2, 2, 2), (1, 2, 2, 2)):
        for _ in range(6):
            net = _toy(sizes, rng)
            spread = 10 ** rng.uniform(-2.5, -0.3)
            ps = [np.full(layer.weight.shape, 1 - spread) for layer in net.layers]
            x = np.array(
                [[rng.uniform(-4, 4) for _ in range(sizes[0])] for _ in range(40)]
            )
            exact, u = _exact(net, ps, x), disagreement_bounds(net, ps, x)
            broken += int((exact > u).sum())
            open_ = u < 1
            if open_.any():
                closest = max(closest, float((exact[open_] / u[open_]).max()))
            rows += len(x)
    return Verdict(
        claim="No row's exact probability of another answer exceeds u(x).",
        truth=Truth.of(broken == 0 and closest > 0.3),
        evidence=f"Every subset of up to 10 edges, {rows} rows of 18 seeded nets:"
        f" {broken} exceed it; the closest attains {closest:.2f} of u < 1.",
        kind=Kind.TRIAL,
        of=OF,
    )


def _failure(n: int, delta: float, chance: Fraction, value: float) -> float:
    """Probability that the certificate lies below E u, u = value or 0 by a coin."""
    truth = float(chance) * value
    most = -1
    for count in range(n + 1):
        mean = min(1.0, count * value / n * (1 + 1e-15))
        if (
            poisson_coreset.formula(ForetoldAgreement(mean=mean, trials=n), delta)
            < truth
        ):
            most = count
    return float(exact_binomial_tail(most, n, chance)) if most >= 0 else 0.0


def check_the_certificate_covers() -> Verdict:
    worst = max(
        _failure(n, delta, chance, value) / delta
        for n, delta in ((20, 0.05), (50, 0.2))
        for chance in (Fraction(1, 20), Fraction(1, 4))
        for value in (0.4, 1.0)
    )
    return Verdict(
        claim="Over the sample, the certificate lies below the true mean of u with"
        " probability at most delta.",
        truth=Truth.of(0.2 < worst <= 1),
        evidence=f"u that takes two values, every count in exact fractions: the worst"
        f" failure is {worst:.3f} delta.",
        kind=Kind.TRIAL,
        of=OF,
    )


def check_rows_may_be_copies() -> Verdict:
    upper = poisson_coreset.formula(ForetoldAgreement(mean=0.0, trials=100), 0.05)
    failure = 0.9  # one row, copied: u = 0 there with probability 0.9, else 1
    return Verdict(
        claim="The rows may be 100 copies of one row.",
        truth=Truth.of(not upper < 0.1),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"u is 1 on a tenth of inputs, 0 elsewhere: with probability {failure}"
        f" the copies say 0 and the certificate {upper:.3f} lies below the true mean.",
        kind=Kind.ASSUMPTION,
        of=OF,
        without="iid",
    )


def check_rows_may_be_picked() -> Verdict:
    fewer = float(exact_binomial_tail(99, 400, Fraction(1, 2)))
    upper = poisson_coreset.formula(ForetoldAgreement(mean=0.0, trials=100), 0.05)
    return Verdict(
        claim="The rows may be those of a larger sample on which the net is surest.",
        truth=Truth.of(not upper < 0.5),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="u is 1 on half of the inputs: the 100 surest of 400 rows have u = 0"
        f" but with probability {fewer:.0e}"
        f" and certify {upper:.3f} for a mean of 1/2.",
        kind=Kind.ASSUMPTION,
        of=OF,
        without="unseen",
    )


def check_probabilities_may_be_chosen_on_the_rows() -> Verdict:
    n, many, delta = 20, 200, 0.05
    one = _failure(n, delta, Fraction(1, 4), 1.0)
    free = 1 - (1 - one) ** many
    return Verdict(
        claim="The probabilities that edges are kept with may be the best of 200 for"
        " the very rows that certify.",
        truth=Truth.of(free <= delta),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="Candidate j has u = 1 where bits 2 j and 2 j + 1 of x are 1: each"
        f" fails with probability {one:.4f}, the best of {many} with {free:.3f} at"
        f" delta {delta}.",
        kind=Kind.ASSUMPTION,
        of=OF,
        without="probabilities-fixed",
    )


def check_edges_may_share_a_coin() -> Verdict:
    weight = np.array([[1.0] * 64, [0.0] * 64])
    net = Network(layers=(Layer(weight=weight, bias=np.zeros(2)),))
    keep = 0.75
    u = disagreement_bounds(net, [np.full(weight.shape, keep)], np.ones((1, 64)))[0]
    return Verdict(
        claim="The edges of a neuron may be kept or dropped together, by one coin.",
        truth=Truth.of(1 - keep <= u),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"64 edges of weight 1 kept with probability {keep}: by 64 coins u is"
        f" {u:.4f}, by one coin all are dropped, and the answer lost, with probability"
        f" {1 - keep}.",
        kind=Kind.ASSUMPTION,
        of=OF,
        without="independent-edges",
    )
