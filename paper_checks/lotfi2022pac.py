r"""Lotfi et al. (2022), PAC-Bayes Compression Bounds So Tight ...

A net named by l bits has the universal prior's weight :math:`2^{-l} / l^2` (read in the
authors' code: :math:`l \ln 2 + 2 \ln l` nats), put into Catoni's bound on a grid.
These weights sum to :math:`\pi^2/6` over all words of at least one bit, so that a net costs

.. math:: l \ln 2 + 2 \ln l + \ln\frac{\pi^2}{6}

nats (derived), and by a binomial tail (derived)

.. math:: \Pr_S\bigl[\forall h:\; R(h) \le
          \overline{\mathrm{Bin}}\bigl(n, n \hat R_S(h), \tfrac{6 \delta}{\pi^2 l^2} 2^{-l}\bigr)\bigr] \ge 1 - \delta.

The code need not be prefix-free: no word names two nets.  Their messages are those of
`quantize_fns.get_message_len`.  Letters: their K(h) and message length are l.
"""

import math
from fractions import Fraction
from functools import cache, partial
from random import Random

import numpy as np
import sympy
from mpmath import mpf
from scipy.stats import binom

from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._bound import Bound
from nonvacuous.bounds._kl import kl_inverse
from nonvacuous.bounds.pac_bayes import universal_binomial, universal_catoni_grid
from nonvacuous.bounds.pac_bayes._catoni import ALPHA, catoni_grid_upper
from nonvacuous.evidence import CodedFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._occam import failure, inverses_of_tail, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

BINOMIAL, GRID = "universal-binomial", "universal-catoni-grid"
OF = (BINOMIAL, GRID)
HALF = Fraction(1, 2)
BOUNDS = (universal_binomial, universal_catoni_grid)
RUNS = (  # n, errors, prefix bits, misc bits, repository's bound, by kl, by a tail
    (50_000, 0.37892, 4824.458, -2, 0.56178, 0.56115, 0.56101),
    (50_000, 0.13624, 8490.094, -2, 0.35124, 0.35073, 0.35063),
    (50_000, 0.18542, 5857.020, -2, 0.37062, 0.37003, 0.36990),
    (60_000, 0.04228, 4616.330, -2, 0.14160, 0.14111, 0.14103),
    (12_000, 0.32050, 3800.766, -2, 0.64822, 0.64687, 0.64661),
    (60_000, 0.03935, 6842.470, 4, 0.16640, 0.16597, 0.16589),
)


def _fit(k: int, n: int, bits: int) -> CodedFit:
    return CodedFit(errors=k, trials=n, bits=bits)


def _value(k: int, *, bound: Bound[CodedFit], n: int, bits: int, delta: float) -> float:
    return bound.formula(_fit(k, n, bits), delta)


