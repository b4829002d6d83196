r"""Hoeffding (1963), Probability Inequalities for Sums of Bounded Random Variables.

Theorem 1, for independent :math:`X_i \in [0, 1]` with mean :math:`\mu` of their
expectations, and :math:`0 < t < 1 - \mu`:

.. math:: \Pr[\bar X - \mu \ge t] \le e^{-n\, \mathrm{kl}(\mu + t \| \mu)}
          \le e^{-2 n t^2}.

Applied to :math:`1 - X_i` and inverted, for losses in [0, 1] of a predictor fixed
before its n rows, and with :math:`2^{-|h|}` of delta for each net of a prefix code:

.. math:: R(h) \le \mathrm{kl}^{-1}\bigl(\hat R_S(h), \tfrac{\ln(1/\delta)}{n}\bigr)
          \le \hat R_S(h) + \sqrt{\tfrac{\ln(1/\delta)}{2n}}.

Recalled; the paper writes :math:`\bar X, \mu, t` for :math:`\hat R_S(h)`, R(h) and
their difference, and its first inequality without the letter kl.
"""

import math
from bisect import bisect_left
from fractions import Fraction
from itertools import product
from random import Random

import sympy

from nonvacuous.bounds.holdout import holdout_hoeffding
from nonvacuous.bounds.holdout_losses import holdout_loss_hoeffding, holdout_loss_kl
from nonvacuous.bounds.pac_bayes import occam_kl_bounded
from nonvacuous.evidence import CodedLoss, HoldoutErrors, HoldoutLosses
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, exact_binomial_tail
from paper_checks._inverted import inverted, kl_excess, turns, worst_failure
from paper_checks._verdict import Kind, Truth, Verdict, Whose

ROOTS = ("holdout-hoeffding", "holdout-loss-hoeffding")
LOSSES = ("holdout-loss-kl", "holdout-loss-hoeffding", "occam-kl-bounded")
EVERY = ("holdout-hoeffding", *LOSSES)
DELTAS = (1e-300, 1e-9, 0.05, 0.5, 0.99)
HALF = Fraction(1, 2)


def _mean(mean: float, n: int) -> HoldoutLosses:
    return HoldoutLosses(mean=mean, variance=0.0, trials=n)


def _cases(seed: int, cases: int) -> list[tuple[float, int, float]]:
    """Seeded (mean, n, delta), the mean also 0, 1 and near both."""
    rng, found = Random(seed), []
    for _ in range(cases):
        mean = rng.choice(
            (0.0, 1.0, rng.random(), 10 ** rng.uniform(-12, 0), 1 - 1e-9 * rng.random())
        )
        found.append((mean, int(10 ** rng.uniform(0, 7)), rng.choice(DELTAS)))
    return found


def check_a_bounded_loss_is_no_harder_than_a_coin() -> Verdict:
    x, C = sympy.symbols("x C", positive=True)
    chord = 1 - x + x * sympy.exp(-C)
    gap = chord - sympy.exp(-C * x)
    bend = sympy.diff(gap, x, 2)
    ends = [sympy.simplify(gap.subs(x, end)) for end in (0, 1)]
    return Verdict(
        claim="e^(-Cx) <= 1 - x + x e^(-C) on [0, 1], so the generating function of a"
        " loss of mean p is at most that of a coin of bias p.",
        kind=Kind.DERIVATION,
        of=LOSSES,
        truth=Truth.of(
            ends == [0, 0] and sympy.simplify(bend + C**2 * sympy.exp(-C * x)) == 0
        ),
        evidence="The difference vanishes at 0 and 1 and sympy finds its second"
        " derivative to be -C^2 e^(-Cx) < 0.",
    )


