"""From neurons to the net: composition, sizes, and our code."""

import math
from fractions import Fraction
from itertools import product
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.coreset import (
    kappa,
    layer_epsilons,
    network_size,
    paper_constant,
    sample_size,
    support_size,
)
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict
from paper_checks.baykal2019coresets._letters import K, Q, S, eps, same

D = sympy.Symbol("D", positive=True)
ceil, ln = DIGITS.ceil, DIGITS.log


def check_layers_compose() -> Verdict:
    layer, layers = sympy.symbols("l L", positive=True)
    before = 2 * (layer - 2) * eps
    upper = (1 + 2 * (layer - 1) * eps) - (1 + eps) * (1 + before)
    lower = (1 - eps) * (1 - before) - (1 - 2 * (layer - 1) * eps)
    step = same(upper, eps * (1 - before)) and same(lower, eps * (1 + before))
    last = 2 * (layers - 1) * (eps / (2 * (layers - 1)))
    return Verdict(
        claim="If layer l - 1 errs by 2 (l-2) eps_l <= 1 and sampling by eps_l, the"
        " sign parts of layer l err by 2 (l-1) eps_l; so eps/(2 (L-1)) gives eps at"
        " the end.",
        kind=Kind.DERIVATION,
        of=("corenet-generalization",),
        truth=Truth.of(step and same(last, eps)),
        evidence="sympy: the room left is eps_l (1 - 2 (l-2) eps_l) above and"
        " eps_l (1 + 2 (l-2) eps_l) below.",
    )


def check_network_size_has_constant_32() -> Verdict:
    layers = sympy.symbols("L", positive=True)
    per_row = 8 * S * K * Q / (eps / (2 * (layers - 1) * D)) ** 2
    algebra = same(per_row, 32 * (layers - 1) ** 2 * D**2 * S * K * Q / eps**2)
    grid = [Fraction(i, 7) for i in range(1, 30)]
    signs = all(
        math.ceil(a) + math.ceil(b) <= math.ceil(a + b) + 1
        for a, b in product(grid, grid)
    )
    return Verdict(
        claim="A row keeps at most ceil(32 (L-1)^2 D^2 S K Q / eps^2) + 1 weights, both"
        " signs together.",
        kind=Kind.DERIVATION,
        of=("corenet-generalization",),
        truth=Truth.of(algebra and signs),
        evidence="sympy: 8 / (eps / (2 (L-1) D))^2; and ceil(a) + ceil(b) <="
        f" ceil(a + b) + 1 on {len(grid) ** 2} pairs of fractions.",
    )


def check_sensitivities_sum_to_at_most_edges_and_rows() -> Verdict:
    rng, broken, tight = Random(0), 0, set()
    for edges, rows in product(range(1, 6), repeat=2):
        for trial in range(20):
            terms = [[rng.randint(0, 9) for _ in range(edges)] for _ in range(rows)]
            if trial == 0:  # each row lights one edge: equality
                terms = [
                    [int(i % edges == j) for j in range(edges)] for i in range(rows)
                ]
            share = [[Fraction(t, sum(row) or 1) for t in row] for row in terms]
            total = sum(max(column) for column in zip(*share, strict=True))
            broken += total > min(edges, rows)
            if total == min(edges, rows):
                tight.add((edges, rows))
    return Verdict(
        claim="S <= min(|W|, |S|), and nothing smaller holds.",
        kind=Kind.LIMIT,
        truth=Truth.of(broken == 0 and len(tight) == 25),
        evidence="s_j <= sum over S of g_j, and each row's g sum to 1; exact fractions:"
        f" {broken} of 500 instances break it, and all {len(tight)} shapes up to 5 by 5"
        " attain it.",
    )


def check_code_computes_these_formulas() -> Verdict:
    rng, low, high = Random(1), DIGITS.mpf(9), DIGITS.mpf(0)
    for _ in range(300):
        n, w, conf = (
            rng.randint(1, 10**4),
            rng.randint(1, 10**4),
            10 ** -rng.uniform(0.01, 9),
        )
        e, c = 10 ** -rng.uniform(0, 8), rng.choice([None, rng.uniform(1, 20)])
        hats = [rng.uniform(1, 500) for _ in range(rng.randint(1, 6))]
        sums = [[rng.uniform(0.1, 40) for _ in range(3)] for _ in hats]
        k = c or paper_constant(neurons=n, widest=w)
        exact_c = DIGITS.mpf(c) if c else max(DIGITS.mpf(1), ln(n * w))
        q, big_q = ln(8 * n / DIGITS.mpf(conf)), ln(8 * n * w / DIGITS.mpf(conf))
        root, layers = DIGITS.sqrt(exact_c), len(hats)
        size, tail = DIGITS.mpf(0), DIGITS.mpf(1)
        pairs: list[tuple[float, mpf]] = []
        for hat, row, got in zip(
            reversed(hats),
            reversed(sums),
            reversed(layer_epsilons(e, hats)),
            strict=True,
        ):
            tail *= hat
            pairs.append((1 / DIGITS.mpf(got), 2 * layers * tail / DIGITS.mpf(e)))
            scale = 32 * layers**2 * tail**2 * exact_c * q / DIGITS.mpf(e) ** 2
            size += sum(ceil(scale * DIGITS.mpf(x)) + 1 for x in row)
        s = rng.uniform(0.1, 40)
        draws = sample_size(s, e, conf, neurons=n, constant=k)
        pairs += [
            (float(draws), ceil(8 * DIGITS.mpf(s) * exact_c * q / DIGITS.mpf(e) ** 2)),
            (
                support_size(conf, neurons=n, widest=w, constant=c),
                ceil(exact_c * big_q),
            ),
            (
                kappa(conf, neurons=n, widest=w, constant=c),
                root * (1 + root * big_q),
            ),
            (
                network_size(
                    e,
                    conf,
                    delta_hats=hats,
                    sensitivity_sums=sums,
                    neurons=n,
                    constant=k,
                ),
                size,
            ),
        ]
        ratios = [DIGITS.mpf(ours) / theirs for ours, theirs in pairs]
        low, high = min(low, *ratios), max(high, *ratios)
    return Verdict(
        claim="sample_size, support_size, kappa, layer_epsilons and network_size"
        " compute the expressions derived here, rounded to the safe side.",
        kind=Kind.FORMULA,
        of=("corenet-generalization",),
        digits=12,
        truth=Truth.of(low >= 1 and high <= 1 + DIGITS.mpf("1e-12")),
        evidence="300 seeded parameter sets at 50 digits: code over formula lies in"
        f" [1 + {float(low - 1):.1e}, 1 + {float(high - 1):.1e}].",
    )
