"""Enumerations, and what the theorems need."""

import math
from bisect import bisect_left
from fractions import Fraction
from itertools import product

from nonvacuous.bounds.holdout import holdout_hoeffding
from nonvacuous.bounds.holdout_losses import holdout_loss_hoeffding, holdout_loss_kl
from nonvacuous.bounds.pac_bayes import occam_kl_bounded
from nonvacuous.evidence import CodedLoss, HoldoutErrors, HoldoutLosses
from paper_checks._digits import exact_binomial_tail
from paper_checks._inverted import worst_failure
from paper_checks._verdict import Kind, Truth, Verdict, Whose

ROOTS = ("holdout-hoeffding", "holdout-loss-hoeffding")
LOSSES = ("holdout-loss-kl", "holdout-loss-hoeffding", "occam-kl-bounded")
EVERY = ("holdout-hoeffding", *LOSSES)
DELTAS = (1e-300, 1e-9, 0.05, 0.5, 0.99)
HALF = Fraction(1, 2)


def _mean(mean: float, n: int) -> HoldoutLosses:
    return HoldoutLosses(mean=mean, variance=0.0, trials=n)


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
                ways = math.factorial(n) // math.prod(map(math.factorial, (i, j, rest)))
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
                fit = CodedLoss(empirical=0.0, trials=n, bits=0 if which else bits)
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