def check_the_best_exponent_is_kl() -> Verdict:
    q, p, C = sympy.symbols("q p C", positive=True)
    best = sympy.log(p * (1 - q) / (q * (1 - p)))
    exponent = C * q + sympy.log(1 - p + p * sympy.exp(-C))
    slope = sympy.simplify(sympy.diff(exponent, C).subs(C, best))
    mean = sympy.simplify(1 - p + p * sympy.exp(-best) - (1 - p) / (1 - q))
    kl = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    rest = sympy.expand_log(best * q + sympy.log((1 - p) / (1 - q)) + kl, force=True)
    return Verdict(
        claim="Markov's inequality for the product of n coins gives exp(-n kl(q, p)) at"
        " its best C.",
        kind=Kind.DERIVATION,
        of=LOSSES,
        truth=Truth.of(slope == 0 and mean == 0 and sympy.expand(rest) == 0),
        evidence="At e^(-C) = q(1-p)/p(1-q) sympy finds a slope of 0 and an exponent"
        " of -kl(q, p).",
    )


def check_kl_is_at_least_twice_the_square() -> Verdict:
    q, p = sympy.symbols("q p", positive=True)
    kl = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    gap = kl - 2 * (p - q) ** 2
    square = (p - q) * (1 - 2 * p) ** 2 / (p * (1 - p))
    return Verdict(
        claim="kl(q, p) >= 2 (p - q)^2, the second inequality of Theorem 1.",
        kind=Kind.DERIVATION,
        of=ROOTS,
        truth=Truth.of(
            sympy.simplify(sympy.diff(gap, p) - square) == 0
            and sympy.simplify(gap.subs(q, p)) == 0
        ),
        evidence="The difference vanishes at p = q, and its derivative in p is"
        " (p - q)(1 - 2p)^2 / p(1 - p), of the sign of p - q.",
    )


def check_hoeffding_bounds_are_a_mean_and_a_root() -> Verdict:
    pairs = []
    for mean, n, delta in _cases(40, 400):
        root = DIGITS.sqrt(-DIGITS.log(DIGITS.mpf(delta)) / (2 * n))
        k = min(int(mean * n), n)
        pairs += [
            (
                holdout_loss_hoeffding.formula(_mean(mean, n), delta),
                DIGITS.mpf(mean) + root,
            ),
            (
                holdout_hoeffding.formula(HoldoutErrors(errors=k, trials=n), delta),
                DIGITS.mpf(k) / n + root,
            ),
        ]
    found = compare(pairs, digits=14)
    return Verdict(
        claim="holdout-hoeffding and holdout-loss-hoeffding are the mean plus"
        " sqrt(ln(1/delta)/2n), rounded up.",
        kind=Kind.FORMULA,
        of=ROOTS,
        digits=14,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^7 and delta down to 1e-300, {found.words}.",
    )


def check_kl_bounds_are_the_inverse_of_kl() -> Verdict:
    rng, pairs = Random(41), []
    for mean, n, delta in _cases(42, 400):
        if mean == 1:
            continue
        bits = rng.choice((0, 1, rng.randrange(1, 3 * n + 2)))
        fit = CodedLoss(empirical=mean, trials=n, bits=bits)
        nats = -DIGITS.log(DIGITS.mpf(delta))
        q = DIGITS.mpf(mean)
        pairs += [
            (
                holdout_loss_kl.formula(_mean(mean, n), delta),
                kl_excess(q, nats / n),
            ),
            (
                occam_kl_bounded.formula(fit, delta),
                kl_excess(q, (bits * DIGITS.log(2) + nats) / n),
            ),
        ]
    found = inverted(pairs, digits=13)
    return Verdict(
        claim="holdout-loss-kl and occam-kl-bounded are the largest p with kl(q, p) at"
        " most ln(1/delta)/n, and (b ln 2 + ln(1/delta))/n, rounded up.",
        kind=Kind.FORMULA,
        of=("holdout-loss-kl", "occam-kl-bounded"),
        digits=13,
        truth=Truth.of(found.holds),
        evidence=f"With n up to 10^7 and delta down to 1e-300, {found.words}.",
    )