@cache
def _cases() -> tuple[tuple[CodedFit, float], ...]:
    rng, cases = Random(8), []
    for _ in range(60):
        n = int(10 ** rng.uniform(1.5, 6))
        k = rng.choice([0, int(n * rng.random() ** 4)])
        fit = _fit(k, n, 1 + rng.randrange(n // 2))
        cases.append((fit, 10 ** -rng.uniform(0.01, 12)))
    return tuple(cases)


def _nats(fit: CodedFit, delta: float) -> mpf:
    own = fit.bits * DIGITS.ln(2) + 2 * DIGITS.log(fit.bits)
    return own + DIGITS.log(DIGITS.pi**2 / 6) - DIGITS.log(DIGITS.mpf(delta))


def check_weights_of_all_words_sum_to_one() -> Verdict:
    j = sympy.Symbol("l", integer=True, positive=True)
    weight = 6 / (sympy.pi**2 * j**2) * 2**-j
    total = sympy.summation(sympy.simplify(2**j * weight), (j, 1, sympy.oo))
    cost = sympy.expand_log(-sympy.log(weight), force=True)
    ours = j * sympy.log(2) + 2 * sympy.log(j) + sympy.log(sympy.pi**2 / 6)
    same = sympy.simplify(sympy.expand_log(cost - ours, force=True))
    return Verdict(
        claim="Weights 6/(pi^2 l^2) 2^-l of all words of at least one bit sum to 1, and"
        " cost l ln 2 + 2 ln l + ln(pi^2/6) nats.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(total == 1 and same == 0),
        evidence=f"sympy: 2^l words of each length sum to {total}.",
    )


def check_the_binomial_is_the_inverse_at_its_share() -> Verdict:
    seen = inverses_of_tail(
        (
            (universal_binomial.formula(f, d), f.errors, f.trials, -_nats(f, d))
            for f, d in _cases()
        ),
        digits=12,
    )
    return Verdict(
        claim="universal-binomial is the tail inverse at 6 delta/(pi^2 l^2) 2^-l.",
        kind=Kind.FORMULA,
        of=(BINOMIAL,),
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"Tails at 60 digits: {seen.words}.",
    )


def check_the_grid_is_its_formula() -> Verdict:
    pairs, log_a = [], DIGITS.log(DIGITS.mpf(ALPHA))

    def value(t: mpf, fit: CodedFit, nats: mpf) -> mpf:
        n, lam = fit.trials, DIGITS.exp(t)
        spent = nats + 2 * DIGITS.log((2 * log_a + t) / log_a)
        top = DIGITS.expm1(-(lam * fit.errors / n + DIGITS.exp(log_a) * spent) / n)
        return top / DIGITS.expm1(-lam / n)

    for fit, delta in _cases()[:24]:
        nats = _nats(fit, delta)
        low, high = DIGITS.mpf(0), DIGITS.log(50 * fit.trials)
        for _ in range(60):  # one valley
            third = (high - low) / 3
            left = value(low + third, fit, nats) < value(high - third, fit, nats)
            low, high = (low, high - third) if left else (low + third, high)
        least = value((low + high) / 2, fit, nats)
        pairs.append((universal_catoni_grid.formula(fit, delta), least))
    seen = compare(pairs, digits=12)
    return Verdict(
        claim="universal-catoni-grid is the least over lambda > 1 of Catoni's bound"
        " with these nats, rounded up.",
        kind=Kind.FORMULA,
        of=(GRID,),
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"A search of our own: {seen.words}.",
    )


def check_limits_and_order() -> Verdict:
    good, worst = 0, 0.0
    for fit, delta in _cases():
        k, n, b = fit.errors, fit.trials, fit.bits
        for bound in BOUNDS:
            here = bound.formula(fit, delta)
            good += (
                bound.formula(_fit(k + 1, n, b), delta) >= here
                and bound.formula(_fit(k, n, b + 1), delta) >= here
                and here >= bound.formula(_fit(k, 2 * n, b), delta)
            )
        good += universal_binomial.formula(fit, delta) <= universal_catoni_grid.formula(
            fit, delta
        )
        if not k:
            exact = 1 - DIGITS.exp(-_nats(fit, delta) / n)
            got = universal_binomial.formula(fit, delta)
            worst = max(worst, abs(float(got / exact - 1)))
    return Verdict(
        claim="Both rise with errors and bits and fall with n, the binomial bound is"
        " the lesser, and 1 - share^(1/n) without errors.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == 3 * len(_cases()) and 0 < worst < 1e-12),
        evidence=f"{good} of {3 * len(_cases())} comparisons; closed form within"
        f" {worst:.1e}.",
    )


def _fails(cost: float, n: int, delta: float) -> float:
    """Failure over all words of up to 20 bits: l + 2 log2 l + cost bits each."""
    nets = []
    for bits in range(1, 21):
        log_d = math.log(delta) - (bits + cost) * math.log(2) - 2 * math.log(bits)
        most = violating(partial(binomial_tail_inverse, n=n, log_delta=log_d), n, HALF)
        nets.append((2**bits, most))
    return failure(nets, n, HALF)


def check_coverage_of_all_words() -> Verdict:
    n, delta, fails = 150, 0.2, []
    for bound, free in (
        (universal_binomial, False),
        (universal_catoni_grid, False),
        (universal_binomial, True),
        (universal_catoni_grid, True),
    ):
        nets = []
        for bits in range(1, 61):
            stated = 1 if free else bits
            most = violating(
                partial(_value, bound=bound, n=n, bits=stated, delta=delta), n, HALF
            )
            nets.append((2**bits, most))
        fails.append(failure(nets, n, HALF))
    return Verdict(
        claim="Some net named by some word exceeds its bound with probability at most"
        " delta.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(
            0.1 * delta < fails[0] <= delta and fails[1] <= delta < min(fails[2:])
        ),
        evidence="All words of 1 to 60 bits, independent fair nets, exactly:"
        f" {fails[0] / delta:.3f} delta by a tail, {fails[1] / delta:.1e} on the grid;"
        f" {fails[2] / delta:.2f} and {fails[3] / delta:.2f} where each counts one"
        " bit.",
    )


def check_rows_may_be_copies_of_one() -> Verdict:
    most = max(b.formula(_fit(0, 1000, 9), 0.05) for b in BOUNDS)
    return Verdict(
        claim="The rows need not be independent.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="iid",
        truth=Truth.of(most >= HALF),
        expected=Truth.FALSE,
        evidence="1000 copies of one draw: a fixed net of risk 1/2 makes no error with"
        f" probability 1/2, not 0.05, and then the bounds are at most {most:.3f}.",
    )


def check_ties_may_count_as_right() -> Verdict:
    most = max(b.formula(_fit(0, 1000, 9), 0.05) for b in BOUNDS)
    return Verdict(
        claim="Ties may count as right on the rows and as errors in the risk.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="zero-one-loss",
        truth=Truth.of(most >= 1),
        expected=Truth.FALSE,
        evidence="A net of constant outputs has the risk 1 and no counted error; the"
        f" bounds are at most {most:.3f}.",
    )


def _many_of_a_word(many: int) -> float:
    n, fails = 1000, []
    for bound in BOUNDS:
        most = violating(partial(_value, bound=bound, n=n, bits=9, delta=0.05), n, HALF)
        fails.append(failure([(many, most)], n, HALF))
    return min(fails)


def check_the_decoder_may_come_after_the_rows() -> Verdict:
    fails = _many_of_a_word(10**30)
    return Verdict(
        claim="The subspace or the decoder may be chosen on the rows.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="code-fixed",
        truth=Truth.of(fails <= 0.05),
        expected=Truth.FALSE,
        evidence="The best of 10^30 fair nets, named by nine bits of a decoder made for"
        f" it, fails with probability {fails:.4f} or more, exactly.",
    )


def check_a_word_may_name_many_nets() -> Verdict:
    fails = _many_of_a_word(2**100)
    return Verdict(
        claim="A word may name several nets, told apart by what is not coded, such as"
        " running statistics of batch norm.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="one-to-one-code",
        truth=Truth.of(fails <= 0.05),
        expected=Truth.FALSE,
        evidence="100 uncoded bits beside nine coded ones: the best of 2^100 fair nets"
        f" fails with probability {fails:.4f} or more, exactly.",
    )


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
