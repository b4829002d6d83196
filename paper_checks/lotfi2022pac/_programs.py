"""What the published programs do, and what the notes say of them."""

import math
from fractions import Fraction
from functools import partial

import numpy as np
import sympy
from scipy.stats import binom

from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.pac_bayes._catoni import ALPHA, catoni_grid_upper
from paper_checks._digits import DIGITS
from paper_checks._occam import failure, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

BINOMIAL, GRID = "universal-binomial", "universal-catoni-grid"
OF = (BINOMIAL, GRID)
HALF = Fraction(1, 2)
RUNS = (  # n, errors, prefix bits, misc bits, repository's bound, by kl, by a tail
    (50_000, 0.37892, 4824.458, -2, 0.56178, 0.56115, 0.56101),
    (50_000, 0.13624, 8490.094, -2, 0.35124, 0.35073, 0.35063),
    (50_000, 0.18542, 5857.020, -2, 0.37062, 0.37003, 0.36990),
    (60_000, 0.04228, 4616.330, -2, 0.14160, 0.14111, 0.14103),
    (12_000, 0.32050, 3800.766, -2, 0.64822, 0.64687, 0.64661),
    (60_000, 0.03935, 6842.470, 4, 0.16640, 0.16597, 0.16589),
)


def _fails(cost: float, n: int, delta: float) -> float:
    """Failure over all words of up to 20 bits: l + 2 log2 l + cost bits each."""
    nets = []
    for bits in range(1, 21):
        log_d = math.log(delta) - (bits + cost) * math.log(2) - 2 * math.log(bits)
        most = violating(partial(binomial_tail_inverse, n=n, log_delta=log_d), n, HALF)
        nets.append((2**bits, most))
    return failure(nets, n, HALF)


def check_two_logarithms_of_the_length_suffice() -> Verdict:
    j = sympy.Symbol("l", integer=True, positive=True)
    total = sympy.summation(1 / j**2, (j, 1, sympy.oo))
    bits = math.log2(math.pi**2 / 6)
    return Verdict(
        claim="l + 2 log2 l bits are the lengths of a prior over all words.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.CODE,
        mended="l + 2 log2 l + log2(pi^2/6) bits are, 0.718 more.",
        truth=Truth.of(total <= 1),
        expected=Truth.FALSE,
        evidence=f"sympy: the weights sum to {total}, so that {bits:.3f} bits are"
        " missing.",
    )


def check_two_bits_may_be_taken_off() -> Verdict:
    n, delta = 150, 0.2
    worst = [_fails(c, n, delta) / delta for c in (-2.0, math.log2(math.pi**2 / 6))]
    kraft = 4 * math.pi**2 / 6
    return Verdict(
        claim="misc_extra_bits may be -2.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.CODE,
        mended="Extra bits are at least 0: what was chosen on the rows costs, nothing"
        " is given back.",
        truth=Truth.of(worst[0] <= 1),
        expected=Truth.FALSE,
        evidence=f"The weights then sum to {kraft:.3f}; over all words of up to 20 bits"
        f" some fair net fails with {worst[0]:.3f} delta, and with {worst[1]:.3f} delta"
        f" at our length (n = {n}, delta {delta}), exactly.",
    )


def check_no_union_is_needed_below_half_accuracy() -> Verdict:
    n, q, nats = 12_000, 0.5205, 3800.766 * math.log(2)
    post_hoc = kl_inverse(q, (nats - math.log(0.05)) / n)
    charged = catoni_grid_upper(q, nats, n, 0.05)
    count = 2 * math.log(2 + math.log(n) / math.log(ALPHA))
    return Verdict(
        claim="Where training accuracy is below a half, minimising over lambda without"
        " a union bound gives the bound on the grid.",
        kind=Kind.FINDING,
        of=(GRID,),
        whose=Whose.CODE,
        mended="The grid is paid for whatever the accuracy; for one net the inverse of"
        " kl is that minimum and has its own proof.",
        truth=Truth.of(post_hoc >= charged),
        expected=Truth.FALSE,
        evidence=f"n = {n}, error {q}, 3800.766 bits: the minimum is {post_hoc:.5f},"
        f" the grid's bound {charged:.5f}, which pays up to {count:.1f} nats for the"
        " grid.",
    )