def check_hoeffding_bounds_rise_with_losses_and_fall_with_rows() -> Verdict:
    some = _cases(43, 60)
    coded = [CodedLoss(empirical=q, trials=n, bits=n % 99) for q, n, _ in some]
    counted = [HoldoutErrors(errors=int(q * n), trials=n) for q, n, _ in some]
    means = [_mean(q, n) for q, n, _ in some]
    wrong = [
        turns(holdout_hoeffding, counted, (1e-9, 0.5)),
        turns(holdout_loss_hoeffding, means, (1e-9, 0.5)),
        turns(holdout_loss_kl, means, (1e-9, 0.5)),
        turns(occam_kl_bounded, coded, (1e-9, 0.5)),
    ]
    return Verdict(
        claim="The bounds never fall when losses or bits grow, and never rise when"
        " rows are added at the same mean, or without an error.",
        kind=Kind.LIMIT,
        of=EVERY,
        truth=Truth.of(all(w == 0 for w, _ in wrong)),
        evidence=f"{sum(c for _, c in wrong)} seeded steps go the wrong way"
        f" {sum(w for w, _ in wrong)} times.",
    )


def check_kl_is_below_hoeffding_and_equals_it_near_one_half() -> Verdict:
    least, near = math.inf, 0.0
    for mean, n, delta in _cases(44, 300):
        kl = holdout_loss_kl.formula(_mean(mean, n), delta)
        root = holdout_loss_hoeffding.formula(_mean(mean, n), delta)
        free = occam_kl_bounded.formula(
            CodedLoss(empirical=mean, trials=n, bits=0), delta
        )
        least = min(least, root - kl)
        near = max(near, abs(free - kl))
    n = 10**10
    ratio = (holdout_loss_kl.formula(_mean(0.5, n), 0.05) - 0.5) / (
        holdout_loss_hoeffding.formula(_mean(0.5, n), 0.05) - 0.5
    )
    return Verdict(
        claim="The kl bound is at most Hoeffding's and tends to it at a mean of 1/2,"
        " where the constant 2 is best; a code of no bits is free.",
        kind=Kind.LIMIT,
        of=EVERY,
        truth=Truth.of(least >= 0 and near < 1e-12 and 1 - 1e-8 < ratio <= 1),
        evidence=f"The least of 300 differences is {least:.1e}; at n = 10^10 and a mean"
        f" of 1/2 the deviations have a ratio of 1 - {1 - ratio:.0e}.",
    )


def check_bounded_losses_by_enumeration() -> Verdict:
    # losses 0, 1/2, 1: every law on a grid, every sample by its counts
    n, grid, high, half = 6, 8, 0.0, 0.0
    upper = {}
    for delta in (0.05, 0.3, 0.7):
        for twice in range(2 * n + 1):
            mean = twice / (2 * n)
            up = math.nextafter(mean, 1) if 0 < mean < 1 else mean
            upper[twice] = [
                Fraction(holdout_loss_kl.formula(_mean(up, n), delta)),
                Fraction(holdout_loss_kl.formula(_mean(up, 2 * n), delta)),
            ]
        for a, b in product(range(grid + 1), repeat=2):
            if a + b > grid:
                continue
            risk = Fraction(2 * a + b, 2 * grid)
            fails = [0, 0]
            for i, j in product(range(n + 1), repeat=2):
                if (rest := n - i - j) < 0:
                    continue
                ways = math.factorial(n) // math.prod(
                    map(math.factorial, (i, j, rest))
                )
                weight = ways * a**i * b**j * (grid - a - b) ** rest
                for which in (0, 1):
                    fails[which] += weight * (upper[2 * i + j][which] < risk)
            high = max(high, fails[0] / grid**n / delta)
            half = max(half, fails[1] / grid**n / delta)
    return Verdict(
        claim="For losses 0, 1/2 and 1 the kl bound fails with probability at most"
        " delta.",
        kind=Kind.TRIAL,
        of=LOSSES,
        truth=Truth.of(high <= 1 < half),
        evidence=f"45 laws, all samples of {n} rows, three deltas: at most {high:.3f}"
        f" delta; were n doubled in the formula it would be {half:.3f} delta.",
    )


