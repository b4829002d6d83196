"""The mended network theorem: its code beside it, neuron by neuron."""

from itertools import pairwise
from random import Random

import numpy as np
from mpmath import mpf

from nonvacuous.bounds.agreement import poisson_coreset
from nonvacuous.compression._margin_noise import disagreement_bounds
from nonvacuous.evidence import ForetoldAgreement
from nonvacuous.nets import Network
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, kl_digits
from paper_checks._verdict import Kind, Truth, Verdict
from paper_checks.baykal2019coresets._toys import bias as _bias
from paper_checks.baykal2019coresets._toys import toy as _toy

OF = ("poisson-coreset",)
TINY = DIGITS.mpf("1e-60")


def check_the_formula_inverts_kl() -> Verdict:
    rng, pairs = Random(6), []
    for _ in range(60):
        mean, n = 10 ** rng.uniform(-9, -0.01), int(10 ** rng.uniform(0, 7))
        delta = 10 ** -rng.uniform(0.1, 30)
        upper = poisson_coreset.formula(ForetoldAgreement(mean=mean, trials=n), delta)
        if upper < 1:
            c = -DIGITS.log(DIGITS.mpf(delta)) / n
            low, high = DIGITS.mpf(mean), DIGITS.mpf(1)
            for _ in range(120):
                middle = (low + high) / 2
                low, high = (
                    (middle, high) if kl_digits(mean, middle) < c else (low, middle)
                )
            pairs.append((upper, low))
    seen = compare(pairs, digits=12)
    return Verdict(
        claim="The certificate is the largest p with kl(mean of u, p) <= ln(1/delta)/n,"
        " rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"Bisection of kl at 60 digits: {seen.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=12,
    )


def _naive(net: Network, ps: list[np.ndarray], x: list[float]) -> mpf:
    """u(x) of a net with two hidden layers, written out neuron by neuron."""
    one, root = DIGITS.mpf(1), DIGITS.sqrt

    def noise(
        layer: int, square: list[mpf], l4: list[mpf]
    ) -> list[tuple[mpf, mpf, mpf]]:
        found = []
        for row, prow in zip(net.layers[layer].weight, ps[layer], strict=True):
            v = v4 = k4 = 0 * one
            for w, q, s, n in zip(row, prow, square, l4, strict=True):
                w, q = DIGITS.mpf(w), DIGITS.mpf(q)
                v += w**2 * (1 / q - 1) * s
                v4 += w**2 * (1 / q - 1) * n**2
                k4 += w**4 * (1 - q) * ((1 - q) ** 3 / q**3 + 1) * n**4
            found.append((v, v4, k4))
        return found

    def sums(layer: int, a: list[mpf]) -> list[mpf]:
        weight, bias = net.layers[layer].weight, _bias(net.layers[layer])
        return [
            sum((DIGITS.mpf(w) * v for w, v in zip(r, a, strict=True)), DIGITS.mpf(b))
            for r, b in zip(weight, bias, strict=True)
        ]

    def more(m: mpf, v: mpf, k: mpf) -> mpf:
        return m + 6 * root(m) * v + 4 * root(root(m) * v * k) + 3 * v**2 + k

    def kink_mean(s: mpf, mean: mpf, square: mpf) -> mpf:
        size = max(abs(s), TINY)
        worst = min(mean, square / (2 * size))
        return (root(s**2 - 2 * size * worst + square) - size + worst) / 2

    a0 = [DIGITS.mpf(v) for v in x]
    z1 = sums(0, a0)
    n1 = noise(0, [v**2 for v in a0], [abs(v) for v in a0])
    m1 = [3 * v4**2 + k for _, v4, k in n1]  # E Delta^4
    er1 = [kink_mean(s, 0 * one, v) for s, (v, _, _) in zip(z1, n1, strict=True)]
    off1 = [m / (16 * max(s**2, TINY)) for m, s in zip(m1, z1, strict=True)]
    v1 = [
        v if s > 0 else min(v, o) for s, (v, _, _), o in zip(z1, n1, off1, strict=True)
    ]
    sq1 = [
        s**2 + v if s > 0 else min(v, o)
        for s, (v, _, _), o in zip(z1, n1, off1, strict=True)
    ]
    l41 = [max(s, 0 * one) + root(root(m)) for s, m in zip(z1, m1, strict=True)]
    f1 = [12 * v4**2 + 2 * k for _, v4, k in n1]
    z2, n2 = sums(1, [max(s, 0 * one) for s in z1]), noise(1, sq1, l41)
    er2, r2, v2, sq2, l42 = [], [], [], [], []
    for i, (s, (v, v4, k)) in enumerate(zip(z2, n2, strict=True)):
        row = [DIGITS.mpf(w) for w in net.layers[1].weight[i]]
        high = sum(max(w, 0 * one) * e for w, e in zip(row, er1, strict=True))
        low = sum(min(w, 0 * one) * e for w, e in zip(row, er1, strict=True))
        spread = sum(w**2 * q for w, q in zip(row, v1, strict=True))
        carried = max(high, -low)
        square = spread + carried**2 + v
        last = 3 * spread**2 + sum(w**4 * q for w, q in zip(row, f1, strict=True))
        fourth = root(root(more(last, v4, k))) + carried
        mean = min(max(high, -low), root(square))
        beyond = fourth**4 / (16 * max(s**2, TINY))
        er2.append(kink_mean(s, mean, square))
        r2.append(root(min(square, beyond)))
        v2.append((v if s > 0 else min(v, beyond), v4, 12 * v4**2 + 2 * k))
        sq2.append(s**2 + 2 * s * mean + square if s > 0 else min(square, beyond))
        l42.append(max(s, 0 * one) + fourth)
    z3, n3 = sums(2, [max(s, 0 * one) for s in z2]), noise(2, sq2, l42)
    c = max(range(len(z3)), key=lambda i: z3[i])
    total = 0 * one
    for k in range(len(z3)):
        if k == c:
            continue
        w3 = net.layers[2].weight
        h2 = [DIGITS.mpf(q) - DIGITS.mpf(w) for q, w in zip(w3[c], w3[k], strict=True)]
        h1 = [
            sum(h * DIGITS.mpf(w) for h, s, w in zip(h2, z2, col, strict=True) if s > 0)
            for col in net.layers[1].weight.T
        ]
        gap = z3[c] - z3[k]
        gap -= sum(max(-h, 0 * one) * e for h, e in zip(h1, er1, strict=True))
        var = sum(h**2 * v for h, v in zip(h1, v1, strict=True))
        m = 3 * var**2 + sum(h**4 * f for h, f in zip(h1, f1, strict=True))
        m = more(
            m,
            sum(h**2 * v4 for h, (_, v4, _) in zip(h2, v2, strict=True)),
            sum(h**4 * f for h, (_, _, f) in zip(h2, v2, strict=True)),
        )
        m = more(m, n3[c][1] + n3[k][1], n3[c][2] + n3[k][2])
        var += sum(h**2 * v for h, (v, _, _) in zip(h2, v2, strict=True))
        var += n3[c][0] + n3[k][0]
        mean = sum(max(-h, 0 * one) * e for h, e in zip(h2, er2, strict=True))
        norm = sum(max(-h, 0 * one) * r for h, r in zip(h2, r2, strict=True))
        if gap <= 0:
            return one
        best = ((root(var) + norm) / gap) ** 2
        for share in [1e-3, 1e-2, *np.linspace(0.05, 0.9, 18).tolist()]:
            rest, part = (1 - share) * gap, share * gap
            best = min(
                best,
                min(var / (var + rest**2), m / rest**4)
                + min(mean / part, (norm / part) ** 2),
            )
        total += best
    return min(total, one)


def check_the_code_computes_u() -> Verdict:
    rng, pairs = Random(7), []
    for _ in range(12):
        net = _toy((2, 3, 3, 3), rng)
        spread = 10 ** rng.uniform(-4, -1)
        ps = [
            np.array([1 - spread * rng.random() for _ in layer.weight.flat]).reshape(
                layer.weight.shape
            )
            for layer in net.layers
        ]
        x = [rng.uniform(-3, 3) for _ in range(2)]
        exact = _naive(net, ps, x)
        if exact < 1:
            ours = disagreement_bounds(net, ps, np.array([x]))[0]
            pairs.append((float(ours), exact))
    seen = compare(pairs, digits=8)
    return Verdict(
        claim="disagreement_bounds computes u(x) of the theorem, rounded up.",
        truth=Truth.of(seen.holds and len(pairs) >= 5),
        evidence=f"Written out neuron by neuron: {seen.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=8,
    )


def check_u_vanishes_with_the_noise() -> Verdict:
    rng = Random(8)
    net = _toy((3, 4, 4, 3), rng)
    x = np.array([[rng.uniform(-3, 3) for _ in range(3)] for _ in range(200)])
    means = [
        float(
            disagreement_bounds(
                net, [np.full(layer.weight.shape, 1 - s) for layer in net.layers], x
            ).mean()
        )
        for s in (0.1, 0.01, 1e-3, 1e-4, 1e-6, 0.0)
    ]
    falls = all(a >= b for a, b in pairwise(means))
    formula = poisson_coreset.formula
    few, many = (
        formula(ForetoldAgreement(mean=0.01, trials=n), 0.05) for n in (100, 10**9)
    )
    less = formula(ForetoldAgreement(mean=0.009, trials=100), 0.05)
    return Verdict(
        claim="u falls to 0 as every p rises to 1, and the certificate falls with n to"
        " the mean of u, in which it rises.",
        truth=Truth.of(
            falls and means[-1] == 0 and few > many > 0.01 > many - 1e-5 and less < few
        ),
        evidence=f"Means of u over 200 rows at 1 - p = .1 to 0: {means[0]:.3f} to"
        f" {means[-2]:.1e} and {means[-1]:.0f}; at mean .01 the certificate is"
        f" {few:.4f} for 100 rows and {many:.6f} for 10^9.",
        kind=Kind.LIMIT,
        of=OF,
    )