def check_reported_bounds_are_reproduced() -> Verdict:
    worst, kl_worst, tail_worst = 0.0, 0.0, 0.0
    for n, q, prefix, misc, repo, by_kl, by_tail in RUNS:
        nats = (prefix + misc) * math.log(2)
        worst = max(worst, abs(catoni_grid_upper(q, nats, n, 0.05) - repo))
        per_row = (nats - math.log(0.05)) / n
        kl_worst = max(kl_worst, abs(kl_inverse(q, per_row) - by_kl))
        tail = binomial_tail_inverse(round(q * n), n, math.log(0.05) - nats)
        tail_worst = max(tail_worst, abs(tail - by_tail))
    return Verdict(
        claim="Six runs of the repository have the bounds it reports on the grid, and"
        " are lower by kl and by a binomial tail: 0.56178, 0.35124, 0.37062, 0.14160,"
        " 0.64822 and 0.16640.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.CODE,
        truth=Truth.of(max(worst, kl_worst, tail_worst) < 1.01e-5),
        evidence=f"Worst differences {worst:.1e} on the grid, {kl_worst:.1e} by kl and"
        f" {tail_worst:.1e} by a tail, inputs of five digits.",
    )


def check_honest_lengths_cost_little() -> Verdict:
    rises = []
    for n, q, prefix, misc, *_ in RUNS:
        k = round(q * n)
        paid = prefix + max(misc, 0) + math.log2(math.pi**2 / 6)
        before = binomial_tail_inverse(
            k, n, math.log(0.05) - (prefix + misc) * math.log(2)
        )
        rises.append(
            binomial_tail_inverse(k, n, math.log(0.05) - paid * math.log(2)) - before
        )
    return Verdict(
        claim="Without the discount and with the missing 0.718 bits the six bounds rise"
        " by less than 0.0004.",
        kind=Kind.FINDING,
        of=(BINOMIAL,),
        truth=Truth.of(0 < min(rises) and max(rises) < 4e-4),
        evidence=f"By {min(rises):.1e} to {max(rises):.1e}.",
    )


def check_scipy_suffices() -> Verdict:
    k, n = 18946, 50_000
    target = -4822.46 * math.log(2) + math.log(0.05)
    low, high = k / n, 1.0
    with np.errstate(divide="ignore"):
        while low < (middle := 0.5 * (low + high)) < high:
            enough = binom.logcdf(k, n, middle) >= target
            low, high = (middle, high) if enough else (low, middle)
    right = binomial_tail_inverse(k, n, target)
    return Verdict(
        claim="scipy.stats.binom.logcdf is enough for code lengths: 0.37892 errors and"
        " 4822.46 bits give 0.46414.",
        kind=Kind.FINDING,
        of=(BINOMIAL,),
        whose=Whose.CODE,
        mended="The bound is 0.56101: tails are computed in nats, since scipy's is -inf"
        " below about e^-745.",
        truth=Truth.of(high >= right),
        expected=Truth.FALSE,
        evidence=f"Its inverse is {high:.5f}, that of a tail in nats {right:.5f}.",
    )


def check_other_codes_of_lengths_and_indices() -> Verdict:
    top = (5000).bit_length() - 1
    elias = top + 2 * ((top + 1).bit_length() - 1) + 1
    two_logs = 2 * math.log2(5000)
    n, counts = 100, (50, 30, 20)
    words = math.factorial(n) // math.prod(map(math.factorial, counts))
    whole = math.log2(math.comb(n + 2, 2) * words)
    entropy = -sum(c * math.log2(c / n) for c in counts)
    adaptive = math.ceil(entropy) + 1 + 3 * math.ceil(math.log2(n))
    return Verdict(
        claim="A length of 5000 takes 19 bits by Elias' delta code where 2 log2 l is"
        " 24.6; counts (50, 30, 20) take 154.10 bits enumerated and 171 by entropy and"
        " a table.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        truth=Truth.of(
            elias == 19
            and round(two_logs, 1) == 24.6
            and round(whole, 2) == 154.10
            and adaptive == 171
        ),
        evidence=f"{elias}, {two_logs:.2f}, {whole:.2f} and {adaptive} bits.",
    )


def check_184_shares_serve_216_codes() -> Verdict:
    delta, tried, charged = DIGITS.mpf("0.05"), 9 * 24, 8 * 23
    fails = 1 - (1 - delta / charged) ** tried
    return Verdict(
        claim="delta/(8 * 23) for each serves the 9 * 24 pairs of rank and word length"
        " that are tried (Adams, PAC-Bayes-Compression).",
        kind=Kind.FINDING,
        of=(BINOMIAL,),
        whose=Whose.CODE,
        mended="delta is divided by the 216 that could have been chosen, or the choice"
        " is coded.",
        truth=Truth.of(fails <= delta),
        expected=Truth.FALSE,
        evidence=f"{tried} independent events of probability 0.05/{charged} happen with"
        f" probability {float(fails):.4f}.",
    )