def check_coins_are_the_worst_losses() -> Verdict:
    low: dict[str, float] = {}
    high, doubled = 0.0, math.inf
    for name, bound in (
        ("holdout-loss-kl", holdout_loss_kl),
        ("holdout-loss-hoeffding", holdout_loss_hoeffding),
    ):
        low[name] = 0.0
        for n, delta in product((1, 2, 5, 20), (0.01, 0.05, 0.3, 0.6)):
            # the mean is rounded up, as evidence has it
            means = [0.0, *(math.nextafter(k / n, 1) for k in range(1, n)), 1.0]
            limits = [bound.formula(_mean(q, n), delta) for q in means]
            ratio = float(worst_failure(limits, n) / Fraction(delta))
            low[name], high = max(low[name], ratio), max(high, ratio)
        limits = [bound.formula(_mean(q, 40), 0.01) for q in means]
        doubled = min(doubled, float(worst_failure(limits, 20)) / 0.01)
    counted = 0.0
    for n, delta in product((1, 2, 5, 20), (0.01, 0.05, 0.3, 0.6)):
        limits = [
            holdout_hoeffding.formula(HoldoutErrors(errors=k, trials=n), delta)
            for k in range(n + 1)
        ]
        counted = max(counted, float(worst_failure(limits, n) / Fraction(delta)))
    root = low["holdout-loss-hoeffding"]
    return Verdict(
        claim="At the worst risk of a coin the bounds fail with probability at most"
        " delta, the kl bound with delta and Hoeffding's with 0.6 delta.",
        kind=Kind.TRIAL,
        of=(*ROOTS, "holdout-loss-kl"),
        truth=Truth.of(
            max(high, counted) <= 1
            and low["holdout-loss-kl"] > 1 - 1e-9
            and min(root, counted) > 0.6
            and doubled > 1
        ),
        evidence=f"Exact tails, n up to 20: at most {max(high, counted):.4f} delta and"
        f" for Hoeffding {root:.3f}; with n doubled in the formula at least"
        f" {doubled:.2f} delta.",
    )


def check_coded_losses_share_delta() -> Verdict:
    lengths, high, free = (1, 2, 3, 4, 4), 0.0, math.inf
    for n, delta in product((3, 12, 40), (0.01, 0.3)):
        survive = [Fraction(1), Fraction(1)]
        for bits in lengths:
            for which in (0, 1):
                fit = CodedLoss(
                    empirical=0.0, trials=n, bits=0 if which else bits
                )
                upper = occam_kl_bounded.formula(fit, delta)
                risk = Fraction(math.nextafter(upper, 2.0))
                survive[which] *= 1 - (1 - risk) ** n if risk < 1 else 1
        high = max(high, float((1 - survive[0]) / Fraction(delta)))
        free = min(free, float((1 - survive[1]) / Fraction(delta)))
    return Verdict(
        claim="Five nets with independent losses, named by a full prefix code, exceed"
        " occam-kl-bounded with probability at most delta, and with 0.99 delta.",
        kind=Kind.TRIAL,
        of=("occam-kl-bounded",),
        truth=Truth.of(0.99 < high <= 1 < free),
        evidence=f"In exact fractions, risks just above the bound at loss 0: at most"
        f" {high:.4f} delta; were the bits free, at least {free:.2f} delta.",
    )


def _uppers(n: int, delta: float) -> list[float]:
    """All four bounds at no loss, the code of one bit."""
    return [
        holdout_hoeffding.formula(HoldoutErrors(errors=0, trials=n), delta),
        holdout_loss_kl.formula(_mean(0.0, n), delta),
        holdout_loss_hoeffding.formula(_mean(0.0, n), delta),
        occam_kl_bounded.formula(CodedLoss(empirical=0.0, trials=n, bits=1), delta),
    ]


