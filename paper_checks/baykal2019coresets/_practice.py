"""Whether the assumptions hold where they are used: A1 and A2."""

import math

import numpy as np
import sympy
from mpmath import mpf

from nonvacuous._sizes import layer_epsilons
from nonvacuous.bounds.coreset import kappa, paper_constant, sample_size, support_size
from nonvacuous.data import Sample, load
from nonvacuous.nets import bundled
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose


def check_delta_of_a_generic_neuron_has_a_mean() -> Verdict:
    a, b, t = sympy.symbols("a b t", positive=True)
    # z = a - b, a and b exponential: t P(Delta > t), by integrating the density
    low, high = (t - 1) / (t + 1), (t + 1) / (t - 1)  # of a/b where Delta > t
    ratio = sympy.Symbol("x", positive=True)
    cdf = sympy.integrate(1 / (1 + ratio) ** 2, (ratio, 0, a))  # of a/b
    beyond = sympy.simplify(cdf.subs(a, high) - cdf.subs(a, low))
    flat = sympy.simplify(t * beyond)
    mean = sympy.integrate(beyond.subs(t, b), (b, 1, sympy.oo))
    return Verdict(
        claim="The sign complexity of a neuron whose sum has a density at 0 is sub-"
        "exponential, or at least has a mean.",
        kind=Kind.FINDING,
        of=("corenet-generalization",),
        whose=Whose.PAPER,
        mended="A2 is judged on rows outside S: how often Delta passes Delta-hat, and"
        " Hill's index of its tail.",
        truth=Truth.of(mean != sympy.oo),
        expected=Truth.FALSE,
        evidence="z = a - b with independent exponential a and b: sympy integrates"
        f" P(Delta > t) = {beyond}, so that t P(Delta > t) = {flat} for all t > 1 and"
        f" E Delta = {mean}.",
    )


def _least_exceed(neurons: int, widest: int, delta: float) -> mpf:
    """P(Delta > Delta-hat) is at least this, for P(Delta > t) = 1/t."""
    rows = support_size(delta, neurons=neurons, widest=widest)
    add = DIGITS.mpf(kappa(delta, neurons=neurons, widest=widest))
    # all rows of S below T with (1 - 1/T)^|S|; then Delta-hat is at most T + kappa
    return max(
        (1 - 1 / DIGITS.mpf(top)) ** rows / (top + add)
        for top in (rows // 2 + 2, rows + 2, 2 * rows + 2)
    )


def check_delta_hat_is_rarely_passed() -> Verdict:
    cases = ((1, 2, 0.05), (410, 784, 0.1))
    least = [_least_exceed(n, w, d) for n, w, d in cases]
    allowed = [d / (4 * n) for n, _, d in cases]
    return Verdict(
        claim="Delta passes Delta-hat with probability at most delta/(4 eta).",
        kind=Kind.FINDING,
        whose=Whose.PAPER,
        mended="Where z has a density at 0 the lemma's conclusion is false too, so that"
        " the corollary is refused when more rows pass than it allows.",
        truth=Truth.of(any(p <= d for p, d in zip(least, allowed, strict=True))),
        expected=Truth.FALSE,
        evidence="With P(Delta > t) = 1/t the probability is at least"
        f" {float(least[0]):.3f} against {allowed[0]:.4f} for one neuron, and"
        f" {float(least[1]):.1e} against {allowed[1]:.1e} for one such neuron at the"
        " |S| and kappa of 784-300-100-10.",
    )


def check_the_theorem_survives_a_delta_without_mean() -> Verdict:
    d, e, constant = 1e-6, 0.5, 1.5
    rows = support_size(d, neurons=1, widest=3, constant=constant)
    add = kappa(d, neurons=1, widest=3, constant=constant)
    top = float(rows + 2)
    (share,) = layer_epsilons(e, [top + add])
    m = int(sample_size(2.0, share, d, neurons=1, constant=constant))
    m += m % 2
    # one of two edges is lit: zhat_+/z_+ = 2 Bin(m, 1/2)/m, off by r on average
    half = DIGITS.loggamma(m + 1) - 2 * DIGITS.loggamma(m // 2 + 1)
    r = DIGITS.exp(half - m * DIGITS.log(2))
    # (a - b)/(a + b) is uniform on (-1, 1): it fails with at least E r/(2 eps)
    seen = (1 - 1 / DIGITS.mpf(top)) ** rows - 2 * DIGITS.mpf(2) ** -rows
    least = seen * r / (2 * e)
    return Verdict(
        claim="Outputs are within 1 +- eps but with probability delta even where Delta"
        " has no mean.",
        kind=Kind.ASSUMPTION,
        of=("corenet-generalization",),
        whose=Whose.TEMPTING,
        without="sub-exponential-delta",
        truth=Truth.of(least <= d),
        expected=Truth.FALSE,
        evidence="f = a - b, a on one of two edges by a coin, (a - b)/(a + b) uniform:"
        f" at delta = {d:g} and eps = {e}, {m:.1e} draws, it fails with probability at"
        f" least {float(least):.1e}.",
    )


def check_a1_holds_for_the_edges_of_a_trained_net() -> Verdict:
    train = load("digits").train
    assert isinstance(train, Sample)
    x = train.x.reshape(len(train), -1).astype(np.float64)
    net = bundled()
    sizes = net.sizes
    k = paper_constant(neurons=sum(sizes[1:]), widest=max(sizes))
    weight, bad, live = net.layers[0].weight, 0, 0
    # Dvoretzky, Kiefer, Wolfowitz: all empirical CDFs at once, but with 0.001
    slack = math.sqrt(math.log(2 * weight.size / 0.001) / (2 * len(x)))
    for row in weight:
        w = np.where(row > 0, row, 0.0)
        terms = x * w
        total = terms.sum(axis=1, keepdims=True)
        g = np.divide(terms, total, out=np.zeros_like(terms), where=total > 0)
        most = g.max(axis=0)
        rare = (g <= most / k).mean(axis=0)
        lit = most > 0
        live += int(lit.sum())
        bad += int((rare[lit] > math.exp(-1 / k) + slack).sum())
    return Verdict(
        claim="A1 holds with K = K' = ln(eta eta*) for every edge of a trained net.",
        kind=Kind.FINDING,
        of=("corenet-generalization",),
        whose=Whose.PAPER,
        mended="Edges that pass K times their sensitivity are counted on rows outside S"
        " and reported.",
        truth=Truth.of(bad == 0),
        expected=Truth.FALSE,
        evidence=f"Bundled net and digits, {len(x)} rows, K = {k:.2f}: {bad} of {live}"
        " positive edges of the first layer come within K of their largest share more"
        f" rarely than {1 - math.exp(-1 / k):.3f} of the time, by {slack:.3f} and more,"
        " which no sample shows by chance but with probability 0.001.",
    )