def check_copies_of_a_row_count_as_rows() -> Verdict:
    upper, delta = max(_uppers(100, 0.05)), 0.05
    failure = 0.75 if upper < 0.25 else 0.0
    return Verdict(
        claim="The bounds hold for rows that are copies of each other.",
        kind=Kind.ASSUMPTION,
        of=EVERY,
        without="iid",
        whose=Whose.TEMPTING,
        truth=Truth.of(failure <= delta),
        expected=Truth.FALSE,
        evidence="100 copies of one row have no loss with probability 3/4 if the risk"
        f" is 1/4, and the bounds are then at most {upper:.4f}.",
    )


def check_the_rows_may_choose_the_predictor() -> Verdict:
    n, delta, many = 100, 0.05, 1000
    fails = []
    for bound in (holdout_hoeffding, holdout_loss_hoeffding, holdout_loss_kl):

        def upper(k: int, bound: object = bound) -> float:
            if bound is holdout_hoeffding:
                seen = HoldoutErrors(errors=k, trials=n)
                return holdout_hoeffding.formula(seen, delta)
            q = math.nextafter(k / n, 1) if 0 < k < n else k / n
            chosen = (
                holdout_loss_kl if bound is holdout_loss_kl else holdout_loss_hoeffding
            )
            return chosen.formula(_mean(q, n), delta)

        most = bisect_left(range(n + 1), HALF, key=lambda k: Fraction(upper(k))) - 1
        one = exact_binomial_tail(most, n, HALF)
        fails.append(float(1 - (1 - one) ** many))
    return Verdict(
        claim="The bounds hold for a predictor chosen on the very rows.",
        kind=Kind.ASSUMPTION,
        of=(*ROOTS, "holdout-loss-kl"),
        without="unseen",
        whose=Whose.TEMPTING,
        truth=Truth.of(min(fails) <= delta),
        expected=Truth.FALSE,
        evidence=f"The best of {many} fair coins on {n} rows exceeds them with"
        f" probability {min(fails):.3f} or more at delta {delta}.",
    )


def check_losses_may_exceed_one() -> Verdict:
    n, delta, rare, size = 100, 0.05, Fraction(1, 1000), 1000
    uppers = _uppers(n, delta)[1:]
    failure = float((1 - rare) ** n) if max(uppers) < rare * size else 0.0
    return Verdict(
        claim="The bounds hold for a loss that may exceed 1.",
        kind=Kind.ASSUMPTION,
        of=LOSSES,
        without="bounded-loss",
        whose=Whose.TEMPTING,
        truth=Truth.of(failure <= delta),
        expected=Truth.FALSE,
        evidence=f"A loss of {size} on one row of a thousand has mean 1, is unseen on"
        f" {n} rows with probability {failure:.3f}, and is given at most"
        f" {max(uppers):.4f}.",
    )


def check_losses_may_be_rounded_to_errors() -> Verdict:
    upper = holdout_hoeffding.formula(HoldoutErrors(errors=0, trials=100), 0.05)
    return Verdict(
        claim="holdout-hoeffding holds for a loss in [0, 1] that is rounded to 0 or 1"
        " before it is counted.",
        kind=Kind.ASSUMPTION,
        of=("holdout-hoeffding",),
        without="zero-one-loss",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.4),
        expected=Truth.FALSE,
        evidence="A loss of 2/5 on each of 100 rows counts no error, and is given"
        f" {upper:.4f}.",
    )


def check_the_code_may_be_written_afterwards() -> Verdict:
    upper = _uppers(100, 0.05)[3]
    return Verdict(
        claim="The code of occam-kl-bounded may be written when the rows are known.",
        kind=Kind.ASSUMPTION,
        of=("occam-kl-bounded",),
        without="code-before-rows",
        whose=Whose.TEMPTING,
        truth=Truth.of(upper >= 0.5),
        expected=Truth.FALSE,
        evidence="A decoder that answers one bit by the net that remembers 100 rows of"
        f" fair labels, wrong on half of all others, is given {upper:.4f}.",
    )
